"""When the free land of a zone grows next, and which cases stand between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import shapely
from sqlalchemy import Connection, Row, and_, exists, func, literal, or_, select

from gis.arrays import Floats
from gis.crs import STORAGE_SRID
from gis.measure import HA_M2, area_ha
from gis.zone_land import geometries
from layers.catalogue import free_plots
from layers.catalogue.lots import TABLE as LOTS
from layers.catalogue.zone_supply import TABLE as SUPPLY
from layers.catalogue.zones import TABLE as ZONES
from layers.dates import today
from layers.layer import Rows, holds
from layers.records.cases import TAKES
from layers.records.roadmaps import CASE_FORECASTS
from layers.records.stages import CLEARED_RANK, RUNS
from layers.supply.units import among, drawn, wkb

#: Land that two boundaries share below this is drawing noise.
NOISE_M2 = 1.0
#: Changes within a hundredth of a square metre are rounding.
_SAME_HA = 1e-6
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Growth:
    """
    A day on which a zone has more free land than on the day before.

    Attributes
    ----------
    free_ha, largest_plot_ha
        On that day.
    cases
        Open cases, in order of their keys, whose takes meet the lots that become free then and that are to be
        handed over by then; none where land becomes free in another way, as by the end of a lease.
    """

    on: date
    free_ha: float
    largest_plot_ha: float | None
    cases: tuple[str, ...]


def grows(
    db: Connection, zone_key: str, as_of: date, outlook: str = "p50", *, limit: int | None = None
) -> list[Growth]:
    """
    The days after a date on which the free land of a zone grows, as it is known or foreseen, in order.

    Parameters
    ----------
    outlook
        ``known``, or a level of the forecast: ``p10``, ``p50``, ``p90``; a zone without a forecast is told as
        it is known.
    limit
        How many days are told, the next ones first; None for all.
    """
    rows = _figures(db, zone_key, as_of, outlook)
    tomorrow = today() + timedelta(days=1)
    days = sorted(
        {row.valid_from for row in rows if row.valid_from > as_of} | {max(tomorrow, as_of + _ONE_DAY)}
    )
    grown: list[Growth] = []
    before = _answering(rows, as_of, outlook)
    for day in days:
        row = _answering(rows, day, outlook)
        if _more(before, row):
            cases = _between(db, zone_key, as_of, day, outlook)
            grown.append(Growth(day, row.free_ha, row.largest_plot_ha, cases))
        if len(grown) == limit:
            break
        before = row
    return grown


def _figures(db: Connection, zone_key: str, as_of: date, outlook: str) -> Sequence[Row[Any]]:
    """Rows of a zone's supply that hold on a date or later, as it is known and as it is foreseen."""
    told = ("valid_from", "valid_to", "outlook", "free_ha", "largest_plot_ha")
    lasting = or_(SUPPLY.c.valid_to.is_(None), SUPPLY.c.valid_to > as_of)
    wanted = SUPPLY.c.outlook.in_(("known", outlook))
    query = select(*(SUPPLY.c[name] for name in told)).where(SUPPLY.c.key == zone_key, lasting, wanted)
    return db.execute(query).all()


def _answering(rows: Sequence[Row[Any]], day: date, outlook: str) -> Any:
    """The row that answers for a day, as `layers.catalogue.zone_supply.shown` says; None without one."""
    levels = (outlook, "known") if day > today() else ("known",)
    found = [
        row
        for level in levels
        for row in rows
        if row.outlook == level and row.valid_from <= day and (row.valid_to is None or day < row.valid_to)
    ]
    return found[0] if found else None


def _more(before: Any, row: Any) -> bool:
    if before is None or row is None or before.free_ha is None or row.free_ha is None:
        return False
    return row.free_ha > before.free_ha + _SAME_HA


def _between(db: Connection, zone_key: str, as_of: date, on: date, outlook: str) -> tuple[str, ...]:
    """Cases that are handed over after a date and by another, on the lots that have more free land then."""
    keys = [zone_key, *(key for key in _phases(db, zone_key))]
    land = shapely.difference(_free(db, keys, on, outlook), _free(db, keys, on - _ONE_DAY, outlook))
    of_zone = and_(among(LOTS.c.zone_key, keys), LOTS.c.use == "industrial", holds(LOTS, on))
    lots = drawn(db, select(wkb(LOTS.c.geom)).where(of_zone))
    shapes = geometries([lot.shape for lot in lots])
    grown = shapely.union_all(shapes[_m2(shapely.intersection(shapes, land)) > NOISE_M2])
    if shapely.is_empty(grown):
        return ()
    takes = drawn(db, _takes(as_of, on, outlook, shapely.to_wkb(grown)))
    common_m2 = _m2(shapely.intersection(geometries([take.shape for take in takes]), grown))
    return tuple(sorted({t.row.case_key for t, m2 in zip(takes, common_m2, strict=True) if m2 > NOISE_M2}))


def _takes(as_of: date, on: date, outlook: str, area: bytes) -> Rows:
    """Takes that meet an area, of cases that are handed over after a date and by another."""
    run = RUNS.alias("run")
    of_case = and_(run.c.case_key == TAKES.c.case_key, run.c.stage_rank == CLEARED_RANK)
    over = exists().where(of_case, run.c.from_on <= as_of, or_(run.c.to_on.is_(None), run.c.to_on > as_of))
    dates = [select(run.c.from_on).where(of_case, run.c.from_on > as_of, run.c.from_on <= on).exists()]
    if outlook != "known":
        day = CASE_FORECASTS.c[f"{outlook}_on"]
        dates.append(exists().where(CASE_FORECASTS.c.case_key == TAKES.c.case_key, day <= on))
    meets = func.ST_Intersects(TAKES.c.geom, func.ST_GeomFromWKB(literal(area), STORAGE_SRID))
    return select(TAKES.c.case_key, wkb(TAKES.c.geom)).where(meets, holds(TAKES, on), ~over, or_(*dates))


def _phases(db: Connection, zone_key: str) -> Sequence[str]:
    return db.execute(select(ZONES.c.key).where(ZONES.c.parent_key == zone_key).distinct()).scalars().all()


def _free(db: Connection, keys: Sequence[str], day: date, outlook: str) -> Any:
    rows = free_plots.at_outlook(day, outlook).subquery("rows")
    plots = drawn(db, select(wkb(rows.c.geom)).where(among(rows.c.zone_key, keys)))
    return shapely.union_all([plot.shape for plot in plots])


def _m2(shapes: Any) -> Floats:
    return area_ha(shapes) * HA_M2
