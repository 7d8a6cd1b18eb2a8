"""
Features of a layer counted by the administrative units of any date.

Where boundaries of that date are loaded, a feature counts where it lies: a point as a whole, an area with
the part of its hectares that lies in each unit. Where they are not, it is placed in a unit of another date
and followed through the lineage, as long as nothing on the way was divided. What neither tells is counted
apart, never shared out by guess.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from geoalchemy2 import Geography, Geometry
from sqlalchemy import ColumnElement, Connection, Float, Subquery, case, cast, func, null, select, true

from layers.access import Actor
from layers.catalogue.admin_units import TABLE as UNITS
from layers.filters import Wanted
from layers.layer import Layer, holds
from layers.places import Gazetteer, Unit, gazetteer
from layers.rows import kept

Basis = Literal["boundary", "lineage", "none"]


@dataclass(frozen=True)
class UnitRow:
    """
    One unit and what lies in it.

    Attributes
    ----------
    count
        Features; an area counts once, where most of it lies.
    sum
        Of the layer's measure, in its unit; None where the layer has none or nothing is known.
    """

    key: str
    code: str
    name: str
    parent: str | None
    count: int
    sum: float | None


@dataclass(frozen=True)
class ByUnit:
    """
    A layer by units.

    Attributes
    ----------
    basis
        ``boundary`` where the units' own boundaries were used, ``lineage`` where those of another date,
        ``none`` where no boundary of the level is loaded at all.
    boundaries_of
        The date whose boundaries were used.
    untold_count, untold_sum
        Features that lie in no unit of the date, or in one that was divided since.
    """

    level: str
    units_on: date
    basis: Basis
    boundaries_of: date | None
    rows: tuple[UnitRow, ...]
    untold_count: int
    untold_sum: float | None


def by_unit(
    db: Connection, layer: Layer, actor: Actor, as_of: date, level: str, units_on: date, wanted: Wanted
) -> ByUnit:
    """
    Count the wanted features of a layer, as of one date, by the units of a level as of another.

    Returns
    -------
    by_unit
        Rows in order of the units' names; units without a feature are left out.
    """
    known = gazetteer(db)
    if _drawn(db, level, units_on):
        placed = _placed(db, layer, actor, as_of, level, units_on, wanted)
        return _told(known, level, units_on, "boundary", units_on, placed, {})
    days = [day for day in _first_days(db, level) if _drawn(db, level, day)]
    if not days:
        placed = _unplaced(db, layer, actor, as_of, wanted)
        return _told(known, level, units_on, "none", None, placed, {})
    nearest = min(days, key=lambda day: abs((day - units_on).days))
    placed = _placed(db, layer, actor, as_of, level, nearest, wanted)
    return _told(
        known, level, units_on, "lineage", nearest, placed, _followed(known, level, nearest, units_on)
    )


def _drawn(db: Connection, level: str, on: date) -> bool:
    """Whether units of a level have boundaries on a date."""
    found = select(UNITS.c.id).where(holds(UNITS, on), UNITS.c.level == level, UNITS.c.geom.is_not(None))
    return db.execute(found.limit(1)).scalar() is not None


def _first_days(db: Connection, level: str) -> list[date]:
    """Days on which units of a level with a boundary began."""
    query = select(UNITS.c.valid_from).where(UNITS.c.level == level, UNITS.c.geom.is_not(None)).distinct()
    return sorted(db.execute(query).scalars())


def _placed(
    db: Connection, layer: Layer, actor: Actor, as_of: date, level: str, on: date, wanted: Wanted
) -> dict[str | None, tuple[int, float | None]]:
    """Count and sum by the key of the unit; under None what lies in none."""
    rows, where = kept(layer, actor, as_of, wanted)
    if layer.part_of is not None:
        where = [*where, rows.c[layer.part_of].is_(None)]
    units = (
        select(UNITS.c.key, UNITS.c.geom).where(holds(UNITS, on), UNITS.c.level == level).subquery("units")
    )
    measure = rows.c[layer.measure] if layer.measure else cast(null(), Float)
    areal = str(getattr(rows.c.geom.type, "geometry_type", "")).endswith("POLYGON")
    on_it = func.ST_PointOnSurface(rows.c.geom)
    # On a border a feature lies in two units; it counts in the first by key.
    first = select(units.c.key).where(func.ST_Covers(units.c.geom, on_it)).order_by(units.c.key).limit(1)
    unit = first.lateral("unit")
    counted = (
        select(unit.c.key, func.count(), func.sum(measure))
        .select_from(rows.outerjoin(unit, true()))
        .where(*where)
        .group_by(unit.c.key)
    )
    found: dict[str | None, tuple[int, float | None]] = {
        key: (count, None if total is None else float(total)) for key, count, total in db.execute(counted)
    }
    if not areal or layer.measure is None:
        return found
    shared = _shared(db, rows, where, units, measure)
    keys = {*found, *shared}
    return {key: (found.get(key, (0, None))[0], shared.get(key)) for key in keys}


def _shared(
    db: Connection, rows: Subquery, where: list[ColumnElement[bool]], units: Subquery, measure: Any
) -> dict[str | None, float | None]:
    """The measure of areas, split by the ground that lies in each unit; the rest under None."""
    ground = func.ST_Area(cast(rows.c.geom, Geography))
    cut = func.ST_Intersection(rows.c.geom, units.c.geom, type_=Geometry)
    part = case((func.ST_Covers(units.c.geom, rows.c.geom), ground), else_=func.ST_Area(cast(cut, Geography)))
    split = (
        select(units.c.key, func.sum(measure * part / func.nullif(ground, 0)))
        .select_from(rows.join(units, func.ST_Intersects(units.c.geom, rows.c.geom)))
        .where(*where)
        .group_by(units.c.key)
    )
    shares: dict[str | None, float | None] = {
        key: None if total is None else float(total) for key, total in db.execute(split)
    }
    whole = db.execute(select(func.sum(measure)).where(*where)).scalar()
    rest = float(whole or 0) - sum(total or 0 for total in shares.values())
    if rest > 1e-6 * float(whole or 1):
        shares[None] = rest
    return shares


def _unplaced(
    db: Connection, layer: Layer, actor: Actor, as_of: date, wanted: Wanted
) -> dict[str | None, tuple[int, float | None]]:
    rows, where = kept(layer, actor, as_of, wanted)
    measure = rows.c[layer.measure] if layer.measure else cast(null(), Float)
    count, total = db.execute(select(func.count(), func.sum(measure)).select_from(rows).where(*where)).one()
    return {None: (count, None if total is None else float(total))}


def _followed(known: Gazetteer, level: str, from_day: date, to: date) -> dict[str, Unit | None]:
    """
    The unit of a date that each unit of another became, or was; None where it was divided or is not told.

    Going back, a unit made of several does not say which of them a feature lay in.
    """
    followed: dict[str, Unit | None] = {}
    for unit in known.units:
        if unit.level != level or not unit.holds(from_day):
            continue
        became = known.at(unit, to)
        alone = len(became) == 1 and became[0].kind != "split" and became[0].unit.level == level
        followed[unit.key] = became[0].unit if alone else None
    return followed


def _told(
    known: Gazetteer,
    level: str,
    units_on: date,
    basis: Basis,
    boundaries_of: date | None,
    placed: dict[str | None, tuple[int, float | None]],
    followed: dict[str, Unit | None],
) -> ByUnit:
    of_date = {unit.key: unit for unit in known.units if unit.level == level and unit.holds(units_on)}
    sums: defaultdict[str | None, list[tuple[int, float | None]]] = defaultdict(list)
    for key, figures in placed.items():
        target = key if basis == "boundary" else _key(followed.get(key or ""))
        sums[target if target in of_date else None].append(figures)
    totals = {key: _added(parts) for key, parts in sums.items()}
    names = {unit.key: unit.name for unit in known.units if unit.holds(units_on)}
    rows = [
        UnitRow(
            unit.key,
            unit.code,
            unit.name,
            names.get(unit.parent_key or ""),
            totals[unit.key][0],
            totals[unit.key][1],
        )
        for unit in of_date.values()
        if unit.key in totals
    ]
    untold = totals.get(None, (0, None))
    rows.sort(key=lambda row: (row.parent or "", row.name, row.key))
    return ByUnit(level, units_on, basis, boundaries_of, tuple(rows), *untold)


def _key(unit: Unit | None) -> str | None:
    return None if unit is None else unit.key


def _added(parts: list[tuple[int, float | None]]) -> tuple[int, float | None]:
    known = [total for _, total in parts if total is not None]
    return sum(count for count, _ in parts), sum(known) if known else None
