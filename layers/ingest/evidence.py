"""What is stored near the places where a file may lie, to weigh the readings of its coordinates by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import shapely
from sqlalchemy import Connection, Table, func, or_, select

from gis import crs
from gis.arrays import Geometries
from gis.crs import STORAGE_SRID, Detection, Province
from layers.catalogue.admin_units import TABLE as ADMIN_UNITS
from layers.catalogue.lots import TABLE as LOTS
from layers.catalogue.roads import TABLE as ROADS
from layers.catalogue.zones import TABLE as ZONES
from layers.codes import MERGED
from layers.dates import today

Box = tuple[float, float, float, float]

#: Features of one table that are compared with; more tell nothing more.
MOST = 3_000
#: Around a place: the faults that are told apart here move data by less than 1 km.
_AROUND_DEG = 0.015
#: Places worth a look; the readings of one place land within a kilometre.
_PLACES = 8


@dataclass(frozen=True)
class Nearby:
    """
    Known features near some boxes, longitude and latitude.

    Attributes
    ----------
    lines
        Shape (k,): centre lines of roads.
    areas
        Shape (m,): zones, lots and administrative units.
    province
        The province, with its boundary where one is stored.
    """

    lines: Geometries
    areas: Geometries
    province: Province | None


def locate(
    db: Connection, geoms: Geometries, target: str, declared: object = None, province: Province | None = None
) -> Detection:
    """
    Detect the system of a file's coordinates with all that is stored near the places where it may lie.

    Parameters
    ----------
    geoms
        Shape (n,), as received.
    target
        The table that the file is for: what it holds already is no evidence for itself.
    declared
        What the file or a person says; None where nothing.
    """
    if province is not None:
        province = with_boundary(db, province)
    first = crs.detect(geoms, declared=declared, province=province)
    if not first.candidates:
        return first
    near = gather(db, target, [one.box for one in first.candidates], province)
    if not len(near.lines) and not len(near.areas):
        return first
    return crs.detect(geoms, declared=declared, province=near.province, lines=near.lines, areas=near.areas)


def gather(db: Connection, target: str, boxes: Iterable[Box], province: Province | None) -> Nearby:
    """
    Fetch what is stored near the boxes of candidates, a few thousand features at most.

    Illustrative features are left out: their shapes are drawn, not measured.

    Parameters
    ----------
    target
        Layer that the file is for; its own features are left out.
    boxes
        West, south, east, north of each candidate, the likeliest first.
    """
    around = list(_places(boxes))
    if not around:
        nothing: Geometries = np.empty(0, dtype=object)
        return Nearby(nothing, nothing, province)
    lines = _near(db, [ROADS], target, around)
    areas = _near(db, [ZONES, LOTS, ADMIN_UNITS], target, around)
    # A unit that merely contains the place has no line there to compare with.
    outlines = shapely.boundary(areas)
    areas = areas[np.logical_or.reduce([shapely.intersects(outlines, shapely.box(*box)) for box in around])]
    if province is not None and province.boundary is None:
        province = with_boundary(db, province)
    return Nearby(lines, areas, province)


def with_boundary(db: Connection, province: Province) -> Province:
    """The province with the boundary that is stored for its era; as it was where there is none."""
    on = today() if province.era == "new" else MERGED - timedelta(days=1)
    units = ADMIN_UNITS.c
    asked = (
        select(func.ST_AsBinary(units.geom))
        .where(
            units.level == "province",
            units.code == province.code,
            units.geom.is_not(None),
            units.illustrative.is_(False),
            or_(units.valid_to.is_(None), units.valid_to > on),
        )
        .order_by(units.valid_from > on, units.valid_from.desc())
        .limit(1)
    )
    found = db.execute(asked).scalar()
    return province if found is None else replace(province, boundary=shapely.from_wkb(bytes(found)))


def _places(boxes: Iterable[Box]) -> Iterator[Box]:
    """Boxes with room around; those that an earlier one covers are passed over."""
    taken: list[Box] = []
    for w, s, e, n in boxes:
        if any(w >= box[0] and s >= box[1] and e <= box[2] and n <= box[3] for box in taken):
            continue
        taken.append((w - _AROUND_DEG, s - _AROUND_DEG, e + _AROUND_DEG, n + _AROUND_DEG))
        if len(taken) == _PLACES:
            break
    yield from taken


def _near(db: Connection, tables: Sequence[Table], target: str, boxes: Sequence[Box]) -> Geometries:
    found: list[bytes] = []
    for table in tables:
        if table.name == target:
            continue
        here = or_(
            *(table.c.geom.op("&&")(func.ST_MakeEnvelope(w, s, e, n, STORAGE_SRID)) for w, s, e, n in boxes)
        )
        asked = (
            select(func.ST_AsBinary(table.c.geom))
            .where(here, table.c.illustrative.is_(False))
            # Of too many, some from everywhere and the same ones each time.
            .order_by(func.hashint8(table.c.id), table.c.id)
            .limit(MOST)
        )
        found += [bytes(wkb) for (wkb,) in db.execute(asked)]
    geoms: Geometries = shapely.from_wkb(np.array(found, dtype=object))
    return geoms
