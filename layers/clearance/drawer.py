"""
One case, whole: what it takes, who it concerns, what was paid, how far it came and what may come next.

What names people or tells of their money and talks is null for whoever may not see households there: null is
"not yours to see", an empty list is "there is none".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import Connection, Table, func, or_, select

from gis.clearance.stages import StageModel
from gis.crs import CRS84
from gis.text import nfc
from layers import revisions
from layers.access import Actor, Right
from layers.catalogue.cases import LAYER
from layers.catalogue.lots import TABLE as LOTS
from layers.clearance.holding import CaseUnknown
from layers.codes.stage_models import stage_models
from layers.layer import holds
from layers.query import masked_of, visible
from layers.records.cases import (
    ASSETS,
    BLOCKER_CODES,
    BLOCKERS,
    COMPLAINTS,
    CONTACTS,
    PAYEES,
    PAYMENTS,
    PEOPLE,
    PROJECTS,
    RESETTLEMENTS,
    TAKES,
    VALUATIONS,
)
from layers.records.documents import DOCUMENTS
from layers.records.occupations import RESERVATIONS
from layers.records.roadmaps import CASE_FORECASTS
from layers.records.stages import CLEARED_RANK, EVENTS, RUNS, STAGES
from layers.rows import as_geojson, told_columns
from layers.territory import within

#: Sections that only those see who may see households.
PERSONAL = (
    "people",
    "assets",
    "valuations",
    "payees",
    "payments",
    "resettlements",
    "documents",
    "contacts",
    "complaints",
)
_TABLES: dict[str, Table] = {
    "people": PEOPLE,
    "assets": ASSETS,
    "valuations": VALUATIONS,
    "payments": PAYMENTS,
    "resettlements": RESETTLEMENTS,
    "contacts": CONTACTS,
    "complaints": COMPLAINTS,
    "blockers": BLOCKERS,
}


@dataclass(frozen=True)
class Step:
    """
    A group of stages on the way of a case.

    ``on`` is the day on which it was reached for good, None while it is not; ``due_on`` until when the law or
    the plan wanted it reached; ``over_days`` how much later than that it was, or is by now.
    """

    group: str
    on: date | None
    due_on: date | None
    over_days: int | None


def drawer(db: Connection, actor: Actor, as_of: date, key: str) -> dict[str, Any]:
    """
    Everything that an actor may know of a case, as it holds on a date.

    Events are those of all time, each with whether it counts; timeline and next stages are those of the date.

    Raises
    ------
    CaseUnknown
    """
    case = _case(db, actor, as_of, nfc(key))
    key = case["key"]
    see = actor.may(Right.SEE_HOUSEHOLDS) and not masked_of(db, LAYER, actor, as_of, key)
    here = not actor.bounded or within(db, actor, LAYER, key)
    model = stage_models()[case["law"]]
    runs = db.execute(
        select(RUNS).where(RUNS.c.case_key == key, RUNS.c.from_on <= as_of).order_by(RUNS.c.from_on)
    ).all()
    stage = runs[-1].stage if runs else None
    records: dict[str, Any] = {name: _records(db, table, key) for name, table in _TABLES.items()}
    records["payees"] = _payees(db, key)
    records["documents"] = _documents(db, key)
    records["blockers"] = _blockers(db, records["blockers"], see=see)
    return {
        "case": case,
        "project": _project(db, case["project_key"]),
        "masked": not see,
        **records,
        **({} if see else dict.fromkeys(PERSONAL)),
        "takes": _takes(db, key, as_of),
        "events": _events(db, key, model, see=see),
        "timeline": timeline(model, runs, case["opened_on"], case["planned_on"], as_of),
        "next": _next(model, stage, case, as_of),
        "edits": revisions.history(db, LAYER.id, key) if see else [],
        "forecast": _forecast(db, key),
        "firms": _firms(db, key, as_of),
        "may": {
            "edit": actor.may(Right.KEEP_CASES) and here,
            "approve": actor.may(Right.APPROVE) and here,
            "see": see,
        },
    }


def _case(db: Connection, actor: Actor, as_of: date, key: str) -> dict[str, Any]:
    rows = visible(LAYER, actor, as_of).subquery("rows")
    names = [name for name in told_columns(LAYER) if name in rows.c]
    corners = (func.ST_XMin, func.ST_YMin, func.ST_XMax, func.ST_YMax)
    box = func.json_build_array(*(side(rows.c.geom) for side in corners))
    geometry = as_geojson(rows.c.geom, CRS84)
    told = [*(rows.c[name] for name in names), rows.c.revision, box.label("box"), geometry.label("geometry")]
    found = db.execute(select(*told).where(rows.c.key == key)).mappings().first()
    if found is None:
        raise CaseUnknown(case=key)
    case = _plain(found)
    return case | {"box": None if case["box"][0] is None else case["box"]}


def _project(db: Connection, key: str | None) -> dict[str, Any] | None:
    row = db.execute(select(PROJECTS).where(PROJECTS.c.key == key)).mappings().first()
    return None if row is None else _plain(row)


def _records(db: Connection, table: Table, key: str) -> list[dict[str, Any]]:
    columns = [c for c in table.c if c.name not in ("case_key", "submission_id")]
    rows = db.execute(select(*columns).where(table.c.case_key == key).order_by(table.c.id))
    return [_plain(row) for row in rows.mappings()]


def _payees(db: Connection, key: str) -> list[dict[str, Any]]:
    paid = select(func.coalesce(func.sum(PAYMENTS.c.amount_vnd), 0)).where(PAYMENTS.c.payee_id == PAYEES.c.id)
    columns = [c for c in PAYEES.c if c.name not in ("case_key", "submission_id")]
    query = select(*columns, paid.scalar_subquery().label("paid_vnd")).where(PAYEES.c.case_key == key)
    return [
        _plain(row) | {"paid_vnd": int(row["paid_vnd"])}
        for row in db.execute(query.order_by(PAYEES.c.id)).mappings()
    ]


def _documents(db: Connection, key: str) -> list[dict[str, Any]]:
    """Documents of the case, the latest first."""
    columns = [c for c in DOCUMENTS.c if c.name not in ("layer", "key")]
    mine = select(*columns).where(DOCUMENTS.c.layer == LAYER.id, DOCUMENTS.c.key == key)
    rows = db.execute(mine.order_by(DOCUMENTS.c.issued_on.desc(), DOCUMENTS.c.id.desc()))
    return [_plain(row) for row in rows.mappings()]


def _blockers(db: Connection, rows: list[dict[str, Any]], *, see: bool) -> list[dict[str, Any]]:
    """What holds the case up, in words; notes and names of those who wrote them are not for everybody."""
    words = {row.code: {"vi": row.title_vi, "en": row.title_en} for row in db.execute(select(BLOCKER_CODES))}
    hidden = {} if see else {"note": None, "recorded_by": None}
    return [row | {"title": words.get(row["code"])} | hidden for row in rows]


def _takes(db: Connection, key: str, as_of: date) -> list[dict[str, Any]]:
    names = ("id", "parcel_key", "whole", "area_ha", "residual_ha", "state_managed", "commune_code")
    told = [*(TAKES.c[name] for name in names), TAKES.c.valid_from, TAKES.c.valid_to]
    geometry = as_geojson(TAKES.c.geom, CRS84).label("geometry")
    query = select(*told, geometry).where(TAKES.c.case_key == key, holds(TAKES, as_of))
    return [_plain(row) for row in db.execute(query.order_by(TAKES.c.parcel_key, TAKES.c.id)).mappings()]


def _events(db: Connection, key: str, model: StageModel, *, see: bool) -> list[dict[str, Any]]:
    """Events in the order in which they were recorded; of one day, and of those replaced, the last counts."""
    rows = db.execute(select(EVENTS).where(EVENTS.c.case_key == key).order_by(EVENTS.c.id)).all()
    replaced = {row.replaces_id for row in rows}
    standing = [row for row in rows if row.stage is not None and row.id not in replaced]
    last = {row.effective_on: row.id for row in standing}
    return [
        {
            "id": row.id,
            "stage": row.stage,
            "title": None if row.stage is None else _words(model, row.stage),
            "effective_on": row.effective_on,
            "recorded_at": row.recorded_at,
            "recorded_by": row.recorded_by if see else None,
            "document_id": row.document_id,
            "replaces_id": row.replaces_id,
            "reason": row.reason if see else None,
            "source": row.source,
            "counts": last.get(row.effective_on) == row.id,
        }
        for row in rows
    ]


def timeline(
    model: StageModel, runs: Iterable[Any], opened_on: date, planned_on: date | None, as_of: date
) -> list[Step]:
    """
    The seven groups of a case: when each was reached, and until when it should have been.

    A case that went back has not reached what it left.

    Parameters
    ----------
    runs
        With ``from_on``, ``stage`` and ``stage_rank``, in order.
    """
    reached: dict[int, tuple[date, date | None]] = {0: (opened_on, None)}
    due: date | None = None
    for run in runs:
        reached = {rank: when for rank, when in reached.items() if rank <= run.stage_rank}
        reached.setdefault(run.stage_rank, (run.from_on, due))
        due = model.due_on(run.stage, run.from_on) if run.stage in model.stages else None
    now = max(reached)
    steps: list[Step] = []
    for rank, group in enumerate(STAGES):
        on, due_on = reached.get(rank, (None, due if rank == now + 1 else None))
        if rank == CLEARED_RANK and planned_on is not None:
            due_on = planned_on if due_on is None else min(due_on, planned_on)
        late = None if due_on is None else ((on or as_of) - due_on).days
        steps.append(Step(group.value, on, due_on, late if late is not None and late > 0 else None))
    return steps


def _next(model: StageModel, stage: str | None, case: dict[str, Any], as_of: date) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    for following in model.next_of(stage, case["origin"], case["user_kind"]):
        office = following.actor_on(as_of)
        told.append(
            {
                "stage": following.code,
                "group": following.group,
                "title": _words(model, following.code),
                "documents": list(following.documents),
                "actor": None if office is None else {"vi": office.vi, "en": office.en},
            }
        )
    return told


def _words(model: StageModel, stage: str) -> dict[str, str]:
    if stage not in model.stages:
        return {"vi": stage, "en": stage}
    title = model.title_of(stage)
    return {"vi": title.vi, "en": title.en}


def _forecast(db: Connection, key: str) -> dict[str, Any] | None:
    row = db.execute(select(CASE_FORECASTS).where(CASE_FORECASTS.c.case_key == key)).first()
    return None if row is None else {"p10": row.p10_on, "p50": row.p50_on, "p90": row.p90_on}


def _firms(db: Connection, key: str, as_of: date) -> list[dict[str, Any]]:
    """Who holds, or is to hold, a reservation of a lot on which the case lies."""
    lasting = or_(RESERVATIONS.c.to_on.is_(None), RESERVATIONS.c.to_on > as_of)
    query = (
        select(RESERVATIONS.c.enterprise_key, RESERVATIONS.c.holder)
        .distinct()
        .join(LOTS, LOTS.c.key == RESERVATIONS.c.lot_key)
        .join(TAKES, func.ST_Intersects(TAKES.c.geom, LOTS.c.geom))
        .where(TAKES.c.case_key == key, holds(TAKES, as_of), holds(LOTS, as_of), lasting)
        .where(~func.ST_Touches(TAKES.c.geom, LOTS.c.geom))
        .order_by(RESERVATIONS.c.holder)
    )
    return [{"key": row.enterprise_key, "name": row.holder} for row in db.execute(query)]


def _plain(row: Any) -> dict[str, Any]:
    """A row by name, numbers as JSON has them; geometry of the database left out."""
    return {
        str(name): float(value) if isinstance(value, Decimal) else value
        for name, value in row.items()
        if not isinstance(value, Geometry)
    }
