"""A preview says what the load does; a staged row comes in as any other; a list tells what is gone."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select

from layers.access import Actor, Role
from layers.catalogue import layer
from layers.ingest.disappeared import list_name
from layers.ingest.load import load
from layers.ingest.mapping import Mapping
from layers.ingest.plan import File, Plan, digest
from layers.ingest.preview import page, preview
from layers.ingest.request import Request, planned
from layers.ingest.staged import RowStillFaulty, repair
from layers.records.imports import RUNS
from layers.records.staged import STAGED

PLANNER = Actor(Role.PLANNER, name="Lan")
PLACES = layer("places").table
ZONES = layer("zones").table
DAYS = [date(2020, 1, 1), date(2021, 1, 1), date(2022, 1, 1)]

#: Few keys, days and names, so that versions meet, repeat, close and contradict each other.
rows = st.lists(
    st.fixed_dictionaries(
        {
            "key": st.sampled_from(["a", "b", "c"]),
            "name": st.sampled_from(["Thủ Dầu Một", "Bến Cát"]),
            "rank": st.sampled_from(["1", "2", "hai"]),
            "valid_from": st.sampled_from(DAYS),
            "valid_to": st.sampled_from([None, date(2021, 6, 1), date(2023, 1, 1)]),
            "lon": st.sampled_from([106.7, 106.8, 200.0]),
        }
    ),
    min_size=1,
    max_size=12,
)


def _file(folder: Path, name: str, listed: list[dict[str, Any]]) -> Path:
    shapes = [shapely.Point(row["lon"], 11.0) for row in listed]
    told = [{k: v for k, v in row.items() if k != "lon"} for row in listed]
    # As many sound rows beside them: a fault that most rows share would be that of the whole file.
    sound = [{"key": f"z{i}", "name": "Z", "rank": "1", "valid_from": DAYS[0]} for i in range(len(told))]
    middle = [shapely.Point(106.9, 11.0)] * len(sound)
    frame = gpd.GeoDataFrame([*told, *sound], geometry=[*shapes, *middle], crs=4326)
    frame[["valid_from", "valid_to"]] = frame[["valid_from", "valid_to"]].astype("datetime64[ms]")
    frame.to_file(folder / name)
    return folder / name


def _nobody(_step: str, _done: int, _all: int) -> None:
    pass


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=rows, second=rows)
def test_a_preview_counts_what_the_load_counts(
    db: Connection, first: list[dict[str, Any]], second: list[dict[str, Any]]
) -> None:
    with tempfile.TemporaryDirectory() as name, db.begin_nested() as undone:
        folder = Path(name)
        for number, listed in enumerate((first, second)):
            request = Request("places", _file(folder, f"{number}.gpkg", listed))
            stored = db.execute(select(func.count()).select_from(PLACES)).scalar_one()
            with db.begin_nested() as tried:
                told = preview(db, request, folder / "p.parquet", _nobody)
                tried.rollback()
            assert db.execute(select(func.count()).select_from(PLACES)).scalar_one() == stored
            run_id, _ = load(db, "test", request)
            run = db.execute(select(RUNS).where(RUNS.c.id == run_id)).one()
            assert run.read_count == run.loaded_count + run.noted_count + run.refused_count
            assert told.counts == {
                "loaded": run.loaded_count,
                "noted": run.noted_count,
                "refused": run.refused_count,
            }
            assert page(folder / "p.parquet", None, 0, 100).counts == told.counts
        undone.rollback()


def _zone(folder: Path, shape: Any, kind: str = "KCN") -> Path:
    sound = shapely.box(106.8, 11.0, 106.81, 11.01)
    frame = gpd.GeoDataFrame(
        {"key": ["A", "B"], "name": ["KCN A", "KCN B"], "kind": [kind, "KCN"]},
        geometry=[shape, sound],
        crs=4326,
    )
    frame.to_file(folder / "z.gpkg")
    return folder / "z.gpkg"


def test_a_staged_row_comes_in_when_it_is_mended_and_the_counts_follow(
    db: Connection, tmp_path: Path
) -> None:
    run_id, _ = load(db, "test", Request("zones", _zone(tmp_path, shapely.box(200, 11, 200.1, 11.1))))
    staged = db.execute(select(STAGED)).one()
    assert (staged.key, staged.codes) == ("A", ["outside_country"])
    with pytest.raises(RowStillFaulty):
        repair(db, PLANNER, staged.id, values={"name": "KCN Á"})
    assert db.execute(select(STAGED.c.state)).scalar_one() == "open"
    shape = shapely.to_wkb(shapely.box(106.7, 11.0, 106.71, 11.01))
    assert repair(db, PLANNER, staged.id, shape, {"name": "KCN Á"}) == "A"
    zone = db.execute(select(ZONES).where(ZONES.c.key == "A")).one()
    assert (zone.name, zone.kind, zone.import_run_id) == ("KCN Á", "KCN", run_id)
    run = db.execute(select(RUNS).where(RUNS.c.id == run_id)).one()
    assert (run.read_count, run.loaded_count, run.noted_count, run.refused_count) == (2, 1, 1, 0)


def test_what_is_not_in_the_whole_list_any_more_is_told_and_stays(db: Connection, tmp_path: Path) -> None:
    point = {"name": "Z", "rank": "1", "valid_from": DAYS[0], "valid_to": None, "lon": 106.7}
    before = _file(tmp_path, "1.gpkg", [{**point, "key": "a"}, {**point, "key": "b"}])
    load(db, "test", Request("places", before))
    after = _file(tmp_path, "2.gpkg", [{**point, "key": "b"}])
    plan = Plan(digest(after), "places", crs="EPSG:4326", mapping=Mapping(), whole_list=True)
    run_id, _ = load(db, "test", planned(plan, after))
    gone = db.execute(select(RUNS.c.disappeared).where(RUNS.c.id == run_id)).scalar_one()
    assert gone == [{"key": "a", "label": "Z"}, {"key": "z1", "label": "Z"}]
    assert db.execute(select(func.count()).select_from(PLACES)).scalar_one() == 4
    assert isinstance(plan.file, File)


def test_what_the_last_issue_of_a_list_had_and_this_one_has_not_is_told(
    db: Connection, tmp_path: Path
) -> None:
    point = {"name": "Z", "rank": "1", "valid_from": DAYS[0], "valid_to": None, "lon": 106.7}

    def gone(name: str, *keys: str) -> list[str]:
        file = _file(tmp_path, name, [{**point, "key": key, "name": f"{key} {name}"} for key in keys])
        run_id, _ = load(db, "test", Request("places", file))
        listed = db.execute(select(RUNS.c.disappeared).where(RUNS.c.id == run_id)).scalar_one()
        return [one["key"] for one in listed if not one["key"].startswith("z")]

    assert gone("DS Q1-2026.gpkg", "a", "b") == []
    assert gone("Khảo sát 2025.gpkg", "c") == []  # another list
    assert gone("DS_quý II_2026 (v2).gpkg", "a") == ["b"]
    assert gone("2026.gpkg", "a") == []  # a date names no list


@pytest.mark.parametrize(
    ("name", "other", "one"),
    [
        ("DS doanh nghiệp Q1-2026.xlsx", "DS_doanh_nghiep_quý II_2026 (v2).xlsx", True),
        ("DS doanh nghiệp.xlsx", "DS doanh nghiệp tháng 3 năm 2026.csv", True),
        ("DS doanh nghiệp.xlsx", "DS khu công nghiệp.xlsx", False),
    ],
)
def test_issues_of_a_list_are_known_by_its_name(name: str, other: str, one: bool) -> None:
    assert (list_name(name) == list_name(other)) is one
