/** Sums and texts of the certificate of clusters. Pure. */

import type { CertificateRow, Item } from "@/api/quality.ts";
import type { Lang, Value } from "@/api/types.ts";
import { hectares, number } from "@/lib/format.ts";

export function done(rows: CertificateRow[]): { complete: number; overlapping: number; overlap_ha: number } {
  const overlapping = rows.filter((row) => row.overlaps.length > 0);
  return {
    complete: rows.filter((row) => row.complete).length,
    overlapping: overlapping.length,
    overlap_ha: overlapping.flatMap((row) => row.overlaps).reduce((sum, one) => sum + one.area_ha, 0),
  };
}

export function asText(value: Value, item: Item, lang: Lang): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number")
    return item === "area_ha" ? `${hectares(value, lang)} ha` : number(value, 0, lang);
  return Array.isArray(value) ? value.join(", ") : String(value);
}
