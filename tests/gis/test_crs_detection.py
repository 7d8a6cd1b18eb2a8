import time
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import shapely

from gis import crs
from gis.crs import Detection, Province, Reading, detect
from tests.made_crs import SIGNS, numbers, proj_string

#: Bình Dương as it was, and as part of new Hồ Chí Minh with a second meridian.
BINH_DUONG = Province("74", "Bình Dương", (105.75,), (106.30, 10.85, 107.00, 11.55), era="old")
HCMC = Province("79", "Hồ Chí Minh", (105.75, 107.75), (106.30, 8.60, 107.60, 11.55))
KON_TUM = Province("62", "Kon Tum", (107.5, 108.0), (107.30, 13.90, 108.55, 15.45), era="old")
D_WGS_1984 = (
    'PROJCS["VN_2000_TM3",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137,298.257223563]],'
    'PRIMEM["Greenwich",0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
    'PARAMETER["False_Easting",500000],PARAMETER["False_Northing",0],PARAMETER["Central_Meridian",105.75],'
    'PARAMETER["Scale_Factor",0.9999],PARAMETER["Latitude_Of_Origin",0],UNIT["Meter",1]]'
)


def blocks(seed: int, lon: float = 106.66, lat: float = 11.05) -> tuple[np.ndarray, np.ndarray]:
    """A town of crooked blocks some 150 to 450 m wide: the blocks, and the streets between them."""
    rng = np.random.default_rng(seed)
    across = np.cumsum(rng.uniform(150, 450, 14)) / 109_000
    up = np.cumsum(rng.uniform(150, 450, 14)) / 110_600
    xs, ys = np.meshgrid(lon + across, lat + up)
    corner = np.stack([xs, ys], axis=-1) + rng.uniform(-50, 50, (14, 14, 2)) / 110_000
    around = (corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1])
    quads = np.stack(around, axis=2).reshape(-1, 4, 2)
    streets = [shapely.LineString(row) for way in (corner, corner.swapaxes(0, 1)) for row in way]
    made = np.array([shapely.buffer(shapely.Polygon(quad), -6 / 110_000) for quad in quads], dtype=object)
    return made, np.array(streets, dtype=object)


BLOCKS, STREETS = blocks(1)
FAULTS = (
    Reading(9210),
    Reading(9210, shift="none"),
    Reading(9210, k=0.9996),
    Reading(9210, shift="none", k=0.9996),
)


def best(found: Detection) -> str:
    assert found.best is not None
    return str(found.best.reading)


def codes(found: Detection, at: int = 0) -> list[str]:
    return [reason.code for reason in found.candidates[at].reasons]


@pytest.mark.parametrize("swapped", [False, True])
def test_with_the_provinces_name_alone_the_one_meridian_that_lands_inside_is_found(swapped: bool) -> None:
    everywhere = shapely.box(106.31, 10.86, 106.99, 11.54)  # fills the province: 15′ further it does not fit
    found = detect(numbers(np.array([everywhere]), Reading(9210, swapped)), province=BINH_DUONG)
    assert found.sure
    assert best(found) == str(Reading(9210, swapped))
    assert {"not_declared", "inside", "own_meridian", "swapped" if swapped else "in_order"} <= set(
        codes(found)
    )


def test_where_another_meridian_lands_inside_too_it_asks() -> None:
    found = detect(numbers(BLOCKS, Reading(9210)), province=BINH_DUONG)
    assert best(found) == "EPSG:9210"
    assert not found.sure
    other = next(one for one in found.candidates if one.reading == Reading(9209))
    assert other.moved_m == pytest.approx(27_300, abs=100)  # 15′ × cos 11.05° × 111.3 km/°
    assert other.moved_towards == "W"


def test_a_sound_declaration_that_agrees_with_the_province_is_taken() -> None:
    found = detect(numbers(BLOCKS, Reading(9210)), declared="EPSG:9210", province=BINH_DUONG)
    assert found.sure
    assert best(found) == "EPSG:9210"


def test_an_old_and_a_new_meridian_that_both_fit_are_put_to_a_person_though_one_is_declared() -> None:
    town = blocks(2, 108.0, 14.35)[0]
    found = detect(numbers(town, Reading(9216)), declared="EPSG:5898", province=KON_TUM)
    assert not found.sure
    assert "own_meridian_too" in codes(found)


def test_a_declared_meridian_that_leaves_the_province_is_contradicted() -> None:
    found = detect(numbers(BLOCKS, Reading(9210)), declared="EPSG:5899", province=BINH_DUONG)
    assert not found.sure


def test_metres_declared_as_degrees_are_read_as_what_they_are_but_not_silently() -> None:
    everywhere = np.array([shapely.box(106.31, 10.86, 106.99, 11.54)])
    found = detect(numbers(everywhere, Reading(9210)), declared="EPSG:4326", province=BINH_DUONG)
    assert best(found) == "EPSG:9210"
    assert not found.sure
    assert codes(found)[0] == "declared_other"


@pytest.mark.parametrize("truth", FAULTS, ids=str)
@pytest.mark.parametrize("as_areas", [False, True])
def test_streets_and_blocks_tell_the_missing_shift_and_the_wrong_scale(
    truth: Reading, as_areas: bool
) -> None:
    rng = np.random.default_rng(3)
    noisy = shapely.transform(
        STREETS, lambda xy: xy + rng.normal(0, 4, xy.shape) / 110_000
    )  # another surveyor
    lines, areas = (None, shapely.buffer(noisy, 3 / 110_000)) if as_areas else (noisy, None)
    found = detect(numbers(BLOCKS, truth), province=HCMC, lines=lines, areas=areas)
    assert (best(found), found.sure) == (str(truth), True)
    assert codes(found)[0] == ("areas_fit" if as_areas else "lines_fit")


def test_references_that_settle_nothing_are_a_reason_to_ask() -> None:
    one_road = np.array([shapely.LineString([(106.6, 11.06), (106.75, 11.06)])])
    found = detect(numbers(BLOCKS, Reading(9210)), declared="EPSG:9210", province=BINH_DUONG, lines=one_road)
    assert not found.sure
    assert "evidence_unclear" in codes(found)


def test_d_wgs_1984_over_vn_2000_numbers_asks_and_streets_answer() -> None:
    made = numbers(BLOCKS, Reading(9210))
    alone = detect(made, declared=D_WGS_1984, province=BINH_DUONG)
    assert not alone.sure
    assert [str(one.reading) for one in alone.candidates[:2]] == ["EPSG:9210", "EPSG:9210;shift=none"]
    assert alone.candidates[1].moved_m == pytest.approx(225, abs=1)
    # The true point lies east-south-east of the unshifted one, so that lies west-north-west, at 297°.
    assert alone.candidates[1].moved_towards == "NW"
    assert "declared_wgs84_datum" in codes(alone)
    told = detect(made, declared=D_WGS_1984, province=BINH_DUONG, lines=STREETS)
    assert (best(told), told.sure) == ("EPSG:9210", True)
    truthful = detect(numbers(BLOCKS, Reading(9210, shift="none")), declared=D_WGS_1984, lines=STREETS)
    assert (best(truthful), truthful.sure) == ("EPSG:9210;shift=none", True)


def test_the_sign_fault_is_claimed_where_the_declaration_shows_it_and_nowhere_else() -> None:
    truth = Reading(9210, shift="sign_fault")
    shown = detect(numbers(BLOCKS, truth), declared=proj_string(truth), province=BINH_DUONG)
    assert SIGNS in proj_string(truth)
    assert best(shown) == str(truth)
    assert not shown.sure  # 0.55 m: nothing on the map can tell it
    assert shown.candidates[1].reading == Reading(9210)
    assert shown.candidates[1].moved_m == pytest.approx(0.55, abs=0.03)
    hidden = detect(numbers(BLOCKS, truth), declared="EPSG:9210", province=BINH_DUONG)
    assert all(one.reading.shift != "sign_fault" for one in hidden.candidates)


def test_a_wrong_scale_in_the_declaration_asks() -> None:
    declared = proj_string(Reading(9210, k=0.9996))
    found = detect(numbers(BLOCKS, Reading(9210, k=0.9996)), declared=declared, province=BINH_DUONG)
    assert {str(one.reading) for one in found.candidates[:2]} == {"EPSG:9210;k=0.9996", "EPSG:9210"}
    assert not found.sure


@pytest.mark.parametrize("srid", [4326, 4756, 3405, 3406, 32648, 32649])
def test_systems_that_share_their_numbers_with_another_datum_are_asked_for_unless_declared(srid: int) -> None:
    made = numbers(BLOCKS, Reading(srid))
    assert not detect(made, province=BINH_DUONG).sure
    told = detect(made, declared=f"EPSG:{srid}", province=BINH_DUONG)
    assert (best(told), told.sure) == (f"EPSG:{srid}", True)


def test_numbers_of_no_system_and_layers_without_any_have_no_candidate() -> None:
    assert detect(np.array([shapely.Point(2.35e9, 48e9)])).candidates == ()
    assert detect(np.array([None, shapely.Point()], dtype=object)).candidates == ()
    assert detect(np.array([shapely.Point(np.inf, 3)])).candidates == ()


def test_one_stray_vertex_in_a_layer_changes_nothing() -> None:
    made = numbers(BLOCKS, Reading(9210))
    stray = np.concatenate([made, np.array([shapely.Polygon([(0, 0), (1e7, 1e7), (0, 1)])])])
    found = detect(stray, declared="EPSG:9210", province=BINH_DUONG)
    assert found.sure
    inside = next(reason for reason in found.candidates[0].reasons if reason.code == "inside")
    assert inside.facts == {"inside": len(made), "total": len(made) + 1, "province": "Bình Dương"}


def test_confidence_is_a_share_and_candidates_are_told_as_json() -> None:
    found = detect(numbers(BLOCKS, Reading(9210)), province=HCMC)
    shares = [one.confidence for one in found.candidates]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) <= 1
    told = found.candidates[0].to_json()
    assert told["crs"] == "EPSG:9210"
    assert told["name"] == "VN-2000 TM-3 105°45′"
    assert (told["moved_m"], told["moved_towards"]) == (0.0, None)
    assert set(told) == {"crs", "name", "confidence", "reasons", "moved_m", "moved_towards", "box"}


def test_a_layer_of_200_000_parcels_is_judged_within_a_second_of_work() -> None:
    many = np.tile(numbers(BLOCKS, Reading(9210)), 1_184)[:200_000]
    start = time.process_time()
    assert detect(many, declared="EPSG:9210", province=BINH_DUONG, lines=STREETS).sure
    assert time.process_time() - start < 1.0


def test_towns_all_over_the_country_are_never_placed_wrongly_unasked() -> None:
    tally: Counter[str] = Counter()
    rng = np.random.default_rng(11)
    srids = [*crs.TM3_SRIDS]
    for case in range(24):
        srid = srids[case % len(srids)]
        meridian = crs.SUPPORTED[srid].central_meridian_deg
        assert meridian is not None
        lon, lat = meridian + rng.uniform(-0.8, 0.8), rng.uniform(9, 22)
        town, streets = blocks(case, lon, lat)
        there = Province("00", "Tỉnh", (meridian,), (lon - 0.3, lat - 0.3, lon + 0.4, lat + 0.4))
        truth = replace(FAULTS[case % 4], srid=srid, swapped=bool(case % 3 == 0)).canonical()
        found = detect(numbers(town, truth), province=there, lines=streets)
        right = best(found) == str(truth)
        assert right or not found.sure, (truth, found.candidates[:2])
        tally[f"{'right' if right else 'wrong'}, {'sure' if found.sure else 'asked'}"] += 1
    print(dict(tally))
    assert tally["right, sure"] >= 23
