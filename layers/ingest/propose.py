"""
From what was found in a file to a plan: which layer, which heading is which column, how numbers are written.

What was decided for the same headings before comes first, then the names, words and aliases of the columns.
Nothing is guessed silently: where two answers are left, the plan leaves the place empty and asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from layers.ingest import rasters
from layers.ingest.arrow import pa, pc
from layers.ingest.columns import DATES, assign, axes
from layers.ingest.errors import FileNotRaster
from layers.ingest.guard import Limits, Received, read
from layers.ingest.mapping import Mapping, from_dict
from layers.ingest.parse import text
from layers.ingest.placing import coordinate_evidence
from layers.ingest.plan import COVERAGES, File, Json, Plan, with_questions
from layers.ingest.targets import Field, Target, target, targets
from layers.records.headings import remembered, remembered_targets

#: A proposal is made without asking from here on.
SURE = 0.95
LIKELY = 3
"""So many targets are named where nobody said one."""


def propose(
    db: Connection,
    path: Path,
    file: File,
    found: Json,
    *,
    target_id: str | None = None,
    province: str | None = None,
    said: Plan | None = None,
    limits: Limits | None = None,
) -> Plan:
    """
    Propose how a file becomes rows.

    Parameters
    ----------
    found
        What `layers.ingest.guard.inspect` says of it.
    said
        What a person said already (command line): layer, encoding, system, columns; it is never overruled.

    Returns
    -------
    plan
        With its open questions.
    """
    if found.get("kind") == rasters.KIND:
        return rasters.propose(file, found, province, said)
    if target_id == COVERAGES:
        raise FileNotRaster(file=file.name, kind=str(found.get("kind")))
    plan = _said(said or Plan(file), file, province)
    ranked = _ranked(db, found, [target_id] if target_id else [t.id for t in targets()])
    plan = replace(plan, target=target_id or _clear(ranked))
    plan = replace(plan, layer_in_file=plan.layer_in_file or _layer(ranked, plan.target, found))
    layer = layer_of(found, plan.layer_in_file)
    evidence: Json = {"targets": _likely(ranked), "crs": [], "encoding": [], "columns": [], "unread": []}
    if layer is not None:
        encoding = layer.get("encoding") or {}
        evidence["encoding"] = encoding.get("candidates", [])
        plan = replace(plan, encoding=plan.encoding or _encoding(encoding))
    questions: list[Json] = []
    if layer is not None and plan.target is not None:
        into = target(plan.target)
        received = read(path, plan.layer_in_file, plan.encoding, limits)
        mapping, by = _mapping(db, into, received, plan.mapping)
        plan = replace(plan, mapping=mapping)
        evidence["columns"] = _told(into, mapping, by)
        evidence["unread"] = _unread(received, mapping)
        plan, numbers = _numbers(plan, into, received, by)
        questions += numbers
        if into.geometry is not None:
            crs, evidence["crs"] = coordinate_evidence(db, received, plan)
            plan = replace(plan, crs=crs)
    plan = replace(plan, evidence=evidence)
    return with_questions(plan, [*open_questions(plan, found), *questions])


def _said(said: Plan, file: File, province: str | None) -> Plan:
    """What is said of the file, in the plan or in its mapping."""
    mapping = said.mapping
    return replace(
        said,
        file=file,
        province=province or said.province,
        layer_in_file=said.layer_in_file or mapping.layer_in_file,
        encoding=said.encoding or mapping.encoding,
        crs=said.crs or mapping.crs,
        valid_from=said.valid_from or mapping.valid_from,
        valid_to=said.valid_to or mapping.valid_to,
    )


def open_questions(plan: Plan, found: Json) -> list[Json]:
    """What must be said before the plan can be applied, as far as the plan itself shows it."""
    if plan.target == COVERAGES:
        return rasters.questions(plan, found)
    layers = found.get("layers", [])
    asked: list[Json] = []
    if plan.target is None:
        likely = [one["target"] for one in plan.evidence.get("targets", [])]
        asked.append(_question("target_missing", likely=", ".join(likely)))
    layer = layer_of(found, plan.layer_in_file)
    if layer is None:
        asked.append(_question("layer_choice", layers=", ".join(one["name"] for one in layers)))
        return asked
    candidates = (layer.get("encoding") or {}).get("candidates", [])
    if plan.encoding is None and candidates and _encoding(layer["encoding"]) is None:
        named = ", ".join(one["encoding"] for one in candidates)
        asked.append(_question("encoding_unsure", candidates=named))
    if plan.target is None:
        return asked
    into, mapping = target(plan.target), plan.mapping
    filled = {*mapping.constants, *mapping.text, *(n for n, heading in mapping.columns.items() if heading)}
    filled |= {name for m in mapping.values.values() for v in m.values() if isinstance(v, dict) for name in v}
    filled |= {"key"} if mapping.key is not None or into.matched else set[str]()
    for told in into.fields.values():
        if told.required and told.name not in filled:
            asked.append(_question("column_missing", column=told.name, vi=told.title.vi, en=told.title.en))
    has_shape = bool(layer.get("geometry_types")) or bool(mapping.x and mapping.y)
    if into.geometry_required and not has_shape:
        asked.append(_question("coordinates_missing", headings=", ".join(headings_of(layer))))
    if into.geometry is not None and has_shape and plan.crs is None:
        named = ", ".join(one["crs"] for one in plan.evidence.get("crs", [])[:LIKELY])
        asked.append(_question("crs_unsure", candidates=named or "–"))
        if plan.province is None:
            asked.append(_question("province_missing"))
    return asked


def lasting(plan: Plan) -> list[Json]:
    """Questions that the plan's content does not answer by itself, as it lists them."""
    return [question for question in plan.questions if question["code"] == "numbers_unsure"]


def layer_of(found: Json, name: str | None) -> Json | None:
    """What was found in the named layer; the only one needs no name."""
    layers: list[Json] = found.get("layers", [])
    if name is None:
        return layers[0] if len(layers) == 1 else None
    return next((one for one in layers if one["name"] == name), layers[0] if len(layers) == 1 else None)


def headings_of(layer: Json) -> list[str]:
    """The headings of a layer."""
    return [field["name"] for field in layer.get("fields", [])]


# -- targets and layers --------------------------------------------------------------------------------------


def _ranked(db: Connection, found: Json, wanted: Iterable[str]) -> list[tuple[float, str, str]]:
    """Score, target and layer in the file, best first; what lacks a geometry that it needs is left out."""
    scored: list[tuple[float, str, str]] = []
    for layer in found.get("layers", []):
        headings = headings_of(layer)
        known = remembered_targets(db, headings)
        has_shape = bool(layer.get("geometry_types")) or axes(headings) is not None
        for into in map(target, wanted):
            score = 2.0 if into.id in known else _score(into, headings)
            if into.geometry_required and not has_shape:
                score -= 1.0
            elif layer.get("geometry_types") and into.geometry is not None:
                score += 0.2 if _fits(into, layer["geometry_types"]) else -0.5
            scored.append((round(score, 3), into.id, layer["name"]))
    return sorted(scored, key=lambda one: (-one[0], one[1], one[2]))


def _score(into: Target, headings: list[str]) -> float:
    """Share of the required columns that have a heading, and a little for each other one."""
    taken = assign(into.fields, headings, {})
    required = [f for f in into.fields.values() if f.required and not (f.name == "key" and into.matched)]
    share = sum(f.name in taken for f in required) / len(required) if required else 0.5
    return share + 0.5 * len(taken) / max(1, len(headings))


def _fits(into: Target, kinds: list[str]) -> bool:
    kind = into.geometry_kind
    if kind == "GEOMETRY":
        return True
    single = kind.removeprefix("MULTI")
    return any(
        single in one.upper().replace("CURVE", "LINESTRING").replace("SURFACE", "POLYGON") for one in kinds
    )


def _clear(ranked: list[tuple[float, str, str]]) -> str | None:
    """The best target where it stands out and its required columns are there."""
    best: dict[str, float] = {}
    for score, target_id, _ in ranked:
        best[target_id] = max(score, best.get(target_id, score))
    order = sorted(best.items(), key=lambda one: -one[1])
    if not order or order[0][1] < 1.0 or (len(order) > 1 and order[0][1] - order[1][1] < 0.2):
        return None
    return order[0][0]


def _likely(ranked: list[tuple[float, str, str]]) -> list[Json]:
    seen: dict[str, float] = {}
    for score, target_id, _ in ranked:
        seen.setdefault(target_id, score)
    return [{"target": t, "score": s} for t, s in list(seen.items())[:LIKELY] if s > 0]


def _layer(ranked: list[tuple[float, str, str]], target_id: str | None, found: Json) -> str | None:
    """The only layer, or the one that fits the target clearly better than the others."""
    layers = found.get("layers", [])
    if len(layers) == 1:
        return layers[0]["name"]
    fitting = [(score, name) for score, one, name in ranked if one == target_id]
    if not fitting or fitting[0][0] < 1.0 or fitting[0][0] - fitting[1][0] < 0.3:
        return None
    return fitting[0][1]


def _encoding(encoding: Json) -> str | None:
    """The encoding that is used without asking; None where the declared one holds or nothing is sure."""
    candidates = encoding.get("candidates", [])
    if candidates and candidates[0]["confidence"] >= SURE:
        return candidates[0]["encoding"]
    return None


# -- columns -------------------------------------------------------------------------------------------------


def _mapping(
    db: Connection, into: Target, received: Received, said: Mapping
) -> tuple[Mapping, dict[str, str]]:
    """Every column with its heading, and by whom it was given: person, remembered or alias."""
    headings = list(received.rows.column_names)
    before = remembered(db, into.id, headings) or {}
    fields = {**into.fields, **DATES} if into.layer is not None else dict(into.fields)
    named = {n: h for n, h in said.columns.items() if n in fields}
    recalled = {
        n: h for n, h in before.get("columns", {}).items() if n in fields and (h is None or h in headings)
    }
    filled = {*said.constants, *said.text}
    filled |= {n for m in said.values.values() for v in m.values() if isinstance(v, dict) for n in v}
    filled |= {"key"} if said.key is not None else set[str]()
    free = {n: f for n, f in fields.items() if n not in filled}
    taken = assign(free, headings, {**recalled, **named}) if not said.only else dict(named)
    by = {n: "person" if n in named else "remembered" if n in recalled else "alias" for n in taken}
    xy = None
    if received.wkb is None and into.geometry is not None:
        xy = (said.x, said.y) if said.x and said.y else axes(headings)
    recalled_rest = {n: before[n] for n in ("values", "decimal", "thousands", "date_format") if n in before}
    default = Mapping()
    rest = {n: v for n, v in recalled_rest.items() if getattr(said, n) == getattr(default, n)}
    if {"decimal", "thousands"} & rest.keys():
        by["numbers"] = "remembered"
    if said.decimal != default.decimal or said.thousands != default.thousands:
        by["numbers"] = "person"
    made = replace(said, columns=taken, only=True, x=xy[0] if xy else None, y=xy[1] if xy else None)
    return from_dict({**_plain(made), **rest}), by


def _plain(mapping: Mapping) -> Json:
    return dict(vars(mapping))


def _told(into: Target, mapping: Mapping, by: dict[str, str]) -> list[Json]:
    fields = {**into.fields, **DATES}
    return [
        {"column": name, "heading": heading, "by": by.get(name, "alias"), "title": _title(fields[name])}
        for name, heading in mapping.columns.items()
        if heading is not None
    ]


def _title(told: Field) -> Json:
    return {"vi": told.title.vi, "en": told.title.en}


def _unread(received: Received, mapping: Mapping) -> list[str]:
    used = {*mapping.columns.values(), *mapping.values, mapping.x, mapping.y, *mapping.headings()}
    return [heading for heading in received.rows.column_names if heading not in used]


# -- numbers and dates ---------------------------------------------------------------------------------------


def _numbers(plan: Plan, into: Target, received: Received, by: dict[str, str]) -> tuple[Plan, list[Json]]:
    """How numbers and dates are written, from all values of the columns that hold them."""
    mapping = plan.mapping
    heads = [
        h
        for n, h in mapping.columns.items()
        if h and n in into.fields and into.fields[n].kind in ("number", "integer")
    ]
    heads += [h for h in (mapping.x, mapping.y) if h]
    dates = [h for n, h in mapping.columns.items() if h and (into.fields.get(n) or DATES[n]).kind == "date"]  # type: ignore[union-attr]
    if mapping.date_format == "iso" and _american(received, dates):
        plan = replace(plan, mapping=replace(mapping, date_format="mm/dd/yyyy"))
        mapping = plan.mapping
    if "numbers" in by:
        return plan, []
    comma, dot, grouped, either = _votes(received, heads)
    if comma and not dot:
        return replace(plan, mapping=replace(mapping, decimal=",", thousands=".")), []
    if dot and not comma:
        thousands = "," if grouped else ""
        return replace(plan, mapping=replace(mapping, decimal=".", thousands=thousands)), []
    if comma or dot or either:
        made = replace(mapping, decimal=",", thousands=".") if comma >= dot else mapping
        sample = either or comma or dot
        return replace(plan, mapping=made), [_question("numbers_unsure", value=sample)]
    return plan, []


def _votes(received: Received, headings: list[str]) -> tuple[str, str, bool, str]:
    """A value that has a decimal comma, one with a point, whether commas group, one that may be either."""
    comma = dot = either = ""
    grouped = False
    for heading in dict.fromkeys(headings):
        column = received.rows[heading]
        if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
            continue
        written = text(column)
        for value in pc.unique(written).drop_null().to_pylist():
            number = value.lstrip("+-").rstrip("% ")
            if re.fullmatch(
                r"\d{1,3}(\.\d{3})+,\d+|\d{1,3}(\.\d{3}){2,}|\d*,(\d{1,2}|\d{4,})|\d{4,},\d+|0,\d+", number
            ):
                comma = comma or value
            elif re.fullmatch(
                r"\d{1,3}(,\d{3})+\.\d+|\d{1,3}(,\d{3}){2,}|\d*\.(\d{1,2}|\d{4,})|\d{4,}\.\d+|0\.\d+", number
            ):
                dot = dot or value
                grouped |= "," in number
            elif re.fullmatch(r"\d{1,3}[.,]\d{3}", number):
                either = either or value
    return comma, dot, grouped, either


def _american(received: Received, headings: list[str]) -> bool:
    """Whether dates can only be month before day: a second part above 12, never a first one."""
    first = second = False
    for heading in headings:
        column = received.rows[heading]
        if not pa.types.is_string(column.type):
            continue
        for value in pc.unique(text(column)).drop_null().to_pylist():
            parts = re.fullmatch(r"(\d{1,2})/(\d{1,2})/\d{4}.*", value)
            if parts:
                first |= int(parts[1]) > 12
                second |= int(parts[2]) > 12
    return second and not first


def _question(code: str, **facts: Any) -> Json:
    return {"code": code, "facts": facts}
