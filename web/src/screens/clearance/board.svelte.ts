/** What the parts of the screen share: the questions asked for one scope, and one selection for all of them. */

import { getContext, setContext } from "svelte";
import {
  type Case,
  type Curve,
  clearance,
  type Group,
  type OverdueRow,
  type Scope,
  type Summary,
  type Supply,
  type ZoneRow,
  type Zones,
} from "@/api/clearance.ts";
import { api } from "@/api/client.ts";
import type { Box, Feature } from "@/api/types.ts";
import { Resource } from "@/lib/resource.svelte.ts";
import type { App } from "@/state/app.svelte.ts";
import { CLEARANCE, type ClearanceScreen } from "@/state/view.ts";

/** As many rows as a meeting works through; the file holds all of them. */
const LISTED = 500;
/** A forecast that is behind its data is asked for again until it has caught up. */
const STALE_LOOK_MS = 5000;

type Listed = { rows: OverdueRow[]; total: number };

export class Board {
  readonly #app: App;
  readonly summary: Resource<Summary>;
  readonly curve: Resource<Curve>;
  readonly overdue: Resource<Listed>;
  readonly zones: Resource<Zones>;
  readonly supply: Resource<Supply>;
  readonly one: Resource<Case>;
  /** The boundary of the zone that was chosen. */
  readonly place: Resource<Feature>;
  /** The date that the slider is being drawn to, before it is let go. */
  dragged = $state<string | null>(null);
  /** Raised when a case was changed here, so that everything is asked again. */
  edition = $state(0);
  #look = $state(0);

  screen: ClearanceScreen = $derived.by(() =>
    this.#app.screen.type === "clearance" ? this.#app.screen : CLEARANCE,
  );
  zone = $derived(this.screen.zone);
  group = $derived(this.screen.group);
  measure = $derived(this.screen.measure);
  chosen = $derived(this.screen.case);
  unit = $derived(this.screen.unit);

  scope: Scope | null = $derived.by(() => {
    const asOf = this.#app.asOf;
    return asOf === null ? null : { as_of: asOf, zone: this.zone, unit: this.zone ? null : this.unit };
  });

  constructor(app: App) {
    this.#app = app;
    const scoped = <T>(ask: (scope: Scope, signal: AbortSignal) => Promise<T>) =>
      new Resource<T>(() => {
        const scope = this.scope;
        void [app.generation, app.edition, this.edition];
        return scope ? (signal) => ask(scope, signal) : null;
      });
    this.summary = scoped(clearance.summary);
    this.overdue = scoped((scope, signal) => clearance.overdue(scope, LISTED, signal));
    this.curve = new Resource(() => {
      const [scope, measure] = [this.scope, this.measure];
      void [app.generation, app.edition, this.edition, this.#look];
      return scope ? (signal) => clearance.curve(scope, measure, signal) : null;
    });
    // All zones stay in sight when one is chosen: the others are what it is compared with.
    this.zones = new Resource(() => {
      const [asOf, unit] = [app.asOf, this.unit];
      void [app.generation, app.edition, this.edition];
      return asOf ? (signal) => clearance.zones({ as_of: asOf, zone: null, unit }, signal) : null;
    });
    this.supply = new Resource(() => {
      const [zone, asOf] = [this.zone, app.asOf];
      void [app.generation, app.edition, this.edition];
      return zone && asOf ? (signal) => clearance.supply(zone, asOf, signal) : null;
    });
    this.one = new Resource(() => {
      const [key, asOf] = [this.chosen, app.asOf];
      void [app.generation, this.edition];
      return key && asOf ? (signal) => clearance.one(key, asOf, signal) : null;
    });
    this.place = new Resource(() => {
      const [zone, asOf] = [this.zone, app.asOf];
      return zone && asOf ? (signal) => api.feature("zones", zone, asOf, signal) : null;
    });
    $effect(() => {
      if (!this.curve.value?.forecast?.stale) return;
      const timer = setTimeout(() => (this.#look += 1), STALE_LOOK_MS);
      return () => clearTimeout(timer);
    });
  }

  /** The overdue rows that the chosen stage leaves. */
  listed: OverdueRow[] = $derived.by(() => {
    const rows = this.overdue.value?.rows ?? [];
    return this.group === null ? rows : rows.filter((row) => row.group === this.group);
  });

  /** The overdue row in which the chosen case stands. */
  row: OverdueRow | null = $derived.by(() => {
    const rows = this.overdue.value?.rows ?? [];
    return rows.find((row) => this.chosen !== null && row.case_keys.includes(this.chosen)) ?? null;
  });

  /** The zone that is looked at, with its phases: lots are kept by phase. */
  family: string[] = $derived.by(() => {
    const phases = this.place.value?.related.phases ?? [];
    return this.zone === null ? [] : [this.zone, ...phases.map((phase) => String(phase["key"]))];
  });

  zoneRow: ZoneRow | null = $derived.by(
    () => this.zones.value?.rows.find((row) => row.key === this.zone) ?? null,
  );

  /** The case that is open, if the answer is about it: an older answer is not shown under a new name. */
  open: Case | null = $derived.by(() => {
    const value = this.one.value;
    return value && value.case.key === this.chosen ? value : null;
  });

  /** Where the map goes: to what was chosen last. */
  box: Box | null = $derived.by(() => this.row?.box ?? this.place.value?.bbox ?? null);

  go(change: Partial<ClearanceScreen>): void {
    this.#app.visit({ ...this.screen, ...change });
  }

  /** Look at one zone; at all of them when it is the one that is looked at. */
  turnToZone(key: string | null): void {
    this.go({ zone: key === this.zone ? null : key, case: null, open: false });
  }

  turnToGroup(group: Group): void {
    this.go({ group: group === this.group ? null : group });
  }

  choose(key: string | null, open = false): void {
    this.go({ case: key, open: key !== null && open });
  }
}

const KEY = Symbol("clearance");

export function provideBoard(app: App): Board {
  return setContext(KEY, new Board(app));
}

export function useBoard(): Board {
  return getContext<Board>(KEY);
}
