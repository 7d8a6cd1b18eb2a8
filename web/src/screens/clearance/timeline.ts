/** The steps of a case as dots on a line. */

import { GROUPS, type TimelineStep } from "@/api/clearance.ts";

export type Dot = {
  rank: number;
  on: string | null;
  due_on: string | null;
  over_days: number | null;
  /** Behind us; where the case stands; where it stands too long; ahead; ahead and already due. */
  state: "done" | "now" | "late" | "ahead" | "missed";
};

/** One dot per stage after the start. A step that others have overtaken counts as done, with or without a day. */
export function passed(steps: TimelineStep[]): Dot[] {
  const by = new Map(steps.map((step) => [step.group, step]));
  const reached = Math.max(-1, ...GROUPS.map((group, rank) => (by.get(group)?.on ? rank : -1)));
  return GROUPS.slice(1).map((group, i) => {
    const rank = i + 1;
    const step = by.get(group);
    const over = step?.over_days ?? null;
    const waits = by.get(GROUPS[reached + 1] ?? "handed_over")?.over_days ?? 0;
    const last = reached === GROUPS.length - 1;
    const state =
      rank < reached || (rank === reached && last)
        ? "done"
        : rank === reached
          ? waits > 0 || (over ?? 0) > 0
            ? "late"
            : "now"
          : (over ?? 0) > 0
            ? "missed"
            : "ahead";
    return { rank, on: step?.on ?? null, due_on: step?.due_on ?? null, over_days: over, state };
  });
}
