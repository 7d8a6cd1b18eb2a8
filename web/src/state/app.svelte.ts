/** The state of the page and the verbs that change it. Components read; only verbs write. */

import { getContext, setContext } from "svelte";
import { api, type Filters } from "@/api/client.ts";
import { type Coverage, coverages } from "@/api/coverages.ts";
import type { Box, Catalogue, Lang, Layer, Point, Right, Session } from "@/api/types.ts";
import { asProblem, type Load, Resource } from "@/lib/resource.svelte.ts";
import { type Facts, type Section, say, sayOf, told, type Word } from "@/lib/words.ts";
import { stacked } from "@/map/coverages.ts";
import { Drawing } from "./drawing.svelte.ts";
import {
  type ByUnits,
  type Camera,
  type Drawable,
  type Drawn,
  type Firm,
  read,
  type Screen,
  type Selection,
  type Side,
  type View,
  write,
} from "./view.ts";

/** What the map is asked to show; `turn` tells two equal requests apart. */
export type Target =
  | { type: "box"; box: [number, number, number, number]; turn: number }
  | { type: "point"; point: Point; zoom: number; turn: number }
  | { type: "camera"; camera: Camera; turn: number };

const EMPTY_FILTERS: Filters = {};

export class App {
  #view = $state.raw<View>(read(location.search));
  session = $state.raw<Load<Session>>({ type: "idle" });
  /** Grows when what we may see changes, so that everything is asked again. */
  generation = $state(0);
  target = $state.raw<Target | null>(null);
  /** Grows when rows were written: layers have another version, but what is being done here goes on. */
  edition = $state(0);
  /** The last target that a map has gone to: one that comes later does not go there again. */
  reached = 0;
  /** Grows when somebody is asked to sign in. */
  signInAsked = $state(0);
  /** A feature that was just chosen without a place: the map goes there if it is out of sight. */
  sought: { layer: string; key: string } | null = null;
  /** The latest short message for everybody, also for a screen reader. */
  notice = $state.raw<string | null>(null);

  // Each part is derived by itself, so that moving the camera asks nobody for new rows.
  screen: Screen = $derived(this.#view.screen);
  lang: Lang = $derived(this.#view.lang);
  asked: string | null = $derived(this.#view.asOf);
  camera: Camera | null = $derived(this.#view.camera);
  layers = $derived(this.#view.layers);
  filters = $derived(this.#view.filters);
  selection: Selection = $derived(this.#view.selection);
  firm: Firm = $derived(this.#view.firm);
  side: Side = $derived(this.#view.side);
  table = $derived(this.#view.table);
  units: ByUnits | null = $derived(this.#view.units);

  readonly drawing = new Drawing();

  readonly catalogueLoad: Resource<Catalogue>;
  readonly coveragesLoad: Resource<Coverage[]>;

  constructor() {
    this.catalogueLoad = new Resource(() => {
      const asked = this.asked;
      void [this.generation, this.edition];
      return (signal) => api.catalogue(asked, signal);
    });
    this.coveragesLoad = new Resource(() => {
      const asOf = this.catalogue?.as_of;
      void [this.generation, this.edition];
      return asOf ? async (signal) => (await coverages.list(asOf, signal)).coverages : null;
    });
    void this.loadSession();
    addEventListener("popstate", () => {
      this.#view = read(location.search);
      if (this.#view.camera) this.aim({ type: "camera", camera: this.#view.camera });
    });
  }

  catalogue: Catalogue | null = $derived.by(() => {
    void this.catalogueLoad.state;
    return this.catalogueLoad.latest;
  });
  /** The date for which everything on the screen holds. */
  asOf: string | null = $derived(this.asked ?? this.catalogue?.today ?? null);

  t(word: Word, facts?: Facts): string {
    return say(this.lang, word, facts);
  }

  sayOf(section: Section, code: string, facts?: Facts): string {
    return sayOf(this.lang, section, code, facts);
  }

  told(words: { vi: string; en: string | null }): string {
    return told(this.lang, words);
  }

  layer(id: string | null): Layer | null {
    return this.catalogue?.layers.find((layer) => layer.id === id) ?? null;
  }

  /** Rasters of the date, lowest on the map first. */
  coverages: Coverage[] = $derived.by(() => {
    return stacked(this.coveragesLoad.value ?? []);
  });

  drawn(layer: Drawable): Drawn {
    return { shown: layer.shown, opacity: 1, ...this.layers[layer.id] };
  }

  filtersOf(layer: string): Filters {
    return this.filters[layer] ?? EMPTY_FILTERS;
  }

  /** The address of this view with another screen. */
  address(screen: Screen): string {
    return addressOf({ ...this.#view, screen, table: { ...this.table, sort: null, q: "" } });
  }

  /** Turn to another screen; what was looked at stays, but for how a table was sorted. */
  visit(screen: Screen, step: "push" | "replace" = "push"): void {
    this.#go({ screen, table: { ...this.table, sort: null, q: "" } }, step);
  }

  /** Show a box on the map, from whatever screen. */
  showOnMap(box: Box, layer: { id: string } | null = null): void {
    const layers = layer ? { ...this.layers, [layer.id]: { shown: true } } : this.layers;
    this.#go(
      { screen: { type: "map" }, layers, camera: null, table: { layer: null, sort: null, q: "" } },
      "push",
    );
    this.aim({ type: "box", box });
  }

  /** Show a feature and its card on the map, from whatever screen. */
  showFeature(layer: string, key: string): void {
    this.sought = { layer, key };
    const shown = this.layer(layer) ? { ...this.layers, [layer]: { shown: true } } : this.layers;
    const selection: Selection = { type: "feature", layer, key };
    const table = { layer: null, sort: null, q: "" };
    this.#go({ screen: { type: "map" }, layers: shown, selection, side: "card", table }, "push");
  }

  #go(patch: Partial<View>, step: "push" | "replace"): void {
    this.#view = { ...this.#view, ...patch };
    const address = addressOf(this.#view);
    if (step === "push") history.pushState(null, "", address);
    else history.replaceState(null, "", address);
  }

  aim(target: { [K in Target["type"]]: Omit<Extract<Target, { type: K }>, "turn"> }[Target["type"]]): void {
    this.sought = null;
    this.target = { ...target, turn: (this.target?.turn ?? 0) + 1 } as Target;
  }

  setLanguage(lang: Lang): void {
    this.#go({ lang }, "replace");
  }

  setDate(asOf: string | null): void {
    this.#go({ asOf }, "push");
  }

  moveCamera(camera: Camera): void {
    this.#go({ camera }, "replace");
  }

  draw(layer: Drawable, change: Partial<Drawn>): void {
    const next = { ...this.drawn(layer), ...change };
    const kept: Partial<Drawn> = {
      ...(next.shown === layer.shown ? {} : { shown: next.shown }),
      ...(next.opacity === 1 ? {} : { opacity: next.opacity }),
    };
    this.#go({ layers: { ...this.layers, [layer.id]: kept } }, "replace");
  }

  filter(layer: string, column: string, values: string[]): void {
    const { [column]: _, ...others } = this.filtersOf(layer);
    const columns = values.length > 0 ? { ...others, [column]: values } : others;
    const { [layer]: __, ...rest } = this.filters;
    this.#go({ filters: Object.keys(columns).length > 0 ? { ...rest, [layer]: columns } : rest }, "replace");
  }

  /** Choose a feature; the firm that is being placed stays. */
  select(layer: string, key: string, side: Side = "card"): void {
    this.sought = { layer, key };
    this.#go({ selection: { type: "feature", layer, key }, side }, "push");
  }

  unselect(): void {
    this.#go({ selection: { type: "none" }, side: this.firm.type === "none" ? "card" : "firm" }, "push");
  }

  placeFirm(key: string): void {
    this.#go(
      { firm: { type: "known", key, vsic: null, need_ha: null }, side: "firm", selection: { type: "none" } },
      "push",
    );
  }

  placeAdhoc(point: Point): void {
    const before = this.firm.type === "adhoc" ? this.firm : { vsic: null, need_ha: null };
    const firm: Firm = { ...before, type: "adhoc", point };
    this.#go({ firm, side: "firm", selection: { type: "none" } }, "push");
  }

  /** What the firm is taken to do and to need; null leaves it to the register. */
  describeFirm(vsic: string | null, need_ha: number | null): void {
    if (this.firm.type === "none") return;
    this.#go({ firm: { ...this.firm, vsic, need_ha } }, "push");
  }

  dismissFirm(): void {
    this.#go({ firm: { type: "none" }, side: "card" }, "push");
  }

  turnTo(side: Side): void {
    this.#go({ side }, "replace");
  }

  list(layer: string): void {
    this.#go({ table: { layer, sort: null, q: "" } }, "replace");
  }

  sort(sort: string | null): void {
    this.#go({ table: { ...this.table, sort } }, "replace");
  }

  find(q: string): void {
    this.#go({ table: { ...this.table, q } }, "replace");
  }

  /** Tell the table by units, or by rows again. */
  tellBy(units: ByUnits | null): void {
    this.#go({ units }, "replace");
  }

  async loadSession(): Promise<void> {
    this.session = {
      type: "loading",
      last: this.account ? (this.session as { value: Session }).value : null,
    };
    try {
      this.session = { type: "ready", value: await api.session() };
    } catch (fault) {
      this.session = { type: "failed", problem: asProblem(fault) };
    }
  }

  get known(): Session | null {
    return this.session.type === "ready" ? this.session.value : null;
  }

  get account(): Session["account"] {
    return this.known?.account ?? null;
  }

  /** Whether whoever is signed in holds a right, somewhere at least. */
  may(right: Right): boolean {
    return this.account?.rights.includes(right) ?? false;
  }

  get csrf(): string | null {
    return this.known?.csrf ?? null;
  }

  /** After signing in or out: other rows and columns may be seen. */
  async changeActor(): Promise<void> {
    await this.loadSession();
    this.generation += 1;
  }

  tell(notice: string): void {
    this.notice = notice;
  }
}

function addressOf(view: View): string {
  const query = write(view);
  return query ? `${location.pathname}?${query}` : location.pathname;
}

const KEY = Symbol("app");

export function provideApp(): App {
  return setContext(KEY, new App());
}

export function useApp(): App {
  return getContext<App>(KEY);
}
