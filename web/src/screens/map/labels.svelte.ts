/** Places for the labels of layers of polygons: asked for once per date, where features are few. */

import { api } from "@/api/client.ts";
import type { Layer, Rows } from "@/api/types.ts";
import { Resource } from "@/lib/resource.svelte.ts";
import type { App } from "@/state/app.svelte.ts";

const AT_MOST = 1000;

export function labelPlaces(
  app: App,
  shown: (layer: Layer) => boolean,
): Resource<Record<string, GeoJSON.FeatureCollection>> {
  const labelled = $derived(
    (app.catalogue?.layers ?? [])
      .filter((layer) => layer.geometry === "polygon" && shown(layer))
      .filter((layer) => layer.paint.some((paint) => paint.type === "symbol"))
      .map((layer) => layer.id)
      .join(),
  );
  return new Resource(() => {
    const [ids, asOf] = [labelled, app.catalogue?.as_of];
    void app.generation;
    if (!asOf || ids === "") return null;
    const page = { limit: AT_MOST, offset: 0, sort: null, q: "" };
    return async (signal) => {
      const found = await Promise.all(ids.split(",").map((id) => api.rows(id, asOf, page, {}, signal)));
      const few = found.filter((rows) => rows.total <= AT_MOST);
      return Object.fromEntries(few.map((rows) => [rows.layer, places(rows)]));
    };
  });
}

function places(rows: Rows): GeoJSON.FeatureCollection {
  const features = rows.rows.flatMap(({ point, bbox: _, ...row }): GeoJSON.Feature[] => {
    if (!point) return [];
    // Tiles leave out what is missing, and so the filters of labels ask whether a column is there.
    const properties = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
    return [{ type: "Feature", geometry: { type: "Point", coordinates: point }, properties }];
  });
  return { type: "FeatureCollection", features };
}
