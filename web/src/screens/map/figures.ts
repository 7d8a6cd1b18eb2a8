/** The key figures of a card: each with its unit, its source and its date. */

import type { Feature, Layer, Row, Value } from "@/api/types.ts";
import { day, hectares, isData, percent, shown, unit } from "@/lib/format.ts";
import type { App } from "@/state/app.svelte.ts";
import { SUPPLY } from "./roles.ts";

export type Figure = {
  name: string;
  title: string;
  /** Null when there is no data. */
  text: string | null;
  unit: string;
  source: string;
  /** The source names a document, so it stays as it is written. */
  cited: boolean;
  numeric: boolean;
  /** Text that is data (a name, a code), so in Vietnamese whatever the language of the screen. */
  data: boolean;
  masked: boolean;
  why: boolean;
};

export function figures(app: App, layer: Layer, feature: Feature): Figure[] {
  return feature.related.supply !== undefined
    ? supplyFigures(app, layer, feature, feature.related.supply)
    : layer.card.map((name) => cardFigure(app, layer, feature, name)).filter((figure) => figure !== null);
}

function cardFigure(app: App, layer: Layer, feature: Feature, name: string): Figure | null {
  const column = layer.columns.find((item) => item.name === name);
  if (!column) return null;
  const value = shown(column, feature.properties[name], app.lang);
  return {
    name,
    title: app.told(column.title),
    text: value?.text ?? null,
    unit: value?.unit ?? "",
    source: origin(app, feature),
    cited: false,
    numeric: column.type === "number" || column.type === "integer",
    data: isData(column),
    masked: feature.masked.includes(name),
    why: false,
  };
}

/** Where a figure of the feature itself comes from: its source, else the date from which it holds. */
function origin(app: App, feature: Feature): string {
  if (feature.valid_from) return app.t("valid_since", { date: day(feature.valid_from, app.lang) });
  return "";
}

export function numberOf(row: Row | null, name: string): number | null {
  const value: Value | undefined = row?.[name];
  return typeof value === "number" ? value : null;
}

/** On what a zone's free land rests, in words: lots, a report of a date, or nothing. */
export function basisWords(app: App, supply: Row | null): string {
  switch (supply?.["basis"]) {
    case "derived":
      return app.t("basis_derived");
    case "reported": {
      const on = supply["reported_on"];
      return typeof on === "string"
        ? app.t("basis_reported_on", { date: day(on, app.lang) })
        : app.t("basis_reported");
    }
    default:
      return app.t("basis_unknown");
  }
}

function supplyFigures(app: App, layer: Layer, feature: Feature, supply: Row | null): Figure[] {
  const title = (of: Layer | null, name: string) => {
    const column = of?.columns.find((item) => item.name === name);
    return column ? app.told(column.title) : name;
  };
  const source = app.layer(SUPPLY);
  const properties = feature.properties;
  const industrial = numberOf(supply, "industrial_ha");
  const cleared = numberOf(supply, "cleared_ha");
  const leased = numberOf(supply, "leased_ha");
  const lots = supply?.["largest_plot_lots"];
  // A figure that is missing says so itself; its source line stays empty.
  const basis = supply === null || supply["basis"] === "unknown" ? "" : basisWords(app, supply);
  const ha = (value: number | null) => (value === null ? null : hectares(value, app.lang));
  const decision = [properties["decision_number"], properties["decided_on"]]
    .filter((part) => typeof part === "string")
    .map((part) => day(part, app.lang))
    .join(" · ");
  const share = (part: number | null, whole: number | null) =>
    part === null || whole === null || whole === 0
      ? ""
      : app.t("share_of", { share: percent(part / whole, app.lang), whole: hectares(whole, app.lang) });
  const figure = (
    name: string,
    title_: string,
    text: string | null,
    unit_: string,
    told: string,
  ): Figure => ({
    name,
    title: title_,
    text,
    unit: text === null ? "" : unit_,
    source: told,
    cited: name === "area_legal_ha" && decision !== "",
    numeric: true,
    data: false,
    masked: false,
    why: name === "free_ha" && text !== null,
  });
  const capacity = numberOf(properties, "wastewater_capacity_m3_day");
  const column = layer.columns.find((item) => item.name === "wastewater_capacity_m3_day");
  return [
    figure(
      "area_legal_ha",
      title(layer, "area_legal_ha"),
      ha(numberOf(properties, "area_legal_ha")),
      "ha",
      decision || origin(app, feature),
    ),
    figure("cleared_ha", title(source, "cleared_ha"), ha(cleared), "ha", share(cleared, industrial) || basis),
    figure("free_ha", title(source, "free_ha"), ha(numberOf(supply, "free_ha")), "ha", basis),
    figure(
      "largest_plot_ha",
      title(source, "largest_plot_ha"),
      ha(numberOf(supply, "largest_plot_ha")),
      "ha",
      Array.isArray(lots) && lots.length > 0
        ? app.t("lots_list", { lots: shorten(lots.map(String)) })
        : basis,
    ),
    figure(
      "occupancy",
      app.t("occupancy"),
      leased === null || industrial === null || industrial === 0
        ? null
        : percent(leased / industrial, app.lang).replace(" %", ""),
      "%",
      leased === null || industrial === null
        ? basis
        : app.t("occupancy_of", {
            leased: hectares(leased, app.lang),
            industrial: hectares(industrial, app.lang),
          }),
    ),
    figure(
      "wastewater_capacity_m3_day",
      column ? app.told(column.title) : "",
      capacity === null || !column ? null : (shown(column, capacity, app.lang)?.text ?? null),
      unit("m3_day", app.lang),
      origin(app, feature),
    ),
  ];
}

function shorten(lots: string[]): string {
  return lots.length <= 3 ? lots.join(", ") : `${lots.slice(0, 2).join(", ")} … +${lots.length - 2}`;
}
