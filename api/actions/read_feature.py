"""One feature with its geometry, its versions and what hangs on it."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection

from gis.crs import CRS84
from layers.access import Actor
from layers.catalogue import layer
from layers.query import masked_of
from layers.related import related
from layers.rows import feature, told_columns, versions_of


def read_feature(db: Connection, actor: Actor, as_of: date, layer_id: str, key: str) -> dict[str, Any]:
    """
    A feature as it holds on a date.

    Raises
    ------
    LayerUnknown, LayerForbidden, FeatureUnknown
    """
    shown = layer(layer_id)
    told = feature(db, shown, actor, as_of, key, CRS84)
    return {
        "layer": layer_id,
        "key": told["key"],
        "as_of": as_of,
        "properties": {name: told[name] for name in told_columns(shown)},
        "geometry": told["geometry"],
        "bbox": told["box"],
        "source": told.get("source"),
        "valid_from": told["valid_from"],
        "valid_to": told["valid_to"],
        "recorded_at": told.get("recorded_at"),
        "illustrative": told["illustrative"],
        "masked": sorted(masked_of(db, shown, actor, as_of, told["key"])),
        "history": [dict(version) for version in versions_of(db, shown, actor, as_of, key)],
        "related": related(db, shown, actor, as_of, key),
    }
