/** Old places in the search: what to ask about, and the choices that an answer offers. Pure functions. */

import type { Became, Meant, Resolved } from "@/api/places.ts";

/** Words by which people say that a place is meant, without tone marks and in small letters. */
const UNIT_WORDS =
  /(^|[\s,])(xa|phuong|thi tran|huyen|quan|thi xa|thanh pho|tinh|dac khu|tt|tx|tp|p|q|x|h|t)[\s.]/;
const NOT_A_PLACE = /^(kcn|ccn|cty|cong ty|to \d+|thua \d+)\b/;

/** Small letters without tone, vowel marks and đ. */
function bare(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replaceAll("đ", "d").trim();
}

/** Whether a text names units by their kind, or several parts of an address. */
export function isAddress(text: string): boolean {
  const plain = bare(text);
  return /\p{L}/u.test(plain) && (UNIT_WORDS.test(plain) || /\p{L}[^,]*,[^,]*\p{L}/u.test(plain));
}

/** Whether a text may be a place at all: an address, a name of some length, or the code of a commune. */
export function mayBePlace(text: string): boolean {
  const plain = bare(text);
  if (/^\d+$/.test(plain)) return plain.length === 5;
  if (isAddress(text)) return true;
  return plain.length >= 4 && /\p{L}{2}/u.test(plain) && !NOT_A_PLACE.test(plain);
}

export type OldPlace = {
  unit: Meant;
  became: Became;
  /** What somebody must know before choosing: the unit was divided, or others have its name. */
  doubt: "split" | "several" | null;
};

const AT_MOST = 8;

/**
 * The choices that an answer offers: each old unit with each unit that it is today.
 *
 * Units that are still themselves are left out: the search finds them by itself.
 */
export function oldPlaces(told: Resolved | null): { places: OldPlace[]; more: number } {
  const old = (told?.units ?? []).flatMap((unit) =>
    unit.became
      .filter((became) => became.key !== unit.key || became.kind !== "same" || became.name !== unit.name)
      .map((became): OldPlace => {
        const doubt = unit.split ? "split" : told?.status === "several" ? "several" : null;
        return { unit, became, doubt };
      }),
  );
  return { places: old.slice(0, AT_MOST), more: Math.max(0, old.length - AT_MOST) };
}

/** A unit with those above it: "Xã Đồi 61, Huyện Trảng Bom". The province is left out where there is more. */
export function fullName(unit: { name: string; parents: string[] }, above = 1): string {
  return [unit.name, ...unit.parents.slice(0, above)].join(", ");
}
