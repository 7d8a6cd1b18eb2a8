import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.arrays import Floats, Geometries
from gis.clearance.shares import AreaMissing, split
from gis.measure import area_ha

#: A hundredth of a degree is about 1.1 km here; a parcel of these tests is some hectares.
LON, LAT = 106.9, 10.95


def geoms(*shapes: shapely.Geometry | None) -> Geometries:
    made = np.empty(len(shapes), dtype=object)
    made[:] = shapes
    return made


def table(parcels: Geometries, zones: Geometries) -> Floats:
    """Shape (parcels, zones), hectares."""
    shares = split(parcels, area_ha(parcels), zones)
    full = np.zeros((len(parcels), len(zones)))
    full[shares.parcel, shares.zone] = shares.area_ha
    return full


def square(x: float, y: float, size: float) -> shapely.Polygon:
    return shapely.box(LON + x, LAT + y, LON + x + size, LAT + y + size)


@st.composite
def lands(draw: st.DrawFn) -> Geometries:
    """Valid shapes of all kinds: stars, with holes, of two parts, with vertices on one grid."""
    made = []
    for _ in range(draw(st.integers(1, 4))):
        x, y = draw(st.floats(0, 4e-3)), draw(st.floats(0, 4e-3))
        turn = np.sort(
            draw(st.lists(st.floats(0, 6.28), min_size=4, max_size=9, unique_by=lambda a: round(a, 2)))
        )
        reach = np.array([draw(st.floats(2e-4, 2e-3)) for _ in turn])
        ring = np.column_stack([LON + x + reach * np.cos(turn), LAT + y + reach * np.sin(turn)])
        if draw(st.booleans()):
            ring = np.round(ring, 4)  # corners on a grid: edges coincide, corners touch
        shape = shapely.make_valid(shapely.Polygon(ring))
        if draw(st.booleans()):
            shape = shapely.difference(shape, square(x - 1e-4, y - 1e-4, 2e-4))
        if draw(st.booleans()):
            shape = shapely.union(shape, square(x + 3e-3, y, 5e-4))
        parts = shapely.get_parts(shape)
        made.append(shapely.multipolygons(parts[shapely.get_dimensions(parts) == 2]))
    return geoms(*made)


@settings(max_examples=300, deadline=None)
@given(parcels=lands(), zones=lands())
def test_shares_are_the_area_of_what_is_cut_out(parcels: Geometries, zones: Geometries) -> None:
    # Cuts run straight in degrees and are measured as geodesics: pieces of 5 m tell the two no longer apart.
    fine = shapely.segmentize(parcels, 5e-5)
    cut = area_ha(shapely.segmentize(shapely.intersection(parcels[:, None], zones[None, :]), 5e-5).ravel())
    expected = cut.reshape(len(parcels), -1) * (area_ha(parcels) / area_ha(fine))[:, None]
    np.testing.assert_allclose(table(parcels, zones), expected, atol=2e-6)


@settings(max_examples=100, deadline=None)
@given(
    parcels=lands(),
    inner=st.lists(st.floats(0.0, 1.0), min_size=18, max_size=18),
    order=st.permutations(range(16)),
)
def test_disjoint_zones_that_cover_a_parcel_share_out_all_of_it(
    parcels: Geometries, inner: list[float], order: list[int]
) -> None:
    # Sixteen cells whose inner corners are moved: zones with common borders and no gap.
    side = np.linspace(-4e-3, 9e-3, 5)
    corner = np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1)
    corner[1:4, 1:4] += (np.array(inner).reshape(3, 3, 2) - 0.5) * 2e-3
    corner += [LON, LAT]
    cells = [
        shapely.Polygon([corner[i, j], corner[i + 1, j], corner[i + 1, j + 1], corner[i, j + 1]])
        for i in range(4)
        for j in range(4)
    ]
    zones = geoms(*cells)
    full = table(parcels, zones)
    np.testing.assert_allclose(full.sum(axis=1), area_ha(parcels), rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(table(parcels, zones[order]), full[:, order], rtol=1e-9, atol=1e-11)


def test_half_a_parcel_lies_in_a_zone_that_ends_in_its_middle() -> None:
    parcel, zone = square(0, 0, 1e-3), shapely.box(LON - 1e-2, LAT - 1e-2, LON + 5e-4, LAT + 1e-2)
    whole = area_ha(geoms(parcel))[0]
    assert table(geoms(parcel), geoms(zone))[0, 0] == pytest.approx(whole / 2, rel=1e-9)


def test_a_parcel_inside_brings_the_area_it_has() -> None:
    inside = square(0, 0, 1e-3)
    around = square(-1e-2, -1e-2, 3e-2)
    shares = split(geoms(inside), np.array([7.25]), geoms(around))
    assert shares.area_ha.tolist() == [7.25]
    assert shares.area_mm2.tolist() == [72_500_000_000]


def test_a_parcel_that_is_the_zone_lies_wholly_in_it() -> None:
    parcel = square(0, 0, 1e-3)
    assert table(geoms(parcel), geoms(parcel))[0, 0] == pytest.approx(area_ha(geoms(parcel))[0], rel=1e-12)


def test_neighbours_that_touch_share_nothing() -> None:
    zones = geoms(square(1e-3, 0, 1e-3), square(1e-3, 1e-3, 1e-3), square(5e-3, 5e-3, 1e-3))
    assert len(split(geoms(square(0, 0, 1e-3)), np.array([1.2]), zones).parcel) == 0


def test_a_parcel_in_the_hole_of_a_zone_lies_outside_it() -> None:
    ring = shapely.difference(square(-1e-2, -1e-2, 3e-2), square(-1e-3, -1e-3, 4e-3))
    assert len(split(geoms(square(0, 0, 1e-3)), np.array([1.2]), geoms(ring)).parcel) == 0


def test_a_zone_with_long_straight_borders_is_cut_where_they_run() -> None:
    # A border of 11 km, straight in degrees, sags on the equal-area plane by some decimetres.
    zone = shapely.Polygon(
        [(LON, LAT), (LON + 0.1, LAT + 0.03), (LON + 0.1, LAT + 0.1), (LON, LAT + 0.1), (LON, LAT)]
    )
    parcel = geoms(shapely.box(LON + 0.049, LAT + 0.0145, LON + 0.051, LAT + 0.0155))
    cut = area_ha(shapely.intersection(parcel, geoms(zone)))
    assert table(parcel, geoms(zone))[0, 0] == pytest.approx(cut[0], abs=1e-6)


def test_zones_may_overlap_and_each_has_its_share() -> None:
    parcel = square(0, 0, 1e-3)
    zones = geoms(square(-1e-3, -1e-3, 4e-3), square(-1e-3, -1e-3, 4e-3))
    full = table(geoms(parcel), zones)
    assert full[0, 0] == full[0, 1] == area_ha(geoms(parcel))[0]


def test_what_has_no_shape_lies_nowhere_and_what_has_no_area_is_refused() -> None:
    zone = geoms(square(0, 0, 1e-3))
    nowhere = geoms(None, shapely.MultiPolygon())
    assert len(split(nowhere, np.array([np.nan, 0.0]), zone).parcel) == 0
    assert len(split(geoms(square(0, 0, 1e-4)), np.array([1.0]), nowhere).parcel) == 0
    assert len(split(geoms(), np.array([]), zone).parcel) == 0
    with pytest.raises(AreaMissing):
        split(zone, np.array([np.nan]), zone)
