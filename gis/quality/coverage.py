"""
What may be wrong between neighbours: land claimed twice, narrow gaps, parts outside what should hold them.

A clean partition is recognised by its edges (``coverage_invalid_edges`` of GEOS), which is ten times as fast
as to intersect every pair; only features with an edge that meets no neighbour's are looked at any further.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from gis import geometry
from gis.arrays import Floats, Geometries, Ints
from gis.measure import HA_M2, area_ha
from gis.quality.plane import Plane

#: Threads for functions of GEOS, which leave the interpreter's lock.
THREADS = 2
_PART = 4_096
_GRID_M = 1e-4
#: Edges this close lie on one another.
_NOISE_M = 0.02


@dataclass(frozen=True)
class Overlaps:
    """
    Pairs that share land.

    Attributes
    ----------
    first, second
        Shape (k,): row numbers, first < second, in order.
    geoms, area_m2
        Shape (k,): the land that they share, in longitude, latitude, and its area on the ellipsoid.
    """

    first: Ints
    second: Ints
    geoms: Geometries
    area_m2: Floats


@dataclass(frozen=True)
class Gaps:
    """
    Narrow land between neighbours that belongs to none.

    Attributes
    ----------
    geoms, area_m2
        Shape (k,): the gaps, from west to east, and their area on the ellipsoid.
    first, second
        Shape (k,): rows of the neighbours with the longest border on each, the longest first; −1 where a gap
        has one neighbour alone.
    """

    geoms: Geometries
    area_m2: Floats
    first: Ints
    second: Ints


def loose_edges(geoms: Geometries, width_m: float = 0.0) -> Geometries:
    """
    Edges that meet no neighbour's edge although a neighbour is there.

    Parameters
    ----------
    geoms
        Shape (n,), valid polygons in longitude, latitude; None where missing.
    width_m
        Also edges along a gap no wider than this.

    Returns
    -------
    edges
        Shape (n,), lines in longitude, latitude; empty where every edge fits, None where missing.
    """
    geoms = np.atleast_1d(np.asarray(geoms, dtype=object))
    plane = Plane.around(geoms)
    return plane.degrees(_loose(plane.metres(geoms), width_m))


def overlaps(geoms: Geometries, tolerance_m2: float = 1.0, edges: Geometries | None = None) -> Overlaps:
    """
    Pairs of polygons that share more land than a tolerance.

    Parameters
    ----------
    geoms
        Shape (n,), valid polygons in longitude, latitude; None and empty overlap nothing.
    tolerance_m2
        Shared slivers up to this area are drawing noise.
    edges
        Their `loose_edges`, where they are known.
    """
    geoms = np.atleast_1d(np.asarray(geoms, dtype=object))
    near = _near(geoms, loose_edges(geoms) if edges is None else edges)
    first, second, area_m2 = geometry.overlaps(geoms[near], tolerance_m2)
    first, second = near[first], near[second]
    return Overlaps(first, second, shared(geoms[first], geoms[second]), area_m2)


def gaps(
    geoms: Geometries, width_m: float, tolerance_m2: float = 1.0, edges: Geometries | None = None
) -> Gaps:
    """
    Land between neighbours that is no wider than ``width_m`` and belongs to none of them.

    A gap is what closing a pair of neighbours fills (widening both by half the width and taking it back) and
    no other feature covers; it may be open at its ends.

    Parameters
    ----------
    geoms
        Shape (n,), valid polygons in longitude, latitude; None where missing.
    tolerance_m2
        Gaps up to this area are drawing noise.
    edges
        Their `loose_edges` for this width, where they are known.
    """
    geoms = np.atleast_1d(np.asarray(geoms, dtype=object))
    plane = Plane.around(geoms)
    flat = plane.metres(geoms)
    loose = _loose(flat, width_m) if edges is None else plane.metres(edges)
    first, second = _pairs_within(_open(loose, flat), width_m)
    if len(first) == 0:
        return _no_gaps()

    def close(part: slice) -> Geometries:
        return _closed(flat[first[part]], flat[second[part]], width_m)

    closed = _in_parts(close, len(first))
    filled = shapely.union_all(closed[~shapely.is_empty(closed)], grid_size=_GRID_M)
    parts = shapely.get_parts(filled)
    left = _not_covered(parts[shapely.get_dimensions(parts) == 2], flat)
    return _measured(left, flat, plane, tolerance_m2)


def outside(inner: Geometries, outer: Geometries) -> tuple[Geometries, Floats]:
    """
    The part of each feature that lies outside what should hold it, row by row.

    Parameters
    ----------
    inner, outer
        Shape (n,), valid polygons in longitude, latitude; None where missing.

    Returns
    -------
    geoms, area_m2
        Shape (n,): the part outside and its area on the ellipsoid; None and NaN where either is missing.
    """
    inner = np.atleast_1d(np.asarray(inner, dtype=object))
    outer = np.atleast_1d(np.asarray(outer, dtype=object))

    def leave(part: slice) -> Geometries:
        return _outside(inner[part], outer[part])

    left = _in_parts(leave, len(inner))
    return left, area_ha(left) * HA_M2


def shared(first: Geometries, second: Geometries) -> Geometries:
    """
    Shape (n,): the land that two columns of polygons share, row by row, without points and lines.

    Empty where they share none; None where either is missing.
    """
    met = shapely.intersection(first, second)
    odd = np.flatnonzero(shapely.get_type_id(met) == shapely.GeometryType.GEOMETRYCOLLECTION)
    for row in odd:
        parts = shapely.get_parts(met[row])
        met[row] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    return met


def _outside(inner: Geometries, outer: Geometries) -> Geometries:
    left = inner.copy()
    left[shapely.is_missing(outer)] = None
    out = ~shapely.covered_by(inner, outer) & ~shapely.is_missing(left)
    left[~out & ~shapely.is_missing(left)] = shapely.Polygon()
    left[out] = shapely.difference(inner[out], outer[out])
    return left


def _loose(flat: Geometries, width_m: float) -> Geometries:
    edges: Geometries = np.full(len(flat), None, dtype=object)
    there = np.flatnonzero(~shapely.is_missing(flat) & ~shapely.is_empty(flat))
    if len(there):
        edges[there] = shapely.coverage_invalid_edges(flat[there], gap_width=width_m)
    return edges


def _near(geoms: Geometries, edges: Geometries) -> Ints:
    """Features with loose edges and whatever their boxes meet, in order."""
    loose = np.flatnonzero(~shapely.is_missing(edges) & ~shapely.is_empty(edges))
    _, met = shapely.STRtree(geoms).query(geoms[loose])
    return np.unique(np.concatenate([loose, met])).astype(np.int64)


def _open(edges: Geometries, flat: Geometries) -> Geometries:
    """
    Loose edges along which nobody is beside: where corners merely lie on a neighbour's edge there is no gap.

    An edge is open where one of three places on it is further than `_NOISE_M` from every other feature.
    """
    lines, owner = shapely.get_parts(edges, return_index=True)
    xy, line = shapely.get_coordinates(lines, return_index=True)
    along = line[1:] == line[:-1]
    start, end, own = xy[:-1][along], xy[1:][along], owner[line[1:][along]]
    free = np.zeros(len(own), dtype=bool)
    tree = shapely.STRtree(flat)
    for share in (1 / 2, 1 / 6, 5 / 6):
        asked = np.flatnonzero(~free)
        places = shapely.points(start[asked] * (1 - share) + end[asked] * share)
        place, feature = tree.query(places, predicate="dwithin", distance=_NOISE_M)
        beside = np.zeros(len(asked), dtype=bool)
        beside[place[own[asked][place] != feature]] = True
        free[asked[~beside]] = True
    left: Geometries = np.full(len(flat), None, dtype=object)
    if free.any():
        order = np.flatnonzero(free)[np.argsort(own[free], kind="stable")]
        segments: Any = shapely.linestrings(np.stack([start[order], end[order]], axis=1))
        shapely.multilinestrings(segments, indices=own[order], out=left)
    return left


def _pairs_within(edges: Geometries, width_m: float) -> tuple[Ints, Ints]:
    loose = np.flatnonzero(~shapely.is_missing(edges) & ~shapely.is_empty(edges))
    if len(loose) == 0:
        return loose, loose
    first, second = shapely.STRtree(edges[loose]).query(edges[loose], predicate="dwithin", distance=width_m)
    once = first < second
    return loose[first[once]], loose[second[once]]


def _closed(a: Geometries, b: Geometries, width_m: float) -> Geometries:
    both = shapely.union(a, b, grid_size=_GRID_M)
    wide = shapely.buffer(both, width_m / 2, join_style="mitre", mitre_limit=2.0)
    closed = shapely.buffer(wide, -width_m / 2, join_style="mitre", mitre_limit=2.0)
    return shapely.difference(closed, both, grid_size=_GRID_M)


def _not_covered(parts: Geometries, flat: Geometries) -> Geometries:
    """What of each part no feature covers, in single polygons."""
    part, feature = shapely.STRtree(flat).query(parts, predicate="intersects")
    parts = parts.copy()
    for row in np.unique(part):
        taken = shapely.union_all(flat[feature[part == row]])
        parts[row] = shapely.difference(parts[row], taken, grid_size=_GRID_M)
    left = shapely.get_parts(parts)
    return left[shapely.get_dimensions(left) == 2]


def _measured(parts: Geometries, flat: Geometries, plane: Plane, tolerance_m2: float) -> Gaps:
    in_degrees = plane.degrees(parts)
    area_m2 = area_ha(in_degrees) * HA_M2
    real = area_m2 > tolerance_m2
    order = np.flatnonzero(real)[np.argsort(shapely.bounds(parts[real])[:, 0], kind="stable")]
    parts, in_degrees, area_m2 = parts[order], in_degrees[order], area_m2[order]
    # A neighbour's border on a gap is as long as the rim of the gap that lies on it.
    reach_m = 20 * _GRID_M
    part, feature = shapely.STRtree(flat).query(parts, predicate="dwithin", distance=reach_m)
    rim_m = shapely.area(shapely.intersection(shapely.buffer(parts[part], reach_m), flat[feature]))
    by_length = np.lexsort((feature, -rim_m, part))
    part, feature = part[by_length], feature[by_length]
    place = np.arange(len(part)) - np.searchsorted(part, part)
    first, second = np.full(len(parts), -1), np.full(len(parts), -1)
    first[part[place == 0]] = feature[place == 0]
    second[part[place == 1]] = feature[place == 1]
    return Gaps(in_degrees, area_m2, first.astype(np.int64), second.astype(np.int64))


def _no_gaps() -> Gaps:
    none = np.zeros(0, dtype=np.int64)
    return Gaps(np.zeros(0, dtype=object), np.zeros(0), none, none)


def _in_parts(work: Callable[[slice], Geometries], n: int) -> Geometries:
    """The answers of a function over parts of n rows, computed side by side."""
    parts = [slice(at, at + _PART) for at in range(0, n, _PART)]
    if len(parts) <= 1:
        return work(slice(0, n)) if n else np.zeros(0, dtype=object)
    with ThreadPoolExecutor(THREADS) as threads:
        return np.concatenate(list(threads.map(work, parts)))
