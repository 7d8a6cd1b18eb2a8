"""
How a fault could be mended. A repair is proposed only where it is safe: it moves no line further than a
tolerance and leaves the land of all features together as it was, but for what was claimed twice or by none.
"""

from __future__ import annotations

import numpy as np
import shapely

from gis import geometry
from gis.arrays import Bools, Geometries
from gis.measure import HA_M2, area_ha
from gis.quality.plane import Plane
from gis.quality.shapes import mean_width_m

#: No repair takes more than this share of a feature's land.
MOST_SHARE = 0.02
#: No repair moves a line further than this.
MOST_MOVED_M = 1.0
_REACH_M = 1e-3


def safe(pieces: Geometries, features: Geometries) -> Bools:
    """
    Whether a piece may be given to or taken from a feature without asking a surveyor.

    Parameters
    ----------
    pieces, features
        Shape (n,), polygons in longitude, latitude; row by row.

    Returns
    -------
    safe
        Shape (n,): narrow (`MOST_MOVED_M`) and small beside the feature (`MOST_SHARE`); False where missing.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        share = area_ha(pieces) / area_ha(features)
    return (mean_width_m(pieces) <= MOST_MOVED_M) & (share <= MOST_SHARE)


def trimmed(feature: shapely.Geometry, other: shapely.Geometry) -> shapely.Geometry | None:
    """A feature without the land that another one has as well; None where nothing sound is left."""
    return _sound(shapely.difference(feature, other))


def filled(feature: shapely.Geometry, gap: shapely.Geometry) -> shapely.Geometry | None:
    """
    A feature with a narrow gap beside it added.

    The gap is widened by a millimetre first, so that rounding leaves no slit between the two, and the corners
    of the feature stay where they are.
    """
    plane = Plane.around(np.array([feature], dtype=object))
    flat, hole = plane.metres(np.array([feature, gap], dtype=object))
    both = shapely.union(flat, shapely.buffer(hole, _REACH_M, join_style="mitre"))
    return _sound(plane.degrees(np.array([both], dtype=object))[0])


def mended(geom: shapely.Geometry, kind: str) -> shapely.Geometry | None:
    """What an unsound geometry becomes by itself (`gis.geometry.check`); None where nothing does."""
    return geometry.check(np.array([geom], dtype=object), kind).geoms[0]


def area_change_m2(before: shapely.Geometry, after: shapely.Geometry) -> float:
    """By how much the land of a feature grows, on the ellipsoid; negative where it shrinks."""
    was, becomes = area_ha(np.array([before, after], dtype=object)) * HA_M2
    return float(becomes - was)


def _sound(geom: shapely.Geometry) -> shapely.Geometry | None:
    return geometry.check(np.array([geom], dtype=object), "MULTIPOLYGON").geoms[0]
