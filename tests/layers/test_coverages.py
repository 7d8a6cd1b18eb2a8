"""A raster becomes a coverage: opened under guard, kept as COG, drawn and measured by its number."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin
from sqlalchemy import Connection, select

from gis import crs
from layers.access import Actor, Role
from layers.coverages import errors, store
from layers.coverages.figures import figures
from layers.coverages.tiles import tile
from layers.ingest.errors import FileUnreadable
from layers.records.coverages import COVERAGES
from tests.factories import LAT, LON, rectangle

PLANNER = Actor(Role.PLANNER, name="Nguyễn An")
DAY = date(2026, 1, 1)
COVER: tuple[dict[str, Any], ...] = (
    {"value": 1, "title_vi": "Lúa", "title_en": "Rice", "color": "#A8C286"},
    {"value": 2, "title_vi": "Nhà ở", "title_en": "Homes", "color": "#B5A183"},
)


def _corner() -> tuple[float, float]:
    """The corner of the test rectangles in TM-3 105°45′."""
    x, y = crs.transform_xy(np.array([LON]), np.array([LAT]), crs.STORAGE_SRID, 9210)
    return float(x[0]), float(y[0])


def _tif(path: Path, values: Any, *, cell_m: float = 10.0, srid: int | None = 9210, **more: Any) -> Path:
    """A raster whose lower left corner is that of the test rectangles."""
    values = np.asarray(values)
    x, y = _corner()
    shape = {"height": values.shape[0], "width": values.shape[1], "count": 1, "dtype": values.dtype}
    place = from_origin(x, y + values.shape[0] * cell_m, cell_m, cell_m)
    with rasterio.open(
        path, "w", driver="GTiff", transform=place, crs=f"EPSG:{srid}" if srid else None, **shape, **more
    ) as file:
        file.write(values, 1)
    return path


def _kept(db: Connection, tmp_path: Path, path: Path, kind: str, **more: Any) -> Any:
    number = store.add(
        db, PLANNER, store.Request(path, kind, "Thử", "Trial", valid_from=DAY, **more), tmp_path
    )
    return store.one(db, number, DAY)


def _one(db: Connection, tmp_path: Path, shape: Any) -> dict[str, Any] | None:
    return figures(db, DAY, np.array([shape], dtype=object), tmp_path)[0].of(0)


def test_a_flood_depth_says_which_part_of_a_zone_lies_under_water(db: Connection, tmp_path: Path) -> None:
    # 40 × 40 cells of 10 m: the western half under 0.8 m, the rest dry. The zone takes x from 100 to 300 m.
    depth = np.zeros((40, 40), dtype="float32")
    depth[:, :20] = 0.8
    row = _kept(db, tmp_path, _tif(tmp_path / "ngap.tif", depth), "flood_depth", flooded_from_m=0.3)
    told = _one(db, tmp_path, rectangle(100, 100, 200, 200))
    assert told is not None
    assert told["flooded_share"] == pytest.approx(0.5, abs=0.01)
    assert told["mean"] == pytest.approx(0.4, abs=0.01)
    assert told["nodata_share"] == pytest.approx(0, abs=1e-4)
    assert row.unit == "m"


def test_a_slope_is_that_of_the_ground(db: Connection, tmp_path: Path) -> None:
    heights = np.tile(np.arange(40, dtype="float32") * 0.5, (40, 1))  # 0.5 m per 10 m: 5 %
    _kept(db, tmp_path, _tif(tmp_path / "dem.tif", heights), "elevation")
    told = _one(db, tmp_path, rectangle(100, 100, 200, 200))
    assert told is not None
    assert told["mean_slope_percent"] == pytest.approx(5.0, abs=1e-3)


def test_land_cover_needs_a_word_for_every_value(db: Connection, tmp_path: Path) -> None:
    cover = np.ones((40, 40), dtype="uint8")
    cover[:, 30:] = 2
    path = _tif(tmp_path / "phu.tif", cover)
    with pytest.raises(errors.RasterClassesNeeded) as caught:
        _kept(db, tmp_path, path, "land_cover", classes=COVER[:1])
    assert caught.value.facts["values"] == "2"
    _kept(db, tmp_path, path, "land_cover", classes=COVER)
    told = _one(db, tmp_path, rectangle(200, 100, 200, 200))
    assert told is not None
    assert {each["title"]["en"]: round(each["share"], 2) for each in told["shares"]} == {
        "Rice": 0.5,
        "Homes": 0.5,
    }


def test_a_zone_beyond_the_raster_has_no_figure(db: Connection, tmp_path: Path) -> None:
    _kept(db, tmp_path, _tif(tmp_path / "dem.tif", np.ones((9, 9), dtype="float32")), "elevation")
    assert _one(db, tmp_path, rectangle(5000, 5000, 100, 100)) is None


def test_an_undeclared_extreme_is_asked_about_before_it_is_taken_for_height(
    db: Connection, tmp_path: Path
) -> None:
    heights = np.full((20, 20), 12.0, dtype="float32")
    heights[:5] = -9999
    path = _tif(tmp_path / "dem.tif", heights)
    with pytest.raises(errors.RasterNodataUnsaid) as caught:
        _kept(db, tmp_path, path, "elevation")
    assert caught.value.facts["value"] == -9999
    row = _kept(db, tmp_path, path, "elevation", nodata=-9999.0)
    assert (row.value_min, row.value_max) == (12.0, 12.0)
    told = _one(db, tmp_path, rectangle(50, 50, 100, 150))
    assert told is not None
    assert told["nodata_share"] == pytest.approx(1 / 3, abs=0.01)
    assert told["mean"] == pytest.approx(12.0)


def test_the_same_raster_is_kept_once_and_its_cells_are_ours(db: Connection, tmp_path: Path) -> None:
    path = _tif(tmp_path / "dem.tif", np.ones((300, 300), dtype="float32"))
    first, second = (_kept(db, tmp_path, path, "elevation") for _ in range(2))
    assert first.id == second.id
    with rasterio.open(store.file_of(first, tmp_path)) as made:
        assert made.profile["tiled"]
        assert made.crs.to_epsg() == 9210
    assert not list(tmp_path.glob(".*.tif"))


def test_a_withdrawn_coverage_still_answers_for_earlier_dates(db: Connection, tmp_path: Path) -> None:
    row = _kept(db, tmp_path, _tif(tmp_path / "dem.tif", np.ones((9, 9), dtype="float32")), "elevation")
    store.withdraw(db, row.id, date(2026, 6, 1))
    assert [one.id for one in store.known(db, date(2026, 5, 31))] == [row.id]
    assert store.known(db, date(2026, 6, 1)) == []


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b'<VRTDataset rasterXSize="9" rasterYSize="9"><SRS>EPSG:9210</SRS></VRTDataset>', "vrt.tif"),
        (b"II*\x00" + b"\xff" * 400, "broken.tif"),
        (b"", "empty.tif"),
        (
            b'<GDAL_WMS><Service name="TMS"><ServerUrl>http://127.0.0.1:9/</ServerUrl></Service></GDAL_WMS>',
            "wms.tif",
        ),
    ],
)
def test_what_is_no_geotiff_is_refused_with_its_name(
    db: Connection, tmp_path: Path, content: bytes, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(FileUnreadable) as caught:
        _kept(db, tmp_path, path, "elevation")
    assert caught.value.facts["file"] == name
    assert db.execute(select(COVERAGES.c.id)).all() == []


def test_a_raster_without_a_system_or_a_place_is_refused(db: Connection, tmp_path: Path) -> None:
    path = _tif(tmp_path / "dem.tif", np.ones((9, 9), dtype="float32"), srid=None)
    with pytest.raises(crs.CrsMissing):
        _kept(db, tmp_path, path, "elevation")
    row = _kept(db, tmp_path, path, "elevation", crs="EPSG:9210")
    assert row.west == pytest.approx(LON, abs=1e-5)
    bare = tmp_path / "bare.tif"
    shape: dict[str, Any] = {"height": 4, "width": 4, "count": 1, "dtype": "uint8"}
    with rasterio.open(bare, "w", driver="GTiff", **shape) as file:
        file.write(np.ones((1, 4, 4), dtype="uint8"))
    with pytest.raises(errors.RasterNotPlaced):
        _kept(db, tmp_path, bare, "elevation")


def test_a_tile_shows_the_class_that_lies_there(db: Connection, tmp_path: Path) -> None:
    cover = np.ones((200, 200), dtype="uint8")
    cover[:, 100:] = 2
    row = _kept(db, tmp_path, _tif(tmp_path / "phu.tif", cover), "land_cover", classes=COVER)
    zoom = 14
    x = int((LON + 180) / 360 * 2**zoom)
    y = int((1 - np.arcsinh(np.tan(np.radians(LAT))) / np.pi) / 2 * 2**zoom)
    drawn = tile(row, store.file_of(row, tmp_path), zoom, x, y)
    assert drawn is not None
    with rasterio.io.MemoryFile(drawn) as file, file.open() as image:
        rgba = image.read()
    # Where the middle of each half lies in the tile, its colour stands; elsewhere nothing is drawn.
    side = 2 * np.pi / 2**zoom
    for east_m, colour in ((500, "#A8C286"), (1500, "#B5A183")):
        lon, lat = rectangle(east_m, 1000, 1, 1).exterior.coords[0]
        column = int((np.radians(lon) + np.pi - x * side) / side * 256)
        line = int((np.pi - np.arcsinh(np.tan(np.radians(lat))) - y * side) / side * 256)
        if 0 <= column < 256 and 0 <= line < 256:
            assert tuple(rgba[:3, line, column]) == tuple(bytes.fromhex(colour[1:]))
            assert rgba[3, line, column] == 255
    assert (rgba[3] == 0).any()
    assert tile(row, store.file_of(row, tmp_path), zoom, x + 50, y) is None
