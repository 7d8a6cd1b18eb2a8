"""Coverages over HTTP: listed, drawn and measured by number; nobody can name a path or an address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import rasterio
from fastapi.testclient import TestClient
from rasterio.transform import from_origin
from sqlalchemy import Engine

from api.http.app import create_app
from api.settings import Settings
from gis.crs import STORAGE_SRID
from layers.access import Actor, Role
from layers.coverages import store
from layers.records.data_versions import bump
from tests.factories import LAT, LON, a_lot, a_zone, rectangle

DAY = "2026-01-01"
CELL_DEG = 0.0002


@pytest.fixture
def client(database: Engine, tmp_path: Path) -> Iterator[TestClient]:
    """A park of 1 km with one lot, on ground that rises to the east, known in its western half alone."""
    url = database.url.render_as_string(hide_password=False)
    settings = Settings(home=tmp_path, database_url=url)
    heights = np.tile(np.arange(60, dtype="float32"), (80, 1))
    heights[:, 25:] = np.nan
    path = tmp_path / "dem.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=80, width=60, count=1, dtype="float32", crs=f"EPSG:{STORAGE_SRID}",
        transform=from_origin(LON, LAT + 70 * CELL_DEG, CELL_DEG, CELL_DEG), nodata=np.nan,
    ) as file:  # fmt: skip
        file.write(heights, 1)
    with database.begin() as db:
        a_zone(db, "A", rectangle(0, 0, 1000, 1000))
        a_lot(db, "A", "1", rectangle(100, 100, 200, 200))
        request = store.Request(path, "elevation", "Độ cao", "Height", valid_from=date(2025, 1, 1))
        store.add(db, Actor(Role.PLANNER, name="Nguyễn An"), request, settings.coverages)
        bump(db, ["zones", "lots"])
    with TestClient(create_app(settings)) as told:
        yield told


def test_a_zone_tells_its_slope_and_how_much_of_it_is_unknown(client: TestClient) -> None:
    told = client.get("/coverages/figures/zones/A", params={"as_of": DAY}).json()["coverages"]
    assert len(told) == 1
    # One metre up in 0.0002° = 21.86 m of longitude: 4.57 %; 25 of about 45.7 columns are known.
    assert told[0]["mean_slope_percent"] == pytest.approx(100 / 21.86, rel=0.01)
    assert told[0]["nodata_share"] == pytest.approx(1 - 25 * 21.86 / 1000, abs=0.002)
    assert client.get("/coverages/figures/zones/B", params={"as_of": DAY}).status_code == 404
    assert client.get("/coverages/figures/enterprises/X", params={"as_of": DAY}).status_code == 400


def test_every_lot_is_answered_at_once_and_no_date_before_the_first(client: TestClient) -> None:
    rows = client.get("/coverages/figures/lots", params={"as_of": DAY}).json()["rows"]
    assert [len(row["coverages"]) for row in rows] == [1]
    assert client.get("/coverages", params={"as_of": "2024-12-31"}).json()["coverages"] == []


def test_a_tile_is_asked_for_by_number_and_cached_by_version(client: TestClient) -> None:
    listed = client.get("/coverages", params={"as_of": DAY}).json()["coverages"][0]
    zoom = 13
    x = int((LON + 0.002 + 180) / 360 * 2**zoom)
    y = int((1 - np.arcsinh(np.tan(np.radians(LAT + 0.002))) / np.pi) / 2 * 2**zoom)
    address = f"/coverages/{listed['id']}/tiles/{zoom}/{x}/{y}.png"
    tile = client.get(address, params={"as_of": DAY})
    assert tile.status_code == 200
    assert tile.content.startswith(b"\x89PNG")
    again = client.get(address, params={"as_of": DAY}, headers={"If-None-Match": tile.headers["etag"]})
    assert again.status_code == 304
    far = client.get(f"/coverages/{listed['id']}/tiles/{zoom}/0/0.png", params={"as_of": DAY})
    assert far.status_code == 204


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/coverages/999/tiles/3/1/1.png", 404),
        ("/coverages/1/tiles/3/9/1.png", 400),
        ("/coverages/1/tiles/99/1/1.png", 400),
        ("/coverages/%2Fetc%2Fpasswd/tiles/3/1/1.png", 404),
        ("/coverages/1/tiles/3/1/1.png?url=http://127.0.0.1/x.tif", 400),
        ("/coverages/99999999999999999999/tiles/3/1/1.png", 400),
    ],
)
def test_nothing_but_a_number_names_a_coverage(client: TestClient, address: str, status: int) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert set(answer.json()["message"]) == {"vi", "en"}
