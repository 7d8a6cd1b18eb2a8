"""
Boundaries that changed: what is taken whole follows its parcel, and shares are computed anew for that land.

A take keeps the outline that it had before the day of the new boundary: each date has its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, cast, func, insert, literal, select, true, update
from sqlalchemy.types import Date

from gis.measure import HA_M2
from layers.catalogue.parcels import TABLE as PARCELS
from layers.clearance import shares
from layers.clearance.increments import settle
from layers.clearance.maintain import (
    VERSIONED,
    family,
    mark_forecasts,
    write_case_rows,
    write_ledger,
)
from layers.clearance.standing import among, read
from layers.records.cases import TAKES
from layers.records.data_versions import bump


def parcels_changed(db: Connection, keys: Iterable[str]) -> None:
    """
    Give takes the boundaries of their parcels as the open versions tell them, from the day of those.

    Land supply is refreshed by the caller, who knows where the parcels were.
    """
    open_ = and_(
        PARCELS.c.key == TAKES.c.parcel_key, PARCELS.c.valid_to.is_(None), TAKES.c.valid_to.is_(None)
    )
    differs = func.ST_AsBinary(TAKES.c.geom) != func.ST_AsBinary(PARCELS.c.geom)
    of_parcels = select(TAKES.c.id, TAKES.c.case_key).join(PARCELS, open_)
    wanted = sorted(set(keys))
    moved = list(db.execute(of_parcels.where(among(PARCELS.c.key, wanted), TAKES.c.whole, differs)))
    _measure_rests(db, wanted)
    if not moved:
        return
    cases = [row.case_key for row in moved]
    before = read(db, cases)
    ids = [row.id for row in moved]
    reshaped = [number for row in ids for number in _follow(db, row)]
    shares.of_takes(db, reshaped)
    write_case_rows(db, sorted(before))
    settle(db, before, read(db, cases))


def zones_changed(db: Connection, keys: Iterable[str]) -> None:
    """Shares and ledger of zones and phases whose boundary, or place in a park, changed."""
    wanted = sorted(set(keys))
    if not wanted:
        return
    shares.of_zones(db, wanted)
    touched = family(db, wanted)
    mark_forecasts(db, touched)
    write_ledger(db, touched)
    bump(db, VERSIONED)


def _follow(db: Connection, number: int) -> list[int]:
    """Let one whole take follow its parcel; the take that has the new outline, and the one it had before."""
    told = (
        select(PARCELS.c.valid_from, PARCELS.c.geom, TAKES.c.valid_from.label("since"))
        .join(TAKES, TAKES.c.parcel_key == PARCELS.c.key)
        .where(TAKES.c.id == number, PARCELS.c.valid_to.is_(None))
    )
    row: Any = db.execute(told).one()
    mine = TAKES.c.id == number
    if row.valid_from <= row.since:
        db.execute(update(TAKES).where(mine).values(geom=row.geom))
        return [number]
    db.execute(update(TAKES).where(mine).values(valid_to=row.valid_from))
    own = ("id", "valid_from", "valid_to", "recorded_at", "geom", "geom_tile", "area_ha")
    kept = {c.name: c for c in TAKES.c if c.name not in own}
    starts: date = row.valid_from
    values = {**kept, "valid_from": cast(literal(starts), Date), "geom": literal(row.geom, TAKES.c.geom.type)}
    copied = select(*values.values()).where(mine)
    made = insert(TAKES).from_select(list(values), copied, include_defaults=False).returning(TAKES.c.id)
    return [number, db.execute(made).scalar_one()]


def _measure_rests(db: Connection, parcels: list[str]) -> None:
    """What is left of parcels that are taken in part."""
    rest_ha = func.ST_Area(func.geography(func.ST_Difference(PARCELS.c.geom, TAKES.c.geom)), true()) / HA_M2
    open_ = and_(PARCELS.c.valid_to.is_(None), TAKES.c.valid_to.is_(None), ~TAKES.c.whole)
    measured = update(TAKES).where(TAKES.c.parcel_key == PARCELS.c.key, open_, among(PARCELS.c.key, parcels))
    db.execute(measured.values(residual_ha=rest_ha))
