"""
What cases add to the ledger of their zones, as one Select: land, cases and money, by zone, day and rank.

- **Land.** A take adds its share of a zone on each day to the rank that its case holds on that day; it counts
  while both hold. Before its first event a case has rank 0, from the day on which it was opened.
- **Cases.** A case counts whole, and once: in its own zone, in the park of which that is a phase, and, where
  its own zone is a park, in the phase that holds most of its land. So the phases and the parks of a province
  each add up to the cases of the province.
- **Money.** What was approved and what was paid counts where the case counts, with rank -1.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Select,
    SmallInteger,
    and_,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import distinct_on

from layers.catalogue.cases import TABLE as CASES
from layers.catalogue.zones import TABLE as ZONES
from layers.layer import Rows
from layers.records.cases import PAYEES, PAYMENTS, SHARES, TAKES
from layers.records.stages import RUNS

MONEY_RANK = -1
COLUMNS = ("zone_key", "on_day", "stage_rank", "area_mm2", "cases", "approved_vnd", "paid_vnd")


def latest_zones(*columns: str) -> Rows:
    """The last version of every zone and phase: boundaries count as they are known now."""
    later = ZONES.alias("later")
    is_last = ~exists().where(later.c.key == ZONES.c.key, later.c.valid_from > ZONES.c.valid_from)
    return select(*(ZONES.c[name] for name in columns)).where(is_last)


def rank_periods() -> Rows:
    """
    From which day to which a case holds which rank: ``case_key, from_on, to_on, stage_rank``.

    Rank 0 from the day on which it was opened to its first event, then its runs, up to the day it ended.
    """
    first = (
        select(func.min(RUNS.c.from_on)).where(RUNS.c.case_key == CASES.c.key).correlate(CASES)
    ).scalar_subquery()
    before = select(
        CASES.c.key.label("case_key"),
        CASES.c.valid_from.label("from_on"),
        func.least(first, CASES.c.valid_to).label("to_on"),
        cast(0, SmallInteger).label("stage_rank"),
    ).where(or_(first.is_(None), first > CASES.c.valid_from))
    ends = func.least(RUNS.c.to_on, CASES.c.valid_to)  # least() leaves out what is null
    runs = (
        select(RUNS.c.case_key, RUNS.c.from_on, ends, RUNS.c.stage_rank)
        .join(CASES, CASES.c.key == RUNS.c.case_key)
        .where(or_(ends.is_(None), ends > RUNS.c.from_on))
    )
    return select(union_all(before, runs).subquery("periods"))


def homes() -> Rows:
    """Zones and phases in which a case counts as a whole: ``case_key, zone_key``."""
    zones = latest_zones("key", "parent_key").subquery("zone")
    phases = latest_zones("key", "parent_key").subquery("phase")
    own = select(CASES.c.key.label("case_key"), CASES.c.zone_key).where(CASES.c.zone_key.is_not(None))
    park = (
        select(CASES.c.key, zones.c.parent_key)
        .join(zones, zones.c.key == CASES.c.zone_key)
        .where(zones.c.parent_key.is_not(None))
    )
    most = func.sum(SHARES.c.area_mm2).desc()
    phase = (
        select(CASES.c.key, SHARES.c.zone_key)
        .join(TAKES, TAKES.c.case_key == CASES.c.key)
        .join(SHARES, SHARES.c.take_id == TAKES.c.id)
        .join(phases, and_(phases.c.key == SHARES.c.zone_key, phases.c.parent_key == CASES.c.zone_key))
        .group_by(CASES.c.key, SHARES.c.zone_key)
        .ext(distinct_on(CASES.c.key))
        .order_by(CASES.c.key, most, SHARES.c.zone_key)
    )
    return select(union_all(own, park, select(phase.subquery("largest"))).subquery("homes"))


def ledger() -> Rows:
    """Every row of the ledger from the records it rests on; rows of which nothing is left are not told."""
    added = union_all(*_land(), *_cases(), *_money()).subquery("added")
    sums = [cast(func.sum(added.c[name]), BigInteger).label(name) for name in COLUMNS[3:]]
    keys = [added.c[name] for name in COLUMNS[:3]]
    something = or_(*(func.sum(added.c[name]) != 0 for name in COLUMNS[3:]))
    return select(*keys, *sums).group_by(*keys).having(something)


def _land() -> list[Select[Any]]:
    periods = rank_periods().subquery("period")
    begins = func.greatest(periods.c.from_on, TAKES.c.valid_from)
    ends = func.least(periods.c.to_on, TAKES.c.valid_to)
    both = or_(ends.is_(None), begins < ends)

    def rows(day: ColumnElement[Any], sign: int) -> Select[Any]:
        area = SHARES.c.area_mm2 * sign
        return (
            select(*_row(SHARES.c.zone_key, day, periods.c.stage_rank, area=area))
            .select_from(TAKES)
            .join(SHARES, SHARES.c.take_id == TAKES.c.id)
            .join(periods, periods.c.case_key == TAKES.c.case_key)
            .where(both)
        )

    return [rows(begins, 1), rows(ends, -1).where(ends.is_not(None))]


def _cases() -> list[Select[Any]]:
    periods, home = rank_periods().subquery("period"), homes().subquery("home")

    def rows(day: ColumnElement[Any], sign: int) -> Select[Any]:
        counted = literal(sign, BigInteger)
        return select(*_row(home.c.zone_key, day, periods.c.stage_rank, cases=counted)).join_from(
            periods, home, home.c.case_key == periods.c.case_key
        )

    return [rows(periods.c.from_on, 1), rows(periods.c.to_on, -1).where(periods.c.to_on.is_not(None))]


def _money() -> list[Select[Any]]:
    home = homes().subquery("home")
    rank = literal(MONEY_RANK, SmallInteger)
    approved = select(*_row(home.c.zone_key, PAYEES.c.approved_on, rank, approved=PAYEES.c.approved_vnd))
    paid = select(*_row(home.c.zone_key, PAYMENTS.c.paid_on, rank, paid=PAYMENTS.c.amount_vnd))
    return [
        approved.join_from(PAYEES, home, home.c.case_key == PAYEES.c.case_key),
        paid.join_from(PAYMENTS, home, home.c.case_key == PAYMENTS.c.case_key),
    ]


def _row(
    zone: ColumnElement[Any],
    day: ColumnElement[Any],
    rank: ColumnElement[Any],
    *,
    area: ColumnElement[Any] | None = None,
    cases: ColumnElement[Any] | None = None,
    approved: ColumnElement[Any] | None = None,
    paid: ColumnElement[Any] | None = None,
) -> list[ColumnElement[Any]]:
    nothing = literal(0, BigInteger)
    values = [
        zone,
        cast(day, Date),
        rank,
        *(nothing if v is None else v for v in (area, cases, approved, paid)),
    ]
    return [value.label(name) for name, value in zip(COLUMNS, values, strict=True)]
