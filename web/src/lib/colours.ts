/** The one palette: `@…` as the catalogue resolves it, `--…` as the page's tokens do. */

import type { Catalogue } from "@/api/types.ts";

export type Colour = (token: string) => string;

export function colours(catalogue: Catalogue): Colour {
  const page = getComputedStyle(document.documentElement);
  return (token) =>
    (token.startsWith("--") ? page.getPropertyValue(token).trim() : catalogue.palette[token]) || "#000000";
}
