/** What a person types into the fields of a feature, and what is sent of it. */

import type { Column, Lang, Value } from "@/api/types.ts";
import { day, parseDay, parseNumber } from "@/lib/format.ts";

/** A list is written with semicolons: its items hold commas. */
const BETWEEN = "; ";

export type Typed = { ok: true; value: Value } | { ok: false };

/** A stored value as it stands in its field. */
export function asTyped(column: Column, value: Value | undefined, lang: Lang): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.join(BETWEEN);
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value === "number") {
    const shown = column.unit === "ratio" ? Number((value * 100).toPrecision(12)) : value;
    return lang === "vi" ? String(shown).replace(".", ",") : String(shown);
  }
  // An English date in words is no date that a person types.
  return column.type === "date" && lang === "vi" ? day(value, lang) : value;
}

/** What a field says; empty is "not known". */
export function fromTyped(column: Column, typed: string, lang: Lang): Typed {
  const text = typed.trim();
  if (text === "") return { ok: true, value: null };
  switch (column.type) {
    case "number":
    case "integer": {
      const number = parseNumber(text, lang);
      if (number === null || !Number.isFinite(number)) return { ok: false };
      return { ok: true, value: column.unit === "ratio" ? number / 100 : number };
    }
    case "boolean":
      return { ok: true, value: text === "true" };
    case "date": {
      const found = parseDay(text);
      return found === null ? { ok: false } : { ok: true, value: found };
    }
    case "list": {
      const items = text.split(";").map((item) => item.trim());
      return { ok: true, value: items.filter((item) => item !== "") };
    }
    case "text":
      return { ok: true, value: text };
    default:
      return column.type satisfies never;
  }
}

/** Values that differ from what is stored, by column; null where one cannot be read. */
export function changed(
  columns: readonly Column[],
  stored: Record<string, Value>,
  typed: Record<string, string>,
  lang: Lang,
): { values: Record<string, Value>; wrong: string[] } {
  const values: Record<string, Value> = {};
  const wrong: string[] = [];
  for (const column of columns) {
    const text = typed[column.name] ?? "";
    if (text === asTyped(column, stored[column.name], lang)) continue;
    const read = fromTyped(column, text, lang);
    if (read.ok) values[column.name] = read.value;
    else wrong.push(column.name);
  }
  return { values, wrong };
}
