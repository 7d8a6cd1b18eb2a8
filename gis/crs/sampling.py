"""Points that stand for a layer: a few of each of some rows, evenly along its lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gis.arrays import Floats, Geometries, Ints

ROWS = 400
POINTS = 1_600


@dataclass(frozen=True)
class Sample:
    """
    Some points of a layer, as received.

    Attributes
    ----------
    xy
        Shape (m, 2), finite.
    row
        Shape (m,): which of the sampled rows each is of, 0 to `rows` − 1.
    rows
        How many rows were sampled.
    dimension
        0 where the layer is of points, else 1.
    """

    xy: Floats
    row: Ints
    rows: int
    dimension: int


def sample(geoms: Geometries, rows: int = ROWS, points: int = POINTS) -> Sample:
    """
    Take some rows, evenly through the layer, and as many points of each.

    One row with a stray vertex thus weighs as little as any other.

    Parameters
    ----------
    geoms
        Shape (n,); None, empty and what holds no finite coordinate are passed over.
    """
    geoms = np.atleast_1d(np.asarray(geoms, dtype=object))
    present = np.flatnonzero(~(shapely.is_missing(geoms) | shapely.is_empty(geoms)))
    if len(present) > rows:
        present = present[np.linspace(0, len(present) - 1, rows).astype(np.int64)]
    chosen = geoms[present]
    dimension = min(1, int(shapely.get_dimensions(chosen).max(initial=0)))
    if dimension == 0:
        xy, row = shapely.get_coordinates(chosen, return_index=True)
        finite = np.flatnonzero(np.isfinite(xy).all(axis=1))
        kept = finite[:: max(1, len(finite) // points)]
        return Sample(xy[kept], row[kept], len(chosen), dimension)
    xy, row = _evenly(*_vertices(chosen), len(chosen), max(1, points // max(1, len(chosen))))
    return Sample(xy, row, len(chosen), dimension)


def segments(geoms: Geometries) -> tuple[Floats, Floats]:
    """Start and end of every piece of the lines and outlines among some geometries; shape (s, 2) each."""
    lines = _lines(np.atleast_1d(np.asarray(geoms, dtype=object)))[0]
    xy, line = shapely.get_coordinates(lines, return_index=True)
    same = line[1:] == line[:-1]
    return xy[:-1][same], xy[1:][same]


def _lines(geoms: Geometries) -> tuple[Geometries, Ints]:
    parts, owner = shapely.get_parts(geoms, return_index=True)
    if (shapely.get_type_id(parts) >= shapely.GeometryType.MULTIPOINT).any():  # multi inside a collection
        parts, inner = shapely.get_parts(parts, return_index=True)
        owner = owner[inner]
    kind = shapely.get_type_id(parts)
    areal = kind == shapely.GeometryType.POLYGON
    linear = (kind == shapely.GeometryType.LINESTRING) | (kind == shapely.GeometryType.LINEARRING)
    rings, of = shapely.get_rings(parts[areal], return_index=True)
    lines: Geometries = np.concatenate([parts[linear], rings])
    return lines, np.concatenate([owner[linear], owner[areal][of]])


def _vertices(geoms: Geometries) -> tuple[Floats, Ints, Ints]:
    """Finite vertices of lines and outlines in the order of their rows, with row and line of each."""
    lines, owner = _lines(geoms)
    order = np.argsort(owner, kind="stable")
    xy, line = shapely.get_coordinates(lines[order], return_index=True)
    finite = np.isfinite(xy).all(axis=1)
    return xy[finite], owner[order][line[finite]], line[finite]


def _evenly(xy: Floats, row: Ints, line: Ints, rows: int, each: int) -> tuple[Floats, Ints]:
    """As many points of every row, evenly along its lines."""
    if len(xy) < 2:
        return xy, row
    step = np.hypot(*np.diff(xy, axis=0).T)
    step[line[1:] != line[:-1]] = 0.0  # from one line to the next nothing is drawn
    along = np.concatenate([[0.0], np.cumsum(step)])
    low = np.searchsorted(row, np.arange(rows), "left")
    high = np.searchsorted(row, np.arange(rows), "right") - 1
    known = np.flatnonzero(high >= low)
    start, end = along[low[known]], along[high[known]]
    at = (start[:, None] + (end - start)[:, None] * ((np.arange(each) + 0.5) / each)).ravel()
    piece = np.clip(np.searchsorted(along, at, "right") - 1, 0, len(xy) - 2)
    width = along[piece + 1] - along[piece]
    part = np.divide(at - along[piece], width, out=np.zeros_like(at), where=width > 0)
    return xy[piece] + part[:, None] * (xy[piece + 1] - xy[piece]), np.repeat(known, each)
