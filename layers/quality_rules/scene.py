"""
What the rules look at: the features of a date as columns, read once per check.

Masked columns are never read, so no message can tell what only some may see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from geoalchemy2 import Geometry
from sqlalchemy import (
    ARRAY,
    TEXT,
    ColumnElement,
    Connection,
    LargeBinary,
    cast,
    func,
    or_,
    select,
    type_coerce,
)

from gis.arrays import Bools, Floats, Geometries, Ints, Texts
from gis.quality import coverage
from layers.catalogue import layer as layer_of
from layers.catalogue.admin_units import TABLE as UNITS
from layers.layer import Layer, about, holds
from layers.records.cases import TAKES
from layers.records.lineage import LINEAGE

#: Columns of layers that may be long; of the others every column is read.
LEAN: Mapping[str, tuple[str, ...]] = {
    "parcels": (
        "key",
        "valid_from",
        "illustrative",
        "commune_code",
        "sheet_number",
        "parcel_number",
        "area_legal_m2",
        "area_measured_ha",
        "zone_key",
    ),
}

#: How far around changed features their neighbours are looked at, in degrees (about 55 m).
NEAR_DEG = 5e-4


@dataclass(frozen=True)
class Features:
    """Features of one layer on one date: n rows in the order of their keys."""

    geoms: Geometries
    columns: Mapping[str, Texts]

    @property
    def keys(self) -> Texts:
        """Shape (n,): the key of each feature."""
        return self.columns["key"]

    def __len__(self) -> int:
        return len(self.geoms)

    def texts(self, name: str) -> Texts:
        """Shape (n,): a column as it is stored, None where missing; all None where no such column exists."""
        return self.columns.get(name, np.full(len(self), None, dtype=object))

    def numbers(self, name: str) -> Floats:
        """Shape (n,): a column of numbers, NaN where missing."""
        return np.array([np.nan if value is None else value for value in self.texts(name)], dtype=float)

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Row by key."""
        return {key: row for row, key in enumerate(self.keys)}

    def rows(self, keys: Sequence[str | None] | Texts) -> Ints:
        """Shape of ``keys``: row of each key, −1 where it is missing or unknown."""
        known = self.row_of
        return np.array([-1 if key is None else known.get(key, -1) for key in keys], dtype=np.int64)

    def where(self, mask: Bools) -> Features:
        """Some of the features."""
        return Features(self.geoms[mask], {name: values[mask] for name, values in self.columns.items()})


@dataclass
class Scene:
    """
    The features of one date, read when a rule asks for them.

    Attributes
    ----------
    tolerances
        Tolerance that counts now, by rule.
    focus
        Layer and keys of changed features: of that layer only they and their neighbours are read.
    """

    db: Connection
    as_of: date
    tolerances: Mapping[str, float]
    focus: tuple[str, Sequence[str]] | None = None
    _held: dict[str, Features] = field(default_factory=dict[str, Features])
    _edges: dict[str, Geometries] = field(default_factory=dict[str, Geometries])

    def features(self, layer_id: str) -> Features:
        """The features of a layer."""
        if layer_id not in self._held:
            keys = self.focus[1] if self.focus is not None and self.focus[0] == layer_id else None
            self._held[layer_id] = read(self.db, layer_of(layer_id), self.as_of, keys)
        return self._held[layer_id]

    def loose_edges(self, layer_id: str) -> Geometries:
        """Edges of a layer that meet no neighbour's, also along gaps as wide as the rule of gaps allows."""
        if layer_id not in self._edges:
            width_m = self.tolerances["gap"]
            self._edges[layer_id] = coverage.loose_edges(self.features(layer_id).geoms, width_m)
        return self._edges[layer_id]

    def partly_taken(self, keys: Sequence[str]) -> Mapping[str, Any]:
        """What clearance cases take of those of some parcels of which they take only a part, by key."""
        part = func.ST_Union(TAKES.c.geom, type_=Geometry)
        wkb = type_coerce(func.ST_AsBinary(part), LargeBinary)
        wanted = TAKES.c.parcel_key == func.any(cast(list(keys), ARRAY(TEXT)))
        query = select(TAKES.c.parcel_key, wkb).where(holds(TAKES, self.as_of), ~TAKES.c.whole, wanted)
        rows = self.db.execute(query.group_by(TAKES.c.parcel_key)).all()
        return {key: shapely.from_wkb(bytes(shape)) for key, shape in rows}

    @cached_property
    def communes(self) -> Units:
        """Every version of every commune whose boundary is known, of any date."""
        return _communes(self.db)


@dataclass(frozen=True)
class Units:
    """
    Boundaries of administrative units of all dates.

    ``after`` names what each unit became, by key, through any number of steps.
    """

    geoms: Geometries
    keys: Texts
    codes: Texts
    names: Texts
    valid_from: Texts
    valid_to: Texts
    after: Mapping[str, frozenset[str]]

    def holding(self, on: date) -> Bools:
        """Shape (n,): which versions hold on a date."""
        begun = np.array([start <= on for start in self.valid_from], dtype=bool)
        return begun & np.array([end is None or end > on for end in self.valid_to], dtype=bool)

    def meant_by(self, key: str) -> Ints:
        """
        Versions whose land a key of any date can mean.

        A unit's own boundaries of any date, and those of the units it became.
        """
        own = self.keys == key
        became = self.after.get(key, frozenset())
        return np.flatnonzero(own | np.isin(self.keys.astype(str), sorted(became)))

    def at(self, points: Geometries, on: date) -> Ints:
        """Shape (n,): the version that holds on a date and holds each point; −1 where none is known."""
        rows = np.flatnonzero(self.holding(on))
        found: Ints = np.full(len(points), -1, dtype=np.int64)
        if len(rows):
            point, unit = shapely.STRtree(self.geoms[rows]).query(points, predicate="intersects")
            found[point[::-1]] = rows[unit[::-1]]
        return found


def read(db: Connection, layer: Layer, as_of: date, keys: Sequence[str] | None = None) -> Features:
    """Features of a layer that hold on a date; with ``keys`` only those and what lies near them."""
    table = layer.table
    told = {name: col for name, col in table.c.items() if _readable(layer, name, col)}
    wkb = type_coerce(func.ST_AsBinary(table.c.geom), LargeBinary).label("wkb")
    query = select(wkb, *told.values()).where(holds(table, as_of)).order_by(table.c.key)
    if keys is not None:
        query = query.where(or_(table.c.key.in_(list(keys)), _near(layer, keys)))
    rows = db.execute(query).all()
    columns = list(zip(*rows, strict=True)) if rows else [() for _ in range(len(told) + 1)]
    # A geometry may be absent; those that are there were checked when they were written.
    geoms = shapely.from_wkb(_objects(columns[0]))
    return Features(geoms, {n: _objects(values) for n, values in zip(told, columns[1:], strict=True)})


def _readable(layer: Layer, name: str, col: Any) -> bool:
    if isinstance(col.type, Geometry):
        return False
    if layer.id in LEAN:
        return name in LEAN[layer.id]
    told = about(col)
    return told is not None and not told.masked


def _near(layer: Layer, keys: Sequence[str]) -> ColumnElement[bool]:
    """Features whose boxes meet those of any version of the named ones, or nearly so."""
    table, changed = layer.table, layer.table.alias("changed")
    around = func.ST_Expand(changed.c.geom, NEAR_DEG)
    meets = select(changed.c.id).where(changed.c.key.in_(list(keys)), table.c.geom.op("&&")(around))
    return meets.exists()


def _communes(db: Connection) -> Units:
    wkb = type_coerce(func.ST_AsBinary(UNITS.c.geom), LargeBinary)
    told = (UNITS.c.key, UNITS.c.code, UNITS.c.name, UNITS.c.valid_from, UNITS.c.valid_to)
    query = select(wkb, *told).where(UNITS.c.level == "commune", UNITS.c.geom.is_not(None))
    rows = db.execute(query.order_by(UNITS.c.key, UNITS.c.valid_from)).all()
    columns = [_objects(values) for values in zip(*rows, strict=True)] if rows else [_objects(())] * 6
    return Units(shapely.from_wkb(columns[0]), *columns[1:], after=_successors(db))


def _successors(db: Connection) -> dict[str, frozenset[str]]:
    step: dict[str, set[str]] = {}
    for old, new in db.execute(select(LINEAGE.c.old_key, LINEAGE.c.new_key)):
        if old != new:
            step.setdefault(old, set()).add(new)
    after: dict[str, frozenset[str]] = {}
    for key in step:
        seen, waiting = set[str](), [key]
        while waiting:
            for new in step.get(waiting.pop(), ()):
                if new not in seen:
                    seen.add(new)
                    waiting.append(new)
        after[key] = frozenset(seen)
    return after


def absent(values: Texts) -> Bools:
    """Shape (n,): where a column holds nothing."""
    return np.array([value is None for value in values], dtype=bool)


def _objects(values: Sequence[Any]) -> Texts:
    held = np.empty(len(values), dtype=object)
    held[:] = values
    return held
