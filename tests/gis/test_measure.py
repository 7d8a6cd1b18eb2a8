import time

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from gis import measure
from gis.crs import STORAGE_SRID


def karney_ha(polygon: shapely.Geometry) -> float:
    return abs(measure.GEOD.geometry_area_perimeter(shapely.orient_polygons(polygon))[0]) / 1e4


@settings(max_examples=200, deadline=None)
@given(
    lon=st.floats(102, 118),
    lat=st.floats(7, 24),
    size_deg=st.floats(5e-4, 0.8),
    angles=st.lists(st.floats(0, 6.28), min_size=5, max_size=9, unique=True),
)
def test_area_agrees_with_exact_geodesic_area(
    lon: float, lat: float, size_deg: float, angles: list[float]
) -> None:
    turn = np.sort(angles)
    ring = np.column_stack([lon + size_deg / 2 * np.cos(turn), lat + size_deg / 2 * np.sin(turn)])
    polygon = shapely.Polygon(ring)
    # Slivers lose relative digits in both methods; a parcel fills at least a twentieth of its box.
    if polygon.area < 0.05 * size_deg**2:
        return
    assert measure.area_ha(np.array([polygon]))[0] == pytest.approx(karney_ha(polygon), rel=1e-6)


def test_a_square_of_one_hectare_by_the_radii_of_curvature() -> None:
    # At 11° N: one degree of latitude 110 615 m, of longitude 109 288 m (M and N·cosφ of WGS 84).
    square = shapely.box(106.7, 11.0, 106.7 + 100 / 109_288, 11.0 + 100 / 110_615)
    assert measure.area_ha(np.array([square]))[0] == pytest.approx(1.0, rel=2e-5)


def test_holes_are_taken_out_parts_are_added_and_missing_is_missing() -> None:
    whole, hole = shapely.box(106.0, 11.0, 106.01, 11.01), shapely.box(106.002, 11.002, 106.004, 11.004)
    far = shapely.box(106.1, 11.0, 106.11, 11.01)
    rows = np.array(
        [
            whole,
            shapely.Polygon(whole.exterior, [hole.exterior]),
            shapely.MultiPolygon([whole, far]),
            shapely.GeometryCollection([whole, shapely.Point(1, 1), shapely.MultiPolygon([far])]),
            shapely.Point(106, 11),
            shapely.Polygon(),
            None,
        ],
        dtype=object,
    )
    a, holed, two, mixed, point, empty, missing = measure.area_ha(rows)
    assert holed == pytest.approx(a - measure.area_ha(np.array([hole]))[0])
    assert two == pytest.approx(a + measure.area_ha(np.array([far]))[0])
    assert mixed == pytest.approx(two)
    assert (point, empty) == (0, 0)
    assert np.isnan(missing)


def test_200_000_parcels_are_measured_in_about_a_second() -> None:
    rng = np.random.default_rng(1)
    lon, lat, width = (
        rng.uniform(104, 109, 200_000),
        rng.uniform(9, 23, 200_000),
        rng.uniform(1e-4, 3e-3, 200_000),
    )
    parcels = shapely.box(lon, lat, lon + width, lat + width)
    start = time.perf_counter()
    measure.area_ha(parcels)
    assert time.perf_counter() - start < 4  # measured 0.9 s; the machine may be shared


def test_length_follows_lines_and_goes_round_polygons() -> None:
    line = shapely.LineString([(106, 11), (106, 11.01), (106.01, 11.01)])
    legs = measure.distance_m([106, 106], [11, 11.01], [106, 106.01], [11.01, 11.01])
    rows = np.array([line, shapely.box(106, 11, 106.01, 11.01), shapely.Point(1, 1), None], dtype=object)
    length, perimeter, point, missing = measure.length_m(rows)
    assert length == pytest.approx(legs.sum())
    assert perimeter > 2 * length * 0.99
    assert point == 0
    assert np.isnan(missing)


def test_distance_is_missing_where_a_coordinate_is() -> None:
    distances = measure.distance_m(106.7, 10.9, [106.7, np.nan, 106.8], [10.9, 11.0, np.nan])
    assert distances[0] == 0
    assert np.isnan(distances[1:]).all()


def test_distance_and_area_agree_with_postgis_geography(db: Connection) -> None:
    rng = np.random.default_rng(7)
    lon, lat = rng.uniform(103, 110, 300), rng.uniform(8, 23, 300)
    rows = db.execute(
        text(
            "SELECT ST_Distance(ST_SetSRID(ST_MakePoint(106.7, 10.9), :srid)::geography,"
            " ST_SetSRID(ST_MakePoint(lon, lat), :srid)::geography),"
            " ST_Area(ST_SetSRID(ST_MakeEnvelope(lon, lat, lon + 0.02, lat + 0.01), :srid)::geography)"
            " FROM unnest(CAST(:lon AS float8[]), CAST(:lat AS float8[]))"
            " WITH ORDINALITY AS p(lon, lat, n) ORDER BY n"
        ),
        {"lon": lon.tolist(), "lat": lat.tolist(), "srid": STORAGE_SRID},
    ).all()
    distance, area = np.array(rows).T
    np.testing.assert_allclose(measure.distance_m(106.7, 10.9, lon, lat), distance, rtol=0, atol=1e-3)
    np.testing.assert_allclose(
        measure.area_ha(shapely.box(lon, lat, lon + 0.02, lat + 0.01)), area / 1e4, rtol=1e-6
    )
