from __future__ import annotations

import itertools
import math
import time
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.contiguity import to_lonlat
from gis.land import (
    Clearance,
    DatesReversed,
    LotMissing,
    Lots,
    Occupations,
    Plot,
    ZoneLand,
    change_dates,
    free_plots_at,
    history,
    supply_at,
)

START = date(2020, 1, 1)
DAY = date(2024, 6, 1)


def on(step: int) -> date:
    return START + timedelta(days=30 * step)


def plot_m(x0: float, y0: float, x1: float, y1: float) -> shapely.Polygon:
    """A rectangle in metres east and north of a corner in Thuận An, as longitude, latitude."""
    return to_lonlat(np.array([shapely.box(x0, y0, x1, y1)]), 106.71, 10.93)[0]


def row_of_lots(widths_m: list[float], gaps_m: list[float] | None = None, **changes: object) -> Lots:
    """Lots A, B, C … from west to east, 100 m deep, serviced since the start."""
    gaps_m = gaps_m or [0.0] * len(widths_m)
    polygons, x = [], 0.0
    for width, gap in zip(widths_m, gaps_m, strict=True):
        polygons.append(plot_m(x, 0, x + width, 100))
        x += width + gap
    n = len(widths_m)
    facts = {
        "code": [chr(65 + i) for i in range(n)],
        "polygon": polygons,
        "industrial": [True] * n,
        "serviced_on": [START] * n,
    }
    return Lots.of(**(facts | changes))  # pyright: ignore


CLEARED = Clearance.of("declared", [None], [START])
NONE = Occupations.of()


def codes(plots: list[Plot]) -> list[tuple[str, ...]]:
    return [plot.lot_codes for plot in plots]


def test_neighbouring_free_lots_are_one_plot_with_its_lot_numbers() -> None:
    (plot,) = free_plots_at(ZoneLand(row_of_lots([100, 200]), NONE, CLEARED), DAY)
    assert plot.lot_codes == ("A", "B")
    assert plot.area_ha == pytest.approx(3.0, rel=1e-4)  # 300 m × 100 m
    assert plot.polygon.geom_type == "Polygon"


def test_a_road_between_keeps_lots_apart_and_a_drawing_gap_does_not() -> None:
    apart = free_plots_at(ZoneLand(row_of_lots([100, 200], [12.0, 0]), NONE, CLEARED), DAY)
    assert codes(apart) == [("B",), ("A",)]  # largest first
    drawn = free_plots_at(ZoneLand(row_of_lots([100, 200], [0.04, 0]), NONE, CLEARED), DAY)
    assert codes(drawn) == [("A", "B")]
    assert drawn[0].polygon.geom_type == "Polygon"
    green = row_of_lots([100, 10, 200], industrial=[True, False, True])
    assert codes(free_plots_at(ZoneLand(green, NONE, CLEARED), DAY)) == [("C",), ("A",)]


def test_lots_that_meet_in_a_corner_are_two_plots() -> None:
    lots = Lots.of(["A", "B"], [plot_m(0, 0, 100, 100), plot_m(100, 100, 200, 200)], [True] * 2, [START] * 2)
    assert len(free_plots_at(ZoneLand(lots, NONE, CLEARED), DAY)) == 2


@pytest.mark.parametrize(("shared_m", "plots"), [(4.9, 2), (5.1, 1)])
def test_five_metres_of_common_edge_decide(shared_m: float, plots: int) -> None:
    polygons = [plot_m(0, 0, 100, 100), plot_m(100, 100 - shared_m, 200, 200 - shared_m)]
    land = ZoneLand(Lots.of(["A", "B"], polygons, [True] * 2, [START] * 2), NONE, CLEARED)
    assert len(free_plots_at(land, DAY)) == plots
    assert len(free_plots_at(land, DAY, min_shared_edge_m=4.0)) == 1


def waist(width_m: float) -> ZoneLand:
    """A of 2 ha and C of 1 ha, joined by B: a passage 40 m long in the middle of their sides."""
    polygons = [
        plot_m(0, 0, 200, 100),
        plot_m(200, 50 - width_m / 2, 240, 50 + width_m / 2),
        plot_m(240, 0, 340, 100),
    ]
    return ZoneLand(Lots.of(["A", "B", "C"], polygons, [True] * 3, [START] * 3), NONE, CLEARED)


@pytest.mark.parametrize(
    ("neck_m", "largest_ha", "lots"),
    [
        (12.0, 3.048, ("A", "B", "C")),  # 2 + 40 m × 12 m + 1
        (10.0, 3.04, ("A", "B", "C")),  # exactly the width is wide enough
        (9.9, 2.0, ("A",)),  # B joins nothing and is no part of the largest plot
    ],
)
def test_a_neck_narrower_than_the_usable_width_joins_nothing(
    neck_m: float, largest_ha: float, lots: tuple[str, ...]
) -> None:
    land = waist(neck_m)
    assert codes(free_plots_at(land, DAY)) == [("A", "B", "C")]  # free it is, all of it
    supply = supply_at(land, DAY)
    assert supply.free_ha == pytest.approx(3 + 40 * neck_m / 10_000, rel=1e-3)
    assert supply.largest_plot_ha == pytest.approx(largest_ha, rel=1e-3)
    assert supply.largest_plot_lots == lots
    asked = supply_at(land, DAY, min_usable_width_m=9.0)
    assert asked.largest_plot_lots == ("A", "B", "C")
    assert supply_at(land, DAY, min_usable_width_m=0).largest_plot_ha == asked.free_ha


def test_the_largest_plot_is_the_widest_and_not_the_longest_chain() -> None:
    # A chain of 1 ha + 1 ha on a neck of 6 m, and D alone with 1.5 ha: the chain's pieces have 1 ha each.
    polygons = [plot_m(0, 0, 100, 100), plot_m(100, 94, 200, 194), plot_m(400, 0, 550, 100)]
    land = ZoneLand(Lots.of(["A", "B", "D"], polygons, [True] * 3, [START] * 3), NONE, CLEARED)
    assert codes(free_plots_at(land, DAY)) == [("A", "B"), ("D",)]
    supply = supply_at(land, DAY)
    assert (supply.largest_plot_ha, supply.largest_plot_lots) == (pytest.approx(1.5, rel=1e-3), ("D",))
    assert supply_at(land, DAY, min_usable_width_m=5).largest_plot_lots == ("A", "B")


def test_a_strip_that_is_nowhere_wide_enough_is_free_and_no_plot_to_build_on() -> None:
    strip = Lots.of(["A"], [plot_m(0, 0, 500, 8)], [True], [START])
    supply = supply_at(ZoneLand(strip, NONE, CLEARED), DAY)
    assert supply.free_ha == pytest.approx(0.4, rel=1e-3)
    assert (supply.largest_plot_ha, supply.largest_plot_lots) == (0.0, ())


def test_a_drawing_gap_is_no_neck() -> None:
    lots = row_of_lots([100, 200], [0.04, 0])
    assert supply_at(ZoneLand(lots, NONE, CLEARED), DAY).largest_plot_ha == pytest.approx(3.0, rel=1e-3)


def test_free_land_counts_only_cleared_serviced_unleased_unreserved() -> None:
    # Five lots of 1 ha: free, leased, reserved, not serviced, not cleared.
    lots = row_of_lots([100] * 5, serviced_on=[START, START, START, None, START])
    held = Occupations.of([1, 2], [None, None], [START, START], [None, None], [True, False])
    cleared = Clearance.of("declared", [plot_m(0, 0, 400, 100)], [START])
    supply = supply_at(ZoneLand(lots, held, cleared), DAY)
    cleared_ready = [supply.industrial_ha, supply.cleared_ha, supply.ready_ha]
    assert cleared_ready == pytest.approx([5, 4, 3], rel=1e-3)
    assert [supply.leased_ha, supply.reserved_ha, supply.free_ha] == pytest.approx([1, 1, 1], rel=1e-3)
    assert supply.ready_ha == pytest.approx(3, rel=1e-3)  # A, B and C: cleared and serviced, held or not
    assert supply.largest_plot_lots == ("A",)


def test_half_a_lot_leased_leaves_the_other_half_free() -> None:
    held = Occupations.of([0], [plot_m(0, 0, 60, 100)], [START], [None], [True])
    (plot,) = free_plots_at(ZoneLand(row_of_lots([100]), held, CLEARED), DAY)
    assert plot.area_ha == pytest.approx(0.4, rel=1e-3)


def test_a_lease_drawn_three_centimetres_short_leaves_no_free_strip() -> None:
    # A strip of 0.03 m along B would join A to C around a leased lot.
    held = Occupations.of([1], [plot_m(100.03, 0.03, 199.97, 99.97)], [START], [None], [True])
    assert codes(free_plots_at(ZoneLand(row_of_lots([100, 100, 100]), held, CLEARED), DAY)) == [
        ("A",),
        ("C",),
    ]


def test_parcels_drawn_with_small_gaps_clear_the_whole_lot() -> None:
    parcels = [plot_m(0, 0, 49.98, 100), plot_m(50.01, 0, 130, 100), plot_m(130.02, 0, 200, 100)]
    land = ZoneLand(row_of_lots([100, 100]), NONE, Clearance.of("parcels", parcels, [on(1), on(2), on(3)]))
    assert [period.free_ha for period in history(land, START)[1]] == pytest.approx([0, 0.5, 1.3, 2], rel=1e-2)
    (plot,) = free_plots_at(land, DAY)
    assert plot.area_ha == pytest.approx(2.0, rel=1e-4)


def test_a_parcel_never_handed_over_is_not_cleared() -> None:
    land = ZoneLand(row_of_lots([100]), NONE, Clearance.of("parcels", [plot_m(0, 0, 100, 100)], [None]))
    assert free_plots_at(land, DAY) == []
    assert supply_at(land, DAY).free_ha == 0


def test_a_parcel_cleared_next_door_does_not_renew_a_plot() -> None:
    parcels = [plot_m(0, 0, 60, 100), plot_m(100, 0, 160, 60), plot_m(0, 100, 60, 160)]
    land = ZoneLand(row_of_lots([100]), NONE, Clearance.of("parcels", parcels, [on(1), on(2), on(3)]))
    assert [(p.valid_from, p.valid_to) for p in history(land, START)[0]] == [(on(1), None)]


def test_a_handover_that_is_taken_back_is_cleared_only_in_between() -> None:
    parcel = [plot_m(0, 0, 100, 100)]
    land = ZoneLand(row_of_lots([100]), NONE, Clearance.of("parcels", parcel, [on(1)], [on(3)]))
    assert [(p.valid_from, p.valid_to) for p in history(land, START)[0]] == [(on(1), on(3))]


def test_an_unknown_basis_is_no_data_and_not_zero() -> None:
    held = Occupations.of([0], [None], [START], [None], [True])
    supply = supply_at(ZoneLand(row_of_lots([100, 100]), held, Clearance.of("unknown")), DAY)
    assert math.isnan(supply.free_ha)
    assert math.isnan(supply.cleared_ha)
    assert math.isnan(supply.largest_plot_ha)
    assert supply.leased_ha == pytest.approx(1, rel=1e-3)
    plots, periods = history(ZoneLand(row_of_lots([100]), NONE, Clearance.of("unknown")), START)
    assert plots == []
    assert len(periods) == 1


def test_a_revoked_lease_frees_its_land_that_day() -> None:
    held = Occupations.of([1], [None], [on(1)], [on(5)], [True])
    land = ZoneLand(row_of_lots([100, 100]), held, CLEARED)
    assert change_dates(land) == [START, on(1), on(5)]
    plots, supply = history(land, START)
    assert [(p.plot.lot_codes, p.valid_from, p.valid_to) for p in plots] == [
        (("A", "B"), START, on(1)),
        (("A",), on(1), on(5)),
        (("A", "B"), on(5), None),
    ]
    assert [(p.valid_from, p.valid_to) for p in supply] == [(START, on(1)), (on(1), on(5)), (on(5), None)]
    assert [p.leased_ha for p in supply] == pytest.approx([0, 1, 0], abs=1e-3)
    assert codes(free_plots_at(land, on(5) - timedelta(days=1))) == [("A",)]
    assert codes(free_plots_at(land, on(5))) == [("A", "B")]


def test_a_plot_that_outlives_a_change_elsewhere_keeps_one_row() -> None:
    held = Occupations.of([1, 1], [None, None], [on(1), on(4)], [on(2), None], [True, False])
    plots, supply = history(ZoneLand(row_of_lots([100, 100], [20, 0]), held, CLEARED), START)
    assert [(p.valid_from, p.valid_to) for p in plots if p.plot.lot_codes == ("A",)] == [(START, None)]
    assert len(supply) == 4


def test_a_lot_that_leaves_the_plan_leaves_the_figures() -> None:
    lots = row_of_lots([100, 100], valid_to=[None, on(3)])
    before, after = history(ZoneLand(lots, NONE, CLEARED), START)[1]
    assert (before.industrial_ha, after.industrial_ha) == pytest.approx((2, 1), rel=1e-3)
    assert after.valid_from == on(3)


def test_lots_drawn_over_each_other_count_their_land_once() -> None:
    lots = Lots.of(["B", "A"], [plot_m(50, 0, 150, 100), plot_m(0, 0, 100, 100)], [True] * 2, [START] * 2)
    supply = supply_at(ZoneLand(lots, NONE, CLEARED), DAY)
    assert supply.industrial_ha == pytest.approx(1.5, rel=1e-3)
    assert supply.free_ha == pytest.approx(1.5, rel=1e-3)


def test_a_zone_without_lots_has_nothing_free() -> None:
    land = ZoneLand(row_of_lots([]), NONE, CLEARED)
    assert free_plots_at(land, DAY) == []
    assert supply_at(land, DAY).industrial_ha == 0


def test_contradictions_are_refused() -> None:
    with pytest.raises(LotMissing):
        ZoneLand(row_of_lots([100]), Occupations.of([1], [None], [START], [None], [True]), CLEARED)
    with pytest.raises(DatesReversed):
        ZoneLand(row_of_lots([100]), Occupations.of([0], [None], [on(2)], [on(1)], [True]), CLEARED)


steps = st.integers(0, 12)
Held = tuple[int, int, int, int | None, bool]


@st.composite
def zones(draw: st.DrawFn) -> tuple[Lots, list[Held], Clearance]:
    """Up to 9 lots on a 3 × 3 board of 100 m squares, some 10 m short of their neighbour (a road)."""
    cells = draw(
        st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=9, unique=True)
    )
    roads = [draw(st.booleans()) for _ in cells]
    polygons = [
        plot_m(x * 100, y * 100, x * 100 + (90 if road else 100), y * 100 + 100)
        for (x, y), road in zip(cells, roads, strict=True)
    ]
    n = len(cells)
    lots = Lots.of(
        [f"L{i}" for i in range(n)],
        polygons,
        [draw(st.integers(0, 4)) > 0 for _ in cells],
        [draw(st.none() | steps.map(on)) for _ in cells],
    )
    held = draw(
        st.lists(
            st.tuples(st.integers(0, n - 1), st.integers(0, 3), steps, st.none() | steps, st.booleans()),
            max_size=8,
        )
    )
    basis = draw(st.sampled_from(["declared", "parcels"]))
    edges = [0, 130, 220, 300]
    strips = [plot_m(x0, 0, x1, 300) for x0, x1 in itertools.pairwise(edges)]
    clearance = Clearance.of(basis, strips, [draw(st.none() | steps.map(on)) for _ in strips])
    return lots, held, clearance


def occupations(lots: Lots, held: list[Held]) -> Occupations:
    """Part 0 is the whole lot, 1–3 are its thirds; an end before the start is a lease of one month."""
    lot, part, start, end, leased = [], [], [], [], []
    for row, third, begin, finish, is_lease in held:
        west, south, east, north = lots.polygon[row].bounds
        width = (east - west) / 3
        lot.append(row)
        part.append(
            None
            if third == 0
            else shapely.box(west + width * (third - 1), south, west + width * third, north)
        )
        start.append(on(begin))
        end.append(None if finish is None else on(max(finish, begin + 1)))
        leased.append(is_lease)
    return Occupations.of(lot, part, start, end, leased)


@settings(max_examples=60, deadline=None)
@given(zones(), st.lists(st.integers(0, 400), min_size=1, max_size=4))
def test_the_history_says_of_every_day_what_that_day_says(
    case: tuple[Lots, list[Held], Clearance], offsets: list[int]
) -> None:
    lots, held, clearance = case
    land = ZoneLand(lots, occupations(lots, held), clearance)
    plots, supply = history(land, START)
    for day in (START + timedelta(days=offset) for offset in offsets):
        then = [p.plot for p in plots if p.valid_from <= day and (p.valid_to is None or day < p.valid_to)]
        now = free_plots_at(land, day)
        assert sorted(codes(then)) == sorted(codes(now))
        assert sorted(p.area_ha for p in then) == pytest.approx(sorted(p.area_ha for p in now))
        (figures,) = (p for p in supply if p.valid_from <= day and (p.valid_to is None or day < p.valid_to))
        assert figures.figures == supply_at(land, day).figures
        assert figures.free_ha == pytest.approx(math.fsum(p.area_ha for p in now))
    assert all(a.valid_to == b.valid_from for a, b in itertools.pairwise(supply))


@settings(max_examples=60, deadline=None)
@given(zones(), st.integers(0, 400))
def test_a_history_that_begins_later_is_the_same_history_cut(
    case: tuple[Lots, list[Held], Clearance], offset: int
) -> None:
    lots, held, clearance = case
    land = ZoneLand(lots, occupations(lots, held), clearance)
    cut = START + timedelta(days=offset)
    plots, supply = history(land, START)
    later_plots, later_supply = history(land, cut)

    def lasting(periods: list[Any]) -> list[Any]:
        return [(max(p.valid_from, cut), p.valid_to, p) for p in periods if (p.valid_to or date.max) > cut]

    kept = sorted((s, e or date.max, p.plot.polygon.wkb, p.plot) for s, e, p in lasting(plots))
    same = sorted((s, e or date.max, p.plot.polygon.wkb, p.plot) for s, e, p in lasting(later_plots))
    assert kept == same
    assert [(s, e, p.figures) for s, e, p in lasting(supply)] == [
        (s, e, p.figures) for s, e, p in lasting(later_supply)
    ]


@settings(max_examples=60, deadline=None)
@given(zones(), steps)
def test_free_leased_and_reserved_land_never_exceed_the_industrial(
    case: tuple[Lots, list[Held], Clearance], step: int
) -> None:
    lots, held, clearance = case
    land = ZoneLand(lots, occupations(lots, held), clearance)
    supply = supply_at(land, on(step))
    assert supply.free_ha + supply.leased_ha + supply.reserved_ha <= supply.industrial_ha + 1e-6
    assert supply.free_ha <= supply.cleared_ha + 1e-6
    plots = free_plots_at(land, on(step))
    for i, one in enumerate(plots):
        for other in plots[i + 1 :]:
            assert one.polygon.intersection(other.polygon).area < 1e-14  # square degrees: 0.0001 m²


@settings(max_examples=60, deadline=None)
@given(zones(), steps, st.integers(0, 3))
def test_leasing_more_never_frees_more(
    case: tuple[Lots, list[Held], Clearance], step: int, third: int
) -> None:
    lots, held, clearance = case
    before = supply_at(ZoneLand(lots, occupations(lots, held), clearance), on(step))
    more = [*held, (0, third, 0, None, True)]
    after = supply_at(ZoneLand(lots, occupations(lots, more), clearance), on(step))
    assert after.free_ha <= before.free_ha + 1e-6
    assert after.largest_plot_ha <= before.largest_plot_ha + 1e-6


def test_a_large_zone_with_400_change_dates_is_played_quickly() -> None:
    rng = np.random.default_rng(3)
    cells = [(x, y) for x in range(15) for y in range(10)]
    polygons = [plot_m(x * 100, y * 110, x * 100 + 100, y * 110 + 100) for x, y in cells]
    n = len(cells)
    lots = Lots.of(
        [f"L{i:03}" for i in range(n)], polygons, [True] * n, [on(int(rng.integers(0, 30))) for _ in cells]
    )
    held = [
        (int(rng.integers(n)), int(rng.integers(4)), int(s), int(s) + 20, bool(rng.random() < 0.8))
        for s in rng.integers(0, 100, 300)
    ]
    leases = occupations(lots, held)
    jitter = rng.integers(0, 29, (2, 300)).astype("timedelta64[D]")
    leases = Occupations(
        leases.lot, leases.part, leases.valid_from + jitter[0], leases.valid_to + jitter[1], leases.leased
    )
    parcels = [plot_m(x, y, x + 75, y + 60) for x in range(0, 1500, 75) for y in range(0, 1140, 60)]
    clearance = Clearance.of("parcels", parcels, [on(int(rng.integers(0, 40))) for _ in parcels])
    land = ZoneLand(lots, leases, clearance)
    assert len(change_dates(land)) > 400
    start = time.perf_counter()
    plots, supply = history(land, START)
    took = time.perf_counter() - start
    print(
        f"history: {len(change_dates(land))} dates, {len(plots)} plots, {len(supply)} periods, {took:.2f} s"
    )
    assert took < 20
