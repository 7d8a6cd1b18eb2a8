"""A raster is measured with exact edges, and what it does not know is told apart."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis import crs, raster
from gis.arrays import Geometries

TM3 = 9210
WEST, NORTH = 600_000.0, 1_210_000.0


def _window(
    values: object, srid: int = TM3, cell: float = 10.0, west: float = WEST, north: float = NORTH
) -> raster.Window:
    """The whole grid, whatever is asked for."""
    grid = raster.Grid(np.asarray(values, float), west, north, cell, cell, srid)
    return lambda _box: grid


def _areas(*boxes: tuple[float, float, float, float]) -> Geometries:
    """Rectangles given in metres east and south of the grid's corner, as longitude, latitude."""
    plane = np.array(
        [shapely.box(WEST + w, NORTH - s, WEST + e, NORTH - n) for w, n, e, s in boxes], dtype=object
    )
    return crs.transform(plane, TM3, crs.STORAGE_SRID)


def test_a_cell_counts_with_the_part_that_the_area_covers() -> None:
    # Two cells of 10 m: 2 and 6. The area takes 10 m of the first and 5 m of the second:
    # (2 × 100 + 6 × 50) / 150 = 3.333…
    found = raster.samples(_window([[2.0, 6.0]]), TM3, _areas((0, 0, 15, 10)))
    assert raster.mean(found)[0] == pytest.approx(500 / 150, abs=1e-4)
    assert found[0].known_m2 == pytest.approx(150, abs=0.01)
    assert raster.nodata_share(found)[0] == pytest.approx(0, abs=1e-4)


def test_what_the_raster_does_not_know_is_a_share_of_its_own() -> None:
    # Of four columns the second is unknown, and a fifth lies beyond the edge: 2 of 5 unknown.
    found = raster.samples(_window([[1.0, np.nan, 3.0, 5.0]]), TM3, _areas((0, 0, 50, 10)))
    assert raster.nodata_share(found)[0] == pytest.approx(0.4, abs=1e-5)
    assert raster.mean(found)[0] == pytest.approx(3.0, abs=1e-4)
    assert raster.share(found, lambda v: v > 2)[0] == pytest.approx(2 / 3, abs=1e-4)


def test_nothing_known_is_neither_dry_nor_flat() -> None:
    beyond = raster.samples(_window([[1.0]]), TM3, _areas((100, 0, 110, 10)))
    missing = raster.samples(_window([[1.0]]), TM3, np.array([None], dtype=object))
    for found, unknown in ((beyond, 1.0), (missing, np.nan)):
        assert np.isnan(raster.mean(found)[0])
        assert np.isnan(raster.share(found, lambda v: v > 0)[0])
        assert raster.nodata_share(found)[0] == pytest.approx(unknown, nan_ok=True)


def test_a_plane_has_its_own_slope_everywhere() -> None:
    # Heights rise 1 m per cell of 10 m to the east and 2 m to the south: √(0.1² + 0.2²) = 22.36 %.
    rows, columns = np.mgrid[0:6, 0:7]
    grid = raster.Grid(columns + 2.0 * rows, WEST, NORTH, 10, 10, TM3)
    slope = raster.slope_percent(grid).values
    assert slope[1:-1, 1:-1] == pytest.approx(np.full((4, 5), 100 * np.hypot(0.1, 0.2)))
    assert np.isnan(slope[0]).all()
    assert np.isnan(slope[:, -1]).all()


def test_a_slope_beside_an_unknown_height_is_unknown() -> None:
    heights = np.zeros((5, 5))
    heights[2, 2] = np.nan
    slope = raster.slope_percent(raster.Grid(heights, WEST, NORTH, 10, 10, TM3)).values
    assert np.isnan(slope[1:4, 1:4]).all()


def test_degrees_are_metres_on_the_ground_before_a_slope_is_taken() -> None:
    # At 11° N one degree of longitude is 109.3 km; 1 m up in each 0.0001° to the east: 1 / 10.93 = 9.15 %.
    _, columns = np.mgrid[0:5, 0:5]
    grid = raster.Grid(columns.astype(float), 106.6, 11.0, 0.0001, 0.0001, crs.STORAGE_SRID)
    east_m = np.cos(np.radians(11)) * 6_378_137 / np.sqrt(1 - 0.00669438 * np.sin(np.radians(11)) ** 2)
    expected = 100 / (east_m * np.radians(0.0001))
    assert raster.slope_percent(grid).values[2, 2] == pytest.approx(expected, rel=1e-4)
    assert expected == pytest.approx(9.15, abs=0.01)


def test_cells_in_degrees_count_by_the_ground_they_cover() -> None:
    # Two rows of 6°: the northern one covers less ground.
    window = _window([[1.0], [0.0]], crs.STORAGE_SRID, cell=6.0, west=104.0, north=20.0)
    area = np.array([shapely.box(104, 8, 110, 20)], dtype=object)
    share = raster.share(raster.samples(window, crs.STORAGE_SRID, area), lambda v: v == 1)[0]
    # Ground between parallels goes with the differences of q (Snyder 1987, eq. 3-12).
    e = np.sqrt(0.00669437999014)
    sines = np.sin(np.radians([8.0, 14.0, 20.0]))
    slices = np.log((1 - e * sines) / (1 + e * sines)) / (2 * e)
    q = (1 - e**2) * (sines / (1 - (e * sines) ** 2) - slices)
    assert share == pytest.approx((q[2] - q[1]) / (q[2] - q[0]), abs=1e-3)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    box=st.tuples(st.floats(0, 60), st.floats(0, 60), st.floats(5, 90), st.floats(5, 90)),
)
def test_shares_of_classes_and_of_nothing_known_make_the_whole(
    seed: int, box: tuple[float, float, float, float]
) -> None:
    values = np.random.default_rng(seed).choice([1.0, 2.0, 3.0, np.nan], (8, 8))
    west, north, wide, high = box
    found = raster.samples(_window(values), TM3, _areas((west, north, west + wide, north + high)))
    shares = raster.class_shares(found, [1, 2, 3])[0]
    unknown = raster.nodata_share(found)[0]
    if np.isnan(shares).any():
        assert unknown == pytest.approx(1.0)
    else:
        assert shares.sum() == pytest.approx(1.0)
        assert found[0].known_m2 / found[0].total_m2 + unknown == pytest.approx(1.0, abs=1e-5)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), cut=st.floats(5, 75))
def test_two_halves_have_the_mean_of_the_whole(seed: int, cut: float) -> None:
    values = np.random.default_rng(seed).uniform(0, 50, (8, 8))
    found = raster.samples(_window(values), TM3, _areas((0, 0, cut, 80), (cut, 0, 80, 80), (0, 0, 80, 80)))
    means, weights = raster.mean(found), np.array([one.known_m2 for one in found])
    assert (means[:2] * weights[:2]).sum() / weights[:2].sum() == pytest.approx(means[2], rel=1e-6)
