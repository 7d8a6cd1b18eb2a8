/** How numbers, dates and values look: 1.234,5 ha and 30/09/2025, or 1,234.5 ha and 30 Sep 2025. */

import type { Column, Lang, Value } from "@/api/types.ts";
import { known, say, told } from "./words.ts";

const LOCALE: Record<Lang, string> = { vi: "vi-VN", en: "en-GB" };
const cache = new Map<string, Intl.NumberFormat>();

/** A number with a fixed count of decimals; the minus is a true minus sign. */
export function number(value: number, decimals: number, lang: Lang): string {
  const key = `${lang}${decimals}`;
  let format = cache.get(key);
  if (!format) {
    format = new Intl.NumberFormat(LOCALE[lang], {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
      // Vietnamese leaves "1000" ungrouped by default; offices write 1.000.
      useGrouping: "always",
    });
    cache.set(key, format);
  }
  return format.format(value === 0 ? 0 : value).replace("-", "−");
}

/** Hectares with one decimal, small plots with two. */
export function hectares(value: number, lang: Lang): string {
  return number(value, value !== 0 && Math.abs(value) < 1 ? 2 : 1, lang);
}

export function kilometres(distance_m: number, lang: Lang): string {
  return `${number(distance_m / 1000, 1, lang)} km`;
}

/** Metres below a kilometre, else kilometres. */
export function distance(distance_m: number, lang: Lang): string {
  return distance_m < 1000
    ? `${number(distance_m, distance_m < 10 ? 1 : 0, lang)} m`
    : kilometres(distance_m, lang);
}

/** Size of a file: "812 kB", "12,4 MB". */
export function bytes(size: number, lang: Lang): string {
  if (size < 1e6) return `${number(size === 0 ? 0 : Math.max(1, size / 1e3), 0, lang)} kB`;
  return `${number(size / 1e6, size < 1e8 ? 1 : 0, lang)} MB`;
}

/** Day and time of a time stamp, in the reader's own time zone. */
export function moment(iso: string, lang: Lang): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  const two = (value: number) => String(value).padStart(2, "0");
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day(date, lang)} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

export function percent(ratio: number, lang: Lang): string {
  return `${number(ratio * 100, 1, lang)} %`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** A date or the date of a time stamp, from ISO text. Text that is no date comes back as it is. */
export function day(iso: string, lang: Lang): string {
  const parts = /^(\d{4})-(\d{2})-(\d{2})/.exec(iso);
  if (!parts) return iso;
  const [, year, month, dayOfMonth] = parts;
  if (lang === "vi") return `${dayOfMonth}/${month}/${year}`;
  return `${Number(dayOfMonth)} ${MONTHS[Number(month) - 1] ?? month} ${year}`;
}

/** ISO date of what a person typed: 30/09/2025, 30-9-2025 or 2025-09-30; null when it is no date. */
export function parseDay(text: string): string | null {
  const local = /^\s*(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\s*$/.exec(text);
  const iso = local ? `${local[3]}-${local[2]?.padStart(2, "0")}-${local[1]?.padStart(2, "0")}` : text.trim();
  if (!/^\d{4}-\d{2}-\d{2}$/.test(iso)) return null;
  const date = new Date(`${iso}T00:00:00Z`);
  return Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== iso ? null : iso;
}

/** A number that a person typed in either language's form: "1.234,5", "1,234.5" or "3". Null when it is none. */
export function parseNumber(text: string, lang: Lang): number | null {
  const [thousands, decimal] = lang === "vi" ? [".", ","] : [",", "."];
  const bare = text.trim().replace(/\s/g, "");
  // "3.5" typed in Vietnamese is no thousand: a separator of thousands stands before exactly three digits.
  const grouped = new RegExp(`^\\d{1,3}(\\${thousands}\\d{3})+(\\${decimal}\\d+)?$`).test(bare);
  const plain = grouped ? bare.split(thousands).join("").replace(decimal, ".") : bare.replace(",", ".");
  return /^\d+(\.\d+)?$/.test(plain) ? Number(plain) : null;
}

/** Word of a unit, "" for plain counts. */
export function unit(name: string | null, lang: Lang): string {
  if (name === null || name === "count") return "";
  const word = `unit_${name}`;
  return known(word) ? say(lang, word) : name;
}

const DECIMALS: Record<string, number> = { m: 0, m2: 1, km2: 2, kmh: 0, m3_day: 0, usd_m2_term: 0, count: 0 };

export type Shown = { text: string; unit: string };

/**
 * A value of a column as people read it; null when there is no data, which is never shown as zero.
 * Codes and lists of codes are told in words.
 */
export function shown(column: Column, value: Value | undefined, lang: Lang): Shown | null {
  if (value === null || value === undefined || value === "") return null;
  if (Array.isArray(value)) {
    if (value.length === 0) return null;
    return { text: value.map((item) => codeTitle(column, item, lang)).join(", "), unit: "" };
  }
  if (typeof value === "boolean") return { text: say(lang, value ? "yes" : "no"), unit: "" };
  if (typeof value === "number") return { text: figure(value, column, lang), unit: unit(column.unit, lang) };
  if (column.type === "date") return { text: day(value, lang), unit: "" };
  return { text: codeTitle(column, value, lang), unit: "" };
}

function figure(value: number, column: Column, lang: Lang): string {
  if (column.unit === "ha") return hectares(value, lang);
  if (column.unit === "ratio") return number(value * 100, 1, lang);
  const decimals = column.type === "integer" ? 0 : (DECIMALS[column.unit ?? ""] ?? 1);
  return number(value, decimals, lang);
}

/** Words of one coded value; the value itself where the column has no codes. */
export function codeTitle(column: Column, value: Value, lang: Lang): string {
  const code = column.codes?.find((item) => item.value === value);
  return code ? told(lang, code.title) : String(value);
}

/** Whether a value of this column is data (a name, a document number) rather than words of the interface. */
export function isData(column: Column): boolean {
  return column.codes === null && (column.type === "text" || column.type === "list");
}
