"""The S-curve of a scope: what was handed over or paid, what roadmaps wanted, what the forecast expects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
from sqlalchemy import BigInteger, Connection, and_, case, cast, func, or_, select, union_all
from sqlalchemy.dialects.postgresql import aggregate_order_by

from gis.arrays import Floats, Ints, or_none
from gis.clearance import curves
from gis.clearance.curves import COMPLETE_SHARE, cumulative, reached
from gis.measure import MM2_PER_HA
from layers.catalogue.cases import TABLE as CASES
from layers.clearance.contributions import MONEY_RANK
from layers.clearance.figures import Ranked, ledgers_of, ranked
from layers.clearance.ledgers import AREA, PAID, changes, day_number, day_of
from layers.clearance.ledgers import CASES as CASE_COUNT
from layers.clearance.positions import Moment
from layers.clearance.scope import Scope, counted, parks, weights
from layers.layer import holds
from layers.records.cases import PAYMENTS
from layers.records.roadmaps import FORECASTS, ROADMAP_POINTS, ROADMAPS
from layers.records.stages import CLEARED_RANK, RUNS

Measure = Literal["ha", "cases", "vnd"]
Point = tuple[date, float]
#: More points than a chart can show are thinned to the last of each week.
MOST_POINTS = 400


@dataclass(frozen=True)
class Roadmap:
    """One roadmap of a zone: what was to be handed over or paid by which day, cumulative, in order."""

    decided_on: date
    decision_number: str
    title: str | None
    points: tuple[Point, ...]

    def planned(self, on: date) -> float | None:
        """What the plan wanted by a day, even between its points; None before the first of them."""
        days = np.array([day_number(day) for day, _ in self.points], dtype=np.int32)
        values = np.array([value for _, value in self.points], dtype=float)
        return or_none(curves.Roadmap(days, values).at(day_number(on)))


@dataclass(frozen=True)
class Outlook:
    """
    What a forecast expects of a scope; ``summed`` where it is the sum of those of several zones.

    ``done`` is when nearly all is handed over, see `done_by`.
    """

    status: str
    stale: bool
    computed_at: Any
    days: tuple[date, ...]
    p10: tuple[float, ...]
    p50: tuple[float, ...]
    p90: tuple[float, ...]
    done: Mapping[str, date | None]
    observed_cases: int | None
    summed: bool = False


@dataclass(frozen=True)
class Curve:
    """
    The curve of one measure up to a date.

    Attributes
    ----------
    total
        To be recovered (ha, cases) or approved (vnd) on the date.
    roadmaps
        In the order of their decisions, the last one holds; several zones have none together.
    actual
        Cumulative, a point per day of change; the first is the start with 0, the last the date itself.
    """

    measure: Measure
    total: float
    roadmaps: tuple[Roadmap, ...]
    actual: tuple[Point, ...]
    forecast: Outlook | None

    @property
    def gap(self) -> tuple[float, date] | None:
        """Actual less planned on the date; None without a plan for it."""
        if not self.roadmaps or not self.actual:
            return None
        on, value = self.actual[-1]
        planned = self.roadmaps[-1].planned(on)
        return None if planned is None else (value - planned, on)

    @property
    def deadlines(self) -> list[tuple[date, Roadmap]]:
        """The last day of each roadmap."""
        return [(roadmap.points[-1][0], roadmap) for roadmap in self.roadmaps if roadmap.points]


def curve(db: Connection, scope: Scope, as_of: date, measure: Measure, today: date) -> Curve:
    """The curve of a scope as of a date, from what is known now."""
    now = ranked(db, scope, Moment(as_of))
    return Curve(
        measure,
        _total(now, measure),
        tuple(roadmaps(db, scope, as_of, measure)),
        tuple(_actual(db, scope, min(as_of, today), measure)),
        outlook(db, scope, as_of, measure, now),
    )


def _total(now: Ranked, measure: Measure) -> float:
    return {"ha": now.land_ha, "cases": sum(now.cases), "vnd": now.approved_vnd}[measure]


# --- actual ------------------------------------------------------------------------------------------


def _actual(db: Connection, scope: Scope, as_of: date, measure: Measure) -> list[Point]:
    if scope.level in ("zone", "province"):
        steps, first = _from_ledger(db, scope, as_of, measure)
    else:
        steps, first = _case_by_case(db, scope, as_of, measure)
    if first is None:
        return []
    points: list[Point] = [(first, 0.0)]
    days = np.array([day_number(day) for day, _ in steps], dtype=np.int32)
    done = cumulative(days, [int(change) for _, change in steps])
    values = done.value / MM2_PER_HA if measure == "ha" else done.value
    points += zip(map(day_of, done.day.tolist()), values.tolist(), strict=True)
    if points[-1][0] != as_of:
        points.append((as_of, points[-1][1]))
    if len(points) > 1 and points[1][0] == first:  # something was handed over on the very first day
        points = points[1:]
    return thinned(points)


def thinned(points: list[Point]) -> list[Point]:
    """Points of a cumulative curve, at most one per week where they are more than a chart can show."""
    if len(points) <= MOST_POINTS:
        return points
    last = {day.toordinal() // 7: (day, value) for day, value in points}
    return [points[0], *(point for point in last.values() if point[0] > points[0][0])]


_COLUMN = {"ha": AREA, "cases": CASE_COUNT, "vnd": PAID}


def _from_ledger(
    db: Connection, scope: Scope, as_of: date, measure: Measure
) -> tuple[Sequence[Any], date | None]:
    rank = MONEY_RANK if measure == "vnd" else CLEARED_RANK
    held = ledgers_of(db, scope, as_of)
    spans = [span for one in held if (span := one.first_and_last(day_number(as_of)))]
    first = day_of(min(first for first, _ in spans)) if spans else None
    return changes(held, rank, _COLUMN[measure], as_of), first


def _case_by_case(
    db: Connection, scope: Scope, as_of: date, measure: Measure
) -> tuple[Sequence[Any], date | None]:
    land = weights(scope, as_of).subquery("land")
    one = case((func.coalesce(counted(scope), False), 1), else_=0)
    amount = cast(func.coalesce(land.c.area_mm2, 0) if measure == "ha" else one, BigInteger)
    joined = CASES.outerjoin(land, land.c.case_key == CASES.c.key)
    open_cases = (
        select(CASES.c.key, CASES.c.opened_on, amount.label("amount"))
        .select_from(joined)
        .where(holds(CASES, as_of), or_(land.c.case_key.is_not(None), counted(scope)))
        .subquery("open")
    )
    first = db.execute(select(func.min(open_cases.c.opened_on))).scalar()
    if measure == "vnd":
        # What was paid stays paid when its case ends, as in the ledger.
        paid = select(PAYMENTS.c.paid_on.label("day"), PAYMENTS.c.amount_vnd.label("change"))
        of_scope = select(CASES.c.key).where(counted(scope))
        told = paid.where(PAYMENTS.c.case_key.in_(of_scope)).subquery("changes")
    else:
        run = and_(RUNS.c.case_key == open_cases.c.key, RUNS.c.stage_rank == CLEARED_RANK)
        begun = select(RUNS.c.from_on.label("day"), open_cases.c.amount.label("change")).join(open_cases, run)
        ended = (
            select(RUNS.c.to_on, -open_cases.c.amount).join(open_cases, run).where(RUNS.c.to_on.is_not(None))
        )
        told = union_all(begun, ended).subquery("changes")
    change = func.sum(told.c.change)
    steps = select(told.c.day, change).where(told.c.day <= as_of).group_by(told.c.day).having(change != 0)
    return db.execute(steps.order_by(told.c.day)).all(), first


# --- planned -----------------------------------------------------------------------------------------


def roadmaps(db: Connection, scope: Scope, as_of: date, measure: Measure) -> list[Roadmap]:
    """
    Roadmaps of a zone decided by a date, the earlier baselines first.

    The province has one: the sum of those that hold in its parks, on each of their days.
    """
    if scope.level not in ("zone", "province"):
        return []
    zones = [scope.zone_key] if scope.zone_key else list(db.execute(parks(as_of)).scalars())
    each = zone_roadmaps(db, zones, as_of, measure)
    if scope.zone_key is not None:
        return each.get(scope.zone_key, [])
    held = [known[-1] for _, known in sorted(each.items()) if known[-1].points]
    return [_summed(held)] if held else []


def zone_roadmaps(
    db: Connection, zones: Sequence[str | None], as_of: date, measure: Measure
) -> dict[str, list[Roadmap]]:
    """Roadmaps of some zones that were decided by a date, in the order of their decisions."""
    value = {"ha": "area_ha", "cases": "cases", "vnd": "amount_vnd"}[measure]
    point = func.json_build_array(ROADMAP_POINTS.c.on_day, ROADMAP_POINTS.c[value])
    points = func.json_agg(aggregate_order_by(point, ROADMAP_POINTS.c.on_day)).filter(
        ROADMAP_POINTS.c[value].is_not(None)
    )
    query = (
        select(ROADMAPS, points.label("points"))
        .outerjoin(ROADMAP_POINTS, ROADMAP_POINTS.c.roadmap_id == ROADMAPS.c.id)
        .where(ROADMAPS.c.zone_key.in_(zones), ROADMAPS.c.decided_on <= as_of)
        .group_by(ROADMAPS.c.id)
        .order_by(ROADMAPS.c.zone_key, ROADMAPS.c.decided_on, ROADMAPS.c.id)
    )
    found: dict[str, list[Roadmap]] = {}
    for row in db.execute(query):
        told = tuple((date.fromisoformat(day), float(number)) for day, number in row.points or ())
        roadmap = Roadmap(row.decided_on, row.decision_number, row.title, told)
        found.setdefault(row.zone_key, []).append(roadmap)
    return found


def _summed(held: Sequence[Roadmap]) -> Roadmap:
    days = sorted({day for roadmap in held for day, _ in roadmap.points})
    points = tuple((day, sum(roadmap.planned(day) or 0.0 for roadmap in held)) for day in days)
    return Roadmap(max(roadmap.decided_on for roadmap in held), "", None, points)


# --- expected ----------------------------------------------------------------------------------------


def outlook(db: Connection, scope: Scope, as_of: date, measure: Measure, now: Ranked) -> Outlook | None:
    """
    The forecast of a zone, or the sum of those of the province's parks.

    None for money and for scopes that are no zones, for which nothing is forecast, and for dates before the
    one that the forecast was made for: what happened then is known better.
    """
    if measure == "vnd" or scope.level not in ("zone", "province"):
        return None
    zones = (
        FORECASTS.c.zone_key == scope.zone_key if scope.zone_key else FORECASTS.c.zone_key.in_(parks(as_of))
    )
    rows = db.execute(
        select(FORECASTS).where(zones, FORECASTS.c.status.is_not(None), FORECASTS.c.as_of <= as_of)
    ).all()
    if not rows:
        return None
    ready = [row for row in rows if row.status == "ready" and row.curve]
    status = "ready" if ready else "too_little" if any(r.status == "too_little" for r in rows) else "done"
    days, bands = _bands(ready, measure, now)
    return Outlook(
        status=status,
        stale=any(row.computed_of is None or row.computed_of < row.changed for row in rows),
        computed_at=min((row.computed_at for row in rows if row.computed_at), default=None),
        days=days,
        p10=bands["p10"],
        p50=bands["p50"],
        p90=bands["p90"],
        done=done_by(days, bands, _total(now, measure)),
        observed_cases=max((row.observed_cases or 0 for row in rows), default=None),
        summed=scope.zone_key is None and len(ready) > 1,
    )


def done_by(
    days: Sequence[date], bands: Mapping[str, Sequence[float]], total: float
) -> dict[str, date | None]:
    """
    When nearly all of a total is reached (`gis.clearance.curves.COMPLETE_SHARE`), by level of certainty.

    The early date (P10) comes from the high curve. None where it is not foreseen within the horizon.
    """
    ordinals = [day.toordinal() for day in days]
    found = {
        level: reached(ordinals, bands[curve], COMPLETE_SHARE * total)
        for level, curve in (("p10", "p90"), ("p50", "p50"), ("p90", "p10"))
    }
    return {level: None if day is None else date.fromordinal(day) for level, day in found.items()}


def _bands(
    ready: Sequence[Any], measure: Measure, now: Ranked
) -> tuple[tuple[date, ...], dict[str, tuple[float, ...]]]:
    """Bands of the zones added up over the days of all of them; zones without a forecast stay as they are."""
    names = ("p10", "p50", "p90")
    if not ready:
        return (), dict.fromkeys(names, ())
    curves = [(_ordinals(row.curve["days"]), row.curve[measure]) for row in ready]
    days = np.unique(np.concatenate([each for each, _ in curves]))
    cleared = now.cleared_ha if measure == "ha" else float(now.cases[CLEARED_RANK])
    begun = sum(float(told["p50"][0]) for _, told in curves)
    rest = max(0.0, cleared - begun) if len(ready) > 1 else 0.0
    bands = {name: _added(days, [(each, told[name]) for each, told in curves]) + rest for name in names}
    told_days = tuple(date.fromordinal(int(day)) for day in days)
    return told_days, {name: tuple(values.tolist()) for name, values in bands.items()}


def _ordinals(days: Sequence[str]) -> Ints:
    return np.array([date.fromisoformat(day).toordinal() for day in days], dtype=np.int64)


def _added(days: Ints, curves: Sequence[tuple[Ints, Sequence[float]]]) -> Floats:
    return np.sum([np.interp(days, own, values) for own, values in curves], axis=0)
