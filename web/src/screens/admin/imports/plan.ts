/** A plan and how a person changes it. Pure: each change gives another plan, and answers its question. */

import type { FoundLayer, MatchedBy, Plan, PlanQuestion, Target, TargetField } from "@/api/imports.ts";
import type { Value } from "@/api/types.ts";

export type Assigned = { heading: string; by: MatchedBy };

/** Field of the target to the heading it is read from, and how that was found. */
export function assigned(plan: Plan): Map<string, Assigned> {
  const evidence = plan.evidence.columns ?? [];
  const found = new Map<string, Assigned>();
  for (const [field, heading] of Object.entries(plan.mapping.columns ?? {})) {
    if (heading === null) continue;
    const why = evidence.find((one) => one.column === field && one.heading === heading);
    found.set(field, { heading, by: why?.by ?? "person" });
  }
  return found;
}

/** The field that a heading fills; null where it is not read. */
export function fieldOf(plan: Plan, heading: string): string | null {
  for (const [field, one] of assigned(plan)) if (one.heading === heading) return field;
  return null;
}

/** Read a heading into a field, or into none. Each has the other alone: what stood there before gives way. */
export function assign(plan: Plan, heading: string, field: TargetField | null, target: Target | null): Plan {
  const before = Object.entries(plan.mapping.columns ?? {});
  const kept = before.filter(([name, of]) => of !== heading && name !== field?.name);
  const freed = before.filter(([name, of]) => of === heading && name !== field?.name).map(([name]) => name);
  const { [field?.name ?? ""]: _, ...constants } = plan.mapping.constants ?? {};
  const columns = Object.fromEntries(field ? [...kept, [field.name, heading]] : kept);
  const asked = freed
    .map((name) => target?.fields.find((one) => one.name === name))
    .filter((one) => one?.required && one.name !== "key")
    .map((one): PlanQuestion => ({ code: MISSING, facts: { column: one?.name ?? "" } }));
  const changed = {
    ...plan,
    mapping: { ...plan.mapping, columns, constants, only: true },
    questions: [...plan.questions, ...asked],
  };
  return field ? filled(changed, field.name) : changed;
}

const MISSING = "column_missing";

/** Give every row one value of a field; null takes it back. */
export function constant(plan: Plan, field: TargetField, value: Value): Plan {
  const { [field.name]: _, ...others } = plan.mapping.constants ?? {};
  const none = value === null || value === "";
  const mapping = { ...plan.mapping, constants: none ? others : { ...others, [field.name]: value } };
  const changed = filled({ ...plan, mapping }, field.name);
  return none && field.required
    ? { ...changed, questions: [...changed.questions, { code: MISSING, facts: { column: field.name } }] }
    : changed;
}

function filled(plan: Plan, field: string): Plan {
  const still = plan.questions.filter((one) => one.code !== MISSING || one.facts["column"] !== field);
  return { ...plan, questions: still };
}

/** Required fields that nothing fills. */
export function missing(plan: Plan, target: Target | null): TargetField[] {
  const names = plan.questions.filter((one) => one.code === MISSING).map((one) => one.facts["column"]);
  return (target?.fields ?? []).filter((field) => names.includes(field.name));
}

/** How many headings of the file are read, of how many. */
export function read(plan: Plan, layer: FoundLayer | null): { read: number; of: number } {
  const used = new Set<string | null | undefined>([...assigned(plan).values()].map((one) => one.heading));
  for (const one of [plan.mapping.x, plan.mapping.y]) used.add(one);
  const names = (layer?.fields ?? []).map((field) => field.name);
  return { read: names.filter((name) => used.has(name)).length, of: names.length };
}

/** The mark of decimals that samples of a column can only have; null where they do not tell. */
export function decimalOf(samples: Value[]): "." | "," | null {
  const texts = samples.map((value) => String(value ?? "").trim());
  const comma = texts.some((text) => /^-?[\d.]*\d,(\d{1,2}|\d{4,})$/.test(text));
  const dot = texts.some((text) => /^-?[\d,]*\d\.(\d{1,2}|\d{4,})$/.test(text));
  return comma === dot ? null : comma ? "," : ".";
}

export function chooseCrs(plan: Plan, crs: string): Plan {
  return answered({ ...plan, crs }, "crs_unsure", "province_missing");
}

/** How numbers are written: with the mark of decimals goes the other one for thousands. */
export function decimalMark(plan: Plan, decimal: "." | ","): Plan {
  const mapping = { ...plan.mapping, decimal, thousands: decimal === "," ? "." : "," };
  return answered({ ...plan, mapping }, "numbers_unsure");
}

/** Without questions that have been answered. */
export function answered(plan: Plan, ...codes: string[]): Plan {
  return { ...plan, questions: plan.questions.filter((one) => !codes.includes(one.code)) };
}

export function asks(plan: Plan, code: string): boolean {
  return plan.questions.some((one) => one.code === code);
}

/** The text form of a reading of coordinates: a system, and how the file's numbers depart from it. */
export function reading(crs: string, options: { swapped: boolean; unshifted: boolean }): string {
  return `${crs}${options.swapped ? ";swapped" : ""}${options.unshifted ? ";shift=none" : ""}`;
}

/** "105°45′" of "VN-2000 TM-3 105°45′", else the whole name: what stands beside a place on a map. */
export function shortName(name: string): string {
  return /\d+°(\d+′)?/.exec(name)?.[0] ?? name;
}

/** What a column of coordinates holds: in a file whose axes are swapped the first is the northing. */
export function axisTitle(plan: Plan, axis: "x" | "y"): "imp_axis_x" | "imp_axis_y" {
  const swapped = plan.crs?.split(";").includes("swapped") ?? false;
  return (axis === "x") === swapped ? "imp_axis_y" : "imp_axis_x";
}
