"""
The flat sheet on which the province is drawn, and the few shapes that every theme needs.

The sheet is an affine image of longitude and latitude: straight stays straight and a shared vertex stays
shared, so a coverage drawn in metres is still one in degrees. Areas are exact only on the ellipsoid
(`gis.measure`); the sheet itself is off by up to 0.3 %.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from shapely import LineString, Polygon

from gis.arrays import Floats, Geometries
from gis.measure import GEOD

#: A table in the making: column name → values, all of one length.
Columns = Mapping[str, Sequence[Any] | np.ndarray]

ORIGIN = np.array([106.85, 11.0])
_E2 = GEOD.es
_W2 = 1 - _E2 * np.sin(np.radians(ORIGIN[1])) ** 2
#: Metres per degree of longitude and latitude at the origin.
METRES = np.radians(1) * np.array(
    [GEOD.a * np.cos(np.radians(ORIGIN[1])) / np.sqrt(_W2), GEOD.a * (1 - _E2) / _W2**1.5]
)


def to_sheet(lonlat: Any) -> Floats:
    """Longitude, latitude, shape (n, 2), in metres east and north of the origin."""
    return (np.asarray(lonlat, dtype=float) - ORIGIN) * METRES


def to_lonlat(xy: Any) -> Floats:
    """Metres on the sheet, shape (n, 2), as longitude, latitude."""
    return np.asarray(xy, dtype=float) / METRES + ORIGIN


def on_earth(geoms: Any) -> Any:
    """Geometries of the sheet in longitude, latitude; a lone one or an array."""
    return shapely.transform(geoms, to_lonlat)


def turned(points: Any, angle: float, origin: Any = (0.0, 0.0)) -> Floats:
    """Points turned counter-clockwise by ``angle`` radians about ``origin``."""
    c, s = np.cos(angle), np.sin(angle)
    return (np.asarray(points, dtype=float) - origin) @ np.array([[c, s], [-s, c]]) + origin


def smoothed(points: Any, rounds: int = 3) -> Floats:
    """An open polyline with its corners cut (Chaikin); ends stay."""
    line = np.asarray(points, dtype=float)
    for _ in range(rounds):
        a, b = line[:-1], line[1:]
        cut = np.stack([0.75 * a + 0.25 * b, 0.25 * a + 0.75 * b], axis=1).reshape(-1, 2)
        line = np.vstack([line[:1], cut, line[-1:]])
    return line


def spaced(points: Any, step_m: float) -> Floats:
    """Points along a polyline, about ``step_m`` apart, both ends included."""
    line = LineString(points)
    n = max(round(line.length / step_m), 1)
    return shapely.get_coordinates(shapely.line_interpolate_point(line, np.linspace(0, line.length, n + 1)))


def faces(lines: Sequence[Any]) -> Geometries:
    """
    The faces that lines enclose, once they are noded together: neighbours share their edges exactly.

    Ends that dangle past the last crossing vanish.
    """
    noded = shapely.get_parts(shapely.union_all(np.asarray(lines, dtype=object)))
    return shapely.get_parts(shapely.polygonize(noded))


def largest(geom: Any) -> Polygon:
    """The largest polygon of a geometry, without its holes; an empty one where there is none."""
    parts = [p for p in shapely.get_parts(shapely.get_parts(geom)) if p.geom_type == "Polygon"]
    if not parts:
        return Polygon()
    return Polygon(max(parts, key=lambda p: p.area).exterior)


def merged_small(polygons: Geometries, group: Any, least_m2: float) -> tuple[Geometries, list[int]]:
    """
    Join each face that is too small to the neighbour of its group with which it shares most edge.

    Returns
    -------
    polygons
        The faces that are left; a small one without neighbour in its group stays as it is.
    kept
        Their row in the input.
    """
    cells: list[Any] = list(polygons)
    tree = shapely.STRtree(polygons)
    home = list(range(len(cells)))  # where each face now lives
    small = np.flatnonzero(shapely.area(polygons) < least_m2)
    for row in small[np.argsort(shapely.area(polygons[small]), kind="stable")]:
        if home[row] != row or cells[row].area >= least_m2:
            continue
        near = {_root(home, int(i)) for i in tree.query(cells[row], predicate="intersects")} - {int(row)}
        near = sorted(i for i in near if group[i] == group[row])
        edges = [shapely.intersection(cells[row], cells[i]).length for i in near]
        if not edges or max(edges) == 0:
            continue
        host = near[int(np.argmax(edges))]
        joined = shapely.coverage_union_all([cells[row], cells[host]])
        if joined.geom_type == "Polygon" or len(shapely.get_parts(joined)) == 1:
            cells[host], home[row] = shapely.get_parts(joined)[0], host
    kept = [i for i in range(len(cells)) if home[i] == i]
    return np.array([cells[i] for i in kept], dtype=object), kept


def _root(home: list[int], row: int) -> int:
    while home[row] != row:
        row = home[row]
    return row
