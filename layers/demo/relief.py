"""Invented ground of the province: heights, the depth of a flood, and land cover, as rasters."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely
from rasterio.transform import from_origin
from scipy.ndimage import gaussian_filter, zoom
from sqlalchemy import Connection, select
from sqlalchemy.sql.functions import func

from gis import crs
from gis.arrays import Floats
from layers.access import system
from layers.catalogue import layer
from layers.coverages import store
from layers.demo.province import SEED

SRID = 9210
CELL_M = 120.0
NODATA = -1.0
_COVER = (
    (1, "Mặt nước", "Water", "#9FC3D6"),
    (2, "Đất lúa", "Rice land", "#DDE3A6"),
    (3, "Cây lâu năm", "Perennial crops", "#A9C98B"),
    (4, "Rừng", "Forest", "#6E9B6A"),
    (5, "Đất ở, xây dựng", "Built-up", "#D8B7A4"),
)
_SOURCE = "Dữ liệu minh họa / Illustrative data"


def store_relief(db: Connection, folder: Path, seed: int = SEED) -> int:
    """Draw the ground under the stored province and keep it as three coverages; how many."""
    units, water = layer("admin_units").table, layer("water").table
    wanted = units.c.illustrative & (units.c.level == "province")
    outline = _geometry(db, select(func.ST_AsBinary(func.ST_Union(units.c.geom))).where(wanted))
    if outline is None:
        return 0
    streams = _geometry(db, select(func.ST_AsBinary(func.ST_Union(water.c.geom))).where(water.c.illustrative))
    actor = system("didoi demo")
    kept = 0
    folder.mkdir(parents=True, exist_ok=True)
    for kind, title, values in _drawn(outline, streams, seed):
        path = folder / f".minh-hoa-{kind}.tif"
        try:
            _write(path, values, outline)
            store.add(db, actor, _request(path, kind, title), folder)
        finally:
            path.unlink(missing_ok=True)
        kept += 1
    return kept


def _geometry(db: Connection, query: Any) -> Any:
    wkb = db.execute(query).scalar()
    return (
        None
        if wkb is None
        else crs.transform(np.array([shapely.from_wkb(bytes(wkb))], dtype=object), crs.STORAGE_SRID, SRID)[0]
    )


def _request(path: Path, kind: str, title: tuple[str, str]) -> store.Request:
    classes = tuple(
        {"value": value, "title_vi": vi, "title_en": en, "color": colour} for value, vi, en, colour in _COVER
    )
    return store.Request(
        path,
        kind,
        *title,
        nodata=NODATA,
        classes=classes if kind == "land_cover" else (),
        flooded_from_m=0.3 if kind == "flood_depth" else None,
        valid_from=date(2025, 1, 1),
        source=_SOURCE,
        illustrative=True,
    )


def _drawn(outline: Any, streams: Any, seed: int) -> list[tuple[str, tuple[str, str], Floats]]:
    random = np.random.default_rng([seed, 7])
    west, south, east, north = shapely.bounds(outline)
    columns, rows = int((east - west) / CELL_M) + 1, int((north - south) / CELL_M) + 1
    x = west + (np.arange(columns) + 0.5) * CELL_M
    y = north - (np.arange(rows) + 0.5) * CELL_M
    inside = _inside(outline, x, y)
    rough = sum(
        _noise(random, rows, columns, size) * height_m for size, height_m in ((9, 30), (25, 12), (80, 4))
    )
    climb = (y[:, None] - south) / (north - south) * 70
    near_m = _distance_m(streams, x, y)
    height = np.maximum(1.0, 6 + climb + rough) * np.clip(near_m / 2_500, 0.12, 1)
    depth = np.clip(2.2 - height / 2.5, 0, 3) * (near_m < 4_000)
    green = _noise(random, rows, columns, 40)
    cover = np.select(
        [near_m < 60, _noise(random, rows, columns, 30) > 1.1, height < 12, (height > 70) & (green > 0)],
        [1, 5, 2, 4],
        3,
    )
    out = []
    for kind, title, values in (
        ("elevation", ("Độ cao mặt đất", "Ground elevation"), height),
        ("flood_depth", ("Độ sâu ngập 1 %", "Flood depth, 1 %"), depth),
        ("land_cover", ("Lớp phủ đất", "Land cover"), cover),
    ):
        out.append((kind, title, np.where(inside, values, NODATA)))
    return out


def _noise(random: np.random.Generator, rows: int, columns: int, size: int) -> Floats:
    """Smooth noise of unit spread, with about ``size`` swells across the province."""
    coarse = gaussian_filter(random.standard_normal((size, size)), 1.0)
    fine: Floats = np.asarray(zoom(coarse, (rows / size, columns / size), order=3))
    return fine / fine.std()


def _inside(outline: Any, x: Floats, y: Floats) -> Any:
    from rasterio.features import geometry_mask

    place = from_origin(x[0] - CELL_M / 2, y[0] + CELL_M / 2, CELL_M, CELL_M)
    return geometry_mask([outline], (len(y), len(x)), place, invert=True)


def _distance_m(streams: Any, x: Floats, y: Floats) -> Floats:
    """Metres from every cell to the nearest water."""
    from rasterio.features import rasterize
    from scipy.ndimage import distance_transform_edt

    if streams is None:
        return np.full((len(y), len(x)), 1e5)
    place = from_origin(x[0] - CELL_M / 2, y[0] + CELL_M / 2, CELL_M, CELL_M)
    wet = rasterize([streams], (len(y), len(x)), transform=place, all_touched=True)
    return np.asarray(distance_transform_edt(wet == 0)) * CELL_M


def _write(path: Path, values: Floats, outline: Any) -> None:
    west, _, _, north = shapely.bounds(outline)
    coded = (values % 1 == 0).all()
    cells = values.astype("int16" if coded else "float32")
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=cells.shape[0],
        width=cells.shape[1],
        count=1,
        dtype=cells.dtype,
        crs=f"EPSG:{SRID}",
        transform=from_origin(west, north, CELL_M, CELL_M),
        nodata=NODATA,
    ) as file:
        file.write(cells, 1)
