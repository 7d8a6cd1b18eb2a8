"""
Which unsettled cases form one knot, and how much contiguous land a knot holds back.

Cases that adjoin and lie around the same lot (on the same map sheet, where there are no lots) are one knot:
they are settled together or the land stays in pieces. What a knot unlocks is what the largest plot around
it grows by when they hand over: five households between two plots free far more than their own ground.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gis.arrays import Geometries, Ints
from gis.contiguity import to_plane, touching
from gis.measure import area_ha
from gis.zone_land import geometries

#: Drawn apart by less than this, in degrees (about 1 m), two outlines adjoin.
ADJOINS_DEG = 9e-6


@dataclass(frozen=True)
class Unlocked:
    """
    The largest contiguous plot around a knot before and after it hands over, hectares.

    ``from_ha`` is the largest usable plot that the knot's land touches, 0 where it touches none.
    """

    from_ha: float
    to_ha: float

    @property
    def gain_ha(self) -> float:
        """What the plot grows by."""
        return self.to_ha - self.from_ha


def knots(outlines: Geometries, around: Ints) -> Ints:
    """
    Number of the knot that each case belongs to.

    Parameters
    ----------
    outlines
        Shape (n,), areas in longitude, latitude; None for a case without land, which is a knot of its own.
    around
        Shape (n,): what the case lies around; cases around different things never form a knot.

    Returns
    -------
    knot
        Shape (n,), 0 … k − 1 in order of the first case of each.
    """
    n = len(outlines)
    tree = shapely.STRtree(outlines)
    a, b = tree.query(outlines, predicate="dwithin", distance=ADJOINS_DEG)
    same = around[a] == around[b]
    links = coo_array((np.ones(same.sum(), dtype=np.int8), (a[same], b[same])), shape=(n, n))
    _, label = connected_components(links, directed=False)
    _, first, inverse = np.unique(label, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse].astype(np.int64)


def unlocked(pieces: Sequence[Any], plots: Sequence[Any], min_shared_edge_m: float) -> list[Unlocked | None]:
    """
    What every knot of one zone unlocks, each looked at alone.

    Parameters
    ----------
    pieces
        Length k: the land of each knot that becomes usable; None or empty where none does.
    plots
        Length m: contiguous plots that are usable already.
    min_shared_edge_m
        Two pieces of land are one plot when they share an edge of at least this length.

    Returns
    -------
    unlocked
        Length k; None where no land of the knot becomes usable.
    """
    parts, owner = _parts([*pieces, *plots])
    if len(parts) == 0:
        return [None for _ in pieces]
    west, south, _, _ = shapely.total_bounds(parts).tolist()
    one, other = touching(to_plane(parts, west, south), owner, min_shared_edge_m)
    joined: dict[int, set[int]] = {}
    for a, b in zip(one.tolist(), other.tolist(), strict=True):
        joined.setdefault(a, set()).add(b)
        joined.setdefault(b, set()).add(a)
    ha = area_ha(parts)
    plot_ha = np.bincount(owner, weights=ha, minlength=len(pieces) + len(plots))
    found: list[Unlocked | None] = []
    for knot in range(len(pieces)):
        own = np.flatnonzero(owner == knot).tolist()
        found.append(_largest(own, joined, owner, ha, plot_ha, len(pieces)) if own else None)
    return found


def _largest(
    own: list[int], joined: dict[int, set[int]], owner: Ints, ha: Any, plot_ha: Any, knots_count: int
) -> Unlocked:
    """Of the plots that the parts of a knot make with what they touch, the largest."""
    mine = set(own)
    best = Unlocked(0.0, 0.0)
    while mine:
        waiting, parts, plots = [mine.pop()], set[int](), set[int]()
        while waiting:
            part = waiting.pop()
            parts.add(part)
            for near in joined.get(part, ()):
                if owner[near] >= knots_count and int(owner[near]) not in plots:
                    plots.add(int(owner[near]))
                    # A plot may touch other parts of the knot elsewhere: they are one plot with it.
                    bridged = [p for p in mine if any(owner[q] == owner[near] for q in joined.get(p, ()))]
                    mine.difference_update(bridged)
                    waiting += bridged
                elif near in mine:
                    mine.discard(near)
                    waiting.append(near)
        before = max((float(plot_ha[plot]) for plot in plots), default=0.0)
        after = float(sum(ha[part] for part in parts) + sum(plot_ha[plot] for plot in plots))
        if after > best.to_ha:
            best = Unlocked(before, after)
    return best


def _parts(shapes: Sequence[Any]) -> tuple[Geometries, Ints]:
    """Polygons of areas, and the row of the area that each is of."""
    polygons, owner = shapely.get_parts(geometries(shapes), return_index=True)
    areal = (shapely.get_type_id(polygons) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(polygons)
    return polygons[areal], owner[areal].astype(np.int64)
