import { expect, test } from "vitest";
import type { Column, Lang } from "@/api/types.ts";
import { joined, movable } from "@/map/area_drawing.ts";
import { asTyped, changed, fromTyped } from "@/screens/map/edit/fields.ts";

const column = (name: string, type: Column["type"], unit: string | null = null): Column => ({
  name,
  title: { vi: name, en: name },
  type,
  unit,
  codes: null,
  masked: false,
});
const LANGS: Lang[] = ["vi", "en"];

test("what stands in a field is read back as what is stored", () => {
  const stored = [
    [column("area", "number", "ha"), 1234.5],
    [column("ratio", "number", "ratio"), 0.413],
    [column("on", "date"), "2026-03-01"],
    [column("watched", "boolean"), false],
    [column("vsic", "list"), ["10, 11", "1020"]],
    [column("name", "text"), "CCN Trị An"],
    [column("note", "text"), null],
  ] as const;
  for (const lang of LANGS) {
    for (const [of, value] of stored) {
      const read = fromTyped(of, asTyped(of, value as never, lang), lang);
      expect(read.ok && read.value).toEqual(value);
    }
  }
});

test("a share is typed in per cent, a number with the comma of its language", () => {
  expect(asTyped(column("ratio", "number", "ratio"), 0.41, "vi")).toBe("41");
  expect(fromTyped(column("area", "number"), "1,5", "vi")).toEqual({ ok: true, value: 1.5 });
  expect(fromTyped(column("on", "date"), "31/02/2026", "vi")).toEqual({ ok: false });
  expect(fromTyped(column("area", "number"), "nhiều", "vi")).toEqual({ ok: false });
});

test("only what differs is sent, and what was emptied is sent as unknown", () => {
  const columns = [column("name", "text"), column("note", "text"), column("on", "date")];
  const stored = { name: "A", note: "cũ", on: "2026-01-02" };
  const typed = { name: "A", note: " ", on: "khi nào" };
  expect(changed(columns, stored, typed, "vi")).toEqual({ values: { note: null }, wrong: ["on"] });
});

const ring = [
  [107, 10.9],
  [107.1, 10.9],
  [107.1, 11],
  [107, 10.9],
];

test("corners of an area without holes can be moved, with holes they cannot", () => {
  expect(movable({ type: "Polygon", coordinates: [ring] })).toBe(true);
  expect(movable({ type: "MultiPolygon", coordinates: [[ring], [ring]] })).toBe(true);
  expect(movable({ type: "MultiPolygon", coordinates: [[ring], [ring, ring]] })).toBe(false);
  expect(movable({ type: "Point", coordinates: [107, 10.9] })).toBe(false);
  expect(movable(null)).toBe(false);
});

test("drawn polygons become one area; points of the drawing are none", () => {
  const polygon = {
    type: "Feature",
    properties: {},
    geometry: { type: "Polygon", coordinates: [ring] },
  } as const;
  const corner = {
    type: "Feature",
    properties: {},
    geometry: { type: "Point", coordinates: [107, 10.9] },
  } as const;
  expect(joined([corner as never])).toBeNull();
  expect(joined([polygon, corner, polygon] as never)).toEqual({
    type: "MultiPolygon",
    coordinates: [[ring], [ring]],
  });
});
