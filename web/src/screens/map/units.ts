/** The table by units: its dates, its order, its sheet. Pure functions. */

import type { ByUnit, Level, UnitRow } from "@/api/places.ts";

export const LEVELS: readonly Level[] = ["province", "district", "commune"];

/** The last day on which Vietnam had districts, and the communes and provinces of before the reform. */
export const BEFORE_REFORM = "2025-06-30";

/** The date whose units are meant: districts ended, so on a later day their last one is. */
export function unitsOn(level: Level, asked: string | null, asOf: string): string {
  const on = asked ?? asOf;
  return level === "district" && on > BEFORE_REFORM ? BEFORE_REFORM : on;
}

export type SortBy = "name" | "count" | "sum";
export type Order = { by: SortBy; falling: boolean };

/** How the table stands before anybody sorts it: most hectares first, else most features. */
export function usualOrder(told: ByUnit): Order {
  return { by: told.measure ? "sum" : "count", falling: true };
}

/** Rows in order; what has no figure comes last either way, and equals stand by name. */
export function sorted(rows: readonly UnitRow[], { by, falling }: Order): UnitRow[] {
  const names = new Intl.Collator("vi");
  const byName = (a: UnitRow, b: UnitRow) => names.compare(a.name, b.name) || names.compare(a.key, b.key);
  const sign = falling ? -1 : 1;
  return [...rows].sort((a, b) => {
    if (by === "name") return sign * byName(a, b);
    const [x, y] = [a[by], b[by]];
    if (x === null || y === null) return Number(x === null) - Number(y === null) || byName(a, b);
    return sign * (x - y) || byName(a, b);
  });
}

export type Why = "outside" | "divided" | "no_boundaries";

/** Why some features are in none of the units. */
export function why(told: ByUnit): Why {
  switch (told.basis) {
    case "boundary":
      return "outside";
    case "lineage":
      return "divided";
    case "none":
      return "no_boundaries";
    default:
      return told.basis satisfies never;
  }
}

/** All that is counted, told or not. */
export function total(told: ByUnit): { count: number; sum: number | null } {
  const all = [...told.rows, told.cannot_be_told];
  const known = all.flatMap((row) => (row.sum === null ? [] : [row.sum]));
  return {
    count: all.reduce((sum, row) => sum + row.count, 0),
    sum: known.length > 0 ? known.reduce((sum, value) => sum + value, 0) : null,
  };
}

export type Cell = string | number | null;

/**
 * A sheet as text that a spreadsheet reads: UTF-8 with its mark, numbers with a point, missing values empty.
 *
 * A text that a spreadsheet would run as a formula is led by an apostrophe.
 */
export function csv(rows: readonly (readonly Cell[])[]): string {
  const cell = (value: Cell) => {
    if (value === null) return "";
    if (typeof value === "number") return String(value);
    const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return `\ufeff${rows.map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}
