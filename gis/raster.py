"""
What a raster says of an area: mean height, slope, flooded share, shares of land cover.

Edges are exact: a cell counts with the part of it that the polygon covers (`exactextract`), weighed by the
ground it stands for. What the raster does not know, inside its extent or beyond it, is a share of its own
and never reads as dry, flat or zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from shapely.geometry import mapping

from gis import crs
from gis.arrays import Floats, Geometries, Ints
from gis.errors import BadInput
from gis.measure import GEOD, HA_M2, area_ha

MOST_CELLS = 40_000_000
"""Cells of one window: 320 MB of heights."""

_MARGIN_CELLS = 2
_ROUNDING = 1e-6


class AreaTooFine(BadInput):
    """An area spans more cells of a raster than one look may take. Facts: cells, allowed."""


@dataclass(frozen=True)
class Grid:
    """
    Cells in rows from north to south.

    Attributes
    ----------
    values
        Shape (rows, columns); NaN where nothing is known.
    west, north
        Outer corner of the first cell, in the units of the system.
    dx, dy
        Width and height of a cell, both positive.
    srid
        The system, one of :data:`gis.crs.SUPPORTED`.
    """

    values: Floats
    west: float
    north: float
    dx: float
    dy: float
    srid: int

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east, north in the units of the system."""
        rows, columns = self.values.shape
        return self.west, self.north - rows * self.dy, self.west + columns * self.dx, self.north


#: Reads the cells that meet a box (west, south, east, north in the raster's system).
Window = Callable[[tuple[float, float, float, float]], Grid]


@dataclass(frozen=True)
class Sample:
    """
    The known cells under one area.

    Attributes
    ----------
    values
        Shape (k,).
    ground_m2
        Shape (k,): the covered part of each cell.
    total_m2
        The whole area, known or not.
    """

    values: Floats
    ground_m2: Floats
    total_m2: float

    @property
    def known_m2(self) -> float:
        """The part of the area of which the raster says something."""
        return float(self.ground_m2.sum())


def samples(window: Window, srid: int, geoms: Geometries, *, slope: bool = False) -> list[Sample]:
    """
    The cells under each area.

    Parameters
    ----------
    window
        Gives the cells of a box, or raises AreaTooFine.
    srid
        The raster's system.
    geoms
        Shape (n,), polygons in longitude, latitude; None where missing.
    slope
        Whether heights are turned into slope in per cent first.

    Returns
    -------
    samples
        One per area; empty, with a total of NaN, where the geometry is missing.

    Raises
    ------
    AreaTooFine
    """
    moved = crs.transform(np.atleast_1d(geoms), crs.STORAGE_SRID, srid)
    geographic = crs.supported(srid).geographic
    total_m2 = area_ha(geoms) * HA_M2 if geographic else shapely.area(moved)
    total_m2[shapely.is_missing(moved)] = np.nan
    nothing = np.empty(0)
    found = [Sample(nothing, nothing, float(total)) for total in total_m2]
    rows = np.flatnonzero(~shapely.is_missing(moved) & ~shapely.is_empty(moved))
    for part, grid in _grids(window, moved, rows):
        if grid.values.size == 0:
            continue
        cells = slope_percent(grid) if slope else grid
        for row, (values, ground_m2) in zip(part, _covered(cells, moved[part]), strict=True):
            found[row] = Sample(values, ground_m2, found[row].total_m2)
    return found


def mean(found: Sequence[Sample]) -> Floats:
    """Mean of the known cells by ground, shape (n,); NaN where nothing is known."""
    return np.array([_ratio((s.values * s.ground_m2).sum(), s.known_m2) for s in found])


def share(found: Sequence[Sample], holds: Callable[[Floats], Any]) -> Floats:
    """Part of the *known* ground for which a condition on the values holds, shape (n,), 0 to 1; NaN where
    nothing is known."""
    return np.array([_ratio(s.ground_m2[holds(s.values)].sum(), s.known_m2) for s in found])


def class_shares(found: Sequence[Sample], classes: Sequence[float]) -> Floats:
    """Part of the known ground in each class, shape (n, classes); NaN rows where nothing is known."""
    columns = [share(found, lambda values, c=c: values == c) for c in classes]
    return np.column_stack(columns) if columns else np.empty((len(found), 0))


def nodata_share(found: Sequence[Sample]) -> Floats:
    """Part of each area of which the raster says nothing, shape (n,), 0 to 1; NaN where there is no area."""
    shares = np.array([1 - _ratio(s.known_m2, s.total_m2) for s in found])
    shares[np.abs(shares) < _ROUNDING] = 0.0
    return np.clip(shares, 0.0, 1.0)


def slope_percent(grid: Grid) -> Grid:
    """
    Slope by Horn's method.

    A cell whose eight neighbours are not all known has no slope.

    References
    ----------
    Horn, Hill shading and the reflectance map, Proc. IEEE 69 (1981).
    """
    z = grid.values
    slope = np.full(z.shape, np.nan)
    if min(z.shape) < 3:
        return Grid(slope, grid.west, grid.north, grid.dx, grid.dy, grid.srid)
    a, b, c = z[:-2, :-2], z[:-2, 1:-1], z[:-2, 2:]
    d, f = z[1:-1, :-2], z[1:-1, 2:]
    g, h, i = z[2:, :-2], z[2:, 1:-1], z[2:, 2:]
    east_m, north_m = _cell_m(grid)
    with np.errstate(invalid="ignore"):
        dz_dx = ((c + 2 * f + i) - (a + 2 * d + g)) / (8 * east_m[1:-1, None])
        dz_dy = ((a + 2 * b + c) - (g + 2 * h + i)) / (8 * north_m[1:-1, None])
        slope[1:-1, 1:-1] = 100 * np.hypot(dz_dx, dz_dy)
    slope[np.isnan(z)] = np.nan
    return Grid(slope, grid.west, grid.north, grid.dx, grid.dy, grid.srid)


def _grids(window: Window, geoms: Geometries, rows: Ints) -> Iterator[tuple[Ints, Grid]]:
    """Areas with the cells under all of them; halved by place while these are too many for one look."""
    if len(rows) == 0:
        return
    bounds = shapely.total_bounds(geoms[rows])
    try:
        yield rows, window((bounds[0], bounds[1], bounds[2], bounds[3]))
    except AreaTooFine:
        if len(rows) == 1:
            raise
        wide = bounds[2] - bounds[0] > bounds[3] - bounds[1]
        centres = shapely.centroid(geoms[rows])
        order = np.argsort(shapely.get_x(centres) if wide else shapely.get_y(centres), kind="stable")
        half = len(rows) // 2
        yield from _grids(window, geoms, rows[order[:half]])
        yield from _grids(window, geoms, rows[order[half:]])


def _covered(grid: Grid, geoms: Geometries) -> Iterator[tuple[Floats, Floats]]:
    """Values of the known cells under each area, and the ground that it covers of them."""
    west, south, east, north = grid.box
    raster = NumPyRasterSource(
        np.ma.masked_invalid(grid.values), xmin=west, ymin=south, xmax=east, ymax=north
    )
    features = [{"type": "Feature", "geometry": mapping(geom), "properties": {}} for geom in geoms]
    asked: Any = exact_extract(raster, features, ["values", "coverage", "center_y"])
    for each in asked:
        told = each["properties"]
        values = np.asarray(told["values"], dtype=float)
        ground = np.asarray(told["coverage"], dtype=float) * _ground_m2(grid, np.asarray(told["center_y"]))
        known = np.isfinite(values)
        yield values[known], ground[known]


def _ground_m2(grid: Grid, centre_y: Floats) -> Floats:
    """Ground of the cells at some heights of the grid."""
    if not crs.supported(grid.srid).geographic:
        return np.full(len(centre_y), grid.dx * grid.dy)
    rows, place = np.unique(centre_y, return_inverse=True)
    half = grid.dy / 2
    box: Any = shapely.box
    cells = box(grid.west, rows - half, grid.west + grid.dx, rows + half)
    return (area_ha(cells) * HA_M2)[place]


def _cell_m(grid: Grid) -> tuple[Floats, Floats]:
    """Width and height of the cells of each row in metres, shape (rows,)."""
    rows = grid.values.shape[0]
    if not crs.supported(grid.srid).geographic:
        return np.full(rows, grid.dx), np.full(rows, grid.dy)
    y = grid.north - (np.arange(rows) + 0.5) * grid.dy
    x = np.full(rows, grid.west)
    _, _, east_m = GEOD.inv(x, y, x + grid.dx, y)
    _, _, north_m = GEOD.inv(x, y - grid.dy / 2, x, y + grid.dy / 2)
    return np.asarray(east_m), np.asarray(north_m)


def _ratio(part: float, whole: float) -> float:
    return float(part) / whole if whole > 0 else float("nan")


def window_of(source: Any, srid: int) -> Window:
    """
    Windows of the first band of an open raster (`rasterio.DatasetReader`), with a margin for slopes.

    Windows are cut at the raster's edge; beyond it there are no cells.
    """
    from rasterio.windows import Window as Cells

    shape = source.transform

    def read(box: tuple[float, float, float, float]) -> Grid:
        west, south, east, north = box
        dx, dy = shape.a, -shape.e
        left = int(np.floor((west - shape.c) / dx)) - _MARGIN_CELLS
        top = int(np.floor((shape.f - north) / dy)) - _MARGIN_CELLS
        right = int(np.ceil((east - shape.c) / dx)) + _MARGIN_CELLS
        bottom = int(np.ceil((shape.f - south) / dy)) + _MARGIN_CELLS
        left, top = max(left, 0), max(top, 0)
        right, bottom = min(right, source.width), min(bottom, source.height)
        corner = shape.c + left * dx, shape.f - top * dy
        wide, high = right - left, bottom - top
        if wide <= 0 or high <= 0:
            return Grid(np.empty((0, 0)), *corner, dx, dy, srid)
        if wide * high > MOST_CELLS:
            raise AreaTooFine(cells=wide * high, allowed=MOST_CELLS)
        cells = source.read(1, window=Cells(left, top, wide, high), masked=True)  # type: ignore[call-arg]
        values = cells.astype(float).filled(np.nan)
        return Grid(values, *corner, dx, dy, srid)

    return read
