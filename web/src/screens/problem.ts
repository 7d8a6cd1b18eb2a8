/** What went wrong, in the reader's language and with the next step. */

import type { Problem } from "@/api/client.ts";
import { known } from "@/lib/words.ts";
import type { App } from "@/state/app.svelte.ts";

export function problemText(app: App, problem: Problem): string {
  if (problem.words) return app.told(problem.words);
  const word = `failed_${problem.code}`;
  return app.t(known(word) ? word : "failed_page_failed");
}
