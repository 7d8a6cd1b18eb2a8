import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ui as en } from "@words/en.json";
import { ui as vi } from "@words/vi.json";
import { parse } from "svelte/compiler";
import { expect, test } from "vitest";

const SRC = fileURLToPath(new URL("../../web/src/", import.meta.url));
const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((name) =>
  /\.(svelte|ts)$/.test(name),
);
const text = new Map(files.map((name) => [name, readFileSync(SRC + name, "utf8")]));

test("both languages have the same words", () => {
  expect(Object.keys(en).sort()).toEqual(Object.keys(vi).sort());
});

test("both languages name the same facts", () => {
  const facts = (sentence: string) => [...new Set(sentence.match(/\{\w+\}/g) ?? [])].sort();
  const differ = Object.keys(vi).filter(
    (word) => String(facts(vi[word as keyof typeof vi])) !== String(facts(en[word as keyof typeof en])),
  );
  expect(differ).toEqual([]);
});

test("English words hold no Vietnamese letters but in what people type or read as Vietnamese", () => {
  const marked = Object.entries(en).filter(([, sentence]) =>
    /[ăâđêôơưà-ỹ]/i.test(sentence.replace(/“[^”]*”/g, "")),
  );
  expect(marked).toEqual([]);
});

test("every word is used", () => {
  const all = [...text.values()].join("\n");
  // Words made at run time: of a unit, a tab, a gate, a relation …
  const made =
    /^(unit|ras_kind|ras_title|by_unit|untold|level|place|tab|gate|rel|verdict|target|basis|fall|failed|table|working|towards|reading|imp_(state|step|verdict|by|count|kind)|admin|role|rep_scope|duty|bulk_(kind|state|verdict)|pair|cert|gp_(stage|of|measure|total|rag|step|law|tab|records|col|code))_/;
  const idle = Object.keys(vi).filter((word) => !made.test(word) && !all.includes(`"${word}"`));
  expect(idle).toEqual([]);
});

type Node = { type: string; [key: string]: unknown };

/** Text that a person would read and attributes that a person would hear, written into a template. */
function literals(node: unknown, found: string[] = []): string[] {
  if (Array.isArray(node)) for (const one of node) literals(one, found);
  else if (node !== null && typeof node === "object") {
    const { type, name, data, value } = node as Node;
    if (type === "StyleDirective" || type === "ClassDirective") return found;
    if (type === "Text" && typeof data === "string") found.push(data);
    const told = typeof name === "string" && /^(aria-label|title|placeholder|alt|label)$/.test(name);
    if (type === "Attribute" && !told) {
      for (const one of Array.isArray(value) ? value : [value])
        if ((one as Node)?.type !== "Text") literals(one, found);
    } else for (const [key, one] of Object.entries(node)) if (key !== "parent") literals(one, found);
  }
  return found;
}

// Names and signs that are the same in both languages.
const SAME = new Set([
  "Didoi",
  "VI",
  "EN",
  "A",
  "B",
  "PDF",
  "CSV",
  "XLSX",
  "P10",
  "P50",
  "P90",
  "P10–P90",
  "WGS 84",
  "km",
  "m",
  "ha",
  "Tiếng Việt",
  "English",
  "./run demo load",
  "./run import zones kcn.gpkg",
]);

test.each(files.filter((name) => name.endsWith(".svelte")))("%s writes no words of its own", (name) => {
  const { fragment } = parse(text.get(name) ?? "", { modern: true });
  const written = literals(fragment).map((one) => one.replace(/^[\s·]+|[\s·]+$/g, ""));
  expect(written.filter((one) => /\p{Letter}/u.test(one) && !SAME.has(one))).toEqual([]);
});
