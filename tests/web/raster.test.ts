import { expect, test } from "vitest";
import type { FoundRaster, Import, Plan } from "@/api/imports.ts";
import { asking, next, open, previous, usual } from "@/screens/admin/imports/guide.ts";
import {
  classesOf,
  coverageOf,
  describe,
  figure,
  nameClass,
  placeIn,
  questions,
  unnamed,
} from "@/screens/admin/imports/raster.ts";

const RASTER: FoundRaster = {
  width: 20,
  height: 10,
  bands: 1,
  band: 1,
  dtype: "uint8",
  crs: "EPSG:9210",
  crs_text: "VN-2000",
  box: [106.6, 11, 106.61, 11.01],
  cell: [10, 10],
  nodata: null,
  unit: null,
  min: 10,
  max: 255,
  classes: [10, 20, 255],
  suspicious: 255,
  known_share: 1,
  kinds: ["land_cover", "other"],
};
const CLASSES = [10, 20, 255].map((value) => ({ value, title_vi: "", title_en: "", color: "#A8C286" }));
const PLAN: Plan = {
  version: 1,
  target: "coverages",
  file: { name: "phu.tif", sha256: "00", size_bytes: 1 },
  layer_in_file: null,
  encoding: null,
  crs: null,
  province: null,
  mapping: {},
  valid_from: null,
  valid_to: null,
  whole_list: false,
  evidence: {},
  coverage: { ...coverageOf({ coverage: null } as Plan), classes: CLASSES },
  questions: [{ code: "coverage_unsaid", facts: {} }],
};
const codes = (plan: Plan) => plan.questions.map((one) => one.code);

test("nothing is open once kind, title, the value of no data and every class are said", () => {
  let plan = describe(PLAN, RASTER, { kind: "land_cover", title_vi: "Lớp phủ" });
  expect(codes(plan)).toEqual(["nodata_unsure", "classes_unsaid"]);
  plan = describe(plan, RASTER, { nodata: 255 });
  expect(unnamed(coverageOf(plan), RASTER)).toEqual([10, 20]);
  for (const [value, title_vi] of [
    [10, "Lúa"],
    [20, "Nhà ở"],
  ] as const)
    plan = describe(plan, RASTER, { classes: nameClass(coverageOf(plan), RASTER, value, { title_vi }) });
  expect(codes(plan)).toEqual([]);
});

test("a value that is a measurement after all needs words again", () => {
  const plan = describe(PLAN, RASTER, { kind: "land_cover", title_vi: "Lớp phủ", nodata: 255 });
  expect(classesOf(coverageOf(plan), RASTER).map((one) => one.value)).toEqual([10, 20]);
  const measured = describe(plan, RASTER, { nodata: "none" });
  expect(classesOf(coverageOf(measured), RASTER).map((one) => one.value)).toEqual([10, 20, 255]);
});

test("a raster of heights needs no classes, and one without a system asks for it", () => {
  const unplaced = { ...RASTER, crs: null, suspicious: null };
  const plan = describe(PLAN, unplaced, { kind: "elevation", title_vi: "Độ cao" });
  expect(codes(plan)).toEqual(["raster_crs_missing"]);
  expect(codes(placeIn(plan, unplaced, "EPSG:9210"))).toEqual([]);
});

test("what has too many values is no land cover", () => {
  const many = { ...RASTER, classes: null, suspicious: null };
  const plan = { ...PLAN, coverage: { ...coverageOf(PLAN), kind: "land_cover" as const, title_vi: "x" } };
  expect(questions(plan, many).map((one) => one.code)).toEqual(["classes_unsaid"]);
});

test("the steps of a raster leave coordinates out, and describing stands where columns stand", () => {
  const run = {
    state: "inspected",
    found: { kind: "GeoTIFF", layers: [], raster: RASTER },
    preview: null,
    report: null,
  } as unknown as Import;
  expect(asking(PLAN)).toEqual(["columns"]);
  expect(usual(run, PLAN)).toBe("columns");
  expect([...open(run, PLAN)]).toEqual(["file", "columns"]);
  expect(next("file", run, PLAN)).toBe("columns");
  expect(previous("columns", run, PLAN)).toBe("file");
});

test("values are written short: whole ones whole, float noise of no data as a power", () => {
  expect(figure(255, 2, "vi")).toBe("255");
  expect(figure(1.234, 2, "vi")).toBe("1,23");
  expect(figure(-3.4028234663852886e38, 2, "vi")).toBe("-3.40e+38");
});
