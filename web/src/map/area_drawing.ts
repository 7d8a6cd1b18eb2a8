/** Drawing of an area by hand: corners are set, moved, added between others and taken away. */

import type { Map as LibreMap } from "maplibre-gl";
import { type GeoJSONStoreFeatures, TerraDraw, TerraDrawPolygonMode, TerraDrawSelectMode } from "terra-draw";
import { TerraDrawMapLibreGLAdapter } from "terra-draw-maplibre-gl-adapter";

export type Area = GeoJSON.MultiPolygon;

/** Style layers and sources of the drawing begin so; another style must leave them. */
export const DRAWN = "drawn";
/** Of degrees: a tenth of a millimetre. */
const DECIMALS = 9;

export type AreaColours = { fill: string; line: string; corner: string };

/** Whether the corners of an area can be moved here: holes cannot. */
export function movable(area: GeoJSON.Geometry | null): area is GeoJSON.Polygon | Area {
  if (area?.type === "Polygon") return area.coordinates.length === 1;
  return area?.type === "MultiPolygon" && area.coordinates.every((rings) => rings.length === 1);
}

/** Polygons, as they were drawn, as one area; null while there is none. */
export function joined(features: readonly GeoJSON.Feature[]): Area | null {
  const coordinates = features.flatMap(({ geometry }) =>
    geometry.type === "Polygon" ? [geometry.coordinates] : [],
  );
  return coordinates.length > 0 ? { type: "MultiPolygon", coordinates } : null;
}

function parts(area: GeoJSON.Polygon | Area): GeoJSONStoreFeatures[] {
  const polygons = area.type === "Polygon" ? [area.coordinates] : area.coordinates;
  const round = (degrees: number) => Number(degrees.toFixed(DECIMALS));
  return polygons.map((rings) => ({
    type: "Feature",
    properties: { mode: "polygon" },
    geometry: {
      type: "Polygon",
      coordinates: rings.map((ring) => ring.map((corner) => corner.slice(0, 2).map(round))),
    },
  }));
}

/**
 * Draw on a map until the returned function is called.
 *
 * With an area its corners can be moved; without one, the first polygon is drawn and then moved.
 */
export function drawArea(
  map: LibreMap,
  start: GeoJSON.Polygon | Area | null,
  colours: AreaColours,
  changed: (area: Area | null) => void,
): () => void {
  const fill = { fillColor: asHex(colours.fill), outlineColor: asHex(colours.line), fillOpacity: 0.25 };
  const draw = new TerraDraw({
    adapter: new TerraDrawMapLibreGLAdapter({ map, coordinatePrecision: DECIMALS, prefixId: DRAWN }),
    modes: [
      new TerraDrawPolygonMode({ styles: fill }),
      new TerraDrawSelectMode({
        flags: {
          polygon: {
            feature: { draggable: false, coordinates: { midpoints: true, draggable: true, deletable: true } },
          },
        },
        styles: {
          selectedPolygonColor: asHex(colours.fill),
          selectedPolygonFillOpacity: 0.25,
          selectedPolygonOutlineColor: asHex(colours.line),
          selectedPolygonOutlineWidth: 2,
          selectionPointColor: asHex(colours.corner),
          selectionPointOutlineColor: asHex(colours.line),
          midPointColor: asHex(colours.line),
        },
      }),
    ],
  });
  const told = () => {
    const polygons = draw.getSnapshot().filter(({ properties }) => properties["mode"] === "polygon");
    changed(joined(polygons));
  };
  draw.start();
  if (start) {
    const ids = draw.addFeatures(parts(start)).map(({ id }) => id);
    draw.setMode("select");
    const first = ids.find((id) => id !== undefined);
    if (first !== undefined) draw.selectFeature(first);
  } else {
    draw.setMode("polygon");
  }
  draw.on("finish", (id, { action }) => {
    if (action === "draw") {
      draw.setMode("select");
      draw.selectFeature(id);
    }
    told();
  });
  return () => draw.stop();
}

function asHex(colour: string): `#${string}` {
  return colour.startsWith("#") ? (colour as `#${string}`) : "#1F6F7A";
}
