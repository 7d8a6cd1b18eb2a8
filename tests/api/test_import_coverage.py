"""A raster through the guided import: asked about, looked at, kept once, and gone where it is given up."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
import rasterio
from fastapi.testclient import TestClient
from rasterio.transform import from_origin
from sqlalchemy import Engine, func, select, update
from typer.testing import CliRunner

from api import jobs_imports
from api.cli import build
from api.http.app import create_app
from layers.records.coverages import COVERAGES
from layers.records.imports import RUNS
from layers.records.uploads import UPLOADS
from tests.api.conftest import settings_for
from tests.api.importing import Office

RICE, HOMES = 10, 20


@pytest.fixture
def office(database: Engine, tmp_path: Path) -> Iterator[Office]:
    home = tmp_path / "home"
    home.mkdir()
    with TestClient(create_app(settings_for(database, home=home)), base_url="http://didoi.test") as client:
        yield Office(client, database, home)


def cover(path: Path, *, crs: int | None = 9210, nothing: int | None = None, **more: Any) -> Path:
    """20 × 10 cells of 10 m: rice, homes in the east; a row of ``nothing`` at the top where that is given."""
    cells = np.full((10, 20), RICE, dtype="uint8")
    cells[:, 15:] = HOMES
    if nothing is not None:
        cells[0] = nothing
    place = from_origin(600_000, 1_220_100, 10, 10)
    shape: dict[str, Any] = {"width": 20, "height": 10, "count": 1, "dtype": "uint8"}
    with rasterio.open(path, "w", "GTiff", crs=crs, transform=place, **shape, **more) as made:
        made.write(cells, 1)
        made.write_colormap(1, {RICE: (168, 194, 134, 255)})
    return path


def codes(plan: dict[str, Any]) -> list[str]:
    return [question["code"] for question in plan["questions"]]


def said_of(plan: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The plan with what a planner says of the land cover."""
    words = {RICE: "Lúa", HOMES: "Nhà ở"}
    classes = [{**one, "title_vi": words.get(int(one["value"]), "")} for one in plan["coverage"]["classes"]]
    told = {"kind": "land_cover", "title_vi": "Lớp phủ 2024", "classes": classes, "source": "Sở NNMT"}
    return {**plan, "coverage": {**plan["coverage"], **told, **more}, "questions": []}


def kept(engine: Engine) -> int:
    with engine.connect() as db:
        return db.execute(select(func.count()).select_from(COVERAGES)).scalar_one()


def test_what_its_cells_mean_is_asked_until_every_value_has_words(office: Office, tmp_path: Path) -> None:
    import_id = office.begin(None, cover(tmp_path / "phu.tif"))
    seen = office.inspected(import_id)
    raster, plan = seen["found"]["raster"], seen["plan"]
    assert (raster["width"], raster["height"], raster["cell"]) == (20, 10, [10.0, 10.0])
    assert (raster["crs"], raster["classes"]) == ("EPSG:9210", [RICE, HOMES])
    assert plan["coverage"]["classes"][0]["color"] == "#A8C286"  # as the file draws it
    assert codes(plan) == ["coverage_unsaid"]
    half = {**plan, "coverage": {**plan["coverage"], "kind": "land_cover", "title_vi": "Lớp phủ"}}
    refused = office.send("PUT", f"/imports/{import_id}/plan", 400, json=half).json()
    assert (refused["code"], refused["facts"]["questions"]) == ("plan_unanswered", "classes_unsaid")
    tried = office.previewed(import_id, said_of(plan))
    told = tried["preview"]["coverage"]
    assert (told["resolution_m"], told["known_share"], told["kept"]) == (10.0, 1.0, None)
    west, south, east, north = tried["preview"]["box"]
    # 200 m × 100 m at 11° N: 0.00183° × 0.0009°
    assert (east - west, north - south) == pytest.approx((0.00183, 0.0009), abs=1e-5)
    assert kept(office.engine) == 0
    done = office.loaded(import_id)["report"]
    assert (done["read"], done["loaded"], done["refused"]) == (1, 1, 0)
    assert done["coverage"]["title"] == {"vi": "Lớp phủ 2024", "en": "Lớp phủ 2024"}
    (listed,) = office.send("GET", "/coverages", 200).json()["coverages"]
    assert listed["id"] == done["coverage"]["id"]
    assert [one["title"]["vi"] for one in listed["classes"]] == ["Lúa", "Nhà ở"]


def test_a_system_and_a_value_of_no_data_are_never_guessed(office: Office, tmp_path: Path) -> None:
    import_id = office.begin("coverages", cover(tmp_path / "phu.tif", crs=None, nothing=255))
    plan = office.inspected(import_id)["plan"]
    assert codes(plan) == ["coverage_unsaid", "raster_crs_missing", "nodata_unsure"]
    named = said_of({**plan, "crs": "EPSG:9210"}, nodata=255)
    tried = office.previewed(import_id, named)
    assert (tried["state"], tried["error"]) == ("previewed", None)
    assert (tried["preview"]["coverage"]["max"], tried["preview"]["coverage"]["known_share"]) == (20.0, 0.9)
    done = office.loaded(import_id)
    (listed,) = office.send("GET", "/coverages", 200).json()["coverages"]
    assert (done["state"], listed["max"], listed["crs"]) == ("loaded", 20.0, "EPSG:9210")


def test_a_value_that_looks_like_no_data_can_be_a_measurement(office: Office, tmp_path: Path) -> None:
    import_id = office.begin(None, cover(tmp_path / "phu.tif", nothing=255))
    plan = office.inspected(import_id)["plan"]
    told = {**plan["coverage"], "kind": "other", "title_vi": "Chỉ số", "nodata": "none"}
    office.previewed(import_id, {**plan, "coverage": told})
    assert office.loaded(import_id)["state"] == "loaded"
    (listed,) = office.send("GET", "/coverages", 200).json()["coverages"]
    assert listed["max"] == 255.0


def test_what_is_cancelled_leaves_nothing_and_a_repeat_is_kept_once(office: Office, tmp_path: Path) -> None:
    path = cover(tmp_path / "phu.tif")
    given_up = office.begin(None, path)
    office.previewed(given_up, said_of(office.inspected(given_up)["plan"]))
    office.send("POST", f"/imports/{given_up}/load", 202)
    office.send("POST", f"/imports/{given_up}/cancel", 200)
    office.work()
    assert kept(office.engine) == 0
    assert not list((office.home / "coverages").glob("*"))
    numbers: list[int] = []
    known: list[int | None] = []
    for _ in range(2):
        import_id = office.begin(None, path)
        tried = office.previewed(import_id, said_of(office.inspected(import_id)["plan"]))
        known.append(tried["preview"]["coverage"]["kept"])
        numbers.append(office.loaded(import_id)["report"]["coverage"]["id"])
    assert known == [None, numbers[0]]
    assert numbers[0] == numbers[1]
    assert kept(office.engine) == 1
    assert len(list((office.home / "coverages").glob("*.tif"))) == 1
    with office.engine.connect() as db:
        assert db.execute(select(func.count()).select_from(RUNS)).scalar_one() == 1


def test_files_of_loads_that_died_are_deleted_in_the_night(office: Office, tmp_path: Path) -> None:
    import_id = office.begin(None, cover(tmp_path / "phu.tif"))
    office.previewed(import_id, said_of(office.inspected(import_id)["plan"]))
    office.loaded(import_id)
    folder = office.home / "coverages"
    (owned,) = folder.glob("*.tif")
    for name in (f"{'0' * 64}.tif", ".half.tif", f"{'1' * 64}.tif"):
        (folder / name).write_bytes(b"II*")
    for path in folder.glob("*.tif"):
        if not path.name.startswith("1"):  # all but one are days old
            os.utime(path, (1, 1))
    jobs_imports.forget_abandoned(office.engine.url.render_as_string(hide_password=False), office.home)
    assert {path.name for path in folder.glob("*.tif")} == {owned.name, f"{'1' * 64}.tif"}


@pytest.mark.parametrize(
    "coverage",
    [
        {"kind": "swamp"}, {"kind": 3}, {"title_vi": "a" * 5000}, {"title_vi": "\0"}, {"band": 0},
        {"band": True}, {"nodata": "many"}, {"nodata": 1e999}, {"classes": {}}, {"classes": [3]},
        {"classes": [{"value": 1, "color": "red"}]}, {"path": "/etc/passwd"}, {"flooded_from_m": [1]},
    ],
)  # fmt: skip
def test_a_plan_that_makes_no_sense_is_refused_in_words(
    office: Office, tmp_path: Path, coverage: dict[str, Any]
) -> None:
    import_id = office.begin(None, cover(tmp_path / "phu.tif"))
    plan = office.inspected(import_id)["plan"]
    body = json.dumps({**plan, "coverage": coverage})
    refused = office.send(
        "PUT", f"/imports/{import_id}/plan", content=body, headers={"Content-Type": "application/json"}
    )
    assert refused.status_code in (400, 422), refused.text
    assert office.get(import_id)["state"] == "inspected"


def test_a_table_is_not_taken_for_a_raster(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "khu.csv"
    path.write_text("Mã,Tên\nA,Khu A\n", encoding="utf-8")
    import_id = office.begin("coverages", path)
    seen = office.inspected(import_id)
    assert (seen["state"], seen["error"]["code"]) == ("failed", "file_not_raster")


def test_a_load_that_dies_after_its_file_was_written_is_done_again_once(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_id = office.begin(None, cover(tmp_path / "phu.tif"))
    office.previewed(import_id, said_of(office.inspected(import_id)["plan"]))
    told = jobs_imports.rasters.keep

    def dies(*given: Any) -> Any:
        told(*given)
        raise KeyboardInterrupt  # as the process would end: nothing of ours runs after it

    url = office.engine.url.render_as_string(hide_password=False)
    with office.engine.begin() as db:
        db.execute(update(UPLOADS).values(state="loading"))
    monkeypatch.setattr(jobs_imports.rasters, "keep", dies)
    with pytest.raises(KeyboardInterrupt):
        jobs_imports.step(url, office.home, UUID(import_id))
    assert kept(office.engine) == 0
    assert len(list((office.home / "coverages").glob("*.tif"))) == 1  # nobody's yet
    monkeypatch.setattr(jobs_imports.rasters, "keep", told)
    jobs_imports.step(url, office.home, UUID(import_id))
    assert (office.get(import_id)["state"], kept(office.engine)) == ("loaded", 1)
    assert len(list((office.home / "coverages").glob("*.tif"))) == 1


def test_the_verb_prints_the_plan_of_a_raster_and_keeps_it_by_the_answered_one(
    database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIDOI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DIDOI_DATABASE_URL", database.url.render_as_string(hide_password=False))
    verbs, path = CliRunner(), cover(tmp_path / "phu.tif")
    asked = verbs.invoke(build(), ["import", "coverages", str(path), "--plan"])
    assert asked.exit_code == 3
    plan = json.loads(asked.stdout)
    (tmp_path / "plan.json").write_text(json.dumps(said_of(plan)), encoding="utf-8")
    done = verbs.invoke(
        build(), ["import", "--apply", str(tmp_path / "plan.json"), "--file", str(path), "--json"]
    )
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["coverage"]["title"]["vi"] == "Lớp phủ 2024"
    assert kept(database) == 1
