"""Land that plans share is found by the hectare, and drawing noise is not."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from gis.measure import area_ha
from gis.overlay import polygons_of, shared
from tests.factories import rectangle


def _array(*geoms: object) -> np.ndarray:
    return np.array(geoms, dtype=object)


def test_shared_land_is_told_in_hectares() -> None:
    zone, plan = rectangle(0, 0, 1000, 500), rectangle(900, 0, 500, 500)
    found = shared(_array(zone), _array(plan), 100.0)
    # 100 m × 500 m = 5 ha; the factories' degrees are good to 1 in 10,000.
    assert found.area_ha == pytest.approx([5.0], rel=2e-3)
    assert (found.first.tolist(), found.second.tolist()) == ([0], [0])
    assert area_ha(found.geoms) == pytest.approx(found.area_ha)


def test_borders_that_touch_share_nothing_and_slivers_are_counted() -> None:
    zone = rectangle(0, 0, 1000, 500)
    beside, sliver = rectangle(1000, 0, 500, 500), rectangle(999.9, 0, 500, 500)  # 0.1 m × 500 m = 50 m²
    found = shared(_array(zone), _array(sliver), 100.0)
    assert (found.area_ha.tolist(), found.slivers.tolist()) == ([], [1])
    assert shared(_array(zone), _array(sliver), 10.0).area_ha == pytest.approx([0.005], rel=0.01)
    assert shared(_array(zone), _array(shapely.box(*beside.bounds)), 1.0).area_ha.tolist() == []


def test_nothing_shares_with_nothing() -> None:
    empty = np.empty(0, dtype=object)
    assert shared(empty, empty, 1.0).area_ha.size == 0
    assert shared(_array(rectangle(0, 0, 1, 1), None), empty, 1.0).slivers.tolist() == [0, 0]


def test_lines_of_a_collection_are_no_land() -> None:
    land = rectangle(0, 0, 10, 10)
    mixed = shapely.GeometryCollection([land, shapely.LineString([(0, 0), (1, 1)])])
    assert polygons_of(_array(mixed, shapely.Point(0, 0)))[0].equals(land)
    assert shapely.is_empty(polygons_of(_array(shapely.Point(0, 0))))[0]
