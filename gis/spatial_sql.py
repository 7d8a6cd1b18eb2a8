"""
Spatial SQL as expressions over columns it is handed: no table, no string of SQL.

Query and index must share one expression: ``geography(geom)`` is what the index on
``geography(geom)`` is built on, while a cast renders ``geography(Geometry,…)`` and never matches it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Float, Numeric, Text, cast, func
from sqlalchemy.types import UserDefinedType

from gis.crs import STORAGE_SRID, WEB_MERCATOR_SRID
from gis.measure import HA_M2

Sql = ColumnElement[Any]


class Geography(UserDefinedType[Any]):
    """PostGIS geography, as the type of an expression."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "geography"


class Geometry(UserDefinedType[Any]):
    """PostGIS geometry, as the type of an expression; read back as it is, without ST_AsEWKB."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "geometry"


def geography(geom: Sql) -> Sql:
    """The column on the ellipsoid; the expression of its index."""
    return func.geography(geom, type_=Geography())


def point(lon: float | Sql, lat: float | Sql) -> Sql:
    """A point of the storage system."""
    return func.ST_SetSRID(func.ST_MakePoint(lon, lat), STORAGE_SRID, type_=Geometry())


def lon(geom: Sql) -> ColumnElement[float]:
    """Longitude of a point."""
    return func.ST_X(geom, type_=Float())


def lat(geom: Sql) -> ColumnElement[float]:
    """Latitude of a point."""
    return func.ST_Y(geom, type_=Float())


def within(a: Sql, b: Sql, distance_m: float | Sql) -> ColumnElement[bool]:
    """Whether two shapes come within a distance on the ellipsoid; uses the index on `geography`."""
    return func.ST_DWithin(geography(a), geography(b), distance_m)


def distance_m(a: Sql, b: Sql) -> ColumnElement[float]:
    """Ellipsoidal distance, metres; to points it is `gis.measure.distance_m`."""
    return func.ST_Distance(geography(a), geography(b), type_=Float())


def distance_mm(a: Sql, b: Sql) -> ColumnElement[Any]:
    """Ellipsoidal distance in metres rounded to the millimetre, as ranking compares it."""
    return func.round(cast(distance_m(a, b), Numeric), 3, type_=Numeric())


def area_ha(geom: Sql) -> ColumnElement[float]:
    """Ellipsoidal area, hectares, as `gis.measure.area_ha`."""
    return func.ST_Area(geography(geom), True, type_=Float()) / HA_M2


def point_on_surface(geom: Sql) -> Sql:
    """A point that lies on the shape, also when it is a ring or a crescent."""
    return func.ST_PointOnSurface(geom, type_=Geometry())


def envelope(west: float, south: float, east: float, north: float, srid: int = STORAGE_SRID) -> Sql:
    """A box in a system, x before y."""
    return func.ST_MakeEnvelope(west, south, east, north, srid, type_=Geometry())


def in_box(geom: Sql, box: Sql) -> ColumnElement[bool]:
    """Whether a shape meets a box: first by index, then exactly."""
    return func.ST_Intersects(geom, box)


def to_srid(geom: Sql, srid: int) -> Sql:
    """The shape in another system, by the rows of `gis.crs.spatial_ref_rows`."""
    return geom if srid == STORAGE_SRID else func.ST_Transform(geom, srid, type_=Geometry())


def to_storage(geom: Sql) -> Sql:
    """The shape back in the storage system."""
    return func.ST_Transform(geom, STORAGE_SRID, type_=Geometry())


def to_web_mercator(geom: Sql) -> Sql:
    """The shape as tiles draw it."""
    return func.ST_Transform(geom, WEB_MERCATOR_SRID, type_=Geometry())


def tile_envelope(z: int | Sql, x: int | Sql, y: int | Sql) -> Sql:
    """Bounds of a web tile, in Web Mercator."""
    return func.ST_TileEnvelope(z, x, y, type_=Geometry())


def as_geojson(geom: Sql, digits: int = 7) -> ColumnElement[str]:
    """GeoJSON text; 7 digits are a centimetre."""
    return func.ST_AsGeoJSON(geom, digits, type_=Text())


def order_by_code(code: Sql) -> Sql:
    """Code-point order, as numpy sorts: whatever the collation of the database."""
    return code.collate("C")
