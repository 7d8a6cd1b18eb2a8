/** An answer that follows its question: asks again when the question changes, and drops late answers. */

import { Problem } from "@/api/client.ts";

export type Load<T> =
  | { type: "idle" }
  | { type: "loading"; last: T | null }
  | { type: "ready"; value: T }
  | { type: "failed"; problem: Problem };

export type Question<T> = ((signal: AbortSignal) => Promise<T>) | null;

export class Resource<T> {
  state = $state.raw<Load<T>>({ type: "idle" });

  /** `question` is read inside an effect: whatever state it reads makes it ask again. */
  constructor(question: () => Question<T>) {
    $effect(() => {
      const ask = question();
      if (ask === null) {
        this.state = { type: "idle" };
        return;
      }
      const control = new AbortController();
      this.state = { type: "loading", last: this.#last };
      ask(control.signal).then(
        (value) => {
          if (control.signal.aborted) return;
          this.#last = value;
          this.state = { type: "ready", value };
        },
        (fault: unknown) => {
          if (control.signal.aborted) return;
          this.state = { type: "failed", problem: asProblem(fault) };
        },
      );
      return () => control.abort();
    });
  }

  #last: T | null = null;

  /** The latest answer there was, whatever happened since: for what must not vanish when one question fails. */
  get latest(): T | null {
    return this.value ?? this.#last;
  }

  /** The answer, or while the next one is awaited the one before. */
  get value(): T | null {
    switch (this.state.type) {
      case "ready":
        return this.state.value;
      case "loading":
        return this.state.last;
      case "idle":
      case "failed":
        return null;
      default:
        return this.state satisfies never;
    }
  }

  get problem(): Problem | null {
    return this.state.type === "failed" ? this.state.problem : null;
  }

  get loading(): boolean {
    return this.state.type === "loading";
  }
}

export function asProblem(fault: unknown): Problem {
  return fault instanceof Problem ? fault : new Problem("page_failed", 0, null);
}
