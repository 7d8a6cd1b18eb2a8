"""Whatever is sent, the answer is rows or words: nothing crashes, leaks, calls out, swells or hangs."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from sqlalchemy import Connection, select

from gis.errors import DidoiError
from layers.ingest import errors
from layers.ingest.guard import ROOT, Found, Limits, Received, inspect, read
from layers.ingest.load import load
from layers.ingest.request import Request
from layers.records.imports import RUNS
from tests.layers import hostile

WORDS = {
    lang: json.loads((ROOT / f"api/words/{lang}.json").read_text(encoding="utf-8"))["error"]
    for lang in ("vi", "en")
}

#: What cannot be read as it is: the error whose words name the fault and the mending.
REFUSED: dict[str, type[DidoiError]] = {
    "vrt_in_geojson": errors.FileUnreadable,
    "vrt_in_kml": errors.XmlBroken,
    "xxe_in_kml": errors.XmlEntities,
    "xxe_in_utf16_kml": errors.XmlEntities,
    "xxe_over_the_network": errors.XmlEntities,
    "entity_bomb_in_kml": errors.XmlEntities,
    "xxe_in_gml": errors.XmlEntities,
    "xxe_in_xlsx": errors.FileUnreadable,
    "entity_bomb_in_xlsx": errors.FileUnreadable,
    "far_cell_in_xlsx": errors.FileTooLarge,
    "tab_that_names_another_file": errors.FilePartMissing,
    "tab_view_of_another_file": errors.FilePartMissing,
    "view_in_geopackage": errors.FileTooSlow,
    "zip_slip": errors.ArchiveUnsafe,
    "zip_with_absolute_path": errors.ArchiveUnsafe,
    "zip_with_a_link": errors.ArchiveUnsafe,
    "zip_bomb": errors.FileTooLarge,
    "zip_bomb_whose_header_lies": errors.FileUnreadable,
    "zip_in_a_zip_in_a_zip": errors.ArchiveNested,
    "zip_with_many_members": errors.ArchiveUnsafe,
    "zip_with_a_password": errors.ArchiveLocked,
    "bomb_in_xlsx": errors.FileTooLarge,
    "json_nested_100_000_deep": errors.FileUnreadable,
    "json_property_nested_100_000_deep": errors.FileUnreadable,
    "collections_nested_deep": errors.FileUnreadable,
    "kml_nested_deep": errors.XmlTooDeep,
    "dxf_without_end": errors.FileCutShort,
    "giant_count_in_dbf": errors.FileTruncated,
    "wrong_row_length_in_dbf": errors.FileUnreadable,
    "zero_row_length_in_dbf": errors.FileUnreadable,
    "giant_length_in_shp": errors.FileCutShort,
    "index_that_points_outside": errors.FileTruncated,
    "giant_count_in_flatgeobuf": errors.FileWithoutLayers,
    "shapefile_without_dbf": errors.FilePartMissing,
    "shapefile_whose_part_is_a_link": errors.FileIsLink,
    "link_to_a_file_of_the_server": errors.FileIsLink,
    "folder_with_a_link": errors.FileIsLink,
    "empty_folder": errors.FileKindUnknown,
    "nothing": errors.FileBlank,
    "columns_5000": errors.ColumnsTooMany,
    "quote_that_never_closes": errors.QuoteOpen,
    "dgn_v8": errors.FileNeedsConversion,
    "picture_named_gpkg": errors.FileUnreadable,
    "web_page_named_csv": errors.FileUnreadable,
    "number_1e999_in_geojson": errors.FileUnreadable,
    "ring_of_10_million_in_geojson": errors.ObjectTooLarge,
    "csv_with_zero_bytes": errors.FileUnreadable,
    "csv_of_one_long_line": errors.CellTooLong,
}

#: What is read, and how many rows it holds.
ROWS = {
    "connection_in_geojson": 0,
    "network_link_in_kml": 1,
    "schema_of_gml_elsewhere": 1,
    "xlink_in_gml": 1,
    "csv_that_names_another_file": 2,
    "wkt_nested_deep": 2,
    "dxf_blocks_that_hold_each_other": 0,
    "giant_count_in_a_shape": 3,
    "headings_doubled_and_empty": 2,
    "geopackage_named_shp": 3,
    "nan_in_geojson": 2,
    "open_rings_and_bow_ties": 6,
    "mixed_types_and_dimensions": 4,
    "curves": 1,
    "curves_among_others": 2,
    "measures_and_heights": 1,
    "wkb_that_lies": 6,
    "infinite_in_geopackage": 3,
    "unknown_srid": 3,
    "ring_of_10_million": 2,
    "metres_as_degrees": 3,
    "wrong_meridian": 3,
    "empty_layer": 0,
    "utf8_that_is_not": 3,
    "charset_that_does_not_exist": 3,
}


@dataclass(frozen=True)
class Outcome:
    """What became of one file."""

    path: Path
    seconds: float
    error: BaseException | None
    found: Found | None
    received: Received | None

    def said(self) -> str:
        """Everything that a user could see of it."""
        rows = self.received.rows.to_pylist() if self.received is not None else None
        return repr((self.error, self.found, rows))


def look(path: Path, limits: Limits | None = None) -> Outcome:
    """Inspect, and read the first layer."""
    start, found, received = time.monotonic(), None, None
    try:
        found = inspect(path, limits)
        if found.layers:
            received = read(path, found.layers[0]["name"], found.layers[0]["encoding"]["used"], limits)
    except BaseException as error:  # whatever it is, the test will name it
        return Outcome(path, time.monotonic() - start, error, found, received)
    return Outcome(path, time.monotonic() - start, None, found, received)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Outcome]]:
    """Every case read once, while an address listens and a secret lies near by."""
    folder = tmp_path_factory.mktemp("hostile")
    secret = folder / "secret.csv"
    secret.write_text(f"a\n{hostile.SECRET}\n")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        cases = folder / "cases"
        cases.mkdir()
        writer = [sys.executable, "-m", "tests.layers.hostile", str(cases), str(secret), url]
        told = subprocess.run(writer, cwd=ROOT, capture_output=True, check=True, text=True)
        paths = {name: Path(path) for name, path in json.loads(told.stdout).items()}
        with ThreadPoolExecutor(2) as pool:
            slow = {"view_in_geopackage": Limits(limit_s=4)}
            waiting = {name: pool.submit(look, path, slow.get(name)) for name, path in paths.items()}
            yield {name: one.result() for name, one in waiting.items()}
        with pytest.raises(BlockingIOError):
            server.accept()  # nobody called


@pytest.mark.parametrize("name", ["curves", "curves_among_others"])
def test_arcs_become_lines_that_keep_their_area(outcomes: dict[str, Outcome], name: str) -> None:
    received = outcomes[name].received
    assert received is not None
    circle = shapely.from_wkb(received.wkb[0].as_py())
    assert circle.area == pytest.approx(np.pi * 50**2, rel=0.002)  # radius 50 m


def assert_told(error: BaseException | None) -> None:
    """An error of ours, whose words in both languages can be filled in."""
    assert isinstance(error, DidoiError), repr(error)
    for words in WORDS.values():
        assert words[error.code].format(**error.facts)


def test_every_case_of_the_corpus_has_its_expectation() -> None:
    assert set(hostile.CASES) == set(REFUSED) | set(ROWS)


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_with_words(outcomes: dict[str, Outcome], name: str) -> None:
    assert_told(outcomes[name].error)
    assert isinstance(outcomes[name].error, REFUSED[name])


@pytest.mark.parametrize("name", ROWS)
def test_what_can_be_read_keeps_all_its_rows(outcomes: dict[str, Outcome], name: str) -> None:
    outcome = outcomes[name]
    assert outcome.error is None
    assert outcome.found is not None
    assert outcome.received is not None
    assert outcome.found.layers[0]["rows"] == outcome.received.rows.num_rows == ROWS[name]


@pytest.mark.parametrize("name", hostile.CASES)
def test_nothing_outside_of_the_upload_is_read_nor_takes_more_than_half_a_minute(
    outcomes: dict[str, Outcome], name: str
) -> None:
    assert hostile.SECRET not in outcomes[name].said()
    assert "root:" not in outcomes[name].said()
    assert outcomes[name].seconds < 60  # two readings
    assert not Path("/tmp/didoi-slipped.csv").exists()


HEAVY = (
    "ring_of_10_million",
    "ring_of_10_million_in_geojson",
    "zip_bomb",
    "bomb_in_xlsx",
    "far_cell_in_xlsx",
    "csv_of_one_long_line",
)
MEASURE = """
import resource, sys
from pathlib import Path
from gis.errors import DidoiError
from layers.ingest.guard import inspect, read
for path in map(Path, sys.argv[1:]):
    try:
        read(path)
    except DidoiError:
        pass
# Of itself by the kernel's own mark: what getrusage tells begins with the peak of whoever started it.
own = Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, own)
"""


def test_neither_the_reader_nor_its_parent_takes_more_than_a_gibibyte(outcomes: dict[str, Outcome]) -> None:
    paths = [str(outcomes[name].path) for name in HEAVY]
    told = subprocess.run([sys.executable, "-c", MEASURE, *paths], cwd=ROOT, capture_output=True, check=True)
    assert max(map(int, told.stdout.split())) < 1_048_576  # KiB


PROBE = """
import os, socket, subprocess, sys
sys.path.append({root!r})
from pathlib import Path
from layers.ingest.reading import sandbox
sandbox.limit(500, 10, 1_000_000)
held = sandbox.close_files([Path({file!r})], Path({scratch!r})), sandbox.close_network()
def tried(what):
    try:
        what()
    except OSError as error:
        return type(error).__name__
    return "done"
print(held)
print(
    tried(lambda: open("/etc/passwd")),
    tried(lambda: open({file!r})),
    tried(lambda: open({file!r}, "a")),
    tried(lambda: socket.socket()),
    tried(lambda: subprocess.run(["/bin/true"])),
    tried(lambda: os.listdir("/proc/1")),
    tried(lambda: open({scratch!r} + "/x", "w")),
    tried(lambda: open({scratch!r} + "/y", "wb").write(bytes(2_000_000))),
)
"""


def test_the_fences_hold_against_code_that_runs_inside(tmp_path: Path) -> None:
    """As if a damaged file had taken over the reader."""
    upload, scratch = tmp_path / "upload.csv", tmp_path / "scratch"
    upload.write_text("a\n")
    scratch.mkdir()
    code = PROBE.format(root=str(ROOT), file=str(upload), scratch=str(scratch))
    told = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, check=True, text=True)
    held, tried = (line.split() for line in told.stdout.splitlines())
    files, network = "True" in held[0], "True" in held[1]
    if not files or not network:
        warnings.warn(f"this kernel has not all fences: {held}", stacklevel=1)
    if files:
        assert tried[:3] == ["PermissionError", "done", "PermissionError"]
        assert tried[5:7] == ["PermissionError", "done"]
    if network:
        assert tried[3:5] == ["PermissionError", "PermissionError"]
    assert tried[7] == "OSError"  # longer than a file may become


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return hostile.sound(tmp_path_factory.mktemp("sound"))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("z.gpkg", "GeoPackage"),
        ("s/z.shp", "Shapefile"),
        ("s.zip", "Shapefile"),
        ("z.geojson", "GeoJSON"),
        ("z.geojsonl", "GeoJSON lines"),
        ("z.fgb", "FlatGeobuf"),
        ("z.kml", "KML"),
        ("z.kmz", "KML"),
        ("z.gml", "GML"),
        ("z.dxf", "DXF"),
        ("z.gdb", "FileGDB"),
        ("t/z.tab", "MapInfo TAB"),
        ("m/z.mif", "MapInfo MIF"),
        ("z.parquet", "GeoParquet"),
        ("z.csv", "CSV"),
        ("z.xlsx", "XLSX"),
    ],
)
def test_every_format_is_read_whole_with_its_vietnamese(sound: dict[str, Path], name: str, kind: str) -> None:
    outcome = look(sound[name])
    assert outcome.error is None
    assert outcome.found is not None
    assert outcome.received is not None
    assert outcome.found.kind == kind
    assert outcome.found.layers[0]["rows"] == outcome.received.rows.num_rows == 40
    if kind != "DXF":  # which keeps no attributes but its layer
        assert "KCN Đồng Nai 39" in outcome.said()
    if kind != "XLSX":
        geoms = shapely.from_wkb(outcome.received.wkb.to_numpy(zero_copy_only=False))
        assert {shapely.get_type_id(one) for one in geoms} <= {3, 6}
        assert outcome.found.layers[0]["bounds"] is not None


def test_a_kml_whose_name_is_empty_is_known_by_the_fields_that_somebody_filled(tmp_path: Path) -> None:
    hostile.zones(3).rename(columns={"name": "TEN_KCN"}).to_file(tmp_path / "z.kml", driver="LIBKML")
    outcome = look(tmp_path / "z.kml")
    assert outcome.found is not None
    assert outcome.received is not None
    told = [field["name"] for field in outcome.found.layers[0]["fields"]]
    assert "TEN_KCN" in told
    assert "Name" not in told
    assert outcome.received.rows.column_names == told


@pytest.mark.parametrize("seed", range(1))
def test_a_damaged_file_gives_rows_or_words(sound: dict[str, Path], tmp_path: Path, seed: int) -> None:
    """Of each format; more seeds were tried when this was written, and each found fault stands above."""

    def hurt(at: int, path: Path) -> Outcome:
        (into := tmp_path / str(at)).mkdir()
        return look(hostile.damaged(path, into, 1000 * seed + at))

    with ThreadPoolExecutor(2) as pool:
        for outcome in pool.map(hurt, range(len(sound)), sound.values()):
            if outcome.error is not None:
                assert_told(outcome.error)
            assert outcome.seconds < 60


@pytest.mark.parametrize("name", ["z.gpkg", "s/z.shp", "z.fgb", "s.zip", "z.parquet", "z.geojson"])
def test_a_file_that_was_cut_short_never_reads_as_a_shorter_one(
    sound: dict[str, Path], tmp_path: Path, name: str
) -> None:
    whole = sound[name].read_bytes()
    for at, share in enumerate((0.5, 0.97)):
        (into := tmp_path / str(at)).mkdir()
        for part in sound[name].parent.glob("z.*") if name.startswith("s/") else []:
            if part.is_file():
                (into / part.name).write_bytes(part.read_bytes())
        cut = into / sound[name].name
        cut.write_bytes(whole[: int(len(whole) * share)])
        assert_told(look(cut).error)


@pytest.mark.parametrize(
    "name",
    [
        "nan_in_geojson",
        "open_rings_and_bow_ties",
        "mixed_types_and_dimensions",
        "measures_and_heights",
        "wkb_that_lies",
        "infinite_in_geopackage",
        "unknown_srid",
        "ring_of_10_million",
        "metres_as_degrees",
        "wrong_meridian",
        "giant_count_in_a_shape",
    ],
)
def test_loaded_and_refused_rows_are_what_the_file_holds(
    outcomes: dict[str, Outcome], db: Connection, name: str
) -> None:
    try:
        run_id, _ = load(db, "test", Request("zones", outcomes[name].path))
    except DidoiError as error:
        assert_told(error)
        return
    run: Any = db.execute(select(RUNS).where(RUNS.c.id == run_id)).one()
    assert run.loaded_count + run.noted_count + run.refused_count == run.read_count == ROWS[name]


def test_an_encoding_that_there_is_not_is_refused_even_where_none_is_needed(sound: dict[str, Path]) -> None:
    with pytest.raises(errors.EncodingUnknown, match="klingon"):
        read(sound["z.gpkg"], encoding="klingon")


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_a_curve_that_is_written_in_a_cell_stops_no_other_row(tmp_path: Path, suffix: str) -> None:
    deep = "GEOMETRYCOLLECTION(" * 1_500 + "POINT(1 1)" + ")" * 1_500
    drawn = ["POLYGON((0 0,1 0,1 1,0 0))", "CIRCULARSTRING(0 0,1 1,2 0)", "none", deep]
    table = pd.DataFrame({"key": list("ABCD"), "WKT": drawn})
    path = tmp_path / f"z.{suffix}"
    if suffix == "csv":
        table.to_csv(path, index=False)
    else:
        table.to_excel(path, index=False, engine="xlsxwriter")
    received = read(path)
    assert received.wkb is not None
    assert [one is not None for one in received.wkb.to_pylist()] == [True, False, False, False]
    assert [fault[:2] for fault in received.faults] == [
        (1, "geometry_curved"),
        (2, "geometry_unreadable"),
        (3, "geometry_unreadable"),
    ]
