/** How the figures of this screen are written: hectares, cases, billions of đồng. */

import type { Measure } from "@/api/clearance.ts";
import type { Lang } from "@/api/types.ts";
import { hectares, number } from "@/lib/format.ts";
import { say } from "@/lib/words.ts";

/** Billions of đồng; small sums keep a decimal, so that they never read as nothing. */
export function billions(vnd: number, lang: Lang): string {
  const value = vnd / 1e9;
  return number(value, value !== 0 && Math.abs(value) < 100 ? (Math.abs(value) < 1 ? 2 : 1) : 0, lang);
}

/** A value of a measure without its unit. */
export function amount(value: number, measure: Measure, lang: Lang): string {
  if (measure === "ha") return hectares(value, lang);
  return measure === "vnd" ? billions(value, lang) : number(value, 0, lang);
}

export function unitOf(measure: Measure, lang: Lang): string {
  return say(lang, measure === "ha" ? "unit_ha" : measure === "vnd" ? "unit_billion_vnd" : "gp_cases_unit");
}

/** With its unit: "1.964,3 ha", "4.871 hồ sơ", "7.412 tỷ đồng". */
export function measured(value: number, measure: Measure, lang: Lang): string {
  return `${amount(value, measure, lang)} ${unitOf(measure, lang)}`;
}

/** A change with its sign; none for nothing. */
export function signed(value: number, text: string): string {
  return value > 0 ? `+${text}` : text;
}

/** Month and year of a date: 11/2028, Nov 2028. */
export function month(iso: string, lang: Lang): string {
  const [year, of] = iso.split("-");
  if (lang === "vi") return `${of}/${year}`;
  return new Intl.DateTimeFormat("en-GB", { month: "short", year: "numeric", timeZone: "UTC" }).format(
    new Date(`${iso.slice(0, 10)}T00:00:00Z`),
  );
}
