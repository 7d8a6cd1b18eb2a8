import { readdirSync, readFileSync } from "node:fs";
import { validateStyleMin } from "@maplibre/maplibre-gl-style-spec";
import { expect, test } from "vitest";
import { NOTHING, type Overlay } from "@/map/overlay.ts";
import { fontFaces, HATCH, type Options, scaled, style } from "@/map/style.ts";
import { catalogue, layerOf } from "./catalogue.ts";

const FONTS = fontFaces("Noto Sans Regular", {
  vietnamese: "/v.woff2",
  latinExt: "/e.woff2",
  latin: "/l.woff2",
});

function options(change: Partial<Options> = {}): Options {
  return {
    origin: "http://127.0.0.1:8000",
    asOf: "2026-11-20",
    fonts: FONTS,
    drawn: Object.fromEntries(catalogue.layers.map((layer) => [layer.id, { shown: true, opacity: 1 }])),
    keep: {},
    emphasis: null,
    overlay: NOTHING,
    labels: {},
    ...change,
  };
}

const faults = (change: Partial<Options> = {}) =>
  validateStyleMin(style(catalogue, options(change)) as never);
const part = (id: string, change: Partial<Options> = {}) => {
  const found = style(catalogue, options(change)).layers.find((one) => one.id === id);
  if (!found) throw new Error(`no style layer ${id}`);
  return found as { paint: Record<string, unknown>; filter?: unknown; layout: Record<string, unknown> };
};

test("the style of every layer is valid", () => {
  expect(faults()).toEqual([]);
});

test("a half-transparent layer is valid, also where its opacity depends on the zoom", () => {
  const drawn = Object.fromEntries(catalogue.layers.map((one) => [one.id, { shown: true, opacity: 0.4 }]));
  expect(faults({ drawn })).toEqual([]);
});

test("a filtered layer is valid, by class and by key", () => {
  const legends = catalogue.layers.filter((one) => one.legend);
  const byClass = legends.map((one) => [
    one.id,
    { columns: { [one.legend ?? ""]: ["operating", ""] }, keys: null },
  ]);
  const byKey = legends.map((one) => [one.id, { columns: {}, keys: ["A", "B"] }]);
  expect(faults({ keep: Object.fromEntries(byClass) })).toEqual([]);
  expect(faults({ keep: Object.fromEntries(byKey) })).toEqual([]);
});

test("an answer with lines, pins and a selected point is valid", () => {
  const overlay: Overlay = {
    selected: { type: "Point", coordinates: [106.7, 11] },
    place: { point: [106.7, 11], name: "Dệt nhuộm Minh An" },
    routes: [{ rank: 1, key: "K", label: "27,4 km", from: [106.7, 11], to: [106.6, 11.1] }],
    active: "K",
  };
  const emphasis = {
    layer: "zones",
    classes: [
      { keys: ["K"], fill: "#338878", line: "#0A5348" },
      { keys: [], fill: "#A9D0C3", line: "#338878" },
    ],
    rest: { fill: "rgba(0, 0, 0, 0)", line: "#C7C1B4" },
  };
  expect(faults({ overlay, emphasis })).toEqual([]);
});

test("what a filter hides is drawn faint, and its label not at all", () => {
  const keep = { zones: { columns: { status: ["operating"] }, keys: null } };
  const fill = part("zones--0", { keep }).paint["fill-opacity"];
  // 0.82 of the catalogue, times 1 where the class passes and 0.07 where it does not
  expect(fill).toEqual([
    "*",
    0.82,
    ["case", ["all", ["in", ["to-string", ["get", "status"]], ["literal", ["operating"]]]], 1, 0.07],
  ]);
  const label = part("zones--2", { keep }).paint["text-opacity"];
  expect(label).toEqual(["case", expect.anything(), 1, 0]);
});

test("a shape without data is hatched, with the layer's own filter kept", () => {
  const hatch = part("zones--0-hatch");
  expect(hatch.paint["fill-pattern"]).toBe(HATCH);
  const classes = (hatch.filter as [string, [string, unknown, [string, string[]]]])[1][2][1];
  expect(classes).toContain("operating");
  expect(classes).not.toContain("unknown");
});

test("a class whose colour is that of no data is hatched too", () => {
  const hatch = part("zone_supply--0-hatch");
  const classes = (hatch.filter as [string, [string, unknown, [string, string[]]]])[1][2][1];
  expect(classes).toEqual(["derived", "reported"]);
});

test("tiles carry the date and the layer's version", () => {
  const source = style(catalogue, options({ asOf: "2025-09-30" })).sources["zones"] as { tiles: string[] };
  expect(source.tiles).toEqual(["http://127.0.0.1:8000/tiles/zones/{z}/{x}/{y}.mvt?as_of=2025-09-30&v=1"]);
});

test("labels with places of their own are drawn from them, once per feature", () => {
  const labels = { zones: { type: "FeatureCollection" as const, features: [] } };
  expect(faults({ labels })).toEqual([]);
  const label = part("zones--2", { labels }) as unknown as Record<string, unknown>;
  expect(label["source"]).toBe("zones--labels");
  expect(label).not.toHaveProperty("source-layer");
  expect(part("zones--0", { labels })).toHaveProperty("source-layer", "zones");
});

test("labels lie over all shapes", () => {
  const types = style(catalogue, options()).layers.map((one) => (one.type === "symbol" ? "label" : "shape"));
  const first = types.indexOf("label");
  // after the first label only labels and the pins of an answer come
  const after = style(catalogue, options()).layers.slice(first);
  expect(after.filter((one) => one.type !== "symbol").map((one) => one.id)).toEqual(["overlay-pins"]);
});

test("every font that a layer's labels name is among those that are shipped", () => {
  const shipped = readFileSync(new URL("../../web/src/map/fonts.ts", import.meta.url), "utf8");
  const named = catalogue.layers.flatMap((one) => one.paint.map((paint) => paint.layout?.["text-font"]));
  const names = new Set(named.filter(Array.isArray).flat() as string[]);
  expect(names.size).toBeGreaterThan(0);
  for (const name of names) expect(shipped).toContain(`"${name}"`);
});

test("ữ ặ ỗ ợ are covered by the Vietnamese file", () => {
  const [face] = FONTS["Noto Sans Regular"] as { url: string; "unicode-range": string[] }[];
  const covered = (letter: string) =>
    face?.["unicode-range"].some((range) => {
      const [from = 0, to = from] = range
        .slice(2)
        .split("-")
        .map((hex) => Number.parseInt(hex, 16));
      const code = letter.codePointAt(0) ?? 0;
      return code >= from && code <= to;
    });
  expect(face?.url).toBe("/v.woff2");
  expect([..."ữặỗợđĐƯ"].filter((letter) => !covered(letter))).toEqual([]);
});

test("scaling an opacity keeps the zoom function outermost", () => {
  expect(scaled(["interpolate", ["linear"], ["zoom"], 8, 0.5, 12, 1], 0.5)).toEqual([
    "interpolate",
    ["linear"],
    ["zoom"],
    8,
    0.25,
    12,
    0.5,
  ]);
  expect(scaled(["step", ["zoom"], 0.4, 10, 1], 0.5)).toEqual(["step", ["zoom"], 0.2, 10, 0.5]);
  expect(scaled(["get", "w"], 0.5)).toEqual(["*", ["get", "w"], 0.5]);
});

test("the map's code names no layer", () => {
  const folder = new URL("../../web/src/map/", import.meta.url);
  const ids = catalogue.layers.map((one) => one.id);
  const named = readdirSync(folder).flatMap((file) => {
    const text = readFileSync(new URL(file, folder), "utf8");
    return ids.filter((id) => new RegExp(`["'\`]${id}["'\`]`).test(text)).map((id) => `${file}: ${id}`);
  });
  expect(named).toEqual([]);
  expect(layerOf("zones").id).toBe("zones");
});
