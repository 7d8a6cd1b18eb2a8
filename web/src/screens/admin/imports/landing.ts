/** What the candidates of a file's coordinate system say in words and on the map. Pure. */

import type { CrsCandidate } from "@/api/imports.ts";
import type { Box, Lang } from "@/api/types.ts";
import { distance, number } from "@/lib/format.ts";
import { known, say } from "@/lib/words.ts";
import { around, type Landing } from "@/map/sketch.ts";
import { shortName } from "./plan.ts";

/** So many candidates are drawn, and none that lands further off than a map of both could show. */
const DRAWN = 4;
const FARTHEST_M = 150_000;

/** "27,3 km về phía tây"; null for the candidate that moves nothing. */
export function movedText(one: CrsCandidate, lang: Lang): string | null {
  if (!(one.moved_m > 0)) return null;
  const towards = `towards_${(one.moved_towards ?? "").toLowerCase()}`;
  const far = distance(one.moved_m, lang);
  return known(towards) ? say(lang, "crs_moved", { far, towards: say(lang, towards) }) : far;
}

/** "EPSG:9210 · chưa chuyển mốc": a system and how the file's numbers depart from it. */
export function readingText(crs: string, lang: Lang): string {
  const [system = crs, ...rest] = crs.split(";");
  const told = rest.map((part) => {
    const [name = "", value = ""] = part.split("=");
    const word = `reading_${name}${name === "shift" ? `_${value}` : ""}`;
    return known(word) ? say(lang, word, { k: number(Number(value), 4, lang) }) : part;
  });
  return [system, ...told].join(" · ");
}

/** How many candidates are listed at first: those that are not out of the question. */
export function likely(all: CrsCandidate[], chosen: string | null): CrsCandidate[] {
  return all.filter((one, i) => i < 3 || one.confidence >= 0.005 || one.crs === chosen);
}

/** The candidates to draw: the best, the chosen one, and the next that lie near enough to compare. */
export function landings(all: CrsCandidate[], chosen: string | null, lang: Lang): Landing[] {
  const best = all.find((one) => one.box !== null);
  const near = all.filter(
    (one) =>
      one === best || one.crs === chosen || (one.box !== null && one.moved_m > 0 && one.moved_m < FARTHEST_M),
  );
  // Of one system a single reading is drawn: on a map of both the others would lie under it.
  const system = (one: CrsCandidate) => one.crs.split(";")[0];
  const apart = near.filter(
    (one, i) => one.crs === chosen || near.findIndex((other) => system(other) === system(one)) === i,
  );
  const few = apart.filter((one, i) => i < DRAWN || one.crs === chosen);
  const ordered = best ? [best, ...few.filter((one) => one !== best)] : few;
  return ordered.map((one) => ({
    crs: one.crs,
    box: one.box,
    label: shortName(one.name),
    moved: movedText(one, lang),
  }));
}

/** Everything drawn in one view. */
export function sight(drawn: Landing[]): Box | null {
  return around(drawn.flatMap((one) => (one.box ? [one.box] : [])));
}

/** The alternative that a wrong choice would most easily fall for: the likeliest that moves the data visibly. */
export function pitfall(all: CrsCandidate[], chosen: string | null): CrsCandidate | null {
  return all.find((one) => one.crs !== chosen && one.moved_m > 100) ?? null;
}
