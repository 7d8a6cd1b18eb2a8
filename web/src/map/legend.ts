/** Rows of a layer's legend, with counts and hectares per class; what has no class is "no data". */

import { NO_DATA } from "@/api/client.ts";
import type { Counts, Layer, Words } from "@/api/types.ts";

export type LegendRow = {
  /** How a filter names the class. */
  value: string;
  /** Null for "no data", whose words are the interface's. */
  title: Words | null;
  fill: string | null;
  line: string | null;
  hatched: boolean;
  count: number;
  sum: number | null;
  /** Hidden by the active filter. */
  off: boolean;
};

/**
 * One row per class that occurs, in the order of the codes, then what has no class.
 *
 * Codes that share a colour keep rows of their own: the words tell them apart.
 */
export function legendRows(
  layer: Layer,
  counts: Counts | null,
  passing: string[],
  nodata: string | undefined,
): LegendRow[] {
  const column = layer.columns.find((item) => item.name === layer.legend);
  if (!column) return [];
  const tallies = new Map((counts?.classes ?? []).map((item) => [item.value, item]));
  const off = (value: string) => passing.length > 0 && !passing.includes(value);
  const rows = (column.codes ?? []).map((code): LegendRow => {
    const tally = tallies.get(code.value);
    return {
      value: code.value,
      title: code.title,
      fill: code.fill,
      line: code.line,
      hatched: code.fill === null || code.fill === nodata,
      count: tally?.count ?? 0,
      sum: tally?.sum ?? null,
      off: off(code.value),
    };
  });
  const missing = tallies.get(null);
  if (missing) {
    rows.push({
      value: NO_DATA,
      title: null,
      fill: null,
      line: null,
      hatched: true,
      count: missing.count,
      sum: missing.sum,
      off: off(NO_DATA),
    });
  }
  return counts ? rows.filter((row) => row.count > 0 || (row.off === false && passing.length > 0)) : rows;
}
