/** The golden catalogue: `test_golden_catalogue.py` keeps it what the layers make. */

import { readFileSync } from "node:fs";
import type { Catalogue } from "@/api/types.ts";

const path = new URL("../golden/catalogue.json", import.meta.url);

export const catalogue = JSON.parse(readFileSync(path, "utf8")) as Catalogue;

export function layerOf(id: string) {
  const layer = catalogue.layers.find((one) => one.id === id);
  if (!layer) throw new Error(`no layer ${id}`);
  return layer;
}
