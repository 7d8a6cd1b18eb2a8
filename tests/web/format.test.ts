import { expect, test } from "vitest";
import type { Column } from "@/api/types.ts";
import { fold } from "@/lib/fold.ts";
import {
  day,
  hectares,
  kilometres,
  number,
  parseDay,
  parseNumber,
  percent,
  shown,
  unit,
} from "@/lib/format.ts";
import { known } from "@/lib/words.ts";
import { catalogue, layerOf } from "./catalogue.ts";

test("hectares are 1.234,5 in Vietnamese and 1,234.5 in English", () => {
  expect(hectares(1234.5, "vi")).toBe("1.234,5");
  expect(hectares(1234.5, "en")).toBe("1,234.5");
  expect(hectares(0.0312, "vi")).toBe("0,03");
  expect(hectares(0, "vi")).toBe("0,0");
});

test("a thousand is grouped, a minus is a minus sign, and there is no minus zero", () => {
  expect(number(1000, 0, "vi")).toBe("1.000");
  expect(number(-329.1, 1, "vi")).toBe("−329,1");
  expect(number(-0, 1, "en")).toBe("0.0");
});

test("metres are told in kilometres and ratios in percent", () => {
  expect(kilometres(27_360, "vi")).toBe("27,4 km");
  expect(percent(0.483, "vi")).toBe("48,3 %");
});

test("dates are 30/09/2025 in Vietnamese and 30 Sep 2025 in English, also from a time stamp", () => {
  expect(day("2025-09-30", "vi")).toBe("30/09/2025");
  expect(day("2025-09-30T08:00:00+07:00", "en")).toBe("30 Sep 2025");
});

test.each([
  ["30/09/2025", "2025-09-30"],
  ["1-2-2025", "2025-02-01"],
  ["2025-09-30", "2025-09-30"],
  ["31/02/2025", null],
  ["09/30/2025", null],
  ["tomorrow", null],
])("%s typed as a date is %s", (text, date) => {
  expect(parseDay(text)).toBe(date);
});

test.each([
  ["3,5", "vi", 3.5],
  ["3.5", "vi", 3.5],
  ["1.234,5", "vi", 1234.5],
  ["1.234", "vi", 1234],
  ["1,234.5", "en", 1234.5],
  ["-2", "vi", null],
  ["ba", "vi", null],
  ["", "vi", null],
] as const)("%s typed in %s is %s", (text, lang, value) => {
  expect(parseNumber(text, lang)).toBe(value);
});

test("missing is missing, never zero", () => {
  const column = layerOf("zones").columns.find((one) => one.name === "area_legal_ha") as Column;
  expect(shown(column, null, "vi")).toBeNull();
  expect(shown(column, 0, "vi")).toEqual({ text: "0,0", unit: "ha" });
});

test("codes and yes or no are told in words of both languages", () => {
  const status = layerOf("zones").columns.find((one) => one.name === "status") as Column;
  const plant = layerOf("zones").columns.find((one) => one.name === "wastewater_plant") as Column;
  expect(shown(status, "clearing", "vi")?.text).toBe("Đang GPMB");
  expect(shown(status, "clearing", "en")?.text).toBe("Under clearance");
  expect(shown(plant, false, "vi")?.text).toBe("không");
});

test("every unit of the catalogue has words", () => {
  const units = new Set(catalogue.layers.flatMap((layer) => layer.columns.map((column) => column.unit)));
  const missing = [...units].filter((name) => name !== null && name !== "count" && !known(`unit_${name}`));
  expect(missing).toEqual([]);
  expect(unit("m3_day", "vi")).toBe("m³/ngđ");
});

test("folding drops case, tone, vowel marks and the bar of đ", () => {
  expect(fold("Đường Số 1 – Dệt nhuộm")).toBe("duong so 1 – det nhuom");
});
