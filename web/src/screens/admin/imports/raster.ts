/** What a person says of a raster, and what is still open. Pure: each change gives another plan. */

import type { CoverageClass, CoverageSaid, FoundRaster, Plan, PlanQuestion } from "@/api/imports.ts";
import type { Lang } from "@/api/types.ts";
import { number } from "@/lib/format.ts";

const NOTHING: CoverageSaid = {
  kind: null,
  title_vi: null,
  title_en: null,
  unit: null,
  band: null,
  nodata: null,
  classes: null,
  flooded_from_m: null,
  source: null,
  licence: null,
};

export function coverageOf(plan: Plan): CoverageSaid {
  return { ...NOTHING, ...plan.coverage };
}

/** The plan with something else said of its raster; what is open follows from what is said. */
export function describe(plan: Plan, raster: FoundRaster, said: Partial<CoverageSaid>): Plan {
  const coverage = { ...coverageOf(plan), ...said };
  const changed = { ...plan, coverage };
  return { ...changed, questions: questions(changed, raster) };
}

/** The plan in another system; null takes that of the file. */
export function placeIn(plan: Plan, raster: FoundRaster, crs: string | null): Plan {
  return describe({ ...plan, crs }, raster, {});
}

/** As `layers.ingest.rasters` asks. */
export function questions(plan: Plan, raster: FoundRaster): PlanQuestion[] {
  const said = coverageOf(plan);
  const asked: PlanQuestion[] = [];
  const missing = (["kind", "title_vi"] as const).filter((name) => !said[name]?.trim());
  if (missing.length > 0) asked.push({ code: "coverage_unsaid", facts: { missing: missing.join(", ") } });
  if (plan.crs === null && raster.crs === null) asked.push({ code: "raster_crs_missing", facts: {} });
  if (raster.suspicious !== null && said.nodata === null)
    asked.push({ code: "nodata_unsure", facts: { value: raster.suspicious } });
  if (said.kind === "land_cover") {
    const open = unnamed(said, raster);
    if (open.length > 0 || raster.classes === null)
      asked.push({ code: "classes_unsaid", facts: { values: open.join(", ") } });
  }
  return asked;
}

/** Values that are classes: all but the one that means "nothing known". */
export function classesOf(said: CoverageSaid, raster: FoundRaster): CoverageClass[] {
  const values = (raster.classes ?? []).filter((value) => value !== said.nodata);
  return values.map(
    (value) =>
      said.classes?.find((one) => one.value === value) ?? { value, title_vi: "", title_en: "", color: "" },
  );
}

/** Values without words or colour. */
export function unnamed(said: CoverageSaid, raster: FoundRaster): number[] {
  return classesOf(said, raster)
    .filter((one) => !one.title_vi.trim() || !/^#[0-9a-f]{6}$/i.test(one.color))
    .map((one) => one.value);
}

/** The classes with one of them said otherwise. */
export function nameClass(
  said: CoverageSaid,
  raster: FoundRaster,
  value: number,
  change: Partial<CoverageClass>,
): CoverageClass[] {
  const all = said.classes?.length ? said.classes : classesOf(said, raster);
  return all.map((one) => (one.value === value ? { ...one, ...change } : one));
}

/** A value of a raster: whole ones without decimals, those beyond a billion as "-3.40e+38". */
export function figure(value: number, digits: number, lang: Lang): string {
  if (Math.abs(value) >= 1e9) return value.toExponential(2);
  return number(value, Number.isInteger(value) ? 0 : digits, lang);
}
