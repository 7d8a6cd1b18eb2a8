/** What differs between two firms that may be one. Pure. */

import type { FirmPair, FirmSide } from "@/api/quality.ts";
import { fold } from "@/lib/fold.ts";

export type Piece = { text: string; differs: boolean };

/** Words of a text, each marked when the other text does not hold it; case, tone and punctuation do not count. */
export function marked(text: string | null, other: string | null): Piece[] {
  if (text === null || text === "") return [];
  const bare = (word: string) => fold(word).replace(/[^\p{L}\p{N}]/gu, "");
  const there = new Set((other ?? "").split(/\s+/).map(bare));
  return text.split(/(\s+)/).map((piece) => ({
    text: piece,
    differs: /\S/.test(piece) && bare(piece) !== "" && !there.has(bare(piece)),
  }));
}

export const FIELDS = [
  "name",
  "tax_code",
  "address",
  "source",
  "key",
] as const satisfies readonly (keyof FirmSide)[];

/** Metres between the two, as the server measured them; null where it did not. */
export function apart_m(pair: FirmPair): number | null {
  for (const reason of pair.reasons) {
    const metres = reason.facts["distance_m"];
    if (typeof metres === "number") return metres;
  }
  return null;
}
