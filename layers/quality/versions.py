"""A repaired feature is a new version, written as an import would: the old one is closed, not lost."""

from __future__ import annotations

from datetime import date
from typing import Any

import shapely
from sqlalchemy import Connection, LargeBinary, exists, func, insert, literal, select, type_coerce, update

from gis.crs import STORAGE_SRID
from gis.errors import Conflict
from layers import supply
from layers.catalogue.parcels import TABLE as PARCELS
from layers.catalogue.zones import TABLE as ZONES
from layers.clearance import boundaries
from layers.layer import Layer
from layers.query import search_text
from layers.records.cases import TAKES
from layers.records.data_versions import bump

#: Written by the database or by the version itself.
_OWN = ("id", "recorded_at", "valid_from", "valid_to")


class FeatureChanged(Conflict):
    """The feature has no open version any more, or its new key is taken. Facts: layer, key."""


def alone(db: Connection, layer_id: str) -> None:
    """Be the only one who writes a layer until the transaction ends; imports take the same lock."""
    db.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"didoi import {layer_id}"))))


def current(db: Connection, layer: Layer, key: str) -> Any:
    """
    The open version of a feature, with its geometry as ``wkb``.

    Raises
    ------
    FeatureChanged
    """
    table = layer.table
    wkb = type_coerce(func.ST_AsBinary(table.c.geom), LargeBinary).label("wkb")
    open_ = table.c.valid_to.is_(None)
    row = db.execute(select(*table.c, wkb).where(table.c.key == key, open_)).one_or_none()
    if row is None:
        raise FeatureChanged(layer=layer.id, key=key)
    return row


def replace(
    db: Connection, layer: Layer, key: str, on: date, geom: Any = None, values: dict[str, Any] | None = None
) -> str:
    """
    Give a feature another geometry or other values from a day on; takes and supply follow.

    Returns
    -------
    key
        Of the feature as it is now: a parcel's key holds its commune.

    Raises
    ------
    FeatureChanged
    """
    table, row = layer.table, current(db, layer, key)
    said = dict(values or {})
    if geom is not None:
        said["geom"] = shapely.to_wkb(shapely.set_srid(geom, STORAGE_SRID), hex=True, include_srid=True)
    touched = _zones(db, layer, row, key)
    if row.valid_from >= on:  # of the same day: a correction, as an import would write it
        stored = {**said, "recorded_at": func.clock_timestamp(), "import_run_id": None}
        new = db.execute(update(table).where(table.c.id == row.id).values(stored).returning(table.c.key))
    else:
        kept = [c for c in table.c if c.computed is None and c.name not in (*_OWN, *said, "import_run_id")]
        columns = {c.name: c for c in kept} | {n: literal(v, table.c[n].type) for n, v in said.items()}
        columns["valid_from"] = literal(on, table.c.valid_from.type)
        db.execute(update(table).where(table.c.id == row.id).values(valid_to=on))
        copied = select(*columns.values()).where(table.c.id == row.id)
        new = db.execute(insert(table).from_select(list(columns), copied).returning(table.c.key))
    now: str = new.scalar_one()
    _fold(db, layer, now)
    if now != key:
        _carry_takes(db, key, now)
    bump(db, [layer.id])
    if layer.id == PARCELS.name:
        boundaries.parcels_changed(db, [now])
    if layer.id == ZONES.name:
        boundaries.zones_changed(db, [now])
    if zones := sorted({*touched, *_zones(db, layer, row, now)}):
        supply.refresh(db, zones)
    return now


def is_free(db: Connection, layer: Layer, key: str) -> bool:
    """Whether no version was ever stored under a key."""
    return not db.execute(select(exists().where(layer.table.c.key == key))).scalar_one()


def _fold(db: Connection, layer: Layer, key: str) -> None:
    if not layer.search_columns():
        return
    table = layer.table
    told = db.execute(
        select(*(table.c[n] for n in layer.search_columns())).where(
            table.c.key == key, table.c.valid_to.is_(None)
        )
    )
    text = search_text(layer, dict(told.mappings().one()))
    db.execute(update(table).where(table.c.key == key, table.c.valid_to.is_(None)).values(search_folded=text))


def _carry_takes(db: Connection, old: str, new: str) -> None:
    """What is taken of a parcel is taken of it under its right code, too."""
    if db.execute(update(TAKES).where(TAKES.c.parcel_key == old).values(parcel_key=new)).rowcount:
        bump(db, [TAKES.name])


def _zones(db: Connection, layer: Layer, row: Any, key: str) -> list[str]:
    """Zones whose figures a version of the feature goes into."""
    if layer.id == ZONES.name:
        return [row.key]
    if layer.id == "lots":
        return [row.zone_key]
    return supply.zones_of_parcels(db, [key]) if layer.id == PARCELS.name else []
