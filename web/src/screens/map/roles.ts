/** The few layers that play a part in this screen beyond being drawn and listed. */

import type { Catalogue, Row } from "@/api/types.ts";

export const ZONES = "zones";
export const FIRMS = "enterprises";
export const SUPPLY = "zone_supply";

/** The group of the tree in which rasters stand. */
export const RASTERS = "environment";

/** Layers whose cards tell of the ground: heights, floods and what covers it. */
export const ON_GROUND: readonly string[] = [ZONES, "lots"];

/** Layers whose features share the key, and the card, of another layer. */
const CARD_OF: Record<string, string> = { [SUPPLY]: ZONES };

/** The layer whose card tells of a feature. */
export function cardLayer(layer: string): string {
  return CARD_OF[layer] ?? layer;
}

/** Layers that a click on the map chooses: not those of the base map. */
export function hittable(catalogue: Catalogue): Set<string> {
  const ground = new Set(["base", "admin"]); // a place on it is empty until something stands there
  return new Set(catalogue.layers.filter((layer) => !ground.has(layer.group)).map((layer) => layer.id));
}

/** Tabs of the table: what planners work with, whether it is drawn or not. */
export function tableTabs(catalogue: Catalogue, asked: string | null): string[] {
  const usual = [SUPPLY, FIRMS, "free_plots"].filter((id) =>
    catalogue.layers.some((layer) => layer.id === id),
  );
  return asked && !usual.includes(asked) && asked !== GATES ? [...usual, asked] : usual;
}

/** The table that lists the zones a firm cannot have, by gate. */
export const GATES = "gates";

/** Columns that open a layer's table, where the order of the catalogue would bury the answer. */
const FIRST: Record<string, string[]> = {
  [SUPPLY]: [
    "name",
    "area_legal_ha",
    "free_ha",
    "largest_plot_ha",
    "basis",
    "industrial_ha",
    "cleared_ha",
    "leased_ha",
  ],
  [FIRMS]: ["name", "disposition", "vsic_code", "area_needed_ha", "area_current_ha", "workers_count", "wave"],
  [ZONES]: ["name", "kind", "status", "area_legal_ha", "industrial_area_ha", "investor"],
};

export function firstColumns(layer: string): string[] {
  return FIRST[layer] ?? [];
}

/** Columns about the record rather than the thing: they come last. */
const ABOUT = ["valid_from", "valid_to", "source", "illustrative"];

/** Columns in the order in which people want them: what opens a table or card, the rest, then the record. */
export function ordered<T extends { name: string }>(columns: T[], first: string[]): T[] {
  const place = ({ name }: T) =>
    ABOUT.includes(name) && !first.includes(name)
      ? 2000 + ABOUT.indexOf(name)
      : first.includes(name)
        ? first.indexOf(name)
        : 1000;
  return columns
    .map((column, i) => ({ column, i }))
    .sort((a, b) => place(a.column) - place(b.column) || a.i - b.i)
    .map(({ column }) => column);
}

/** How a table is sorted before anyone sorts it. */
export function usualSort(layer: string): string | null {
  return layer === SUPPLY ? "-free_ha" : null;
}

/** Whether a row is a phase of a park that the same table lists: the park's figures include it. */
export function isPhase(layer: string, row: Row): boolean {
  return cardLayer(layer) === ZONES && typeof row["parent_key"] === "string";
}
