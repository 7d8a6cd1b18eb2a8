"""Land by group of stages on a date, joined to one shape each: what a printed map of clearance draws."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, LargeBinary, func, select, type_coerce

from gis.crs import STORAGE_SRID
from layers.access import Actor
from layers.catalogue import layer
from layers.clearance.scope import Scope, boundary
from layers.query import visible
from layers.records.stages import STAGES

#: Corners nearer than this to a straight line are left out of a printed map.
TOLERANCE_DEG = 1e-5


@dataclass(frozen=True)
class StageMap:
    """
    Shapes in degrees.

    Attributes
    ----------
    groups
        Rank and land of each group of stages that has any.
    outlines
        Name and boundary of each zone that land is recovered for.
    communes
        Name and boundary of the communes around.
    """

    groups: list[tuple[int, Any]]
    outlines: list[tuple[str, Any]]
    communes: list[tuple[str, Any]]


def stage_map(db: Connection, actor: Actor, scope: Scope, as_of: date) -> StageMap:
    """What of a scope stands where; empty lists where no case is kept."""
    takes = visible(layer("clearance_stage"), actor, as_of).subquery("takes")
    rows = select(takes.c.stage, _wkb(takes.c.geom))
    zones = visible(layer("zones"), actor, as_of).subquery("zones")
    named = select(zones.c.key, zones.c.name, _wkb(zones.c.geom)).where(zones.c.parent_key.is_(None))
    if scope.zone_key is not None:
        own = select(zones.c.geom).where(zones.c.key == scope.zone_key).scalar_subquery()
        rows = rows.where(func.ST_Intersects(takes.c.geom, own))
        named = select(zones.c.key, zones.c.name, _wkb(zones.c.geom)).where(zones.c.key == scope.zone_key)
    elif scope.area is not None:
        area = boundary(scope.area)
        rows = rows.where(func.ST_Intersects(takes.c.geom, area))
        named = named.where(func.ST_Intersects(zones.c.geom, area))
    by_rank: dict[int, list[Any]] = {}
    rank_of = {code.value: rank for rank, code in enumerate(STAGES)}
    for row in db.execute(rows):
        by_rank.setdefault(rank_of[row.stage], []).append(shapely.from_wkb(row.wkb))
    groups = [(rank, _joined(shapes)) for rank, shapes in sorted(by_rank.items())]
    outlines = [(row.name, shapely.from_wkb(row.wkb)) for row in db.execute(named)]
    if groups:
        land = shapely.union_all(np.array([shape for _, shape in groups], dtype=object)).buffer(0)
        outlines = [(name, shape) for name, shape in outlines if shapely.intersects(shape, land)]
    return StageMap(groups, outlines, _communes(db, actor, as_of, outlines))


def _communes(
    db: Connection, actor: Actor, as_of: date, outlines: list[tuple[str, Any]]
) -> list[tuple[str, Any]]:
    if not outlines:
        return []
    west, south, east, north = shapely.total_bounds([shape for _, shape in outlines]).tolist()
    units = visible(layer("admin_units"), actor, as_of).subquery("units")
    box = func.ST_MakeEnvelope(west, south, east, north, STORAGE_SRID)
    near = select(units.c.name, _wkb(units.c.geom)).where(
        units.c.level == "commune", func.ST_Intersects(units.c.geom, box)
    )
    return [(row.name, shapely.from_wkb(row.wkb)) for row in db.execute(near)]


def _joined(shapes: list[Any]) -> Any:
    whole = shapely.union_all(np.array(shapes, dtype=object), grid_size=1e-7)
    return shapely.simplify(whole, TOLERANCE_DEG)


def _wkb(geom: Any) -> Any:
    return type_coerce(func.ST_AsBinary(geom), LargeBinary).label("wkb")
