"""
The lots of one zone on a list of dates: each lot's figures and free parts, and which parts form one plot.

Areas are whole square millimetres here: sums of them are the same in any order, and a part of a zone can be
taken out of its figures and put back exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely

from gis.arrays import Bools
from gis.contiguity import SEAM_M, rounded, to_plane, touching, wide_pieces
from gis.lot_land import (
    SCRAP_M2,
    Asked,
    FreePart,
    LotLand,
    clearing,
    digests,
    states,
    whole_mm2,
    without_overlaps,
)
from gis.memo import Memo
from gis.zone_land import Days, ZoneLand, geometries

_NEAR_DEG = 1e-6  # 0.11 m: boxes of parts that may touch
_CELL_DEG = 0.01  # lengths are measured in one plane per cell, whichever parts are asked about
_SCRAP_MM2 = round(SCRAP_M2 * 1e6)

Codes = tuple[str, ...]
#: Numbers of the parts of one plot, in order.
Group = tuple[int, ...]
#: Per pair of shapes, cell and edge; per group of shapes; per group and width.
_TOUCH: Memo[tuple[Any, ...], bool] = Memo(400_000)
_JOINED: Memo[tuple[bytes, ...], Any] = Memo(20_000)
_WIDE: Memo[tuple[Any, ...], tuple[int, tuple[int, ...]]] = Memo(40_000)


@dataclass(frozen=True)
class Land:
    """Land of a date in mm²: in the plan, cleared, ready, leased, reserved and free."""

    industrial: int
    cleared: int
    ready: int
    leased: int
    reserved: int
    free: int


class Board:
    """
    The lots of one zone on a list of dates.

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
        self._area_of: dict[Group, int] = {}
        self._largest_of: dict[int, tuple[int, Codes]] = {}
        self._free: list[set[int]] = []  # per date: numbers of the parts that are free
        self._figures = self._play()  # per date: sums over the lots
        self._groups = self._grouped(min_shared_edge_m)

    def groups(self, step: int) -> frozenset[Group]:
        """Parts that form one plot together on a date; the same object where nothing changed."""
        return self._groups[step]

    def land(self, step: int) -> Land:
        """Figures of a date."""
        return Land(*self._figures[step], free=sum(self.parts[part].area_mm2 for part in self._free[step]))

    def area_mm2(self, group: Group) -> int:
        """Land of a plot."""
        if group not in self._area_of:
            self._area_of[group] = sum(self.parts[part].area_mm2 for part in group)
        return self._area_of[group]

    def codes(self, group: Group) -> Codes:
        """Lots of a plot, in order."""
        return tuple(sorted({self.lots[self.part_lot[part]].code for part in group}))

    def polygon(self, group: Group) -> Any:
        """The outline of a plot, drawing gaps between its lots bridged."""
        parts = sorted((self.parts[part] for part in group), key=lambda part: part.key)
        key = tuple(part.key for part in parts)
        if (polygon := _JOINED.get(key)) is None:
            polygon = shapely.union_all([part.polygon for part in parts])
            if shapely.get_num_geometries(polygon) > 1:  # a seam between lots that do not quite meet
                polygon = rounded(polygon, SEAM_M / 2)
            _JOINED.put(key, polygon)
        return polygon

    def largest(self, step: int) -> tuple[int, Codes]:
        """Area and lots of the largest piece of a date that is wide enough; ties by lots."""
        groups = self._groups[step]
        if id(groups) not in self._largest_of:
            self._largest_of[id(groups)] = self._largest(groups)
        return self._largest_of[id(groups)]

    def _largest(self, groups: frozenset[Group]) -> tuple[int, Codes]:
        best: tuple[int, Codes] = (0, ())
        for whole, group in sorted((-self.area_mm2(group), group) for group in groups):
            if whole > best[0]:
                break  # no piece of a plot is larger than the plot
            mm2, lots = self._widest(group)
            if mm2 > 0:
                best = min(best, (-mm2, self.codes(lots)))
        return -best[0], best[1]

    def _widest(self, group: Group) -> tuple[int, Group]:
        """The largest piece of a plot at the usable width: mm², and the parts that it lies on."""
        rows = sorted(group, key=lambda part: self.parts[part].key)
        key = (self.width_m, *(self.parts[part].key for part in rows))
        if (found := _WIDE.get(key)) is None:
            found = self._opened(group, rows)
            _WIDE.put(key, found)
        return found[0], tuple(rows[at] for at in found[1])

    def _opened(self, group: Group, rows: list[int]) -> tuple[int, tuple[int, ...]]:
        whole = self.area_mm2(group)
        pieces = wide_pieces(self.polygon(group), self.width_m)
        if len(pieces) == 0:
            return 0, ()
        piece_mm2 = whole_mm2(pieces)
        at = int(np.argmax(piece_mm2))
        if whole - piece_mm2[at] <= _SCRAP_MM2:  # nothing narrow in it: the plot's own figure
            return whole, tuple(range(len(rows)))
        land = shapely.intersection(geometries([self.parts[part].polygon for part in rows]), pieces[at])
        land_mm2 = whole_mm2(land)
        return min(int(land_mm2.sum()), whole), tuple(np.flatnonzero(land_mm2 > _SCRAP_MM2).tolist())

    def _play(self) -> list[list[int]]:
        """Each lot is asked once per state that it is in on any of the dates, all lots together."""
        asked: list[Asked | None] = []
        steps: list[list[int]] = []  # per lot: the question of each date
        for lot, inputs in zip(self.lots, self._inputs, strict=True):
            row_of: dict[bytes, int] = {}
            news = np.flatnonzero((inputs[1:] != inputs[:-1]).any(axis=1)) + 1
            begins = [0, *news.tolist()]
            questions: list[int] = []
            for now in inputs[begins]:
                if (key := now.tobytes()) not in row_of:
                    row_of[key] = len(asked)
                    asked.append(lot.asked(now))
                questions.append(row_of[key])
            steps.append(np.repeat(questions, np.diff([*begins, len(inputs)])).tolist())
        found = states(asked)
        figures = np.zeros((len(self.dates), 5), dtype=np.int64)
        self._free = [set() for _ in self.dates]
        known = np.array([state.figures_mm2 for state in found], dtype=np.int64).reshape(-1, 5)
        for row, questions in enumerate(steps):
            figures += known[questions]
            parts = {
                at: [self._enter(row, part) for part in found[at].free] for at in dict.fromkeys(questions)
            }
            if self.known:
                for free, at in zip(self._free, questions, strict=True):
                    free.update(parts[at])
        return figures.tolist()

    def _enter(self, lot: int, part: FreePart) -> int:
        key = (lot, part.key)
        if key not in self._number:
            self._number[key] = len(self.parts)
            self.parts.append(part)
            self.part_lot.append(lot)
        return self._number[key]

    def _grouped(self, min_shared_edge_m: float) -> list[frozenset[Group]]:
        """Plots of each date: only those with a part that came or went are put together anew."""
        beside: dict[int, list[int]] = {part: [] for part in range(len(self.parts))}
        for a, b in self._touching(min_shared_edge_m):
            beside[a].append(b)
            beside[b].append(a)
        found: list[frozenset[Group]] = []
        group_of: dict[int, Group] = {}
        before: set[int] = set()
        for free in self._free:
            gone, come = before - free, free - before
            if found and not gone and not come:
                found.append(found[-1])
                continue
            near = {other for part in come for other in beside[part] if other in group_of}
            broken = {group_of[part] for part in gone | near}
            pool = come | {part for group in broken for part in group if part in free}
            for part in gone:
                del group_of[part]
            for group in _components(pool, beside):
                group_of |= dict.fromkeys(group, group)
            found.append(frozenset(group_of.values()))
            before = free
        return found

    def _touching(self, min_shared_edge_m: float) -> list[tuple[int, int]]:
        """Pairs of parts, of different lots, that share an edge."""
        polygons = geometries([part.polygon for part in self.parts])
        owner = np.array(self.part_lot, dtype=np.int64)
        if len(polygons) == 0:
            return []
        corners = shapely.bounds(polygons)
        west, south, east, north = corners.T
        boxes = shapely.box(west - _NEAR_DEG, south - _NEAR_DEG, east + _NEAR_DEG, north + _NEAR_DEG)
        a, b = shapely.STRtree(boxes).query(boxes)
        pair = (a < b) & (owner[a] != owner[b])
        a, b = a[pair], b[pair]
        keys = [part.key for part in self.parts]
        cells = np.round(np.minimum(corners[a, :2], corners[b, :2]) / _CELL_DEG).astype(np.int64).tolist()
        pairs = list(zip(a.tolist(), b.tolist(), strict=True))
        asked = [
            (min_shared_edge_m, *cell, *sorted((keys[i], keys[j])))
            for (i, j), cell in zip(pairs, cells, strict=True)
        ]
        known = [_TOUCH.get(question) for question in asked]
        new: dict[tuple[int, int], list[int]] = {}
        for row, answer in enumerate(known):
            if answer is None:
                new.setdefault((cells[row][0], cells[row][1]), []).append(row)
        for (x, y), rows in new.items():
            members = np.array(sorted({part for row in rows for part in pairs[row]}, key=keys.__getitem__))
            planes = to_plane(polygons[members], x * _CELL_DEG, y * _CELL_DEG)
            one, other = touching(planes, owner[members], min_shared_edge_m)
            joined = {
                frozenset(two) for two in zip(members[one].tolist(), members[other].tolist(), strict=True)
            }
            for row in rows:
                known[row] = found = frozenset(pairs[row]) in joined
                _TOUCH.put(asked[row], found)
        return [two for two, answer in zip(pairs, known, strict=True) if answer]


def _components(pool: Iterable[int], beside: Mapping[int, list[int]]) -> list[Group]:
    left = set(pool)
    found: list[Group] = []
    while left:
        group = [left.pop()]
        for part in group:  # grows while it is walked through
            near = [other for other in beside[part] if other in left]
            left.difference_update(near)
            group += near
        found.append(tuple(sorted(group)))
    return found


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
