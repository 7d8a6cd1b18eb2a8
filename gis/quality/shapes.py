"""What may be wrong with one geometry by itself: where it is invalid or touches itself, how thin it is."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import shapely

from gis.arrays import Floats, Geometries, Ints
from gis.measure import HA_M2, area_ha, length_m
from gis.quality.plane import Plane

_PLACE = re.compile(r"\[(\S+) (\S+)\]")


def kinks(geoms: Geometries) -> Geometries:
    """
    The first place at which each geometry is invalid, as GEOS names it.

    Parameters
    ----------
    geoms
        Shape (n,), in any system; None where missing.

    Returns
    -------
    points
        Shape (n,); None where the geometry is valid or missing, or where the reason names no place.
    """
    geoms = np.atleast_1d(np.asarray(geoms, dtype=object))
    points: Geometries = np.full(len(geoms), None, dtype=object)
    for row in np.flatnonzero(~shapely.is_missing(geoms) & ~shapely.is_valid(geoms)):
        named = _PLACE.search(shapely.is_valid_reason(geoms[row]))
        if named is not None and np.isfinite(xy := [float(number) for number in named.groups()]).all():
            points[row] = shapely.Point(xy)
    return points


def self_touches(geoms: Geometries) -> tuple[Ints, Geometries]:
    """
    Polygons that touch themselves in a corner: valid, but of one piece only by a point.

    Parameters
    ----------
    geoms
        Shape (n,), polygons of one or more parts; None where missing.

    Returns
    -------
    row, points
        Shape (k,): which polygons, in order, and a multipoint of the corners that come twice.
    """
    geoms = np.atleast_1d(np.asarray(geoms, dtype=object))
    polygons, owner = shapely.get_parts(geoms, return_index=True)
    areal = shapely.get_type_id(polygons) == shapely.GeometryType.POLYGON
    rings, polygon = shapely.get_rings(polygons[areal], return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    if len(xy) == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=object)
    closing = np.append(ring[1:] != ring[:-1], True)
    xy, of = xy[~closing], owner[areal][polygon[ring[~closing]]]
    order = np.lexsort((xy[:, 1], xy[:, 0], of))
    xy, of = xy[order], of[order]
    again = (of[1:] == of[:-1]) & (xy[1:] == xy[:-1]).all(axis=1)
    row, corner = of[1:][again], xy[1:][again]
    rows, place = np.unique(row, return_inverse=True)
    corners: Any = shapely.points(corner)
    together: Any = shapely.multipoints(corners, indices=place)
    return rows.astype(np.int64), together


def narrow(geoms: Geometries, under_m: float) -> tuple[Ints, Floats]:
    """
    Polygons whose mean width lies under a limit.

    Parameters
    ----------
    geoms
        Shape (n,), longitude, latitude; None where missing.

    Returns
    -------
    row, width_m
        Shape (k,): which polygons, in order, and their `mean_width_m`.
    """
    geoms = np.atleast_1d(np.asarray(geoms, dtype=object))
    flat = Plane.around(geoms).metres(geoms)
    # Geodesics for those alone that may be narrow: a degree of longitude shortens by a tenth in the country.
    with np.errstate(divide="ignore", invalid="ignore"):
        row = np.flatnonzero(2 * shapely.area(flat) / shapely.length(flat) < under_m * 1.25)
    width_m = mean_width_m(geoms[row])
    return row[width_m < under_m], width_m[width_m < under_m]


def mean_width_m(geoms: Geometries) -> Floats:
    """
    How wide each polygon would be as a strip: twice its area by its perimeter.

    A strip of 100 m × 0.4 m has 0.398 m; a square of side a has a/2.

    Parameters
    ----------
    geoms
        Shape (n,), longitude, latitude; None where missing.

    Returns
    -------
    width_m
        Shape (n,), metres; NaN where missing or without a perimeter.
    """
    around_m = length_m(geoms)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(around_m > 0, 2 * area_ha(geoms) * HA_M2 / around_m, np.nan)
