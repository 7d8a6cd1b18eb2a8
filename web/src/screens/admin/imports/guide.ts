/** The steps of a guided import: where one stands, which steps are open, what each says in a word. Pure. */

import type { FoundLayer, Import, ImportState, Plan } from "@/api/imports.ts";

export const STEPS = ["file", "crs", "columns", "check", "load", "report"] as const;
export type Step = (typeof STEPS)[number];
export type Standing = "done" | "now" | "open" | "closed";

/** Whether the state changes by itself: then it is worth looking again. */
export function working(state: ImportState): boolean {
  return state === "inspecting" || state === "previewing" || state === "loading";
}

/** Whether the plan may still be changed. */
export function changeable(state: ImportState): boolean {
  return state === "inspected" || state === "previewed" || state === "failed";
}

/** Whether the import came to an end: nothing of it can be done any more. */
export function over(state: ImportState): boolean {
  return state === "loaded" || state === "cancelled";
}

/** The layer of the file that the plan reads; the first where none is named. */
export function layerOf(run: Import, plan: Plan | null): FoundLayer | null {
  const layers = run.found?.layers ?? [];
  return layers.find((layer) => layer.name === plan?.layer_in_file) ?? layers[0] ?? null;
}

/** Whether coordinates play a part: the file has shapes, columns of coordinates, or a system was named. */
export function placed(run: Import, plan: Plan | null): boolean {
  const layer = layerOf(run, plan);
  if (layer === null || plan === null) return false;
  return layer.geometry_types.length > 0 || (plan.evidence.crs ?? []).length > 0 || Boolean(plan.mapping.x);
}

const STEP_OF: Record<string, Step> = {
  target_missing: "file",
  layer_choice: "file",
  encoding_unsure: "file",
  crs_unsure: "crs",
  province_missing: "crs",
};

/** Steps that still ask for something, in order. */
export function asking(plan: Plan | null): Step[] {
  if (plan === null) return ["file"];
  const of = new Set(plan.questions.map((question) => STEP_OF[question.code] ?? "columns"));
  return STEPS.filter((step) => of.has(step));
}

/** The step at which whoever comes back finds the import. */
export function usual(run: Import, plan: Plan | null): Step {
  switch (run.state) {
    case "receiving":
    case "inspecting":
      return "file";
    case "inspected":
      return asking(plan)[0] ?? "columns";
    case "previewing":
    case "previewed":
      return "check";
    case "loading":
      return "load";
    case "loaded":
      return "report";
    case "failed":
    case "cancelled":
      return run.preview ? "check" : plan && run.found ? (asking(plan)[0] ?? "columns") : "file";
    default:
      return run.state satisfies never;
  }
}

/** Which steps can be looked at. */
export function open(run: Import, plan: Plan | null): ReadonlySet<Step> {
  const steps: Step[] = ["file"];
  if (plan !== null && run.found !== null && !asking(plan).includes("file")) {
    if (placed(run, plan)) steps.push("crs");
    steps.push("columns");
  }
  if (run.preview !== null || run.state === "previewing") steps.push("check");
  if (run.state === "previewed" || run.state === "loading") steps.push("load");
  if (run.report !== null) steps.push("report");
  return new Set(steps);
}

export function standing(step: Step, now: Step, run: Import, plan: Plan | null): Standing {
  if (step === now) return "now";
  if (run.state === "loaded") return open(run, plan).has(step) || step === "load" ? "done" : "closed";
  if (!open(run, plan).has(step)) return "closed";
  const asks = asking(plan);
  const reached = Math.max(STEPS.indexOf(usual(run, plan)), STEPS.indexOf(now));
  const before = STEPS.indexOf(step) < reached;
  return !asks.includes(step) && (before || step !== "check") && step !== "load" ? "done" : "open";
}

/** The step after another, of those that play a part. */
export function next(step: Step, run: Import, plan: Plan | null): Step {
  const on = STEPS[STEPS.indexOf(step) + 1] ?? step;
  return on === "crs" && !placed(run, plan) ? "columns" : on;
}

/** The step before another, of those that play a part. */
export function previous(step: Step, run: Import, plan: Plan | null): Step {
  const back = STEPS[Math.max(0, STEPS.indexOf(step) - 1)] ?? step;
  return back === "crs" && !placed(run, plan) ? "file" : back;
}
