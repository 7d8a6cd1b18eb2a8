"""Faults between neighbours and in columns: numbers by hand, and laws of partitions."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis import geometry
from gis.measure import HA_M2, area_ha
from gis.quality import columns, coverage, repair, shapes
from gis.quality.plane import Plane

#: One metre at 11° N, near 106.7° E.
X, Y = 1 / 109_301.0, 1 / 110_609.0


def box(x: float, y: float, w: float, h: float) -> shapely.Polygon:
    return shapely.box(106.7 + x * X, 11 + y * Y, 106.7 + (x + w) * X, 11 + (y + h) * Y)


def cells(count: int, seed: int) -> np.ndarray:
    """A partition of a square of 200 m into cells that share their corners exactly."""
    points = shapely.points(np.random.default_rng(seed).uniform(0, 200, (count, 2)))
    square = shapely.box(0, 0, 200, 200)
    made = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points), extend_to=square))
    made = shapely.intersection(made, square, grid_size=1e-3)
    made = made[shapely.area(made) > 1]
    return shapely.transform(made, lambda xy: xy * (X, Y) + (106.7, 11.0))


partitions = st.tuples(st.integers(4, 25), st.integers(0, 10_000))


@settings(max_examples=30, deadline=None)
@given(partitions)
def test_a_partition_has_no_fault(made: tuple[int, int]) -> None:
    geoms = cells(*made)
    assert len(coverage.overlaps(geoms, 0.01).first) == 0
    assert len(coverage.gaps(geoms, 0.5, 0.01).first) == 0
    assert shapely.is_empty(coverage.loose_edges(geoms)).all()


@settings(max_examples=30, deadline=None)
@given(partitions, st.integers(0, 10_000))
def test_moving_one_corner_of_one_cell_involves_that_cell_alone_with_its_neighbours(
    made: tuple[int, int], pick: int
) -> None:
    geoms = cells(*made)
    row = pick % len(geoms)
    ring = shapely.get_coordinates(shapely.get_exterior_ring(geoms[row]))[:-1]
    middle = shapely.get_coordinates(shapely.centroid(geoms[row]))[0]
    at = pick % len(ring)
    ring[at] += (ring[at] - middle) * 0.2
    moved = geoms.copy()
    moved[row] = shapely.polygons(np.vstack([ring, ring[:1]]))
    if not shapely.is_valid(moved[row]):
        return
    found = coverage.overlaps(moved, 0.001)
    assert set(zip(found.first.tolist(), found.second.tolist(), strict=True)) == _met(moved, 0.001)
    assert all(row in pair for pair in zip(found.first, found.second, strict=True))


def _met(geoms: np.ndarray, least_m2: float) -> set[tuple[int, int]]:
    """Every pair intersected with every other: slow and plain."""
    pairs = [(i, j) for i in range(len(geoms)) for j in range(i + 1, len(geoms))]
    shared = shapely.intersection(geoms[[i for i, _ in pairs]], geoms[[j for _, j in pairs]])
    return {pair for pair, m2 in zip(pairs, area_ha(shared) * HA_M2, strict=True) if m2 > least_m2}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 12)] * 2, *[st.integers(1, 6)] * 2), min_size=2, max_size=9))
def test_overlaps_are_those_of_every_pair_also_of_equal_and_contained_shapes(
    rows: list[tuple[int, ...]],
) -> None:
    geoms = np.array([box(*row) for row in rows], dtype=object)
    found = coverage.overlaps(geoms, 0.01)
    assert set(zip(found.first.tolist(), found.second.tolist(), strict=True)) == _met(geoms, 0.01)
    first, second, area_m2 = geometry.overlaps(geoms, 0.01)
    assert found.first.tolist() == first.tolist()
    assert found.second.tolist() == second.tolist()
    assert found.area_m2 == pytest.approx(area_m2)


def test_a_gap_is_measured_and_named_by_its_neighbours() -> None:
    # 0.4 m between the first two over 30 m, of which a third covers 10 m: 0.4 × 20 = 8 m² are left
    geoms = np.array([box(0, 0, 20, 30), box(20.4, 0, 20, 30), box(20, 20, 0.4, 10), None], dtype=object)
    found = coverage.gaps(geoms, 0.5)
    assert found.area_m2.tolist() == pytest.approx([8], rel=0.01)
    assert {found.first[0], found.second[0]} == {0, 1}


def test_no_gap_is_found_where_nobody_is_beside() -> None:
    assert len(coverage.gaps(np.array([box(0, 0, 20, 30)], dtype=object), 0.5).first) == 0
    assert len(coverage.gaps(np.array([None], dtype=object), 0.5).first) == 0
    assert len(coverage.overlaps(np.zeros(0, dtype=object)).first) == 0


def test_the_part_outside_is_measured_row_by_row() -> None:
    inner = np.array([box(0, 0, 10, 10), box(5, 0, 10, 10), box(0, 0, 1, 1), None], dtype=object)
    outer = np.array([box(0, 0, 10, 10), box(0, 0, 10, 10), None, box(0, 0, 1, 1)], dtype=object)
    geoms, area_m2 = coverage.outside(inner, outer)
    assert area_m2[:2] == pytest.approx([0, 50], rel=1e-3)
    assert np.isnan(area_m2[2:]).all()
    assert geoms[2] is None


def test_an_invalid_shape_is_shown_where_it_crosses_itself() -> None:
    bow = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    points = shapes.kinks(np.array([bow, box(0, 0, 1, 1), None], dtype=object))
    assert points[0].equals(shapely.Point(1, 1))
    assert points[1] is None
    assert points[2] is None


def test_the_width_of_a_strip_is_twice_its_area_by_its_rim() -> None:
    width_m = shapes.mean_width_m(np.array([box(0, 0, 100, 0.4), box(0, 0, 10, 10), None], dtype=object))
    assert width_m[:2] == pytest.approx([80 / 200.8, 200 / 40], rel=1e-3)
    assert np.isnan(width_m[2])


def test_narrow_shapes_are_found_among_missing_ones() -> None:
    row, width_m = shapes.narrow(np.array([None, box(0, 0, 100, 0.4), box(0, 0, 9, 9)], dtype=object), 0.5)
    assert row.tolist() == [1]
    assert width_m == pytest.approx([80 / 200.8], rel=1e-3)


def test_declared_and_measured_figures_disagree_in_per_cent_of_the_declared_one() -> None:
    declared, measured = np.array([100.0, 100, 1000, np.nan, 0]), np.array([109.0, 120, 900, 5, 50])
    off = columns.disagreement_percent(declared, measured, least=10)
    assert off[:3].tolist() == pytest.approx([0, 20, 10])
    assert np.isnan(off[3:]).all()


def test_a_missing_value_repeats_nothing() -> None:
    again, first = columns.repeats(np.array(["a", None, "b", "a", "", None, "", "a"], dtype=object))
    assert again.tolist() == [3, 7]
    assert first.tolist() == [0, 0]


def test_points_on_one_another_are_a_crowd() -> None:
    points = np.array([box(0, 0, 1, 1).centroid] * 3 + [box(50, 0, 1, 1).centroid, None], dtype=object)
    group = columns.crowds(points, 1)
    assert columns.sizes(group).tolist() == [3, 3, 3, 1, 0]


@settings(max_examples=30, deadline=None)
@given(st.floats(0.05, 1.9), st.floats(10, 80))
def test_a_trimmed_overlap_leaves_the_land_of_both_together_as_it_was(wide_m: float, high_m: float) -> None:
    a, b = box(0, 0, 60, high_m), box(60 - wide_m, 0, 60, high_m)
    after = repair.trimmed(b, a)
    together = area_ha(np.array([shapely.union(a, b), shapely.union(a, after)], dtype=object))
    assert together[0] == pytest.approx(together[1], rel=1e-9)
    assert len(coverage.overlaps(np.array([a, after], dtype=object), 0.001).first) == 0


@settings(max_examples=30, deadline=None)
@given(st.floats(0.05, 0.45), st.floats(10, 80))
def test_a_filled_gap_adds_its_own_land_and_no_more(wide_m: float, high_m: float) -> None:
    a, b = box(0, 0, 60, high_m), box(60 + wide_m, 0, 60, high_m)
    found = coverage.gaps(np.array([a, b], dtype=object), 0.5, 0.1)
    after = repair.filled(a, found.geoms[0])
    assert shapely.is_valid(after)
    # widened by a millimetre all around
    assert repair.area_change_m2(a, after) == pytest.approx(wide_m * high_m, abs=0.003 * (high_m + 1))
    assert len(coverage.gaps(np.array([after, b], dtype=object), 0.5, 0.1).first) == 0


def test_only_narrow_and_small_pieces_are_safe_to_move() -> None:
    field = box(0, 0, 100, 100)
    pieces = np.array([box(0, 0, 100, 1), box(0, 0, 100, 3), box(0, 0, 1, 1), None], dtype=object)
    assert repair.safe(pieces, np.array([field] * 4, dtype=object)).tolist() == [True, False, True, False]
    assert not repair.safe(pieces[:1], np.array([box(0, 0, 10, 10)], dtype=object))[0]


def test_the_plane_gives_back_what_it_took() -> None:
    geoms = np.array([box(0, 0, 10, 10), None], dtype=object)
    plane = Plane.around(geoms)
    assert shapely.equals_exact(plane.degrees(plane.metres(geoms))[0], geoms[0], 1e-12)
    assert plane.metres(geoms)[1] is None
