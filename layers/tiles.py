"""
Vector tiles of any layer, cut by PostGIS from what the actor may see on a date.

Low zooms read geometry that was generalised once (``geom_low``); what is smaller than a pixel is left out,
points that would lie on one another are thinned, and a tile that is still too heavy is cut again, coarser.
All of it depends on the rows alone: the same data make the same tile.
"""

from __future__ import annotations

import math
from datetime import date
from functools import lru_cache
from typing import Any, Literal

from geoalchemy2 import Geometry
from isal import igzip
from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    LargeBinary,
    Select,
    Subquery,
    bindparam,
    case,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import distinct_on

from gis.crs import STORAGE_SRID
from gis.errors import NotFound
from layers.access import Actor
from layers.catalogue import layer as layer_of
from layers.layer import TILE_SRID, Layer
from layers.query import masked, visible

MAX_ZOOM = 16
LOW_ZOOM = 10
"""Below this zoom tiles read the generalised geometry, where a layer has one."""
EXTENT = 4096
BUFFER = 64
SCREEN_PX = 512
"""Pixels of a tile's edge as MapLibre draws it."""
THIN_BELOW_ZOOM = 13
MAX_GZIP_BYTES = 100_000
COARSEST = 5
SIDES = ("west", "south", "east", "north")
WORLD_M = 40_075_016.685578488
"""Edge of the Web Mercator square, in its metres."""


class TileOutOfRange(NotFound):
    """No tile has this zoom, column and row."""


def tile(db: Connection, layer: Layer, actor: Actor, as_of: date, z: int, x: int, y: int) -> bytes:
    """
    One tile, gzipped; empty bytes where it holds nothing.

    Raises
    ------
    TileOutOfRange
        If zoom, column or row lie outside the WebMercatorQuad of zooms 0 to 16.
    """
    if not (0 <= z <= MAX_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z):
        asked = {name: str(number)[:20] for name, number in (("z", z), ("x", x), ("y", y))}
        raise TileOutOfRange(**asked, maxzoom=MAX_ZOOM)
    if z < layer.minzoom:
        return b""
    packed = b""
    frame = parameters(z, x, y)
    for step in range(COARSEST + 1):
        cut = db.execute(statement(layer.id, actor, as_of, z, coarser=2**step), frame).scalar_one()
        packed = igzip.compress(bytes(cut), compresslevel=2) if cut else b""
        if len(packed) <= MAX_GZIP_BYTES:
            break
    return packed


@lru_cache(maxsize=512)
def statement(layer_id: str, actor: Actor, as_of: date, z: int, coarser: int = 1) -> Select[bytes]:
    """
    The one statement that cuts the tiles of a zoom; which tile is told by `parameters`.

    ``coarser`` multiplies the size below which features are left out, the distance to which points are
    thinned, and the tolerance of simplification. Composing it takes longer than most tiles, so it is kept.
    """
    layer = layer_of(layer_id)
    rows = visible(layer, actor, as_of).subquery("rows")
    edge_m = WORLD_M / 2**z
    pixel_m = edge_m / SCREEN_PX * coarser
    kind = geometry_kind(layer)
    geom = rows.c.geom_low if z < LOW_ZOOM and "geom_low" in rows.c else rows.c.geom_tile
    frame = func.ST_MakeEnvelope(*(bindparam(f"{side}_m", type_=Float) for side in SIDES), TILE_SRID)
    # The sides of a tile are meridians and parallels, so the index on the stored geometry finds its rows.
    reach = func.ST_MakeEnvelope(*(bindparam(f"{side}_deg", type_=Float) for side in SIDES), STORAGE_SRID)
    kept = [rows.c.geom.op("&&")(reach), *_classes(layer, actor, rows, z)]
    shape: ColumnElement[Any] = geom
    if kind != "point" and (z < MAX_ZOOM or coarser > 1):
        # A quarter of a pixel: neighbours stay together as far as anybody sees.
        shape = func.ST_Simplify(geom, pixel_m / 4, True)
        if any_kind(layer):  # what is too small to be seen is drawn as a point
            shape = case((_larger_than(geom, 8 * pixel_m), shape), else_=func.ST_PointOnSurface(geom))
        elif kind == "polygon" or coarser > 1:
            kept.append(_larger_than(geom, pixel_m))
    drawn = func.ST_AsMVTGeom(shape, func.box2d(frame), EXTENT, BUFFER, True, type_=_Flat())
    columns = [rows.c[name] for name in _columns(layer, actor, z)]
    cut = select(*columns, drawn.label("geom")).where(*kept)
    if kind == "point" and (z < THIN_BELOW_ZOOM or coarser > 1):
        cut = _thinned(layer, actor, rows, cut, pixel_m)
    features = cut.subquery(layer.id)
    whole = func.ST_AsMVT(features.table_valued(), layer.id, EXTENT, "geom", type_=LargeBinary())
    # ST_AsMVT leaves out what has no geometry in the frame; to ask for it here would cut everything twice.
    return select(whole).select_from(features)


def bounds_m(z: int, x: int, y: int) -> tuple[float, float, float, float]:
    """West, south, east, north of a tile in Web Mercator metres."""
    edge_m = WORLD_M / 2**z
    west, north = x * edge_m - WORLD_M / 2, WORLD_M / 2 - y * edge_m
    return west, north - edge_m, west + edge_m, north


def parameters(z: int, x: int, y: int) -> dict[str, float]:
    """The frame of a tile in Web Mercator metres, and with its buffer in degrees."""
    bounds = bounds_m(z, x, y)
    west, south, east, north = bounds
    reach_m = (east - west) * BUFFER / EXTENT
    degrees = (_lon(west - reach_m), _lat(south - reach_m), _lon(east + reach_m), _lat(north + reach_m))
    metres = {f"{side}_m": value for side, value in zip(SIDES, bounds, strict=True)}
    return metres | {f"{side}_deg": value for side, value in zip(SIDES, degrees, strict=True)}


def _lon(x_m: float) -> float:
    return x_m / WORLD_M * 360


def _lat(y_m: float) -> float:
    return math.degrees(math.atan(math.sinh(y_m / WORLD_M * 2 * math.pi)))


def geometry_kind(layer: Layer) -> Literal["polygon", "line", "point"]:
    """What the features of a layer are drawn as."""
    kind = layer.columns()["geom"].type
    named = str(kind.geometry_type).upper() if isinstance(kind, Geometry) else ""
    return "point" if "POINT" in named else "line" if "LINE" in named else "polygon"


def any_kind(layer: Layer) -> bool:
    """Whether points, lines and polygons stand in one column."""
    kind = layer.columns()["geom"].type
    return isinstance(kind, Geometry) and str(kind.geometry_type).upper() == "GEOMETRY"


class _Flat(Geometry):
    """Tile geometry: what ST_AsMVT needs as it is, not as the EWKB that a Select would make of it."""

    cache_ok = True

    def column_expression(self, col: Any) -> Any:
        return col


def _columns(layer: Layer, actor: Actor, z: int) -> list[str]:
    """Columns that a tile carries: the key, and what the layer wants from this zoom on."""
    hidden = masked(layer, actor)
    more = [name for name, first in layer.tile_columns.items() if z >= first and name not in hidden]
    return ["key", *(name for name in more if name != "key")]


def _classes(layer: Layer, actor: Actor, rows: Subquery, z: int) -> list[ColumnElement[bool]]:
    """Conditions that leave out the classes that are not yet drawn."""
    kept: list[ColumnElement[bool]] = []
    for name, firsts in layer.tile_classes.items():
        absent = [value for value, first in firsts.items() if z < first]
        if absent and name not in masked(layer, actor):
            kept.append(or_(rows.c[name].is_(None), rows.c[name].not_in(absent)))
    return kept


def _larger_than(geom: ColumnElement[Any], size_m: float) -> ColumnElement[bool]:
    wide = func.ST_XMax(geom) - func.ST_XMin(geom)
    high = func.ST_YMax(geom) - func.ST_YMin(geom)
    return or_(wide >= size_m, high >= size_m)


def _thinned(layer: Layer, actor: Actor, rows: Subquery, cut: Select[Any], cell_m: float) -> Select[Any]:
    """
    One point per class and cell of a grid that all tiles share: the most important, then the first by key.
    """
    hidden = masked(layer, actor)
    ranks = [rows.c[name] for name in layer.tile_classes if name not in hidden]
    legend = [rows.c[layer.legend]] if layer.legend and layer.legend not in hidden else []
    cell = [
        func.floor(func.ST_X(rows.c.geom_tile) / cell_m),
        func.floor(func.ST_Y(rows.c.geom_tile) / cell_m),
        *legend,
    ]
    return cut.ext(distinct_on(*cell)).order_by(*cell, *ranks, rows.c.key)
