"""Hand-overs of takes by zone: what the records of cases say, against what supply rested on so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from sqlalchemy import (
    BigInteger,
    BindParameter,
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
from layers.supply.units import among, wkb

Period = tuple[date, date | None]
Periods = set[Period]


@dataclass(frozen=True)
class Land:
    """The land of a take, as WKB."""

    wkb: bytes
    illustrative: bool


@dataclass(frozen=True)
class Changed:
    """
    A zone whose hand-overs of some takes differ from what its supply rests on, from a day on.

    ``before`` and ``after`` are the periods of each take that supply rested on, and that are on record, of
    all takes of the cases; ``lands`` has the takes that differ, None for those that are gone.
    """

    zone_key: str
    since: date
    before: Mapping[int, Periods]
    after: Mapping[int, Periods]
    lands: Mapping[int, Land | None]


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


def changed(db: Connection, take_ids: Sequence[int]) -> list[Changed]:
    """
    Zones in which hand-overs of some takes differ from what supply rests on; in order.

    The takes may be gone; with them go all others of their cases: a stage is a case's.
    """
    told: dict[str, tuple[dict[int, Periods], dict[int, Periods]]] = {}
    lands: dict[int, Land | None] = {}
    for row in db.execute(_both(), {"takes": list(take_ids)}):
        side = told.setdefault(row.zone_key, ({}, {}))[row.on_record]
        side.setdefault(row.take_id, set()).add((row.from_on, row.to_on))
        lands[row.take_id] = None if row.wkb is None else Land(row.wkb, row.illustrative)
    found: list[Changed] = []
    for zone in sorted(told):
        before, after = told[zone]
        days = {
            take: _first_difference(before.get(take, set()), after.get(take, set()))
            for take in {*before, *after}
            if before.get(take) != after.get(take)
        }
        if days:
            differing = {take: lands[take] for take in sorted(days)}
            found.append(Changed(zone, min(days.values()), before, after, differing))
    return found


def rests_on_others(db: Connection, change: Changed) -> bool:
    """Whether supply of the zone rested on hand-overs of other cases."""
    takes = list(change.after)
    other = exists().where(HANDOVERS.c.zone_key == change.zone_key, ~_named(HANDOVERS.c.take_id))
    return db.execute(select(other), {"takes": takes}).scalar_one()


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
def _both() -> Rows:
    """What supply rests on and what is on record, of some takes and the others of their cases."""
    names = ("take_id", "zone_key", "from_on", "to_on")
    own = TAKES.alias("own")
    cases = select(own.c.case_key).where(_named(own.c.id))
    other = TAKES.alias("other")
    others = select(other.c.id).where(other.c.case_key.in_(cases))
    every = union_all(others, select(func.unnest(_takes())))
    kept = select(*(HANDOVERS.c[name] for name in names), false().label("on_record"))
    kept = kept.where(HANDOVERS.c.take_id == func.any(func.array(every.scalar_subquery())))
    told = now().where(TAKES.c.case_key == func.any(func.array(cases.scalar_subquery()))).subquery("told")
    on_record = select(*(told.c[name] for name in names), true().label("on_record"))
    both = union_all(kept, on_record).subquery("both")
    return select(both, TAKES.c.illustrative, wkb(TAKES.c.geom)).outerjoin(
        TAKES, TAKES.c.id == both.c.take_id
    )


def _named(column: ColumnElement[int]) -> ColumnElement[bool]:
    return column == func.any(_takes())


def _takes() -> BindParameter[Sequence[int]]:
    return bindparam("takes", type_=ARRAY(BigInteger))


def _first_difference(before: set[Period], after: set[Period]) -> date:
    """The first day on which land is handed over by one of two lists of periods and not by the other."""
    days = sorted({day for period in before ^ after for day in period if day is not None})
    return next((day for day in days if _on(before, day) != _on(after, day)), days[0])


def _on(periods: set[Period], day: date) -> bool:
    return any(start <= day and (end is None or day < end) for start, end in periods)
