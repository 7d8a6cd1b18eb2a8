"""Tiles of a coverage: its cells drawn in Web Mercator, through the same door between systems as all else."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.enums import Resampling
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import MemoryFile
from rasterio.windows import Window
from sqlalchemy import Row

from gis import crs
from gis.arrays import Floats
from layers.style import PALETTE

SIZE = 256
HALF_WORLD_M = 20_037_508.342789244
_KNOTS = 17
_RAMPS = {
    "elevation": ("@terrain.1", "@terrain.2", "@terrain.3", "@terrain.4", "@terrain.5"),
    "flood_depth": ("@flood.1", "@flood.2", "@flood.3", "@flood.4"),
    "other": ("@value.1", "@value.2", "@value.3", "@value.4"),
}


def ramp(row: Row[Any]) -> list[tuple[float, str]]:
    """Values and colours of the legend of a coverage without classes, lowest first."""
    colours = [PALETTE[token] for token in _RAMPS[row.kind]]
    low, high = row.value_min, row.value_max
    if row.kind == "flood_depth":
        low = max(0.0, low)
    return list(zip(np.linspace(low, max(high, low), len(colours)).tolist(), colours, strict=True))


def tile(row: Row[Any], path: Path, z: int, x: int, y: int) -> bytes | None:
    """
    One tile as PNG, transparent where nothing is known; None where the coverage does not reach.
    """
    px, py = _cells(row, z, x, y)
    with rasterio.open(path, driver="GTiff") as source:
        values = _sampled(source, px, py, coded=row.classes is not None)
    if values is None or np.isnan(values).all():
        return None
    return _png(_coloured(row, values))


def _cells(row: Row[Any], z: int, x: int, y: int) -> tuple[Floats, Floats]:
    """Place of every pixel of a tile in the coverage's own system, shape (256, 256) each."""
    side_m = 2 * HALF_WORLD_M / 2**z
    west, north = -HALF_WORLD_M + x * side_m, HALF_WORLD_M - y * side_m
    # The systems bend little within a tile: knots are moved exactly, pixels between them linearly.
    knots = np.linspace(0, SIZE, _KNOTS)
    along, down = np.meshgrid(west + knots / SIZE * side_m, north - knots / SIZE * side_m)
    moved = crs.transform_xy(along.ravel(), down.ravel(), crs.WEB_MERCATOR_SRID, row.srid)
    centres: Floats = np.arange(SIZE, dtype=np.float64) + 0.5
    return _between(moved[0].reshape(_KNOTS, _KNOTS), knots, centres), _between(
        moved[1].reshape(_KNOTS, _KNOTS), knots, centres
    )


def _between(values: Floats, knots: Floats, at: Floats) -> Floats:
    """Bilinear, on a regular grid of knots."""
    step = knots[1]
    low = np.minimum((at / step).astype(int), len(knots) - 2)
    part = at / step - low
    rows = values[low] * (1 - part)[:, None] + values[low + 1] * part[:, None]
    return rows[:, low] * (1 - part) + rows[:, low + 1] * part


def _sampled(source: Any, x: Floats, y: Floats, *, coded: bool) -> Floats | None:
    """Values at places: nearest of classes, linear between the centres of others; NaN where unknown."""
    shape = source.transform
    column, row = (x - shape.c) / shape.a, (y - shape.f) / shape.e
    if not (np.isfinite(column).all() and np.isfinite(row).all()):
        return None
    left, right = max(int(column.min()) - 2, 0), min(int(column.max()) + 3, source.width)
    top, bottom = max(int(row.min()) - 2, 0), min(int(row.max()) + 3, source.height)
    if left >= right or top >= bottom:
        return None
    wide, high = right - left, bottom - top
    shrink = max(1.0, wide / (2 * SIZE), high / (2 * SIZE))
    size = max(1, round(high / shrink)), max(1, round(wide / shrink))
    cells = source.read(
        1,
        window=Window(left, top, wide, high),  # type: ignore[call-arg]
        out_shape=size,
        masked=True,
        resampling=Resampling.nearest if coded else Resampling.average,
    )
    grid = np.asarray(cells.astype(float).filled(np.nan))
    at_x, at_y = (column - left) * size[1] / wide, (row - top) * size[0] / high
    inside = (at_x >= 0) & (at_x < size[1]) & (at_y >= 0) & (at_y < size[0])
    near = grid[np.clip(at_y.astype(int), 0, size[0] - 1), np.clip(at_x.astype(int), 0, size[1] - 1)]
    if not coded:
        near = _linear(grid, at_x - 0.5, at_y - 0.5, near)
    return np.where(inside, near, np.nan)


def _linear(grid: Floats, x: Floats, y: Floats, near: Floats) -> Floats:
    """Linear between four known centres; the nearest cell's own value beside an unknown one."""
    rows, columns = grid.shape
    x0, y0 = np.clip(np.floor(x), 0, columns - 1).astype(int), np.clip(np.floor(y), 0, rows - 1).astype(int)
    x1, y1 = np.minimum(x0 + 1, columns - 1), np.minimum(y0 + 1, rows - 1)
    px, py = np.clip(x - x0, 0, 1), np.clip(y - y0, 0, 1)
    top = grid[y0, x0] * (1 - px) + grid[y0, x1] * px
    low = grid[y1, x0] * (1 - px) + grid[y1, x1] * px
    between = top * (1 - py) + low * py
    return np.where(np.isnan(between), near, between)


def _coloured(row: Row[Any], values: Floats) -> Any:
    """RGBA, shape (256, 256, 4)."""
    rgba = np.zeros((*values.shape, 4), dtype=np.uint8)
    if row.classes is not None:
        for each in row.classes:
            rgba[values == each["value"]] = (*_rgb(each["color"]), 255)
        return rgba
    steps = ramp(row)
    at = np.array([value for value, _ in steps])
    colours = np.array([_rgb(colour) for _, colour in steps], dtype=float)
    known = np.isfinite(values)
    for band in range(3):
        rgba[..., band][known] = np.interp(values[known], at, colours[:, band]).round()
    rgba[..., 3][known] = 255
    if row.kind == "flood_depth":
        dry = values <= (row.flooded_from_m or 0.0)
        rgba[..., 3][dry & known] = 0
    return rgba


def _png(rgba: Any) -> bytes:
    with MemoryFile() as file:
        shape: dict[str, Any] = {"width": SIZE, "height": SIZE, "count": 4, "dtype": "uint8"}
        with (
            warnings.catch_warnings(action="ignore", category=NotGeoreferencedWarning),
            file.open(driver="PNG", ZLEVEL="1", **shape) as image,
        ):
            image.write(np.moveaxis(rgba, 2, 0))
        return file.read()


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
