"""
Which of several close places fits what is already on the map: roads, zones, boundaries.

A missing datum shift moves data by 225 m and a wrong scale by 0.4 to 0.7 km, too little to leave a
province. But lines of one layer run along lines of another: the share of points that lie near a reference
line is taken for every reading, and for several hundred other offsets within 1.5 km. A reading is believed
only where it beats every one of those and stands far above their spread, so the noise of the reference
(generalised boundaries, roads that follow no boundary) sets its own threshold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.spatial import KDTree

from gis.arrays import Bools, Floats, Geometries
from gis.crs.sampling import segments

M_PER_DEG = 111_195.0
NEAR_M = 1_500.0
#: How near counts as near: surveyed lines, digitised ones, generalised ones.
_WIDTHS_M = (20.0, 50.0, 120.0)
#: What no reference can tell apart: readings this close share their verdict.
SAME_PLACE_M = 60.0
_STEP_M = 150.0
_SCANNED = 400
_MOST_POINTS = 150_000
_FEWEST = 24
#: How far, in spreads of the other offsets, the best must stand out and lead the next reading.
_OUTSTANDING, _AHEAD = 4.5, 3.0

Source = Literal["lines", "areas"]


@dataclass(frozen=True)
class Match:
    """
    How readings fit one kind of reference.

    Attributes
    ----------
    source
        ``lines`` or ``areas``.
    height
        Shape (readings,): how many spreads above the mean of other offsets each stands, at the width where
        the best stands highest.
    conclusive
        Whether one reading stands out and leads all others that are further than 60 m from it.
    median_m
        Shape (readings,): median distance to the reference, of points within 500 m of it.
    apart_m
        Shape (readings, readings): how far each lies from each other.
    points
        How many points had a reference near.
    """

    source: Source
    height: Floats
    conclusive: bool
    median_m: Floats
    apart_m: Floats
    points: int


class Reference:
    """Lines, or outlines of areas, in longitude and latitude, that places are compared with."""

    def __init__(self, geoms: Geometries, source: Source) -> None:
        self.source: Source = source
        self._a, self._b = segments(geoms)

    def match(self, placed: list[Floats]) -> Match | None:
        """
        Compare the same points under several readings that land within a few kilometres.

        Parameters
        ----------
        placed
            For each reading shape (m, 2), longitude and latitude.

        Returns
        -------
        match
            None where the reference has nothing near.
        """
        finite = np.logical_and.reduce([np.isfinite(one).all(axis=1) for one in placed])
        placed = [one[finite] for one in placed]
        if len(placed[0]) == 0 or len(self._a) == 0:
            return None
        centre = np.median(placed[0], axis=0)
        scale = np.array([M_PER_DEG * np.cos(np.radians(centre[1])), M_PER_DEG])
        metres = [(one - centre) * scale for one in placed]
        tree = self._points(metres[0], centre, scale)
        if tree is None:
            return None
        near = np.isfinite(tree.query(metres[0], distance_upper_bound=NEAR_M)[0])
        if near.sum() < _FEWEST:
            return None
        metres = [one[near] for one in metres]
        shift = np.array([np.median(one - metres[0], axis=0) for one in metres])
        return self._scan(tree, metres, shift)

    def _points(self, metres: Floats, centre: Floats, scale: Floats) -> KDTree | None:
        """The reference near the points, as points along it."""
        low, high = metres.min(axis=0) - 2 * NEAR_M, metres.max(axis=0) + 2 * NEAR_M
        a, b = (self._a - centre) * scale, (self._b - centre) * scale
        inside = (np.maximum(a, b) >= low).all(axis=1) & (np.minimum(a, b) <= high).all(axis=1)
        a, b = a[inside], b[inside]
        length_m = np.hypot(*(b - a).T)
        if len(a) == 0 or length_m.sum() == 0:
            return None
        step_m = max(10.0, length_m.sum() / _MOST_POINTS)
        count = np.maximum(1, np.ceil(length_m / step_m)).astype(np.int64)
        piece = np.repeat(np.arange(len(a)), count)
        at = np.arange(len(piece)) - np.repeat(np.cumsum(count) - count, count)
        points = a[piece] + ((at + 0.5) / count[piece])[:, None] * (b - a)[piece]
        kept = (points >= low).all(axis=1) & (points <= high).all(axis=1)
        return KDTree(points[kept]) if kept.any() else None

    def _scan(self, tree: KDTree, metres: list[Floats], shift: Floats) -> Match:
        distances = np.array([tree.query(one, distance_upper_bound=NEAR_M)[0] for one in metres])
        offsets = _offsets()
        some = metres[0][:: max(1, len(metres[0]) // _SCANNED)]
        moved = (some[None, :, :] + offsets[:, None, :]).reshape(-1, 2)
        others = tree.query(moved, distance_upper_bound=500.0)[0].reshape(len(offsets), len(some))
        apart = np.hypot(*(offsets[:, None, :] - shift[None, :, :]).transpose(2, 0, 1)).min(axis=1)
        best: tuple[float, Floats, bool] = (-np.inf, np.zeros(len(metres)), False)
        for width_m in _WIDTHS_M:
            height, beats_all = _height(distances, others[apart > max(100.0, 1.5 * width_m)], width_m)
            if height.max() > best[0]:
                best = (float(height.max()), height, beats_all)
        _, height, beats_all = best
        first = int(np.argmax(height))
        apart_m = np.hypot(*(shift[:, None, :] - shift[None, :, :]).transpose(2, 0, 1))
        rivals = apart_m[first] > SAME_PLACE_M
        lead = height[first] - height[rivals].max(initial=-np.inf)
        near_m = np.where(distances <= 500.0, distances, np.nan)
        known: Bools = np.asarray(np.isfinite(near_m).any(axis=1))
        median_m = np.full(len(metres), np.nan)
        median_m[known] = np.nanmedian(near_m[known], axis=1)
        conclusive = beats_all and height[first] >= _OUTSTANDING and lead >= _AHEAD
        return Match(self.source, height, bool(conclusive), median_m, apart_m, len(metres[0]))


def _height(distances: Floats, others: Floats, width_m: float) -> tuple[Floats, bool]:
    """How far above the other offsets each reading stands, and whether the best is above all of them."""
    share = np.exp(-((distances / width_m) ** 2) / 2).mean(axis=1)
    other = np.exp(-((others / width_m) ** 2) / 2).mean(axis=1)
    # Where references are rare almost every other offset meets none: a spread of a few points is the least.
    spread = max(float(other.std()), 0.01)
    return (share - other.mean()) / spread, bool(share.max() > other.max(initial=0.0))


def _offsets() -> Floats:
    steps = np.arange(-NEAR_M, NEAR_M + 1, _STEP_M)
    grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    return grid[np.hypot(*grid.T) <= NEAR_M]
