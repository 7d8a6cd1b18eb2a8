"""
Public files, as they are: every row accounted for.

The folder is named by DIDOI_REAL_DATA (the README says where each file comes from). Where it is absent the
tests do not run, and a warning says how many.
"""

from __future__ import annotations

import os
import warnings
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from layers.catalogue import layer
from layers.ingest.load import load
from layers.ingest.mapping import load_mapping
from layers.ingest.request import Request
from layers.layer import holds
from layers.records.imports import NOTES, RUNS
from layers.records.lineage import LINEAGE

FOLDER = Path(os.environ.get("DIDOI_REAL_DATA") or "/nonexistent")
FILES = {
    "admin_2025_provinces": "admin/admin_vn_2025.gpkg",
    "admin_2025_communes": "admin/admin_vn_2025.gpkg",
    "admin_pre2025_provinces": "admin/admin_vn_pre2025.gpkg",
    "admin_pre2025_districts": "admin/admin_vn_pre2025.gpkg",
    "admin_pre2025_district_list": "admin/units_pre2025_districts.csv",
    "admin_pre2025_communes": "admin/units_pre2025_communes.csv",
    "admin_2025_lineage": "admin/commune_mapping_2025.csv",
    "osh_factories": "factories/osh_sample_facilities_vn.csv",
    "heritage_areas": "layers/heritage_biosphere_reserves_vn.geojson",
    "osm_roads": "roads/osm_vn_city_roads.gpkg",
}
PRESENT = FOLDER.is_dir()
TESTS = len(FILES) + 4
if not PRESENT:
    warnings.warn(f"DIDOI_REAL_DATA names no folder: {TESTS} tests on real files DID NOT RUN", stacklevel=1)

pytestmark = [
    pytest.mark.real_files,
    pytest.mark.skipif(not PRESENT, reason=f"DIDOI_REAL_DATA names no folder ({TESTS} tests did not run)"),
]
UNITS = layer("admin_units").table


def bring(db: Connection, name: str) -> Any:
    """Import with the bundled mapping of this name; answer the record of the run."""
    mapping = load_mapping(name)
    assert mapping.layer is not None
    run_id, _ = load(db, "test", Request(mapping.layer, FOLDER / FILES[name], mapping=mapping))
    return db.execute(select(RUNS).where(RUNS.c.id == run_id)).one()


@pytest.mark.parametrize(
    ("name", "read", "refused"),
    [
        ("admin_2025_provinces", 34, 0),
        ("admin_2025_communes", 3321, 0),
        ("admin_pre2025_provinces", 63, 0),
        ("admin_pre2025_districts", 692, 0),
        ("admin_pre2025_district_list", 696, 0),
        ("admin_pre2025_communes", 10_035, 0),
        ("admin_2025_lineage", 10_602, 0),
        ("osh_factories", 100, 0),
        ("heritage_areas", 14, 0),
        ("osm_roads", 22_666, 1),  # the one edge of zero length
    ],
)
def test_every_row_of_a_public_file_is_accounted_for(
    db: Connection, name: str, read: int, refused: int
) -> None:
    run = bring(db, name)
    assert run.read_count == read
    assert run.refused_count == refused
    assert run.loaded_count + run.noted_count + run.refused_count == read
    table = LINEAGE if run.layer_id == "admin_lineage" else layer(run.layer_id).table
    kept = select(func.count()).where(table.c.import_run_id == run.id)
    assert db.execute(kept).scalar_one() == read - refused


@pytest.mark.parametrize("new_first", [True, False])
def test_code_24_is_bac_giang_until_june_2025_and_bac_ninh_from_july(db: Connection, new_first: bool) -> None:
    names = ["admin_2025_provinces", "admin_pre2025_provinces"]
    for name in names if new_first else reversed(names):
        bring(db, name)

    def held(day: date) -> tuple[int, str]:
        at = select(UNITS).where(UNITS.c.level == "province", holds(UNITS, day)).subquery()
        code = select(at.c.name).where(at.c.code == "24")
        return db.execute(select(func.count()).select_from(at)).scalar_one(), db.execute(code).scalar_one()

    assert held(date(2025, 6, 30)) == (63, "Tỉnh Bắc Giang")
    assert held(date(2025, 7, 1)) == (34, "Tỉnh Bắc Ninh")


def test_the_one_invalid_reserve_is_repaired_and_says_so(db: Connection) -> None:
    run = bring(db, "heritage_areas")
    noted = select(NOTES.c.code).where(NOTES.c.run_id == run.id, NOTES.c.row_number > 0)
    assert db.execute(noted).scalars().all() == ["ring_self_intersection"]


def test_the_factories_sector_is_translated_and_marked_assumed(db: Connection) -> None:
    run = bring(db, "osh_factories")
    firms = layer("enterprises").table
    assert db.execute(select(firms.c.vsic_scheme, firms.c.vsic_code).distinct()).all() == [("VSIC2018", "14")]
    facts = select(NOTES.c.facts).where(NOTES.c.run_id == run.id, NOTES.c.code == "assumed_translation")
    assert db.execute(facts).scalar_one()["count"] == 100
