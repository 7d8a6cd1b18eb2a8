import { expect, test } from "vitest";
import { NO_DATA } from "@/api/client.ts";
import type { Counts } from "@/api/types.ts";
import { legendRows } from "@/map/legend.ts";
import { catalogue, layerOf } from "./catalogue.ts";

const nodata = catalogue.palette["@nodata"];
const counts: Counts = {
  layer: "zones",
  as_of: "2026-11-20",
  total: { count: 9, sum: 900 },
  classes: [
    { value: null, count: 1, sum: 42 },
    { value: "full", count: 3, sum: 300 },
    { value: "planned", count: 5, sum: null },
  ],
  facets: {},
};

test("the legend holds the classes that occur, in the order of the codes, and no data last", () => {
  const rows = legendRows(layerOf("zones"), counts, [], nodata);
  expect(rows.map((row) => [row.value, row.count, row.sum])).toEqual([
    ["planned", 5, null],
    ["full", 3, 300],
    [NO_DATA, 1, 42],
  ]);
});

test("no data is hatched, a class with a colour is not", () => {
  const rows = legendRows(layerOf("zones"), counts, [], nodata);
  expect(rows.map((row) => row.hatched)).toEqual([false, false, true]);
});

test("a filter leaves other classes in the legend, marked as off", () => {
  const rows = legendRows(layerOf("zones"), counts, ["full"], nodata);
  expect(rows.filter((row) => !row.off).map((row) => row.value)).toEqual(["full"]);
});

test("a layer with one swatch has no classes", () => {
  expect(legendRows(layerOf("places"), counts, [], nodata)).toEqual([]);
});
