import { expect, test } from "vitest";
import type { CrsCandidate, Import, Plan, Target } from "@/api/imports.ts";
import { pause_ms } from "@/lib/poll.svelte.ts";
import { asking, next, open, previous, standing, usual, working } from "@/screens/admin/imports/guide.ts";
import { landings, movedText, pitfall, sight } from "@/screens/admin/imports/landing.ts";
import {
  asks,
  assign,
  assigned,
  axisTitle,
  chooseCrs,
  constant,
  decimalMark,
  fieldOf,
  missing,
  read,
  reading,
  shortName,
} from "@/screens/admin/imports/plan.ts";
import { reasonFacts, speaksAgainst } from "@/screens/admin/imports/reasons.ts";
import { tooLarge } from "@/screens/admin/imports/sending.ts";

const field = (name: string, required = false) => ({
  name,
  title: { vi: name, en: name },
  unit: null,
  required,
  kind: "text" as const,
  codes: null,
});
const PARCELS: Target = {
  id: "parcels",
  title: { vi: "Thửa đất", en: "Parcels" },
  kind: "layer",
  fields: [field("sheet_number", true), field("parcel_number", true), field("land_use")],
};

const candidate = (crs: string, name: string, confidence: number, moved_m: number): CrsCandidate => ({
  crs,
  name,
  confidence,
  reasons: [],
  moved_m,
  moved_towards: moved_m > 0 ? "W" : null,
  box: [106.6 - moved_m / 110_000, 11, 106.61 - moved_m / 110_000, 11.01],
});
const RIGHT = candidate("EPSG:9210", "VN-2000 TM-3 105°45′", 0.98, 0);
const WRONG = candidate("EPSG:9209", "VN-2000 TM-3 105°30′", 0.01, 27_312);
const UNSHIFTED = candidate("EPSG:9210;shift=none", "VN-2000 TM-3 105°45′", 0.01, 90);

const PLAN: Plan = {
  version: 1,
  target: "parcels",
  file: { name: "thua.shp", sha256: "00", size_bytes: 1 },
  layer_in_file: "thua",
  encoding: null,
  crs: null,
  province: "74",
  mapping: { columns: { sheet_number: "SOTO" }, only: true, decimal: ".", thousands: "" },
  valid_from: null,
  valid_to: null,
  whole_list: false,
  evidence: {
    crs: [RIGHT, WRONG, UNSHIFTED],
    columns: [{ column: "sheet_number", heading: "SOTO", by: "alias", title: { vi: "", en: "" } }],
    unread: ["SOTHUA"],
  },
  questions: [
    { code: "column_missing", facts: { column: "parcel_number" } },
    { code: "crs_unsure", facts: {} },
  ],
};

const RUN: Import = {
  id: "1",
  target: "parcels",
  province: "74",
  state: "inspected",
  progress: null,
  files: [{ name: "thua.shp", size_bytes: 1 }],
  found: {
    kind: "Shapefile",
    layers: [
      {
        name: "thua",
        rows: 3,
        geometry_types: ["Polygon"],
        fields: ["SOTO", "SOTHUA"].map((name) => ({ name, type: "text", samples: [] })),
        crs: null,
        crs_text: null,
        encoding: null,
        bounds: null,
        table: null,
      },
    ],
  },
  plan: PLAN,
  preview: null,
  report: null,
  error: null,
  created_at: "2026-11-20T09:00:00+07:00",
  created_by: "hanh",
  updated_at: "2026-11-20T09:00:00+07:00",
};
const PREVIEW: Import["preview"] = {
  rows: 3,
  counts: { loaded: 1, noted: 1, refused: 1 },
  notes: [],
  of_file: [],
  box: null,
  matches: null,
};

test("whoever comes back finds the first step that still asks for something", () => {
  expect(asking(PLAN)).toEqual(["crs", "columns"]);
  expect(usual(RUN, PLAN)).toBe("crs");
  expect(usual(RUN, chooseCrs(PLAN, "EPSG:9210"))).toBe("columns");
  expect(usual({ ...RUN, state: "receiving", found: null }, null)).toBe("file");
  expect(usual({ ...RUN, state: "previewed", preview: PREVIEW }, PLAN)).toBe("check");
  expect(usual({ ...RUN, state: "loading", preview: PREVIEW }, PLAN)).toBe("load");
  expect(usual({ ...RUN, state: "loaded" }, PLAN)).toBe("report");
});

test("a step opens when what it needs is there: no rows before a preview, no load before all is checked", () => {
  expect([...open(RUN, PLAN)]).toEqual(["file", "crs", "columns"]);
  expect([...open({ ...RUN, state: "previewed", preview: PREVIEW }, PLAN)]).toContain("load");
  expect([...open({ ...RUN, state: "inspected", preview: PREVIEW }, PLAN)]).not.toContain("load");
  expect(standing("check", "crs", RUN, PLAN)).toBe("closed");
  expect(standing("file", "crs", RUN, PLAN)).toBe("done");
  expect(standing("columns", "crs", RUN, PLAN)).toBe("open");
});

test("until the layer of the file is chosen nothing else can be answered", () => {
  const plan = { ...PLAN, questions: [{ code: "layer_choice", facts: {} }] };
  expect([...open(RUN, plan)]).toEqual(["file"]);
});

test("a file without geometry has no step for coordinates", () => {
  const layer = RUN.found?.layers[0];
  const flat = { ...RUN, found: { kind: "XLSX", layers: layer ? [{ ...layer, geometry_types: [] }] : [] } };
  const plan = { ...PLAN, evidence: { ...PLAN.evidence, crs: [] }, questions: [] };
  expect([...open(flat, plan)]).toEqual(["file", "columns"]);
  expect(next("file", flat, plan)).toBe("columns");
  expect(previous("columns", flat, plan)).toBe("file");
  expect(next("file", RUN, PLAN)).toBe("crs");
});

test("only work of the server is looked at again, less and less often", () => {
  expect(["inspecting", "previewing", "loading"].map((state) => working(state as Import["state"]))).toEqual([
    true,
    true,
    true,
  ]);
  expect(working("previewed")).toBe(false);
  expect(pause_ms(0)).toBe(350);
  expect(pause_ms(1)).toBe(525); // 350 × 1.5
  expect(pause_ms(20)).toBe(4000);
});

test("a heading fills one field and a field has one heading", () => {
  const [sheet, parcel] = PARCELS.fields;
  if (!sheet || !parcel) throw new Error("fields");
  const plan = assign(PLAN, "SOTHUA", parcel, PARCELS);
  expect(missing(PLAN, PARCELS).map((one) => one.name)).toEqual(["parcel_number"]);
  expect(missing(plan, PARCELS)).toEqual([]);
  expect(assigned(plan).get("parcel_number")).toEqual({ heading: "SOTHUA", by: "person" });
  expect(assigned(plan).get("sheet_number")?.by).toBe("alias");
  expect(read(plan, RUN.found?.layers[0] ?? null)).toEqual({ read: 2, of: 2 });
  // The other field now takes the same heading: the first one lacks it again.
  const moved = assign(plan, "SOTHUA", sheet, PARCELS);
  expect(fieldOf(moved, "SOTHUA")).toBe("sheet_number");
  expect(fieldOf(moved, "SOTO")).toBeNull();
  expect(missing(moved, PARCELS).map((one) => one.name)).toEqual(["parcel_number"]);
  expect(missing(assign(plan, "SOTO", null, PARCELS), PARCELS).map((one) => one.name)).toEqual([
    "sheet_number",
  ]);
});

test("one value for all rows answers for a required field until it is taken back", () => {
  const [, parcel] = PARCELS.fields;
  if (!parcel) throw new Error("fields");
  const plan = constant(PLAN, parcel, "12");
  expect(missing(plan, PARCELS)).toEqual([]);
  expect(plan.mapping.constants).toEqual({ parcel_number: "12" });
  expect(missing(constant(plan, parcel, null), PARCELS)).toEqual([parcel]);
});

test("answers take their questions with them", () => {
  expect(asks(chooseCrs(PLAN, "EPSG:9210"), "crs_unsure")).toBe(false);
  const unsure = { ...PLAN, questions: [{ code: "numbers_unsure", facts: { value: "1.234" } }] };
  const said = decimalMark(unsure, ",");
  expect(said.questions).toEqual([]);
  expect(said.mapping).toMatchObject({ decimal: ",", thousands: "." });
});

test("a reading by hand is written as the server reads it", () => {
  expect(reading("EPSG:9210", { swapped: true, unshifted: true })).toBe("EPSG:9210;swapped;shift=none");
  expect(reading("EPSG:4326", { swapped: false, unshifted: false })).toBe("EPSG:4326");
  expect(shortName("VN-2000 TM-3 105°45′")).toBe("105°45′");
  expect(shortName("WGS 84")).toBe("WGS 84");
});

test("each candidate says how far it would move the data, and the best one says nothing", () => {
  expect(movedText(WRONG, "vi")).toBe("27,3 km về phía tây");
  expect(movedText(WRONG, "en")).toBe("27.3 km to the west");
  expect(movedText(RIGHT, "vi")).toBeNull();
  expect(pitfall([RIGHT, UNSHIFTED, WRONG], "EPSG:9210")).toBe(WRONG);
});

test("the map of candidates shows the best, the chosen and near ones, never one in another country", () => {
  const far = candidate("EPSG:32650", "UTM 50N", 0.001, 650_000);
  const drawn = landings([RIGHT, WRONG, far], "EPSG:9210", "vi");
  expect(drawn.map((one) => one.crs)).toEqual(["EPSG:9210", "EPSG:9209"]);
  expect(landings([RIGHT, WRONG, far], "EPSG:32650", "vi").map((one) => one.crs)).toContain("EPSG:32650");
  // 106.6 − 27 312 / 110 000 = 106.3517
  expect(sight(drawn)?.[0]).toBeCloseTo(106.3517, 4);
});

test("evidence is told in the reader's numbers, with as many decimals as it came with", () => {
  expect(reasonFacts({ median_m: 1.8, first: 106.6543, rows: 1284, province: "Bình Dương" }, "vi")).toEqual({
    median_m: "1,8",
    first: "106,6543",
    rows: "1.284",
    province: "Bình Dương",
  });
});

test("what speaks against a candidate carries no tick", () => {
  expect(speaksAgainst({ code: "own_meridian", facts: {} })).toBe(false);
  expect(speaksAgainst({ code: "inside", facts: { inside: 288, total: 288 } })).toBe(false);
  expect(speaksAgainst({ code: "inside", facts: { inside: 0, total: 288 } })).toBe(true);
  expect(speaksAgainst({ code: "roads_off", facts: {} })).toBe(true);
  expect(speaksAgainst({ code: "declared", facts: {} })).toBe(false);
  expect(speaksAgainst({ code: "declared_wgs84_datum", facts: {} })).toBe(true);
});

test("files too large or empty are not sent", () => {
  expect(tooLarge([{ size: 300e6 }, { size: 200e6 }], 500e6)).toBeNull();
  expect(tooLarge([{ size: 300e6 }, { size: 200e6 + 1 }], 500e6)).toBe("too_large");
  expect(tooLarge([{ size: 0 }], 500e6)).toBe("empty");
});

test("of swapped coordinates the first column is the northing", () => {
  expect(axisTitle(chooseCrs(PLAN, "EPSG:9210;swapped"), "x")).toBe("imp_axis_y");
  expect(axisTitle(chooseCrs(PLAN, "EPSG:9210;swapped"), "y")).toBe("imp_axis_x");
  expect(axisTitle(chooseCrs(PLAN, "EPSG:9210"), "x")).toBe("imp_axis_x");
});
