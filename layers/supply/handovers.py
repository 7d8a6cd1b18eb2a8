"""Hand-overs of takes by zone: what the records of cases say, against what supply rested on so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import BigInteger, Connection, and_, cast, delete, exists, func, insert, or_, select
from sqlalchemy import case as when
from sqlalchemy.dialects.postgresql import ARRAY

from layers.catalogue.zones import TABLE as ZONES
from layers.layer import Rows
from layers.records.cases import TAKES
from layers.records.handovers import HANDOVERS
from layers.records.stages import CLEARED_RANK, RUNS
from layers.supply.units import among

Period = tuple[date, date | None]


@dataclass(frozen=True)
class Changed:
    """A zone whose hand-overs differ from what its supply rests on, from a day on."""

    zone_key: str
    since: date


def now(zone_keys: Sequence[str] | None = None, take_ids: Sequence[int] | None = None) -> Rows:
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
    found = (
        select(TAKES.c.id.label("take_id"), ZONES.c.key.label("zone_key"))
        .add_columns(begins.label("from_on"), ends.label("to_on"))
        .join(RUNS, and_(RUNS.c.case_key == TAKES.c.case_key, RUNS.c.stage_rank == CLEARED_RANK))
        .join(ZONES, func.ST_Intersects(ZONES.c.geom, TAKES.c.geom))
        .where(ZONES.c.clearance_basis == "parcels", is_last, or_(ends.is_(None), begins < ends))
    )
    if zone_keys is not None:
        found = found.where(among(ZONES.c.key, zone_keys))
    return found if take_ids is None else found.where(TAKES.c.id == func.any(_ids(take_ids)))


def renew(db: Connection, zone_keys: Sequence[str]) -> None:
    """Take over what the records of cases say of some zones."""
    db.execute(delete(HANDOVERS).where(among(HANDOVERS.c.zone_key, zone_keys)))
    rows = now(zone_keys)
    db.execute(insert(HANDOVERS).from_select([c.name for c in rows.selected_columns], rows))


def of_same_cases(db: Connection, take_ids: Sequence[int]) -> list[int]:
    """Some takes, which may be gone, with all others of their cases: a stage is a case's."""
    named = select(TAKES.c.case_key).where(TAKES.c.id == func.any(_ids(take_ids)))
    found = db.execute(select(TAKES.c.id).where(TAKES.c.case_key.in_(named))).scalars()
    return sorted({*take_ids, *found})


def changed(db: Connection, take_ids: Sequence[int]) -> list[Changed]:
    """Zones in which hand-overs of some takes differ from what supply rests on; in order."""
    told = now(take_ids=take_ids).subquery("told")
    periods: dict[tuple[str, int], tuple[set[Period], set[Period]]] = defaultdict(lambda: (set(), set()))
    kept = select(HANDOVERS).where(HANDOVERS.c.take_id == func.any(_ids(take_ids)))
    for place, query in enumerate((kept, select(told))):
        for row in db.execute(query):
            periods[row.zone_key, row.take_id][place].add((row.from_on, row.to_on))
    first: dict[str, date] = {}
    for (zone, _), (before, after) in periods.items():
        if before != after:
            first[zone] = min(first.get(zone, date.max), _first_difference(before, after))
    return [Changed(zone, first[zone]) for zone in sorted(first)]


def known(db: Connection, zone_keys: Sequence[str]) -> set[str]:
    """Zones of which it is known what their supply rests on; before the first hand-over it is not."""
    told = select(HANDOVERS.c.zone_key).where(among(HANDOVERS.c.zone_key, zone_keys)).distinct()
    return set(db.execute(told).scalars())


def renew_takes(db: Connection, zone_keys: Sequence[str], take_ids: Sequence[int]) -> None:
    """The same for some takes alone."""
    of_zones = among(HANDOVERS.c.zone_key, zone_keys)
    db.execute(delete(HANDOVERS).where(of_zones, HANDOVERS.c.take_id == func.any(_ids(take_ids))))
    rows = now(zone_keys, take_ids)
    db.execute(insert(HANDOVERS).from_select([c.name for c in rows.selected_columns], rows))


def _first_difference(before: set[Period], after: set[Period]) -> date:
    """The first day on which land is handed over by one of two lists of periods and not by the other."""
    days = sorted({day for period in before ^ after for day in period if day is not None})
    return next((day for day in days if _on(before, day) != _on(after, day)), days[0])


def _on(periods: set[Period], day: date) -> bool:
    return any(start <= day and (end is None or day < end) for start, end in periods)


def _ids(take_ids: Sequence[int]) -> object:
    return cast(list(take_ids), ARRAY(BigInteger))
