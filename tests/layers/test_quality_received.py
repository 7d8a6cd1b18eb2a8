"""What an import refuses or mends becomes a fault with a place; nothing of it enters a table or a figure."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from sqlalchemy import Connection, func, insert, select

from layers.access import Actor, Role
from layers.catalogue import layer
from layers.catalogue.faults import TABLE as FAULTS
from layers.ingest.load import load
from layers.ingest.request import Request
from layers.quality import check, decide, of_run
from layers.quality.proposals import propose
from layers.records.imports import RUNS
from layers.records.staged import STAGED
from tests.factories import point, rectangle

PLANNER = Actor(Role.PLANNER, name="an")
ZONES = layer("zones").table


def a_file(folder: Path, rows: list[dict[str, Any]]) -> Path:
    filled = [{"key": "A", "name": "KCN A", "kind": "KCN", **row} for row in rows]
    gpd.GeoDataFrame(filled, geometry="geometry", crs="OGC:CRS84").to_file(folder / "z.gpkg")
    return folder / "z.gpkg"


def run(db: Connection, path: Path) -> int:
    return load(db, "an", Request("zones", path, valid_from=date(2025, 1, 1)))[0]


def faults(db: Connection) -> list[Any]:
    return list(db.execute(select(FAULTS).where(FAULTS.c.valid_to.is_(None)).order_by(FAULTS.c.key)))


def test_a_refused_row_is_a_fault_and_counts_nowhere(db: Connection, tmp_path: Path) -> None:
    flat = shapely.Polygon([(106.7, 11), (106.71, 11.01), (106.7, 11)])
    path = a_file(
        tmp_path,
        [{"key": "A", "geometry": rectangle(0, 0, 100, 100)}, {"key": "B", "geometry": flat}],
    )
    run_id = run(db, path)
    (fault,) = faults(db)
    assert (fault.rule, fault.layer, fault.feature_key) == ("row_geometry", "zones", "B")
    assert "Dòng 2 của tệp z.gpkg" in fault.message_vi
    assert "Row 2 of file z.gpkg" in fault.message_en
    assert fault.geom is not None
    assert db.execute(select(ZONES.c.key)).scalars().all() == ["A"]
    assert of_run(db, run_id) == 0  # told once

    decide.refuse(db, PLANNER, fault.key, "Vẽ sai")
    assert faults(db) == []
    assert db.execute(select(FAULTS.c.state, FAULTS.c.reason)).one() == ("refused", "Vẽ sai")
    assert db.execute(select(STAGED.c.state)).scalar_one() == "refused"


def test_a_refused_value_is_told_by_its_column_and_never_repeated(db: Connection, tmp_path: Path) -> None:
    path = a_file(
        tmp_path,
        [
            {"key": "A", "geometry": rectangle(0, 0, 100, 100), "area_legal_ha": "1"},
            {"key": "B", "geometry": rectangle(500, 0, 100, 100), "area_legal_ha": "Nguyễn Thị Hoa"},
        ],
    )
    run(db, path)
    (fault,) = [f for f in faults(db) if f.feature_key == "B"]
    assert (fault.rule, fault.staged) == ("row_values", True)
    assert "area_legal_ha" in fault.message_vi
    assert "Hoa" not in fault.message_vi + fault.message_en
    with pytest.raises(decide.FaultStaged):
        decide.accept(db, PLANNER, fault.key, "thôi")


def test_a_mended_boundary_is_told_with_the_change_of_its_area(db: Connection, tmp_path: Path) -> None:
    xy = shapely.get_coordinates(rectangle(0, 0, 100, 100))[:-1]
    bow = shapely.Polygon([xy[0], xy[2], xy[1], xy[3]])
    run(db, a_file(tmp_path, [{"key": "A", "geometry": bow}]))
    # a figure of eight becomes two triangles, which meet where it crossed itself
    assert [(f.rule, f.feature_key) for f in faults(db)] == [("mended", "A"), ("self_touch", "A")]
    # whose area before was nothing: no change is told, and no row waits
    assert faults(db)[0].message_vi == "A: ranh giới đã sửa khi nhập"
    assert [f.staged for f in faults(db)] == [False, False]
    assert db.execute(select(func.ST_IsValid(ZONES.c.geom))).scalar_one()
    assert check(db, "zones").found == 0


def test_a_staged_shape_is_mended_as_proposed(db: Connection) -> None:
    """A row staged by whatever reason whose shape can be mended by itself."""
    run_id = db.execute(
        insert(RUNS)
        .values(
            layer_id="zones",
            file_name="k.xlsx",
            file_sha256="0",
            idempotency_key="k",
            actor="an",
            read_count=1,
        )
        .values(refused_count=1, mapping={"columns": {"key": "Mã", "name": "Tên", "kind": "Loại"}})
        .returning(RUNS.c.id)
    ).scalar_one()
    xy = shapely.get_coordinates(rectangle(0, 0, 100, 100))[:-1]
    bow = shapely.Polygon([xy[0], xy[2], xy[1], xy[3]])
    db.execute(
        insert(STAGED).values(
            run_id=run_id,
            row_number=1,
            target="zones",
            key="C",
            codes=["self_intersection"],
            received={"Mã": "C", "Tên": "CCN C", "Loại": "CCN"},
            wkb=shapely.to_wkb(bow),
        )
    )
    assert of_run(db, run_id) == 1
    (row,) = faults(db)
    place = shapely.from_wkb(bytes(row.geom.data))
    assert place.distance(point(50, 50)) < 1e-6  # where the two diagonals cross
    proposal = propose(db, decide.standing(db, PLANNER, row.key))
    assert proposal.area_after_ha == pytest.approx(0.5, rel=1e-3)  # two triangles of 100 m × 50 m / 2
    decide.repair(db, PLANNER, row.key)
    assert db.execute(select(ZONES.c.key)).scalars().all() == ["C"]
    assert not [f for f in faults(db) if f.rule == "row_geometry"]
    assert db.execute(select(RUNS.c.noted_count, RUNS.c.refused_count)).one() == (1, 0)


@pytest.mark.parametrize(
    "wkb",
    [
        b"",
        b"\x01\x03",
        shapely.to_wkb(shapely.Point(float("nan"), 1)),
        shapely.to_wkb(shapely.Point(500, 80)),
    ],
)
def test_what_cannot_be_shown_is_still_told(db: Connection, wkb: bytes) -> None:
    run_id = db.execute(
        insert(RUNS)
        .values(layer_id="zones", file_name="k", file_sha256="0", idempotency_key="k", actor="an")
        .returning(RUNS.c.id)
    ).scalar_one()
    row = {"run_id": run_id, "row_number": 1, "target": "zones", "codes": ["outside_country"], "received": {}}
    db.execute(insert(STAGED).values(**row, wkb=wkb))
    assert of_run(db, run_id) == 1
    assert faults(db)[0].geom is None
