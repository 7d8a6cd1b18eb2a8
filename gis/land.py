"""
Free land of one zone at a date: industrial ∩ cleared ∩ serviced − leased − reserved.

The answer is polygons, and what a firm can use is the largest contiguous one: free lots join along
an edge of 5 m or more (`gis.contiguity`), so a road or green belt between two lots keeps them apart. All of
it is free; of the largest plot only what is wide enough counts, and a neck narrower than that joins nothing.
A history is piecewise constant between the dates on which something changes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from gis.board import Board, Group
from gis.lot_land import HA_MM2
from gis.zone_land import (
    Clearance,
    DatesReversed,
    LotMissing,
    Lots,
    Occupations,
    ZoneLand,
    days,
)

__all__ = [
    "Clearance",
    "DatesReversed",
    "LotMissing",
    "Lots",
    "Occupations",
    "Plot",
    "PlotPeriod",
    "SupplyPeriod",
    "ZoneLand",
    "change_dates",
    "days",
    "free_plots_at",
    "history",
    "supply_at",
]

MIN_SHARED_EDGE_M = 5.0  # the default of a rule that offices may change (layers.records.rules)
#: The default of another: no decree asks for a width, so it is the offices' own setting.
MIN_USABLE_WIDTH_M = 10.0


@dataclass(frozen=True)
class Plot:
    """
    One contiguous piece of free land.

    The polygon bridges digitising gaps between its lots; the area counts land, not gaps.
    """

    polygon: Any
    lot_codes: tuple[str, ...]
    area_ha: float


@dataclass(frozen=True)
class PlotPeriod:
    """A plot and the time it is free, [valid_from, valid_to); None while it lasts."""

    plot: Plot
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True)
class SupplyPeriod:
    """
    Land of a zone over [valid_from, valid_to), hectares.

    All count industrial lots only; ready is cleared and serviced; reserved leaves out what is leased
    as well. largest_plot_ha is the largest piece of a plot that holds together at the usable width, on the
    lots named. cleared_ha, ready_ha, free_ha and largest_plot_ha are NaN on an unknown basis.
    """

    valid_from: date
    valid_to: date | None
    industrial_ha: float
    cleared_ha: float
    ready_ha: float
    leased_ha: float
    reserved_ha: float
    free_ha: float
    largest_plot_ha: float
    largest_plot_lots: tuple[str, ...]

    @property
    def figures(self) -> tuple[Any, ...]:
        """Everything but the period; NaN as None, so that equal periods compare equal."""
        numbers = (
            self.industrial_ha,
            self.cleared_ha,
            self.ready_ha,
            self.leased_ha,
            self.reserved_ha,
            self.free_ha,
            self.largest_plot_ha,
        )
        return (*(None if math.isnan(number) else number for number in numbers), self.largest_plot_lots)


def change_dates(land: ZoneLand) -> list[date]:
    """Dates on which the free land of the zone may change, in order."""
    lots, held = land.lots, land.occupations
    every = np.concatenate(
        [
            lots.serviced_on,
            lots.valid_from,
            lots.valid_to,
            held.valid_from,
            held.valid_to,
            land.clearance.cleared_on,
            land.clearance.cleared_to,
        ]
    )
    return np.unique(every[~np.isnat(every)]).tolist()


def free_plots_at(land: ZoneLand, day: date, *, min_shared_edge_m: float = MIN_SHARED_EDGE_M) -> list[Plot]:
    """
    Contiguous free plots of a zone on one day.

    Returns
    -------
    plots
        Largest first, ties by lot codes. Empty on an unknown basis: no data, not "nothing free"
        (`supply_at` says NaN).
    """
    board = Board(land, [day], min_shared_edge_m)
    return _sorted(_plot(board, group) for group in board.groups(0))


def supply_at(
    land: ZoneLand,
    day: date,
    *,
    min_shared_edge_m: float = MIN_SHARED_EDGE_M,
    min_usable_width_m: float = MIN_USABLE_WIDTH_M,
) -> SupplyPeriod:
    """Figures of a zone on one day, as a period that begins on it."""
    return _supply(Board(land, [day], min_shared_edge_m, min_usable_width_m), 0)


def history(
    land: ZoneLand,
    since: date,
    *,
    min_shared_edge_m: float = MIN_SHARED_EDGE_M,
    min_usable_width_m: float = MIN_USABLE_WIDTH_M,
) -> tuple[list[PlotPeriod], list[SupplyPeriod]]:
    """
    Free plots and figures of a zone from a day on.

    Parameters
    ----------
    land
        One zone. A lot is computed anew only on its own change dates, a pair of lots is compared
        once per shape, and a plot that outlives a change date keeps one row.
    since
        First day of the history; what happened before counts, but gets no rows. The rows of a later
        first day are those of an earlier one, cut.

    Returns
    -------
    plots
        In order of valid_from, then area (largest first), then lot codes.
    supply
        In order; they follow each other without gap, the last is open.
    """
    dates = [since, *(day for day in change_dates(land) if day > since)]
    board = Board(land, dates, min_shared_edge_m, min_usable_width_m)
    begun: dict[Group, date] = {}
    plots: list[PlotPeriod] = []
    supply: list[SupplyPeriod] = []
    for step, day in enumerate(dates):
        now = board.groups(step)
        if step == 0 or now is not board.groups(step - 1):
            for group in begun.keys() - now:
                plots.append(PlotPeriod(_plot(board, group), begun.pop(group), day))
            for group in now - begun.keys():
                begun[group] = day
        figures = _supply(board, step)
        if not supply or supply[-1].figures != figures.figures:
            supply.append(figures)
    plots += [PlotPeriod(_plot(board, group), start, None) for group, start in begun.items()]
    plots.sort(key=lambda period: (period.valid_from, *_by_size(period.plot)))
    return plots, closed(supply)


def _plot(board: Board, group: Group) -> Plot:
    return Plot(board.polygon(group), board.codes(group), board.area_mm2(group) / HA_MM2)


def _supply(board: Board, step: int) -> SupplyPeriod:
    land = board.land(step)
    largest, codes = board.largest(step)
    figures = (land.industrial, land.cleared, land.ready, land.leased, land.reserved, land.free, largest)
    industrial, cleared, ready, leased, reserved, free, plot = (mm2 / HA_MM2 for mm2 in figures)
    known = board.known
    return SupplyPeriod(
        valid_from=board.dates[step],
        valid_to=None,
        industrial_ha=industrial,
        cleared_ha=cleared if known else math.nan,
        ready_ha=ready if known else math.nan,
        leased_ha=leased,
        reserved_ha=reserved,
        free_ha=free if known else math.nan,
        largest_plot_ha=plot if known else math.nan,
        largest_plot_lots=codes if known else (),
    )


def _sorted(plots: Iterable[Plot]) -> list[Plot]:
    return sorted(plots, key=_by_size)


def _by_size(plot: Plot) -> tuple[Any, ...]:
    return -plot.area_ha, plot.lot_codes, plot.polygon.bounds


def closed(supply: list[SupplyPeriod]) -> list[SupplyPeriod]:
    ends = [period.valid_from for period in supply[1:]]
    return [
        *(replace(period, valid_to=end) for period, end in zip(supply, ends, strict=False)),
        *supply[-1:],
    ]
