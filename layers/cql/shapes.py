"""Geometries of a filter, from the system it is written in to the system of storage; checked on the way."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from gis.crs import STORAGE_SRID, WEB_MERCATOR_SRID, Crs, transform
from layers.cql.errors import FilterGeometryWrong, FilterOperandsWrong
from layers.cql.tree import BBOX, Node, Tree, Value

MOST_VERTICES = 1_000
BOX_STEPS = 32
"""Parts of each edge of a projected box: it is no straight line in degrees."""
Box = tuple[float, float, float, float]


def place(tree: Tree, crs: Crs) -> Tree:
    """
    The tree with every geometry in storage; a box becomes one.

    Raises
    ------
    FilterGeometryWrong, FilterOperandsWrong
    """
    if isinstance(tree, Value) and isinstance(tree.value, shapely.Geometry):
        return Value(_stored(tree.value, crs, tree.at), tree.at)
    if isinstance(tree, Node):
        if tree.op == BBOX:
            return Value(_box(tree, crs), tree.at)
        return Node(tree.op, tuple(place(one, crs) for one in tree.args), tree.at)
    return tree


def reach(crs: Crs) -> Box:
    """A box in a system's own units, x before y, that holds the country whichever meridian it has."""
    if crs.geographic:
        return -180.0, -90.0, 180.0, 90.0
    if crs.srid == WEB_MERCATOR_SRID:
        return -20_037_508.0, -20_037_508.0, 20_037_508.0, 20_037_508.0
    return -2_000_000.0, 0.0, 3_000_000.0, 4_000_000.0


def _stored(geom: shapely.Geometry, crs: Crs, at: str) -> shapely.Geometry:
    if shapely.get_num_coordinates(geom) > MOST_VERTICES:
        raise FilterGeometryWrong(at=at, reason=f"{shapely.get_num_coordinates(geom)} > {MOST_VERTICES}")
    flat = shapely.force_2d(geom)
    xy = shapely.get_coordinates(flat)
    if not np.isfinite(xy).all():
        raise FilterGeometryWrong(at=at, reason="NaN, ∞")
    if crs.axes == "yx":
        flat, xy = shapely.transform(flat, lambda c: c[:, ::-1]), xy[:, ::-1]
    west, south, east, north = reach(crs)
    if len(xy) and not ((xy >= (west, south)) & (xy <= (east, north))).all():
        limits = f"{west:g} ≤ x ≤ {east:g}, {south:g} ≤ y ≤ {north:g}"
        raise FilterGeometryWrong(at=at, reason=f"x={xy[0, 0]:g}, y={xy[0, 1]:g}; {limits}")
    if not shapely.is_valid(flat):
        raise FilterGeometryWrong(at=at, reason=shapely.is_valid_reason(flat))
    moved: Any = transform(np.array([flat], dtype=object), crs.srid, STORAGE_SRID)[0]
    if not np.isfinite(shapely.get_coordinates(moved)).all():
        raise FilterGeometryWrong(at=at, reason=f"EPSG:{crs.srid} → ∞")
    return moved


def _box(node: Node, crs: Crs) -> shapely.Geometry:
    """A box of four numbers, or six with heights, which nobody looks at; cut to its system's reach."""
    numbers = [one.value for one in node.args if isinstance(one, Value) and isinstance(one.value, float)]
    if len(numbers) != len(node.args) or len(numbers) not in (4, 6):
        raise FilterOperandsWrong(at=node.at, operator="BBOX", wanted="4, 6", given=len(node.args))
    half = len(numbers) // 2
    west, south, east, north = numbers[0], numbers[1], numbers[half], numbers[half + 1]
    if crs.axes == "yx":
        west, south, east, north = south, west, north, east
    if south > north or (west > east and not crs.geographic):
        raise FilterGeometryWrong(at=node.at, reason="min > max")
    if west > east:  # across the antimeridian
        halves = [_part((west, south, 180.0, north), crs), _part((-180.0, south, east, north), crs)]
        return shapely.union_all(halves)
    return _part((west, south, east, north), crs)


def _part(box: Box, crs: Crs) -> shapely.Geometry:
    low, high = reach(crs)[:2], reach(crs)[2:]
    west, south = (min(max(v, a), b) for v, a, b in zip(box[:2], low, high, strict=True))
    east, north = (min(max(v, a), b) for v, a, b in zip(box[2:], low, high, strict=True))
    if west == east and south == north:
        drawn: Any = shapely.Point(west, south)
    elif west == east or south == north:
        drawn = shapely.LineString([(west, south), (east, north)])
    else:
        drawn = shapely.box(west, south, east, north)
    if crs.srid != STORAGE_SRID:
        drawn = shapely.segmentize(drawn, max(east - west, north - south) / BOX_STEPS or 1.0)
    return transform(np.array([drawn], dtype=object), crs.srid, STORAGE_SRID)[0]
