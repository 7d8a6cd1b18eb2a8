import pytest

from gis.coordinates import parse_coordinates
from gis.crs import STORAGE_SRID


@pytest.mark.parametrize(
    "typed",
    [
        "10.93, 106.71",
        "106.71 10.93",
        "106,71; 10,93",
        "10,93 106,71",
        "10°55'48\"N 106°42'36\"E",
        "106°42'36\"Đ, 10°55'48\"B",
        "10 55 48, 106 42 36",
        "10°55.8' 106°42.6'",
        "N 10.93 E 106.71",
        "10.93°N 106.71°E",
    ],
)
def test_wgs_84_is_read_in_every_way_people_write_it(typed: str) -> None:
    (place,) = parse_coordinates(typed)
    assert (place.lon, place.lat, place.srid) == (pytest.approx(106.71), pytest.approx(10.93), STORAGE_SRID)


@pytest.mark.parametrize(
    "typed", ["1209123 602345", "602345, 1209123", "X=1209123 Y=602345", "VN-2000: 1209123; 602345"]
)
def test_a_tm3_pair_is_read_in_either_order_and_offers_its_zones(typed: str) -> None:
    places = parse_coordinates(typed)
    assert [place.srid for place in places[:2]] == [9210, 5899]
    assert (places[0].lon, places[0].lat) == (
        pytest.approx(106.68811, abs=1e-5),
        pytest.approx(10.93226, abs=1e-5),
    )
    assert places[1].lon - places[0].lon == pytest.approx(2.0, abs=1e-4)  # the meridians are 2° apart


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "tờ 12 thửa 345",
        "Công ty 12",
        "3702345678",
        "12 345",
        "48.85 2.35",
        "1 2 3",
        "602345 602345",
        "10°75' 106°42'",
    ],
)
def test_what_is_no_place_in_the_country_has_no_answer(typed: str) -> None:
    assert parse_coordinates(typed) == []
