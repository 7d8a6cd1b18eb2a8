"""
Stages that came in files: the case that takes a parcel is found or made; what cannot have been is refused.

A file of parcels knows no cases. A row that names a parcel is an event of the case that takes it; a parcel
that no case takes gets one, which has the parcel's code and all of its land.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, case, exists, func, insert, literal, select, true, update
from sqlalchemy.dialects.postgresql import distinct_on

from gis.clearance.stages import check_order
from gis.errors import DidoiError
from layers import supply
from layers.catalogue.cases import TABLE as CASES
from layers.catalogue.parcels import TABLE as PARCELS
from layers.clearance import maintain
from layers.clearance.standing import among
from layers.codes.stage_models import stage_model_on, stage_models
from layers.dates import today
from layers.layer import Code, Text
from layers.records.cases import TAKES
from layers.records.stages import EVENTS

Refused = dict[int, dict[str, Any]]

#: Who the users of a cadastral file are as land users of a case.
_USER_KINDS = {
    **dict.fromkeys(("TKT", "TVN"), "enterprise"),
    **dict.fromkeys(("TCN", "TSN"), "organisation"),
    "CDS": "community",
    **dict.fromkeys(("UBQ", "TPQ", "TKQ"), "state"),
}


class _Path(NamedTuple):
    """What decides which stages a case passes; no law where the case is not made yet."""

    law: str | None
    origin: str
    user_kind: str


def stage_codes() -> tuple[Code, ...]:
    """Stages of all laws as a file may name them, those of the law in force first."""
    found: dict[str, Code] = {}
    for model in reversed(list(stage_models().values())):
        for stage in model.stages.values():
            found.setdefault(stage.code, Code(stage.code, Text(stage.title.vi, stage.title.en)))
    return tuple(found.values())


def resolve(db: Connection, staged: Table, stored: Table) -> Refused:
    """
    Give staged events the cases of their parcels, and say which rows are refused.

    Parameters
    ----------
    staged
        Rows of a file: ``row_number, case_key, stage, effective_on``; ``case_key`` may name a parcel.
    stored
        The events that they come to: the table itself, or the copy of a rehearsal.

    Returns
    -------
    refused
        Code and facts by row number.
    """
    is_case = exists().where(CASES.c.key == staged.c.case_key)
    taken = (
        select(func.min(TAKES.c.case_key))
        .where(TAKES.c.parcel_key == staged.c.case_key, TAKES.c.valid_to.is_(None))
        .having(func.count(TAKES.c.case_key.distinct()) == 1)
        .scalar_subquery()
    )
    db.execute(update(staged).where(~is_case, taken.is_not(None)).values(case_key=taken))
    rows: dict[str, list[Any]] = defaultdict(list)
    told = select(staged.c.row_number, staged.c.case_key, staged.c.stage, staged.c.effective_on)
    for row in db.execute(told.order_by(staged.c.effective_on, staged.c.row_number)):
        rows[row.case_key].append(row)
    paths = _paths(db, list(rows))
    before = _before(db, stored, list(rows))
    refused: Refused = {}
    for key, some in rows.items():
        if key not in paths:
            refused |= {row.row_number: {"code": "case_unknown", "case": key} for row in some}
        else:
            refused |= _impossible(paths[key], before.get(key, []), some)
    return refused


def follow(db: Connection, run_id: int) -> None:
    """What follows from the events of an import run: cases for parcels without one, figures, land supply."""
    of_run = select(EVENTS.c.case_key).where(EVENTS.c.import_run_id == run_id).distinct()
    keys = list(db.execute(of_run).scalars())
    if not keys:
        return
    make_cases(db, keys)
    maintain.rebuild_cases(db, keys)
    taken = select(TAKES.c.id).where(among(TAKES.c.case_key, keys))
    supply.refresh(db, changed_takes=list(db.execute(taken).scalars()))


def make_cases(db: Connection, keys: Iterable[str]) -> None:
    """Cases for those of some events that name a parcel, and takes of all its land, since the first event."""
    wanted = sorted(set(keys))
    first = (
        select(EVENTS.c.case_key, func.min(EVENTS.c.effective_on).label("on"))
        .where(among(EVENTS.c.case_key, wanted), ~exists().where(CASES.c.key == EVENTS.c.case_key))
        .group_by(EVENTS.c.case_key)
        .subquery("first")
    )
    parcels = (
        select(PARCELS)
        .join(first, first.c.case_key == PARCELS.c.key)
        .ext(distinct_on(PARCELS.c.key))
        .order_by(PARCELS.c.key, PARCELS.c.valid_from.desc())
        .subquery("parcel")
    )
    joined = select().join_from(first, parcels, parcels.c.key == first.c.case_key)
    origin, user_kind = _path_of(parcels)
    laws = case(
        *(
            (first.c.on >= model.in_force_from, model.law)
            for model in reversed(list(stage_models().values()))
        ),
        else_=next(iter(stage_models())),
    )
    own: dict[str, Any] = {
        "key": first.c.case_key,
        "zone_key": parcels.c.zone_key,
        "user_kind": user_kind,
        "origin": origin,
        "user_name": parcels.c.user_name,
        "law": laws,
        "commune_code": parcels.c.commune_code,
        "opened_on": first.c.on,
        "valid_from": first.c.on,
        "illustrative": parcels.c.illustrative,
        "search_folded": func.lower(first.c.case_key),
    }
    taken: dict[str, Any] = {
        "case_key": first.c.case_key,
        "parcel_key": first.c.case_key,
        "whole": true(),
        "geom": parcels.c.geom,
        "state_managed": origin == literal("state"),
        "commune_code": parcels.c.commune_code,
        "valid_from": first.c.on,
        "illustrative": parcels.c.illustrative,
    }
    # Takes first: a case that is there already is none to be made.
    for table, values in ((TAKES, taken), (CASES, own)):
        rows = joined.add_columns(*values.values())
        db.execute(insert(table).from_select(list(values), rows, include_defaults=False))


def _path_of(parcels: Any) -> tuple[Any, Any]:
    """Origin of the land and kind of its user, as a cadastral file says them."""
    kind = case(_USER_KINDS, value=parcels.c.user_type, else_="household")
    managed = func.coalesce(parcels.c.state_managed, kind == "state")
    return case((managed, "state"), (kind == "state", "state"), else_="private"), kind


def _paths(db: Connection, keys: list[str]) -> dict[str, _Path]:
    known = select(CASES.c.key, CASES.c.law, CASES.c.origin, CASES.c.user_kind)
    found = {row[0]: _Path(*row[1:]) for row in db.execute(known.where(among(CASES.c.key, keys)))}
    parcels = select(PARCELS.c.key, *_path_of(PARCELS)).where(among(PARCELS.c.key, keys))
    for key, origin, user_kind in db.execute(parcels.order_by(PARCELS.c.valid_from)):
        if key not in found or found[key].law is None:
            found[key] = _Path(None, origin, user_kind)
    return found


def _before(db: Connection, stored: Table, keys: list[str]) -> dict[str, list[tuple[str, date]]]:
    """Events that count now, one a day."""
    replacing = stored.alias("replacing")
    counting = (
        select(stored.c.case_key, stored.c.stage, stored.c.effective_on)
        .where(among(stored.c.case_key, keys), stored.c.stage.is_not(None))
        .where(~exists().where(replacing.c.replaces_id == stored.c.id))
        .ext(distinct_on(stored.c.case_key, stored.c.effective_on))
        .order_by(stored.c.case_key, stored.c.effective_on, stored.c.id.desc())
    )
    found: dict[str, list[tuple[str, date]]] = defaultdict(list)
    for key, stage, on in db.execute(counting):
        found[key].append((stage, on))
    return found


def _impossible(path: _Path, before: list[tuple[str, date]], rows: list[Any]) -> Refused:
    """Rows that the law of the case makes impossible after those before them; a repeated row says nothing."""
    first = min(on for _, on in [*before, *((row.stage, row.effective_on) for row in rows)])
    model = stage_models()[path.law] if path.law else stage_model_on(first)

    def check(events: list[tuple[str, date]]) -> None:
        check_order(model, path.origin, path.user_kind, events, today=today(), strict=False)

    told = [(row.stage, row.effective_on) for row in rows]
    try:
        check(_one_a_day([*before, *told]))
    except DidoiError:
        refused: Refused = {}
        held = before
        for row, event in zip(rows, told, strict=True):
            try:
                check(_one_a_day([*held, event]))
            except DidoiError as error:
                refused[row.row_number] = {"code": error.code, **_plain(error.facts)}
            else:
                held = [*held, event]
        return refused
    return {}


def _one_a_day(events: list[tuple[str, date]]) -> list[tuple[str, date]]:
    by_day = {on: stage for stage, on in events}
    return [(stage, on) for on, stage in by_day.items()]


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(value) for name, value in facts.items()}
