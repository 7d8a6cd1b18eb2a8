"""
Metres around a place, for widths and for functions that know no ellipsoid.

Degrees are stretched to metres at one latitude: within a province a metre is off by less than 1 %, which is
nothing beside a tolerance. Areas that people read are measured on the ellipsoid (`gis.measure`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gis.arrays import Floats, Geometries


@dataclass(frozen=True)
class Plane:
    """A corner in degrees, and how many metres a degree has there."""

    lon: float
    lat: float
    lon_m: float
    lat_m: float

    @staticmethod
    def around(geoms: Geometries) -> Plane:
        """The plane whose origin is the middle of some geometries in longitude, latitude; (0, 0) for none."""
        bounds = shapely.total_bounds(geoms) if len(geoms) else np.full(4, np.nan)
        west, south, east, north = bounds.tolist() if np.isfinite(bounds).all() else (0.0,) * 4
        lat = np.radians((south + north) / 2)
        # Series of the WGS 84 ellipsoid (Snyder, USGS 1395, eq. 14-27 and 14-28 in degrees).
        lat_m = 111_132.954 - 559.822 * np.cos(2 * lat) + 1.175 * np.cos(4 * lat)
        lon_m = 111_412.84 * np.cos(lat) - 93.5 * np.cos(3 * lat) + 0.118 * np.cos(5 * lat)
        return Plane((west + east) / 2, (south + north) / 2, float(lon_m), float(lat_m))

    def metres(self, geoms: Geometries) -> Geometries:
        """Geometries in metres from the origin."""
        return shapely.transform(geoms, lambda xy: (xy - self._origin) * self._scale)

    def degrees(self, geoms: Geometries) -> Geometries:
        """Geometries in longitude, latitude again."""
        return shapely.transform(geoms, lambda xy: xy / self._scale + self._origin)

    @property
    def _origin(self) -> Floats:
        return np.array([self.lon, self.lat])

    @property
    def _scale(self) -> Floats:
        return np.array([self.lon_m, self.lat_m])
