"""What leaves as a file comes back as it was: every base layer, in every format, as far as it carries."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import unicodedata
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from geoalchemy2.shape import from_shape, to_shape
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import ARRAY, Boolean, Connection, Date, Engine, Float, Integer, delete, insert, select

from gis import crs
from layers.access import Actor, Role
from layers.catalogue import layers
from layers.export import FORMATS, CrsNotCarried, export
from layers.export.formats import CARRIES
from layers.filters import Wanted
from layers.ingest.load import load
from layers.ingest.request import Request
from layers.ingest.targets import target
from layers.layer import Layer, about
from layers.records.imports import NOTES
from tests.factories import LAT, LON, a_zone, rectangle

PLANNER = Actor(Role.PLANNER, 1, "lan")
#: Who sees every column, names of households too: what is compared is the file.
EVERYBODY = Actor(Role.SYSTEM, name="round trip")
DAY = date(2025, 7, 1)
BASE = [one for one in layers().values() if one.kind == "base" and one.id != "faults"]
TOLERANCE_M = 0.001
#: Letters that have gone wrong on the way through some format before.
LETTERS = "aZ09 ạẩĐđƯừỗ'\",;:\n=+-@<>&%_\\/[]{}|#é🏭’“”"
TRICKY = (
    "007", "1.0", "1e5", "TRUE", "true", "2025-01-01", "2025/01/01", "01/02/2025", "=1+1", "-2", "@x",
    "+84 274", "'=1", "''x", "NULL", "nan", "[1]", '["a"]', "a, b", "dòng 1\ndòng 2", "Đ\u1eb7ng",
    "<b>&amp;</b>", "x" * 300, "ạ" * 200, "http://a.b", "\\N", "%", "0x1F", "1,5", "12:30", "{}",
)  # fmt: skip

text = (
    (st.text(LETTERS, min_size=1, max_size=12) | st.sampled_from(TRICKY))
    .map(lambda t: unicodedata.normalize("NFC", t).strip())
    .filter(bool)
)
number = st.floats(0.001, 1e6) | st.integers(1, 10_000).map(float)
day = st.dates(date(1901, 1, 1), date(2024, 12, 31))
lon, lat = st.floats(LON - 0.5, LON + 0.5), st.floats(LAT - 0.5, LAT + 0.5)


@st.composite
def shape(draw: st.DrawFn, kind: str) -> shapely.Geometry:
    """A sound geometry of a kind, with as many digits as a double has."""
    x, y = draw(lon), draw(lat)
    if kind == "POINT":
        return shapely.Point(x, y)
    steps = np.array(draw(st.lists(st.floats(0.001, 0.02), min_size=3, max_size=6)))
    if kind == "MULTILINESTRING":
        line = np.column_stack([x + np.cumsum(steps), y + steps * 0.5])
        return shapely.MultiLineString([line, line + 0.1])
    angles = np.linspace(0, 2 * np.pi, len(steps), endpoint=False)
    ring = np.column_stack([x + np.cos(angles) * steps, y + np.sin(angles) * steps])
    hole = np.column_stack([x + np.cos(angles) * steps / 5, y + np.sin(angles) * steps / 5])
    return shapely.MultiPolygon([shapely.Polygon(ring, [hole]), shapely.box(x + 0.1, y, x + 0.11, y + 0.01)])


def value(col: Any) -> st.SearchStrategy[Any]:
    told = about(col)
    codes = [code.value for code in told.codes] if told else []
    if isinstance(col.type, ARRAY):
        return (
            st.lists(st.sampled_from(codes), max_size=3, unique=True) if codes else st.lists(text, max_size=3)
        )
    if codes:
        return st.sampled_from(codes)
    if isinstance(col.type, Boolean):
        return st.booleans()
    if isinstance(col.type, Date):
        return day
    if isinstance(col.type, Integer):
        return st.integers(0, 2**31 - 1)
    if isinstance(col.type, Float):
        return st.floats(0.001, 0.999) if told and told.unit == "ratio" else number
    return text


@st.composite
def rows(draw: st.DrawFn, layer: Layer) -> list[dict[str, Any]]:
    """Rows that the tables take: what is required is there, keys differ, checks hold."""
    fields = target(layer.id).fields
    kind = target(layer.id).geometry_kind
    made: list[dict[str, Any]] = []
    for n in range(draw(st.integers(6, 12))):
        row: dict[str, Any] = {}
        for name, told in fields.items():
            strategy = value(layer.table.c[name])
            row[name] = draw(strategy if told.required else st.none() | strategy)
        row["valid_from"] = draw(st.dates(date(1950, 1, 1), date(2025, 6, 1)))
        row["valid_to"] = draw(st.none() | st.dates(date(2025, 7, 2), date(2090, 1, 1)))
        row["geom"] = draw(shape(kind))
        for part in ("key", "code", "parcel_number", "number", "commune_code", "sheet_number", "zone_key"):
            if row.get(part) is not None:
                row[part] = f"{n:03d}-{row[part]}"[:40].strip()
        made.append(_mended(layer.id, row))
    return made


def _mended(layer_id: str, row: dict[str, Any]) -> dict[str, Any]:
    """What the checks of a table ask beyond its types."""
    if layer_id == "zones":
        row |= {"entrance_lon": row["geom"].bounds[0], "entrance_lat": row["geom"].bounds[1]}
        if row["clearance_basis"] is None:
            row["clearance_basis"] = "unknown"
        if row["clearance_basis"] == "declared" and None in (row["handover_decision"], row["handed_over_on"]):
            row |= {"handover_decision": "QĐ 1", "handed_over_on": date(2020, 1, 1)}
    if layer_id == "places" and row["rank"] is not None:
        row["rank"] = 1 + row["rank"] % 3
    if layer_id == "enterprises" and None in (row["vsic_code"], row["vsic_scheme"]):
        row |= {"vsic_code": None, "vsic_scheme": None}
    return row


@pytest.mark.parametrize("form", CARRIES)
@pytest.mark.parametrize("layer", BASE, ids=lambda one: one.id)
def test_a_layer_comes_back_as_it_left(db: Connection, tmp_path: Path, layer: Layer, form: str) -> None:
    count = 0

    @settings(
        max_examples=2,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(before=rows(layer))
    def comes_back(before: list[dict[str, Any]]) -> None:
        nonlocal count
        count += 1
        folder = tmp_path / str(count)
        folder.mkdir()
        with db.begin_nested() as step:
            _there_and_back(db, folder, layer, form, before, crs.CRS84)
            step.rollback()

    comes_back()


@pytest.mark.parametrize("srid", [3405, 4756, 5897, 9210, 9213, 3857])
@pytest.mark.parametrize("form", [form for form, one in CARRIES.items() if one.any_crs])
def test_geometry_comes_back_through_any_system(db: Connection, tmp_path: Path, form: str, srid: int) -> None:
    a_zone(db, "A", rectangle(0, 0, 1000, 1000), source="Sở Xây dựng")
    a_zone(db, "B", rectangle(5000, 90_000, 1000, 1000))
    layer = layers()["zones"]
    names = [*target("zones").fields, "valid_from", "valid_to", "geom"]
    query = select(*(layer.table.c[name] for name in names)).order_by(layer.table.c.key)
    before = [dict(row) | {"geom": to_shape(row["geom"])} for row in db.execute(query).mappings()]
    db.execute(delete(layer.table))
    _there_and_back(db, tmp_path, layer, form, before, crs.SUPPORTED[srid])


def _there_and_back(
    db: Connection, folder: Path, layer: Layer, form: str, before: list[dict[str, Any]], system: crs.Crs
) -> None:
    stored = [row | {"geom": from_shape(row["geom"], srid=crs.STORAGE_SRID)} for row in before]
    db.execute(insert(layer.table), stored)
    path = export(db, layer, EVERYBODY, DAY, Wanted(), form, folder, system)
    db.execute(delete(layer.table))
    declared = f"EPSG:{system.srid}" if form in ("csv", "xlsx") else None
    sheet = "Dữ liệu" if form == "xlsx" else None
    run, _ = load(db, "test", Request(layer.id, path, crs=declared, layer_in_file=sheet))
    refused = select(NOTES.c.code, NOTES.c.facts).where(NOTES.c.run_id == run, NOTES.c.refused)
    assert db.execute(refused).all() == []
    names = [*target(layer.id).fields, "valid_from", "valid_to", "geom"]
    query = select(*(layer.table.c[name] for name in names), layer.table.c.key.label("own_key"))
    after = {_place(row): row for row in db.execute(query).mappings()}
    assert len(after) == len(before)
    for row in before:
        back = after[_place(row)]
        told = {name: _carried(row[name], form) for name in names if name != "geom"}
        came = {name: _rounded(back[name], form) for name in told}
        assert came == told
        _same_place(row["geom"], to_shape(back["geom"]))


def _place(row: Any) -> str:
    """Part of a row that names it in any layer."""
    return "|".join(str(row[part])[:60] for part in ("key", "code", "parcel_number") if part in row)


def _carried(value: Any, form: str) -> Any:
    """A value as far as a format carries it."""
    limit = CARRIES[form].text_bytes
    if isinstance(value, str) and limit is not None:
        return value.encode()[:limit].decode(errors="ignore").strip()
    return _rounded(value, form)


def _rounded(value: Any, form: str) -> Any:
    return float(f"{value:.{CARRIES[form].digits - 2}g}") if isinstance(value, float) else value


def _same_place(before: shapely.Geometry, after: shapely.Geometry) -> None:
    degrees = TOLERANCE_M / 111_320
    assert after.geom_type == before.geom_type
    assert shapely.equals_exact(shapely.normalize(after), shapely.normalize(before), tolerance=degrees) or (
        shapely.hausdorff_distance(after, before) < degrees
    )


# --- what is said beside the rows -----------------------------------------------------------------------


def test_every_file_tells_where_its_rows_come_from(db: Connection, tmp_path: Path) -> None:
    a_zone(db, "A", rectangle(0, 0, 100, 100), source="Sở Xây dựng", illustrative=True)
    zones = layers()["zones"]

    def written(form: str, system: crs.Crs = crs.SUPPORTED[9210]) -> Path:
        return export(db, zones, PLANNER, DAY, Wanted({"kind": ["KCN"]}), form, tmp_path, system)

    with sqlite3.connect(written("gpkg")) as file:
        told = file.execute("SELECT metadata FROM gpkg_metadata").fetchone()[0]
    said = {"gpkg": told}
    with zipfile.ZipFile(written("shp")) as archive:
        said["shp"] = archive.read("metadata.txt").decode()
        columns = archive.read("columns.txt").decode()
        assert "UTF-8" in archive.read(next(n for n in archive.namelist() if n.endswith(".cpg"))).decode()
    assert "wastewat_2\twastewater_capacity_m3_day\tCông suất xử lý nước thải" in columns
    with zipfile.ZipFile(written("xlsx")) as archive:
        said["xlsx"] = (
            archive.read("xl/sharedStrings.xml").decode()
            if "xl/sharedStrings.xml" in archive.namelist()
            else (
                "".join(
                    archive.read(name).decode()
                    for name in archive.namelist()
                    if name.startswith("xl/worksheets/")
                )
            )
        )
    said["parquet"] = written("parquet").read_bytes().decode("utf-8", "ignore")
    said["fgb"] = written("fgb").read_bytes().decode("utf-8", "ignore")
    for words in said.values():
        assert "Sở Xây dựng" in words
        assert "EPSG:6960" in words
        assert "2025-07-01" in words
    geojson = json.loads(written("geojson", crs.CRS84).read_text())
    assert geojson["metadata"]["source"] == ["Sở Xây dựng"]
    assert geojson["metadata"]["filter"] == {"kind": "KCN"}
    assert geojson["metadata"]["illustrative"] is True
    assert "Sở Xây dựng" in written("kml", crs.CRS84).read_text()
    assert written("csv").name == "zones_2025-07-01_EPSG9210_minh-hoa.csv"


@pytest.mark.parametrize("form", [form for form, one in CARRIES.items() if not one.any_crs])
def test_a_format_of_one_system_refuses_another(db: Connection, tmp_path: Path, form: str) -> None:
    with pytest.raises(CrsNotCarried):
        export(db, layers()["zones"], PLANNER, DAY, Wanted(), form, tmp_path, crs.SUPPORTED[9210])


@pytest.mark.parametrize("layer", layers().values(), ids=lambda one: one.id)
@pytest.mark.parametrize("form", FORMATS)
def test_any_layer_is_a_file_of_any_format_with_or_without_rows(
    db: Connection, tmp_path: Path, form: str, layer: Layer
) -> None:
    """Layers that are drawn from others, such as the supply of zones, have no geometry of their own."""
    a_zone(db, "K", rectangle(0, 0, 1000, 1000))
    for day in (DAY - timedelta(days=40_000), DAY):
        path = export(db, layer, PLANNER, day, Wanted(), form, tmp_path)
        assert path.stat().st_size > 0


FULL = """
import resource, sys
from datetime import date
from pathlib import Path
from sqlalchemy import create_engine
from layers.access import PUBLIC
from layers.catalogue import layer
from layers.export import ExportNotWritten, export
from layers.filters import Wanted
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
with create_engine(sys.argv[1]).connect() as db:
    try:
        export(db, layer("places"), PUBLIC, date(2025, 7, 1), Wanted(), sys.argv[2], Path(sys.argv[3]))
    except ExportNotWritten as error:
        print("told", error.facts)
"""


@pytest.mark.parametrize("form", ["gpkg", "geojson", "parquet", "fgb", "shp", "kml", "xlsx", "csv"])
def test_a_full_disk_is_told_and_never_a_shorter_file(database: Engine, tmp_path: Path, form: str) -> None:
    places = layers()["places"].table
    with database.begin() as db:
        of_one = {"rank": 1, "valid_from": DAY, "source": "n" * 60}
        spot = from_shape(shapely.Point(LON, LAT), srid=crs.STORAGE_SRID)
        db.execute(
            insert(places),
            [
                {"key": f"{n}-{hash(str(n))}", "name": f"Ấp {hash((n, 1))}", "geom": spot, **of_one}
                for n in range(20_000)
            ],
        )
    url = database.url.render_as_string(hide_password=False)
    run = subprocess.run(
        [sys.executable, "-c", FULL, url, form, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert run.stdout.startswith("told"), run.stderr[-600:]
