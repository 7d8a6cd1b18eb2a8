"""
The figures of clearance: each defined once, with the denominator it is a share of.

Cleared is what was handed over (rank 6). *To be recovered* is all land of the open cases inside the zone,
*planned* what the decisions foresee, *zone* the legal area of the zone (measured where there is none),
*industrial* the industrial lots. Land counts with its exact share of a zone; a case counts once and whole.
What nobody knows is None, which is neither zero nor done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection, Float, Subquery, and_, case, cast, exists, false, func, or_, select

from gis.arrays import or_none
from gis.clearance.figures import AREA, ratio_of, ratios
from gis.measure import MM2_PER_HA
from layers.catalogue import zone_supply
from layers.catalogue.cases import TABLE as CASES
from layers.catalogue.zones import TABLE as ZONES
from layers.clearance.contributions import MONEY_RANK
from layers.clearance.ledgers import APPROVED, PAID, ZoneLedger, day_number, day_of, ledgers, totals
from layers.clearance.ledgers import AREA as AREA_MM2
from layers.clearance.ledgers import CASES as CASE_COUNT
from layers.clearance.memory import book
from layers.clearance.overdue import firms_waiting
from layers.clearance.positions import Moment, positions
from layers.clearance.reported import CLEARANCE_QUANTITIES, reports
from layers.clearance.scope import Scope, counted, parks
from layers.layer import holds
from layers.records.cases import PAYEES, PAYMENTS, PROJECTS
from layers.records.observations import OBSERVATIONS
from layers.records.stages import CLEARED_RANK, LEDGER, STAGES

#: From this group on it is decided what becomes of state-managed land.
DECIDED_RANK = 4


@dataclass(frozen=True)
class Ranked:
    """
    Land and cases by rank of their group of stages, and money.

    Attributes
    ----------
    area_mm2, cases
        Seven numbers each, by rank.
    """

    area_mm2: tuple[int, ...]
    cases: tuple[int, ...]
    approved_vnd: int
    paid_vnd: int

    @property
    def land_ha(self) -> float:
        """To be recovered."""
        return sum(self.area_mm2) / MM2_PER_HA

    @property
    def cleared_ha(self) -> float:
        """Handed over."""
        return self.area_mm2[CLEARED_RANK] / MM2_PER_HA

    @property
    def rest_ha(self) -> float:
        """Still to be handed over."""
        return sum(self.area_mm2[:CLEARED_RANK]) / MM2_PER_HA


def ranked(db: Connection, scope: Scope, moment: Moment) -> Ranked:
    """
    Land, cases and money of a scope on a date.

    Zones and the province are sums of their ledger; other scopes, and what was known at another time, are
    counted case by case. Both ways give the same figures to the square millimetre.
    """
    if scope.level not in ("zone", "province"):
        return case_by_case(db, scope, moment)
    if moment.known_at is None:
        return _from_ledger(db, scope, moment.as_of)
    return _from_memory(db, scope, moment, moment.known_at)


def case_by_case(db: Connection, scope: Scope, moment: Moment) -> Ranked:
    """The same from the cases themselves."""
    rows = positions(scope, moment)
    sums = select(rows.c.rank, func.sum(rows.c.area_mm2), func.count().filter(rows.c.counted))
    by_rank = {row[0]: (int(row[1]), int(row[2])) for row in db.execute(sums.group_by(rows.c.rank))}
    return _ranked(by_rank, *_money(db, scope, moment))


def _from_memory(db: Connection, scope: Scope, moment: Moment, known_at: datetime) -> Ranked:
    """Zones as they were known at another time, from arrays of all events."""
    held = book(db)
    totals = held.totals(moment.as_of, known_at)
    keys = [scope.zone_key] if scope.zone_key else list(db.execute(parks(moment.as_of)).scalars())
    zones = [held.zones[key] for key in keys if key in held.zones]
    area, cases = totals.values[zones, AREA].sum(axis=0), totals.cases[zones].sum(axis=0)
    by_rank = {rank: (int(area[rank]), int(cases[rank])) for rank in range(len(STAGES))}
    return _ranked(by_rank, *_money(db, scope, moment))


def _money(db: Connection, scope: Scope, moment: Moment) -> tuple[int, int]:
    """What was approved and what was paid by a date; what was paid stays paid when its case ends."""
    of_scope = select(CASES.c.key).where(counted(scope))
    approved = select(func.coalesce(func.sum(PAYEES.c.approved_vnd), 0)).where(
        PAYEES.c.case_key.in_(of_scope), PAYEES.c.approved_on <= moment.as_of
    )
    paid = select(func.coalesce(func.sum(PAYMENTS.c.amount_vnd), 0)).where(
        PAYMENTS.c.case_key.in_(of_scope), PAYMENTS.c.paid_on <= moment.as_of
    )
    if moment.known_at is not None:
        approved = approved.where(PAYEES.c.recorded_at <= moment.known_at)
        paid = paid.where(PAYMENTS.c.recorded_at <= moment.known_at)
    return int(db.execute(approved).scalar_one()), int(db.execute(paid).scalar_one())


def _from_ledger(db: Connection, scope: Scope, as_of: date) -> Ranked:
    sums = totals(ledgers_of(db, scope, as_of), as_of)
    by_rank = {rank: (int(sums[rank, AREA_MM2]), int(sums[rank, CASE_COUNT])) for rank in range(len(STAGES))}
    return _ranked(by_rank, int(sums[MONEY_RANK, APPROVED]), int(sums[MONEY_RANK, PAID]))


def ledgers_of(db: Connection, scope: Scope, as_of: date) -> list[ZoneLedger]:
    """Ledgers of the zone of a scope, or of the parks of a date."""
    zones = [scope.zone_key] if scope.zone_key else db.execute(parks(as_of)).scalars().all()
    return list(ledgers(db, zones).values())


def _ranked(by_rank: dict[int, tuple[int, int]], approved_vnd: int, paid_vnd: int) -> Ranked:
    each = [by_rank.get(rank, (0, 0)) for rank in range(len(STAGES))]
    return Ranked(tuple(a for a, _ in each), tuple(n for _, n in each), approved_vnd, paid_vnd)


def summary(db: Connection, scope: Scope, moment: Moment, today: date | None = None) -> dict[str, Any]:
    """
    The strip over the screen: every figure with its denominator, and what changed since the last report day.

    Returns
    -------
    summary
        As JSON. ``basis`` is ``tracked`` where cases are kept, ``reported`` where only others' reports are
        known, else ``none``; figures that rest on cases are then None. ``ahead_of`` is today's date where the
        day asked for has not come: nothing more is known of it than today.
    """
    rows = positions(scope, moment)
    now = ranked(db, scope, moment)
    previous_on = report_day_before(moment.as_of)
    before = ranked(db, scope, Moment(previous_on, moment.known_at))
    tracked, reported = zones_known(db, scope, moment.as_of)
    basis = "tracked" if sum(now.cases) or sum(now.area_mm2) else "reported" if reported else "none"
    known = basis == "tracked"
    land_ha, cases = now.land_ha, sum(now.cases)
    done = now.cases[CLEARED_RANK]
    each = _details(db, rows, moment.as_of)
    return {
        "as_of": moment.as_of.isoformat(),
        "known_at": moment.known_at and moment.known_at.isoformat(),
        "ahead_of": today.isoformat() if today and today < moment.as_of else None,
        "basis": basis,
        "scope": scope.as_json(),
        "illustrative": scope.illustrative or any(row.illustrative for row in each.values()),
        "zones": {"tracked": tracked, "reported": reported},
        "age": _age(db, scope, moment.as_of),
        "previous_on": previous_on.isoformat(),
        "to_recover": {"ha": land_ha if known else None, "cases": cases},
        "handed_over": {
            "ha": now.cleared_ha if known else None,
            "ratio": share(now.cleared_ha, land_ha, "to_recover"),
            "of_ha": land_ha if known else None,
            "change_ha": now.cleared_ha - before.cleared_ha if known else None,
        },
        "by_case": {
            "cases": done,
            "ratio": share(done, cases, "cases"),
            "of_cases": cases,
            "change": done - before.cases[CLEARED_RANK],
        },
        "money": {
            "paid_vnd": now.paid_vnd,
            "approved_vnd": now.approved_vnd,
            "ratio": share(now.paid_vnd, now.approved_vnd, "approved"),
        },
        "disputed": {
            "ha": _ha(each, "disputed_mm2"),
            "cases": _count(each, "disputed"),
            "ratio_of_rest": share(_ha(each, "disputed_mm2"), now.rest_ha, "rest"),
        },
        "state_managed": {
            "ha": _ha(each, "state_mm2"),
            "cases": _count(each, "state"),
            "decided_ha": _ha({r: row for r, row in each.items() if r >= DECIDED_RANK}, "state_mm2"),
        },
        "overdue": {
            "ha": _ha(each, "overdue_mm2"),
            "cases": _count(each, "overdue"),
            "firms": len(firms_waiting(db, rows, moment.as_of)),
        },
        "denominators": denominators(db, scope, moment.as_of, now if known else None),
        "funnel": _funnel(now, each),
        "reported": [] if scope.zone_key is None else reports(db, scope.zone_key, moment.as_of),
    }


def _details(db: Connection, rows: Subquery, as_of: date) -> dict[int, Any]:
    """What the cases themselves tell, by rank: dispute, state-managed land, overdue, days in stage."""
    overdue = func.coalesce(rows.c.due_on < as_of, false())
    disputed = and_(rows.c.disputed, rows.c.rank < CLEARED_RANK)
    days = cast(as_of - rows.c.since, Float)
    one = rows.c.counted
    told = select(
        rows.c.rank,
        func.sum(case((disputed, rows.c.area_mm2), else_=0)).label("disputed_mm2"),
        func.count().filter(one, disputed).label("disputed"),
        func.sum(rows.c.state_mm2).label("state_mm2"),
        func.count().filter(one, rows.c.state_mm2 > 0).label("state"),
        func.sum(case((overdue, rows.c.area_mm2), else_=0)).label("overdue_mm2"),
        func.count().filter(one, overdue).label("overdue"),
        func.percentile_cont(0.5).within_group(days).filter(one).label("median_days"),
        func.max(rows.c.limit_days).label("limit_days"),
        func.bool_or(rows.c.illustrative).label("illustrative"),
    )
    return {row.rank: row for row in db.execute(told.group_by(rows.c.rank))}


def _ha(each: Mapping[int, Any], name: str) -> float:
    return int(sum(getattr(row, name) for row in each.values())) / MM2_PER_HA


def _count(each: Mapping[int, Any], name: str) -> int:
    return sum(getattr(row, name) for row in each.values())


def _funnel(now: Ranked, each: Mapping[int, Any]) -> list[dict[str, Any]]:
    """Land and cases by group of stages; over where half of the cases are in it longer than the limit."""
    told: list[dict[str, Any]] = []
    for rank, group in enumerate(STAGES):
        row = each.get(rank)
        waits = row is not None and 0 < rank < CLEARED_RANK
        median, limit = (row.median_days, row.limit_days) if row is not None and waits else (None, None)
        told.append(
            {
                "group": group.value,
                "rank": rank,
                "ha": now.area_mm2[rank] / MM2_PER_HA,
                "cases": now.cases[rank],
                "median_days": median,
                "limit_days": limit,
                "over": median is not None and limit is not None and median > limit,
            }
        )
    return told


def _age(db: Connection, scope: Scope, as_of: date) -> dict[str, Any]:
    """How old the last change of a zone is: of the zone that has been silent longest, and of all."""
    until = day_number(as_of)
    spans = [span for one in ledgers_of(db, scope, as_of) if (span := one.first_and_last(until))]
    last = [day for _, day in spans]
    return {
        "oldest_days": until - min(last) if last else None,
        "newest_on": day_of(max(last)).isoformat() if last else None,
    }


def share(part: float, whole: float, of: str) -> float | None:
    """A share as JSON tells it (`gis.clearance.figures.ratio_of`): None for what is not known."""
    return or_none(ratio_of(part, whole, of).ratio)


def report_day_before(day: date) -> date:
    """The last report day before a date: reports are made for the ends of months."""
    return day.replace(day=1) - timedelta(days=1)


def denominators(db: Connection, scope: Scope, as_of: date, now: Ranked | None) -> list[dict[str, Any]]:
    """
    What the hand-over is a share of, by each denominator that is in use.

    ``cleared_ha`` is the numerator: all land handed over, for industrial land that of the lots alone. It has
    no ratio of a whole that is smaller, as land that a decision foresaw may be.
    """
    cleared = now.cleared_ha if now else None
    land = {"to_recover": now.land_ha if now else None, "planned": _planned_ha(db, scope)}
    land["zone"] = _zone_ha(db, scope, as_of)
    told = [_share(name, ha, cleared) for name, ha in land.items()]
    supply = _supply(db, scope, as_of)
    return [*told, _share("industrial", supply[0], supply[1])]


def _share(name: str, whole: float | None, part: float | None) -> dict[str, Any]:
    told = ratios(np.nan if part is None else part, {name: np.nan if whole is None else whole})
    return {"id": name, "ha": whole, "cleared_ha": part, "ratio": or_none(told[name].ratio)}


def _planned_ha(db: Connection, scope: Scope) -> float | None:
    if scope.level == "unit":  # a project is not shared out between communes
        return None
    planned = select(func.sum(PROJECTS.c.planned_ha))
    if scope.level == "project":
        planned = planned.where(PROJECTS.c.key == scope.key)
    elif scope.level == "zone":
        phases = select(ZONES.c.key).where(ZONES.c.parent_key == scope.key)
        planned = planned.where(or_(PROJECTS.c.zone_key == scope.key, PROJECTS.c.zone_key.in_(phases)))
    return db.execute(planned).scalar()


def _zone_ha(db: Connection, scope: Scope, as_of: date) -> float | None:
    """Area of the zones that have cases or whose clearance was reported."""
    if scope.level == "unit":
        return None
    area = func.sum(func.coalesce(ZONES.c.area_legal_ha, ZONES.c.area_measured_ha))
    asked = select(area).where(holds(ZONES, as_of))
    if scope.zone_key is not None:
        return db.execute(asked.where(ZONES.c.key == scope.zone_key)).scalar()
    has_cases = exists().where(LEDGER.c.zone_key == ZONES.c.key)
    return db.execute(asked.where(ZONES.c.parent_key.is_(None), has_cases)).scalar()


def _supply(db: Connection, scope: Scope, as_of: date) -> tuple[float | None, float | None]:
    """Industrial land of lots and what of it is cleared, where both are derived."""
    if scope.level == "unit":
        return None, None
    rows = zone_supply.at_outlook(as_of, "known").subquery()
    derived = rows.c.basis == "derived"
    sums = select(func.sum(rows.c.industrial_ha), func.sum(rows.c.cleared_ha)).where(derived)
    if scope.zone_key is not None:
        sums = sums.where(rows.c.key == scope.zone_key)
    else:
        has_cases = exists().where(LEDGER.c.zone_key == rows.c.key)
        sums = sums.where(rows.c.parent_key.is_(None), has_cases)
    found = db.execute(sums).one()
    return found[0], found[1]


def zones_known(db: Connection, scope: Scope, as_of: date) -> tuple[int, int]:
    """How many zones of a scope have cases by a date, and of how many others only reports are known."""
    # Zone by zone through the key of the ledger: the keys of all its rows are many more than zones.
    begun = exists().where(
        LEDGER.c.zone_key == ZONES.c.key, LEDGER.c.on_day <= as_of, LEDGER.c.stage_rank >= 0
    )
    told = exists().where(
        OBSERVATIONS.c.zone_key == ZONES.c.key,
        OBSERVATIONS.c.quantity.in_(CLEARANCE_QUANTITIES),
        OBSERVATIONS.c.observed_on <= as_of,
    )
    counted = select(
        func.count().filter(begun),
        func.count().filter(and_(~begun, told)),
    ).where(holds(ZONES, as_of))
    if scope.zone_key is not None:
        counted = counted.where(ZONES.c.key == scope.zone_key)
    else:
        counted = counted.where(ZONES.c.parent_key.is_(None))
    row = db.execute(counted).one()
    return int(row[0]), int(row[1])
