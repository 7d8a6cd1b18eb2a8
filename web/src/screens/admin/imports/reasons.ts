/** What speaks for and against a coordinate system. The sentences name the units; numbers are the reader's. Pure. */

import type { Reason } from "@/api/imports.ts";
import type { Lang } from "@/api/types.ts";
import { number } from "@/lib/format.ts";
import type { Facts } from "@/lib/words.ts";

const DECIMALS = 4;

export function reasonFacts(facts: Facts, lang: Lang): Facts {
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [
      name,
      typeof value === "number" ? number(value, decimals(value), lang) : value,
    ]),
  );
}

/** As many as the number was told with. */
function decimals(value: number): number {
  return Math.min(DECIMALS, String(value).split(".")[1]?.length ?? 0);
}

/** Codes of what speaks against a reading, or asks for care. */
const AGAINST =
  /_off$|^(evidence_.+|not_declared|declared_.+|foreign_meridian|no_shift|sign_fault|other_scale|.*outside.*)$/;

/** Whether a reason speaks against its candidate: it then has another mark than a tick. */
export function speaksAgainst(reason: Reason): boolean {
  const { inside, total } = reason.facts;
  const outside = reason.code === "inside" && Number(inside) < 0.9 * Number(total);
  return outside || AGAINST.test(reason.code);
}
