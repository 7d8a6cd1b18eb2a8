/** What the screen shows, as plain data: all of it is in the address, so that a link restores it. */

import { GROUPS, type Group, MEASURES, type Measure } from "@/api/clearance.ts";
import type { Level } from "@/api/places.ts";
import type { Lang, Point } from "@/api/types.ts";

export type Camera = { lon: number; lat: number; zoom: number };

export type Selection = { type: "none" } | { type: "feature"; layer: string; key: string };

export type Firm =
  | { type: "none" }
  /** Of the register; a sector or hectares given here stand before what the register says. */
  | { type: "known"; key: string; vsic: string | null; need_ha: number | null }
  | { type: "adhoc"; point: Point; vsic: string | null; need_ha: number | null };

/** Which of the two answers the right panel shows when there are both. */
export type Side = "card" | "firm";

export type Drawn = { shown: boolean; opacity: number };

/** What can be switched on and off: a layer of the catalogue, or a raster. */
export type Drawable = { id: string; shown: boolean };

export type TableView = { layer: string | null; sort: string | null; q: string };

/** The table told by units of a level; `on` is their date, null for that of the screen. */
export type ByUnits = { level: Level; on: string | null };

const LEVELS: readonly Level[] = ["province", "district", "commune"];

/** Tabs of the screen for those who keep the data. */
export const TABS = ["bulk", "reports", "imports", "faults", "firms", "certificate", "accounts"] as const;
export type Tab = (typeof TABS)[number];

/** Clearance of a zone, of an administrative unit or of everything; null is "all". */
export type ClearanceScreen = {
  type: "clearance";
  zone: string | null;
  unit: string | null;
  /** Only cases at this stage. */
  group: Group | null;
  /** The case that was chosen, and whether all of it is open. */
  case: string | null;
  open: boolean;
  measure: Measure;
};

/** `run` names the import that is open. */
export type Screen = { type: "map" } | ClearanceScreen | { type: "admin"; tab: Tab; run: string | null };

export const CLEARANCE: ClearanceScreen = {
  type: "clearance",
  zone: null,
  unit: null,
  group: null,
  case: null,
  open: false,
  measure: "ha",
};

export type View = {
  screen: Screen;
  lang: Lang;
  asOf: string | null;
  camera: Camera | null;
  /** Only what differs from the catalogue. */
  layers: Record<string, Partial<Drawn>>;
  /** Per layer and column, the values that pass. */
  filters: Record<string, Record<string, string[]>>;
  selection: Selection;
  firm: Firm;
  side: Side;
  table: TableView;
  units: ByUnits | null;
};

export const EMPTY: View = {
  screen: { type: "map" },
  lang: "vi",
  asOf: null,
  camera: null,
  layers: {},
  filters: {},
  selection: { type: "none" },
  firm: { type: "none" },
  side: "card",
  table: { layer: null, sort: null, q: "" },
  units: null,
};

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** The classification in which sectors are asked for. */
export const VSIC_SCHEME = "VSIC2018";

/** The query of the address for a view; `read(write(view))` is the same view. */
export function write(view: View): string {
  const query = new URLSearchParams();
  writeScreen(query, view.screen);
  if (view.lang !== "vi") query.set("lang", view.lang);
  if (view.asOf) query.set("as_of", view.asOf);
  if (view.camera) {
    const { lon, lat, zoom } = view.camera;
    query.set("at", `${lon.toFixed(5)},${lat.toFixed(5)},${zoom.toFixed(2)}`);
  }
  const layers = Object.entries(view.layers).map(([id, drawn]) => layerText(id, drawn));
  if (layers.some(Boolean)) query.set("layers", layers.filter(Boolean).join(","));
  for (const [layer, columns] of Object.entries(view.filters)) {
    for (const [column, values] of Object.entries(columns)) {
      if (values.length > 0) query.set(`f.${layer}.${column}`, values.map(encodeURIComponent).join(","));
    }
  }
  if (view.selection.type === "feature") query.set("sel", `${view.selection.layer}/${view.selection.key}`);
  writeFirm(query, view.firm);
  if (view.side !== EMPTY.side) query.set("side", view.side);
  if (view.table.layer) query.set("table", view.table.layer);
  if (view.table.sort) query.set("sort", view.table.sort);
  if (view.table.q) query.set("q", view.table.q);
  if (view.units) query.set("units", [view.units.level, view.units.on].filter(Boolean).join(","));
  return query.toString();
}

function writeScreen(query: URLSearchParams, screen: Screen): void {
  switch (screen.type) {
    case "map":
      return;
    case "clearance":
      query.set("screen", "clearance");
      if (screen.zone) query.set("zone", screen.zone);
      if (screen.unit) query.set("unit", screen.unit);
      if (screen.group) query.set("group", screen.group);
      if (screen.case) query.set("case", screen.case);
      if (screen.case && screen.open) query.set("open", "1");
      if (screen.measure !== CLEARANCE.measure) query.set("measure", screen.measure);
      return;
    case "admin":
      query.set("screen", "admin");
      query.set("tab", screen.tab);
      if (screen.run) query.set("import", screen.run);
      return;
    default:
      screen satisfies never;
  }
}

function layerText(id: string, drawn: Partial<Drawn>): string {
  const on = drawn.shown === undefined ? "" : drawn.shown ? "+" : "-";
  const opacity = drawn.opacity === undefined ? "" : `:${Math.round(drawn.opacity * 100)}`;
  return on || opacity ? `${on}${id}${opacity}` : "";
}

function writeFirm(query: URLSearchParams, firm: Firm): void {
  switch (firm.type) {
    case "none":
      return;
    case "known":
      query.set("firm", firm.key);
      break;
    case "adhoc":
      query.set("point", firm.point.map((degrees) => degrees.toFixed(6)).join(","));
      break;
    default:
      firm satisfies never;
  }
  if (firm.vsic) query.set("vsic", firm.vsic);
  if (firm.need_ha !== null) query.set("ha", String(firm.need_ha));
}

/** The view of an address; what cannot be read is left at its default. */
export function read(text: string): View {
  const query = new URLSearchParams(text);
  const asOf = query.get("as_of");
  const [selLayer, ...selKey] = (query.get("sel") ?? "").split("/");
  return {
    screen: readScreen(query),
    lang: query.get("lang") === "en" ? "en" : "vi",
    asOf: asOf && DATE.test(asOf) ? asOf : null,
    camera: readCamera(query.get("at")),
    layers: readLayers(query.get("layers")),
    filters: readFilters(query),
    selection:
      selLayer && selKey.length > 0
        ? { type: "feature", layer: selLayer, key: selKey.join("/") }
        : { type: "none" },
    firm: readFirm(query),
    side: query.get("side") === "firm" ? "firm" : "card",
    table: { layer: query.get("table"), sort: query.get("sort"), q: query.get("q") ?? "" },
    units: readUnits(query.get("units")),
  };
}

function readUnits(text: string | null): ByUnits | null {
  const [name, on] = (text ?? "").split(",");
  const level = LEVELS.find((one) => one === name);
  return level ? { level, on: on && DATE.test(on) ? on : null } : null;
}

function readScreen(query: URLSearchParams): Screen {
  if (query.get("screen") === "clearance") return readClearance(query);
  if (query.get("screen") !== "admin") return { type: "map" };
  const tab = TABS.find((one) => one === query.get("tab")) ?? "imports";
  return { type: "admin", tab, run: tab === "imports" ? query.get("import") : null };
}

function readClearance(query: URLSearchParams): ClearanceScreen {
  const open = query.get("case") || null;
  return {
    type: "clearance",
    zone: query.get("zone") || null,
    unit: query.get("unit") || null,
    group: GROUPS.find((one) => one === query.get("group")) ?? null,
    case: open,
    open: open !== null && query.get("open") === "1",
    measure: MEASURES.find((one) => one === query.get("measure")) ?? CLEARANCE.measure,
  };
}

function numbers(text: string | null, count: number): number[] | null {
  const parts = (text ?? "").split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  return parts.length === count && parts.every(Number.isFinite) ? parts : null;
}

function readCamera(text: string | null): Camera | null {
  const [lon, lat, zoom] = numbers(text, 3) ?? [];
  if (lon === undefined || lat === undefined || zoom === undefined) return null;
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 85 ? { lon, lat, zoom } : null;
}

function readLayers(text: string | null): Record<string, Partial<Drawn>> {
  const layers: Record<string, Partial<Drawn>> = {};
  for (const item of (text ?? "").split(",")) {
    // "+" reads as a space where an address was typed by hand
    const parts = /^([+ -]?)([a-z][a-z0-9_]*)(?::(\d{1,3}))?$/.exec(item);
    const [, on, id, opacity] = parts ?? [];
    if (!id) continue;
    layers[id] = {
      ...(on ? { shown: on !== "-" } : {}),
      ...(opacity ? { opacity: Math.min(1, Number(opacity) / 100) } : {}),
    };
  }
  return layers;
}

function readFilters(query: URLSearchParams): View["filters"] {
  const filters: View["filters"] = {};
  for (const [name, text] of query) {
    const [mark, layer, column] = name.split(".");
    if (mark !== "f" || !layer || !column || !text) continue;
    filters[layer] = { ...filters[layer], [column]: text.split(",").map(decode) };
  }
  return filters;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function readFirm(query: URLSearchParams): Firm {
  const need = Number(query.get("ha"));
  const asked = {
    vsic: query.get("vsic"),
    need_ha: need > 0 && Number.isFinite(need) ? need : null,
  };
  const key = query.get("firm");
  if (key) return { type: "known", key, ...asked };
  const [lon, lat] = numbers(query.get("point"), 2) ?? [];
  return lon === undefined || lat === undefined
    ? { type: "none" }
    : { type: "adhoc", point: [lon, lat], ...asked };
}
