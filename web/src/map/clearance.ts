/**
 * Stages of land at any date, drawn from what the tiles carry: d1, c1, d2, c2 … (the day on which a stage was
 * reached, as days since 2000-01-01, and its rank). Another date is another expression over the same tiles.
 */

import type { ExpressionSpecification, LayerSpecification } from "maplibre-gl";
import { GROUPS } from "@/api/clearance.ts";
import type { Layer } from "@/api/types.ts";
import type { Colour } from "@/lib/colours.ts";
import { DISPUTE } from "./images.ts";
import type { Sketch } from "./sketch.ts";
import { HATCH } from "./style.ts";

/** Pieces of land by their stage. */
export const STAGES = "sketch-stages";
/** Zones coloured by the share that was handed over. */
export const SHARES = "sketch-shares";
/** The largest usable plots. */
const PLOTS = "sketch-plots";
const OUTLINE = "sketch-zone";

/** Stages that one take may have passed, corrections included; the tiles carry no more. */
const RUNS = 16;
const EPOCH_MS = Date.UTC(2000, 0, 1);
const NEVER = 1e6;

/** Days since 2000-01-01, as tiles count them. */
export function tileDay(iso: string): number {
  return Math.round((Date.parse(`${iso}T00:00:00Z`) - EPOCH_MS) / 86_400_000);
}

/** Rank of the stage on a day: the last run that had begun by then; -1 before the first. */
export function stageOn(iso: string): ExpressionSpecification {
  const day = tileDay(iso);
  const latestFirst = Array.from({ length: RUNS }, (_, i) => RUNS - i);
  return [
    "case",
    ...latestFirst.flatMap((n) => [
      ["<=", ["coalesce", ["get", `d${n}`], NEVER], day],
      ["coalesce", ["get", `c${n}`], -1],
    ]),
    -1,
  ] as unknown as ExpressionSpecification;
}

export type Shown = {
  asOf: string;
  /** Rank of the only stage in full colour. */
  rank: number | null;
  /** Cases in an ink outline. */
  chosen: string[];
  /** Zones with the share handed over, and whether it was only reported. */
  zones: { key: string; ratio: number | null; reported: boolean }[];
  /** The zone that was chosen. */
  zone: GeoJSON.Geometry | null;
  /** The largest usable plots. */
  plots: GeoJSON.FeatureCollection | null;
};

const FAINT = 0.1;
const STRONG = 0.88;

/** Five classes of a share from nothing to all, in the colour of land handed over. */
export const SHARE_STEPS = [0, 0.2, 0.4, 0.6, 0.8] as const;
export const SHARE_STRENGTH = [0.1, 0.3, 0.5, 0.7, 0.9] as const;

export function shareClass(ratio: number): number {
  return SHARE_STEPS.findLastIndex((from) => ratio >= from);
}

/** From the layer whose tiles carry the runs, and that of the zones. */
export function clearanceSketch(
  pieces: Layer,
  zones: Layer,
  origin: string,
  shown: Shown,
  colour: Colour,
): Sketch {
  return {
    sources: {
      [STAGES]: {
        type: "vector",
        // No date: a tile holds every date. The version alone changes with the data.
        tiles: [`${origin}${pieces.tiles}?v=${encodeURIComponent(pieces.version)}`],
        minzoom: pieces.minzoom,
        maxzoom: pieces.maxzoom,
      },
      [PLOTS]: { type: "geojson", data: shown.plots ?? { type: "FeatureCollection", features: [] } },
      [OUTLINE]: {
        type: "geojson",
        data: shown.zone
          ? { type: "Feature", geometry: shown.zone, properties: {} }
          : { type: "FeatureCollection", features: [] },
      },
    },
    shapes: [
      // Far off, zones by what was handed over; near by, each piece of land by its stage.
      ...shareLayers(zones, shown, colour).map((part) => ({ ...part, maxzoom: pieces.minzoom })),
      ...pieceLayers(pieces, shown, colour).map((part) => ({ ...part, minzoom: pieces.minzoom })),
      ...outline(OUTLINE, colour("@select.case"), colour("--c-accent"), 1.6),
      ...plotLayers(colour),
    ],
    labels: [],
  };
}

function pieceLayers(pieces: Layer, shown: Shown, colour: Colour): LayerSpecification[] {
  const of = { source: STAGES, "source-layer": pieces.id };
  const stage = ["var", "stage"];
  const withStage = (told: unknown) => ["let", "stage", stageOn(shown.asOf), told];
  const colours = GROUPS.flatMap((_, rank) => [rank, colour(`--gp-${rank}`)]);
  const kept = shown.rank === null ? [">=", stage, 0] : ["==", stage, shown.rank];
  const passing = (strong: number) => withStage(["case", kept, strong, [">=", stage, 0], strong * FAINT, 0]);
  const flagged = (name: string) => ["in", ["to-string", ["get", name]], ["literal", ["true", "1"]]];
  const chosen = ["in", ["to-string", ["get", "case_key"]], ["literal", shown.chosen]];
  const width = (narrow: number, wide: number) => ["interpolate", ["linear"], ["zoom"], 12, narrow, 16, wide];
  const edge = (far: number, near: number) => ["interpolate", ["linear"], ["zoom"], 14, far, 16, near];
  return [
    {
      ...of,
      id: `${STAGES}--fill`,
      type: "fill",
      paint: {
        "fill-color": withStage(["match", stage, ...colours, colour("--nd-bg")]),
        "fill-opacity": passing(STRONG),
      },
    },
    {
      ...of,
      id: `${STAGES}--nodata`,
      type: "fill",
      filter: withStage(["<", stage, 0]),
      paint: { "fill-pattern": HATCH, "fill-opacity": 0.35 },
    },
    {
      ...of,
      id: `${STAGES}--line`,
      type: "line",
      paint: {
        "line-color": colour("@select.case"),
        // From far off a white edge would be wider than the land inside it.
        "line-opacity": ["interpolate", ["linear"], ["zoom"], 13, 0, 15, 0.75],
        "line-width": width(0.2, 0.9),
      },
    },
    {
      ...of,
      id: `${STAGES}--dispute`,
      type: "fill",
      filter: flagged("disputed"),
      paint: { "fill-pattern": DISPUTE, "fill-opacity": passing(1) },
    },
    ...cased(of, `${STAGES}--state`, flagged("state_managed"), {
      casing: colour("--gp-state-casing"),
      ink: colour("--gp-state"),
      casing_px: edge(0, 4.5),
      ink_px: edge(0.5, 2.2),
    }),
    ...cased(of, `${STAGES}--chosen`, chosen, {
      casing: colour("@select.case"),
      ink: colour("@select"),
      casing_px: 6,
      ink_px: 2.6,
    }),
  ] as LayerSpecification[];
}

/** Ink in a wider casing. */
function cased(
  of: object,
  id: string,
  filter: unknown,
  look: { casing: string; ink: string; casing_px: unknown; ink_px: unknown },
): object[] {
  const part = (name: string, ink: string, width: unknown) => ({
    ...of,
    id: `${id}-${name}`,
    type: "line",
    filter,
    layout: { "line-join": "round" },
    paint: { "line-color": ink, "line-width": width },
  });
  return [part("case", look.casing, look.casing_px), part("ink", look.ink, look.ink_px)];
}

function outline(source: string, casing: string, ink: string, width: number): LayerSpecification[] {
  return [
    {
      id: `${source}--case`,
      type: "line",
      source,
      paint: { "line-color": casing, "line-width": width + 2.4 },
    },
    { id: `${source}--ink`, type: "line", source, paint: { "line-color": ink, "line-width": width } },
  ];
}

function plotLayers(colour: Colour): LayerSpecification[] {
  return [
    {
      id: `${PLOTS}--case`,
      type: "line",
      source: PLOTS,
      paint: { "line-color": colour("@select.case"), "line-width": 5 },
    },
    {
      id: `${PLOTS}--ink`,
      type: "line",
      source: PLOTS,
      paint: { "line-color": colour("--c-accent"), "line-width": 2.2, "line-dasharray": [3, 1.6] },
    },
  ];
}

/** Zones by the share handed over: its colour grows stronger; a share that was only reported is hatched. */
function shareLayers(zones: Layer, shown: Shown, colour: Colour): LayerSpecification[] {
  const of = { source: zones.id, "source-layer": zones.id };
  const known = shown.zones.filter((zone) => zone.ratio !== null);
  const listed = ["literal", shown.zones.map((zone) => zone.key)];
  const strength =
    known.length === 0
      ? 0
      : [
          "match",
          ["get", "key"],
          ...known.flatMap((zone) => [zone.key, SHARE_STRENGTH[shareClass(zone.ratio ?? 0)] ?? 0]),
          0,
        ];
  const told = shown.zones.filter((zone) => zone.reported || zone.ratio === null).map((zone) => zone.key);
  return [
    {
      ...of,
      id: `${SHARES}--fill`,
      type: "fill",
      paint: { "fill-color": colour("--gp-6"), "fill-opacity": strength },
    },
    {
      ...of,
      id: `${SHARES}--told`,
      type: "fill",
      filter: ["in", ["get", "key"], ["literal", told]],
      paint: { "fill-pattern": HATCH, "fill-opacity": 0.8 },
    },
    {
      ...of,
      id: `${SHARES}--line`,
      type: "line",
      filter: ["in", ["get", "key"], listed],
      paint: { "line-color": colour("--gp-6"), "line-width": 1.4 },
    },
  ] as LayerSpecification[];
}
