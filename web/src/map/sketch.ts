/** Drawings over the map that are no layer: rows of a file, where a file may lie, a repair, a pair of firms. */

import type { LayerSpecification, SourceSpecification } from "maplibre-gl";
import type { CrsCandidate, RowVerdict } from "@/api/imports.ts";
import type { Box, Point } from "@/api/types.ts";
import type { Colour } from "@/lib/colours.ts";

export type Sketch = {
  sources: Record<string, SourceSpecification>;
  shapes: LayerSpecification[];
  labels: LayerSpecification[];
};

/** The layer that a click on a row of a file answers with. */
export const ROWS = "sketch-rows";
/** The layer that a click on one of two firms answers with. */
export const FIRMS_OF_PAIR = "sketch-pair";

const NOTHING: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

export function collection(features: GeoJSON.Feature[]): GeoJSON.FeatureCollection {
  return { type: "FeatureCollection", features };
}

function feature(
  geometry: GeoJSON.Geometry,
  properties: Record<string, string | number> = {},
): GeoJSON.Feature {
  return { type: "Feature", geometry, properties };
}

const source = (data: GeoJSON.FeatureCollection): SourceSpecification => ({ type: "geojson", data });
const polygons = ["==", ["geometry-type"], "Polygon"];
const points = ["==", ["geometry-type"], "Point"];
const pinned = { "text-allow-overlap": true, "text-ignore-placement": true } as const;

/** Fill and outline of a verdict; words say the same in the table and the legend. */
export const VERDICT_COLOURS: Record<RowVerdict, { fill: string; line: string }> = {
  loaded: { fill: "@fit.2", line: "@fit.5" },
  noted: { fill: "--c-warn-mark", line: "--c-warn" },
  refused: { fill: "--c-bad", line: "--c-bad" },
};

/** Rows of a file in the colours of their verdicts; the chosen one in an ink outline. */
export function rowsSketch(shapes: GeoJSON.FeatureCollection, chosen: number | null, colour: Colour): Sketch {
  const by = (part: "fill" | "line") => [
    "match",
    ["get", "verdict"],
    ...Object.entries(VERDICT_COLOURS).flatMap(([verdict, one]) => [verdict, colour(one[part])]),
    colour("@nodata.line"),
  ];
  const keyed = shapes.features.map((one) => ({
    ...one,
    properties: { ...one.properties, key: String(one.properties?.["row"] ?? "") },
  }));
  const of = { source: ROWS };
  const mine = { ...of, filter: ["==", ["get", "row"], chosen ?? -1] };
  return {
    sources: { [ROWS]: source(collection(keyed)) },
    shapes: [
      {
        ...of,
        id: `${ROWS}--fill`,
        type: "fill",
        filter: polygons,
        paint: { "fill-color": by("fill"), "fill-opacity": 0.72 },
      },
      {
        ...of,
        id: `${ROWS}--line`,
        type: "line",
        paint: {
          "line-color": by("line"),
          "line-width": ["interpolate", ["linear"], ["zoom"], 10, 0.6, 15, 1.4],
        },
      },
      {
        ...of,
        id: `${ROWS}--point`,
        type: "circle",
        filter: points,
        paint: {
          "circle-color": by("fill"),
          "circle-radius": ["interpolate", ["linear"], ["zoom"], 8, 2.5, 14, 6],
          "circle-stroke-color": by("line"),
          "circle-stroke-width": 1,
        },
      },
      ...outlined(mine, "sketch-chosen", colour),
    ] as LayerSpecification[],
    labels: [],
  };
}

/** Ink in a white casing, for whatever kind of geometry. */
function outlined(of: object, id: string, colour: Colour): object[] {
  const line = (part: string, ink: string, width: number) => ({
    ...of,
    id: `${id}--${part}`,
    type: "line",
    layout: { "line-join": "round", "line-cap": "round" },
    paint: { "line-color": ink, "line-width": width },
  });
  const ring = {
    ...of,
    id: `${id}--ring`,
    type: "circle",
    filter: "filter" in of ? ["all", of.filter, points] : points,
    paint: {
      "circle-radius": 8,
      "circle-color": "rgba(0, 0, 0, 0)",
      "circle-stroke-color": colour("@select"),
      "circle-stroke-width": 2.4,
    },
  };
  return [line("case", colour("@select.case"), 6), line("ink", colour("@select"), 2.4), ring];
}

export function middle([west, south, east, north]: Box): Point {
  return [(west + east) / 2, (south + north) / 2];
}

function rectangle([west, south, east, north]: Box): GeoJSON.Polygon {
  const ring = [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ];
  return { type: "Polygon", coordinates: [ring] };
}

/** Where a raster lies. */
export function frameSketch(box: Box, colour: Colour): Sketch {
  const of = { source: "sketch-frame" };
  return {
    sources: { "sketch-frame": source(collection([feature(rectangle(box))])) },
    shapes: [
      {
        ...of,
        id: "sketch-frame--fill",
        type: "fill",
        paint: { "fill-color": colour("@fit.2"), "fill-opacity": 0.45 },
      },
      {
        ...of,
        id: "sketch-frame--line",
        type: "line",
        paint: { "line-color": colour("@fit.5"), "line-width": 2 },
      },
    ],
    labels: [],
  };
}

/** The smallest box around several. */
export function around(boxes: Box[]): Box | null {
  if (boxes.length === 0) return null;
  return [
    Math.min(...boxes.map((box) => box[0])),
    Math.min(...boxes.map((box) => box[1])),
    Math.max(...boxes.map((box) => box[2])),
    Math.max(...boxes.map((box) => box[3])),
  ];
}

/** Compass bearing from one place to another, near enough for an arrow's head. */
export function bearing_deg([x0, y0]: Point, [x1, y1]: Point): number {
  const dx = (x1 - x0) * Math.cos((((y0 + y1) / 2) * Math.PI) / 180);
  return (Math.atan2(dx, y1 - y0) * 180) / Math.PI;
}

export type Landing = Pick<CrsCandidate, "crs" | "box"> & { label: string; moved: string | null };

/**
 * Where a file lies as its coordinates are read: the chosen reading filled, the others dashed, with an
 * arrow from the best one (the first) that says how far each other would move the data.
 */
export function landingSketch(landings: Landing[], chosen: string | null, colour: Colour): Sketch {
  const placed = landings.flatMap((one) => (one.box ? [{ ...one, box: one.box }] : []));
  const [best] = placed;
  const boxes = placed.map((one) =>
    feature(rectangle(one.box), { label: one.label, chosen: one.crs === chosen ? 1 : 0 }),
  );
  const arrows = best ? placed.filter((one) => one !== best && one.moved !== null) : [];
  const from = best ? middle(best.box) : ([0, 0] as Point);
  const lines = arrows.map((one) =>
    feature({ type: "LineString", coordinates: [from, middle(one.box)] }, { crs: one.crs }),
  );
  const heads = arrows.map((one) =>
    feature(
      { type: "Point", coordinates: middle(one.box) },
      { bearing: Math.round(bearing_deg(from, middle(one.box))) },
    ),
  );
  const told = arrows.map((one) => {
    const to = middle(one.box);
    const at: Point = [from[0] * 0.56 + to[0] * 0.44, from[1] * 0.56 + to[1] * 0.44];
    return feature({ type: "Point", coordinates: at }, { label: one.moved ?? "" });
  });
  // A file may cover less than a pixel of a province: each place has a mark that is seen at any scale.
  const marks = placed.map((one) =>
    feature({ type: "Point", coordinates: middle(one.box) }, { chosen: one.crs === chosen ? 1 : 0 }),
  );
  const names = placed.map((one) =>
    feature(
      { type: "Point", coordinates: [middle(one.box)[0], one.box[3]] },
      { label: one.label, chosen: one.crs === chosen ? 1 : 0 },
    ),
  );
  const isChosen = ["==", ["get", "chosen"], 1];
  return {
    sources: {
      "sketch-landings": source(collection(boxes)),
      "sketch-arrows": source(collection(lines)),
      "sketch-marks": source(collection(marks)),
      "sketch-heads": source(collection(heads)),
      "sketch-moved": source(collection(told)),
      "sketch-names": source(collection(names)),
    },
    shapes: [
      {
        id: "sketch-arrows",
        type: "line",
        source: "sketch-arrows",
        paint: { "line-color": colour("--c-bad"), "line-width": 1.4 },
      },
      {
        id: "sketch-landings--fill",
        type: "fill",
        source: "sketch-landings",
        filter: isChosen,
        paint: { "fill-color": colour("@fit.4"), "fill-opacity": 0.85 },
      },
      {
        id: "sketch-landings--line",
        type: "line",
        source: "sketch-landings",
        filter: isChosen,
        paint: { "line-color": colour("@fit.5"), "line-width": 2 },
      },
      {
        id: "sketch-landings--dashed",
        type: "line",
        source: "sketch-landings",
        filter: ["!", isChosen],
        paint: { "line-color": colour("--c-bad"), "line-width": 1.6, "line-dasharray": [2.4, 1.6] },
      },
      {
        id: "sketch-marks",
        type: "circle",
        source: "sketch-marks",
        paint: {
          "circle-radius": 6,
          "circle-color": ["case", isChosen, colour("@fit.4"), colour("@select.case")],
          "circle-stroke-color": ["case", isChosen, colour("@fit.5"), colour("--c-bad")],
          "circle-stroke-width": 2,
        },
      },
    ] as LayerSpecification[],
    labels: [
      {
        id: "sketch-heads",
        type: "symbol",
        source: "sketch-heads",
        layout: {
          "icon-image": "arrow",
          "icon-rotate": ["get", "bearing"],
          "icon-rotation-alignment": "map",
          // Short of the place itself, which has a mark of its own.
          "icon-offset": [0, 13],
          "icon-allow-overlap": true,
          "icon-ignore-placement": true,
        },
      },
      {
        id: "sketch-names",
        type: "symbol",
        source: "sketch-names",
        layout: {
          "text-field": ["get", "label"],
          "text-font": ["Noto Sans SemiBold"],
          "text-size": 12,
          "text-anchor": "bottom",
          "text-offset": [0, -0.8],
          ...pinned,
        },
        paint: {
          "text-color": ["case", isChosen, colour("@select"), colour("--c-bad")],
          "text-halo-color": colour("@label.halo"),
          "text-halo-width": 2,
        },
      },
      {
        id: "sketch-moved",
        type: "symbol",
        source: "sketch-moved",
        layout: {
          "text-field": ["get", "label"],
          "text-font": ["Noto Sans SemiBold"],
          "text-size": 11,
          "text-max-width": 40,
          "icon-image": "pill-bad",
          "icon-text-fit": "both",
          "icon-text-fit-padding": [1, 6, 1, 6],
          "icon-allow-overlap": true,
          ...pinned,
        },
        paint: { "text-color": colour("--c-bad") },
      },
    ] as LayerSpecification[],
  };
}

/** A shape as it is (dashed) and as a repair would leave it (filled). */
export function repairSketch(
  before: GeoJSON.Geometry | null,
  after: GeoJSON.Geometry | null,
  fault: GeoJSON.Geometry | null,
  colour: Colour,
): Sketch {
  const of = (geometry: GeoJSON.Geometry | null) =>
    source(geometry ? collection([feature(geometry)]) : NOTHING);
  return {
    sources: { "sketch-before": of(before), "sketch-after": of(after), "sketch-fault": of(fault) },
    shapes: [
      {
        id: "sketch-after--fill",
        type: "fill",
        source: "sketch-after",
        filter: polygons,
        paint: { "fill-color": colour("@fit.2"), "fill-opacity": 0.55 },
      },
      {
        id: "sketch-after--line",
        type: "line",
        source: "sketch-after",
        paint: { "line-color": colour("@fit.5"), "line-width": 2.2 },
      },
      {
        id: "sketch-fault--fill",
        type: "fill",
        source: "sketch-fault",
        filter: polygons,
        paint: { "fill-color": colour("--c-bad"), "fill-opacity": 0.35 },
      },
      ...outlined({ source: "sketch-fault" }, "sketch-fault", colour),
      {
        id: "sketch-before--line",
        type: "line",
        source: "sketch-before",
        paint: { "line-color": colour("--c-bad"), "line-width": 1.8, "line-dasharray": [2.2, 1.6] },
      },
    ] as LayerSpecification[],
    labels: [],
  };
}

/** Two firms that may be one, and the line between them; how far it is stands in the legend. */
export function pairSketch(a: Point | null, b: Point | null, colour: Colour): Sketch {
  const ends = [
    { at: a, name: "A" },
    { at: b, name: "B" },
  ].flatMap((end) =>
    end.at ? [feature({ type: "Point", coordinates: end.at }, { name: end.name, key: end.name })] : [],
  );
  const line = a && b ? [feature({ type: "LineString", coordinates: [a, b] })] : [];
  return {
    sources: {
      [FIRMS_OF_PAIR]: source(collection(ends)),
      "sketch-between": source(collection(line)),
    },
    shapes: [
      {
        id: "sketch-between",
        type: "line",
        source: "sketch-between",
        paint: { "line-color": colour("@match.line"), "line-width": 1.8 },
      },
      {
        id: `${FIRMS_OF_PAIR}--disc`,
        type: "circle",
        source: FIRMS_OF_PAIR,
        paint: {
          "circle-radius": 11,
          "circle-color": colour("@match.line"),
          "circle-stroke-color": colour("@select.case"),
          "circle-stroke-width": 2,
        },
      },
    ] as LayerSpecification[],
    labels: [
      {
        id: `${FIRMS_OF_PAIR}--name`,
        type: "symbol",
        source: FIRMS_OF_PAIR,
        layout: {
          "text-field": ["get", "name"],
          "text-font": ["Noto Sans SemiBold"],
          "text-size": 12,
          ...pinned,
        },
        paint: { "text-color": colour("@select.case") },
      },
    ] as LayerSpecification[],
  };
}
