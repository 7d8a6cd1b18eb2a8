import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS
from sqlalchemy import Connection, text

from gis import crs, measure

LON, LAT = 106.66, 11.05  # Thủ Dầu Một


def points(lon: list[float], lat: list[float]) -> np.ndarray:
    return shapely.points(lon, lat)


@pytest.mark.parametrize("srid", sorted(crs.SUPPORTED))
def test_the_table_of_systems_agrees_with_the_epsg_registry(srid: int) -> None:
    ours, registry = crs.SUPPORTED[srid], CRS.from_epsg(srid)
    assert ours.name == registry.name
    assert ours.axes == ("xy" if registry.axis_info[0].direction == "east" else "yx")
    if ours.datum == "vn2000" and registry.coordinate_operation:
        facts = {param.name: param.value for param in registry.coordinate_operation.params}
        assert ours.central_meridian_deg == facts["Longitude of natural origin"]
        assert ours.k == facts["Scale factor at natural origin"]
        assert (facts["False easting"], facts["False northing"]) == (500_000, 0)


def test_the_shift_to_wgs_84_is_225_m_at_thu_dau_mot() -> None:
    # DOMAIN §5: without the shift a point is 225 m off, and the true one lies east-south-east.
    x, y = crs.transform_xy(np.array([LON]), np.array([LAT]), crs.VN2000_SRID, crs.STORAGE_SRID)
    assert measure.distance_m(LON, LAT, x, y)[0] == pytest.approx(225, abs=1)
    assert x[0] > LON
    assert y[0] < LAT


def test_no_tear_along_11_04_north_where_proj_would_change_operations() -> None:
    lat = np.array([11.0399999, 11.0400001])
    x, y = crs.transform_xy(np.full(2, 106.66), lat, crs.STORAGE_SRID, 9210)
    assert y[1] - y[0] == pytest.approx(0.0221, abs=0.0005)  # 2e-7° of latitude × 110.6 km
    assert x[1] - x[0] == pytest.approx(0, abs=0.0005)


@pytest.mark.parametrize("srid", sorted(crs.SUPPORTED))
def test_there_and_back_is_the_same_point(srid: int) -> None:
    lon, lat = np.array([LON, 108.2, np.nan]), np.array([LAT, 15.9, np.nan])
    back = crs.transform_xy(*crs.transform_xy(lon, lat, crs.STORAGE_SRID, srid), srid, crs.STORAGE_SRID)
    np.testing.assert_allclose(back[0], lon, atol=1e-11)
    np.testing.assert_allclose(back[1], lat, atol=1e-11)


def test_between_two_zones_the_datum_is_not_touched() -> None:
    direct = crs.transform_xy(np.array([600_000.0]), np.array([1_222_000.0]), 9210, 5899)
    via = crs.transform_xy(
        *crs.transform_xy(np.array([600_000.0]), np.array([1_222_000.0]), 9210, crs.STORAGE_SRID),
        crs.STORAGE_SRID,
        5899,
    )
    np.testing.assert_allclose(direct, via, atol=1e-4)


def test_postgis_with_our_rows_moves_points_as_we_do(db: Connection) -> None:
    # Both sides of 11.04° N and of 107.11° E, the edges of EPSG's second operation; ≤ 0.1 mm.
    lon, lat = (
        a.ravel() for a in np.meshgrid([105.2, 106.66, 107.1, 107.12, 108.4], [9.5, 11.0399, 11.0401, 21.3])
    )
    db.execute(
        text(
            "INSERT INTO spatial_ref_sys (srid, auth_name, auth_srid, srtext, proj4text)"
            " VALUES (:srid, :auth, :srid, :srtext, :proj4) ON CONFLICT (srid) DO UPDATE"
            " SET auth_name = :auth, srtext = :srtext, proj4text = :proj4"
        ),
        [dict(zip(("srid", "auth", "srtext", "proj4"), row, strict=True)) for row in crs.spatial_ref_rows()],
    )
    asked = text(
        "SELECT ST_X(g), ST_Y(g) FROM unnest(CAST(:lon AS float8[]), CAST(:lat AS float8[]))"
        " WITH ORDINALITY AS p(lon, lat, n), LATERAL"
        " ST_Transform(ST_SetSRID(ST_MakePoint(lon, lat), :storage), CAST(:srid AS int)) AS g ORDER BY n"
    )
    for srid, system in crs.SUPPORTED.items():
        rows = db.execute(
            asked, {"lon": lon.tolist(), "lat": lat.tolist(), "srid": srid, "storage": crs.STORAGE_SRID}
        ).all()
        ours = np.column_stack(crs.transform_xy(lon, lat, crs.STORAGE_SRID, srid))
        tolerance = 1e-9 if system.geographic else 1e-4  # 1e-9° is 0.1 mm
        np.testing.assert_allclose(np.array(rows), ours, rtol=0, atol=tolerance, err_msg=str(srid))


def test_a_file_must_say_its_system() -> None:
    with pytest.raises(crs.CrsMissing) as caught:
        crs.to_storage(gpd.GeoSeries(points([600_000], [1_222_000])), file="kcn.shp")
    assert caught.value.facts["file"] == "kcn.shp"
    with pytest.raises(crs.CrsUnknown):
        crs.to_storage(points([600_000], [1_222_000]), 32647)


def test_a_frame_in_vn_2000_comes_into_storage() -> None:
    frame = gpd.GeoDataFrame(
        {"code": ["A", "B"]}, geometry=list(points([599_233.1146, 600_000], [1_222_137.9326] * 2)), crs=9210
    )
    stored = crs.to_storage(frame)
    assert stored.crs.to_epsg() == crs.STORAGE_SRID
    assert stored.geometry.iloc[0].x == pytest.approx(LON, abs=1e-8)
    assert stored["code"].tolist() == ["A", "B"]
    assert frame.crs.to_epsg() == 9210  # the input is left as it was
    assert frame.geometry.iloc[0].x == 599_233.1146


@pytest.mark.parametrize("srid", sorted(crs.SUPPORTED))
@pytest.mark.parametrize("dialect", ["WKT1_ESRI", "WKT1_GDAL", "WKT2_2019"])
def test_a_prj_file_is_recognised_in_every_dialect(srid: int, dialect: str) -> None:
    assert crs.identify(CRS.from_epsg(srid).to_wkt(dialect)) == srid


@pytest.mark.parametrize(
    "lookalike",
    [
        # D_WGS_1984 in place of VN-2000: read as it says, everything would lie 225 m off.
        'PROJCS["VN_2000_TM3",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137,298.257223563]],'
        'PRIMEM["Greenwich",0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
        'PARAMETER["False_Easting",500000],PARAMETER["False_Northing",0],PARAMETER["Central_Meridian",105.75],'
        'PARAMETER["Scale_Factor",0.9999],PARAMETER["Latitude_Of_Origin",0],UNIT["Meter",1]]',
        # The scale of UTM on a TM-3 meridian: 368 m off.
        "+proj=tmerc +lat_0=0 +lon_0=105.75 +k=0.9996 +x_0=500000 +y_0=0 +ellps=WGS84 +units=m",
        "nonsense",
    ],
)
def test_a_definition_that_only_looks_like_vn_2000_is_refused(lookalike: str) -> None:
    with pytest.raises(crs.CrsUnknown):
        crs.identify(lookalike, file="kcn.prj")


def test_a_definition_with_a_shift_of_its_own_is_read_by_its_projection() -> None:
    wrong_signs = (
        "+proj=tmerc +lat_0=0 +lon_0=105.75 +k=0.9999 +x_0=500000 +y_0=0 +ellps=WGS84 +units=m"
        " +towgs84=-191.90441429,-39.30318279,-111.45032835,-0.00928836,0.01975479,-0.00427372,0.252906278"
        " +type=crs"
    )
    assert crs.identify(wrong_signs) == 9210
    assert crs.identify(6959) == 5899
    assert crs.identify("OGC:CRS84") == crs.STORAGE_SRID


@pytest.mark.parametrize(
    ("x", "y", "srid", "fault"),
    [
        (10.93, 106.71, crs.STORAGE_SRID, crs.CoordinatesSwapped),
        (1_222_137.0, 599_233.0, 9210, crs.CoordinatesSwapped),
        (599_233.0, 1_222_137.0, crs.STORAGE_SRID, crs.MetresInGeographic),
        (106.71, 10.93, 9210, crs.DegreesInProjected),
        (2.35, 48.85, crs.STORAGE_SRID, crs.OutsideCountry),
        (599_233.0, 5_222_137.0, 9210, crs.OutsideCountry),
    ],
)
def test_coordinates_that_contradict_their_system_are_named(
    x: float, y: float, srid: int, fault: type[crs.CoordinatesFault]
) -> None:
    with pytest.raises(fault) as caught:
        crs.detect_faults(points([x], [y]), srid, file="thửa.gpkg")
    assert type(caught.value) is fault
    assert (caught.value.facts["x"], caught.value.facts["y"], caught.value.facts["srid"]) == (x, y, srid)


def test_one_odd_row_among_sound_ones_is_returned_not_raised() -> None:
    rows = np.array(
        [*points([106.7, 106.8, 10.93], [10.9, 10.95, 106.71]), None, shapely.Point()], dtype=object
    )
    assert crs.detect_faults(rows, crs.STORAGE_SRID).tolist() == ["", "", "coordinates_swapped", "", ""]


def test_web_mercator_and_sound_bounds_pass() -> None:
    x, y = crs.transform_xy(np.array([LON]), np.array([LAT]), crs.STORAGE_SRID, crs.WEB_MERCATOR_SRID)
    assert crs.detect_faults(
        np.array([x[0], y[0], x[0] + 10, y[0] + 10]), crs.WEB_MERCATOR_SRID
    ).tolist() == [""]


def test_systems_are_found_by_their_ogc_address() -> None:
    assert crs.from_uri("http://www.opengis.net/def/crs/EPSG/0/9210").srid == 9210
    assert crs.from_uri("[EPSG:5899]").srid == 5899
    assert crs.from_uri(crs.CRS84_URI).axes == "xy"
    assert crs.from_uri(crs.SUPPORTED[crs.STORAGE_SRID].uri).axes == "yx"
    for unknown in ("EPSG:1", "EPSG:²", "nonsense", ""):
        with pytest.raises(crs.CrsUnknown):
            crs.from_uri(unknown)
