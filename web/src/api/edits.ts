/** Editing on the card: what may be changed, the change, and what was changed before. */

import { ask, enc, send } from "./client.ts";
import type { Value } from "./types.ts";

export type Edit = {
  revision: string;
  /** Per field what was there before and what came. */
  changes: Record<string, [unknown, unknown]>;
  reason: string;
  edited_by: string;
  edited_at: string;
};

export type Editable = {
  layer: string;
  key: string;
  revision: string;
  values: Record<string, Value>;
  edits: Edit[];
};

export type Change = { changes?: Record<string, Value>; geom?: GeoJSON.Geometry; reason: string };

/** By field: what I wanted, and what somebody else has stored. */
export type Differs = Record<string, [mine: Value, stored: Value]>;

const at = (layer: string, key: string) => `/edits/${enc(layer)}/${enc(key)}`;

export const edits = {
  read: (layer: string, key: string, signal?: AbortSignal) =>
    ask<Editable>(at(layer, key), signal ? { signal } : {}),
  save: (layer: string, key: string, change: Change, revision: string, csrf: string | null) =>
    send<Editable>("POST", at(layer, key), change, csrf, undefined, revision),
};
