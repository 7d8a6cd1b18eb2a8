/** What may be written into a case: per task its fields, and what is sent where. */

import type { Case, StageEvent } from "@/api/clearance.ts";
import { enc } from "@/api/client.ts";
import type { Code, Column, Layer, Row, Value } from "@/api/types.ts";
import { say, type Word } from "@/lib/words.ts";
import type { Records } from "./records.ts";

export type Task =
  | { type: "attributes" }
  | { type: "event" }
  | { type: "correct" | "withdraw"; event: StageEvent }
  | { type: "add"; records: Records }
  | { type: "change"; records: Records; row: Row };

type Input = { name: string; type: Column["type"]; codes?: readonly string[]; needed: boolean };

const input = (name: string, type: Column["type"] = "text"): Input => ({ name, type, needed: true });
const spare = (name: string, type: Column["type"] = "text"): Input => ({ name, type, needed: false });
const coded = (name: string, ...codes: string[]): Input => ({ name, type: "text", codes, needed: true });

export const PAPERS = [
  ...["recovery_notice", "inventory_record", "persuasion_record", "compulsory_inventory", "plan_posting"],
  ...["plan_approval", "payment_record", "resettlement", "recovery_decision", "handover_record"],
  ...["enforcement_decision", "allocation_decision", "lease_end", "complaint", "other"],
];

export const INPUTS = {
  people: [coded("role", "land_user", "co_user", "representative", "asset_owner", "heir", "lender"), input("name"), spare("id_number"), spare("phone"), spare("address")],
  takes: [input("parcel_key"), spare("on", "date"), spare("state_managed", "boolean")],
  assets: [coded("kind", "house", "structure", "crop", "livestock", "grave", "equipment", "other"), input("description"), input("quantity", "number"), input("unit"), spare("inventoried_on", "date")],
  valuations: [coded("kind", "land", "asset", "support", "resettlement", "bonus"), input("description"), input("quantity", "number"), input("unit"), input("unit_price_vnd", "integer"), spare("amount_vnd", "integer")],
  payees: [input("name"), input("approved_vnd", "integer"), input("approved_on", "date"), input("decision_number"), spare("account_number")],
  payments: [{ ...coded("payee_id"), type: "integer" }, input("amount_vnd", "integer"), input("paid_on", "date"), input("voucher")],
  resettlements: [input("place"), spare("households", "integer"), spare("plot"), spare("decision_number"), spare("allocated_on", "date"), spare("moved_on", "date")],
  documents: [coded("kind", ...PAPERS), input("number"), input("issued_on", "date"), input("issuer"), spare("title")],
  contacts: [coded("kind", "meeting", "persuasion", "letter", "call"), input("held_on", "date"), input("by_whom"), input("outcome"), spare("agrees", "boolean")],
  complaints: [input("filed_on", "date"), input("subject"), input("office"), spare("answered_on", "date"), spare("outcome")],
  blockers: [coded("code"), input("since", "date"), input("office"), spare("until", "date"), spare("note")],
} as const satisfies Record<Records, readonly Input[]>; // biome-ignore format: a table

/** Records that are changed where they stand; money and papers are put right by new ones. */
export const CHANGED: readonly Records[] = ["people", "assets", "valuations", "resettlements", "contacts", "complaints", "blockers"]; // biome-ignore format: a table

/** Attributes of the case that people write; the others follow from its land and its events. */
const ATTRIBUTES = ["user_name", "user_kind", "origin", "law", "commune_code", "office", "opened_on", "planned_on", "note"]; // biome-ignore format: a table

/** Papers that a stage can rest on: one of the case, or one that is recorded with it. */
const NEW_PAPER = "new";

export type Form = {
  title: Word;
  columns: Column[];
  needed: string[];
  stored: Record<string, Value>;
  /** Whether a reason must be given. */
  reason: boolean;
};

/** What is sent: the method, the address below that of the case, and the body. */
export type Sending = { method: "POST" | "PATCH"; path: string; body: unknown };

function words(word: string): Column["title"] {
  return { vi: say("vi", word as Word), en: say("en", word as Word) };
}

const option = (value: string, title: Column["title"]): Code => ({ value, title, fill: null, line: null });

function column(name: string, word: string, type: Column["type"], codes: Code[] | null): Column {
  return { name, title: words(word), type, unit: null, codes, masked: false };
}

function recorded(records: Records, one: Case, blockers: Code[]): Column[] {
  return INPUTS[records].map((given: Input) => {
    const coding = () => {
      if (given.name === "code") return blockers;
      if (given.name === "payee_id") {
        return (one.payees ?? []).map((row) =>
          option(String(row["id"]), { vi: String(row["name"]), en: String(row["name"]) }),
        );
      }
      return (given.codes ?? []).map((code) => option(code, words(`gp_code_${records}_${code}`)));
    };
    return column(given.name, `gp_col_${given.name}`, given.type, given.codes ? coding() : null);
  });
}

function paper(kinds: readonly string[]): Column[] {
  return [
    column(
      "kind",
      "gp_col_kind",
      "text",
      kinds.map((kind) => option(kind, words(`gp_code_documents_${kind}`))),
    ),
    column("number", "gp_col_number", "text", null),
    column("issued_on", "gp_issued_on", "date", null),
    column("issuer", "gp_col_issuer", "text", null),
  ];
}

/** The fields of an event: a new paper asks for what is on it, with the kinds that the stage needs first. */
function happened(one: Case, typed: Record<string, string>, event: StageEvent | null): Form {
  const stages = new Map(one.next.map((step) => [step.stage, step.title]));
  if (event?.stage && event.title) stages.set(event.stage, event.title);
  const papers = (one.documents ?? []).map((row) => {
    const kind = words(`gp_code_documents_${row["kind"]}`);
    const number = `${row["number"]}`;
    return option(String(row["id"]), { vi: `${kind.vi} ${number}`, en: `${kind.en} ${number}` });
  });
  const wanted = one.next.find((step) => step.stage === typed["stage"])?.documents ?? [];
  const fresh = typed["document_id"] === NEW_PAPER;
  const kinds = [...wanted, ...PAPERS.filter((kind) => !wanted.includes(kind))];
  const columns = [
    column(
      "stage",
      "gp_stage",
      "text",
      [...stages].map(([stage, title]) => option(stage, title)),
    ),
    column("effective_on", "gp_effective", "date", null),
    column("document_id", "gp_rests_on", "text", [option(NEW_PAPER, words("gp_new_paper")), ...papers]),
    ...(fresh ? paper(kinds) : []),
  ];
  const needed = ["stage", "effective_on", ...(fresh ? ["kind", "number", "issued_on", "issuer"] : [])];
  if (wanted.length > 0 && !fresh) needed.push("document_id");
  const stored = event
    ? { stage: event.stage, effective_on: event.effective_on, document_id: idText(event.document_id) }
    : {};
  return { title: event ? "gp_do_correct" : "gp_do_event", columns, needed, stored, reason: event !== null };
}

const idText = (id: number | null) => (id === null ? null : String(id));

/** The form of a task, as far as it was filled in. */
export function formOf(
  task: Task,
  one: Case,
  layer: Layer | null,
  blockers: Code[],
  typed: Record<string, string>,
): Form {
  switch (task.type) {
    case "attributes": {
      const columns = (layer?.columns ?? []).filter((each) => ATTRIBUTES.includes(each.name));
      const stored = Object.fromEntries(columns.map(({ name }) => [name, one.case[name] ?? null]));
      return { title: "gp_do_attributes", columns, needed: [], stored, reason: true };
    }
    case "event":
      return happened(one, typed, null);
    case "correct":
      return happened(one, typed, task.event);
    case "withdraw":
      return { title: "gp_do_withdraw", columns: [], needed: [], stored: {}, reason: true };
    case "add":
    case "change": {
      const columns = recorded(task.records, one, blockers);
      const needed = INPUTS[task.records].filter((each) => each.needed).map((each) => each.name);
      const stored =
        task.type === "add"
          ? {}
          : Object.fromEntries(columns.map(({ name }) => [name, task.row[name] ?? null]));
      const title: Word = task.type === "add" ? "gp_do_add" : "gp_do_change";
      return { title, columns, needed, stored, reason: true };
    }
    default:
      return task satisfies never;
  }
}

/** What a task sends; `changes` are the values that differ from what is stored. */
export function sendingOf(
  task: Task,
  key: string,
  stored: Record<string, Value>,
  changes: Record<string, Value>,
  reason: string,
): Sending {
  const at = `/clearance/cases/${enc(key)}`;
  switch (task.type) {
    case "attributes":
      return { method: "PATCH", path: at, body: { changes, reason } };
    case "event":
    case "correct": {
      const all = { ...stored, ...changes };
      const values = { stage: all["stage"], effective_on: all["effective_on"], ...restsOn(all) };
      const replaces = task.type === "correct" ? { replaces_id: task.event.id } : {};
      const why = reason === "" ? {} : { reason };
      return { method: "POST", path: `${at}/events`, body: { values: { ...values, ...replaces }, ...why } };
    }
    case "withdraw": {
      const values = { effective_on: task.event.effective_on, replaces_id: task.event.id };
      return { method: "POST", path: `${at}/events`, body: { values, reason } };
    }
    case "add": {
      const values = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== null));
      return { method: "POST", path: `${at}/${task.records}`, body: { values, reason } };
    }
    case "change":
      return { method: "PATCH", path: `${at}/${task.records}/${task.row["id"]}`, body: { changes, reason } };
    default:
      return task satisfies never;
  }
}

function restsOn(all: Record<string, Value>): Record<string, unknown> {
  const id = all["document_id"];
  if (id === null || id === undefined || id === "") return {};
  if (id !== NEW_PAPER) return { document_id: Number(id) };
  const { kind, number, issued_on, issuer } = all;
  return { document: { kind, number, issued_on, issuer } };
}
