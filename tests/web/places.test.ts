import { expect, test } from "vitest";
import type { Became, ByUnit, Meant, Resolved, UnitRow } from "@/api/places.ts";
import { csv, sorted, total, unitsOn, usualOrder, why } from "@/screens/map/units.ts";
import { fullName, isAddress, mayBePlace, oldPlaces } from "@/screens/places.ts";

const became = (change: Partial<Became> = {}): Became => ({
  key: "commune-26248",
  level: "commune",
  code: "26248",
  name: "Xã An Viễn",
  valid_from: "2025-07-01",
  valid_to: null,
  parents: ["Tỉnh Đồng Nai"],
  illustrative: false,
  kind: "merge",
  share: 1,
  ...change,
});
const meant = (change: Partial<Meant> = {}): Meant => ({
  ...became(),
  key: "commune-26281",
  name: "Xã Đồi 61",
  parents: ["Huyện Trảng Bom", "Tỉnh Đồng Nai"],
  valid_to: "2025-07-01",
  split: false,
  became: [became()],
  ...change,
});
const resolved = (units: Meant[], status: Resolved["status"] = "found"): Resolved => ({
  asked: "",
  to: "2026-11-20",
  status,
  words: { vi: "", en: "" },
  point_contradicts: false,
  units,
});

test.each([
  "xã Đồi 61, huyện Trảng Bom",
  "Đồi 61, Trảng Bom",
  "P. An Phú",
  "TP. Thủ Dầu Một",
  "thị trấn Trảng Bom",
])("%s is an address", (text) => expect(isAddress(text)).toBe(true));

test.each(["Đồi 61", "KCN VSIP", "10,98; 106,65", "3701234567", "tờ 12 thửa 345", "dệt may"])(
  "%s is no address",
  (text) => expect(isAddress(text)).toBe(false),
);

test("names and codes of communes may be places; tax codes, parcels, parks and a few letters are not", () => {
  for (const text of ["Đồi 61", "Bàu Bàng", "26281"]) expect(mayBePlace(text), text).toBe(true);
  for (const text of ["an", "3701234567", "345", "tờ 12 thửa 345", "KCN Mỹ Phước", "10,98; 106,65", ""])
    expect(mayBePlace(text), text).toBe(false);
});

test("an old unit is offered with what it is today", () => {
  const { places, more } = oldPlaces(resolved([meant()]));
  expect(places).toHaveLength(1);
  expect(fullName(places[0]?.unit ?? meant())).toBe("Xã Đồi 61, Huyện Trảng Bom");
  expect(fullName(places[0]?.became ?? became())).toBe("Xã An Viễn, Tỉnh Đồng Nai");
  expect(places[0]?.doubt).toBeNull();
  expect(more).toBe(0);
});

test("a unit that is still itself is not offered as an old one", () => {
  const same = meant({ became: [became({ key: "commune-26281", name: "Xã Đồi 61", kind: "same" })] });
  expect(oldPlaces(resolved([same])).places).toEqual([]);
  expect(oldPlaces(null).places).toEqual([]);
});

test("a divided unit offers each of its parts, and says that one must choose", () => {
  const parts = [
    became({ key: "a", kind: "split", share: 0.3 }),
    became({ key: "b", kind: "split", share: 0.7 }),
  ];
  const { places } = oldPlaces(resolved([meant({ split: true, became: parts })], "split"));
  expect(places.map((one) => [one.became.key, one.doubt])).toEqual([
    ["a", "split"],
    ["b", "split"],
  ]);
});

test("of many units of one name the first eight are offered and the others counted", () => {
  const many = Array.from({ length: 11 }, (_, i) => meant({ key: `commune-${i}` }));
  const { places, more } = oldPlaces(resolved(many, "several"));
  expect([places.length, more, places[0]?.doubt]).toEqual([8, 3, "several"]);
});

const row = (name: string, count: number, sum: number | null): UnitRow => ({
  key: name,
  code: name,
  name,
  parent: null,
  count,
  sum,
});
const told = (change: Partial<ByUnit> = {}): ByUnit => ({
  layer: "zones",
  as_of: "2026-11-20",
  level: "district",
  units_on: "2025-06-30",
  basis: "boundary",
  boundaries_of: "2025-06-30",
  measure: { name: "area_legal_ha", title: { vi: "Diện tích", en: "Area" }, unit: "ha" },
  rows: [row("Bến Cát", 3, 120), row("Đồng Phú", 5, null), row("An Phú", 2, 300), row("Ân Thi", 2, 120)],
  cannot_be_told: { count: 1, sum: 20.5 },
  ...change,
});
const names = (rows: UnitRow[]) => rows.map((one) => one.name);

test("units stand by hectares first, equals by name, and what has no figure last", () => {
  expect(names(sorted(told().rows, usualOrder(told())))).toEqual(["An Phú", "Ân Thi", "Bến Cát", "Đồng Phú"]);
  expect(names(sorted(told().rows, { by: "sum", falling: false })).at(-1)).toBe("Đồng Phú");
  expect(names(sorted(told().rows, { by: "count", falling: true }))[0]).toBe("Đồng Phú");
  expect(names(sorted(told().rows, { by: "name", falling: false }))).toEqual([
    "An Phú",
    "Ân Thi",
    "Bến Cát",
    "Đồng Phú",
  ]);
});

test("a layer without a measure is sorted by count", () => {
  expect(usualOrder(told({ measure: null }))).toEqual({ by: "count", falling: true });
});

test("what cannot be told counts in the total", () => {
  expect(total(told())).toEqual({ count: 13, sum: 560.5 });
  expect(total(told({ rows: [], cannot_be_told: { count: 0, sum: null } }))).toEqual({ count: 0, sum: null });
});

test("each basis has its own reason for what cannot be told", () => {
  expect((["boundary", "lineage", "none"] as const).map((basis) => why(told({ basis })))).toEqual([
    "outside",
    "divided",
    "no_boundaries",
  ]);
});

test("districts are those of their last day, where a later one is asked for", () => {
  expect(unitsOn("district", null, "2026-11-20")).toBe("2025-06-30");
  expect(unitsOn("district", "2019-01-01", "2026-11-20")).toBe("2019-01-01");
  expect(unitsOn("commune", null, "2026-11-20")).toBe("2026-11-20");
  expect(unitsOn("province", "2025-06-30", "2026-11-20")).toBe("2025-06-30");
});

test("a sheet keeps Vietnamese letters, numbers as numbers, and runs no formula", () => {
  const text = csv([
    ["Đơn vị", "ha"],
    ["Bến Cát, cũ", 1234.5],
    ['=HYPERLINK("x")', null],
  ]);
  expect(text).toBe('\ufeffĐơn vị,ha\r\n"Bến Cát, cũ",1234.5\r\n"\'=HYPERLINK(""x"")",\r\n');
});
