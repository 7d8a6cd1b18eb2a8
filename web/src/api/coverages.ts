/** Rasters of a date, and what they say of features; the shapes are those of `api/http/coverages.py`. */

import { address, ask, enc } from "./client.ts";
import type { Box, Words } from "./types.ts";

export type CoverageKind = "elevation" | "flood_depth" | "land_cover" | "other";

export type Coverage = {
  id: number;
  kind: CoverageKind;
  title: Words;
  unit: string | null;
  crs: string;
  resolution_m: number;
  box: Box;
  classes: { value: number; title: Words; color: string }[] | null;
  /** Colours between which values are shaded, lowest first; null where there are classes. */
  ramp: { value: number; color: string }[] | null;
  flooded_from_m: number | null;
  as_of: string;
  source: string | null;
  licence: string | null;
  min: number;
  max: number;
  illustrative: boolean;
  version: string;
};

/** What one coverage says of one feature. Shares are of the known ground, 0 to 1. */
export type CoverageFigures = {
  id: number;
  kind: CoverageKind;
  title: Words;
  unit: string | null;
  mean: number | null;
  mean_slope_percent: number | null;
  flooded_share: number | null;
  flooded_from_m: number | null;
  shares: { value: number; title: Words; color: string; share: number }[];
  /** Part of the feature of which the coverage says nothing. */
  nodata_share: number;
  as_of: string;
  source: string | null;
  illustrative: boolean;
};

export const coverages = {
  list: (asOf: string, signal: AbortSignal) =>
    ask<{ coverages: Coverage[] }>(address("/coverages", { as_of: asOf }), { signal }),

  figures: (layer: string, key: string, asOf: string, signal: AbortSignal) =>
    ask<{ coverages: CoverageFigures[] }>(
      address(`/coverages/figures/${enc(layer)}/${enc(key)}`, { as_of: asOf }),
      { signal },
    ),
};
