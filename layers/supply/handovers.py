"""Hand-overs of takes by zone: what the records of cases say, against what supply rested on so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    exists,
    false,
    func,
    insert,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy import case as when
from sqlalchemy.dialects.postgresql import ARRAY

from layers.catalogue.zones import TABLE as ZONES
from layers.layer import Rows
from layers.records.cases import TAKES
from layers.records.handovers import HANDOVERS
from layers.records.stages import CLEARED_RANK, RUNS
from layers.supply.units import among

Period = tuple[date, date | None]
Periods = set[Period]


@dataclass(frozen=True)
class Changed:
    """
    A zone whose hand-overs of some takes differ from what its supply rests on, from a day on.

    ``before`` and ``after`` are the periods of each take that supply rested on, and that are on record.
    """

    zone_key: str
    since: date
    before: Mapping[int, Periods]
    after: Mapping[int, Periods]


def now() -> Rows:
    """
    Hand-overs as the records of cases tell them: ``take_id, zone_key, from_on, to_on``.

    Of takes that meet the latest boundary of a zone whose clearance is followed by parcel; one row per
    version of a take and run of its case in the stage that counts: each date has the boundary of that date.
    """
    later = ZONES.alias("later")
    is_last = ~exists().where(later.c.key == ZONES.c.key, later.c.valid_from > ZONES.c.valid_from)
    earlier = TAKES.alias("earlier")
    same = and_(earlier.c.case_key == TAKES.c.case_key, earlier.c.parcel_key == TAKES.c.parcel_key)
    is_first = ~exists().where(same, earlier.c.valid_from < TAKES.c.valid_from)
    begins = when((is_first, RUNS.c.from_on), else_=func.greatest(RUNS.c.from_on, TAKES.c.valid_from))
    ends = func.least(RUNS.c.to_on, TAKES.c.valid_to)  # least() leaves out what is null
    return (
        select(TAKES.c.id.label("take_id"), ZONES.c.key.label("zone_key"))
        .add_columns(begins.label("from_on"), ends.label("to_on"))
        .join(RUNS, and_(RUNS.c.case_key == TAKES.c.case_key, RUNS.c.stage_rank == CLEARED_RANK))
        .join(ZONES, func.ST_Intersects(ZONES.c.geom, TAKES.c.geom))
        .where(ZONES.c.clearance_basis == "parcels", is_last, or_(ends.is_(None), begins < ends))
    )


def renew(db: Connection, zone_keys: Sequence[str]) -> None:
    """Take over what the records of cases say of some zones."""
    db.execute(delete(HANDOVERS).where(among(HANDOVERS.c.zone_key, zone_keys)))
    rows = now().where(among(ZONES.c.key, zone_keys))
    db.execute(insert(HANDOVERS).from_select([c.name for c in rows.selected_columns], rows))


def of_same_cases(db: Connection, take_ids: Sequence[int]) -> list[int]:
    """Some takes, which may be gone, with all others of their cases: a stage is a case's."""
    found = db.execute(_same_cases(), {"takes": list(take_ids)}).scalars()
    return sorted({*take_ids, *found})


def changed(db: Connection, take_ids: Sequence[int]) -> list[Changed]:
    """Zones in which hand-overs of some takes differ from what supply rests on; in order."""
    told: dict[str, tuple[dict[int, Periods], dict[int, Periods]]] = {}
    for row in db.execute(_both(), {"takes": list(take_ids)}):
        side = told.setdefault(row.zone_key, ({}, {}))[row.on_record]
        side.setdefault(row.take_id, set()).add((row.from_on, row.to_on))
    found: list[Changed] = []
    for zone in sorted(told):
        before, after = told[zone]
        days = [
            _first_difference(before.get(take, set()), after.get(take, set()))
            for take in {*before, *after}
            if before.get(take) != after.get(take)
        ]
        if days:
            found.append(Changed(zone, min(days), before, after))
    return found


def renew_takes(db: Connection, zones: Sequence[Changed]) -> None:
    """Take over what the records of cases say of the takes that changed."""
    gone = [(zone.zone_key, take) for zone in zones for take in zone.before]
    if gone:
        of_take = and_(HANDOVERS.c.zone_key == bindparam("zone"), HANDOVERS.c.take_id == bindparam("take"))
        db.execute(delete(HANDOVERS).where(of_take), [{"zone": zone, "take": take} for zone, take in gone])
    new = [
        {"zone_key": zone.zone_key, "take_id": take, "from_on": from_on, "to_on": to_on}
        for zone in zones
        for take, periods in zone.after.items()
        for from_on, to_on in periods
    ]
    if new:
        db.execute(insert(HANDOVERS), new)


@cache
def _same_cases() -> Rows:
    named = select(TAKES.c.case_key).where(_named(TAKES.c.id))
    return select(TAKES.c.id).where(TAKES.c.case_key.in_(named))


@cache
def _both() -> Rows:
    """What supply rests on and what is on record, of the takes that are named."""
    names = ("take_id", "zone_key", "from_on", "to_on")
    kept = select(*(HANDOVERS.c[name] for name in names), false().label("on_record"))
    told = now().where(_named(TAKES.c.id)).subquery("told")
    on_record = select(*(told.c[name] for name in names), true().label("on_record"))
    return select(union_all(kept.where(_named(HANDOVERS.c.take_id)), on_record).subquery("both"))


def _named(column: ColumnElement[int]) -> ColumnElement[bool]:
    return column == func.any(bindparam("takes", type_=ARRAY(BigInteger)))


def _first_difference(before: set[Period], after: set[Period]) -> date:
    """The first day on which land is handed over by one of two lists of periods and not by the other."""
    days = sorted({day for period in before ^ after for day in period if day is not None})
    return next((day for day in days if _on(before, day) != _on(after, day)), days[0])


def _on(periods: set[Period], day: date) -> bool:
    return any(start <= day and (end is None or day < end) for start, end in periods)
