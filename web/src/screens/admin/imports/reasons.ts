/** Facts of evidence as people read them: ratios as percent, lengths in metres or kilometres. Pure. */

import type { Reason } from "@/api/imports.ts";
import type { Lang } from "@/api/types.ts";
import { distance, number, percent } from "@/lib/format.ts";
import type { Facts } from "@/lib/words.ts";

/** By the ending of a fact's name, which says its unit. */
export function reasonFacts(facts: Facts, lang: Lang): Facts {
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, fact(name, value, lang)]));
}

function fact(name: string, value: string | number, lang: Lang): string {
  if (typeof value !== "number") return value;
  if (/(^|_)(share|ratio)$/.test(name)) return percent(value, lang);
  if (/_m$/.test(name)) return distance(value, lang);
  if (/_km$/.test(name)) return number(value, 1, lang);
  return Number.isInteger(value) ? number(value, 0, lang) : number(value, Math.abs(value) < 1 ? 3 : 1, lang);
}

/** Codes of what speaks against a reading, or asks for care. */
const AGAINST =
  /(_off|_split)$|^(not_declared|declared_.+|foreign_meridian|no_shift|sign_fault|other_scale)$/;

/** Whether a reason speaks against its candidate: it then has another mark than a tick. */
export function speaksAgainst(reason: Reason): boolean {
  const { inside, total } = reason.facts;
  const outside = reason.code === "inside" && Number(inside) < 0.9 * Number(total);
  return outside || AGAINST.test(reason.code);
}
