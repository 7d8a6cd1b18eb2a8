/** Accounts, which the administrator makes and keeps. */

import { ask, send } from "./client.ts";

export const ROLES = ["planner", "land_officer", "approver", "administrator"] as const;
export type Role = (typeof ROLES)[number];
/** Roles that work for units. */
export const TERRITORIAL: readonly Role[] = ["land_officer", "approver"];

export type AccountRow = {
  id: number;
  name: string;
  full_name: string;
  role: Role;
  disabled: boolean;
  units: { key: string; name: string | null; valid_from: string; valid_to: string | null }[];
};
/** `token` is told once: by it the person sets a password. */
export type Made = { account: AccountRow; token: string | null };

export type UnitWish = { key: string; valid_from?: string; valid_to?: string | null };

export const accounts = {
  list: (signal: AbortSignal) => ask<{ accounts: AccountRow[] }>("/accounts", { signal }),
  make: (said: { name: string; full_name: string; role: Role; units: UnitWish[] }, csrf: string | null) =>
    send<Made>("POST", "/accounts", said, csrf),
  change: (
    id: number,
    said: { role?: Role; disabled?: boolean; units?: UnitWish[]; password_token?: boolean },
    csrf: string | null,
  ) => send<Made>("PATCH", `/accounts/${id}`, said, csrf),
};
