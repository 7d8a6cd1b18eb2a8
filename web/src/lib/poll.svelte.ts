/** An answer that is asked for again while work goes on, at growing intervals, and at once after a write. */

import type { Problem } from "@/api/client.ts";
import { asProblem, type Question } from "./resource.svelte.ts";

const FIRST_MS = 350;
const LONGEST_MS = 4000;

/** Milliseconds until the next look, after `still` looks that saw nothing new. */
export function pause_ms(still: number): number {
  return Math.min(LONGEST_MS, Math.round(FIRST_MS * 1.5 ** still));
}

export class Poll<T> {
  /** The latest answer; it stays while the server cannot be reached. */
  value = $state.raw<T | null>(null);
  problem = $state.raw<Problem | null>(null);
  #ask: Question<T> = null;
  #busy: (value: T) => boolean;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #control: AbortController | null = null;
  #still = 0;
  #seen = "";

  /** `question` is read inside an effect; `busy` says whether an answer will change by itself. */
  constructor(question: () => Question<T>, busy: (value: T) => boolean) {
    this.#busy = busy;
    $effect(() => {
      this.#ask = question();
      this.value = null;
      this.problem = null;
      this.#seen = "";
      void this.#look();
      return () => {
        clearTimeout(this.#timer);
        this.#control?.abort();
        this.#ask = null;
      };
    });
  }

  /** What a write answered counts as the latest look. */
  take(value: T): void {
    this.#control?.abort();
    this.#see(value);
  }

  again(): void {
    clearTimeout(this.#timer);
    void this.#look();
  }

  async #look(): Promise<void> {
    if (this.#ask === null) return;
    this.#control?.abort();
    const control = new AbortController();
    this.#control = control;
    try {
      const value = await this.#ask(control.signal);
      if (!control.signal.aborted) this.#see(value);
    } catch (fault) {
      if (control.signal.aborted) return;
      this.problem = asProblem(fault);
      // A server that starts again is found again; what it refuses is not asked twice.
      if (this.problem.status === 0 || this.problem.status >= 500) this.#wait();
    }
  }

  #see(value: T): void {
    const text = JSON.stringify(value);
    this.#still = text === this.#seen ? this.#still + 1 : 0;
    if (text !== this.#seen) this.value = value;
    this.#seen = text;
    this.problem = null;
    clearTimeout(this.#timer);
    if (this.#busy(value)) this.#wait();
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), pause_ms(this.#still));
    this.#still += 1;
  }
}
