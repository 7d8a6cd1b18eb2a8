"""What cases take of parcels: whole or a part, never more than there is, and no land twice."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy import Connection, LargeBinary, and_, delete, func, insert, select, type_coerce, update

from gis import geometry as geometries
from gis.crs import STORAGE_SRID
from gis.errors import BadInput, Conflict, NotFound
from gis.measure import HA_M2, area_ha
from layers import revisions
from layers.access import Actor
from layers.catalogue.parcels import TABLE as PARCELS
from layers.clearance import shares
from layers.clearance.holding import DateInFuture, hold
from layers.clearance.increments import settle
from layers.clearance.maintain import write_case_rows
from layers.clearance.standing import Standing, read
from layers.dates import today
from layers.layer import holds
from layers.records.cases import TAKES
from layers.territory import OutsideTerritory, inside

#: Land by which two takes may overlap, or a take may leave its parcel, before it is called a fault: what
#: drawing by hand and rounding of coordinates leave over.
SLIVER_M2 = 1.0


class ParcelUnknown(BadInput):
    """No parcel has this code. Facts: parcel."""


class ParcelInTwoCases(Conflict):
    """The land is taken by another case already. Facts: parcel, other, overlap_m2."""


class TakeLargerThanParcel(BadInput):
    """A take that is larger than its parcel, or leaves it. Facts: parcel, take_m2, parcel_m2, outside_m2."""


class TakeInvalid(BadInput):
    """A take whose outline encloses no land. Facts: parcel."""


class TakeUnknown(NotFound):
    """The case has no such take. Facts: case, take."""


def take(
    db: Connection,
    actor: Actor,
    case_key: str,
    parcel_key: str,
    part: Any = None,
    *,
    on: date | None = None,
    state_managed: bool | None = None,
    reason: str,
    if_revision: str | int | None = None,
) -> tuple[int, int]:
    """
    Take a parcel, or a part of it, into a case.

    Parameters
    ----------
    part
        What is taken, as a shape in longitude, latitude; None takes the whole parcel.
    on
        Since when; from the opening of the case where it is not said.
    state_managed
        Whether the State manages the land; as the parcel says where it is not said.

    Returns
    -------
    id, revision
        Of the take; of the case as it is now.

    Raises
    ------
    DidoiError
        Those of `holding.hold`; ReasonMissing, DateInFuture, ParcelUnknown, ParcelInTwoCases,
        TakeLargerThanParcel, TakeInvalid. A parcel outside the territory is OutsideTerritory, as a case is.
    """
    told = revisions.reasoned(reason)
    before = hold(db, actor, case_key, if_revision, {"parcel_key": parcel_key}, money=True)
    if on is not None and on > today():
        raise DateInFuture(column="on", on=on, today=today())
    number = _insert(db, actor, before.row, parcel_key, part, on, state_managed)
    revision = _settle(db, case_key, before, [number])
    said = {f"takes/{number}": (None, {"parcel_key": parcel_key, "whole": part is None})}
    revisions.keep(db, actor, "cases", case_key, str(revision), said, told)
    return number, revision


def end_take(
    db: Connection,
    actor: Actor,
    case_key: str,
    number: int,
    on: date,
    *,
    reason: str,
    if_revision: str | int | None = None,
) -> int:
    """
    Take land out of a case from a day on; of the day on which it came in, as if it never had been.

    Returns
    -------
    revision

    Raises
    ------
    DidoiError
        Those of `holding.hold`; ReasonMissing, DateInFuture, TakeUnknown.
    """
    told = revisions.reasoned(reason)
    before = hold(db, actor, case_key, if_revision, {"take": number}, money=True)
    if on > today():
        raise DateInFuture(column="on", on=on, today=today())
    mine = and_(TAKES.c.id == number, TAKES.c.case_key == case_key, TAKES.c.valid_to.is_(None))
    row = db.execute(select(TAKES.c.valid_from, TAKES.c.parcel_key).where(mine)).one_or_none()
    if row is None:
        raise TakeUnknown(case=case_key, take=number)
    db.execute(
        delete(TAKES).where(mine) if on <= row.valid_from else update(TAKES).where(mine).values(valid_to=on)
    )
    revision = _settle(db, case_key, before, [])
    said = {f"takes/{number}": ({"parcel_key": row.parcel_key}, {"ended_on": str(on)})}
    revisions.keep(db, actor, "cases", case_key, str(revision), said, told)
    return revision


def insert_take(db: Connection, actor: Actor, case: Any, parcel_key: str, part: Any = None) -> int:
    """The row of a take of a case that is being opened; the figures are written by its verb."""
    return _insert(db, actor, case, parcel_key, part, None, None)


def _settle(db: Connection, case_key: str, before: Standing, new: list[int]) -> int:
    shares.of_takes(db, new)
    write_case_rows(db, [case_key])
    return settle(db, {case_key: before}, read(db, [case_key], money=True))[case_key]


def _insert(
    db: Connection,
    actor: Actor,
    case: Any,
    parcel_key: str,
    part: Any,
    on: date | None,
    state_managed: bool | None,
) -> int:
    parcel = _parcel(db, actor, parcel_key)
    whole = shapely.from_wkb(parcel.wkb)
    shape = whole if part is None else _inside(parcel_key, part, whole)
    _refuse_twice(db, parcel_key, shape)
    rest = shapely.difference(whole, shape)
    residual_ha = 0.0 if part is None else _area_m2(rest) / HA_M2
    values = {
        "case_key": case.key,
        "parcel_key": parcel_key,
        "whole": residual_ha * HA_M2 < SLIVER_M2,
        "geom": _stored(shape),
        "residual_ha": residual_ha,
        "state_managed": bool(parcel.state_managed) if state_managed is None else state_managed,
        "commune_code": parcel.commune_code,
        "valid_from": max(on or case.valid_from, case.valid_from),
        "illustrative": case.illustrative,
    }
    return db.execute(insert(TAKES).values(values).returning(TAKES.c.id)).scalar_one()


def _parcel(db: Connection, actor: Actor, key: str) -> Any:
    wkb = type_coerce(func.ST_AsBinary(PARCELS.c.geom), LargeBinary).label("wkb")
    mine = inside(PARCELS.c.commune_code, PARCELS.c.geom, actor).label("mine")
    told = select(PARCELS.c.commune_code, PARCELS.c.state_managed, wkb, mine)
    row = db.execute(told.where(PARCELS.c.key == key, PARCELS.c.valid_to.is_(None))).one_or_none()
    if row is None:
        raise ParcelUnknown(parcel=key[:80])
    if not row.mine:  # a case at home does not reach for land elsewhere
        raise OutsideTerritory(key=key)
    return row


def _inside(parcel_key: str, part: Any, whole: Any) -> Any:
    """The part as an area inside its parcel: slivers outside are cut off, more is refused."""
    checked = geometries.check(np.array([part], dtype=object), "MULTIPOLYGON")
    if checked.verdict[0] != geometries.OK or part.is_empty:
        raise TakeInvalid(parcel=parcel_key)
    outside_m2 = _area_m2(shapely.difference(checked.geoms[0], whole))
    if outside_m2 > SLIVER_M2:
        raise TakeLargerThanParcel(
            parcel=parcel_key,
            take_m2=round(_area_m2(checked.geoms[0]), 1),
            parcel_m2=round(_area_m2(whole), 1),
            outside_m2=round(outside_m2, 1),
        )
    return _areas(shapely.intersection(checked.geoms[0], whole))


def _refuse_twice(db: Connection, parcel_key: str, shape: Any) -> None:
    """Refuse land of the parcel that a case takes already."""
    db.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"take {parcel_key}"))))
    meets = func.ST_Intersection(TAKES.c.geom, _stored(shape))
    overlap_m2 = func.ST_Area(func.geography(func.ST_CollectionExtract(meets, 3)), True)
    others = (
        select(TAKES.c.case_key, overlap_m2.label("m2"))
        .where(TAKES.c.parcel_key == parcel_key, holds(TAKES, today()))
        .order_by(overlap_m2.desc())
        .limit(1)
    )
    row = db.execute(others).one_or_none()
    if row is not None and row.m2 > SLIVER_M2:
        raise ParcelInTwoCases(parcel=parcel_key, other=row.case_key, overlap_m2=round(row.m2, 1))


def _area_m2(shape: Any) -> float:
    """On the ellipsoid."""
    return float(area_ha(np.array([shape], dtype=object))[0]) * HA_M2


def _areas(shape: Any) -> Any:
    """The polygons of a shape as one multipolygon."""
    parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon"]
    return shapely.multipolygons(parts)


def _stored(shape: Any) -> Any:
    return from_shape(_areas(shape), srid=STORAGE_SRID)
