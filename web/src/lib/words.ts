/** Every word of the interface, from the one catalogue that the server reads too. */

import { ui as en, crs_reason as enReason, sheet_row as enRow } from "@words/en.json";
import { ui as vi, crs_reason as viReason, sheet_row as viRow } from "@words/vi.json";
import type { Lang, Words } from "@/api/types.ts";

export type Word = keyof typeof vi;
export type Facts = Record<string, string | number>;

const WORDS: Record<Lang, Record<string, string>> = { vi, en };

/** Words of codes that the server finds in files and leaves for us to say. */
const FOUND: Record<Section, Record<Lang, Record<string, string>>> = {
  crs_reason: { vi: viReason, en: enReason },
  sheet_row: { vi: viRow, en: enRow },
};
export type Section = "sheet_row" | "crs_reason";

/** The sentence of a code with its facts filled in. */
export function say(lang: Lang, word: Word, facts: Facts = {}): string {
  return fill(WORDS[lang][word] ?? word, facts);
}

/** The sentence of a code of another section; the code itself where nobody has words for it. */
export function sayOf(lang: Lang, section: Section, code: string, facts: Facts = {}): string {
  return fill(FOUND[section][lang][code] ?? code, facts);
}

function fill(sentence: string, facts: Facts): string {
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => String(facts[name] ?? whole));
}

/** Whether the catalogue has words for a code made at run time, such as that of a unit. */
export function known(word: string): word is Word {
  return word in vi;
}

/** The wording of bilingual data; Vietnamese stands in where there is no translation. */
export function told(lang: Lang, words: { vi: string; en: string | null } | Words): string {
  return words[lang] ?? words.vi;
}
