/** Clearance as `api/http/clearance.py` answers it. Areas in ha, money in whole đồng, ratios 0–1, missing is null. */

import { address, ask, asQuery, enc } from "./client.ts";
import type { Box, Row, Words } from "./types.ts";

/** Groups of stages in the order in which land passes them; the place in the list is the rank. */
export const GROUPS = [
  "not_started",
  "notified",
  "inventoried",
  "plan_published",
  "plan_approved",
  "paid",
  "handed_over",
] as const;
export type Group = (typeof GROUPS)[number];
export const HANDED_OVER = 6;

export const MEASURES = ["ha", "cases", "vnd"] as const;
export type Measure = (typeof MEASURES)[number];

/** What every question of this screen is about. */
export type Scope = { as_of: string; zone: string | null; unit: string | null };

/** What a share is a share of. */
export type DenominatorId = "to_recover" | "planned" | "zone" | "industrial";
export type Denominator = {
  id: DenominatorId;
  ha: number | null;
  /** The numerator: all land handed over, for industrial land that of the lots alone. */
  cleared_ha: number | null;
  ratio: number | null;
};

export type FunnelRow = {
  group: Group;
  rank: number;
  ha: number;
  cases: number;
  median_days: number | null;
  limit_days: number | null;
  /** Whether the median is longer than the limit. */
  over: boolean;
};

export type Summary = {
  as_of: string;
  known_at: string | null;
  /** Today, where the date has not come: then the figures are those of today, since nobody knows more. */
  ahead_of: string | null;
  /** Cases are kept, or only what others reported is known, or nothing. */
  basis: "tracked" | "reported" | "none";
  scope: { level: string; key: string | null; name: string | null };
  illustrative: boolean;
  zones: { tracked: number; reported: number };
  age: { oldest_days: number | null; newest_on: string | null };
  previous_on: string | null;
  to_recover: { ha: number | null; cases: number };
  handed_over: { ha: number | null; ratio: number | null; of_ha: number | null; change_ha: number | null };
  by_case: { cases: number; ratio: number | null; of_cases: number; change: number | null };
  money: { paid_vnd: number; approved_vnd: number; ratio: number | null };
  disputed: { ha: number; cases: number; ratio_of_rest: number | null };
  state_managed: { ha: number; cases: number; decided_ha: number };
  overdue: { ha: number; cases: number; firms: number };
  denominators: Denominator[];
  funnel: FunnelRow[];
  /** What was reported of a zone, whether or not its cases are kept. */
  reported: Reported[];
};

export type CurvePoint = [on: string, value: number];
export type DoneBy = { p10: string | null; p50: string | null; p90: string | null };
export type Outlook = {
  status: "ready" | "too_little" | "done";
  stale: boolean;
  computed_at: string | null;
  days: string[];
  p10: number[];
  p50: number[];
  p90: number[];
  done: DoneBy;
  observed_cases: number | null;
};
export type Curve = {
  measure: Measure;
  total: number;
  /** Roadmaps in the order of their decisions: the last one holds. */
  roadmaps: { decided_on: string; decision_number: string; points: CurvePoint[] }[];
  actual: CurvePoint[];
  forecast: Outlook | null;
  deadlines: { on: string; title: Words }[];
  /** Actual less planned on a day. */
  gap: { value: number; on: string } | null;
};

/** `key` is null where the register does not have the firm. */
export type Firm = { key: string | null; name: string };
export type OverdueRow = {
  id: string;
  case_keys: string[];
  zone_key: string | null;
  title: Words;
  place: Words;
  group: Group;
  rank: number;
  stage: string;
  days_over: number;
  limit: { days: number | null; source: string | null; planned_on: string | null };
  blocker: { code: string; title: Words } | null;
  office: string | null;
  firms: Firm[];
  ha: number;
  cases: number;
  ha_per_case: number;
  unlocks: { zone_key: string; lots: string[]; from_ha: number; to_ha: number } | null;
  box: Box | null;
};

/** What others said; `ratio` and `of` tell which denominator the share has, where that is known. */
export type Reported = {
  on: string;
  quantity: string;
  value: number | null;
  /** As its source names it. */
  denominator: string | null;
  source: string | null;
  ratio: number | null;
  of: DenominatorId | null;
  /** Of hectares: what they are of each denominator that is known here. */
  shares?: { of: DenominatorId; of_ha: number; ratio: number }[];
  /** Of a ratio that came with hectares: what it must be a share of, and which of ours that is. */
  implied_ha?: number | null;
  implied?: DenominatorId | null;
};
export type ZoneRow = {
  key: string;
  name: string;
  kind: string | null;
  basis: "tracked" | "reported";
  to_recover_ha: number | null;
  handed_over_ha: number | null;
  ratio: number | null;
  of: string | null;
  /** Ratios at the ends of the last twelve months, the date itself last. */
  spark: (number | null)[];
  month_ha: number | null;
  plan_gap_ratio: number | null;
  rag: "g" | "a" | "r" | null;
  done: DoneBy | null;
  largest_plot_ha: number | null;
  reported: Reported[];
};
export type Zones = { rows: ZoneRow[]; rules: { amber_from: number; red_from: number } };

export type StageEvent = {
  id: number;
  stage: string | null;
  title: Words | null;
  effective_on: string;
  recorded_at: string;
  recorded_by: string | null;
  document_id: number | null;
  replaces_id: number | null;
  /** Whether the event counts in what is known now. */
  counts: boolean;
};
export type TimelineStep = {
  group: Group;
  on: string | null;
  due_on: string | null;
  over_days: number | null;
};
export type Case = {
  case: Row & { key: string; revision: number };
  etag: string;
  /** Whether the reader may not see households here: then what is personal is null, which is not "none". */
  masked: boolean;
  people: Row[] | null;
  takes: Row[];
  assets: Row[] | null;
  valuations: Row[] | null;
  payees: Row[] | null;
  payments: Row[] | null;
  resettlements: Row[] | null;
  documents: Row[] | null;
  contacts: Row[] | null;
  complaints: Row[] | null;
  blockers: Row[];
  events: StageEvent[];
  timeline: TimelineStep[];
  next: { stage: string; title: Words; documents: string[]; actor: Words | string | null }[];
  edits: Row[];
  forecast: DoneBy | null;
  firms: Firm[];
  may: { edit: boolean; approve: boolean };
};

/** What of a zone can be built on, and the next days on which that grows with the cases that stand between. */
export type Supply = {
  basis: "derived" | "reported" | "unknown";
  free_ha: number | null;
  largest_plot_ha: number | null;
  largest_plot_lots: string[] | null;
  grows: { on: string; free_ha: number; largest_plot_ha: number | null; cases: string[] }[];
};

/** The tables of the screen, as files: `figure` is the last part of their address. */
export type Figure = "summary" | "curve" | "overdue" | "zones" | "cases";
export type Form = "json" | "csv" | "xlsx";

const at = (figure: string, query: Record<string, string | number | null | undefined>) =>
  address(`/clearance/${figure}`, query);

export const clearance = {
  summary: (scope: Scope, signal: AbortSignal) => ask<Summary>(at("summary", scope), { signal }),
  curve: (scope: Scope, measure: Measure, signal: AbortSignal) =>
    ask<Curve>(at("curve", { ...scope, measure }), { signal }),
  overdue: (scope: Scope, limit: number, signal: AbortSignal) =>
    ask<{ rows: OverdueRow[]; total: number }>(at("overdue", { ...scope, limit }), { signal }),
  zones: (scope: Scope, signal: AbortSignal) => ask<Zones>(at("zones", scope), { signal }),
  one: (key: string, asOf: string, signal: AbortSignal) =>
    ask<Case>(at(`cases/${enc(key)}`, { as_of: asOf }), { signal }),
  /** Free plots of some zones, as they are known or foreseen for the date. */
  plots: (zones: string[], asOf: string, signal: AbortSignal) =>
    ask<GeoJSON.FeatureCollection>(
      address("/layers/free_plots/export.geojson", { as_of: asOf }) + asQuery({ zone_key: zones }),
      { signal },
    ),
  supply: (zone: string, asOf: string, signal: AbortSignal) =>
    ask<Supply>(at(`supply/${enc(zone)}`, { as_of: asOf, outlook: "p50" }), { signal }),
  /** Address of a table as a file. */
  file: (figure: Figure, form: Form, scope: Scope, more: Record<string, string | null> = {}) =>
    at(figure, { ...scope, ...more, format: form }),
};
