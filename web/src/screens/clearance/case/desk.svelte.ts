/** What is being written into the open case. */

import { getContext, setContext } from "svelte";
import type { Case } from "@/api/clearance.ts";
import type { Task } from "./tasks.ts";

export class Desk {
  readonly #one: () => Case | null;
  task = $state.raw<Task | null>(null);
  may = $derived.by(() => this.#one()?.may.edit === true);

  constructor(one: () => Case | null) {
    this.#one = one;
  }

  begin(task: Task): void {
    this.task = task;
  }

  end(): void {
    this.task = null;
  }
}

const KEY = Symbol("desk");

export function provideDesk(one: () => Case | null): Desk {
  return setContext(KEY, new Desk(one));
}

export function useDesk(): Desk {
  return getContext<Desk>(KEY);
}
