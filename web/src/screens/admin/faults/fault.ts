/** What a fault says of itself. */

import type { Row, Value } from "@/api/types.ts";
import type { IconName } from "@/lib/Icon.svelte";
import type { App } from "@/state/app.svelte.ts";

export const FAULTS = "faults";

/** Severity as a shape and a tone; its word stands beside it. */
export const LOOK: Record<string, { tone: "bad" | "warn" | "sec"; icon: IconName }> = {
  error: { tone: "bad", icon: "close" },
  warning: { tone: "warn", icon: "alert" },
  info: { tone: "sec", icon: "info" },
};

export function messageOf(app: App, row: Row): string {
  const words = row[`message_${app.lang}`] ?? row["message_vi"];
  return typeof words === "string" ? words : "";
}

export function layerTitle(app: App, id: Value | undefined): string {
  const layer = app.layer(typeof id === "string" ? id : null);
  return layer ? app.told(layer.title) : String(id ?? "");
}
