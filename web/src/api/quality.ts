/** Faults of the data, firms that may be one, and the certificate of clusters. */

import type { Facts } from "@/lib/words.ts";
import { ask, enc, send } from "./client.ts";
import type { Value, Words } from "./types.ts";

export type Severity = "error" | "warning" | "info";
export type Rule = {
  id: string;
  title: Words;
  explain: Words;
  severity: Severity;
  tolerance: number | null;
  unit: string | null;
  layers: string[];
};

export type Proposal = {
  before: GeoJSON.Geometry | null;
  after: GeoJSON.Geometry | null;
  values: Record<string, Value> | null;
  area_before_ha: number | null;
  area_after_ha: number | null;
  explain: Words;
};

const fault = (key: string, part: string) => `/faults/${enc(key)}/${part}`;

export const faults = {
  rules: (signal: AbortSignal) => ask<{ rules: Rule[] }>("/faults/rules", { signal }),
  check: (layer: string, csrf: string | null) =>
    send<{ checked: number; found: number; closed: number }>("POST", "/faults/check", { layer }, csrf),
  proposal: (key: string, signal: AbortSignal) => ask<Proposal>(fault(key, "proposal"), { signal }),
  accept: (key: string, reason: string, csrf: string | null) =>
    send<unknown>("POST", fault(key, "accept"), { reason }, csrf),
  repair: (key: string, csrf: string | null) => send<unknown>("POST", fault(key, "repair"), {}, csrf),
  refuse: (key: string, reason: string, csrf: string | null) =>
    send<unknown>("POST", fault(key, "refuse"), { reason }, csrf),
};

export type FirmSide = {
  key: string;
  name: string | null;
  tax_code: string | null;
  address: string | null;
  lon: number | null;
  lat: number | null;
  source: string | null;
};
export type PairState = "open" | "same" | "different";
export type FirmPair = {
  id: number;
  score: number;
  reasons: { code: string; facts: Facts; message: Words }[];
  a: FirmSide;
  b: FirmSide;
  state: PairState;
  decided_by: string | null;
};

export const firms = {
  pairs: (state: PairState, offset: number, limit: number) =>
    ask<{ total: number; pairs: FirmPair[] }>(`/firms/pairs?state=${state}&offset=${offset}&limit=${limit}`),
  /** Look for firms that are stored twice; how many pairs are new. */
  find: (csrf: string | null) => send<{ found: number }>("POST", "/firms/pairs/find", {}, csrf),
  decide: (id: number, verdict: "same" | "different", csrf: string | null) =>
    send<FirmPair>("POST", `/firms/pairs/${id}`, { verdict }, csrf),
};

export const ITEMS = ["name", "area_ha", "commune", "sectors", "investment"] as const;
export type Item = (typeof ITEMS)[number];
export type CertificateRow = {
  key: string;
  name: string;
  items: Record<Item, { value: Value; ok: boolean }>;
  complete: boolean;
  overlaps: { layer: string; title: Words; key: string; label: string | null; area_ha: number }[];
};
export type Certificate = { option: string | null; options: string[]; as_of: string; rows: CertificateRow[] };

/** For which date, and of which development option; null is every one. */
export type Reviewed = { asOf: string | null; option: string | null };

function said({ asOf, option }: Reviewed): URLSearchParams {
  return new URLSearchParams({ ...(asOf ? { as_of: asOf } : {}), ...(option ? { option } : {}) });
}

export const certificates = {
  all: (of: Reviewed, signal: AbortSignal) => ask<Certificate>(`/certificates/ccn?${said(of)}`, { signal }),
  /** Of one cluster where a key is given: then the option says nothing. */
  file: (format: "pdf" | "xlsx", of: Reviewed, key: string | null = null) =>
    key === null
      ? `/certificates/ccn.${format}?${said(of)}`
      : `/certificates/ccn/${enc(key)}.${format}?${said({ ...of, option: null })}`,
};
