"""
Free land of one zone at a date: industrial ∩ cleared ∩ serviced − leased − reserved.

The answer is polygons, and what a firm can use is the largest contiguous one: free lots join along
an edge of 5 m or more (`gis.contiguity`), so a road or green belt between two lots keeps them apart.
A history is piecewise constant between the dates on which something changes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gis.arrays import Floats, Ints
from gis.contiguity import GAP_M, rounded, to_plane, touching
from gis.lot_land import NOISE_M2, FreePart, LotLand, without_overlaps
from gis.measure import HA_M2, area_ha
from gis.zone_land import (
    Clearance,
    DatesReversed,
    Days,
    LotMissing,
    Lots,
    Occupations,
    ZoneLand,
    days,
    geometries,
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
_SEAM_M = GAP_M + 0.002  # a gap of exactly the tolerance closes too


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
    as well. cleared_ha, ready_ha, free_ha and largest_plot_ha are NaN on an unknown basis.
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
    board = _Board(land, [day], min_shared_edge_m)
    return _sorted(board.plots(group) for group in board.groups(board.free_parts(0)))


def supply_at(land: ZoneLand, day: date, *, min_shared_edge_m: float = MIN_SHARED_EDGE_M) -> SupplyPeriod:
    """Figures of a zone on one day, as a period that begins on it."""
    board = _Board(land, [day], min_shared_edge_m)
    return board.supply(0, board.groups(board.free_parts(0)))


def history(
    land: ZoneLand, since: date, *, min_shared_edge_m: float = MIN_SHARED_EDGE_M
) -> tuple[list[PlotPeriod], list[SupplyPeriod]]:
    """
    Free plots and figures of a zone from a day on.

    Parameters
    ----------
    land
        One zone. A lot is computed anew only on its own change dates, a pair of lots is compared
        once per shape, and a plot that outlives a change date keeps one row.
    since
        First day of the history; what happened before counts, but gets no rows.

    Returns
    -------
    plots
        In order of valid_from, then area (largest first), then lot codes.
    supply
        In order; they follow each other without gap, the last is open.
    """
    dates = [since, *(day for day in change_dates(land) if day > since)]
    board = _Board(land, dates, min_shared_edge_m)
    begun: dict[tuple[int, ...], date] = {}
    plots: list[PlotPeriod] = []
    supply: list[SupplyPeriod] = []
    parts, groups = (), list[tuple[int, ...]]()
    for step, day in enumerate(dates):
        if step == 0 or board.free_parts(step) != parts:
            parts = board.free_parts(step)
            groups = board.groups(parts)
            now = set(groups)
            for group in [group for group in begun if group not in now]:
                plots.append(PlotPeriod(board.plots(group), begun.pop(group), day))
            for group in groups:
                begun.setdefault(group, day)
        figures = board.supply(step, groups)
        if not supply or supply[-1].figures != figures.figures:
            supply.append(figures)
    plots += [PlotPeriod(board.plots(group), start, None) for group, start in begun.items()]
    plots.sort(key=lambda period: (period.valid_from, -period.plot.area_ha, period.plot.lot_codes))
    return plots, _closed(supply)


class _Board:
    """
    The lots of one zone on a list of dates: each lot's figures and free parts, and which parts touch.

    Parts are numbered once per shape, so a part that comes back after a lease is the same part.
    """

    def __init__(self, land: ZoneLand, dates: list[date], min_shared_edge_m: float) -> None:
        self.dates = dates
        self.known = land.clearance.basis != "unknown"
        self.lots = _lot_lands(land)
        self.parts: list[FreePart] = []
        self.part_lot: list[int] = []
        self._number: dict[tuple[int, bytes], int] = {}
        self._polygons: dict[tuple[int, ...], Plot] = {}
        self._figures: list[Floats] = []  # per date: ha of each lot, in the order of its shapes
        self._free: list[tuple[int, ...]] = []
        self._play(np.array(dates, dtype="datetime64[D]"))
        self._measure()
        self._first, self._second = self._touching(min_shared_edge_m)

    def free_parts(self, step: int) -> tuple[int, ...]:
        """Numbers of the parts that are free on a date."""
        return self._free[step]

    def groups(self, parts: tuple[int, ...]) -> list[tuple[int, ...]]:
        """Parts that form one plot together."""
        if not parts:
            return []
        rows = np.array(parts)
        row_of = np.full(len(self.parts), -1)
        row_of[rows] = np.arange(len(rows))
        both = (row_of[self._first] >= 0) & (row_of[self._second] >= 0)
        a, b = row_of[self._first[both]], row_of[self._second[both]]
        graph = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(len(rows), len(rows)))
        count, label = connected_components(graph, directed=False)
        order = np.argsort(label, kind="stable")
        cuts = np.searchsorted(label[order], np.arange(1, count))
        return [tuple(group.tolist()) for group in np.split(rows[order], cuts)]

    def plots(self, group: tuple[int, ...]) -> Plot:
        """The plot that a group of parts forms."""
        if group not in self._polygons:
            polygon: Any = shapely.union_all([self.parts[part].polygon for part in group])
            if shapely.get_num_geometries(polygon) > 1:  # a seam between lots that do not quite meet
                polygon = rounded(polygon, _SEAM_M / 2)
            self._polygons[group] = Plot(polygon, self._codes(group), self._area_ha(group))
        return self._polygons[group]

    def supply(self, step: int, groups: list[tuple[int, ...]]) -> SupplyPeriod:
        """Figures of a date."""
        industrial, cleared, ready, leased, reserved = (math.fsum(column) for column in self._figures[step].T)
        largest, codes = min(((-self._area_ha(g), self._codes(g)) for g in groups), default=(0.0, ()))
        free = math.fsum(self._part_ha[part] for part in self._free[step])
        return SupplyPeriod(
            valid_from=self.dates[step],
            valid_to=None,
            industrial_ha=industrial,
            cleared_ha=cleared if self.known else math.nan,
            ready_ha=ready if self.known else math.nan,
            leased_ha=leased,
            reserved_ha=reserved,
            free_ha=free if self.known else math.nan,
            largest_plot_ha=abs(largest) if self.known else math.nan,
            largest_plot_lots=codes if self.known else (),
        )

    def _area_ha(self, group: tuple[int, ...]) -> float:
        return math.fsum(self._part_ha[part] for part in group)

    def _codes(self, group: tuple[int, ...]) -> tuple[str, ...]:
        return tuple(sorted({self.lots[self.part_lot[part]].code for part in group}))

    def _play(self, dates: Days) -> None:
        n = len(self.lots)
        self._states: list[tuple[Any, Any, Any, Any, Any]] = []
        state_of = np.full((len(dates), n), -1)
        free_of: list[list[tuple[int, ...]]] = []
        for row, lot in enumerate(self.lots):
            column: list[tuple[int, ...]] = []
            seen: dict[Any, tuple[int, tuple[int, ...]]] = {}
            for step, key in enumerate(lot.states(dates)):
                if key not in seen:
                    shapes = lot.shapes(key)
                    self._states.append(
                        (shapes.present, shapes.cleared, shapes.ready, shapes.leased, shapes.reserved)
                    )
                    seen[key] = len(self._states) - 1, tuple(self._enter(row, part) for part in shapes.free)
                state_of[step, row] = seen[key][0]
                column.append(seen[key][1])
            free_of.append(column)
        self._state_of = state_of
        self._free = [
            tuple(part for column in free_of for part in column[step]) if self.known else ()
            for step in range(len(dates))
        ]

    def _enter(self, lot: int, part: FreePart) -> int:
        key = (lot, part.key)
        if key not in self._number:
            self._number[key] = len(self.parts)
            self.parts.append(part)
            self.part_lot.append(lot)
        return self._number[key]

    def _measure(self) -> None:
        shapes = geometries([shape for state in self._states for shape in state])
        state_ha = np.nan_to_num(area_ha(shapes)).reshape(-1, 5)
        self._figures = [state_ha[row] for row in self._state_of]
        self._part_ha: list[float] = area_ha(geometries([part.polygon for part in self.parts])).tolist()

    def _touching(self, min_shared_edge_m: float) -> tuple[Ints, Ints]:
        polygons = geometries([part.polygon for part in self.parts])
        if len(polygons) == 0:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        west, south, east, north = shapely.total_bounds(polygons)
        planes = to_plane(polygons, (west + east) / 2, (south + north) / 2)
        return touching(planes, np.array(self.part_lot), min_shared_edge_m)


def _lot_lands(land: ZoneLand) -> list[LotLand]:
    lots, held, clearance = land.lots, land.occupations, land.clearance
    rows = np.flatnonzero(lots.industrial & ~shapely.is_missing(lots.polygon))
    rows = rows[np.argsort(lots.code[rows].astype(str), kind="stable")]
    polygons = without_overlaps(lots.polygon[rows], lots.valid_from[rows], lots.valid_to[rows])
    everywhere = shapely.is_missing(clearance.polygon)
    meets_lot, piece = shapely.STRtree(clearance.polygon).query(polygons, predicate="intersects")
    # A parcel that only touches the lot clears nothing of it, and must not make its shape look new.
    common_m2 = area_ha(shapely.intersection(polygons[meets_lot], clearance.polygon[piece])) * HA_M2
    meets_lot, piece = meets_lot[common_m2 > NOISE_M2], piece[common_m2 > NOISE_M2]
    found: list[LotLand] = []
    for at, row in enumerate(rows):
        pieces = np.concatenate([np.flatnonzero(everywhere), np.sort(piece[meets_lot == at])])
        holders = np.flatnonzero(held.lot == row)
        found.append(
            LotLand(
                code=str(lots.code[row]),
                polygon=polygons[at],
                serviced_on=lots.serviced_on[row],
                valid_from=lots.valid_from[row],
                valid_to=lots.valid_to[row],
                pieces=clearance.polygon[pieces],
                cleared_on=clearance.cleared_on[pieces],
                cleared_to=clearance.cleared_to[pieces],
                parts=held.part[holders],
                held_from=held.valid_from[holders],
                held_to=held.valid_to[holders],
                leased=held.leased[holders],
            )
        )
    return found


def _sorted(plots: Iterable[Plot]) -> list[Plot]:
    return sorted(plots, key=lambda plot: (-plot.area_ha, plot.lot_codes))


def _closed(supply: list[SupplyPeriod]) -> list[SupplyPeriod]:
    ends = [period.valid_from for period in supply[1:]]
    return [
        *(replace(period, valid_to=end) for period, end in zip(supply, ends, strict=False)),
        *supply[-1:],
    ]
