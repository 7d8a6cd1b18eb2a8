"""
How much of each parcel lies in each zone: exact, additive, and cut only where a boundary passes.

Cutting needs no topology. A polygon is the signed sum of the strips under its edges, so the land two polygons
share is the sum, over pairs of their edges, of what two strips share: the integral of the lower of two lines.
Borders that coincide, holes and parts that touch need no special case, and disjoint zones that cover a parcel
share out its area to the last digits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gis.arrays import Bools, Floats, Geometries, Ints
from gis.clearance import strips
from gis.errors import BadInput
from gis.measure import MM2_PER_HA, authalic_height

_LONG_DEG = 0.002  # longer edges are cut in pieces: a line that is straight in degrees bends on the plane


class AreaMissing(BadInput):
    """A parcel without an area of its own. Facts: row."""


@dataclass(frozen=True)
class Shares:
    """
    Land of parcels in zones, one row per pair that shares any, by parcel and then zone.

    Parameters
    ----------
    parcel, zone
        Shape (k,): rows of the two inputs.
    area_ha
        Shape (k,), above 0.
    """

    parcel: Ints
    zone: Ints
    area_ha: Floats

    @property
    def area_mm2(self) -> Ints:
        """Shape (k,): whole square millimetres, whose sums do not depend on their order."""
        return np.rint(self.area_ha * MM2_PER_HA).astype(np.int64)


def split(parcels: Geometries, parcel_ha: Floats, zones: Geometries) -> Shares:
    """
    Land of each parcel in each zone.

    Parameters
    ----------
    parcels
        Shape (n,), valid polygons in longitude, latitude; None and empty lie nowhere.
    parcel_ha
        Shape (n,): what each measures on the ellipsoid (`gis.measure.area_ha`), which is what a parcel
        inside a zone brings, and what is shared out where a boundary passes through it.
    zones
        Shape (m,), as the parcels; they may overlap.

    Returns
    -------
    shares
        Of disjoint zones that cover a parcel the shares add up to its area. Less than half a square
        millimetre is nothing: neighbours that only touch share no land.

    Raises
    ------
    AreaMissing
        If a parcel has a shape and no area.
    """
    parcels, zones = np.asarray(parcels, dtype=object), np.asarray(zones, dtype=object)
    present = ~(shapely.is_missing(parcels) | shapely.is_empty(parcels))
    unknown = np.flatnonzero(present & np.isnan(parcel_ha))
    if len(unknown):
        raise AreaMissing(row=int(unknown[0]))
    # The tree is over the fewer; a pair is two boxes that meet.
    parcel, zone = shapely.STRtree(zones).query(parcels).astype(np.int64)
    around = _vertices(zones)
    degrees, sign, start = around.edges(around.lonlat)
    bins = strips.bins_of(degrees, start)
    where = strips.classify(parcel, zone, shapely.bounds(parcels), degrees, *bins)
    fraction = (where == strips.INSIDE).astype(np.float64)
    cut = np.flatnonzero(where == strips.ACROSS)
    met, row = np.unique(parcel[cut], return_inverse=True)
    mine = _vertices(parcels[met])
    fraction[cut] = strips.shared_fraction(
        row, zone[cut], *mine.edges(_plane(mine.lonlat)), around.edges(_plane(around.lonlat))[0], sign, *bins
    )
    area_ha = fraction * parcel_ha[parcel]
    some = np.flatnonzero(area_ha * MM2_PER_HA >= 0.5)
    some = some[np.lexsort((zone[some], parcel[some]))]
    return Shares(parcel[some], zone[some], area_ha[some])


@dataclass(frozen=True)
class _Vertices:
    """Vertices of polygons in degrees, the ring of each, and of each ring whether it is a hole, and whose."""

    lonlat: Floats
    ring: Ints
    hole: Bools
    owner: Ints
    polygons: int

    def edges(self, xy: Floats) -> tuple[Floats, Floats, Ints]:
        """Edges over these places of the vertices, their signs, and where those of each polygon begin."""
        return strips.edges_of(xy, self.ring, self.hole, self.owner, self.polygons)


def _vertices(polygons: Geometries) -> _Vertices:
    bounds = shapely.bounds(polygons)
    large = np.flatnonzero((bounds[:, 2:] - bounds[:, :2]).max(axis=1, initial=0.0) > _LONG_DEG)
    polygons = polygons.copy()
    polygons[large] = shapely.segmentize(polygons[large], _LONG_DEG)
    parts, owner = shapely.get_parts(polygons, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    lonlat, ring = shapely.get_coordinates(rings, return_index=True)
    hole = np.zeros(len(rings), dtype=bool)
    hole[1:] = part[1:] == part[:-1]
    return _Vertices(lonlat, ring, hole, owner[part], len(polygons))


def _plane(lonlat: Floats) -> Floats:
    """Longitude and authalic height: areas on this plane are areas on the ellipsoid, but for a factor."""
    return np.column_stack([lonlat[:, 0], authalic_height(np.sin(np.radians(lonlat[:, 1])))])
