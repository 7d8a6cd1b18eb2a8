/** Rasters on the map: how they are drawn, and the rows of their legends. Pure functions. */

import type { LayerSpecification, RasterSourceSpecification } from "maplibre-gl";
import type { Coverage, CoverageKind } from "@/api/coverages.ts";
import type { Words } from "@/api/types.ts";
import type { Drawable } from "@/state/view.ts";

export type DrawnCoverage = { id: string; coverage: Coverage; shown: boolean; opacity: number };

const TILE_PX = 256;
const EQUATOR_M = 40_075_016.686;
const DEEPEST = 18;

/** What covers the land lies lowest; a flood, of which dry ground shows nothing, lies on all else. */
const FROM_BELOW: readonly CoverageKind[] = ["land_cover", "elevation", "other", "flood_depth"];

export function stacked(coverages: readonly Coverage[]): Coverage[] {
  const place = ({ kind }: Coverage) => FROM_BELOW.indexOf(kind);
  return [...coverages].sort((a, b) => place(a) - place(b) || a.id - b.id);
}

/** Name of a coverage beside those of the layers: in the address, and on the map. */
export function coverageId(coverage: Coverage): string {
  return `coverage_${coverage.id}`;
}

/** Whether a name is that of a coverage. */
export function isRaster(id: string): boolean {
  return /^coverage_\d+$/.test(id);
}

/** As the tree and the address see it: off until somebody asks for it. */
export function drawable(coverage: Coverage): Drawable {
  return { id: coverageId(coverage), shown: false };
}

/** Zoom from which on a cell is wider than two pixels: beyond it tiles would tell nothing new. */
export function deepest(coverage: Coverage): number {
  const [, south, , north] = coverage.box;
  const parallel_m = EQUATOR_M * Math.cos((((south + north) / 2) * Math.PI) / 180);
  const zoom = Math.ceil(Math.log2((2 * parallel_m) / (TILE_PX * coverage.resolution_m)));
  return Math.min(DEEPEST, Math.max(0, zoom));
}

export function rasterSource(coverage: Coverage, origin: string, asOf: string): RasterSourceSpecification {
  const query = `as_of=${asOf}&v=${encodeURIComponent(coverage.version)}`;
  return {
    type: "raster",
    tiles: [`${origin}/coverages/${coverage.id}/tiles/{z}/{x}/{y}.png?${query}`],
    tileSize: TILE_PX,
    bounds: coverage.box,
    maxzoom: deepest(coverage),
  };
}

export function rasterLayer({ id, coverage, shown, opacity }: DrawnCoverage): LayerSpecification {
  return {
    id: `${id}--raster`,
    type: "raster",
    source: id,
    layout: { visibility: shown ? "visible" : "none" },
    paint: {
      "raster-opacity": opacity,
      // Classes have no values between them.
      "raster-resampling": coverage.classes ? "nearest" : "linear",
      "raster-fade-duration": 120,
    },
  };
}

export type LegendStop = { value: number; color: string };

/** A ramp as the map shows it: of a flood, what is no deeper than the threshold is not drawn. */
export function rampShown(coverage: Coverage): LegendStop[] {
  const ramp = coverage.ramp ?? [];
  const from = coverage.kind === "flood_depth" ? (coverage.flooded_from_m ?? 0) : null;
  if (from === null || ramp.length < 2) return ramp;
  const deeper = ramp.filter((stop) => stop.value > from);
  const below = ramp.filter((stop) => stop.value <= from).at(-1);
  const above = deeper[0];
  if (!below || !above) return ramp;
  const share = (from - below.value) / (above.value - below.value);
  return [{ value: from, color: mixed(below.color, above.color, share) }, ...deeper];
}

function mixed(from: string, to: string, share: number): string {
  const channels = [1, 3, 5].map((at) => {
    const [a, b] = [from, to].map((text) => Number.parseInt(text.slice(at, at + 2), 16));
    return Math.round((a ?? 0) + ((b ?? 0) - (a ?? 0)) * share);
  });
  return `#${channels.map((one) => one.toString(16).padStart(2, "0")).join("")}`;
}

/** Decimals that tell the values of a ramp apart, and no more. */
export function decimalsOf(ramp: LegendStop[]): number {
  const span = (ramp.at(-1)?.value ?? 0) - (ramp[0]?.value ?? 0);
  if (span >= 20) return 0;
  return span >= 2 ? 1 : 2;
}

export type Slice = { title: Words | null; color: string | null; share: number };

/**
 * Land cover of a feature as slices of the whole feature, largest first; what is not known comes last.
 *
 * The shares that are told are of the known ground: they shrink by what is not known, so that the bar adds
 * up to the feature. Ground whose code has no class (title null, colour null) is not known either.
 */
export function slices(
  shares: { title: Words; color: string; share: number }[],
  nodata_share: number,
): Slice[] {
  const known = 1 - nodata_share;
  const told: Slice[] = shares
    .map(({ title, color, share }) => ({ title, color, share: share * known }))
    .sort((a, b) => b.share - a.share);
  const rest = 1 - told.reduce((sum, one) => sum + one.share, 0);
  return rest > 0.0005 ? [...told, { title: null, color: null, share: rest }] : told;
}
