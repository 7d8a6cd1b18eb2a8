/** What lies over the layers: the selected feature, a place that was clicked, and the lines of an answer. */

import type { ExpressionSpecification, LayerSpecification, SourceSpecification } from "maplibre-gl";
import type { Point } from "@/api/types.ts";

export type Route = { rank: number; key: string; label: string; from: Point; to: Point };

export type Overlay = {
  selected: GeoJSON.Geometry | null;
  place: { point: Point; name: string } | null;
  routes: Route[];
  /** Key of the route that is being looked at. */
  active: string | null;
};

export const NOTHING: Overlay = { selected: null, place: null, routes: [], active: null };
export const PILL = "pill";
export const FIRM = "firm";

/** A gentle arc, so that lines which leave one place in the same direction stay apart. */
export function arc(from: Point, to: Point, bend = 0.09, steps = 32): Point[] {
  const [x0, y0] = from;
  const [x1, y1] = to;
  const shrink = Math.cos((((y0 + y1) / 2) * Math.PI) / 180);
  const dx = (x1 - x0) * shrink;
  const dy = y1 - y0;
  const control: Point = [(x0 + x1) / 2 - (dy * bend) / shrink, (y0 + y1) / 2 + dx * bend];
  return Array.from({ length: steps + 1 }, (_, step): Point => {
    const t = step / steps;
    const at = (a: number, b: number, c: number) => (1 - t) ** 2 * a + 2 * t * (1 - t) * b + t ** 2 * c;
    return [at(x0, control[0], x1), at(y0, control[1], y1)];
  });
}

/** Steps of the arc at which the distances of rank 0, 1, 2 … stand: neighbours far apart. */
const LABEL_AT = [16, 21, 13, 24, 17, 27];

type Properties = Record<string, string | number | boolean>;

function feature(geometry: GeoJSON.Geometry, properties: Properties = {}): GeoJSON.Feature {
  return { type: "Feature", geometry, properties };
}

function collection(features: GeoJSON.Feature[]): SourceSpecification {
  return { type: "geojson", data: { type: "FeatureCollection", features } };
}

export function overlaySources(overlay: Overlay): Record<string, SourceSpecification> {
  const lines = overlay.routes.map((route) => {
    const properties = { rank: route.rank, active: route.key === overlay.active };
    return { route, properties, path: arc(route.from, route.to) };
  });
  return {
    "overlay-selected": collection(overlay.selected ? [feature(overlay.selected)] : []),
    "overlay-place": collection(
      overlay.place
        ? [feature({ type: "Point", coordinates: overlay.place.point }, { name: overlay.place.name })]
        : [],
    ),
    "overlay-lines": collection(
      lines.map(({ path, properties }) => feature({ type: "LineString", coordinates: path }, properties)),
    ),
    "overlay-distances": collection(
      lines.map(({ route, path, properties }) =>
        feature(
          // Labels stand at different parts of their lines, so that they do not cover each other.
          { type: "Point", coordinates: path[LABEL_AT[route.rank % LABEL_AT.length] ?? 16] ?? route.to },
          { ...properties, label: route.label },
        ),
      ),
    ),
    "overlay-pins": collection(
      lines.map(({ route, properties }) =>
        feature({ type: "Point", coordinates: route.to }, { ...properties, key: route.key }),
      ),
    ),
  };
}

/** Style layers of the overlay: shapes go under the labels of the map, pins and figures above them. */
export function overlayLayers(
  overlay: Overlay,
  colour: (token: string) => string,
): { shapes: LayerSpecification[]; labels: LayerSpecification[] } {
  const point = overlay.selected?.type === "Point" || overlay.selected?.type === "MultiPoint";
  const active: ExpressionSpecification = ["boolean", ["get", "active"], false];
  const shapes: LayerSpecification[] = [
    ...casing("overlay-selected", "selected", point, colour),
    {
      id: "overlay-lines-case",
      type: "line",
      source: "overlay-lines",
      layout: { "line-cap": "round", "line-join": "round" },
      paint: {
        "line-color": colour("@select.case"),
        "line-width": ["case", active, 6, 4],
        "line-opacity": 0.85,
      },
    },
    {
      id: "overlay-lines",
      type: "line",
      source: "overlay-lines",
      layout: { "line-cap": "round", "line-join": "round" },
      paint: {
        "line-color": colour("@match.line"),
        "line-width": ["case", active, 3.2, 1.6],
        "line-opacity": ["case", active, 1, 0.85],
      },
    },
  ];
  const labels: LayerSpecification[] = [
    {
      id: "overlay-distances",
      type: "symbol",
      source: "overlay-distances",
      layout: {
        "text-field": ["get", "label"],
        "text-font": ["Noto Sans SemiBold"],
        "text-size": 11,
        "text-allow-overlap": true,
        "icon-allow-overlap": true,
        "icon-image": PILL,
        "icon-text-fit": "both",
        "icon-text-fit-padding": [1, 6, 1, 6],
      },
      paint: { "text-color": colour("@match.line") },
    },
    {
      id: "overlay-pins",
      type: "circle",
      source: "overlay-pins",
      paint: {
        "circle-radius": ["case", active, 12, 10],
        "circle-color": ["case", active, colour("@select"), colour("@fit.5")],
        "circle-stroke-color": colour("@select.case"),
        "circle-stroke-width": 2,
      },
    },
    {
      id: "overlay-pin-numbers",
      type: "symbol",
      source: "overlay-pins",
      layout: {
        "text-field": ["to-string", ["get", "rank"]],
        "text-font": ["Noto Sans SemiBold"],
        "text-size": 12,
        "text-allow-overlap": true,
        "text-ignore-placement": true,
      },
      paint: { "text-color": colour("@select.case") },
    },
    {
      id: "overlay-place",
      type: "symbol",
      source: "overlay-place",
      layout: {
        "icon-image": FIRM,
        "icon-allow-overlap": true,
        "text-field": ["get", "name"],
        "text-font": ["Noto Sans SemiBold"],
        "text-size": 12.5,
        "text-offset": [0, 1.2],
        "text-anchor": "top",
        "text-allow-overlap": true,
        "text-max-width": 12,
      },
      paint: {
        "text-color": colour("@label.firm"),
        "text-halo-color": colour("@label.halo"),
        "text-halo-width": 2,
      },
    },
  ];
  return { shapes, labels };
}

/** Ink line in a white casing: the one way a selected shape is drawn. */
function casing(
  source: string,
  name: string,
  point: boolean,
  colour: (token: string) => string,
): LayerSpecification[] {
  if (point) {
    const ring = (id: string, radius: number, stroke: string, width: number): LayerSpecification => ({
      id,
      type: "circle",
      source,
      paint: {
        "circle-radius": radius,
        "circle-color": "rgba(0,0,0,0)",
        "circle-stroke-color": stroke,
        "circle-stroke-width": width,
      },
    });
    return [
      ring(`overlay-${name}-case`, 6, colour("@select.case"), 6),
      ring(`overlay-${name}-ink`, 8, colour("@select"), 2.4),
    ];
  }
  const line = (id: string, stroke: string, width: number): LayerSpecification => ({
    id,
    type: "line",
    source,
    layout: { "line-join": "round", "line-cap": "round" },
    paint: { "line-color": stroke, "line-width": width },
  });
  return [
    line(`overlay-${name}-case`, colour("@select.case"), 6.5),
    line(`overlay-${name}-ink`, colour("@select"), 2.6),
  ];
}
