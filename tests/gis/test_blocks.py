"""Blocks of lots, and a zone's figures when one of them changes."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import shapely

from gis.blocks import block, spliced
from gis.contiguity import to_lonlat
from gis.land import SupplyPeriod
from gis.zone_land import geometries

EVE, DAY, LATER = date(2024, 1, 1), date(2024, 1, 2), date(2024, 6, 1)


def box_m(x0: float, y0: float, x1: float, y1: float) -> Any:
    return to_lonlat(geometries([shapely.box(x0, y0, x1, y1)]), 106.71, 10.93)[0]


def period(
    on: date, free_ha: float, largest_ha: float, lots: tuple[str, ...], industrial_ha: float = 10.0
) -> SupplyPeriod:
    """Cleared and ready land is free, nothing is leased."""
    return SupplyPeriod(on, None, industrial_ha, free_ha, free_ha, 0.0, 0.0, free_ha, largest_ha, lots)


def test_a_road_ends_a_block_and_a_drawing_gap_does_not() -> None:
    lots = geometries(
        [box_m(0, 0, 50, 50), box_m(50.04, 0, 100, 50), box_m(110, 0, 160, 50), box_m(100, 50, 105, 90)]
    )
    found = block(lots, geometries([box_m(10, 10, 20, 20)]))
    # 4 cm join the second lot, a corner the fourth; the third is 10 m away.
    assert found.tolist() == [True, True, False, True]


def test_land_off_the_lots_has_no_block() -> None:
    lots = geometries([box_m(0, 0, 50, 50)])
    assert not block(lots, geometries([box_m(200, 0, 210, 10)])).any()
    assert block(geometries([]), lots).tolist() == []


def test_the_zone_changes_by_what_its_block_changes() -> None:
    zone = [period(EVE, 4.0, 3.0, ("A",)), period(LATER, 5.0, 3.0, ("A",))]
    before = [period(EVE, 1.0, 1.0, ("B",), 2.0)]
    after = [period(EVE, 1.0, 1.0, ("B",), 2.0), period(DAY, 1.5, 1.5, ("B",), 2.0)]
    told = spliced(zone, before, after, {"B"})
    assert told is not None
    # 4.0 − 1.0 + 1.5 = 4.5 from the day on, 5.0 − 1.0 + 1.5 = 5.5 later; plot A stays the largest.
    assert [(p.valid_from, p.valid_to, p.free_ha, p.largest_plot_lots) for p in told] == [
        (EVE, DAY, 4.0, ("A",)),
        (DAY, LATER, 4.5, ("A",)),
        (LATER, None, 5.5, ("A",)),
    ]


def test_a_block_that_outgrows_the_others_holds_the_largest_plot() -> None:
    zone = [period(EVE, 4.0, 3.0, ("A",))]
    before, after = [period(EVE, 1.0, 1.0, ("B",), 5.0)], [period(EVE, 4.0, 4.0, ("B",), 5.0)]
    told = spliced(zone, before, after, {"B"})
    assert told is not None
    assert (told[0].free_ha, told[0].largest_plot_ha, told[0].largest_plot_lots) == (7.0, 4.0, ("B",))


def test_of_equal_plots_the_first_by_lots_is_told() -> None:
    zone = [period(EVE, 3.0, 3.0, ("C",), 9.0)]
    before, after = [period(EVE, 0.0, 0.0, (), 3.0)], [period(EVE, 3.0, 3.0, ("B",), 3.0)]
    told = spliced(zone, before, after, {"B"})
    assert told is not None
    assert told[0].largest_plot_lots == ("B",)


def test_nothing_is_told_where_the_next_largest_plot_is_not_known() -> None:
    zone = [period(EVE, 4.0, 3.0, ("A",))]
    before, after = [period(EVE, 3.0, 3.0, ("A",), 3.0)], [period(EVE, 2.0, 2.0, ("A",), 3.0)]
    assert spliced(zone, before, after, {"A"}) is None


def test_nothing_is_told_where_the_block_does_not_explain_the_zone() -> None:
    block_then = [period(EVE, 3.0, 3.0, ("A",), 3.0)]
    assert spliced([period(EVE, 2.0, 2.0, ("A",))], block_then, block_then, {"A"}) is None
    third = float(np.float64(1) / 3)  # no whole number of square millimetres: written by other rules
    assert spliced([period(EVE, third, 0.0, ())], [period(EVE, 0.0, 0.0, (), 1.0)], block_then, {"A"}) is None
