import { validateStyleMin } from "@maplibre/maplibre-gl-style-spec";
import { expect, test } from "vitest";
import { type CertificateRow, certificates, type FirmPair } from "@/api/quality.ts";
import { bytes, distance, moment } from "@/lib/format.ts";
import { NOTHING } from "@/map/overlay.ts";
import {
  around,
  bearing_deg,
  landingSketch,
  pairSketch,
  repairSketch,
  rowsSketch,
  type Sketch,
} from "@/map/sketch.ts";
import { style } from "@/map/style.ts";
import { asText, done } from "@/screens/admin/certificate/certificate.ts";
import { apart_m, marked } from "@/screens/admin/firms/pairs.ts";
import { catalogue } from "./catalogue.ts";

const colour = (token: string) => catalogue.palette[token] ?? "#a3241c";
const SQUARE: GeoJSON.Polygon = {
  type: "Polygon",
  coordinates: [[[106, 11], [106.1, 11], [106.1, 11.1], [106, 11.1], [106, 11]]],
}; // biome-ignore format: a ring

const SKETCHES: [string, Sketch][] = [
  [
    "rows",
    rowsSketch(
      {
        type: "FeatureCollection",
        features: [{ type: "Feature", geometry: SQUARE, properties: { row: 4, verdict: "refused" } }],
      },
      4,
      colour,
    ),
  ],
  [
    "landings",
    landingSketch(
      [
        { crs: "EPSG:9210", box: [106, 11, 106.1, 11.1], label: "105°45′", moved: null },
        { crs: "EPSG:9209", box: [105.7, 11, 105.8, 11.1], label: "105°30′", moved: "27,3 km về phía tây" },
      ],
      "EPSG:9210",
      colour,
    ),
  ],
  ["repair", repairSketch(SQUARE, SQUARE, SQUARE, colour)],
  ["pair", pairSketch([106, 11], [106.01, 11], colour)],
];

test.each(SKETCHES)("the drawing of %s over the map is a valid style", (_, sketch) => {
  const made = style(catalogue, {
    origin: "http://localhost",
    asOf: "2025-09-30",
    fonts: {},
    drawn: {},
    keep: {},
    emphasis: null,
    overlay: NOTHING,
    labels: {},
    sketch,
  });
  expect(validateStyleMin(made)).toEqual([]);
});

test("a row of a file can be found by a click: its feature carries the row as its key", () => {
  const [, sketch] = SKETCHES[0] ?? [];
  const [source] = Object.values(sketch?.sources ?? {});
  expect(JSON.stringify(source)).toContain('"key":"4"');
});

test("an arrow points where the data would go", () => {
  expect(bearing_deg([106, 11], [105, 11])).toBeCloseTo(-90, 6); // due west
  expect(bearing_deg([106, 11], [106, 12])).toBeCloseTo(0, 6); // due north
});

test("the box around several boxes holds them all, and around none there is none", () => {
  expect(around([[1, 2, 3, 4], [0, 3, 2, 5]])).toEqual([0, 2, 3, 5]); // biome-ignore format: boxes
  expect(around([])).toBeNull();
});

test("words that the other firm lacks are marked; case, tone and punctuation are no difference", () => {
  const pieces = marked("Công ty TNHH Dệt Phương Nam", "CTY TNHH DET PHUONG NAM,");
  expect(pieces.filter((piece) => piece.differs).map((piece) => piece.text)).toEqual(["Công", "ty"]);
  expect(pieces.map((piece) => piece.text).join("")).toBe("Công ty TNHH Dệt Phương Nam");
  expect(marked(null, "x")).toEqual([]);
});

test("the distance of a pair is the one that was measured, never one of ours", () => {
  const side = { key: "1", name: null, tax_code: null, address: null, lon: 106, lat: 11, source: null };
  const pair: FirmPair = {
    id: 1,
    score: 0.8,
    reasons: [],
    a: side,
    b: side,
    state: "open",
    decided_by: null,
  };
  expect(apart_m(pair)).toBeNull();
  const told = { vi: "", en: "" };
  expect(apart_m({ ...pair, reasons: [{ code: "near", facts: { distance_m: 42 }, message: told }] })).toBe(
    42,
  );
});

test("a cluster counts as overlapping once, its hectares all", () => {
  const items = {} as CertificateRow["items"];
  const over = (area_ha: number) => ({
    layer: "constraints",
    title: { vi: "", en: "" },
    key: "1",
    label: null,
    area_ha,
  });
  const rows: CertificateRow[] = [
    { key: "A", name: "A", items, complete: true, overlaps: [] },
    { key: "B", name: "B", items, complete: false, overlaps: [over(1.5), over(2)] },
  ];
  // 1.5 + 2 = 3.5
  expect(done(rows)).toEqual({ complete: 1, overlapping: 1, overlap_ha: 3.5 });
  expect(asText(50, "area_ha", "vi")).toBe("50,0 ha");
  expect(asText(575, "investment", "vi")).toBe("575 tỷ đồng");
  expect(asText(["25", "31"], "sectors", "vi")).toBe("25, 31");
  expect(asText(null, "name", "vi")).toBe("");
});

test("sizes, short distances and moments are told as offices write them", () => {
  expect(bytes(812_345, "vi")).toBe("812 kB");
  expect(bytes(12_400_000, "vi")).toBe("12,4 MB");
  expect(bytes(500_000_000, "en")).toBe("500 MB");
  expect(distance(225, "vi")).toBe("225 m");
  expect(distance(1.84, "vi")).toBe("1,8 m");
  expect(distance(27_312, "en")).toBe("27.3 km");
  expect(moment("2026-11-20T02:05:00Z", "vi")).toMatch(/^\d\d\/11\/2026 \d\d:\d\d$/);
});

test("a certificate is of the date and the option that the page shows; of one cluster, of the date", () => {
  const of = { asOf: "2025-09-30", option: "PA 1" };
  expect(certificates.file("pdf", of)).toBe("/certificates/ccn.pdf?as_of=2025-09-30&option=PA+1");
  expect(certificates.file("xlsx", of, "A/B")).toMatch(/\.xlsx\?as_of=2025-09-30$/);
});
