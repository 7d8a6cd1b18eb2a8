import { validateStyleMin } from "@maplibre/maplibre-gl-style-spec";
import { expect, test } from "vitest";
import type { Coverage } from "@/api/coverages.ts";
import { coverageId, decimalsOf, deepest, isRaster, rampShown, slices, stacked } from "@/map/coverages.ts";
import { NOTHING } from "@/map/overlay.ts";
import { layerOf as layerOfPart, style } from "@/map/style.ts";
import { catalogue } from "./catalogue.ts";

function coverage(change: Partial<Coverage> = {}): Coverage {
  return {
    id: 7,
    kind: "elevation",
    title: { vi: "Độ cao mặt đất", en: "Ground elevation" },
    unit: "m",
    crs: "EPSG:9210",
    resolution_m: 30,
    box: [106.3, 10.5, 107.6, 11.5],
    classes: null,
    ramp: [
      { value: 0, color: "#000000" },
      { value: 10, color: "#ffffff" },
    ],
    flooded_from_m: null,
    as_of: "2025-01-01",
    source: "Sở TN&MT",
    licence: null,
    min: 0,
    max: 10,
    illustrative: false,
    version: "4e465d7df368",
    ...change,
  };
}

const cover = coverage({
  id: 8,
  kind: "land_cover",
  ramp: null,
  classes: [{ value: 1, title: { vi: "Rừng", en: "Forest" }, color: "#6E9B6A" }],
});

function drawn(shown: boolean, opacity = 1) {
  return style(catalogue, {
    origin: "http://127.0.0.1:8000",
    asOf: "2026-11-20",
    fonts: {},
    drawn: Object.fromEntries(catalogue.layers.map((layer) => [layer.id, { shown: true, opacity: 1 }])),
    keep: {},
    emphasis: null,
    overlay: NOTHING,
    labels: {},
    coverages: [cover, coverage()].map((one) => ({
      id: coverageId(one),
      coverage: one,
      shown,
      opacity,
    })),
  });
}

test("a style with rasters is valid", () => {
  expect(validateStyleMin(drawn(true, 0.4) as never)).toEqual([]);
});

test("rasters lie on the land and beneath everything that is drawn on it", () => {
  const order = drawn(true).layers.map((one) => one.id);
  const of = (id: string) => order.findIndex((one) => layerOfPart(one) === id);
  expect(of("coverage_8")).toBeLessThan(of("coverage_7"));
  const first = order.findIndex((one) => isRaster(layerOfPart(one)));
  const below = drawn(true).layers.slice(0, first);
  expect(below.map((one) => one.type)).toEqual(["background", "fill", "fill"].slice(0, below.length));
  expect(below.every((one) => one.id === "background" || layerOfPart(one.id) === "admin_units")).toBe(true);
  for (const id of ["water", "zones", "roads", "constraints", "enterprises"])
    expect(of("coverage_7"), id).toBeLessThan(of(id));
});

test("a raster is asked for by its number, its date and the version of its cells, within its box", () => {
  const source = drawn(true).sources["coverage_7"];
  expect(source).toMatchObject({
    type: "raster",
    tiles: ["http://127.0.0.1:8000/coverages/7/tiles/{z}/{x}/{y}.png?as_of=2026-11-20&v=4e465d7df368"],
    bounds: [106.3, 10.5, 107.6, 11.5],
  });
});

test("a raster that is off is not drawn, and one that is faint is drawn faint", () => {
  const part = (style: ReturnType<typeof drawn>) =>
    style.layers.find((one) => one.id === "coverage_7--raster");
  expect(part(drawn(false))?.layout).toEqual({ visibility: "none" });
  expect(part(drawn(true, 0.4))?.paint).toMatchObject({ "raster-opacity": 0.4 });
});

test("classes keep their edges, values are shaded between their cells", () => {
  const resampling = (id: string) =>
    (drawn(true).layers.find((one) => one.id === id)?.paint as Record<string, unknown> | undefined)?.[
      "raster-resampling"
    ];
  expect(resampling("coverage_8--raster")).toBe("nearest");
  expect(resampling("coverage_7--raster")).toBe("linear");
});

test("tiles end at the zoom where a cell is wider than two pixels", () => {
  // At 11° N a pixel of zoom 13 is 40 075 017 · cos 11° / 256 / 2^13 = 18.8 m wide; two are 37.5 m > 30 m.
  // At zoom 14 two are 18.8 m ≤ 30 m.
  expect(deepest(coverage())).toBe(14);
  expect(deepest(coverage({ resolution_m: 0.05 }))).toBe(18);
  expect(deepest(coverage({ resolution_m: 1e9 }))).toBe(0);
});

test("land cover lies lowest and floods on top, whatever their numbers", () => {
  const kinds = (["flood_depth", "other", "elevation", "land_cover"] as const).map((kind, id) =>
    coverage({ kind, id }),
  );
  expect(stacked(kinds).map((one) => one.kind)).toEqual(["land_cover", "elevation", "other", "flood_depth"]);
});

test("the legend of a flood begins where ground counts as flooded, in the colour that the map has there", () => {
  const flood = coverage({ kind: "flood_depth", flooded_from_m: 2.5 });
  // a quarter of the way from black to white: 255 / 4 = 63.75
  expect(rampShown(flood)).toEqual([
    { value: 2.5, color: "#404040" },
    { value: 10, color: "#ffffff" },
  ]);
  expect(rampShown(coverage())).toHaveLength(2);
  expect(rampShown(cover)).toEqual([]);
});

test("values of a legend have the decimals that tell them apart", () => {
  const to = (value: number) => [
    { value: 0, color: "#000000" },
    { value, color: "#ffffff" },
  ];
  expect([decimalsOf(to(167)), decimalsOf(to(12)), decimalsOf(to(1.8)), decimalsOf([])]).toEqual([
    0, 1, 2, 2,
  ]);
});

test("land cover and what is not known make up the whole feature", () => {
  const told = slices(
    [
      { title: { vi: "Rừng", en: "Forest" }, color: "#1", share: 0.25 },
      { title: { vi: "Lúa", en: "Rice" }, color: "#2", share: 0.75 },
    ],
    0.2,
  );
  // of the known 80 %: 0.75 · 0.8 = 0.6 and 0.25 · 0.8 = 0.2
  expect(told.map((one) => one.share)).toEqual([
    expect.closeTo(0.6, 9),
    expect.closeTo(0.2, 9),
    expect.closeTo(0.2, 9),
  ]);
  expect(told.map((one) => one.color)).toEqual(["#2", "#1", null]);
});

test("ground whose code has no class is not known; where all is known there is no such slice", () => {
  const rice = { title: { vi: "Lúa", en: "Rice" }, color: "#2", share: 0.9 };
  expect(slices([rice], 0).at(-1)).toEqual({ title: null, color: null, share: expect.closeTo(0.1, 9) });
  expect(slices([{ ...rice, share: 1 }], 0)).toHaveLength(1);
});

test("a raster's name is told from that of a layer", () => {
  expect(isRaster(coverageId(coverage()))).toBe(true);
  expect(catalogue.layers.some((layer) => isRaster(layer.id))).toBe(false);
});
