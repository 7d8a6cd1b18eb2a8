/** The guided import as the server keeps it: a file, what was found in it, a plan, a preview, a report. */

import type { Facts } from "@/lib/words.ts";
import { ask, enc, send, upload } from "./client.ts";
import type { CoverageKind } from "./coverages.ts";
import type { Box, Code, Value, Words } from "./types.ts";

export type ImportState =
  | "receiving"
  | "inspecting"
  | "inspected"
  | "previewing"
  | "previewed"
  | "loading"
  | "loaded"
  | "failed"
  | "cancelled";

export type Reason = { code: string; facts: Facts };

/** One way to read the numbers of a file; `moved_m` is how far from the best one it puts the data. */
export type CrsCandidate = {
  crs: string;
  name: string;
  confidence: number;
  reasons: Reason[];
  moved_m: number;
  moved_towards: string | null;
  box: Box | null;
};

export type EncodingCandidate = { encoding: string; confidence: number; before: string; after: string };

export type FoundLayer = {
  name: string;
  rows: number;
  geometry_types: string[];
  fields: { name: string; type: string; samples: Value[] }[];
  crs: string | null;
  crs_text: string | null;
  encoding: { declared: string | null; used: string; candidates: EncodingCandidate[] } | null;
  bounds: Box | null;
  table: {
    heading_rows: number[];
    first_row: number;
    last_row: number;
    skipped: { row: number; why: string }[];
  } | null;
};
/** What the cells of a raster hold; figures are of an even sample where there are many. */
export type FoundRaster = {
  width: number;
  height: number;
  bands: number;
  band: number;
  dtype: string;
  crs: string | null;
  crs_text: string | null;
  /** Longitude and latitude; null where the system is not known. */
  box: Box | null;
  cell: [number, number];
  nodata: number | null;
  unit: string | null;
  min: number | null;
  max: number | null;
  /** Distinct whole values, few enough to be classes. */
  classes: number[] | null;
  /** A value that files often use for "nothing known", which this one does not declare. */
  suspicious: number | null;
  known_share: number;
  /** Likeliest first. */
  kinds: CoverageKind[];
};
export type Found = { kind: string; layers: FoundLayer[]; raster?: FoundRaster };

/** How the file's headings and values are read; as `layers.ingest.mapping` says. */
export type Mapping = {
  /** Field to heading; null where no heading fills it. */
  columns?: Record<string, string | null>;
  /** Whether `columns`, `x` and `y` name all that is read. */
  only?: boolean;
  constants?: Record<string, Value>;
  text?: Record<string, string | string[]>;
  values?: Record<string, Record<string, unknown>>;
  key?: unknown;
  decimal?: string;
  thousands?: string;
  date_format?: string;
  x?: string | null;
  y?: string | null;
  [other: string]: unknown;
};

export type MatchedBy = "alias" | "remembered" | "person" | "mapping";
export type MatchedColumn = { column: string; heading: string; by: MatchedBy; title: Words };
export type PlanQuestion = { code: string; facts: Facts };

export type CoverageClass = { value: number; title_vi: string; title_en: string; color: string };

/** What a person says of a raster. */
export type CoverageSaid = {
  kind: CoverageKind | null;
  title_vi: string | null;
  title_en: string | null;
  unit: string | null;
  band: number | null;
  /** "none" where every value is a measurement; null leaves it to the file. */
  nodata: number | "none" | null;
  classes: CoverageClass[] | null;
  flooded_from_m: number | null;
  source: string | null;
  licence: string | null;
};

export type Plan = {
  version: number;
  target: string | null;
  file: { name: string; sha256: string; size_bytes: number };
  layer_in_file: string | null;
  encoding: string | null;
  crs: string | null;
  province: string | null;
  mapping: Mapping;
  valid_from: string | null;
  valid_to: string | null;
  whole_list: boolean;
  evidence: {
    targets?: { target: string; score: number }[];
    crs?: CrsCandidate[];
    encoding?: EncodingCandidate[];
    columns?: MatchedColumn[];
    unread?: string[];
  };
  coverage?: CoverageSaid | null;
  questions: PlanQuestion[];
};

export type RowVerdict = "loaded" | "noted" | "refused";
export type VerdictCounts = Record<RowVerdict, number>;
export type NoteCount = {
  code: string;
  refused?: boolean;
  count?: number;
  facts?: Facts;
  message?: Words;
};

export type Preview = {
  rows: number;
  counts: VerdictCounts;
  notes: NoteCount[];
  /** What holds for the file as a whole. */
  of_file: NoteCount[];
  box: Box | null;
  matches: { updates: number; adds: number; unchanged: number; disappeared: number } | null;
  /** Of a raster, which counts as one row; `kept` is the number under which it is kept already. */
  coverage?: {
    width: number;
    height: number;
    min: number;
    max: number;
    known_share: number;
    crs: string;
    resolution_m: number;
    kept: number | null;
  };
};

export type Report = {
  run_id: number;
  repeated: boolean;
  read: number;
  loaded: number;
  noted: number;
  refused: number;
  notes: NoteCount[];
  /** What holds for the file as a whole. */
  assumed: NoteCount[];
  disappeared: { key: string; label: string | null }[] | null;
  coverage?: { id: number; kind: CoverageKind; title: Words } | null;
};

export type Import = {
  id: string;
  target: string | null;
  province: string | null;
  state: ImportState;
  progress: { step: string; done: number; total: number } | null;
  files: { name: string; size_bytes: number }[];
  found: Found | null;
  plan: Plan | null;
  preview: Preview | null;
  report: Report | null;
  error: { code: string; facts: Facts; message: Words } | null;
  created_at: string;
  created_by: string;
  updated_at: string;
};

export type TargetField = {
  name: string;
  title: Words;
  unit: string | null;
  required: boolean;
  kind: "text" | "number" | "integer" | "boolean" | "date" | "list";
  codes: Code[] | null;
};
export type Target = {
  id: string;
  title: Words;
  kind: "layer" | "record" | "coverage";
  fields: TargetField[];
};
export type Targets = {
  targets: Target[];
  provinces: { code: string; name: string; era: "old" | "new"; meridian_deg: number | null }[];
  crs: { crs: string; name: string }[];
  encodings: string[];
  limits: { bytes: number };
};

export type PreviewRow = {
  row: number;
  key: string | null;
  verdict: RowVerdict;
  notes: { code: string; facts: Facts; message: Words }[];
  values: Record<string, Value>;
  box: Box | null;
};
export type PreviewRows = {
  total: number;
  counts: VerdictCounts;
  columns: { name: string; title: Words; unit: string | null }[];
  rows: PreviewRow[];
};
export type Shapes = GeoJSON.FeatureCollection & { drawn: number; total: number };

/** What a person says of a file before a plan is proposed; what is left out is for the server to find. */
export type Said = Partial<Record<"province" | "target" | "layer_in_file" | "encoding" | "crs", string>>;

const of = (id: string, part = "") => `/imports/${enc(id)}${part}`;

export const imports = {
  targets: (signal: AbortSignal) => ask<Targets>("/imports/targets", { signal }),
  list: (signal: AbortSignal) => ask<{ imports: Import[] }>("/imports", { signal }),
  one: (id: string, signal: AbortSignal) => ask<Import>(of(id), { signal }),
  start: (target: string | null, csrf: string | null) => send<Import>("POST", "/imports", { target }, csrf),
  put: (id: string, file: File, csrf: string | null, gone: (ratio: number) => void, signal: AbortSignal) =>
    upload<Import>(of(id, `/files/${enc(file.name)}`), file, csrf, gone, signal),
  inspect: (id: string, said: Said, csrf: string | null) =>
    send<Import>("POST", of(id, "/inspect"), said, csrf),
  plan: (id: string, plan: Plan, csrf: string | null) => send<Import>("PUT", of(id, "/plan"), plan, csrf),
  load: (id: string, csrf: string | null) => send<Import>("POST", of(id, "/load"), {}, csrf),
  cancel: (id: string, csrf: string | null) => send<Import>("POST", of(id, "/cancel"), {}, csrf),
  rows: (id: string, verdict: RowVerdict | null, offset: number, limit: number) =>
    ask<PreviewRows>(of(id, `/rows?${verdict ? `verdict=${verdict}&` : ""}offset=${offset}&limit=${limit}`)),
  shapes: (id: string, box: Box, signal: AbortSignal) =>
    ask<Shapes>(of(id, `/shapes?bbox=${box.map((degrees) => degrees.toFixed(6)).join(",")}`), { signal }),
  refusedAddress: (id: string) => of(id, "/refused.csv"),
};
