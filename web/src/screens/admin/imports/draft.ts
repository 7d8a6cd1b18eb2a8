/** A plan that was changed and not yet sent: it waits in the browser's tab, for the run as it was then. */

import type { Import, Plan } from "@/api/imports.ts";

const name = (id: string) => `didoi.plan.${id}`;

export function keep(run: Import, plan: Plan): void {
  try {
    sessionStorage.setItem(name(run.id), JSON.stringify({ at: run.updated_at, plan }));
  } catch {
    // Without storage the change lives as long as the page.
  }
}

export function kept(run: Import): Plan | null {
  try {
    const said = JSON.parse(sessionStorage.getItem(name(run.id)) ?? "null") as {
      at: string;
      plan: Plan;
    } | null;
    return said?.at === run.updated_at ? said.plan : null;
  } catch {
    return null;
  }
}

export function forget(id: string): void {
  try {
    sessionStorage.removeItem(name(id));
  } catch {
    // As above.
  }
}
