"""Files become dated rows; what is wrong with a row is told, what is wrong with a file stops it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from sqlalchemy import Connection, Engine, func, insert, select
from sqlalchemy.engine import RowMapping

from gis import crs
from gis.errors import BadInput, DidoiError
from layers.catalogue import layer
from layers.ingest import errors
from layers.ingest.guard import Limits, read
from layers.ingest.load import load
from layers.ingest.mapping import Mapping, load_mapping
from layers.ingest.request import Request
from layers.records.data_versions import versions
from layers.records.imports import NOTES, RUNS
from layers.records.lineage import LINEAGE
from layers.records.occupations import LEASES
from layers.records.stages import EVENTS
from layers.supply import refresh
from tests.factories import a_lease, a_lot, a_parcel, a_zone, point, rectangle

ZONES = layer("zones").table
FIRMS = layer("enterprises").table
UNITS = layer("admin_units").table
JULY = date(2025, 7, 1)


def square(x_m: float = 600_000.0, y_m: float = 1_220_000.0, side_m: float = 100.0) -> shapely.Polygon:
    """A square with its lower left corner at VN-2000 107°45′ coordinates near Biên Hòa."""
    return shapely.box(x_m, y_m, x_m + side_m, y_m + side_m)


def zones_file(path: Path, rows: list[dict[str, Any]], srid: int | None = 9210, name: str = "z.gpkg") -> Path:
    """A file of zones; each row has at least a key and a geometry."""
    filled = [{"key": "A", "name": "KCN A", "kind": "KCN", **row} for row in rows]
    frame = gpd.GeoDataFrame(filled, geometry="geometry", crs=srid)
    frame.to_file(path / name)
    return path / name


def run(db: Connection, target: str, path: Path, **options: Any) -> RowMapping:
    """Import and answer the record of the run."""
    run_id, _ = load(db, "test", Request(target, path, **options))
    return db.execute(select(RUNS).where(RUNS.c.id == run_id)).mappings().one()


def notes(db: Connection, run_id: int) -> list[tuple[int, str, bool, dict[str, Any]]]:
    """Notes on rows: row number, code, whether refused, facts."""
    query = select(NOTES.c.row_number, NOTES.c.code, NOTES.c.refused, NOTES.c.facts)
    query = query.where(NOTES.c.run_id == run_id, NOTES.c.row_number > 0).order_by(NOTES.c.id)
    return [tuple(row) for row in db.execute(query)]


def file_notes(db: Connection, run_id: int) -> dict[str, dict[str, Any]]:
    query = select(NOTES.c.code, NOTES.c.facts).where(NOTES.c.run_id == run_id, NOTES.c.row_number == 0)
    return {row.code: row.facts for row in db.execute(query)}


def stored(db: Connection, table: Any = ZONES) -> list[RowMapping]:
    return list(db.execute(select(table).order_by(table.c.key, table.c.valid_from)).mappings())


def counts(run: RowMapping) -> tuple[int, int, int, int]:
    return run["read_count"], run["loaded_count"], run["noted_count"], run["refused_count"]


def test_a_zone_in_vn2000_lands_where_it_lies(db: Connection, tmp_path: Path) -> None:
    done = run(db, "zones", zones_file(tmp_path, [{"geometry": square()}]), valid_from=JULY)
    assert counts(done) == (1, 1, 0, 0)
    assert done["crs"] == "EPSG:9210"
    middle = func.ST_Centroid(ZONES.c.geom)
    lon, lat = db.execute(select(func.ST_X(middle), func.ST_Y(middle))).one()
    x, y = crs.transform_xy([lon], [lat], 4326, 9210)
    assert (x[0], y[0]) == pytest.approx((600_050, 1_220_050), abs=0.01)
    (zone,) = stored(db)
    assert zone["area_measured_ha"] == pytest.approx(1.0, rel=2e-3)  # 100 m × 100 m
    assert zone["valid_from"] == JULY
    assert zone["search_folded"] == "a | kcn a"
    assert zone["import_run_id"] == done["id"]
    assert versions(db)["zones"] >= 1


def test_a_zipped_shapefile_keeps_its_vietnamese(db: Connection, tmp_path: Path) -> None:
    zones_file(tmp_path, [{"key": "Đ1", "name": "KCN Đồng Nai", "geometry": square()}], name="z.shp")
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        for part in tmp_path.glob("z.*"):
            if part.suffix != ".zip":
                archive.write(part, f"hồ sơ/{part.name}")
    run(db, "zones", tmp_path / "z.zip")
    assert stored(db)[0]["name"] == "KCN Đồng Nai"


def test_vietnamese_headings_find_their_columns(db: Connection, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {
            "Mã KCN": ["B"],
            "TÊN KCN": ["Bàu Bàng"],
            "Loại hình": ["Khu công nghiệp"],
            "Tỷ lệ hạ tầng (%)": [85.0],
        },
        geometry=[square()],
        crs=9210,
    )
    frame.rename(columns={"Tỷ lệ hạ tầng (%)": "Hạ tầng (%)"}).to_file(tmp_path / "z.gpkg")
    run(db, "zones", tmp_path / "z.gpkg")
    (zone,) = stored(db)
    assert (zone["key"], zone["name"], zone["kind"]) == ("B", "Bàu Bàng", "KCN")
    assert zone["infrastructure_ratio"] == pytest.approx(0.85)


FIRM_ROWS = "ma,ten,lng,lat\n1,Dệt may A,106.7,11.0\n"


def csv(path: Path, body: str, name: str = "f.csv") -> Path:
    (path / name).write_text(body, encoding="utf-8")
    return path / name


def test_a_csv_without_a_declared_system_is_refused(db: Connection, tmp_path: Path) -> None:
    with pytest.raises(crs.CrsMissing):
        run(db, "enterprises", csv(tmp_path, FIRM_ROWS))
    assert counts(run(db, "enterprises", csv(tmp_path, FIRM_ROWS), crs="EPSG:4326")) == (1, 1, 0, 0)


@pytest.mark.parametrize(
    ("body", "system", "fault"),
    [
        ("ma,ten,lng,lat\n1,A,11.0,106.7\n", "EPSG:4326", crs.CoordinatesSwapped),
        ("ma,ten,lng,lat\n1,A,600000,1220000\n", "EPSG:4326", crs.MetresInGeographic),
        ("ma,ten,lng,lat\n1,A,2.35,48.85\n", "EPSG:4326", crs.OutsideCountry),
        ("ma,ten,x,y\n1,A,106.7,11.0\n", "EPSG:9210", crs.DegreesInProjected),
        ("ma,ten,lng,lat\n1,A,106.7,11.0\n", "EPSG:27700", crs.CrsUnknown),
        ("ma,ten,dia chi\n1,A,Thuận An\n", "EPSG:4326", errors.CoordinatesMissing),
        ("ma,lng,lat\n1,106.7,11.0\n", "EPSG:4326", errors.ColumnsMissing),
        ("ma,ten,lng,lat\n", "EPSG:4326", errors.FileEmpty),
    ],
)
def test_a_fault_of_the_whole_file_loads_nothing(
    db: Connection, tmp_path: Path, body: str, system: str, fault: type[DidoiError]
) -> None:
    run(db, "enterprises", csv(tmp_path, FIRM_ROWS, "before.csv"), crs="EPSG:4326")
    with pytest.raises(fault) as caught:
        run(db, "enterprises", csv(tmp_path, body), crs=system)
    assert isinstance(caught.value, BadInput)
    assert caught.value.facts["file"] == "f.csv"
    assert [firm["name"] for firm in stored(db, FIRMS)] == ["Dệt may A"]


def test_a_missing_column_is_named_in_both_languages_with_the_headings_found(
    db: Connection, tmp_path: Path
) -> None:
    with pytest.raises(errors.ColumnsMissing) as caught:
        run(db, "enterprises", csv(tmp_path, "ma,cong ty,lng,lat\n1,A,106.7,11\n"), crs="EPSG:4326")
    facts = caught.value.facts
    assert facts["columns"] == "Tên doanh nghiệp / Name (name)"
    assert "cong ty" in facts["headings"]


def test_one_odd_point_is_refused_alone_and_told(db: Connection, tmp_path: Path) -> None:
    body = "ma,ten,lng,lat\n1,A,106.7,11.0\n2,B,106.8,11.1\n3,C,11.1,106.8\n4,D,,\n"
    done = run(db, "enterprises", csv(tmp_path, body), crs="EPSG:4326")
    assert counts(done) == (4, 2, 0, 2)
    told = notes(db, done["id"])
    assert [(row, code) for row, code, *_ in told] == [(3, "coordinates_swapped"), (4, "null_geometry")]
    received = db.execute(select(NOTES.c.received).where(NOTES.c.row_number == 3)).scalar_one()
    assert received == {"ma": "3", "ten": "C", "lng": "11.1", "lat": "106.8"}


def test_numbers_are_read_as_declared_and_never_guessed(db: Connection, tmp_path: Path) -> None:
    body = 'ma,ten,lng,lat,nhu cau\n1,A,"106,7","11,0","1.234,5"\n2,B,"106,7","11,0","3,5 ha"\n'
    mapping = Mapping(decimal=",", thousands=".")
    done = run(db, "enterprises", csv(tmp_path, body), crs="EPSG:4326", mapping=mapping)
    assert [firm["area_needed_ha"] for firm in stored(db, FIRMS)] == [1234.5]
    assert notes(db, done["id"]) == [(2, "number_unparsable", True, {"column": "nhu cau", "value": "3,5 ha"})]


def test_a_code_too_long_to_be_asked_for_is_refused_alone(db: Connection, tmp_path: Path) -> None:
    long = "".join(chr(ord("a") + i * i % 26) for i in range(201))
    body = f"ma,ten,lng,lat\n{long},A,106.7,11\n{long[1:]},B,106.7,11\n"
    done = run(db, "enterprises", csv(tmp_path, body), crs="EPSG:4326")
    assert notes(db, done["id"]) == [(1, "key_too_long", True, {"allowed": 200})]
    assert [firm["name"] for firm in stored(db, FIRMS)] == ["B"]


def test_a_row_that_breaks_a_condition_of_the_layer_is_refused_alone(db: Connection, tmp_path: Path) -> None:
    body = "ma,ten,lng,lat,nhu cau,ma nganh\n1,A,106.7,11,0,\n2,B,106.7,11,2,1313\n3,C,106.7,11,2,\n"
    done = run(db, "enterprises", csv(tmp_path, body), crs="EPSG:4326")
    assert [firm["key"] for firm in stored(db, FIRMS)] == ["3"]
    broken = [(row, code, facts["check"]) for row, code, _, facts in notes(db, done["id"])]
    assert broken == [(1, "check_failed", "area_needed"), (2, "check_failed", "vsic_has_scheme")]


def test_an_unknown_code_is_noted_where_the_column_may_be_empty(db: Connection, tmp_path: Path) -> None:
    rows = [
        {"key": "A", "status": "Hoạt động"},
        {"key": "B", "status": "đang ngủ"},
        {"key": "C", "kind": "?"},
    ]
    for shift, row in enumerate(rows):
        row["geometry"] = square(600_000 + 200 * shift)
    done = run(db, "zones", zones_file(tmp_path, rows))
    assert counts(done) == (3, 1, 1, 1)
    assert [(z["key"], z["status"]) for z in stored(db)] == [("A", "operating"), ("B", None)]
    assert [(row, code, refused) for row, code, refused, _ in notes(db, done["id"])] == [
        (2, "code_unknown", False),
        (3, "code_unknown", True),
    ]


def test_bad_geometry_stops_neither_the_run_nor_its_neighbours(db: Connection, tmp_path: Path) -> None:
    bow_tie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    bow_tie = shapely.transform(bow_tie, lambda xy: xy * 50 + [600_000, 1_220_000])
    rows = [
        {"key": "good", "geometry": square()},
        {"key": "bow", "geometry": bow_tie},
        {"key": "line", "geometry": shapely.LineString([(600_000, 1_220_000), (600_100, 1_220_000)])},
        {"key": "none", "geometry": None},
        {"key": "empty", "geometry": shapely.Polygon()},
    ]
    done = run(db, "zones", zones_file(tmp_path, rows))
    assert counts(done) == (5, 1, 1, 3)
    told = {(row, code) for row, code, *_ in notes(db, done["id"])}
    assert {(2, "self_intersection"), (3, "wrong_kind"), (4, "null_geometry")} <= told
    areas = {zone["key"]: zone["area_measured_ha"] for zone in stored(db)}
    # Two triangles of 100 m × 50 m / 2 each: 0.5 ha together.
    assert areas["bow"] == pytest.approx(0.5, rel=2e-3)


def test_of_two_rows_with_one_code_the_first_stays_and_both_are_named(db: Connection, tmp_path: Path) -> None:
    rows = [{"key": "A", "geometry": square()}, {"key": "A", "geometry": square(601_000)}]
    done = run(db, "zones", zones_file(tmp_path, rows))
    assert notes(db, done["id"]) == [(2, "duplicate_key", True, {"key": "A", "first_row": 1})]
    assert counts(done) == (2, 1, 0, 1)


def test_importing_the_same_file_again_changes_nothing(db: Connection, tmp_path: Path) -> None:
    path = zones_file(tmp_path, [{"geometry": square()}])
    first = load(db, "test", Request("zones", path))
    before = versions(db)
    assert load(db, "test", Request("zones", path)) == (first[0], True)
    assert versions(db) == before
    assert load(db, "test", Request("zones", path, valid_from=JULY))[1] is False


def _version(
    db: Connection, tmp_path: Path, since: date, until: date | None = None, **row: Any
) -> RowMapping:
    name = f"{since}-{len(list(tmp_path.iterdir()))}.gpkg"
    path = zones_file(tmp_path, [{"geometry": square(), **row}], name=name)
    return run(db, "zones", path, valid_from=since, valid_to=until)


def test_a_changed_zone_closes_the_version_before(db: Connection, tmp_path: Path) -> None:
    _version(db, tmp_path, date(2020, 1, 1), name="Tên cũ", investor="Becamex")
    done = _version(db, tmp_path, JULY, name="Tên mới")
    old, new = stored(db)
    assert (old["name"], old["valid_to"], new["name"], new["valid_to"]) == ("Tên cũ", JULY, "Tên mới", None)
    assert new["investor"] == "Becamex"  # the second file says nothing of investors
    assert "becamex" in new["search_folded"]
    assert file_notes(db, done["id"])["closed"] == {"count": 1}


def test_an_unchanged_zone_gets_no_new_version(db: Connection, tmp_path: Path) -> None:
    _version(db, tmp_path, date(2020, 1, 1))
    done = _version(db, tmp_path, JULY)
    assert len(stored(db)) == 1
    assert counts(done) == (1, 1, 0, 0)
    assert file_notes(db, done["id"])["unchanged"] == {"count": 1}


def test_a_correction_of_the_same_day_is_made_in_place_and_keeps_what_stood(
    db: Connection, tmp_path: Path
) -> None:
    _version(db, tmp_path, JULY, name="Sai")
    done = _version(db, tmp_path, JULY, name="Đúng")
    (zone,) = stored(db)
    assert zone["name"] == "Đúng"
    assert notes(db, done["id"]) == [(1, "corrected", False, {"before": "name: Sai"})]


def test_an_older_open_version_is_refused_and_an_older_closed_one_is_history(
    db: Connection, tmp_path: Path
) -> None:
    _version(db, tmp_path, JULY, name="Mới")
    late = _version(db, tmp_path, date(2020, 1, 1), name="Cũ")
    assert notes(db, late["id"])[0][1] == "version_older"
    overlapping = _version(db, tmp_path, date(2020, 1, 1), date(2026, 1, 1), name="Cũ")
    assert counts(overlapping) == (1, 0, 0, 1)
    history = _version(db, tmp_path, date(2020, 1, 1), JULY, name="Cũ")
    assert counts(history) == (1, 1, 0, 0)
    assert [(z["name"], z["valid_to"]) for z in stored(db)] == [("Cũ", JULY), ("Mới", None)]
    again = _version(db, tmp_path, date(2022, 1, 1), JULY, name="Khác")
    assert notes(db, again["id"])[0][1] == "version_overlaps"


def _old(path: Path) -> Request:
    return Request(
        "admin_units",
        csv(path, "level,code,name\nprovince,24,Bắc Giang\n", "old.csv"),
        valid_from=date(2008, 8, 1),
        valid_to=JULY,
    )


def _new(path: Path) -> Request:
    return Request(
        "admin_units", csv(path, "level,code,name\nprovince,24,Bắc Ninh\n", "new.csv"), valid_from=JULY
    )


@pytest.mark.parametrize("order", [(_old, _new), (_new, _old)])
def test_a_code_reused_after_a_merger_keeps_both_units_in_either_order(
    db: Connection, tmp_path: Path, order: tuple[Callable[[Path], Request], ...]
) -> None:
    for request in order:
        load(db, "test", request(tmp_path))
    held = [(u["key"], u["name"], u["valid_from"], u["valid_to"], u["geom"]) for u in stored(db, UNITS)]
    assert held == [
        ("province-24", "Bắc Giang", date(2008, 8, 1), JULY, None),
        ("province-24", "Bắc Ninh", JULY, None, None),
    ]


def test_several_versions_of_one_unit_in_one_file_follow_each_other(db: Connection, tmp_path: Path) -> None:
    body = (
        "level,code,name,valid_from\nprovince,75,Thành phố Đồng Nai,30/04/2026\n"
        "province,75,Tỉnh Đồng Nai,01/07/2025\n"
    )
    assert counts(run(db, "admin_units", csv(tmp_path, body))) == (2, 2, 0, 0)
    held = [(u["name"], u["valid_from"], u["valid_to"]) for u in stored(db, UNITS)]
    assert held == [
        ("Tỉnh Đồng Nai", JULY, date(2026, 4, 30)),
        ("Thành phố Đồng Nai", date(2026, 4, 30), None),
    ]


def test_what_a_mapping_assumes_is_noted_once_for_the_file(db: Connection, tmp_path: Path) -> None:
    mapping = Mapping(
        crs="EPSG:4326",
        key={"digest_of": ["name"], "prefix": "t-"},
        constants={"wave": "1"},
        values={"sector": {"Apparel": {"vsic_scheme": "VSIC2018", "vsic_code": "14"}}},
    )
    body = "name,sector,lng,lat\nMay A,Apparel,106.7,11\nMay B,Apparel,106.7,11\n"
    done = run(db, "enterprises", csv(tmp_path, body), mapping=mapping)
    assert counts(done) == (2, 2, 0, 0)
    assert {(f["vsic_scheme"], f["vsic_code"], f["wave"]) for f in stored(db, FIRMS)} == {
        ("VSIC2018", "14", "1")
    }
    told = file_notes(db, done["id"])
    assert told["assumed_constant"] == {"column": "wave", "value": "1"}
    assert told["assumed_translation"]["count"] == 2
    assert all(firm["key"].startswith("t-") for firm in stored(db, FIRMS))


def test_records_are_not_stored_twice_and_contradictions_are_refused(db: Connection, tmp_path: Path) -> None:
    head = "old_key,new_key,kind,effective_on\n"
    run(db, "admin_lineage", csv(tmp_path, head + "commune-1,commune-9,merge,2025-07-01\n", "a.csv"))
    body = head + "commune-1,commune-9,Sáp nhập,01/07/2025\ncommune-2,commune-9,split,2025-07-01\n"
    assert counts(run(db, "admin_lineage", csv(tmp_path, body, "b.csv"))) == (2, 2, 0, 0)
    other = run(db, "admin_lineage", csv(tmp_path, head + "commune-1,commune-9,split,2025-07-01\n", "c.csv"))
    assert notes(db, other["id"])[0][1] == "record_contradicts"
    assert db.execute(select(func.count()).select_from(LINEAGE)).scalar_one() == 2


def test_several_layers_in_one_file_must_be_chosen_from(db: Connection, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"key": ["A"], "name": ["A"], "kind": ["KCN"]}, geometry=[square()], crs=9210)
    for name in ("kcn", "ccn"):
        frame.to_file(tmp_path / "two.gpkg", layer=name)
    with pytest.raises(errors.LayerChoiceNeeded) as caught:
        run(db, "zones", tmp_path / "two.gpkg")
    assert caught.value.facts["layers"] == "ccn, kcn"
    assert counts(run(db, "zones", tmp_path / "two.gpkg", layer_in_file="kcn")) == (1, 1, 0, 0)


def test_a_geojson_that_holds_a_virtual_dataset_reads_no_file_of_the_server(tmp_path: Path) -> None:
    secret = csv(tmp_path, "a\nsecret\n", "secret.csv")
    vrt = f'<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{secret}</SrcDataSource>'
    trap = csv(tmp_path, vrt + "</OGRVRTLayer></OGRVRTDataSource>", "trap.geojson")
    with pytest.raises(errors.FileUnreadable):
        read(trap)


def test_a_zip_that_swells_is_stopped(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("z.csv", b"a\n" + b"0" * 70_000_000)
    with pytest.raises(errors.FileTooLarge):
        read(tmp_path / "bomb.zip")


def test_limits_of_memory_and_time_end_the_reading_with_their_name(tmp_path: Path) -> None:
    path = zones_file(tmp_path, [{"geometry": square()}])
    with pytest.raises(errors.FileTooSlow):
        read(path, limits=Limits(limit_s=0))
    with pytest.raises((errors.FileTooLarge, errors.FileUnreadable)):
        read(path, limits=Limits(memory_mb=120))


@pytest.mark.parametrize(
    ("name", "body", "fault"),
    [
        ("a.exe", b"MZ", errors.FileKindUnknown),
        ("a.gpkg", b"no database", errors.FileUnreadable),
        ("a.zip", b"no archive", errors.FileUnreadable),
        (
            "a.csv",
            "ma,ten\n1,Đông".encode("cp1258", errors="replace") + b"\xd0\xff\n",
            errors.EncodingUnknown,
        ),
    ],
)
def test_a_file_that_is_not_what_it_says_is_told_so(
    tmp_path: Path, name: str, body: bytes, fault: type[DidoiError]
) -> None:
    (tmp_path / name).write_bytes(body)
    with pytest.raises(fault) as caught:
        read(tmp_path / name)
    assert caught.value.facts["file"] == name


def test_a_truncated_file_never_reads_as_a_short_one(tmp_path: Path) -> None:
    rows = [{"key": str(i), "geometry": square(600_000 + 200 * i)} for i in range(3000)]
    path = zones_file(tmp_path, rows)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises((errors.FileUnreadable, errors.FileTruncated)):
        read(path)


def test_derived_and_unknown_layers_take_no_file(db: Connection, tmp_path: Path) -> None:
    for name in ("free_plots", "nothing"):
        with pytest.raises(errors.LayerNotImportable) as caught:
            run(db, name, csv(tmp_path, FIRM_ROWS))
        assert "zones" in caught.value.facts["importable"]


def test_a_mapping_that_names_what_is_not_there_is_refused(db: Connection, tmp_path: Path) -> None:
    path = csv(tmp_path, FIRM_ROWS)
    with pytest.raises(errors.HeadingUnknown):
        run(db, "enterprises", path, crs="EPSG:4326", mapping=Mapping(columns={"name": "tên khác"}))
    with pytest.raises(errors.HeadingUnknown):
        run(db, "enterprises", path, crs="EPSG:4326", mapping=Mapping(constants={"colour": "red"}))
    with pytest.raises(errors.MappingUnknown):
        load_mapping("no_such_mapping")
    (tmp_path / "m.json").write_text('{"colums": {}}')
    with pytest.raises(errors.MappingInvalid):
        load_mapping(str(tmp_path / "m.json"))


def test_many_rows_leave_every_index_in_place(
    db: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("layers.ingest.bulk.MANY_ROWS", 2)
    names = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'roads' ORDER BY 1"
    before = db.exec_driver_sql(names).all()
    lines = [shapely.LineString([(600_000 + i, 1_220_000), (600_001 + i, 1_220_009)]) for i in range(5)]
    frame = gpd.GeoDataFrame({"key": [str(i) for i in range(5)]}, geometry=lines, crs=9210)
    frame.to_file(tmp_path / "r.gpkg")
    assert counts(run(db, "roads", tmp_path / "r.gpkg")) == (5, 5, 0, 0)
    assert db.exec_driver_sql(names).all() == before


def test_a_reader_of_the_table_keeps_its_indexes_where_they_are(
    database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("layers.ingest.bulk.MANY_ROWS", 1)
    path = zones_file(tmp_path, [{"geometry": square()}])
    with database.connect() as reader, database.connect() as db:
        assert stored(reader) == []  # its transaction stays open
        assert counts(run(db, "zones", path)) == (1, 1, 0, 0)


def test_new_land_changes_the_supply_of_its_zone(db: Connection, tmp_path: Path) -> None:
    _version(db, tmp_path, JULY, key="Z", status="operating", industrial_area_ha=1.0)
    body = "zone_key,quantity,value,observed_on,source\nZ,free_ha,0.4,2025-08-01,Báo cáo\n"
    run(db, "zone_observations", csv(tmp_path, body))
    supply = layer("zone_supply").table
    latest = select(supply.c.basis, supply.c.free_ha).where(supply.c.key == "Z", supply.c.valid_to.is_(None))
    assert db.execute(latest).one() == ("reported", 0.4)


def test_leases_and_stages_come_in_as_dated_records(db: Connection, tmp_path: Path) -> None:
    head = "Mã lô,Bên thuê,Từ ngày,Đến ngày,Số hợp đồng,subject\n"
    body = head + "Z-01,Dệt A,01/02/2024,,12/HĐ,Đất\nZ-02,Dệt B,01/02/2024,01/01/2024,13/HĐ,Đất\n"
    done = run(db, "leases", csv(tmp_path, body, "leases.csv"))
    assert [(row, code) for row, code, *_ in notes(db, done["id"])] == [(2, "check_failed")]
    held = db.execute(select(LEASES.c.lot_key, LEASES.c.holder, LEASES.c.from_on, LEASES.c.subject)).all()
    assert held == [("Z-01", "Dệt A", date(2024, 2, 1), "land")]
    key = a_parcel(db, "1", "1", rectangle(0, 0, 100, 100))
    stages = f"Mã thửa,Giai đoạn,Ngày\n{key},Bàn giao mặt bằng,15/06/2025\n"
    run(db, "stage_events", csv(tmp_path, stages, "stages.csv"))
    assert db.execute(select(EVENTS.c.stage)).scalar_one() == "handed_over"


def test_a_lease_that_was_stored_open_ends_on_the_day_on_which_it_is_revoked(
    db: Connection, tmp_path: Path
) -> None:
    head = "Mã lô,Bên thuê,Từ ngày,Đến ngày,Số hợp đồng,Lý do chấm dứt\n"
    signed = "Z-01,Dệt A,01/02/2024,,12/HĐ,\nZ-02,Dệt B,01/02/2024,01/02/2074,13/HĐ,\n"
    run(db, "leases", csv(tmp_path, head + signed, "signed.csv"))
    revoked = (
        "Z-01,Dệt A,01/02/2024,01/05/2026,QĐ 7,Thu hồi dự án\n"
        "Z-02,Dệt B,01/02/2024,01/06/2026,QĐ 8,Thu hồi dự án\n"
    )
    done = run(db, "leases", csv(tmp_path, head + revoked, "revoked.csv"))
    assert counts(done) == (2, 0, 2, 0)
    assert [(row, code) for row, code, *_ in notes(db, done["id"])] == [(1, "corrected"), (2, "corrected")]
    assert "document: 12/HĐ" in notes(db, done["id"])[0][3]["before"]
    assert db.execute(select(LEASES.c.to_on, LEASES.c.reason_ended).order_by(LEASES.c.lot_key)).all() == [
        (date(2026, 5, 1), "Thu hồi dự án"),
        (date(2026, 6, 1), "Thu hồi dự án"),
    ]
    sooner = "Z-02,Dệt B,01/02/2024,01/01/2025,13/HĐ,\n"
    later = "Z-01,Dệt A,01/02/2024,01/05/2030,12/HĐ,Gia hạn\n"
    other = run(db, "leases", csv(tmp_path, head + sooner + later, "odd.csv"))
    assert {code for _, code, *_ in notes(db, other["id"])} == {"record_contradicts"}


def test_a_lot_that_moves_to_another_zone_leaves_the_figures_of_the_first(
    db: Connection, tmp_path: Path
) -> None:
    for name, x_m in (("Y", 0), ("Z", 1000)):
        a_zone(db, name, rectangle(x_m, 0, 300, 100))
        a_lot(db, name, "1", rectangle(x_m, 0, 100, 100))
    a_lease(db, "Y-1", date(2021, 1, 1), date(2022, 1, 1))
    refresh(db)
    moved = {"key": ["Y-1"], "zone_key": ["Z"], "number": ["2"], "use": ["industrial"]}
    frame = gpd.GeoDataFrame(moved, geometry=[rectangle(1100, 0, 100, 100)], crs=4326)
    frame.to_file(tmp_path / "lots.gpkg")
    run(db, "lots", tmp_path / "lots.gpkg", valid_from=JULY)

    def free(day: date) -> list[tuple[str, list[str]]]:
        plots = layer("free_plots").at(day).subquery()
        return [
            (key, sorted(lots)) for key, lots in db.execute(select(plots.c.zone_key, plots.c.lot_numbers))
        ]

    assert free(JULY) == [("Z", ["1", "2"])]
    assert free(date(2021, 6, 1)) == [("Z", ["1"])]  # the lease was of a lot of Y


def test_land_of_a_revoked_lease_is_free_from_its_date(db: Connection, tmp_path: Path) -> None:
    a_zone(db, "Z", rectangle(0, 0, 100, 100))
    lot = a_lot(db, "Z", "1", rectangle(0, 0, 100, 100))
    head = "lot_key,holder,from_on,to_on,reason_ended\n"
    run(db, "leases", csv(tmp_path, f"{head}{lot},Dệt A,2024-02-01,,\n", "a.csv"))
    run(db, "leases", csv(tmp_path, f"{head}{lot},Dệt A,2024-02-01,2026-05-01,Thu hồi\n", "b.csv"))
    plots = layer("free_plots")
    days = (date(2024, 1, 31), date(2024, 2, 1), date(2026, 4, 30), date(2026, 5, 1))
    assert [len(db.execute(plots.at(day)).all()) for day in days] == [1, 0, 0, 1]


def test_a_next_version_keeps_the_entrance_and_takes_nothing_from_an_invented_one(
    db: Connection, tmp_path: Path
) -> None:
    for name, invented in (("A", False), ("B", True)):
        gate = point(0, 0)
        a_zone(db, name, rectangle(0, 0, 99, 99), entrance=gate, investor="IDICO", illustrative=invented)
        body = [{"key": name, "kind": "KCN", "name": "Tên mới", "geometry": square()}]
        run(db, "zones", zones_file(tmp_path, body, name=f"{name}.gpkg"), valid_from=JULY)
    found = select(ZONES.c.key, ZONES.c.investor, ZONES.c.entrance.is_not(None)).where(
        ZONES.c.valid_from == JULY
    )
    assert db.execute(found.order_by(ZONES.c.key)).all() == [("A", "IDICO", True), ("B", None, False)]


def test_a_file_gives_a_zone_its_entrance_and_half_a_place_is_refused(db: Connection, tmp_path: Path) -> None:
    usual = {"kind": "KCN", "geometry": square()}
    body = [
        {"key": "A", "name": "A", "Kinh độ cổng": 106.71, "Vĩ độ cổng": 11.02, **usual},
        {"key": "B", "name": "B", "Kinh độ cổng": 106.71, "Vĩ độ cổng": None, **usual},
        {"key": "C", "name": "C", "Kinh độ cổng": 11.02, "Vĩ độ cổng": 106.71, **usual},
    ]
    done = run(db, "zones", zones_file(tmp_path, body), valid_from=JULY)
    placed = select(ZONES.c.key, func.ST_X(ZONES.c.entrance), func.ST_Y(ZONES.c.entrance))
    assert db.execute(placed).all() == [("A", 106.71, 11.02)]
    refused = [(row, facts["check"]) for row, _, gone, facts in notes(db, done["id"]) if gone]
    assert refused == [(2, "entrance_whole"), (3, "entrance_in_country")]


def test_rows_of_other_makers_are_versions_like_any_other(db: Connection, tmp_path: Path) -> None:
    made = {
        "key": "A",
        "name": "Minh họa",
        "kind": "KCN",
        "valid_from": date(2020, 1, 1),
        "illustrative": True,
    }
    shape = func.ST_Multi(func.ST_GeomFromText("POLYGON((106 11,106.1 11,106.1 11.1,106 11))", 4326))
    db.execute(insert(ZONES).values(**made, geom=shape))
    _version(db, tmp_path, JULY, name="Thật")
    assert [(z["illustrative"], z["valid_to"]) for z in stored(db)] == [(True, JULY), (False, None)]
