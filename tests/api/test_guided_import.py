"""A file from upload to report through HTTP, on real PostGIS and with a real worker."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from fastapi.testclient import TestClient
from rasterio.transform import from_origin
from sqlalchemy import Engine, func, select

from api.http.app import create_app
from layers.catalogue import layer
from layers.records.imports import RUNS
from layers.records.staged import STAGED
from tests.api.conftest import settings_for
from tests.api.importing import Office

ZONES = layer("zones").table


@pytest.fixture
def office(database: Engine, tmp_path: Path) -> Iterator[Office]:
    home = tmp_path / "home"
    home.mkdir()
    with TestClient(create_app(settings_for(database, home=home)), base_url="http://didoi.test") as client:
        yield Office(client, database, home)


def zones(path: Path, names: list[str], *shapes: Any, crs: int | None = 9210, **more: Any) -> Path:
    squares = [
        shapely.box(600_000 + 200 * i, 1_220_000, 600_100 + 200 * i, 1_220_100) for i in range(len(names))
    ]
    frame = gpd.GeoDataFrame(
        {"Mã KCN": names, "Tên KCN": [f"KCN {name}" for name in names], "Loại": ["KCN"] * len(names), **more},
        geometry=list(shapes) or squares,
        crs=crs,
    )
    frame.to_file(path)
    return path


def count(engine: Engine, table: Any = ZONES) -> int:
    with engine.connect() as db:
        return db.execute(select(func.count()).select_from(table)).scalar_one()


def test_a_file_goes_from_upload_to_report_and_touches_no_table_before_the_last_step(
    office: Office, tmp_path: Path
) -> None:
    path = zones(tmp_path / "khu.gpkg", ["A", "B"])
    import_id = office.begin("zones", path)
    seen = office.inspected(import_id)
    assert (seen["state"], seen["error"]) == ("inspected", None)
    (found,) = seen["found"]["layers"]
    assert found["rows"] == 2
    plan = seen["plan"]
    assert plan["questions"] == []
    assert plan["crs"] == "EPSG:9210"
    assert plan["mapping"]["columns"]["name"] == "Tên KCN"
    tried = office.previewed(import_id, plan)
    assert tried["error"] is None
    assert tried["state"] == "previewed"
    assert tried["preview"]["counts"] == {"loaded": 2, "noted": 0, "refused": 0}
    assert tried["preview"]["matches"] == {"updates": 0, "adds": 2, "unchanged": 0, "disappeared": 0}
    assert count(office.engine) == count(office.engine, RUNS) == 0
    page = office.send("GET", f"/imports/{import_id}/rows", 200).json()
    assert [row["key"] for row in page["rows"]] == ["A", "B"]
    drawn = office.send("GET", f"/imports/{import_id}/shapes", 200).json()
    assert (drawn["drawn"], drawn["total"]) == (2, 2)
    done = office.loaded(import_id)
    assert (done["state"], done["report"]["loaded"]) == ("loaded", 2)
    assert count(office.engine) == 2
    assert not list((office.home / "uploads" / import_id).glob("files/*"))


def test_refused_rows_come_first_with_their_reason_and_are_staged_when_loaded(
    office: Office, tmp_path: Path
) -> None:
    bow = shapely.Polygon(
        [(600_000, 1_220_000), (600_100, 1_220_100), (600_100, 1_220_000), (600_000, 1_220_100)]
    )
    far = shapely.box(0, 0, 1, 1)
    good = shapely.box(600_500, 1_220_000, 600_600, 1_220_100)
    path = zones(tmp_path / "khu.gpkg", ["A", "B", "C"], good, bow, far)
    import_id = office.begin("zones", path)
    plan = office.inspected(import_id)["plan"]
    tried = office.previewed(import_id, {**plan, "crs": "EPSG:9210"})
    assert tried["preview"]["counts"] == {"loaded": 1, "noted": 1, "refused": 1}
    page = office.send("GET", f"/imports/{import_id}/rows?limit=1", 200).json()
    assert (page["total"], page["rows"][0]["verdict"], page["rows"][0]["key"]) == (3, "refused", "C")
    assert page["rows"][0]["notes"][0]["message"]["vi"]
    noted = office.send("GET", f"/imports/{import_id}/rows?verdict=noted", 200).json()
    assert [row["key"] for row in noted["rows"]] == ["B"]
    listed = office.send("GET", f"/imports/{import_id}/refused.csv", 200).text
    (row,) = csv.DictReader(io.StringIO(listed.removeprefix("\ufeff")))
    assert (row["row"], row["Mã KCN"]) == ("3", "C")
    done = office.loaded(import_id)
    told = done["report"]
    assert told["read"] == told["loaded"] + told["noted"] + told["refused"] == 3
    with office.engine.connect() as db:
        staged = db.execute(select(STAGED)).one()
    assert (staged.row_number, staged.received["Mã KCN"], staged.state) == (3, "C", "open")
    assert office.send("GET", f"/imports/{import_id}/refused.csv", 200).text == listed


def test_what_is_cancelled_leaves_nothing(office: Office, tmp_path: Path) -> None:
    import_id = office.begin("zones", zones(tmp_path / "khu.gpkg", ["A"]))
    plan = office.inspected(import_id)["plan"]
    office.previewed(import_id, plan)
    office.send("POST", f"/imports/{import_id}/load", 202)
    assert office.send("POST", f"/imports/{import_id}/cancel", 200).json()["state"] == "cancelled"
    office.work()
    assert office.get(import_id)["state"] == "cancelled"
    assert count(office.engine) == count(office.engine, RUNS) == 0
    assert not (office.home / "uploads" / import_id).exists()


def test_nobody_uploads_without_a_session_and_nothing_is_read_of_what_is_too_long(
    office: Office, database: Engine
) -> None:
    import_id = office.begin("zones")
    path = f"/imports/{import_id}/files/z.gpkg"
    with TestClient(create_app(settings_for(database, home=office.home))) as stranger:
        assert stranger.put(path, content=b"x").status_code == 401
        assert stranger.get("/imports").status_code == 401
    assert office.client.put(path, content=b"x").status_code == 403  # no token of the session
    long = office.send("PUT", path, content=b"x", headers={"Content-Length": "500000001"})
    assert (long.status_code, long.json()["code"]) == (413, "upload_too_large")

    def endless() -> Iterator[bytes]:
        yield b"x"

    assert office.send("PUT", path, content=endless()).status_code == 411
    assert not list((office.home / "uploads").glob("*/files/*"))
    assert office.get(import_id)["files"] == []


def test_an_import_is_its_own_accounts_alone(office: Office, database: Engine) -> None:
    import_id = office.begin("zones")
    with TestClient(
        create_app(settings_for(database, home=office.home)), base_url="http://didoi.test"
    ) as other:
        second = Office(other, database, office.home, name="binh")
        assert second.send("GET", f"/imports/{import_id}").status_code == 404
        assert second.send("POST", f"/imports/{import_id}/cancel").status_code == 404
        assert second.send("GET", "/imports").json()["imports"] == []


def test_an_account_has_at_most_five_open_imports(office: Office) -> None:
    for _ in range(5):
        office.begin("zones")
    assert office.send("POST", "/imports", json={"target": None}).json()["code"] == "imports_too_many"


def test_a_part_that_is_missing_is_said_by_the_names_that_were_sent(office: Office, tmp_path: Path) -> None:
    for name in ("khu.shp", "khu.dbf"):
        (tmp_path / name).write_bytes(b"\x00\x00\x27\x0a" + bytes(96))
    found = office.inspected(office.begin("zones", tmp_path / "khu.shp", tmp_path / "khu.dbf"))
    assert found["state"] == "failed"
    assert found["error"]["facts"]["file"] == "khu.shp, khu.dbf"


def test_a_plan_with_open_questions_is_not_previewed(office: Office, tmp_path: Path) -> None:
    import_id = office.begin("zones", zones(tmp_path / "khu.gpkg", ["A"], crs=None))
    seen = office.inspected(import_id)
    assert "crs_unsure" in {question["code"] for question in seen["plan"]["questions"]}
    refused = office.send("PUT", f"/imports/{import_id}/plan", json=seen["plan"])
    assert refused.json()["code"] == "plan_unanswered"
    tried = office.previewed(import_id, {**seen["plan"], "crs": "EPSG:9210", "questions": []})
    assert tried["preview"]["counts"]["loaded"] == 1


def test_a_raster_becomes_a_coverage(office: Office, tmp_path: Path) -> None:
    transform = from_origin(600_000, 1_221_000, 10, 10)
    shape: dict[str, Any] = {"width": 20, "height": 20, "count": 1, "dtype": "float32", "nodata": -9999}
    with rasterio.open(tmp_path / "cao.tif", "w", "GTiff", crs=9210, transform=transform, **shape) as made:
        made.write(np.linspace(1, 5, 400, dtype="float32").reshape(20, 20), 1)
    import_id = office.begin(None, tmp_path / "cao.tif")
    seen = office.inspected(import_id)
    assert (seen["found"]["kind"], seen["plan"]["target"]) == ("GeoTIFF", "coverages")
    assert [question["code"] for question in seen["plan"]["questions"]] == ["coverage_unsaid"]
    said = {"kind": "elevation", "title_vi": "Độ cao", "title_en": "Elevation"}
    tried = office.previewed(import_id, {**seen["plan"], "coverage": said, "questions": []})
    assert (tried["state"], tried["error"]) == ("previewed", None)
    done = office.loaded(import_id)
    assert (done["state"], done["error"]) == ("loaded", None)
    listed = office.send("GET", "/coverages", 200).json()["coverages"]
    assert [one["title"]["vi"] for one in listed] == ["Độ cao"]
    assert done["report"]["coverage"]["id"] == listed[0]["id"]
