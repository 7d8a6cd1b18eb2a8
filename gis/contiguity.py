"""
Which pieces of land touch along an edge long enough to be built over as one.

A common corner joins nothing. Lines drawn twice rarely coincide: two edges are the same edge when
they run within 5° of each other and no more than 0.05 m apart.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from gis.arrays import Bools, Floats, Geometries, Ints
from gis.measure import GEOD

GAP_M = 0.05  # digitising gaps or overlaps up to this width do not separate
SEAM_M = GAP_M + 0.002  # a gap of exactly the tolerance closes too
_SAME_LENGTH_M = 1e-3  # an edge drawn as 5 m may measure 4.9999 m after transformation
_PARALLEL = float(np.sin(np.radians(5)))


def to_plane(geoms: Geometries, lon: float, lat: float) -> Geometries:
    """
    Metres east and north of a point, by the ellipsoid's two radii there.

    Within 5 km of the point a length is right to 1 in 5,000: for edges and gaps, never for areas.
    """
    scale = _scale_m(lat)
    return shapely.transform(geoms, lambda lonlat: (lonlat - [lon, lat]) * scale)


def to_lonlat(geoms: Geometries, lon: float, lat: float) -> Geometries:
    """The way back from `to_plane`."""
    scale = _scale_m(lat)
    return shapely.transform(geoms, lambda metres: metres / scale + [lon, lat])


def rounded(land: Any, by_m: float, noise_m2: float = 0.0) -> Any:
    """
    Out and back (by_m > 0) closes gaps narrower than twice the distance; in and back drops such strips.

    Returned as it was where that changes no more than `noise_m2`: rewriting moves every vertex by
    rounding errors, after which neighbours no longer coincide to the last digit.
    """
    west, south, _, _ = shapely.bounds(land)
    plane: Any = to_plane(land, west, south)
    moved: Any = shapely.buffer(plane, by_m, join_style="mitre")
    back: Any = shapely.buffer(moved, -by_m, join_style="mitre")
    return land if abs(back.area - plane.area) <= noise_m2 else to_lonlat(back, west, south)


def wide_pieces(land: Any, width_m: float) -> Geometries:
    """
    What of a piece of land is at least so wide, apart where only a narrower neck joins it.

    The land is opened: taken in by half the width and out again, with square corners, so that a rectangle
    comes back as it was, while necks, strips and tips narrower than the width are gone. Drawing gaps up to
    0.05 m are closed before.

    Parameters
    ----------
    land
        A polygon in longitude, latitude.
    width_m
        0 asks for nothing: the land as it is.

    Returns
    -------
    pieces
        Shape (k,), polygons in longitude, latitude; none where no place is wide enough.
    """
    if width_m <= 0:
        return shapely.get_parts(land)
    west, south, _, _ = shapely.bounds(land)
    plane: Any = to_plane(land, west, south)
    closed: Any = shapely.buffer(plane, SEAM_M / 2, join_style="mitre")
    # A passage of exactly the width is wide enough, also where its corners were rounded in storage.
    reach_m = width_m / 2 - _SAME_LENGTH_M
    cores = shapely.get_parts(shapely.buffer(closed, -SEAM_M / 2 - reach_m, join_style="mitre"))
    cores = cores[~shapely.is_empty(cores)]
    opened = shapely.intersection(shapely.buffer(cores, reach_m, join_style="mitre"), plane)
    return to_lonlat(opened, west, south)


def touching(planes: Geometries, owner: Ints, min_shared_edge_m: float) -> tuple[Ints, Ints]:
    """
    Pairs of polygons that share an edge.

    Parameters
    ----------
    planes
        Shape (n,), polygons in metres; none missing or empty.
    owner
        Shape (n,); polygons of one owner are never paired.
    min_shared_edge_m
        Sum of the lengths of common edges from which two are one.

    Returns
    -------
    first, second
        Shape (k,): row numbers, first < second, in order.
    """
    start, end, polygon = _edges(planes)
    if len(polygon) == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    lines: Any = shapely.linestrings(np.stack([start, end], axis=1))
    a, b = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=GAP_M * 1.001)
    other = (polygon[a] < polygon[b]) & (owner[polygon[a]] != owner[polygon[b]])
    a, b = a[other], b[other]
    common_m = _common_m(start[a], end[a], start[b], end[b])
    pair, row = np.unique(polygon[a] * len(planes) + polygon[b], return_inverse=True)
    total_m = np.bincount(row, weights=common_m, minlength=len(pair))
    pair = pair[total_m >= min_shared_edge_m - _SAME_LENGTH_M]
    return pair // len(planes), pair % len(planes)


def _scale_m(lat: float) -> Floats:
    sin, cos = np.sin(np.radians(lat)), np.cos(np.radians(lat))
    w = 1 - GEOD.es * sin * sin
    return np.radians([GEOD.a / np.sqrt(w) * cos, GEOD.a * (1 - GEOD.es) / w**1.5])


def _edges(planes: Geometries) -> tuple[Floats, Floats, Ints]:
    rings, owner = shapely.get_rings(planes, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    real = (ring[1:] == ring[:-1]) & (xy[1:] != xy[:-1]).any(axis=1)
    return xy[:-1][real], xy[1:][real], owner[ring[1:][real]]


def _common_m(a0: Floats, a1: Floats, b0: Floats, b1: Floats) -> Floats:
    """Length along a of the part of b that runs beside it, within the gap."""
    length_a = np.hypot(*(a1 - a0).T)
    along = (a1 - a0) / length_a[:, None]
    t0, t1 = ((b0 - a0) * along).sum(axis=1), ((b1 - a0) * along).sum(axis=1)
    d0, d1 = _cross(along, b0 - a0), _cross(along, b1 - a0)
    parallel: Bools = np.abs(d1 - d0) <= _PARALLEL * np.hypot(*(b1 - b0).T)
    near_lo, near_hi = _between(d0, d1, np.full_like(d0, -GAP_M), np.full_like(d0, GAP_M))
    beside_lo, beside_hi = _between(t0, t1, np.zeros_like(t0), length_a)
    share = np.minimum(near_hi, beside_hi) - np.maximum(near_lo, beside_lo)
    return np.where(parallel & (share > 0), share * np.abs(t1 - t0), 0.0)


def _cross(a: Floats, b: Floats) -> Floats:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]


def _between(v0: Floats, v1: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """The part of 0…1 over which v0 + (v1 − v0)·u lies between low and high; empty when from > to."""
    slope = v1 - v0
    with np.errstate(divide="ignore", invalid="ignore"):
        u_low, u_high = (low - v0) / slope, (high - v0) / slope
    flat = slope == 0
    inside = (v0 >= low) & (v0 <= high)
    first = np.where(flat, np.where(inside, 0.0, 1.0), np.minimum(u_low, u_high))
    last = np.where(flat, np.where(inside, 1.0, 0.0), np.maximum(u_low, u_high))
    return np.clip(first, 0.0, 1.0), np.clip(last, 0.0, 1.0)
