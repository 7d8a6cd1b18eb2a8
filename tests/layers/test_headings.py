"""Headings as offices write them meet columns, and figures come in the unit of their column."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from sqlalchemy import Connection, select

from layers.catalogue import layer
from layers.ingest.columns import assign, axes
from layers.ingest.errors import UnitDiffers
from layers.ingest.load import load
from layers.ingest.mapping import Mapping
from layers.ingest.request import Request
from layers.ingest.targets import target
from layers.records.imports import NOTES


def test_a_stacked_heading_with_its_unit_meets_the_column() -> None:
    headings = [
        "TT",
        "Tên doanh nghiệp",
        "Diện tích (ha) / Hiện tại",
        "Diện tích (ha) / Cần",
        "Lao động (người)",
    ]
    taken = assign(target("enterprises").fields, headings, {})
    assert taken["name"] == "Tên doanh nghiệp"
    assert taken["area_current_ha"] == "Diện tích (ha) / Hiện tại"
    assert taken["area_needed_ha"] == "Diện tích (ha) / Cần"
    assert taken["workers_count"] == "Lao động (người)"


def test_the_list_of_clusters_of_a_province_is_known_by_its_headings() -> None:
    headings = ["TT", "Tên cụm công nghiệp", "Địa điểm", "Diện tích (ha)"]
    invested = "Tổng vốn đầu tư hạ tầng (tỷ đồng)"
    taken = assign(target("zones").fields, [*headings, invested], {})
    assert taken["name"] == "Tên cụm công nghiệp"
    assert taken["location"] == "Địa điểm"
    assert taken["area_legal_ha"] == "Diện tích (ha)"
    assert taken["infrastructure_investment_billion_vnd"] == invested


def test_the_field_names_of_a_cadastral_shapefile_are_known() -> None:
    taken = assign(target("parcels").fields, ["MAXA", "SOTO", "SOTHUA", "DIENTICH", "LoaiDat", "TenChu"], {})
    assert {
        name: taken.get(name) for name in ("commune_code", "sheet_number", "parcel_number", "user_name")
    } == {
        "commune_code": "MAXA",
        "sheet_number": "SOTO",
        "parcel_number": "SOTHUA",
        "user_name": "TenChu",
    }


def test_a_heading_in_a_unit_of_something_else_is_not_taken() -> None:
    taken = assign(target("enterprises").fields, ["Tên", "Diện tích (người)"], {})
    assert "area_current_ha" not in taken


@pytest.mark.parametrize(
    ("east", "north"),
    [
        ("X_VN2000", "Y_VN2000"),
        ("ToaDoX", "ToaDoY"),
        ("TD_X", "TD_Y"),
        ("VN2000 X (m)", "VN2000 Y (m)"),
        ("Đông (Y)", "Bắc (X)"),
        ("Y (hướng Đông)", "X (hướng Bắc)"),
        ("Easting", "Northing"),
        ("Kinh độ (WGS84)", "Vĩ độ (WGS84)"),
    ],
)
def test_axes_are_known_as_offices_head_them(east: str, north: str) -> None:
    assert axes(["Tên", north, east, "Địa chỉ"]) == (east, north)


@pytest.mark.parametrize("headings", [["Mã", "Tên"], ["X", "Tên"], ["Ngày", "Xã"], ["Đồng", "Bậc"]])
def test_other_headings_are_no_axes(headings: list[str]) -> None:
    assert axes(headings) is None


def test_axes_are_known_with_their_unit() -> None:
    assert axes(["Tên", "X (m)", "Y (m)"]) == ("X (m)", "Y (m)")
    assert axes(["Toạ độ / X", "Toạ độ / Y"]) == ("Toạ độ / X", "Toạ độ / Y")


def _list(path: Path, heading: str, value: object) -> Path:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("DN")
        for row, cells in enumerate(
            (
                ["Mã doanh nghiệp", "Tên doanh nghiệp", heading, "Kinh độ", "Vĩ độ"],
                ["DN-1", "Công ty Dệt An Phú", value, 106.7, 11.0],
                ["DN-2", "Công ty May Bình Hòa", 4, 106.71, 11.01],
            )
        ):
            sheet.write_row(row, 0, cells)
    return path


def _request(path: Path, **columns: str) -> Request:
    return Request(
        "enterprises", path, "EPSG:4326", Mapping(columns=dict(columns)), valid_from=date(2026, 1, 1)
    )


def test_square_metres_become_hectares_and_the_report_says_so(db: Connection, tmp_path: Path) -> None:
    run, _ = load(db, "Nguyễn An", _request(_list(tmp_path / "dn.xlsx", "Nhu cầu (m2)", 12_345)))
    table = layer("enterprises").table
    stored = {row.key: row.area_needed_ha for row in db.execute(select(table.c.key, table.c.area_needed_ha))}
    assert stored == {"DN-1": 1.2345, "DN-2": 0.0004}
    noted = db.execute(select(NOTES.c.facts).where(NOTES.c.run_id == run, NOTES.c.code == "unit_scaled"))
    assert noted.scalar_one() == {"column": "Nhu cầu (m2)", "stated": "m2", "wanted": "ha"}


def test_a_chosen_heading_of_another_quantity_is_refused_by_name(db: Connection, tmp_path: Path) -> None:
    path = _list(tmp_path / "dn.xlsx", "Quy mô (người)", 120)
    with pytest.raises(UnitDiffers) as caught:
        load(db, "Nguyễn An", _request(path, area_needed_ha="Quy mô (người)"))
    assert caught.value.facts["heading"] == "Quy mô (người)"
