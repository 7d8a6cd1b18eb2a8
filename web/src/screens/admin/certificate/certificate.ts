/** Sums and texts of the certificate of clusters. Pure. */

import type { CertificateRow, Item } from "@/api/quality.ts";
import type { Lang, Value } from "@/api/types.ts";
import { hectares, number, unit } from "@/lib/format.ts";

export function done(rows: CertificateRow[]): { complete: number; overlapping: number; overlap_ha: number } {
  const overlapping = rows.filter((row) => row.overlaps.length > 0);
  return {
    complete: rows.filter((row) => row.complete).length,
    overlapping: overlapping.length,
    overlap_ha: overlapping.flatMap((row) => row.overlaps).reduce((sum, one) => sum + one.area_ha, 0),
  };
}

const UNIT: Partial<Record<Item, string>> = { area_ha: "ha", investment: "billion_vnd" };

export function asText(value: Value, item: Item, lang: Lang): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") {
    const figure = item === "area_ha" ? hectares(value, lang) : number(value, 0, lang);
    return [figure, unit(UNIT[item] ?? null, lang)].filter(Boolean).join(" ");
  }
  return Array.isArray(value) ? value.join(", ") : String(value);
}
