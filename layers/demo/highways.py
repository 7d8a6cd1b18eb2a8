"""The main roads, drawn from memory before the zones and the local streets, which keep clear of them."""

from __future__ import annotations

import numpy as np
import shapely
from shapely import LineString

from gis.arrays import Geometries
from layers.demo.files import courses

#: Classes of road that are drawn by hand in `courses.csv`.
CLASSES = ("motorway", "trunk", "primary")

SPEED_KMH = {"motorway": 100.0, "trunk": 80.0, "primary": 70.0, "secondary": 60.0, "tertiary": 50.0}


def highways() -> tuple[Geometries, list[str], list[str]]:
    """
    Main roads on the sheet, between the places where two of them meet.

    Returns
    -------
    lines
        Shape (n,), noded together.
    names, classes
        Of each line.
    """
    routes = courses(*CLASSES)
    drawn = [_drawn(points) for _, points in routes]
    pieces = shapely.get_parts(shapely.line_merge(shapely.union_all(drawn)))
    middle = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    home = shapely.STRtree(drawn).nearest(middle)
    return pieces, [routes[i][0]["name"] for i in home], [routes[i][0]["kind"] for i in home]


def _drawn(course: np.ndarray) -> LineString:
    """A route with soft bends; the corners of its course stay put, because other routes meet it there."""
    course = np.round(course)
    points = [course[0]]
    for i in range(len(course) - 1):
        a, b = course[i], course[i + 1]
        before = course[i - 1] if i else a
        after = course[i + 2] if i + 2 < len(course) else b
        t = np.linspace(0, 1, max(int(np.hypot(*(b - a)) / 160), 4))[1:-1, None]
        m, n = 0.5 * (b - before), 0.5 * (after - a)  # Catmull-Rom: through every corner, without a kink
        bend = (
            (2 * t**3 - 3 * t**2 + 1) * a
            + (t**3 - 2 * t**2 + t) * m
            + (3 * t**2 - 2 * t**3) * b
            + (t**3 - t**2) * n
        )
        points += [*bend, b]
    return LineString(np.array(points))
