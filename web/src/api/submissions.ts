/** Work in bulk: what somebody submits, row by row, and another person approves. */

import { address, ask, send, upload } from "./client.ts";
import type { Words } from "./types.ts";

export const KINDS = ["stages", "payments", "inventory", "handover"] as const;
export type Kind = (typeof KINDS)[number];
export const STATES = ["submitted", "draft", "approved", "rejected", "withdrawn"] as const;
export type State = (typeof STATES)[number];
export type Verdict = "ok" | "noted" | "refused";

/** Columns of the workbooks in their order, that of the case apart. */
export const GIVEN = [
  ...["stage", "payee", "kind", "description", "quantity", "unit", "amount_vnd", "paid_on", "voucher"],
  ...["effective_on", "inventoried_on", "document_kind", "document_number", "document_on", "document_issuer"],
  "note",
];

export type Submission = {
  id: number;
  kind: Kind;
  state: State;
  title: string;
  note: string | null;
  file_name: string | null;
  created_at: string;
  submitted_at: string | null;
  decided_at: string | null;
  decision_note: string | null;
  created_by: string;
  decided_by: string | null;
  mine: boolean;
  ok: number;
  noted: number;
  refused: number;
};

export type SubmissionRow = {
  row_number: number;
  case_key: string | null;
  given: Record<string, string>;
  verdict: Verdict;
  faults: { code: string; message: Words }[];
  applied: boolean;
};

export type Whole = Submission & { rows: SubmissionRow[]; may_decide: boolean };

export type HandOver = {
  area: GeoJSON.Geometry;
  effective_on: string;
  document_kind?: string;
  document_number?: string;
  document_on?: string;
  document_issuer?: string;
};

const at = (id: number, part = "") => `/submissions/${id}${part}`;

export const submissions = {
  list: (state: State | null, signal: AbortSignal) =>
    ask<{ rows: Submission[] }>(address("/submissions", { state }), { signal }),
  one: (id: number, verdict: Verdict | null, signal: AbortSignal) =>
    ask<Whole>(address(at(id), { verdict }), { signal }),
  begin: (kind: Kind, title: string, csrf: string | null) =>
    send<Whole>("POST", "/submissions", { kind, title }, csrf),
  file: (id: number, file: File, csrf: string | null, gone: (ratio: number) => void, signal: AbortSignal) =>
    upload<Whole>(address(at(id, "/file"), { name: file.name }), file, csrf, gone, signal),
  area: (id: number, said: HandOver, csrf: string | null) => send<Whole>("PUT", at(id, "/area"), said, csrf),
  turn: (
    id: number,
    verb: "submit" | "withdraw" | "approve" | "reject",
    note: string | null,
    csrf: string | null,
  ) => send<Whole>("POST", at(id, `/${verb}`), { note }, csrf),
  approveAll: (ids: number[], csrf: string | null) =>
    send<{ applied: number }>("POST", "/submissions/approve", { ids, note: null }, csrf),
  template: (kind: Kind, zone: string | null) => address("/submissions/template.xlsx", { kind, zone }),
  refused: (id: number) => at(id, "/refused.xlsx"),
};
