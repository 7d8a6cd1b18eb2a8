"""Which polygons of one set lie on which of another, and with how much land."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gis.arrays import Floats, Geometries, Ints
from gis.measure import HA_M2, area_ha


@dataclass(frozen=True)
class Shared:
    """
    Land that two sets share, one row per pair, ordered by first and then second.

    Attributes
    ----------
    first, second
        Shape (k,): rows of the two sets.
    area_ha
        Shape (k,): ellipsoidal area of the shared land, above the tolerance.
    geoms
        Shape (k,): the shared land, polygons alone.
    slivers
        Shape (n,): for each row of the first set, pairs left out because they share no more than the
        tolerance.
    """

    first: Ints
    second: Ints
    area_ha: Floats
    geoms: Geometries
    slivers: Ints


def shared(areas: Geometries, others: Geometries, tolerance_m2: float) -> Shared:
    """
    Land that polygons share with others.

    Parameters
    ----------
    areas, others
        Shapes (n,) and (m,), valid polygons in longitude, latitude; None and empty share nothing.
    tolerance_m2
        Shared land up to this is drawing noise along a common border: counted, not told.

    Returns
    -------
    shared
        Borders that only touch are neither pairs nor slivers.
    """
    areas = np.atleast_1d(np.asarray(areas, dtype=object))
    others = np.atleast_1d(np.asarray(others, dtype=object))
    first, second = shapely.STRtree(others).query(areas, predicate="intersects")
    land = polygons_of(shapely.intersection(areas[first], others[second]))
    land_ha = area_ha(land)
    real = land_ha * HA_M2 > tolerance_m2
    slivers = np.bincount(first[~real & (land_ha > 0)], minlength=len(areas)).astype(np.int64)
    order = np.lexsort((second[real], first[real]))
    kept = np.flatnonzero(real)[order]
    return Shared(first[kept], second[kept], land_ha[kept], land[kept], slivers)


def polygons_of(geoms: Geometries) -> Geometries:
    """The polygons of each geometry, shape (n,); empty where it has none."""
    geoms = np.atleast_1d(np.asarray(geoms, dtype=object))
    mixed = np.flatnonzero(shapely.get_type_id(geoms) == shapely.GeometryType.GEOMETRYCOLLECTION)
    made = geoms.copy()
    made[shapely.get_dimensions(geoms) != 2] = shapely.MultiPolygon()
    for row in mixed:
        parts = shapely.get_parts(geoms[row])
        made[row] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    return made
