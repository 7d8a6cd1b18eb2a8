/** The only module that touches MapLibre: styles and cameras go in by methods, events come out by handlers. */

import "maplibre-gl/dist/maplibre-gl.css";
import {
  type GeoJSONSource,
  Map as LibreMap,
  type LngLatBoundsLike,
  type MapGeoJSONFeature,
  type PointLike,
  type RasterTileSource,
  type StyleSpecification,
  setWorkerUrl,
  type VectorTileSource,
} from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import type { Box, Point } from "@/api/types.ts";
import type { Camera } from "@/state/view.ts";
import { type Area, type AreaColours, DRAWN, drawArea } from "./area_drawing.ts";
import { images } from "./images.ts";
import { layerOf } from "./style.ts";

setWorkerUrl(workerUrl);

export type MapHit = {
  layer: string;
  key: string;
  name: string | null;
  /** What else the tiles carry of it. */
  properties: Record<string, unknown>;
};

export type Handlers = {
  camera: (camera: Camera, metresPerPixel: number) => void;
  click: (point: Point, hits: MapHit[]) => void;
  hover: (hit: MapHit | null, x: number, y: number) => void;
  pin: (key: string) => void;
  /** Something is being drawn. */
  busy: () => void;
  /** Everything asked for has been drawn. */
  idle: () => void;
};

export type Start = {
  style: StyleSpecification;
  view: { camera: Camera } | { box: Box };
  colour: (token: string) => string;
  locale: Record<string, string>;
  handlers: Handlers;
};

const REACH_PX = 4;
const EARTH_M = 40_075_016.686;

export class PlanMap {
  readonly #map: LibreMap;
  readonly #handlers: Handlers;
  /** Layers that a click can choose. */
  hittable: ReadonlySet<string> = new Set();
  #started = false;
  /** The latest style asked for before the first one was there. */
  #waiting: StyleSpecification | null = null;
  #hovered: { source: string; sourceLayer: string; id: string } | null = null;
  /** Ends the drawing of an area, during which clicks set corners and choose nothing. */
  #endDrawing: (() => void) | null = null;

  constructor(container: HTMLElement, start: Start) {
    this.#handlers = start.handlers;
    this.#map = new LibreMap({
      container,
      style: start.style,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      maxPitch: 0,
      minZoom: 5,
      maxZoom: 19,
      fadeDuration: 120,
      validateStyle: false,
      locale: start.locale,
      ...("camera" in start.view
        ? { center: [start.view.camera.lon, start.view.camera.lat], zoom: start.view.camera.zoom }
        : { bounds: start.view.box, fitBoundsOptions: { padding: 14 } }),
    });
    this.#map.touchZoomRotate.disableRotation();
    this.#map.keyboard.disableRotation();
    this.#map.once("style.load", () => {
      for (const { name, data, options } of images(start.colour)) this.#map.addImage(name, data, options);
      this.#started = true;
      if (this.#waiting) this.draw(this.#waiting);
      this.#waiting = null;
    });
    this.#listen();
  }

  /** Draw another style. Sources whose tiles alone differ keep their old picture until the new one is there. */
  draw(style: StyleSpecification): void {
    if (!this.#started) {
      this.#waiting = style;
      return;
    }
    for (const [id, next] of Object.entries(style.sources)) {
      const now = this.#map.getSource<VectorTileSource | RasterTileSource | GeoJSONSource>(id);
      const tiled = next.type === "vector" || next.type === "raster";
      if (tiled && now?.type === next.type && next.tiles) {
        // `tiles` of the source itself is not there before it has loaded; what it was made from is.
        const source = now as VectorTileSource | RasterTileSource;
        if (source.serialize().tiles?.[0] !== next.tiles[0]) source.setTiles(next.tiles);
      }
    }
    this.#map.setStyle(this.#withDrawing(style), { diff: true, validate: false });
  }

  /** Draw an area by hand, from the corners of another or from none, until `endArea`. */
  startArea(
    from: GeoJSON.Polygon | Area | null,
    colours: AreaColours,
    changed: (area: Area | null) => void,
  ): void {
    this.endArea();
    this.#mark(null);
    const begin = () => {
      this.#endDrawing = drawArea(this.#map, from, colours, changed);
    };
    if (this.#map.isStyleLoaded()) {
      begin();
      return;
    }
    this.#map.once("idle", begin); // a map that has just been made has no style to draw on
    this.#endDrawing = () => this.#map.off("idle", begin);
  }

  /** Draw what a panel asks for and tell it what was drawn; ends when the returned function is called. */
  follow(
    drawing: { from: GeoJSON.Polygon | Area | null; area: Area | null },
    colour: (token: string) => string,
  ): () => void {
    const ink = colour("--c-select");
    this.startArea(drawing.from, { fill: ink, line: ink, corner: "#FFFFFF" }, (area) => {
      drawing.area = area;
    });
    return () => this.endArea();
  }

  endArea(): void {
    this.#endDrawing?.();
    this.#endDrawing = null;
  }

  /** Another style leaves what is being drawn where it is. */
  #withDrawing(style: StyleSpecification): StyleSpecification {
    if (!this.#endDrawing) return style;
    const now = this.#map.getStyle();
    const sources = Object.entries(now.sources).filter(([id]) => id.startsWith(DRAWN));
    const layers = now.layers.filter(({ id }) => id.startsWith(DRAWN));
    return {
      ...style,
      sources: { ...style.sources, ...Object.fromEntries(sources) },
      layers: [...style.layers, ...layers],
    };
  }

  /** Bring a box into sight, clear of what stands over the map's lower edge. */
  fit(box: Box, maxZoom = 15, below_px = 56): void {
    const [west, south, east, north] = box;
    const bounds: LngLatBoundsLike = [west, south, east, north];
    // A narrow map has no room to give away.
    const edge = Math.min(56, Math.round(this.#map.getContainer().clientWidth * 0.08));
    const padding = { top: edge, left: edge, right: edge, bottom: Math.min(below_px, edge + below_px - 56) };
    this.#settled(() => this.#map.fitBounds(bounds, { padding, maxZoom, duration: this.#duration }));
  }

  fly(point: Point, zoom: number): void {
    const move = { center: point, zoom: Math.max(zoom, this.#map.getZoom()), duration: this.#duration };
    this.#settled(() => this.#map.easeTo(move));
  }

  /** Whether any of a box is on the screen. */
  shows([west, south, east, north]: Box): boolean {
    const view = this.#map.getBounds();
    return (
      west <= view.getEast() && east >= view.getWest() && south <= view.getNorth() && north >= view.getSouth()
    );
  }

  /** What moves the camera often opens a panel too: move when the map has its new size. */
  #settled(move: () => void): void {
    this.#handlers.busy();
    requestAnimationFrame(() => requestAnimationFrame(move));
  }

  /** What is on the screen. */
  get box(): Box {
    const view = this.#map.getBounds();
    return [view.getWest(), view.getSouth(), view.getEast(), view.getNorth()];
  }

  jump(camera: Camera): void {
    const now = this.#map.getCenter();
    const same =
      Math.abs(now.lng - camera.lon) < 1e-5 &&
      Math.abs(now.lat - camera.lat) < 1e-5 &&
      Math.abs(this.#map.getZoom() - camera.zoom) < 0.01;
    if (!same) this.#map.jumpTo({ center: [camera.lon, camera.lat], zoom: camera.zoom });
  }

  zoom(step: 1 | -1): void {
    if (step === 1) this.#map.zoomIn();
    else this.#map.zoomOut();
  }

  /** How many features of a layer are on the screen; a feature cut by tiles counts once. */
  countDrawn(layer: string): number {
    const ids = this.#styleIds((id) => layerOf(id) === layer && !id.endsWith("hover"));
    if (ids.length === 0) return 0;
    return new Set(this.#map.queryRenderedFeatures({ layers: ids }).map((found) => found.id)).size;
  }

  /** Fit the container's new size; what was at the upper left corner stays there. */
  resize(): void {
    const corner = this.#map.unproject([0, 0]);
    this.#map.resize();
    const { x, y } = this.#map.project(corner);
    if (this.#started && !this.#map.isMoving() && (Math.abs(x) > 1 || Math.abs(y) > 1))
      this.#map.panBy([x, y], { duration: 0 });
  }

  remove(): void {
    this.endArea();
    this.#map.remove();
  }

  get #duration(): number {
    return matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 700;
  }

  #listen(): void {
    const map = this.#map;
    const tell = () => {
      const { lng, lat } = map.getCenter();
      const zoom = map.getZoom();
      const metresPerPixel = (EARTH_M * Math.cos((lat * Math.PI) / 180)) / (512 * 2 ** zoom);
      this.#handlers.camera({ lon: lng, lat, zoom }, metresPerPixel);
    };
    map.on("moveend", tell);
    map.on("load", tell);
    map.on("idle", () => this.#handlers.idle());
    map.on("movestart", () => this.#handlers.busy());
    map.on("dataloading", () => this.#handlers.busy());
    map.on("click", (event) => {
      if (this.#endDrawing) return;
      const pin = this.#features(event.point, (id) => id === "overlay-pins")[0];
      if (pin) this.#handlers.pin(String(pin.properties["key"]));
      else this.#handlers.click([event.lngLat.lng, event.lngLat.lat], this.#hits(event.point));
    });
    map.on("mousemove", (event) => {
      if (this.#endDrawing) return;
      const [hit] = this.#hits(event.point);
      this.#mark(hit ?? null);
      map.getCanvas().style.cursor = hit ? "pointer" : "";
      this.#handlers.hover(hit ?? null, event.point.x, event.point.y);
    });
    map.on("mouseout", () => {
      this.#mark(null);
      this.#handlers.hover(null, 0, 0);
    });
    // The keyboard's way to click: Enter chooses what lies in the middle of the map.
    map.getCanvas().addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || this.#endDrawing) return;
      const { lng, lat } = map.getCenter();
      this.#handlers.click([lng, lat], this.#hits(map.project([lng, lat])));
    });
  }

  #mark(hit: MapHit | null): void {
    if (this.#hovered?.source === hit?.layer && this.#hovered?.id === hit?.key) return;
    if (this.#hovered && this.#map.getSource(this.#hovered.source)) {
      this.#map.setFeatureState(this.#hovered, { hover: false });
    }
    // Only layers of tiles have an outline for what the pointer is on.
    const tiled = hit !== null && this.#map.getSource(hit.layer)?.type === "vector";
    this.#hovered = tiled ? { source: hit.layer, sourceLayer: hit.layer, id: hit.key } : null;
    if (this.#hovered) this.#map.setFeatureState(this.#hovered, { hover: true });
  }

  #styleIds(wanted: (id: string) => boolean): string[] {
    return this.#map.getLayersOrder().filter(wanted);
  }

  #features(at: PointLike | [PointLike, PointLike], wanted: (id: string) => boolean): MapGeoJSONFeature[] {
    const layers = this.#styleIds(wanted);
    return layers.length > 0 ? this.#map.queryRenderedFeatures(at, { layers }) : [];
  }

  /** What lies at a point of the screen, top first; small things within a few pixels count too. */
  #hits(at: { x: number; y: number }): MapHit[] {
    const wanted = (id: string) => this.hittable.has(layerOf(id)) && !id.endsWith("hover");
    const box: [PointLike, PointLike] = [
      [at.x - REACH_PX, at.y - REACH_PX],
      [at.x + REACH_PX, at.y + REACH_PX],
    ];
    const near = this.#features(box, wanted).filter((found) => found.geometry.type.endsWith("Point"));
    const exact = this.#features([at.x, at.y], wanted);
    const hits = [...near, ...exact].map((found): MapHit => {
      const name: unknown = found.properties["name"];
      return {
        layer: layerOf(found.layer.id),
        key: String(found.properties["key"] ?? found.id),
        name: typeof name === "string" ? name : null,
        properties: found.properties,
      };
    });
    return hits.filter(
      (hit, i) => hits.findIndex((one) => one.layer === hit.layer && one.key === hit.key) === i,
    );
  }
}
