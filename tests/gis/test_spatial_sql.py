import numpy as np
import pytest
import shapely
from sqlalchemy import Connection, column, func, literal, select

from gis import measure, spatial_sql
from gis.crs import STORAGE_SRID


def geom(wkt: str) -> spatial_sql.Sql:
    return func.ST_GeomFromText(wkt, STORAGE_SRID, type_=spatial_sql.Geometry())


def test_index_and_query_share_one_expression() -> None:
    assert str(spatial_sql.geography(column("geom"))) == "geography(geom)"
    asked = str(spatial_sql.within(column("a"), column("b"), 500))
    assert asked.startswith("ST_DWithin(geography(a), geography(b), ")


def test_distance_and_area_in_sql_are_those_of_measure(db: Connection) -> None:
    ring = shapely.box(106.7, 10.9, 106.71, 10.91)
    a, b = spatial_sql.point(106.7, 10.9), spatial_sql.point(106.75, 10.95)
    distance, rounded, area = db.execute(
        select(
            spatial_sql.distance_m(a, b), spatial_sql.distance_mm(a, b), spatial_sql.area_ha(geom(ring.wkt))
        )
    ).one()
    expected = measure.distance_m(106.7, 10.9, 106.75, 10.95).item()
    assert distance == pytest.approx(expected, abs=1e-4)
    assert float(rounded) == round(expected, 3)
    assert area == pytest.approx(measure.area_ha(np.array([ring]))[0], rel=1e-7)


def test_a_point_on_a_ring_lies_on_it_and_reads_back(db: Connection) -> None:
    ring = shapely.Point(106.7, 10.9).buffer(0.02) - shapely.Point(106.7, 10.9).buffer(0.01)
    inside = spatial_sql.point_on_surface(geom(ring.wkt))
    x, y = db.execute(select(spatial_sql.lon(inside), spatial_sql.lat(inside))).one()
    assert ring.contains(shapely.Point(x, y))


def test_boxes_tiles_and_systems(db: Connection) -> None:
    point = spatial_sql.point(106.7, 10.9)
    tile = spatial_sql.tile_envelope(0, 0, 0)
    answers = db.execute(
        select(
            spatial_sql.in_box(point, spatial_sql.envelope(106, 10, 107, 11)),
            spatial_sql.in_box(spatial_sql.to_web_mercator(point), tile),
            spatial_sql.within(point, spatial_sql.point(106.7, 10.901), literal(120.0)),
            spatial_sql.as_geojson(spatial_sql.to_storage(spatial_sql.to_web_mercator(point)), 5),
        )
    ).one()
    assert tuple(answers) == (True, True, True, '{"type":"Point","coordinates":[106.7,10.9]}')
    assert spatial_sql.to_srid(point, STORAGE_SRID) is point
