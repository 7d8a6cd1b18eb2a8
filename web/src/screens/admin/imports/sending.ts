/** Files on their way to the server. */

import type { Problem } from "@/api/client.ts";

export type Sending = {
  id: string | null;
  files: { name: string; size: number; ratio: number }[];
  problem: null | { type: "too_large" } | { type: "empty" } | { type: "server"; problem: Problem };
};

/** Why files are not sent at all; null when they may be. */
export function tooLarge(files: { size: number }[], limit_bytes: number): "too_large" | "empty" | null {
  if (files.length === 0 || files.some((file) => file.size === 0)) return "empty";
  return files.reduce((sum, file) => sum + file.size, 0) > limit_bytes ? "too_large" : null;
}
