"""
Zones side by side: how far each is, how it went in the last twelve months, and whether it keeps its roadmap.

Red, amber and green are a rule with two thresholds that an office may change: how far the hand-over is behind
the roadmap, as a share of the land to be recovered. Where the middle of the forecast comes after the last day
of the roadmap it is red. Without a roadmap there is no colour.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
from sqlalchemy import Connection, func, or_, select

from gis.arrays import Ints, or_none
from gis.clearance.curves import Colour, Rule, behind
from gis.clearance.figures import ratio_of
from gis.measure import MM2_PER_HA
from layers.access import Actor
from layers.catalogue import layer, zone_supply
from layers.clearance.curves import Roadmap, done_by, zone_roadmaps
from layers.clearance.figures import report_day_before
from layers.clearance.ledgers import AREA, CASES, day_number, ledgers
from layers.clearance.reported import CLEARANCE_QUANTITIES, reports
from layers.clearance.scope import Scope, boundary
from layers.query import visible
from layers.records.observations import OBSERVATIONS
from layers.records.roadmaps import FORECASTS
from layers.records.rules import value_of
from layers.records.stages import CLEARED_RANK, STAGES

MONTHS = 12


@dataclass(frozen=True)
class ZoneRow:
    """One zone of the comparison; figures are None where they rest on nothing."""

    key: str
    name: str
    kind: str
    parent_key: str | None
    basis: Literal["tracked", "reported"]
    illustrative: bool
    to_recover_ha: float | None
    handed_over_ha: float | None
    ratio: float | None
    of: str | None
    cases: int
    spark: tuple[float | None, ...]
    month_ha: float | None
    plan_gap_ratio: float | None
    rag: Colour | None
    done: dict[str, date | None] | None
    largest_plot_ha: float | None
    reported: list[dict[str, Any]]


def rules(db: Connection) -> Rule:
    """The thresholds that count now."""
    return Rule(value_of(db, "clearance_amber_ratio"), value_of(db, "clearance_red_ratio"))


def compare(db: Connection, actor: Actor, scope: Scope, as_of: date) -> list[ZoneRow]:
    """
    Zones of a scope with cases, or with reports of their clearance alone.

    Parks of the province or of a unit (those that meet it), or one zone with its phases; by key.
    """
    zones = _zones(db, actor, scope, as_of)
    keys = [zone.key for zone in zones]
    months = _months(as_of)
    sums = _sums(db, keys, months)
    plans = zone_roadmaps(db, keys, as_of, "ha")
    done = _forecasts(db, keys, sums, as_of)
    plots = _largest_plots(db, actor, keys, as_of)
    limits = rules(db)
    rows: list[ZoneRow] = []
    for zone in zones:
        told = reports(db, zone.key, as_of) if zone.reported else []
        if zone.key in sums:
            plan = plans.get(zone.key, [])
            row = _tracked(
                zone, sums[zone.key], plan[-1] if plan else None, done.get(zone.key), limits, as_of
            )
        elif told:
            row = _reported(zone, told)
        else:
            continue
        rows.append(ZoneRow(**row, largest_plot_ha=plots.get(zone.key), reported=told))
    return rows


def _months(as_of: date) -> list[date]:
    """The date itself and the ends of the eleven months before it, the oldest first."""
    days = [as_of]
    while len(days) < MONTHS:
        days.append(report_day_before(days[-1]))
    return days[::-1]


def _zones(db: Connection, actor: Actor, scope: Scope, as_of: date) -> Sequence[Any]:
    rows = visible(layer("zones"), actor, as_of).subquery()
    told = OBSERVATIONS.c.zone_key
    reported = select(told).where(
        OBSERVATIONS.c.quantity.in_(CLEARANCE_QUANTITIES), OBSERVATIONS.c.observed_on <= as_of
    )
    query = select(
        rows.c.key,
        rows.c.name,
        rows.c.kind,
        rows.c.parent_key,
        rows.c.illustrative,
        rows.c.key.in_(reported).label("reported"),
    )
    if scope.zone_key is not None:
        query = query.where(or_(rows.c.key == scope.zone_key, rows.c.parent_key == scope.zone_key))
    else:
        query = query.where(rows.c.parent_key.is_(None))
    if scope.area is not None:
        query = query.where(func.ST_Intersects(rows.c.geom, boundary(scope.area)))
    return db.execute(query.order_by(rows.c.parent_key.nulls_first(), rows.c.key)).all()


@dataclass(frozen=True)
class _Sums:
    """Shape (months,) each: land to be recovered and handed over, mm², by the end of each; cases at last."""

    land_mm2: Ints
    cleared_mm2: Ints
    cases: int


def _sums(db: Connection, keys: Sequence[str], months: Sequence[date]) -> dict[str, _Sums]:
    """What stood in the ledger of each zone at the ends of months."""
    days = np.array([day_number(day) for day in months])
    found: dict[str, _Sums] = {}
    for key, held in ledgers(db, keys).items():
        by_rank = [held.at(rank, days) for rank in range(len(STAGES))]
        sums = np.sum(by_rank, axis=0)
        land, cases = sums[:, AREA], int(sums[-1, CASES])
        if land[-1] or cases:
            found[key] = _Sums(land, by_rank[CLEARED_RANK][:, AREA], cases)
    return found


def _forecasts(
    db: Connection, keys: Sequence[str], sums: Mapping[str, _Sums], as_of: date
) -> dict[str, dict[str, date | None]]:
    c = FORECASTS.c
    ready = select(c.zone_key, c.curve).where(
        c.zone_key.in_(keys), c.status == "ready", c.as_of <= as_of, c.curve.is_not(None)
    )
    return {
        row.zone_key: done_by(
            [date.fromisoformat(day) for day in row.curve["days"]],
            row.curve["ha"],
            float(sums[row.zone_key].land_mm2[-1]) / MM2_PER_HA,
        )
        for row in db.execute(ready)
        if row.zone_key in sums
    }


def _largest_plots(db: Connection, actor: Actor, keys: Sequence[str], as_of: date) -> dict[str, float]:
    actor.need(zone_supply.LAYER.access.view)
    rows = zone_supply.at_outlook(as_of, "p50").subquery()
    query = select(rows.c.key, rows.c.largest_plot_ha).where(
        rows.c.key.in_(keys), rows.c.largest_plot_ha.is_not(None)
    )
    return {row.key: float(row.largest_plot_ha) for row in db.execute(query)}


def _tracked(
    zone: Any,
    sums: _Sums,
    plan: Roadmap | None,
    done: dict[str, date | None] | None,
    limits: Rule,
    as_of: date,
) -> dict[str, Any]:
    land_ha, cleared_ha = (float(each[-1]) / MM2_PER_HA for each in (sums.land_mm2, sums.cleared_mm2))
    planned = plan.planned(as_of) if plan else None
    late_by = float(behind(cleared_ha, np.nan if planned is None else planned, land_ha))
    # A forecast that does not get there within its horizon is late, too.
    late = bool(plan and plan.points and done and (done["p50"] or date.max) > plan.points[-1][0])
    spark = [or_none(each) for each in ratio_of(sums.cleared_mm2, sums.land_mm2, "to_recover").ratio]
    return _zone(zone) | {
        "basis": "tracked",
        "to_recover_ha": land_ha,
        "handed_over_ha": cleared_ha,
        "ratio": spark[-1],
        "of": "to_recover",
        "cases": sums.cases,
        "spark": tuple(spark),
        "month_ha": cleared_ha - float(sums.cleared_mm2[-2]) / MM2_PER_HA,
        "plan_gap_ratio": or_none(-late_by),
        "rag": limits.colours(np.array([late_by]), np.array([late]))[0],
        "done": done,
    }


def _reported(zone: Any, told: list[dict[str, Any]]) -> dict[str, Any]:
    """A zone of which nothing but reports is known: the latest share, of whatever its source named."""
    shares = [row for row in told if row["ratio"] is not None]
    land = [row for row in told if row["quantity"] == "cleared_ha"]
    last = shares[-1] if shares else None
    return _zone(zone) | {
        "basis": "reported",
        "to_recover_ha": None,
        "handed_over_ha": land[-1]["value"] if land else None,
        "ratio": last["ratio"] if last else None,
        "of": (last["of"] or last["denominator"]) if last else None,
        "cases": 0,
        "spark": (None,) * MONTHS,
        "month_ha": None,
        "plan_gap_ratio": None,
        "rag": None,
        "done": None,
    }


def _zone(zone: Any) -> dict[str, Any]:
    return {name: getattr(zone, name) for name in ("key", "name", "kind", "parent_key", "illustrative")}
