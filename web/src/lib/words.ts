/** Every word of the interface, from the one catalogue that the server reads too. */

import { ui as en } from "@words/en.json";
import { ui as vi } from "@words/vi.json";
import type { Lang, Words } from "@/api/types.ts";

export type Word = keyof typeof vi;
export type Facts = Record<string, string | number>;

const WORDS: Record<Lang, Record<string, string>> = { vi, en };

/** The sentence of a code with its facts filled in. */
export function say(lang: Lang, word: Word, facts: Facts = {}): string {
  const sentence = WORDS[lang][word] ?? word;
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
