/** Monthly reports, and the calendar of duties. */

import { address, ask, enc, send } from "./client.ts";
import type { Words } from "./types.ts";

export type ReportScope = "province" | "commune" | "zone";
export type Report = {
  id: number;
  scope: ReportScope;
  scope_key: string | null;
  month: string;
  as_of: string;
  made_by: string;
  made_at: string;
  sha256: string;
};

export const reports = {
  list: (signal: AbortSignal) => ask<{ rows: Report[] }>("/reports", { signal }),
  make: (scope: ReportScope, scope_key: string | null, month: string, csrf: string | null) =>
    send<Report>("POST", "/reports", { scope, scope_key, month }, csrf),
  file: (id: number, form: "pdf" | "xlsx") => `/reports/${id}.${form}`,
};

export type DutyState = "overdue" | "due" | "later" | "late" | "done";
export type Duty = {
  duty: string;
  title: Words;
  lead: Words;
  to: Words;
  source: string;
  subject_key: string;
  subject_name: string;
  due_on: string;
  state: DutyState;
  days_over: number;
  done_on: string | null;
  document: string | null;
  marked_by: string | null;
};
export type Duties = { as_of: string; rows: Duty[]; reminders: { lead: Words; overdue: number }[] };

export const duties = {
  list: (asOf: string, signal: AbortSignal) => ask<Duties>(address("/duties", { as_of: asOf }), { signal }),
  done: (duty: Duty, done_on: string, document: string | null, csrf: string | null) =>
    send<unknown>(
      "POST",
      `/duties/${enc(duty.duty)}/done`,
      { due_on: duty.due_on, done_on, subject_key: duty.subject_key, document },
      csrf,
    ),
  reminders: (asOf: string) => address("/duties/reminders.xlsx", { as_of: asOf }),
};
