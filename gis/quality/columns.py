"""What may be wrong with values and points: figures that disagree, values that come twice, crowded points."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gis.arrays import Bools, Floats, Geometries, Ints, Texts
from gis.quality.plane import Plane


def disagreement_percent(declared: Floats, measured: Floats, least: float) -> Floats:
    """
    By how many per cent of the declared figure the measured one is off.

    Parameters
    ----------
    declared, measured
        Shape (n,), in one unit; NaN where missing.
    least
        Differences up to this, in the same unit, are the precision of drawing and count as none.

    Returns
    -------
    percent
        Shape (n,), ≥ 0; NaN where either is missing or nothing is declared.
    """
    apart = np.abs(measured - declared)
    with np.errstate(divide="ignore", invalid="ignore"):
        percent = np.where(declared > 0, 100 * apart / declared, np.nan)
    return np.where(apart <= least, np.where(np.isnan(percent), np.nan, 0.0), percent)


def repeats(values: Texts) -> tuple[Ints, Ints]:
    """
    Values that come more than once.

    Parameters
    ----------
    values
        Shape (n,), text; None or empty where missing, and what is missing repeats nothing.

    Returns
    -------
    again, first
        Shape (k,): rows that repeat a value, in order, and the first row that held it.
    """
    told = np.array([value or "" for value in values], dtype=object).astype(str)
    known = np.flatnonzero(told != "")
    _, start, group = np.unique(told[known], return_index=True, return_inverse=True)
    first = known[start[group]]
    again = first != known
    return known[again].astype(np.int64), first[again].astype(np.int64)


def crowds(points: Geometries, apart_m: float) -> Ints:
    """
    Points that lie on one another, as groups.

    Parameters
    ----------
    points
        Shape (n,), longitude, latitude; None where missing.
    apart_m
        Points up to this far apart belong together, also through others.

    Returns
    -------
    group
        Shape (n,): number of the group, equal for points that lie together; −1 where missing.
    """
    points = np.atleast_1d(np.asarray(points, dtype=object))
    group: Ints = np.full(len(points), -1, dtype=np.int64)
    there = np.flatnonzero(~shapely.is_missing(points) & ~shapely.is_empty(points))
    if len(there) == 0:
        return group
    flat = Plane.around(points[there]).metres(points[there])
    # Equal points first: thousands on one point would be millions of pairs.
    spots, spot = np.unique(shapely.get_coordinates(flat), axis=0, return_inverse=True)
    at_spot: Any = shapely.points(spots)
    a, b = shapely.STRtree(at_spot).query(at_spot, predicate="dwithin", distance=apart_m)
    joined = coo_array((np.ones(len(a), dtype=bool), (a, b)), shape=(len(spots), len(spots)))
    _, of_spot = connected_components(joined, directed=False)
    group[there] = of_spot[spot]
    return group


def sizes(group: Ints) -> Ints:
    """How many rows share each row's group; 0 where the group is −1."""
    counts = np.bincount(group[group >= 0], minlength=1)
    return np.where(group >= 0, counts[np.maximum(group, 0)], 0).astype(np.int64)


def near_any(points: Geometries, places: Geometries, within_m: float) -> tuple[Bools, Ints]:
    """
    Points that lie on one of some places, such as the middle of a province.

    Returns
    -------
    near, place
        Shape (n,): whether a place is within the distance, and which is the nearest; −1 where none is.
    """
    near = np.zeros(len(points), dtype=bool)
    place: Ints = np.full(len(points), -1, dtype=np.int64)
    if len(points) == 0 or len(places) == 0:
        return near, place
    plane = Plane.around(np.concatenate([points, places]))
    pairs = shapely.STRtree(plane.metres(places)).query_nearest(
        plane.metres(points), max_distance=within_m, all_matches=False
    )
    near[pairs[0]], place[pairs[0]] = True, pairs[1]
    return near, place
