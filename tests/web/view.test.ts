import { expect, test } from "vitest";
import { asQuery, NO_DATA } from "@/api/client.ts";
import { EMPTY, read, type View, write } from "@/state/view.ts";

const FULL: View = {
  screen: { type: "map" },
  lang: "en",
  asOf: "2025-09-30",
  camera: { lon: 106.68123, lat: 11.05, zoom: 12.5 },
  layers: {
    zones: { opacity: 0.4 },
    lots: { shown: true },
    roads: { shown: false, opacity: 0.05 },
    coverage_12: { shown: true },
  },
  filters: {
    zones: { status: ["operating", NO_DATA], kind: ["KCN"] },
    enterprises: { wave: ["Đợt 1, bổ sung"] },
  },
  selection: { type: "feature", layer: "zones", key: "MH-VSIP/3" },
  firm: { type: "adhoc", point: [106.7, 10.98], vsic: "1313", need_ha: 3.5 },
  side: "firm",
  table: { layer: "zone_supply", sort: "-free_ha", q: "bàu bàng" },
  units: { level: "district", on: "2025-06-30" },
};

test("a link restores the whole view", () => {
  expect(read(write(FULL))).toEqual(FULL);
});

test("a raster stands in a link beside the layers, by its number", () => {
  const view: View = {
    ...EMPTY,
    layers: { coverage_12: { shown: true, opacity: 0.6 }, zones: { shown: false } },
  };
  expect(write(view)).toBe("layers=%2Bcoverage_12%3A60%2C-zones");
  expect(read(write(view))).toEqual(view);
  expect(read("layers=12_coverage,%2B7").layers).toEqual({});
});

test("a link keeps the level and the date of the units that a table is told by", () => {
  expect(read("units=commune").units).toEqual({ level: "commune", on: null });
  expect(read("units=district,2025-06-30").units).toEqual({ level: "district", on: "2025-06-30" });
  expect(read("units=village,2025-06-30").units).toBeNull();
  expect(read("units=commune,yesterday").units).toEqual({ level: "commune", on: null });
});

test("a link to an import opens it, and keeps what was on the map", () => {
  const view: View = { ...FULL, screen: { type: "admin", tab: "imports", run: "8d1c" } };
  expect(write(view)).toContain("screen=admin&tab=imports&import=8d1c");
  expect(read(write(view))).toEqual(view);
});

test("an unknown tab opens the imports, and an import belongs to its tab", () => {
  expect(read("screen=admin&tab=nothing").screen).toEqual({ type: "admin", tab: "imports", run: null });
  expect(read("screen=admin&tab=faults&import=8d1c").screen).toMatchObject({ tab: "faults", run: null });
  expect(read("screen=somewhere").screen).toEqual({ type: "map" });
});

test("a link to a known firm restores it", () => {
  const view: View = { ...EMPTY, firm: { type: "known", key: "DN & 1", vsic: null, need_ha: null } };
  expect(read(write(view))).toEqual(view);
  expect(write(view)).toBe("firm=DN+%26+1");
});

test("a link keeps the sector and the hectares that were tried for a firm of the register", () => {
  const view: View = { ...EMPTY, firm: { type: "known", key: "DN-1", vsic: "1313", need_ha: 2.25 } };
  expect(read(write(view))).toEqual(view);
});

test("the first view has an empty address", () => {
  expect(write(EMPTY)).toBe("");
  expect(read("")).toEqual(EMPTY);
});

test.each([
  "as_of=tomorrow",
  "at=1,2",
  "at=a,b,c",
  "at=500,11,9",
  "point=106",
  "sel=zones",
  "layers=%00",
  "f.zones=x",
  "f.zones.status=%E0%A4%A",
])("an address that cannot be read (%s) falls back to the default", (query) => {
  expect(read(query).asOf).toBeNull();
  expect(read(query).camera).toBeNull();
  expect(read(query).firm).toEqual({ type: "none" });
  expect(read(query).selection).toEqual({ type: "none" });
});

test("hectares of an invented firm are positive or absent", () => {
  expect(read("point=106.7,11&ha=-3").firm).toMatchObject({ need_ha: null });
  expect(read("point=106.7,11&ha=0").firm).toMatchObject({ need_ha: null });
});

test("filters reach the server as one line of CSV, an empty alternative being no value", () => {
  expect(asQuery({ status: ["operating", NO_DATA] })).toBe("&status=operating%2C");
  expect(asQuery({ wave: ["Đợt 1, bổ sung"] })).toBe(`&wave=${encodeURIComponent('"Đợt 1, bổ sung"')}`);
  expect(asQuery({ status: [] })).toBe("");
});
