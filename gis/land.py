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
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gis.arrays import Bools, Floats, Ints
from gis.contiguity import SEAM_M, rounded, to_plane, touching, wide_pieces
from gis.lot_land import (
    SCRAP_M2,
    Asked,
    FreePart,
    LotLand,
    clearing,
    digests,
    states,
    without_overlaps,
)
from gis.measure import HA_M2, area_ha
from gis.memo import Memo
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
#: The default of another: no decree asks for a width, so it is the offices' own setting.
MIN_USABLE_WIDTH_M = 10.0
_NEAR_DEG = 1e-6  # 0.11 m: boxes of parts that may touch
_CELL_DEG = 0.01  # lengths are measured in one plane per cell, whichever parts are asked about

Codes = tuple[str, ...]
#: Per pair of shapes, plane and edge; per group of shapes; per group and width.
_TOUCH: Memo[tuple[Any, ...], bool] = Memo(400_000)
_JOINED: Memo[tuple[bytes, ...], Any] = Memo(20_000)
_WIDE: Memo[tuple[Any, ...], tuple[float, tuple[int, ...]]] = Memo(40_000)


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
    board = _Board(land, [day], min_shared_edge_m)
    return _sorted(board.plot(group) for group in board.groups(board.free_parts(0)))


def supply_at(
    land: ZoneLand,
    day: date,
    *,
    min_shared_edge_m: float = MIN_SHARED_EDGE_M,
    min_usable_width_m: float = MIN_USABLE_WIDTH_M,
) -> SupplyPeriod:
    """Figures of a zone on one day, as a period that begins on it."""
    board = _Board(land, [day], min_shared_edge_m, min_usable_width_m)
    return board.supply(0, board.groups(board.free_parts(0)))


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
    board = _Board(land, dates, min_shared_edge_m, min_usable_width_m)
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
                plots.append(PlotPeriod(board.plot(group), begun.pop(group), day))
            for group in groups:
                begun.setdefault(group, day)
        figures = board.supply(step, groups)
        if not supply or supply[-1].figures != figures.figures:
            supply.append(figures)
    plots += [PlotPeriod(board.plot(group), start, None) for group, start in begun.items()]
    plots.sort(key=lambda period: (period.valid_from, *_by_size(period.plot)))
    return plots, _closed(supply)


class _Board:
    """
    The lots of one zone on a list of dates: each lot's figures and free parts, and which parts touch.

    Parts are numbered once per shape, so a part that comes back after a lease is the same part.
    """

    def __init__(
        self,
        land: ZoneLand,
        dates: list[date],
        min_shared_edge_m: float,
        min_usable_width_m: float = 0.0,
    ) -> None:
        self.dates = dates
        self.known = land.clearance.basis != "unknown"
        self.width_m = min_usable_width_m
        self.lots, self._inputs = _lot_lands(land, np.array(dates, dtype="datetime64[D]"))
        self.parts: list[FreePart] = []
        self.part_lot: list[int] = []
        self._number: dict[tuple[int, bytes], int] = {}
        self._plots: dict[tuple[int, ...], Plot] = {}
        self._figures: list[Floats] = []  # per date: ha of each lot
        self._free: list[tuple[int, ...]] = []
        self._play()
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

    def plot(self, group: tuple[int, ...]) -> Plot:
        """The plot that a group of parts forms."""
        if group not in self._plots:
            parts = sorted((self.parts[part] for part in group), key=lambda part: part.key)
            key = tuple(part.key for part in parts)
            if (polygon := _JOINED.get(key)) is None:
                polygon = shapely.union_all([part.polygon for part in parts])
                if shapely.get_num_geometries(polygon) > 1:  # a seam between lots that do not quite meet
                    polygon = rounded(polygon, SEAM_M / 2)
                _JOINED.put(key, polygon)
            self._plots[group] = Plot(polygon, self._codes(group), self._area_ha(group))
        return self._plots[group]

    def supply(self, step: int, groups: list[tuple[int, ...]]) -> SupplyPeriod:
        """Figures of a date."""
        industrial, cleared, ready, leased, reserved = (math.fsum(column) for column in self._figures[step].T)
        largest, codes = self._largest(groups)
        free = math.fsum(self.parts[part].area_ha for part in self._free[step])
        return SupplyPeriod(
            valid_from=self.dates[step],
            valid_to=None,
            industrial_ha=industrial,
            cleared_ha=cleared if self.known else math.nan,
            ready_ha=ready if self.known else math.nan,
            leased_ha=leased,
            reserved_ha=reserved,
            free_ha=free if self.known else math.nan,
            largest_plot_ha=largest if self.known else math.nan,
            largest_plot_lots=codes if self.known else (),
        )

    def _largest(self, groups: list[tuple[int, ...]]) -> tuple[float, Codes]:
        """Area and lots of the largest piece that is wide enough; ties by lots."""
        best: tuple[float, Codes] = (0.0, ())
        for whole, group in sorted((-self._area_ha(group), group) for group in groups):
            if whole > best[0]:
                break  # no piece of a plot is larger than the plot
            ha, lots = self._widest(group)
            if ha > 0:
                best = min(best, (-ha, tuple(sorted({self.lots[self.part_lot[part]].code for part in lots}))))
        return abs(best[0]), best[1]

    def _widest(self, group: tuple[int, ...]) -> tuple[float, tuple[int, ...]]:
        """The largest piece of a plot at the usable width: hectares, and the parts that it lies on."""
        rows = sorted(group, key=lambda part: self.parts[part].key)
        key = (self.width_m, *(self.parts[part].key for part in rows))
        if (found := _WIDE.get(key)) is None:
            found = self._opened(group, rows)
            _WIDE.put(key, found)
        return found[0], tuple(rows[at] for at in found[1])

    def _opened(self, group: tuple[int, ...], rows: list[int]) -> tuple[float, tuple[int, ...]]:
        whole_ha = self._area_ha(group)
        pieces = wide_pieces(self.plot(group).polygon, self.width_m)
        piece_ha = area_ha(pieces)
        if len(pieces) == 0:
            return 0.0, ()
        at = int(np.argmax(piece_ha))
        if (whole_ha - piece_ha[at]) * HA_M2 <= SCRAP_M2:  # nothing narrow in it: the plot's own figure
            return whole_ha, tuple(range(len(rows)))
        land = shapely.intersection(geometries([self.parts[part].polygon for part in rows]), pieces[at])
        land_ha = area_ha(land)
        return math.fsum(land_ha), tuple(np.flatnonzero(land_ha * HA_M2 > SCRAP_M2).tolist())

    def _area_ha(self, group: tuple[int, ...]) -> float:
        return math.fsum(self.parts[part].area_ha for part in group)

    def _codes(self, group: tuple[int, ...]) -> Codes:
        return tuple(sorted({self.lots[self.part_lot[part]].code for part in group}))

    def _play(self) -> None:
        """Each lot is asked once per state that it is in on any of the dates, all lots together."""
        row_of: dict[tuple[int, bytes], int] = {}
        asked: list[Asked | None] = []
        steps: list[list[int]] = []  # per lot: the question of each date
        for row, (lot, inputs) in enumerate(zip(self.lots, self._inputs, strict=True)):
            keys = [(row, now.tobytes()) for now in inputs]
            for key, now in zip(keys, inputs, strict=True):
                if key not in row_of:
                    row_of[key] = len(asked)
                    asked.append(lot.asked(now))
            steps.append([row_of[key] for key in keys])
        found = states(asked)
        figures = np.zeros((len(self.dates), len(self.lots), 5))
        free: list[list[int]] = [[] for _ in self.dates]
        for row, questions in enumerate(steps):
            parts = {
                at: [self._enter(row, part) for part in found[at].free] for at in dict.fromkeys(questions)
            }
            for step, at in enumerate(questions):
                figures[step, row] = found[at].figures_ha
                free[step] += parts[at]
        self._figures = list(figures)
        self._free = [tuple(parts) if self.known else () for parts in free]

    def _enter(self, lot: int, part: FreePart) -> int:
        key = (lot, part.key)
        if key not in self._number:
            self._number[key] = len(self.parts)
            self.parts.append(part)
            self.part_lot.append(lot)
        return self._number[key]

    def _touching(self, min_shared_edge_m: float) -> tuple[Ints, Ints]:
        """Pairs of parts, of different lots, that share an edge."""
        polygons = geometries([part.polygon for part in self.parts])
        owner = np.array(self.part_lot, dtype=np.int64)
        if len(polygons) == 0:
            return owner, owner
        west, south, east, north = shapely.bounds(polygons).T
        boxes = shapely.box(west - _NEAR_DEG, south - _NEAR_DEG, east + _NEAR_DEG, north + _NEAR_DEG)
        a, b = shapely.STRtree(boxes).query(boxes)
        pair = (a < b) & (owner[a] != owner[b])
        a, b = a[pair], b[pair]
        corner = shapely.total_bounds(geometries([lot.polygon for lot in self.lots]))[:2]
        lon, lat = (round(float(v) / _CELL_DEG) * _CELL_DEG for v in corner)
        plane = (min_shared_edge_m, lon, lat)
        keys = [part.key for part in self.parts]
        asked = [(plane, *sorted((keys[i], keys[j]))) for i, j in zip(a.tolist(), b.tolist(), strict=True)]
        known = [_TOUCH.get(question) for question in asked]
        new = np.array([row for row, answer in enumerate(known) if answer is None], dtype=np.int64)
        if len(new):
            members = np.unique(np.concatenate([a[new], b[new]]))
            members = np.array(sorted(members.tolist(), key=keys.__getitem__))  # whoever asks, in one order
            one, other = touching(to_plane(polygons[members], lon, lat), owner[members], min_shared_edge_m)
            joined = set(zip(members[one].tolist(), members[other].tolist(), strict=True))
            for row in new.tolist():
                pair = (int(a[row]), int(b[row]))
                known[row] = pair in joined or pair[::-1] in joined
                _TOUCH.put(asked[row], known[row])
        real = np.array(known, dtype=bool)
        return a[real], b[real]


def _lot_lands(land: ZoneLand, dates: Days) -> tuple[list[LotLand], list[Bools]]:
    """
    Industrial lots, and for each what is in force on each date.

    Returns
    -------
    lots, inputs
        Of shape (dates, 2 + pieces + parts) each: in the plan, serviced, which pieces are cleared, and which
        parts are held.
    """
    lots, held, clearance = land.lots, land.occupations, land.clearance
    rows = np.flatnonzero(lots.industrial & ~shapely.is_missing(lots.polygon))
    rows = rows[np.argsort(lots.code[rows].astype(str), kind="stable")]
    polygons = without_overlaps(lots.polygon[rows], lots.valid_from[rows], lots.valid_to[rows])
    lot_keys, piece_keys, part_keys = (digests(g) for g in (polygons, clearance.polygon, held.part))
    everywhere = np.flatnonzero(shapely.is_missing(clearance.polygon))
    of_lot, piece = clearing(polygons, lot_keys, clearance.polygon, piece_keys)
    piece_cuts = np.searchsorted(of_lot, np.arange(len(rows) + 1))
    holder = np.argsort(held.lot, kind="stable")
    part_cuts = np.searchsorted(held.lot[holder], [rows, rows + 1])
    present = _lasting(dates, lots.valid_from[rows], lots.valid_to[rows])
    day = dates[:, None]
    # NaT compares False: an unknown handover or service never came.
    basic = np.stack([present, day >= lots.serviced_on[rows]], axis=2)
    cleared = (day >= clearance.cleared_on) & ~(day >= clearance.cleared_to)
    occupied = _lasting(dates, held.valid_from, held.valid_to)
    found: list[LotLand] = []
    inputs: list[Bools] = []
    for at, row in enumerate(rows):
        pieces = np.concatenate([everywhere, piece[piece_cuts[at] : piece_cuts[at + 1]]])
        parts = holder[part_cuts[0][at] : part_cuts[1][at]]
        found.append(
            LotLand(
                code=str(lots.code[row]),
                polygon=polygons[at],
                pieces=clearance.polygon[pieces],
                parts=held.part[parts],
                leased=held.leased[parts],
                polygon_key=lot_keys[at],
                piece_keys=[piece_keys[i] for i in pieces],
                part_keys=[part_keys[i] for i in parts],
            )
        )
        inputs.append(np.concatenate([basic[:, at], cleared[:, pieces], occupied[:, parts]], axis=1))
    return found, inputs


def _lasting(dates: Days, start: Days, end: Days) -> Bools:
    """Shape (dates, n): on [start, end), either of them open where NaT."""
    day = dates[:, None]
    return ~(day < start) & ~(day >= end)


def _sorted(plots: Iterable[Plot]) -> list[Plot]:
    return sorted(plots, key=_by_size)


def _by_size(plot: Plot) -> tuple[Any, ...]:
    return -plot.area_ha, plot.lot_codes, plot.polygon.bounds


def _closed(supply: list[SupplyPeriod]) -> list[SupplyPeriod]:
    ends = [period.valid_from for period in supply[1:]]
    return [
        *(replace(period, valid_to=end) for period, end in zip(supply, ends, strict=False)),
        *supply[-1:],
    ]
