/** What the server answers; the shapes are those of `api/http`. Areas in ha, distances in metres. */

export type Lang = "vi" | "en";
export type Words = { vi: string; en: string };
export type Point = [lon: number, lat: number];
export type Box = [west: number, south: number, east: number, north: number];
export type Value = string | number | boolean | null | Value[];
export type Row = Record<string, Value>;

export type Code = { value: string; title: Words; fill: string | null; line: string | null };

export type Column = {
  name: string;
  title: Words;
  type: "text" | "number" | "integer" | "boolean" | "date" | "list";
  unit: string | null;
  codes: Code[] | null;
  masked: boolean;
};

export type Paint = {
  type: "fill" | "line" | "circle" | "symbol";
  paint: Record<string, unknown>;
  layout: Record<string, unknown>;
  filter?: unknown[] | null;
  minzoom?: number | null;
  maxzoom?: number | null;
};

export type Layer = {
  id: string;
  kind: "base" | "derived";
  group: string;
  title: Words;
  description: Words | null;
  geometry: "polygon" | "line" | "point";
  shown: boolean;
  minzoom: number;
  maxzoom: number;
  label: string;
  legend: string | null;
  measure: string | null;
  swatch: string | null;
  columns: Column[];
  facets: string[];
  card: string[];
  paint: Paint[];
  tiles: string;
  version: string;
};

/** What a role may do; the server holds to it, the page offers nothing else. */
export type Right =
  | "see_work"
  | "edit_layers"
  | "edit_parcels"
  | "keep_cases"
  | "see_households"
  | "see_firm_contacts"
  | "submit"
  | "approve"
  | "manage_accounts";

export type Account = {
  name: string;
  full_name: string;
  role: "planner" | "land_officer" | "approver" | "administrator";
  rights: Right[];
  /** Units that somebody works for today, by their latest name. */
  territory: { key: string; name: string | null; valid_from: string; valid_to: string | null }[];
};

export type Catalogue = {
  version: string;
  today: string;
  as_of: string;
  illustrative: boolean;
  account: Account | null;
  extent: Box | null;
  dates: string[];
  groups: { id: string; title: Words }[];
  palette: Record<string, string>;
  layers: Layer[];
};

export type Tally = { count: number; sum: number | null };
export type Counts = {
  layer: string;
  as_of: string;
  total: Tally;
  classes: (Tally & { value: string | null })[];
  facets: Record<string, { value: Value; count: number }[]>;
};

export type ListedRow = Row & { key: string; bbox: Box | null; point: Point | null };
export type Rows = { layer: string; as_of: string; total: number; rows: ListedRow[] };

/** What a layer can be exported as; a format without `any_crs` is always in WGS 84. */
export type Formats = {
  formats: { form: string; title: Words; extension: string; any_crs: boolean; limits: Words[] }[];
  crs: { crs: string; name: string }[];
};

export type Observation = {
  quantity: string;
  title: Words;
  value: number | null;
  /** Of what a ratio is: land, households … in words of the source. */
  denominator: string | null;
  observed_on: string;
  source: string | null;
};

export type Related = {
  supply?: Row | null;
  observations?: Observation[];
  phases?: Row[];
  admin?: Row[];
  leases?: Row[];
  reservations?: Row[];
  events?: Row[];
};

export type Feature = {
  layer: string;
  key: string;
  as_of: string;
  properties: Row;
  geometry: GeoJSON.Geometry | null;
  bbox: Box | null;
  source: string | null;
  valid_from: string | null;
  valid_to: string | null;
  recorded_at: string | null;
  illustrative: boolean;
  masked: string[];
  history: { valid_from: string; valid_to: string | null; recorded_at: string; source: string | null }[];
  related: Related;
};

export type Hit = {
  layer: string | null;
  key: string | null;
  name: string;
  detail: string | Words | null;
  point: Point | null;
  bbox: Box | null;
  valid: [from: string | null, to: string | null] | null;
  exact: boolean;
};
export type Found = { q: string; groups: { layer: string; title: Words; hits: Hit[] }[] };

export type Verdict = "pass" | "fail" | "no_data";
export type GateVerdict = {
  gate: string;
  verdict: Verdict;
  required: number | string | null;
  available: number | string | null;
  shortfall: number | null;
  unit: string | null;
  rule: string | null;
};
export type Candidate = {
  rank: number | null;
  zone: { key: string; name: string; kind: string | null; status: string | null; point: Point };
  distance_m: number;
  target: "entrance" | "largest_plot" | "zone";
  target_point: Point;
  largest_plot_ha: number | null;
  free_ha: number | null;
  largest_plot_lots: string[] | null;
  basis: "derived" | "reported" | "unknown" | null;
  illustrative: boolean;
  gates: GateVerdict[];
  failed?: string | null;
  reason: Words;
};
export type FunnelStep = {
  gate: string;
  title: Words;
  remaining: number;
  failed: number;
  no_data: number;
};
export type Match = {
  as_of: string;
  firm: {
    key: string | null;
    name: string | null;
    point: Point;
    vsic_scheme: string | null;
    vsic_code: string | null;
    sector: { vi: string; en: string | null } | null;
    area_needed_ha: number | null;
    illustrative: boolean;
  };
  funnel: FunnelStep[];
  ranked: Candidate[];
  rejected: Candidate[];
  withheld: Candidate[];
  illustrative: boolean;
};
export type MatchQuestion =
  | { firm: string; vsic_scheme?: string; vsic_code?: string; area_needed_ha?: number }
  | { point: Point; vsic_scheme: string; vsic_code: string; area_needed_ha: number };

export type Session = { account: Account | null; csrf: string | null; setup_needed: boolean };
export type Vsic = {
  code: string;
  level: number;
  parent: string | null;
  title: { vi: string; en: string | null };
};
