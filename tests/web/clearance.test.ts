import { validateStyleMin } from "@maplibre/maplibre-gl-style-spec";
import { expect, test } from "vitest";
import { type Curve, type CurvePoint, type FunnelRow, GROUPS, type TimelineStep } from "@/api/clearance.ts";
import { band, line, linear, ticks, years } from "@/lib/chart/scale.ts";
import { clearanceSketch, shareClass, stageOn, tileDay } from "@/map/clearance.ts";
import { FIELDS, total_vnd, written } from "@/screens/clearance/case/records.ts";
import { widths } from "@/screens/clearance/funnel.ts";
import { billions, measured, month, signed } from "@/screens/clearance/say.ts";
import {
  at,
  dayAt,
  frame,
  monthsLater,
  quarters,
  reading,
  shownOf,
  top,
} from "@/screens/clearance/scurve.ts";
import { passed } from "@/screens/clearance/timeline.ts";
import { CLEARANCE, EMPTY, read, type View, write } from "@/state/view.ts";
import { catalogue } from "./catalogue.ts";

/** A MapLibre expression over one feature, as far as stages need it. */
function evaluate(expression: unknown, properties: Record<string, number>): unknown {
  if (!Array.isArray(expression)) return expression;
  const [operator, ...rest] = expression as [string, ...unknown[]];
  const value = (one: unknown) => evaluate(one, properties);
  switch (operator) {
    case "get":
      return properties[rest[0] as string] ?? null;
    case "coalesce":
      return rest.map(value).find((one) => one !== null) ?? null;
    case "<=":
      return (value(rest[0]) as number) <= (value(rest[1]) as number);
    case "case": {
      for (let i = 0; i + 1 < rest.length; i += 2) if (value(rest[i])) return value(rest[i + 1]);
      return value(rest.at(-1));
    }
    default:
      throw new Error(operator);
  }
}

test("tiles count days from the first of January 2000", () => {
  expect(tileDay("2000-01-01")).toBe(0);
  expect(tileDay("2000-03-01")).toBe(60); // 31 + 29: a leap year
  expect(tileDay("2024-08-01")).toBe(8979);
});

test("the stage of a date is the last one that had begun by it", () => {
  const take = {
    d1: tileDay("2024-01-10"),
    c1: 0,
    d2: tileDay("2024-06-01"),
    c2: 2,
    d3: tileDay("2025-02-01"),
    c3: 6,
  };
  const on = (day: string) => evaluate(stageOn(day), take);
  expect(on("2024-01-09")).toBe(-1);
  expect(on("2024-01-10")).toBe(0);
  expect(on("2024-05-31")).toBe(0);
  expect(on("2024-06-01")).toBe(2);
  expect(on("2030-01-01")).toBe(6);
});

test("a stage may be taken back: the later run counts, though its rank is lower", () => {
  const take = { d1: 100, c1: 0, d2: 200, c2: 6, d3: 300, c3: 4 };
  expect(evaluate(stageOn("2000-08-01"), take)).toBe(6); // day 213
  expect(evaluate(stageOn("2001-01-01"), take)).toBe(4); // day 366
});

test("another date is another expression over the same tiles: no address changes", () => {
  const shown = { rank: null, chosen: [], zones: [], zone: null, plots: null };
  const of = (asOf: string) =>
    clearanceSketch(must("parcels"), must("zones"), "http://h", { ...shown, asOf }, () => "#000000");
  const [early, late] = [of("2024-01-01"), of("2026-01-01")];
  expect(early.sources).toEqual(late.sources);
  expect(JSON.stringify(early.sources)).not.toContain("as_of");
  expect(early.shapes).not.toEqual(late.shapes);
});

test("the map of stages is a valid style, filtered or not", () => {
  const zones = [
    { key: "A", ratio: 0.41, reported: false },
    { key: "B", ratio: 0.69, reported: true },
    { key: "C", ratio: null, reported: false },
  ];
  for (const rank of [null, 3]) {
    for (const listed of [[], zones]) {
      const shown = { asOf: "2025-09-30", rank, chosen: ["H-1"], zones: listed, zone: null, plots: null };
      const sketch = clearanceSketch(
        must("parcels"),
        must("zones"),
        "http://127.0.0.1",
        shown,
        () => "#123456",
      );
      const sources = { ...sketch.sources, zones: { type: "vector", tiles: ["http://h/{z}/{x}/{y}"] } };
      expect(validateStyleMin({ version: 8, sources, layers: sketch.shapes } as never)).toEqual([]);
    }
  }
});

function must(id: string) {
  const layer = catalogue.layers.find((one) => one.id === id);
  if (!layer) throw new Error(`no layer ${id}`);
  return layer;
}

test("a share belongs to the class that it has reached", () => {
  expect([0, 0.19, 0.2, 0.599, 0.6, 1].map(shareClass)).toEqual([0, 0, 1, 2, 3, 4]);
});

const funnel = (values: number[]): FunnelRow[] =>
  GROUPS.map((group, rank) => ({
    group,
    rank,
    ha: values[rank] ?? 0,
    cases: 1,
    median_days: null,
    limit_days: null,
    over: false,
  }));

test("a bar is as long as its hectares, and land handed over is broken off when it dwarfs the rest", () => {
  const bars = widths(funnel([10, 20, 40, 0, 0, 0, 400]), "ha");
  expect(bars[2]).toMatchObject({ share: 1, broken: false });
  expect(bars[1]).toMatchObject({ share: 0.5, broken: false });
  expect(bars[3]).toMatchObject({ share: 0 });
  expect(bars[6]).toMatchObject({ share: 1, broken: true });
});

test("no bar is broken while all can be compared on one scale", () => {
  const bars = widths(funnel([10, 20, 40, 0, 0, 0, 44]), "ha");
  expect(bars[6]).toMatchObject({ share: 1, broken: false });
  expect(bars[2]?.share).toBeCloseTo(40 / 44);
  expect(widths(funnel([]), "ha")[6]).toMatchObject({ share: 0, broken: false });
  expect(widths(funnel([0, 0, 0, 0, 0, 0, 90]), "ha")[6]).toMatchObject({ share: 1, broken: false });
});

/** Planned: 0 to 100 ha over 2025; actual: 30 ha by the end of June; forecast to 100 ha by the middle of 2027. */
const CURVE: Curve = {
  measure: "ha",
  total: 100,
  roadmaps: [
    { decided_on: "2024-12-01", decision_number: "1/QĐ", points: [["2025-01-01", 0], ["2025-10-01", 100]] },
    { decided_on: "2025-03-01", decision_number: "2/QĐ", points: [["2025-01-01", 0], ["2026-01-01", 100]] },
  ],
  actual: [["2025-02-01", 10], ["2025-06-30", 30]],
  forecast: {
    status: "ready",
    stale: false,
    computed_at: null,
    days: ["2025-06-30", "2027-06-30"],
    p10: [30, 100],
    p50: [30, 90],
    p90: [30, 70],
    done: { p10: "2027-06-30", p50: "2028-01-01", p90: null },
    observed_cases: 40,
  },
  deadlines: [{ on: "2027-12-31", title: { vi: "Hạn", en: "Deadline" } }],
  gap: { value: -19.5, on: "2025-06-30" },
}; // biome-ignore format: numbers side by side

test("the curve starts at nothing, or with what was reached before the chart begins", () => {
  const year = { from: "2025-01-01", to: "2025-12-31" };
  expect(shownOf(CURVE.actual, year)[0]).toEqual(["2025-02-01", 0]);
  expect(shownOf([["2025-01-01", 0]], year)).toEqual([["2025-01-01", 0]]);
  expect(shownOf([], year)).toEqual([]);
  const long: CurvePoint[] = [["2015-01-01", 0], ["2024-06-01", 4], ["2025-06-01", 9], ["2026-06-01", 10]]; // biome-ignore format: points
  expect(shownOf(long, year)).toEqual([["2025-01-01", 4], ["2025-06-01", 9]]); // biome-ignore format: points
});

test("the chart shows whole years, up to the deadline, and cuts a forecast that never ends", () => {
  expect(frame(CURVE, "2025-06-30")).toEqual({ from: "2025-01-01", to: "2027-12-31", cut: false });
  const slow = {
    ...CURVE,
    forecast: CURVE.forecast && { ...CURVE.forecast, days: ["2025-06-30", "2060-01-01"] },
  };
  expect(frame(slow, "2025-06-30")).toEqual({ from: "2025-01-01", to: "2031-12-31", cut: true });
  expect(top(CURVE)).toBe(100);
});

test("between two points a curve is read along the line, and nowhere else", () => {
  expect(at(CURVE.roadmaps[1]?.points ?? [], "2025-07-02")).toBeCloseTo((100 * 182) / 365);
  expect(at(CURVE.actual, "2025-01-31")).toBeNull();
  expect(at(CURVE.actual, "2025-07-01")).toBeNull();
  expect(at(CURVE.actual, "2025-06-30")).toBe(30);
  expect(reading(CURVE, "2025-06-30")).toMatchObject({ actual: 30, p50: 30 });
  expect(reading(CURVE, "2026-06-30")).toMatchObject({
    actual: null,
    planned: null,
    p50: 60,
    p10: 65,
    p90: 50,
  });
});

test("a month later is never in the month after that", () => {
  expect(monthsLater("2025-01-31", 1)).toBe("2025-02-28");
  expect(monthsLater("2024-03-31", -1)).toBe("2024-02-29");
  expect(monthsLater("2025-12-15", 12)).toBe("2026-12-15");
  expect(dayAt(0, frame(CURVE, "2025-06-30"))).toBe("2025-01-01");
  expect(dayAt(2, frame(CURVE, "2025-06-30"))).toBe("2027-12-31");
  expect(quarters({ from: "2025-01-01", to: "2026-12-31", cut: false })).toHaveLength(8);
});

test("ticks are round and start at zero", () => {
  expect(ticks(3412.6, 4)).toEqual([0, 1000, 2000, 3000]);
  expect(ticks(0.7, 4)).toEqual([0, 0.2, 0.4, 0.6]);
  expect(ticks(0, 4)).toEqual([0]);
  expect(years("2023-01-01", "2029-12-31", 560, 46)).toEqual([2023, 2024, 2025, 2026, 2027, 2028, 2029]);
  expect(years("2023-01-01", "2029-12-31", 160, 46)).toEqual([2023, 2026, 2029]);
});

test("lines and bands are paths, and nothing is no path", () => {
  expect(line([[0, 0], [1, 2]])).toBe("M0.0,0.0L1.0,2.0"); // biome-ignore format: points
  expect(band([[0, 1]], [[0, 3]])).toBe("M0.0,1.0L0.0,3.0Z"); // biome-ignore format: points
  expect(line([])).toBe("");
  expect(band([], [])).toBe("");
  expect(linear([0, 0], [5, 9])(3)).toBe(5);
});

const step = (group: TimelineStep["group"], on: string | null, over: number | null = null): TimelineStep => ({
  group,
  on,
  due_on: null,
  over_days: over,
});

test("a case stands late at its stage when the next one is overdue", () => {
  const steps = [
    step("not_started", "2024-01-01"),
    step("notified", "2024-02-01"),
    step("inventoried", null, 47),
  ];
  expect(passed(steps).map((dot) => dot.state)).toEqual([
    "late",
    "missed",
    "ahead",
    "ahead",
    "ahead",
    "ahead",
  ]);
});

test("a case that was handed over has all its steps behind it, also those without a day", () => {
  const steps = [step("notified", "2024-02-01"), step("handed_over", "2025-02-01")];
  expect(passed(steps).map((dot) => dot.state)).toEqual(["done", "done", "done", "done", "done", "done"]);
});

test("a case that has begun nothing has everything ahead", () => {
  expect(passed([]).map((dot) => dot.state)).toEqual(["ahead", "ahead", "ahead", "ahead", "ahead", "ahead"]);
});

test("figures carry their unit, and small sums never read as nothing", () => {
  expect(measured(1964.3, "ha", "vi")).toBe("1.964,3 ha");
  expect(measured(4871, "cases", "en")).toBe("4,871 cases");
  expect(measured(7_412_000_000_000, "vnd", "vi")).toBe("7.412 tỷ đồng");
  expect(billions(45_000_000, "vi")).toBe("0,05");
  expect(billions(0, "vi")).toBe("0");
  expect(month("2028-11-30", "vi")).toBe("11/2028");
  expect(month("2028-11-30", "en")).toBe("Nov 2028");
  expect([signed(2, "2"), signed(-2, "−2"), signed(0, "0")]).toEqual(["+2", "−2", "0"]);
});

test("records are written in the reader's form; what is not known is left out", () => {
  const field = (name: string) => {
    const found = FIELDS.valuations.find((one) => one.name === name);
    if (!found) throw new Error(name);
    return found;
  };
  const row = { kind: "land", quantity: 1234.5, amount_vnd: 1_500_000_000, description: null };
  expect(written("valuations", field("kind"), row, "vi")).toBe("Bồi thường về đất");
  expect(written("valuations", field("quantity"), row, "vi")).toBe("1.234,50");
  expect(written("valuations", field("amount_vnd"), row, "en")).toBe("1,500,000,000");
  expect(written("valuations", field("description"), row, "vi")).toBeNull();
  expect(total_vnd([row, { amount_vnd: null }], "amount_vnd")).toBe(1_500_000_000);
});

test("a link restores what is looked at on the screen of clearance", () => {
  const view: View = {
    ...EMPTY,
    asOf: "2025-09-30",
    screen: {
      type: "clearance",
      zone: "DN-LP1",
      unit: null,
      group: "plan_approved",
      case: "HS & 12",
      open: true,
      measure: "cases",
    },
  };
  expect(read(write(view))).toEqual(view);
  expect(read(write({ ...EMPTY, screen: CLEARANCE }))).toEqual({ ...EMPTY, screen: CLEARANCE });
});

test("a link with an unknown stage or measure shows all, and nothing is open without a case", () => {
  expect(read("screen=clearance&group=x&measure=usd&open=1").screen).toEqual(CLEARANCE);
});
