/** What the tables of a case show of each record, in which order and in which form. */

import type { Lang, Row, Value } from "@/api/types.ts";
import { day, hectares, number } from "@/lib/format.ts";
import { known, say, type Word } from "@/lib/words.ts";

export type Form = "text" | "code" | "day" | "ha" | "vnd" | "count" | "agrees";
export type Field = { name: string; word: Word; form: Form };

const field = (name: string, form: Form = "text"): Field => ({ name, word: `gp_col_${name}` as Word, form });

export const FIELDS = {
  people: [field("role", "code"), field("name"), field("id_number"), field("phone"), field("address")],
  takes: [field("parcel_key"), field("whole", "code"), field("area_ha", "ha"), field("residual_ha", "ha"), field("state_managed", "code")],
  assets: [field("kind", "code"), field("description"), field("quantity", "count"), field("unit"), field("inventoried_on", "day")],
  valuations: [field("kind", "code"), field("description"), field("quantity", "count"), field("unit"), field("unit_price_vnd", "vnd"), field("amount_vnd", "vnd")],
  payees: [field("name"), field("decision_number"), field("approved_on", "day"), field("approved_vnd", "vnd"), field("paid_vnd", "vnd")],
  payments: [field("paid_on", "day"), field("voucher"), field("amount_vnd", "vnd")],
  resettlements: [field("households", "count"), field("place"), field("plot"), field("decision_number"), field("allocated_on", "day"), field("moved_on", "day")],
  documents: [field("kind", "code"), field("number"), field("issued_on", "day"), field("issuer")],
  contacts: [field("held_on", "day"), field("kind", "code"), field("by_whom"), field("outcome"), field("agrees", "agrees")],
  complaints: [field("filed_on", "day"), field("subject"), field("office"), field("answered_on", "day"), field("outcome")],
  blockers: [field("code", "code"), field("since", "day"), field("until", "day"), field("office"), field("note")],
} as const satisfies Record<string, readonly Field[]>; // biome-ignore format: a table
export type Records = keyof typeof FIELDS;

/** What a record says in a field; null where nothing is known. */
export function written(records: Records, one: Field, row: Row, lang: Lang): string | null {
  const value: Value | undefined = row[one.name];
  if (value === null || value === undefined || value === "") return null;
  switch (one.form) {
    case "day":
      return day(String(value), lang);
    case "ha":
      return hectares(Number(value), lang);
    case "vnd":
      return number(Number(value), 0, lang);
    case "count":
      return number(Number(value), Number.isInteger(Number(value)) ? 0 : 2, lang);
    case "agrees":
      return say(lang, value === true ? "gp_agrees" : "gp_disagrees");
    case "code":
      return coded(records, one.name, row, lang);
    case "text":
      return String(value);
    default:
      return one.form satisfies never;
  }
}

/** Words of a code: those that the server sent with it, else ours, else the code itself. */
function coded(records: Records, name: string, row: Row, lang: Lang): string {
  const value = row[name];
  if (typeof value === "boolean") return say(lang, value ? "yes" : "no");
  const title = (row as Record<string, unknown>)["title"];
  if (title !== null && typeof title === "object" && "vi" in title) {
    const words = title as { vi: string; en: string | null };
    return words[lang] ?? words.vi;
  }
  const word = `gp_code_${records}_${value}`;
  return known(word) ? say(lang, word) : String(value);
}

/** Sum of a column of money. */
export function total_vnd(rows: Row[], name: string): number {
  return rows.reduce((sum, row) => sum + Number(row[name] ?? 0), 0);
}
