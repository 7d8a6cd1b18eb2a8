import { expect, test } from "vitest";
import type { Feature, Row } from "@/api/types.ts";
import { about, questionOf, registered, standing } from "@/screens/map/placing.ts";
import type { Firm } from "@/state/view.ts";

const record = (properties: Row): Feature => ({
  layer: "enterprises",
  key: "DN-1",
  as_of: "2026-11-20",
  properties,
  geometry: { type: "Point", coordinates: [106.66, 10.98] },
  bbox: null,
  source: null,
  valid_from: null,
  valid_to: null,
  recorded_at: null,
  illustrative: true,
  masked: [],
  history: [],
  related: {},
});
const firm = (asked: Partial<Extract<Firm, { type: "known" }>> = {}): Firm => ({
  type: "known",
  key: "DN-1",
  vsic: null,
  need_ha: null,
  ...asked,
});

test("a firm whose need nobody knows is no question yet", () => {
  expect(questionOf(firm(), record({ vsic_scheme: "VSIC2018", vsic_code: "1313" }))).toBeNull();
  expect(questionOf(firm({ vsic: "25" }), record({ area_needed_ha: null }))).toBeNull();
});

test("hectares that are given make it one, and leave the sector to the register", () => {
  expect(questionOf(firm({ need_ha: 2 }), record({ vsic_code: "1313" }))).toEqual({
    firm: "DN-1",
    area_needed_ha: 2,
  });
});

test("what the register knows is not sent again", () => {
  expect(questionOf(firm(), record({ area_needed_ha: 0.92 }))).toEqual({ firm: "DN-1" });
});

test("another sector is asked for in the firm's own classification", () => {
  const known = record({ area_needed_ha: 0.92, vsic_scheme: "VSIC2025", vsic_code: "1313" });
  expect(questionOf(firm({ vsic: "2511" }), known)).toEqual({
    firm: "DN-1",
    vsic_scheme: "VSIC2025",
    vsic_code: "2511",
  });
});

test("a firm without a sector is asked for in the classification of 2018", () => {
  expect(registered(record({})).scheme).toBe("VSIC2018");
});

test("an invented firm needs both sector and hectares", () => {
  const adhoc: Firm = { type: "adhoc", point: [106.7, 11], vsic: null, need_ha: 3 };
  expect(questionOf(adhoc, null)).toBeNull();
  expect(questionOf({ ...adhoc, vsic: "13" }, null)).toMatchObject({ vsic_code: "13", area_needed_ha: 3 });
});

test("an answer to the firm before is none to the firm of now", () => {
  const placement = { record: record({}), match: null };
  expect(about(placement, firm())).toBe(true);
  expect(about(placement, firm({ key: "DN-2" }))).toBe(false);
  expect(about(placement, { type: "adhoc", point: [106.7, 11], vsic: null, need_ha: null })).toBe(false);
  expect(about(placement, { type: "none" })).toBe(false);
});

test("a firm stands where the register says, and nowhere without a place", () => {
  expect(standing(record({}))).toEqual([106.66, 10.98]);
  expect(standing({ ...record({}), geometry: null })).toBeNull();
});
