import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gis.contiguity import to_lonlat, to_plane, touching, wide_pieces
from gis.measure import area_ha, distance_m


def joined(a: shapely.Polygon, b: shapely.Polygon, min_m: float = 5.0) -> bool:
    first, _ = touching(np.array([a, b], dtype=object), np.array([0, 1]), min_m)
    return len(first) == 1


def neighbour(shared_m: float, gap_m: float = 0.0) -> shapely.Polygon:
    """East of a 100 m square, along `shared_m` of its side from the top down."""
    return shapely.box(100 + gap_m, 100 - shared_m, 200, 200 - shared_m)


SQUARE = shapely.box(0, 0, 100, 100)


@pytest.mark.parametrize(("shared_m", "one"), [(4.9, False), (5.0, True), (5.1, True), (100, True)])
def test_lots_join_along_an_edge_of_five_metres(shared_m: float, one: bool) -> None:
    assert joined(SQUARE, neighbour(shared_m)) is one


@pytest.mark.parametrize(
    ("gap_m", "one"), [(0.0, True), (0.04, True), (-0.04, True), (0.06, False), (8.0, False)]
)
def test_a_drawing_gap_does_not_separate_but_a_strip_does(gap_m: float, one: bool) -> None:
    assert joined(SQUARE, neighbour(50, gap_m)) is one


@given(st.floats(0, 360), st.floats(1, 89))
def test_a_common_corner_never_joins(turn_deg: float, opening_deg: float) -> None:
    a, b = np.radians([turn_deg, turn_deg + opening_deg])
    tip = [(0, 0), (100 * np.cos(a), 100 * np.sin(a)), (100 * np.cos(b), 100 * np.sin(b))]
    here, opposite = shapely.Polygon(tip), shapely.Polygon([(-x, -y) for x, y in tip])
    assert not joined(here, opposite, 1.0)


def test_flaring_sides_do_not_lengthen_an_edge() -> None:
    flared = shapely.Polygon([(100, 40), (100, 44.9), (150, 94.9), (150, -10)])
    assert not joined(SQUARE, flared)


def test_an_edge_counts_over_all_its_pieces_and_a_courtyard_has_edges_too() -> None:
    ring = shapely.Polygon(shapely.box(-50, -50, 150, 150).exterior, [SQUARE.exterior])
    assert joined(SQUARE, ring, 399)
    comb = shapely.union_all(
        [shapely.box(100, y, 110, y + 2) for y in (10, 20, 30)] + [shapely.box(110, 0, 120, 50)]
    )
    assert joined(SQUARE, comb, 6.0)
    assert not joined(SQUARE, comb, 6.1)


def test_the_plane_keeps_lengths_near_its_point() -> None:
    there = shapely.Point(106.72, 10.92)
    plane = to_plane(np.array([there]), 106.70, 10.90)[0]
    assert np.hypot(plane.x, plane.y) == pytest.approx(distance_m(106.70, 10.90, 106.72, 10.92), rel=2e-4)
    back = to_lonlat(np.array([plane]), 106.70, 10.90)[0]
    assert (back.x, back.y) == (pytest.approx(106.72, abs=1e-12), pytest.approx(10.92, abs=1e-12))


def sizes_m2(land: shapely.Geometry, width_m: float) -> list[float]:
    """Areas of the wide pieces of land drawn in metres."""
    there = to_lonlat(np.array([land], dtype=object), 106.7, 10.9)[0]
    return sorted((area_ha(wide_pieces(there, width_m)) * 1e4).tolist())


def test_land_narrower_than_the_width_falls_away_and_square_corners_stay() -> None:
    # A square of 100 m with a tail of 30 m × 8 m on its east side.
    tailed = shapely.union_all([SQUARE, shapely.box(100, 40, 130, 48)])
    assert sizes_m2(tailed, 8) == pytest.approx([10_240], rel=1e-3)
    assert sizes_m2(tailed, 9) == pytest.approx([10_000], rel=1e-3)
    assert sizes_m2(tailed, 101) == []
    assert sizes_m2(tailed, 0) == pytest.approx([10_240], rel=1e-3)


def test_a_neck_parts_land_and_its_own_land_falls_to_neither_side() -> None:
    dumbbell = shapely.union_all([SQUARE, shapely.box(100, 45, 140, 55), shapely.box(140, 0, 240, 100)])
    assert sizes_m2(dumbbell, 10) == pytest.approx([20_400], rel=1e-3)
    assert sizes_m2(dumbbell, 11) == pytest.approx([10_000, 10_000], rel=1e-3)


def test_squares_that_overlap_by_twenty_metres_of_side_have_a_neck_of_twenty_metres() -> None:
    stepped = shapely.union_all([SQUARE, neighbour(20)])
    assert len(sizes_m2(stepped, 20)) == 1
    assert len(sizes_m2(stepped, 20.1)) == 2


def test_a_slit_left_by_drawing_is_no_neck() -> None:
    slit = shapely.difference(SQUARE, shapely.box(49.98, -1, 50.02, 95))
    assert sizes_m2(slit, 10) == pytest.approx([10_000], rel=1e-3)
