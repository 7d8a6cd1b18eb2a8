"""Take a parcel or a part of it into a case, and out again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import shapely
from sqlalchemy import Connection

from gis.errors import BadInput
from layers.access import Actor
from layers.clearance.cases import end_take, take


class TakeUnreadable(BadInput):
    """A part that is no GeoJSON geometry. Facts: parcel."""


def clearance_take(
    db: Connection,
    actor: Actor,
    key: str,
    parcel_key: str,
    reason: str,
    *,
    part: Mapping[str, Any] | None = None,
    on: date | None = None,
    state_managed: bool | None = None,
    revision: str | None = None,
) -> dict[str, Any]:
    """
    Take land into a case; ``part`` is GeoJSON in longitude, latitude, None takes the whole parcel.

    Raises
    ------
    TakeUnreadable, and those of `layers.clearance.takes.take`
    """
    told = shape_of(parcel_key, part)
    number, now = take(
        db,
        actor,
        key,
        parcel_key,
        told,
        on=on,
        state_managed=state_managed,
        reason=reason,
        if_revision=revision,
    )
    return {"key": key, "id": number, "revision": now}


def clearance_end_take(
    db: Connection, actor: Actor, key: str, number: int, on: date, reason: str, revision: str | None = None
) -> dict[str, Any]:
    """
    Take land out of a case from a day on.

    Raises
    ------
    DidoiError
        Those of `layers.clearance.takes.end_take`.
    """
    now = end_take(db, actor, key, number, on, reason=reason, if_revision=revision)
    return {"key": key, "id": number, "revision": now}


def shape_of(parcel_key: str, part: Mapping[str, Any] | None) -> Any:
    """
    A part as a shape; None for the whole parcel.

    Raises
    ------
    TakeUnreadable
    """
    if part is None:
        return None
    try:
        return shapely.from_geojson(json.dumps(part))
    except (shapely.errors.GEOSException, TypeError, ValueError) as error:
        raise TakeUnreadable(parcel=parcel_key[:80]) from error
