/** The S-curve as numbers: what span it shows, and what stood where on a day. */

import type { Curve, CurvePoint } from "@/api/clearance.ts";
import { fromDays, toDays } from "@/screens/map/time.ts";

/**
 * The part of a cumulative curve that a frame shows. It begins at nothing: on the day of its first point it rises
 * from zero; and where the frame begins later, with what had been reached by then.
 */
export function shownOf(points: CurvePoint[], { from, to }: { from: string; to: string }): CurvePoint[] {
  const before = points.findLast(([on]) => on < from);
  const within = points.filter(([on]) => on >= from && on <= to);
  if (before) return [[from, before[1]], ...within];
  const [first] = within;
  return first && first[1] !== 0 ? [[first[0], 0], ...within] : within;
}

/** Whole years around everything that is drawn; the far end of a slow forecast is cut, and said so. */
const AHEAD_YEARS = 6;

export type Frame = { from: string; to: string; cut: boolean };

export function frame(curve: Curve, asOf: string): Frame {
  const roadmap = curve.roadmaps.at(-1)?.points ?? [];
  // Years in which nothing was handed over yet say nothing: the chart begins shortly before the first hectare.
  const begun = curve.actual.find(([, value]) => value > 0) ?? curve.actual.at(-1);
  const starts = [asOf, ...(begun ? [first(begun)] : []), ...roadmap.slice(0, 1).map(first)];
  const ends = [
    asOf,
    ...curve.deadlines.map((one) => one.on),
    ...roadmap.slice(-1).map(first),
    ...(curve.forecast?.days.slice(-1) ?? []),
  ];
  const from = Math.min(...starts.map(year));
  const last = Math.max(...ends.map(year));
  const latest = Math.max(year(asOf) + AHEAD_YEARS, ...curve.deadlines.map((one) => year(one.on)));
  const to = Math.min(last, latest);
  return { from: `${from}-01-01`, to: `${to}-12-31`, cut: to < last };
}

const first = ([on]: CurvePoint) => on;
const year = (iso: string) => Number(iso.slice(0, 4));

/** The highest value that is drawn. */
export function top(curve: Curve): number {
  const all = [...curve.roadmaps.flatMap((one) => one.points), ...curve.actual].map(([, value]) => value);
  return Math.max(curve.total, ...all, ...(curve.forecast?.p10 ?? []));
}

/** Value of a cumulative curve on a day: along the line between two points; null outside of it. */
export function at(points: CurvePoint[], on: string): number | null {
  const next = points.findIndex(([day]) => day >= on);
  const [after, before] = [points[next], points[next - 1]];
  if (!after) return null;
  if (after[0] === on || !before) return after[0] === on ? after[1] : null;
  const [d0, d1] = [toDays(before[0]), toDays(after[0])];
  return before[1] + ((after[1] - before[1]) * (toDays(on) - d0)) / (d1 - d0);
}

export type Reading = {
  on: string;
  planned: number | null;
  actual: number | null;
  p10: number | null;
  p50: number | null;
  p90: number | null;
};

/** Everything that the chart says about a day. */
export function reading(curve: Curve, on: string): Reading {
  const paired = (values: number[] | undefined) =>
    (curve.forecast?.days ?? []).map((day, i): CurvePoint => [day, values?.[i] ?? 0]);
  return {
    on,
    planned: at(curve.roadmaps.at(-1)?.points ?? [], on),
    actual: at(curve.actual, on),
    p10: at(paired(curve.forecast?.p10), on),
    p50: at(paired(curve.forecast?.p50), on),
    p90: at(paired(curve.forecast?.p90), on),
  };
}

/** The ends of quarters within a frame: rows of the table that stands for the chart. */
export function quarters({ from, to }: Frame): string[] {
  const [y0, y1] = [year(from), year(to)];
  return Array.from({ length: y1 - y0 + 1 }, (_, i) => y0 + i).flatMap((one) =>
    ["03-31", "06-30", "09-30", "12-31"].map((end) => `${one}-${end}`),
  );
}

/** A day moved by whole months, clipped to the last day of a shorter month. */
export function monthsLater(iso: string, months: number): string {
  const [year, month, day] = iso.split("-").map(Number) as [number, number, number];
  const last = new Date(Date.UTC(year, month - 1 + months + 1, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 + months, Math.min(day, last))).toISOString().slice(0, 10);
}

/** Days of a span as equal steps along the chart's width. */
export function dayAt(share: number, { from, to }: Frame): string {
  const [d0, d1] = [toDays(from), toDays(to)];
  return fromDays(Math.round(d0 + Math.min(1, Math.max(0, share)) * (d1 - d0)));
}
