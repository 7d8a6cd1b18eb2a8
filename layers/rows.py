"""
Reading rows: pages of a table, items with their geometry, one feature, counts per class, extents.

All of it starts from :func:`layers.query.visible`; nothing here knows who may see what.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    RowMapping,
    Subquery,
    cast,
    exists,
    func,
    null,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import JSONB

from gis.crs import STORAGE_SRID, Crs
from gis.errors import NotFound
from layers.access import Actor
from layers.filters import Wanted, conditions
from layers.layer import Layer
from layers.query import history, masked, pick, visible

FACET_VALUES = 200
"""Values of one facet that are told, the most frequent first."""
VIETNAMESE = "vi-VN-x-icu"


class FeatureUnknown(NotFound):
    """No feature of the layer has this key on this date."""


def told_columns(layer: Layer) -> list[str]:
    """Columns whose values are told: all that people may see, but for geometry."""
    return [name for name, col in layer.columns().items() if not isinstance(col.type, Geometry)]


def kept(
    layer: Layer, actor: Actor, as_of: date, wanted: Wanted
) -> tuple[Subquery, list[ColumnElement[bool]]]:
    """The visible rows, and the conditions that keep what is wanted of them."""
    rows = visible(layer, actor, as_of).subquery("rows")
    return rows, conditions(layer, actor, rows, wanted)


def count(db: Connection, layer: Layer, actor: Actor, as_of: date, wanted: Wanted) -> int:
    """Number of rows that are wanted."""
    rows, where = kept(layer, actor, as_of, wanted)
    return db.execute(select(func.count()).select_from(rows).where(*where)).scalar_one()


def page(
    db: Connection,
    layer: Layer,
    actor: Actor,
    as_of: date,
    wanted: Wanted,
    *,
    sort: str | None,
    limit: int,
    offset: int,
) -> list[dict[str, Any]]:
    """
    One page of the table: the told columns, ``key``, ``box`` and ``point`` (on the surface) in degrees.

    ``sort`` is a column, with ``-`` before it for the greatest first; missing values come last, and ties are
    broken by key, so pages never overlap.
    """
    rows, where = kept(layer, actor, as_of, wanted)
    on_it = func.ST_PointOnSurface(rows.c.geom)
    chosen = select(
        *_key_first(rows, told_columns(layer)),
        _box(rows.c.geom),
        func.json_build_array(func.ST_X(on_it), func.ST_Y(on_it)).label("point"),
    )
    order = _order(layer, actor, rows, sort)
    found = db.execute(chosen.where(*where).order_by(*order).limit(limit).offset(offset))
    return [_plain(row) for row in found.mappings()]


def _box(geom: ColumnElement[Any]) -> ColumnElement[Any]:
    corners = [f(geom) for f in (func.ST_XMin, func.ST_YMin, func.ST_XMax, func.ST_YMax)]
    return func.json_build_array(*corners).label("box")


def _plain(row: RowMapping) -> dict[str, Any]:
    """A row by name; a box or point of no geometry is None."""
    told = {str(name): value for name, value in row.items()}
    for name in ("box", "point"):
        if name in told and told[name][0] is None:
            told[name] = None
    return told


def _key_first(rows: Subquery, names: Iterable[str]) -> list[ColumnElement[Any]]:
    return [rows.c.key, *(rows.c[name] for name in names if name != "key")]


def _order(layer: Layer, actor: Actor, rows: Subquery, sort: str | None) -> list[ColumnElement[Any]]:
    if not sort:
        return [rows.c.key]
    picked = pick(layer, actor, sort.removeprefix("-"))
    by: ColumnElement[Any] = rows.c[picked.name]
    if picked.type.python_type is str:
        by = by.collate(VIETNAMESE)
    return [(by.desc() if sort.startswith("-") else by.asc()).nulls_last(), rows.c.key]


# --- items: rows with their geometry, in order of key ------------------------------------------------


@dataclass(frozen=True)
class Turn:
    """Where a page of items begins: after a key, or before one and read backwards; None for the first."""

    key: str | None = None
    back: bool = False


def items(
    db: Connection,
    layer: Layer,
    actor: Actor,
    as_of: date,
    wanted: Wanted,
    *,
    turn: Turn,
    limit: int,
    crs: Crs,
) -> tuple[list[dict[str, Any]], bool, bool]:
    """
    A page of items in order of key, each with ``geometry`` as GeoJSON in a system, in its own axis order.

    Returns
    -------
    rows, more_before, more_after
    """
    rows, where = kept(layer, actor, as_of, wanted)
    chosen = select(*_key_first(rows, told_columns(layer)), as_geojson(rows.c.geom, crs).label("geometry"))
    if turn.key is not None:
        where.append(rows.c.key < turn.key if turn.back else rows.c.key > turn.key)
    order = rows.c.key.desc() if turn.back else rows.c.key.asc()
    found = [
        _plain(row) for row in db.execute(chosen.where(*where).order_by(order).limit(limit + 1)).mappings()
    ]
    more, found = len(found) > limit, found[:limit]
    if turn.back:
        return found[::-1], more, True
    return found, turn.key is not None, more


def as_geojson(geom: ColumnElement[Any], crs: Crs) -> ColumnElement[Any]:
    """Geometry as GeoJSON in a system: to 0.1 mm, axes as the system's authority orders them."""
    moved = geom if crs.srid == STORAGE_SRID else func.ST_Transform(geom, crs.srid)
    if crs.axes == "yx":
        moved = func.ST_FlipCoordinates(moved)
    return cast(func.ST_AsGeoJSON(moved, 9 if crs.geographic else 4, 0), JSONB)


# --- one feature -------------------------------------------------------------------------------------


def feature(db: Connection, layer: Layer, actor: Actor, as_of: date, key: str, crs: Crs) -> dict[str, Any]:
    """
    One feature as it holds on a date: the told columns, ``geometry``, ``box`` and ``recorded_at``.

    Raises
    ------
    FeatureUnknown
    """
    rows = visible(layer, actor, as_of).subquery("rows")
    more = [rows.c.recorded_at] if "recorded_at" in rows.c else []
    chosen = select(
        *_key_first(rows, told_columns(layer)),
        *more,
        as_geojson(rows.c.geom, crs).label("geometry"),
        _box(rows.c.geom),
    )
    found = db.execute(chosen.where(rows.c.key == key).limit(1)).mappings().one_or_none()
    if found is None:
        raise FeatureUnknown(layer=layer.id, key=key[:80], as_of=as_of.isoformat())
    return _plain(found)


def versions_of(db: Connection, layer: Layer, actor: Actor, as_of: date, key: str) -> list[RowMapping]:
    """Dates, recording time and source of every version of a feature that had begun, newest first."""
    if layer.kind != "base":
        return []
    past = history(layer, actor, as_of).subquery("past")
    chosen = select(past.c.valid_from, past.c.valid_to, past.c.recorded_at, past.c.source)
    return list(db.execute(chosen.where(past.c.key == key).order_by(past.c.valid_from.desc())).mappings())


# --- counts ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Share:
    """How many rows have a value, and how many hectares (or other measure) they sum to."""

    value: Any
    count: int
    sum: float | None


def total(db: Connection, layer: Layer, actor: Actor, as_of: date, wanted: Wanted) -> Share:
    """Number of the wanted rows, and the sum of the layer's measure over them."""
    rows, where = kept(layer, actor, as_of, wanted)
    where += _wholes(layer, rows, wanted)
    row = db.execute(select(func.count(), _measure(layer, actor, rows)).select_from(rows).where(*where)).one()
    return Share(None, row[0], row[1])


def shares(
    db: Connection, layer: Layer, actor: Actor, as_of: date, wanted: Wanted, names: Sequence[str]
) -> dict[str, list[Share]]:
    """
    Rows and measure per value of each named column, the most frequent first.

    A column's own filter is left aside when its values are counted: they are what else one could choose.
    """
    free = [name for name in names if name not in wanted.values]
    told = dict(_grouped(db, layer, actor, as_of, wanted, free)) if free else {}
    for name in names:
        if name not in told:
            told.update(_grouped(db, layer, actor, as_of, wanted.without(name), [name]))
    return {name: told[name] for name in names}


def _grouped(
    db: Connection, layer: Layer, actor: Actor, as_of: date, wanted: Wanted, names: Sequence[str]
) -> dict[str, list[Share]]:
    rows, where = kept(layer, actor, as_of, wanted)
    where += _wholes(layer, rows, wanted)
    columns = [rows.c[pick(layer, actor, name).name] for name in names]
    which = func.grouping(*columns).label("which")
    sets = func.grouping_sets(*(tuple_(c) for c in columns))
    chosen = select(which, *columns, func.count().label("n"), _measure(layer, actor, rows).label("measure"))
    found = db.execute(chosen.where(*where).group_by(sets)).all()
    told: dict[str, list[Share]] = {}
    for place, name in enumerate(names):
        # grouping() sets the bit of every column that a row is not grouped by, first column highest.
        mark = (1 << len(names)) - 1 - (1 << (len(names) - 1 - place))
        mine = [Share(row[1 + place], row.n, row.measure) for row in found if row.which == mark]
        told[name] = sorted(mine, key=lambda s: (-s.count, s.value is None, str(s.value)))[:FACET_VALUES]
    return told


def _wholes(layer: Layer, rows: Subquery, wanted: Wanted) -> list[ColumnElement[bool]]:
    """Leaves out parts, whose whole counts them already; unless the parts themselves are asked for."""
    asked = {*wanted.values, *(wanted.filter.names if wanted.filter else ())}
    if layer.part_of is None or layer.part_of in asked:
        return []
    return [rows.c[layer.part_of].is_(None)]


def _measure(layer: Layer, actor: Actor, rows: Subquery) -> ColumnElement[Any]:
    if layer.measure is None or layer.measure in masked(layer, actor):
        return cast(null(), Float)
    return func.sum(rows.c[layer.measure])


# --- extents -----------------------------------------------------------------------------------------


def extent(db: Connection, layer: Layer, actor: Actor, as_of: date) -> list[float] | None:
    """West, south, east, north of what holds on a date, in degrees; None where nothing has a place."""
    rows = visible(layer, actor, as_of).subquery("rows")
    box = select(func.ST_Extent(rows.c.geom).label("box")).subquery()
    corners = [f(box.c.box) for f in (func.ST_XMin, func.ST_YMin, func.ST_XMax, func.ST_YMax)]
    row = db.execute(select(*corners)).one()
    return None if row[0] is None else [float(v) for v in row]


def lifetime(db: Connection, layer: Layer, actor: Actor, as_of: date) -> tuple[date | None, date | None]:
    """From when to when the rows that hold on a date are valid; None where open or where there are none."""
    rows = visible(layer, actor, as_of).subquery("rows")
    first, last, is_open = db.execute(
        select(
            func.min(rows.c.valid_from), func.max(rows.c.valid_to), func.bool_or(rows.c.valid_to.is_(None))
        )
    ).one()
    return first, None if is_open else last


def any_illustrative(db: Connection, layer: Layer, actor: Actor, as_of: date, wanted: Wanted) -> bool:
    """Whether any of the wanted rows is invented for illustration."""
    rows, where = kept(layer, actor, as_of, wanted)
    return bool(db.execute(select(exists().where(rows.c.illustrative, *where))).scalar_one())
