/**
 * From the catalogue to a MapLibre style: a pure function, so the whole map is data.
 *
 * Names no layer. What a filter hides is drawn faint, never left out; what has no data is hatched.
 */

import type {
  ExpressionSpecification,
  LayerSpecification,
  SourceSpecification,
  StyleSpecification,
} from "maplibre-gl";
import type { Catalogue, Layer, Paint } from "@/api/types.ts";
import { type DrawnCoverage, rasterLayer, rasterSource } from "./coverages.ts";
import { type Overlay, overlayLayers, overlaySources } from "./overlay.ts";
import type { Sketch } from "./sketch.ts";

export type Fonts = NonNullable<StyleSpecification["font-faces"]>;

/** Values that pass, per column; `keys` instead where tiles do not carry the column. */
export type Keep = { columns: Record<string, string[]>; keys: string[] | null };

/** Colours that stand in for those of the catalogue while a question is being answered. */
export type Emphasis = {
  layer: string;
  classes: { keys: string[]; fill: string; line: string }[];
  /** Features that are no part of the answer. */
  rest: { fill: string; line: string };
};

export type Options = {
  origin: string;
  asOf: string;
  fonts: Fonts;
  drawn: Record<string, { shown: boolean; opacity: number }>;
  keep: Record<string, Keep>;
  emphasis: Emphasis | null;
  overlay: Overlay;
  /** Places for the labels of layers of polygons: a tile would label every piece that it holds. */
  labels: Record<string, GeoJSON.FeatureCollection>;
  /** Rasters, lowest first: they lie on the land and beneath everything that is drawn on it. */
  coverages?: DrawnCoverage[];
  sketch?: Sketch;
};

export const HATCH = "hatch";
const FAINT: Record<Paint["type"], number> = { fill: 0.07, line: 0.3, circle: 0.12, symbol: 0 };
const OPACITIES: Record<Paint["type"], string[]> = {
  fill: ["fill-opacity"],
  line: ["line-opacity"],
  circle: ["circle-opacity", "circle-stroke-opacity"],
  symbol: ["text-opacity", "icon-opacity"],
};

const RANGES = {
  vietnamese: ["U+0102-0103", "U+0110-0111", "U+0128-0129", "U+0168-0169", "U+01A0-01A1", "U+01AF-01B0",
    "U+0300-0301", "U+0303-0304", "U+0308-0309", "U+0323", "U+0329", "U+1EA0-1EF9", "U+20AB"],
  latinExt: ["U+0100-0101", "U+0104-010F", "U+0112-0127", "U+012A-0167", "U+016A-019F", "U+01A2-01AE",
    "U+01B1-02BA", "U+1E00-1E9F"],
  latin: ["U+0000-00FF", "U+02BB-02BC", "U+2000-206F", "U+20AC", "U+2122", "U+2212"],
} as const; // biome-ignore format: a table

/** One face of the style from the three subsets that a package ships. */
export function fontFaces(name: string, files: Record<keyof typeof RANGES, string>): Fonts {
  const subsets = Object.entries(RANGES) as [keyof typeof RANGES, readonly string[]][];
  return {
    [name]: subsets.map(([subset, ranges]) => ({ url: files[subset], "unicode-range": [...ranges] })),
  };
}

/** Identity of a style layer; `layerOf` is its inverse. */
export function styleId(layer: string, part: string | number): string {
  return `${layer}--${part}`;
}

export function layerOf(id: string): string {
  return id.split("--")[0] ?? id;
}

export function style(catalogue: Catalogue, options: Options): StyleSpecification {
  const parts = catalogue.layers.flatMap((layer) => styleLayers(layer, catalogue, options));
  const labels = parts.filter((part) => part.type === "symbol");
  const shapes = parts.filter((part) => part.type !== "symbol");
  const rasters = options.coverages ?? [];
  const land = landEnd(catalogue, shapes);
  const colour = (token: string) => catalogue.palette[token] ?? "#000000";
  const overlay = overlayLayers(options.overlay, colour);
  return {
    version: 8,
    "font-faces": Object.fromEntries(
      Object.entries(options.fonts).map(([name, faces]) => [name, absolute(faces, options.origin)]),
    ),
    transition: { duration: 220, delay: 0 },
    sources: {
      ...Object.fromEntries(catalogue.layers.map((layer) => [layer.id, source(layer, options)])),
      ...Object.fromEntries(
        Object.entries(options.labels).map(([id, data]) => [
          styleId(id, "labels"),
          { type: "geojson", data },
        ]),
      ),
      ...Object.fromEntries(
        rasters.map((raster) => [raster.id, rasterSource(raster.coverage, options.origin, options.asOf)]),
      ),
      ...overlaySources(options.overlay),
      ...options.sketch?.sources,
    },
    layers: [
      { id: "background", type: "background", paint: { "background-color": colour("@base.out") } },
      ...shapes.slice(0, land),
      ...rasters.map(rasterLayer),
      ...shapes.slice(land),
      ...overlay.shapes,
      ...(options.sketch?.shapes ?? []),
      ...labels,
      ...overlay.labels,
      ...(options.sketch?.labels ?? []),
    ],
  };
}

/** How many of the shapes paint the land itself: the units' fill, which would hide a raster below it. */
function landEnd(catalogue: Catalogue, shapes: LayerSpecification[]): number {
  const units = new Set(catalogue.layers.filter((one) => one.group === "admin").map((one) => one.id));
  return shapes.findLastIndex((part) => part.type === "fill" && units.has(layerOf(part.id))) + 1;
}

type Faces = Fonts[string];

function absolute(faces: Faces, origin: string): Faces {
  // Fonts are loaded by the page's address, not by that of the style, which has none.
  if (typeof faces === "string") return new URL(faces, origin).href;
  return faces.map((face) => ({ ...face, url: new URL(face.url, origin).href }));
}

function source(layer: Layer, options: Options): SourceSpecification {
  const query = `as_of=${options.asOf}&v=${encodeURIComponent(layer.version)}`;
  return {
    type: "vector",
    tiles: [`${options.origin}${layer.tiles}?${query}`],
    minzoom: layer.minzoom,
    maxzoom: layer.maxzoom,
    promoteId: "key",
  };
}

function styleLayers(layer: Layer, catalogue: Catalogue, options: Options): LayerSpecification[] {
  const drawn = options.drawn[layer.id] ?? { shown: layer.shown, opacity: 1 };
  const keep = keepExpression(options.keep[layer.id]);
  const frame = {
    source: layer.id,
    "source-layer": layer.id,
    layout: { visibility: drawn.shown ? "visible" : "none" },
  };
  const made = layer.paint.flatMap((paint, index) => {
    const placed = paint.type === "symbol" && layer.id in options.labels;
    const from = placed ? { source: styleId(layer.id, "labels"), layout: frame.layout } : frame;
    const base = partLayer(layer, paint, styleId(layer.id, index), from);
    const painted = { ...base, paint: painting(layer, paint, drawn.opacity, keep, options.emphasis) };
    return paint.type === "fill" ? [painted, ...hatching(layer, painted, catalogue, options)] : [painted];
  });
  return [...made, hover(layer, frame, catalogue)] as LayerSpecification[];
}

function partLayer(layer: Layer, paint: Paint, id: string, frame: { layout: object }) {
  return {
    ...frame,
    id,
    type: paint.type,
    layout: { ...paint.layout, ...frame.layout },
    ...(paint.filter ? { filter: paint.filter } : {}),
    ...(paint.minzoom != null ? { minzoom: paint.minzoom } : { minzoom: layer.minzoom }),
    ...(paint.maxzoom != null ? { maxzoom: paint.maxzoom } : {}),
  };
}

function painting(
  layer: Layer,
  paint: Paint,
  opacity: number,
  keep: ExpressionSpecification | null,
  emphasis: Emphasis | null,
): Record<string, unknown> {
  const factor = keep ? ["case", keep, opacity, opacity * FAINT[paint.type]] : opacity;
  const painted: Record<string, unknown> = { ...paint.paint };
  if (factor !== 1) {
    for (const property of OPACITIES[paint.type]) painted[property] = scaled(painted[property] ?? 1, factor);
  }
  if (emphasis?.layer === layer.id) {
    if (paint.type === "fill") painted["fill-color"] = emphasised(emphasis, "fill");
    if (paint.type === "line") painted["line-color"] = emphasised(emphasis, "line");
  }
  return painted;
}

function emphasised(emphasis: Emphasis, part: "fill" | "line"): unknown {
  const cases = emphasis.classes.filter((item) => item.keys.length > 0);
  if (cases.length === 0) return emphasis.rest[part];
  return ["match", ["get", "key"], ...cases.flatMap((item) => [item.keys, item[part]]), emphasis.rest[part]];
}

/** Classes that stand for a value; any other value, and none, is no data. */
function dataClasses(layer: Layer, nodata: string | undefined): string[] {
  const legend = layer.columns.find((column) => column.name === layer.legend);
  return (legend?.codes ?? []).filter((code) => code.fill && code.fill !== nodata).map((code) => code.value);
}

/** The same shapes once more, hatched, where the legend's column holds no data. */
function hatching(
  layer: Layer,
  painted: { id: string; filter?: unknown[]; paint: Record<string, unknown> },
  catalogue: Catalogue,
  options: Options,
): object[] {
  if (layer.legend === null || options.emphasis?.layer === layer.id) return [];
  const classes = dataClasses(layer, catalogue.palette["@nodata"]);
  if (classes.length === 0) return [];
  const missing = ["!", ["in", ["to-string", ["get", layer.legend]], ["literal", classes]]];
  return [
    {
      ...painted,
      id: `${painted.id}-hatch`,
      filter: painted.filter ? ["all", painted.filter, missing] : missing,
      paint: { "fill-pattern": HATCH, "fill-opacity": painted.paint["fill-opacity"] ?? 1 },
    },
  ];
}

/** What the pointer is on: an outline that only the feature's state switches on. */
function hover(layer: Layer, frame: object, catalogue: Catalogue): object {
  const on = (value: number) => ["case", ["boolean", ["feature-state", "hover"], false], value, 0];
  const ink = catalogue.palette["@select"] ?? "#000000";
  const id = styleId(layer.id, "hover");
  if (layer.geometry === "point") {
    return {
      ...frame,
      id,
      type: "circle",
      paint: {
        "circle-radius": 8,
        "circle-color": ink,
        "circle-opacity": on(0.08),
        "circle-stroke-color": ink,
        "circle-stroke-width": 1.5,
        "circle-stroke-opacity": on(0.9),
      },
    };
  }
  return {
    ...frame,
    id,
    type: "line",
    paint: { "line-color": ink, "line-width": 1.8, "line-opacity": on(0.75) },
  };
}

function keepExpression(keep: Keep | undefined): ExpressionSpecification | null {
  if (!keep) return null;
  if (keep.keys) return ["in", ["get", "key"], ["literal", keep.keys]];
  const tests = Object.entries(keep.columns).map(
    // A missing value reads as "" in to-string, which is how the filter's "no data" arrives here.
    ([column, values]): ExpressionSpecification => [
      "in",
      ["to-string", ["get", column]],
      ["literal", values],
    ],
  );
  return tests.length > 0 ? ["all", ...tests] : null;
}

/** `value × factor` for a style value; zoom functions must stay outermost, so their outputs are scaled. */
export function scaled(value: unknown, factor: unknown): unknown {
  if (factor === 1) return value;
  if (typeof value === "number" && typeof factor === "number") return value * factor;
  if (value === 1) return factor;
  if (Array.isArray(value)) {
    const [operator, second, third] = value as unknown[];
    if (operator === "interpolate" && isZoom(third)) return outputs(value, 4, factor);
    if (operator === "step" && isZoom(second)) return outputs(value, 2, factor);
  }
  return ["*", value, factor];
}

function outputs(value: unknown[], first: number, factor: unknown): unknown[] {
  return value.map((item, index) =>
    index >= first && (index - first) % 2 === 0 ? scaled(item, factor) : item,
  );
}

function isZoom(value: unknown): boolean {
  return Array.isArray(value) && value[0] === "zoom";
}
