/** A long list that comes page by page: only what is in sight is asked for. */

import { untrack } from "svelte";
import type { Problem } from "@/api/client.ts";
import { asProblem } from "./resource.svelte.ts";

export type Page<T> = { total: number; rows: T[] };
export type Ask<T> = (offset: number, limit: number) => Promise<Page<T>>;

const PAGE = 100;

export class Pages<T> {
  total = $state<number | null>(null);
  problem = $state.raw<Problem | null>(null);
  /** Grows when another list is asked for: what shows it begins at the top. */
  turn = $state(0);
  #pages = $state.raw(new Map<number, T[]>());
  #asked = new Set<number>();
  #ask: Ask<T> | null = null;

  /** `question` is read inside an effect: whatever state it reads begins the list anew. */
  constructor(question: () => Ask<T> | null) {
    $effect(() => {
      this.#ask = question();
      untrack(() => {
        this.turn += 1;
        this.#pages = new Map();
        this.#asked.clear();
        this.total = null;
        this.problem = null;
        void this.#load(0);
      });
    });
  }

  row(index: number): T | null {
    return this.#pages.get(Math.floor(index / PAGE))?.[index % PAGE] ?? null;
  }

  /** Ask for the pages of rows `from` to `to`. */
  want(from: number, to: number): void {
    if (this.total === null) return;
    for (const page of new Set([Math.floor(from / PAGE), Math.floor(Math.max(from, to - 1) / PAGE)]))
      void this.#load(page);
  }

  /** Index of the first row that passes, asking for one page after the other; null when none does. */
  async find(passes: (row: T) => boolean, most = 60): Promise<number | null> {
    const mine = this.turn;
    for (let page = 0; page < most; page += 1) {
      if (this.total !== null && page * PAGE >= this.total) return null;
      await this.#load(page);
      if (mine !== this.turn) return null;
      const at = this.#pages.get(page)?.findIndex(passes) ?? -1;
      if (at >= 0) return page * PAGE + at;
    }
    return null;
  }

  async #load(page: number): Promise<void> {
    if (this.#ask === null || this.#asked.has(page)) return;
    this.#asked.add(page);
    const mine = this.turn;
    try {
      const answer = await this.#ask(page * PAGE, PAGE);
      if (mine !== this.turn) return;
      this.total = answer.total;
      this.#pages = new Map(this.#pages).set(page, answer.rows);
    } catch (fault) {
      if (mine === this.turn) this.problem = asProblem(fault);
    }
  }
}
