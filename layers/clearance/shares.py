"""
Exact areas of takes inside zones, parks and phases, kept in ``take_shares``.

They are cut by `gis.clearance.shares`, and only for land one of whose boundaries was edited.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    LargeBinary,
    cast,
    delete,
    exists,
    func,
    insert,
    select,
    type_coerce,
)

from gis.arrays import Geometries
from layers.catalogue.zones import TABLE as ZONES
from layers.clearance.contributions import latest_zones
from layers.clearance.standing import among
from layers.records.cases import SHARES, TAKES

#: Neighbours that were drawn apart share slivers; less than 0.01 m² is one, and no land of the zone.
SLIVER_MM2 = 10_000
#: Rows of one statement.
AT_ONCE = 50_000


def of_cases(db: Connection, keys: list[str] | None) -> None:
    """Shares of all takes of some cases, or of all cases."""
    if keys is None:
        _write(db, None, None)
    elif keys:
        _write(db, among(TAKES.c.case_key, keys), None)


def of_takes(db: Connection, takes: list[int]) -> None:
    """Shares of some takes."""
    if takes:
        _write(db, TAKES.c.id == func.any(cast(takes, ARRAY(BigInteger))), None)


def of_zones(db: Connection, zones: list[str]) -> None:
    """Shares of all takes in some zones and phases."""
    latest = latest_zones("key", "geom").where(among(ZONES.c.key, zones)).subquery("zone")
    near = exists().where(latest.c.geom.op("&&")(TAKES.c.geom))
    db.execute(delete(SHARES).where(among(SHARES.c.zone_key, zones)))
    _write(db, near, zones)


def _write(db: Connection, chosen: ColumnElement[bool] | None, zones: list[str] | None) -> None:
    takes = select(TAKES.c.id, TAKES.c.area_ha, _wkb(TAKES.c.geom))
    near = latest_zones("key").add_columns(_wkb(ZONES.c.geom)).order_by(ZONES.c.key)
    old = delete(SHARES)
    if chosen is not None:
        takes = takes.where(chosen)
        near = near.where(exists().where(chosen, TAKES.c.geom.op("&&")(ZONES.c.geom)))
        old = old.where(SHARES.c.take_id.in_(select(TAKES.c.id).where(chosen)))
    if zones is not None:
        near = near.where(among(ZONES.c.key, zones))
    else:
        db.execute(old)
    land, over = db.execute(takes.order_by(TAKES.c.id)).all(), db.execute(near).all()
    if not land or not over:
        return
    from gis.clearance.shares import split  # its kernels take a second to import: no start waits for them

    shares = split(_shapes(land), np.array([row.area_ha for row in land]), _shapes(over))
    numbers, names = np.array([row.id for row in land]), np.array([row.key for row in over], dtype=object)
    kept = shares.area_mm2 >= SLIVER_MM2
    columns = (numbers[shares.parcel[kept]], names[shares.zone[kept]], shares.area_mm2[kept])
    for start in range(0, int(kept.sum()), AT_ONCE):
        some = [
            cast(values[start : start + AT_ONCE].tolist(), ARRAY(column.type))
            for values, column in zip(columns, SHARES.c, strict=True)
        ]
        told = func.unnest(*some).table_valued(*SHARES.c.keys()).render_derived("told")
        db.execute(insert(SHARES).from_select(SHARES.c.keys(), select(told)))


def _wkb(geom: ColumnElement[Any]) -> ColumnElement[bytes]:
    return type_coerce(func.ST_AsBinary(geom), LargeBinary).label("wkb")


def _shapes(rows: Any) -> Geometries:
    return shapely.from_wkb(np.array([bytes(row.wkb) for row in rows], dtype=object))
