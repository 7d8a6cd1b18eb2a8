/** Administrative units over time; the shapes are those of `api/http/places.py`. */

import { address, ask, asQuery, enc, type Filters } from "./client.ts";
import type { Words } from "./types.ts";

export type Level = "province" | "district" | "commune";

export type Unit = {
  key: string;
  level: Level;
  code: string;
  name: string;
  valid_from: string;
  valid_to: string | null;
  /** Names of the units above, the narrowest first. */
  parents: string[];
  illustrative: boolean;
};

export type Became = Unit & {
  kind: "same" | "rename" | "merge" | "split";
  /** Part of the old unit that went here, where that is known. */
  share: number | null;
};

export type Meant = Unit & { split: boolean; became: Became[] };

export type Resolved = {
  asked: string;
  to: string;
  status: "found" | "split" | "several" | "unknown";
  words: Words;
  point_contradicts: boolean;
  units: Meant[];
};

export type UnitRow = {
  key: string;
  code: string;
  name: string;
  parent: string | null;
  count: number;
  sum: number | null;
};

export type ByUnit = {
  layer: string;
  as_of: string;
  level: Level;
  units_on: string;
  basis: "boundary" | "lineage" | "none";
  boundaries_of: string | null;
  measure: { name: string; title: Words; unit: string | null } | null;
  rows: UnitRow[];
  cannot_be_told: { count: number; sum: number | null };
};

export const places = {
  resolve: (q: string, to: string, signal: AbortSignal) =>
    ask<Resolved>(address("/places/resolve", { q, to }), { signal }),

  byUnit: (
    layer: string,
    asked: { level: Level; units_on: string; as_of: string; q: string },
    filters: Filters,
    signal: AbortSignal,
  ) => ask<ByUnit>(address(`/layers/${enc(layer)}/by-unit`, asked) + asQuery(filters), { signal }),
};
