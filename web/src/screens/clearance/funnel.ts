/** How long the bars of the funnel are. */

import { type FunnelRow, HANDED_OVER } from "@/api/clearance.ts";

export type Bar = {
  /** Of the longest bar, 0–1. */
  share: number;
  /** Too long for the scale of the others: drawn to the end, with a break. */
  broken: boolean;
  /** Whether its figure stands on it. */
  inside: boolean;
};

/** A bar this much longer than all others would leave nothing to compare among them. */
const BREAK_AT = 1.25;
/** Room that a figure beside a bar takes, as a share of the track. */
const FIGURE_SHARE = 0.34;

/** One bar per rank. Land handed over is broken off when it dwarfs what is still on its way. */
export function widths(rows: FunnelRow[], by: "ha" | "cases"): Record<number, Bar> {
  const rest = Math.max(0, ...rows.filter((row) => row.rank !== HANDED_OVER).map((row) => row[by]));
  const all = Math.max(0, ...rows.map((row) => row[by]));
  const cut = rest > 0 && all > rest * BREAK_AT;
  const longest = cut ? rest : all;
  return Object.fromEntries(
    rows.map((row) => {
      const broken = cut && row.rank === HANDED_OVER && row[by] > longest;
      const share = longest === 0 ? 0 : Math.min(1, row[by] / longest);
      return [row.rank, { share, broken, inside: share > 1 - FIGURE_SHARE }];
    }),
  );
}
