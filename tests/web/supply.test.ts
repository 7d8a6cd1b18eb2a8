import { expect, test } from "vitest";
import { arc } from "@/map/overlay.ts";
import { fall } from "@/screens/map/fall.ts";
import { fromDays, monthTicks, span, toDays } from "@/screens/map/time.ts";

// The drawing's example: 681.4 industrial, 502.3 ready − 329.1 leased − 24.6 reserved = 148.6 free.
const steps = fall({
  industrial_ha: 681.4,
  cleared_ha: 612.8,
  ready_ha: 502.3,
  leased_ha: 329.1,
  reserved_ha: 24.6,
  free_ha: 148.6,
});
const at = (name: string) => steps.find((step) => step.name === name);

test("leased land hangs from the end of ready land, reserved land from the end of leased", () => {
  expect(at("leased_ha")?.to).toBeCloseTo(502.3 / 681.4, 9);
  expect(at("leased_ha")?.from).toBeCloseTo((502.3 - 329.1) / 681.4, 9);
  expect(at("reserved_ha")?.to).toBe(at("leased_ha")?.from);
});

test("free land ends where reserved land begins: the bars sum", () => {
  expect(at("free_ha")?.to).toBeCloseTo(at("reserved_ha")?.from ?? 0, 9);
});

test("a figure without data keeps its row and its emptiness", () => {
  const none = fall({
    industrial_ha: 100,
    cleared_ha: null,
    ready_ha: null,
    leased_ha: null,
    reserved_ha: null,
    free_ha: null,
  });
  expect(none).toHaveLength(6);
  expect(none.filter((step) => step.value === null)).toHaveLength(5);
});

test("days and dates are each other's inverse across a leap day", () => {
  for (const iso of ["2024-02-28", "2024-02-29", "2024-03-01", "2026-12-31"])
    expect(fromDays(toDays(iso))).toBe(iso);
  expect(toDays("2024-03-01") - toDays("2024-02-28")).toBe(2);
});

test("the strip spans from the first report's year to two years ahead", () => {
  const range = span(["2023-12-31", "2025-09-30"], "2026-11-20");
  expect([fromDays(range.from), fromDays(range.to)]).toEqual(["2023-01-01", "2028-12-31"]);
});

test("labels of the strip keep their distance when it is narrow", () => {
  const range = span(["2014-12-31"], "2026-11-20");
  const labels = (width: number) => monthTicks(range, width).filter((tick) => tick.label !== null).length;
  expect(labels(1000)).toBe(15);
  expect(labels(330)).toBe(8);
});

test("a line begins at the firm and ends at the zone", () => {
  const path = arc([106.7, 10.9], [106.4, 11.3]);
  expect(path[0]).toEqual([106.7, 10.9]);
  expect(path.at(-1)).toEqual([106.4, 11.3]);
});
