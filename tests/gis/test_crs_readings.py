import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis import crs, measure
from gis.crs import Reading, Shift
from tests.made_crs import numbers, proj_string

LON, LAT = 106.66, 11.05  # Thủ Dầu Một
X, Y = 599_233.1146, 1_222_137.9326  # the same place in EPSG:9210

PROJECTED = sorted(
    srid for srid, system in crs.SUPPORTED.items() if system.central_meridian_deg is not None and srid != 3857
)
READINGS = st.builds(
    Reading,
    st.sampled_from(sorted(crs.SUPPORTED)),
    st.booleans(),
    st.sampled_from(["epsg6960", "none", "sign_fault"]),
) | st.builds(
    Reading,
    st.sampled_from(PROJECTED),
    st.booleans(),
    st.sampled_from(["epsg6960", "none", "sign_fault"]),
    st.sampled_from([0.9996, 0.9999, 1.0001]),
)


def place(x: float, y: float, how: Reading) -> tuple[float, float]:
    lon, lat = crs.to_lonlat_xy(np.array([x]), np.array([y]), how)
    return float(lon[0]), float(lat[0])


def off_m(how: Reading) -> float:
    lon, lat = place(X, Y, how)
    return float(measure.distance_m(LON, LAT, lon, lat))


@given(READINGS)
def test_a_reading_is_what_its_text_says(how: Reading) -> None:
    assert crs.reading(str(how)) == how.canonical()
    assert how.canonical().canonical() == how.canonical()


@given(READINGS, st.floats(103, 109), st.floats(8.5, 23))
@settings(max_examples=60)
def test_the_plainest_name_of_a_reading_means_the_same_place(how: Reading, lon: float, lat: float) -> None:
    forth = crs.transform_xy(np.array([lon]), np.array([lat]), crs.STORAGE_SRID, how.srid)
    pair = (forth[1], forth[0]) if how.swapped else forth
    one, other = crs.to_lonlat_xy(*pair, how), crs.to_lonlat_xy(*pair, how.canonical())
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-10)  # 0.01 mm


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("shift", ["epsg6960", "none", "sign_fault"])
@pytest.mark.parametrize(
    ("srid", "k"), [(9210, None), (9210, 0.9996), (5899, None), (3405, None), (4756, None), (5896, None)]
)
def test_numbers_made_by_proj_come_back_to_their_place(
    srid: int, k: float | None, shift: Shift, swapped: bool
) -> None:
    how = Reading(srid, swapped, shift, k)
    line = shapely.LineString([(105.9, 21.3), (106.2, 21.4)])
    there = np.array([shapely.Point(LON, LAT), line, None], dtype=object)
    back = crs.to_lonlat(numbers(there, how), how)
    assert shapely.is_missing(back).tolist() == [False, False, True]
    # 1 mm, which PROJ's own way there and back loses: its inverse turn is an approximation.
    out_m = measure.distance_m(*shapely.get_coordinates(back).T, *shapely.get_coordinates(there).T)
    assert out_m.max() < 0.001


def test_each_fault_moves_thu_dau_mot_as_far_as_worked_out_by_hand() -> None:
    assert off_m(Reading(9210)) == pytest.approx(0, abs=0.001)
    # Northing 1,222,138 m / 0.9999 × 0.0003 = 366.7 m, easting 99,233 m × 0.0003 = 29.8 m; √ = 367.9 m.
    assert off_m(Reading(9210, k=0.9996)) == pytest.approx(367.9, abs=0.3)
    assert off_m(Reading(9210, shift="none")) == pytest.approx(225, abs=1)
    assert off_m(Reading(9210, shift="sign_fault")) == pytest.approx(0.55, abs=0.03)


def test_x_is_north_and_y_is_east_on_vietnamese_paper() -> None:
    assert place(Y, X, Reading(9210, swapped=True)) == pytest.approx((LON, LAT), abs=1e-8)
    assert place(LAT, LON, Reading(crs.STORAGE_SRID, swapped=True)) == (LON, LAT)


def test_numbers_of_wgs_84_moved_with_wrong_signs_are_undone_and_moved_again() -> None:
    true = np.array([shapely.Point(LON, LAT)])
    vn2000 = numbers(true, Reading(4756))
    wrong = crs.to_lonlat(
        vn2000, Reading(4756, shift="sign_fault")
    )  # what the widespread string makes of them
    assert measure.distance_m(LON, LAT, *shapely.get_coordinates(wrong)[0]) == pytest.approx(0.55, abs=0.03)
    mended = crs.to_lonlat(wrong, Reading(crs.STORAGE_SRID, shift="sign_fault"))
    np.testing.assert_allclose(shapely.get_coordinates(mended), [[LON, LAT]], rtol=0, atol=1e-8)  # 1 mm


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("EPSG:9210", "EPSG:9210"),
        ("EPSG:6959", "EPSG:5899"),  # a deprecated twin
        ("EPSG:4756;shift=none", "EPSG:4326"),  # VN-2000 degrees never shifted are WGS 84 degrees
        ("EPSG:4326;shift=none", "EPSG:4756"),
        ("EPSG:3405;swapped;shift=none", "EPSG:32648;swapped"),
        ("EPSG:5897;k=0.9996", "EPSG:3405"),  # both on 105°
        ("EPSG:5897;shift=none;k=0.9996", "EPSG:32648"),
        ("EPSG:9210;k=0.9999", "EPSG:9210"),
        ("EPSG:9210;swapped;shift=none;k=0.9996", "EPSG:9210;swapped;shift=none;k=0.9996"),
    ],
)
def test_a_reading_takes_the_plainest_number_that_epsg_has_for_it(text: str, plain: str) -> None:
    assert str(crs.reading(text)) == plain


@pytest.mark.parametrize(
    "text",
    [
        "EPSG:1",
        "EPSG:9210;k=0.5",
        "EPSG:4326;k=0.9996",
        "EPSG:3857;k=0.9996",
        "EPSG:9210;shift=twice",
        "EPSG:9210;x",
        "x",
    ],
)
def test_a_text_that_is_no_reading_is_refused(text: str) -> None:
    with pytest.raises(crs.CrsUnknown):
        crs.reading(text)


def test_a_declaration_is_a_reading_too_and_nothing_is_none() -> None:
    assert crs.reading(proj_string(Reading(9210, shift="sign_fault"))) == Reading(9210)
    assert crs.reading(6957) == Reading(5897)
    with pytest.raises(crs.CrsMissing):
        crs.reading(None, file="kcn.shp")


def test_faults_of_coordinates_are_looked_for_in_the_order_of_the_reading() -> None:
    point = np.array([shapely.Point(Y, X)])
    with pytest.raises(crs.CoordinatesSwapped):
        crs.reading_faults(point, Reading(9210))
    assert crs.reading_faults(point, Reading(9210, swapped=True)).tolist() == [""]


def test_systems_are_named_as_maps_name_them() -> None:
    assert Reading(9210).name == "VN-2000 TM-3 105°45′"
    assert Reading(3405).name == "VN-2000 UTM 48N"
    assert Reading(32649).name == "WGS 84 UTM 49N"
    assert Reading(crs.STORAGE_SRID).name == "WGS 84"
