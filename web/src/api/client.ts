/** The one place that asks the server. Every read carries its date; a failure is a value with words. */

import type {
  Box,
  Catalogue,
  Counts,
  Feature,
  Formats,
  Found,
  Match,
  MatchQuestion,
  Rows,
  Session,
  Vsic,
  Words,
} from "./types.ts";

export type Filters = Record<string, string[]>;

/** What went wrong: the server's code and words, or ours when nothing was answered. */
export class Problem extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    readonly words: Words | null,
    readonly facts: Record<string, unknown> = {},
  ) {
    super(code);
  }
}

type Query = Record<string, string | number | null | undefined>;

export const enc = encodeURIComponent;

/** Address with its query; absent and empty values are left out. */
export function address(path: string, query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value != null && value !== "");
  const text = given.map(([name, value]) => `${enc(name)}=${enc(String(value))}`);
  return text.length > 0 ? `${path}?${text.join("&")}` : path;
}

/** How a filter names "no value"; the server reads an empty alternative so. */
export const NO_DATA = "∅";

/** Filters as the server reads them: per column its alternatives, in the form of one line of CSV. */
export function asQuery(filters: Filters): string {
  const alternative = (value: string) =>
    value === NO_DATA ? "" : /[",]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  return Object.entries(filters)
    .filter(([, values]) => values.length > 0)
    .map(([column, values]) => `&${enc(column)}=${enc(values.map(alternative).join(","))}`)
    .join("");
}

export async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(path, { credentials: "same-origin", ...init });
  } catch (fault) {
    if (fault instanceof DOMException && fault.name === "AbortError") throw fault;
    throw new Problem("server_silent", 0, null);
  }
  if (answer.status === 204) return null as T;
  const body: unknown = await answer.json().catch(() => null);
  if (answer.ok) return body as T;
  const told = (body ?? {}) as { code?: string; message?: Words; facts?: Record<string, unknown> };
  throw new Problem(told.code ?? "server_failed", answer.status, told.message ?? null, told.facts);
}

export function send<T>(
  method: string,
  path: string,
  body: unknown,
  csrf: string | null,
  signal?: AbortSignal,
  revision?: string,
): Promise<T> {
  return ask<T>(path, {
    method,
    headers: {
      "Content-Type": "application/json",
      ...(csrf ? { "X-CSRF-Token": csrf } : {}),
      ...(revision ? { "If-Match": `"${revision}"` } : {}),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  });
}

/** Send a file as it is, telling how much of it has gone (0 to 1); `fetch` cannot tell that. */
export function upload<T>(
  path: string,
  file: Blob,
  csrf: string | null,
  gone: (ratio: number) => void,
  signal: AbortSignal,
): Promise<T> {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.open("PUT", path);
    request.responseType = "json";
    request.setRequestHeader("Content-Type", "application/octet-stream");
    if (csrf) request.setRequestHeader("X-CSRF-Token", csrf);
    request.upload.onprogress = (event) => gone(event.total > 0 ? event.loaded / event.total : 0);
    request.onload = () => {
      if (request.status < 300) return done(request.response as T);
      const told = (request.response ?? {}) as { code?: string; message?: Words };
      fail(new Problem(told.code ?? "server_failed", request.status, told.message ?? null));
    };
    request.onerror = () => fail(new Problem("server_silent", 0, null));
    request.onabort = () => fail(new DOMException("", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

export const api = {
  catalogue: (asOf: string | null, signal: AbortSignal) =>
    ask<Catalogue>(address("/catalogue", { as_of: asOf }), { signal }),

  counts: (layer: string, asOf: string, filters: Filters, signal: AbortSignal) =>
    ask<Counts>(address(`/layers/${enc(layer)}/counts`, { as_of: asOf }) + asQuery(filters), { signal }),

  rows: (
    layer: string,
    asOf: string,
    page: { limit: number; offset: number; sort: string | null; q: string },
    filters: Filters,
    signal: AbortSignal,
  ) =>
    ask<Rows>(address(`/layers/${enc(layer)}/rows`, { as_of: asOf, ...page }) + asQuery(filters), {
      signal,
    }),

  feature: (layer: string, key: string, asOf: string, signal: AbortSignal) =>
    ask<Feature>(address(`/layers/${enc(layer)}/features/${enc(key)}`, { as_of: asOf }), { signal }),

  exportAddress: (layer: string, form: string, asOf: string, q: string, filters: Filters, crs = "") =>
    address(`/layers/${enc(layer)}/export.${enc(form)}`, { as_of: asOf, q, crs }) + asQuery(filters),

  formats: (signal: AbortSignal) => ask<Formats>("/exports/formats", { signal }),

  bounds: (layer: string, asOf: string) =>
    ask<{ bounds?: Box }>(address(`/tiles/${enc(layer)}/tilejson.json`, { as_of: asOf })),

  search: (q: string, asOf: string, signal: AbortSignal) =>
    ask<Found>(address("/search", { q, as_of: asOf, limit: 20 }), { signal }),

  match: (question: MatchQuestion, asOf: string, csrf: string | null, signal: AbortSignal) =>
    send<Match>("POST", "/matching", { ...question, as_of: asOf }, csrf, signal),

  vsic: (scheme: string, signal: AbortSignal) => ask<Vsic[]>(address("/codes/vsic", { scheme }), { signal }),

  session: (signal?: AbortSignal) => ask<Session>("/session", signal ? { signal } : {}),

  signIn: (name: string, password: string, csrf: string | null) =>
    send<unknown>("POST", "/session", { name, password }, csrf),

  signOut: (csrf: string | null) => send<unknown>("DELETE", "/session", undefined, csrf),

  setUp: (
    account: { token: string; name?: string; full_name?: string; password: string },
    csrf: string | null,
  ) => send<unknown>("POST", "/setup", account, csrf),
};
