"""Coverages of a date: their list, their tiles, and what they say of a feature or of a whole layer."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, Row, select
from sqlalchemy.sql.functions import func

from gis.arrays import Geometries
from gis.errors import BadInput
from layers.access import Actor
from layers.catalogue import layer as catalogued
from layers.coverages import store, tiles
from layers.coverages.figures import figures
from layers.layer import Text
from layers.query import masked, visible
from layers.rows import FeatureUnknown

DEEPEST = 22


class LayerNotAreal(BadInput):
    """Figures of a coverage are asked for something that has no area. Facts: layer."""


class TileOutside(BadInput):
    """No such tile. Facts: z, x, y."""


def list_coverages(db: Connection, as_of: date) -> list[dict[str, Any]]:
    """The coverages of a date, with what the map needs to draw and explain them."""
    return [_told(row) for row in store.known(db, as_of)]


def coverage_tile(
    db: Connection, as_of: date, number: int, place: tuple[int, int, int], folder: Path
) -> bytes | None:
    """
    One tile as PNG; None where nothing is known.

    Raises
    ------
    CoverageUnknown, CoverageFileGone, TileOutside
    """
    z, x, y = place
    if not (0 <= z <= DEEPEST and 0 <= x < 2**z and 0 <= y < 2**z):
        raise TileOutside(z=z, x=x, y=y)
    row = store.one(db, number, as_of)
    return tiles.tile(row, store.file_of(row, folder), z, x, y)


def coverages_of_feature(
    db: Connection, actor: Actor, as_of: date, layer_id: str, key: str, folder: Path
) -> list[dict[str, Any]]:
    """
    What every coverage says of one feature; nothing of coverages that do not reach it.

    Raises
    ------
    FeatureUnknown, LayerNotAreal, CoverageFileGone
    """
    found = _areas(db, actor, as_of, layer_id, key)
    if len(found) == 0:
        raise FeatureUnknown(layer=layer_id, key=key[:200], as_of=as_of)
    geoms = np.array([geom for _, _, geom in found], dtype=object)
    return [told for one in figures(db, as_of, geoms, folder) if (told := one.of(0)) is not None]


def coverages_of_layer(
    db: Connection, actor: Actor, as_of: date, layer_id: str, folder: Path
) -> list[dict[str, Any]]:
    """
    What every coverage says of every feature of a layer.

    Raises
    ------
    LayerNotAreal, CoverageFileGone
    """
    found = _areas(db, actor, as_of, layer_id, None)
    geoms: Geometries = np.array([geom for _, _, geom in found], dtype=object)
    all_figures = figures(db, as_of, geoms, folder) if found else []
    return [
        {
            "key": key,
            "name": name,
            "coverages": [told for one in all_figures if (told := one.of(at)) is not None],
        }
        for at, (key, name, _) in enumerate(found)
    ]


def _areas(
    db: Connection, actor: Actor, as_of: date, layer_id: str, key: str | None
) -> list[tuple[str, str | None, Any]]:
    """Key, name and polygon of one or all features that the actor may see."""
    layer = catalogued(layer_id)
    kind = str(getattr(layer.table.c.geom.type, "geometry_type", ""))
    if not kind.endswith("POLYGON"):
        raise LayerNotAreal(layer=layer_id)
    rows = visible(layer, actor, as_of).subquery()
    name = rows.c.key if layer.label in masked(layer, actor) else rows.c[layer.label]
    query = select(rows.c.key, name, func.ST_AsBinary(rows.c.geom)).where(rows.c.geom.is_not(None))
    if key is not None:
        query = query.where(rows.c.key == key)
    return [(k, n, shapely.from_wkb(bytes(wkb))) for k, n, wkb in db.execute(query.order_by(rows.c.key))]


def _told(row: Row[Any]) -> dict[str, Any]:
    classes = row.classes and [
        {
            "value": each["value"],
            "title": vars(Text(each["title_vi"], each["title_en"])),
            "color": each["color"],
        }
        for each in row.classes
    ]
    return {
        "id": row.id,
        "kind": row.kind,
        "title": vars(Text(row.title_vi, row.title_en)),
        "unit": row.unit,
        "crs": f"EPSG:{row.srid}",
        "resolution_m": row.resolution_m,
        "box": [row.west, row.south, row.east, row.north],
        "classes": classes,
        "ramp": None if classes else [{"value": v, "color": c} for v, c in tiles.ramp(row)],
        "flooded_from_m": row.flooded_from_m,
        "as_of": row.valid_from.isoformat(),
        "source": row.source,
        "licence": row.licence,
        "min": row.value_min,
        "max": row.value_max,
        "illustrative": row.illustrative,
        "version": row.sha256[:12],
    }
