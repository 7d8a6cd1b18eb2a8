"""Tables as provincial offices lay them out in spreadsheets."""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from gis.text import fold
from layers.ingest.errors import SheetTooSparse
from layers.ingest.sheets import SheetTable, alternatives, number_format, period, scale, serial, tables, unit

Row = list[Any]


def cells(rows: list[Row]) -> pa.Table:
    """Cells of a grid; figures are number cells, everything else is text."""
    found: list[tuple[int, int, str, str]] = []
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if value is None or value == "":
                continue
            kind = (
                "date" if isinstance(value, date) else "number" if isinstance(value, int | float) else "text"
            )
            found.append((r, c, value.isoformat() if isinstance(value, date) else str(value), kind))
    columns = list(zip(*found, strict=True)) or [[], [], [], []]
    types = (pa.int32(), pa.int32(), pa.string(), pa.string())
    return pa.table(
        {
            n: pa.array(list(v), t)
            for n, v, t in zip(("row", "col", "text", "kind"), columns, types, strict=True)
        }
    )


def one(rows: list[Row], merged: list[tuple[int, int, int, int]] = []) -> SheetTable:  # noqa: B006 - only read
    found = tables("Biểu 1", cells(rows), merged)
    assert len(found) == 1
    return found[0]


def accounted(found: list[SheetTable], grid: list[Row]) -> None:
    """Rows with content = data + skipped, each once."""
    told = [int(n) for table in found for n in table.row_numbers]
    told += [s.row for table in found for s in table.skipped]
    assert sorted(told) == [i + 1 for i, row in enumerate(grid) if any(v not in (None, "") for v in row)]


def why(table: SheetTable) -> dict[str, list[int]]:
    told: dict[str, list[int]] = {}
    for skipped in table.skipped:
        told.setdefault(skipped.why, []).append(skipped.row)
    return told


# An annex of a decision: letterhead, two rows of merged headings, column numbers, districts, totals.
ANNEX: list[Row] = [
    ["UBND TỈNH ĐỒNG NAI", None, None, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"],
    ["SỞ CÔNG THƯƠNG", None, None, "Độc lập - Tự do - Hạnh phúc"],
    [],
    ["PHỤ LỤC I"],
    ["DANH MỤC CỤM CÔNG NGHIỆP TRONG PHƯƠNG ÁN PHÁT TRIỂN"],
    ["(Kèm theo Quyết định số 12/QĐ-UBND ngày 05 tháng 6 năm 2025)"],
    [None, None, None, None, None, None, "ĐVT: ha"],
    [
        "STT",
        "Tên cụm công nghiệp",
        "Địa điểm",
        "Diện tích (ha)",
        None,
        "Tổng mức đầu tư\n(tỷ đồng)",
        "Ghi chú",
    ],
    [None, None, None, "Tổng", "Đất công nghiệp", None, None],
    ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)"],
    ["I", "Huyện Vĩnh Cửu", None, "125,5", "80,2", 1250, None],
    [1, "CCN Thiện Tân", "Xã Thiện Tân", "75,5", "50,2", 750, None],
    [2, "CCN Trị An", "Xã Trị An", "50", "30", 500, "Tổng hợp từ báo cáo"],
    ["II", "Huyện Trảng Bom", None, "50", "35", None, None],
    [1, "CCN An Viễn", "Xã Đồi 61", "50", "35", None, "-"],
    [None, "Tổng cộng (I+II)", None, "175,5", "115,2", 1250, None],
    ["Ghi chú: số liệu đến hết tháng 5/2025."],
    [],
    [None, None, None, None, "Đồng Nai, ngày 05 tháng 6 năm 2025"],
    [None, "NGƯỜI LẬP BIỂU", None, None, "KT. GIÁM ĐỐC"],
    [None, "Nguyễn Văn A", None, None, "Trần Thị B"],
]
ANNEX_MERGED = [
    (0, 0, 0, 2), (0, 3, 0, 6), (1, 0, 1, 2), (1, 3, 1, 6), (3, 0, 3, 6), (4, 0, 4, 6), (5, 0, 5, 6),
    (7, 0, 8, 0), (7, 1, 8, 1), (7, 2, 8, 2), (7, 3, 7, 4), (7, 5, 8, 5), (7, 6, 8, 6),
    (16, 0, 16, 6), (18, 4, 18, 6),
]  # fmt: skip


def test_annex_of_a_decision_gives_its_rows_and_accounts_for_every_other() -> None:
    table = one(ANNEX, ANNEX_MERGED)
    accounted([table], ANNEX)
    assert table.headings == (
        "STT", "Tên cụm công nghiệp", "Địa điểm", "Diện tích (ha) / Tổng", "Diện tích (ha) / Đất công nghiệp",
        "Tổng mức đầu tư (tỷ đồng)", "Ghi chú", "nhóm",
    )  # fmt: skip
    assert table.rows["Tên cụm công nghiệp"].to_pylist() == ["CCN Thiện Tân", "CCN Trị An", "CCN An Viễn"]
    assert table.rows["Diện tích (ha) / Tổng"].to_pylist() == ["75,5", "50", "50"]
    assert table.rows["nhóm"].to_pylist() == ["I. Huyện Vĩnh Cửu", "I. Huyện Vĩnh Cửu", "II. Huyện Trảng Bom"]
    assert table.row_numbers.tolist() == [12, 13, 15]
    assert (table.heading_rows, table.first_row, table.last_row) == ((8, 9), 12, 15)
    assert why(table) == {
        "title": [1, 2, 4, 5, 6, 7], "heading": [8, 9], "column_numbers": [10], "section": [11, 14],
        "total": [16], "footer": [17, 19, 20, 21],
    }  # fmt: skip
    assert table.numbers[:2] == (",", "")
    assert table.units == {
        "Diện tích (ha) / Tổng": "ha",
        "Diện tích (ha) / Đất công nghiệp": "ha",
        "Tổng mức đầu tư (tỷ đồng)": "billion_vnd",
    }


def test_two_row_headings_without_merged_cells_are_joined_too() -> None:
    csv: list[Row] = [
        ["STT", "Tên", "Diện tích (ha)", "", "Ghi chú"],
        ["", "", "Tổng", "Đất CN", ""],
        ["1", "KCN A", "12,5", "8", ""],
        ["2", "KCN B", "1.250", "800", "mới"],
    ]
    table = one(csv)
    assert table.headings == ("STT", "Tên", "Diện tích (ha) / Tổng", "Diện tích (ha) / Đất CN", "Ghi chú")
    assert table.rows.num_rows == 2
    accounted([table], csv)


def test_three_row_headings_are_joined_from_above() -> None:
    rows: list[Row] = [
        ["TT", "Tên KCN", "Quy hoạch sử dụng đất (ha)", None, None],
        [None, None, "Tổng số", "Trong đó", None],
        [None, None, None, "Đã cho thuê", "Còn lại"],
        [1, "A", 100, 60, 40],
        [2, "B", 50, 10, 40],
    ]
    merged = [(0, 0, 2, 0), (0, 1, 2, 1), (0, 2, 0, 4), (1, 2, 2, 2), (1, 3, 1, 4)]
    table = one(rows, merged)
    assert table.headings[2:] == (
        "Quy hoạch sử dụng đất (ha) / Tổng số",
        "Quy hoạch sử dụng đất (ha) / Trong đó / Đã cho thuê",
        "Quy hoạch sử dụng đất (ha) / Trong đó / Còn lại",
    )
    assert table.heading_rows == (1, 2, 3)


def test_plain_table_of_a_machine_is_taken_as_it_stands() -> None:
    rows: list[Row] = [
        ["key", "name", "note"],
        ["a", "Tổng công ty Cao su", ""],
        ["b", "", ""],
        ["c", "Cộng Hòa", "x"],
    ]
    table = one(rows)
    assert table.rows.to_pydict() == {
        "key": ["a", "b", "c"], "name": ["Tổng công ty Cao su", None, "Cộng Hòa"], "note": [None, None, "x"]
    }  # fmt: skip


def test_names_that_sound_like_totals_are_firms() -> None:
    rows: list[Row] = [
        ["STT", "Tên doanh nghiệp", "Lao động"],
        [1, "Tổng Công ty 28", 120],
        [2, "Tổng kho xăng dầu Nhà Bè", 30],
        [3, "Cộng đồng Xanh", 12],
        ["", "Tổng số", 162],
    ]
    table = one(rows)
    assert table.rows.num_rows == 3
    assert why(table)["total"] == [5]
    assert one([["Tên", "Lao động"], ["Tổng Công ty 28", 1], ["Công ty B", 2]]).rows.num_rows == 2


LABELS = (
    "Tổng cộng|TỔNG CỘNG:|Cộng|Tổng số|Cộng huyện Vĩnh Cửu|Cộng (I+II)|Tổng (A+B)|Toàn tỉnh"
    "|Tổng cộng toàn tỉnh|TONG CONG|Total|Tổng diện tích|Cộng I|Subtotal"
)


@pytest.mark.parametrize("label", LABELS.split("|"))
def test_totals_below_and_between_are_left_out_with_their_reason(label: str) -> None:
    rows: list[Row] = [["Tên", "Diện tích"], ["A", 1], [label, 1], ["B", 2], [label, 3]]
    table = one(rows)
    assert table.rows["Tên"].to_pylist() == ["A", "B"]
    assert why(table)["total"] == [3, 5]


def test_unlabelled_last_row_is_a_total_only_if_it_sums() -> None:
    rows: list[Row] = [["Tên", "ha", "vốn"], ["A", 1.5, 10], ["B", 2.5, None]]
    assert why(one([*rows, [None, 4.0, 10]]))["total_unlabelled"] == [4]
    assert one([*rows, [None, 4.2, 11]]).rows.num_rows == 3


def test_several_tables_of_one_sheet_are_kept_apart() -> None:
    rows: list[Row] = [
        ["Bảng 1. Khu công nghiệp"],
        ["STT", "Tên KCN", "Diện tích (ha)"],
        [1, "Amata", 513],
        [2, "Biên Hòa 2", 365],
        ["", "Tổng cộng", 878],
        [],
        ["Bảng 2. Cụm công nghiệp"],
        ["STT", "Tên CCN", "Huyện", "Diện tích (ha)"],
        [1, "Thiện Tân", "Vĩnh Cửu", 75],
        ["Nguồn: Sở Công Thương"],
    ]
    first, second = tables("KCN", cells(rows))
    assert (first.name, second.name) == ("KCN", "KCN (2)")
    assert first.rows["Tên KCN"].to_pylist() == ["Amata", "Biên Hòa 2"]
    assert second.rows.to_pydict() == {
        "STT": [1], "Tên CCN": ["Thiện Tân"], "Huyện": ["Vĩnh Cửu"], "Diện tích (ha)": [75]
    }  # fmt: skip
    assert why(second) == {"title": [7], "heading": [8], "footer": [10]}
    accounted([first, second], rows)


def test_headings_repeated_on_every_printed_page_are_no_rows() -> None:
    page: list[Row] = [["STT", "Tên", "ha"], ["(1)", "(2)", "(3)"]]
    table = one([*page, [1, "A", 2], *page, [2, "B", 3]])
    assert table.rows["Tên"].to_pylist() == ["A", "B"]
    assert why(table)["heading_repeated"] == [4, 5]


def test_letters_hold_roman_numbers_when_groups_are_nested() -> None:
    rows: list[Row] = [
        ["STT", "Tên", "ha"],
        ["A", "KHU CÔNG NGHIỆP", 30],
        ["I", "Thành phố Biên Hòa", 30],
        [1, "Amata", 10],
        [2, "Loteco", 20],
        ["B", "CỤM CÔNG NGHIỆP", 5],
        [1, "Thiện Tân", 5],
    ]
    assert one(rows).rows["nhóm"].to_pylist() == [
        "A. KHU CÔNG NGHIỆP / I. Thành phố Biên Hòa",
        "A. KHU CÔNG NGHIỆP / I. Thành phố Biên Hòa",
        "B. CỤM CÔNG NGHIỆP",
    ]


def test_roman_numbers_alone_number_the_data() -> None:
    rows: list[Row] = [["STT", "Tên", "ha"], ["I", "Amata", 10], ["II", "Loteco", 20]]
    assert one(rows).rows.num_rows == 2


def test_merged_cells_beside_data_stand_on_every_row() -> None:
    rows: list[Row] = [["Xã", "Tờ", "Thửa"], ["Thiện Tân", 12, 1], [None, 12, 2], [None, 13, 1]]
    assert one(rows, [(1, 0, 3, 0)]).rows["Xã"].to_pylist() == ["Thiện Tân"] * 3


def test_blank_rows_and_columns_vanish_and_rows_keep_their_numbers() -> None:
    rows: list[Row] = [[], [None, "Tên", None, "ha"], [], [None, "A", None, 1], [], [None, "B", None, 2]]
    table = one(rows)
    assert table.headings == ("Tên", "ha")
    assert table.row_numbers.tolist() == [4, 6]


def test_columns_without_headings_and_twice_the_same_are_told_apart() -> None:
    rows: list[Row] = [["Tên", "Diện tích", "Diện tích", ""], ["A", 1, 2, "x"], ["B", 3, 4, None]]
    assert one(rows).headings == ("Tên", "Diện tích", "Diện tích (2)", "Cột D")


def test_number_cells_follow_the_format_of_numbers_written_as_text() -> None:
    rows: list[Row] = [["Tên", "ha", "vốn"], ["A", 1234.5, "1.234,5"], ["B", "12,5", 1000], ["C", "-", None]]
    table = one(rows)
    assert table.numbers == (",", ".", pytest.approx(0.98))
    assert table.rows["ha"].to_pylist() == ["1234,5", "12,5", None]
    assert table.rows["vốn"].to_pylist() == ["1.234,5", "1000", None]
    told = tables("s", cells(rows), numbers=(".", ","))[0]
    assert told.rows["ha"].to_pylist() == ["1234.5", "12,5", None]


def test_columns_of_number_cells_are_numbers_whatever_is_written_elsewhere() -> None:
    rows: list[Row] = [["Tên", "x", "y", "vốn"], ["A", 12.345, 7.0, "1.234,5"], ["B", None, 8, "7"]]
    table = one(rows)
    assert table.rows["x"].to_pylist() == [12.345, None]  # neither 12 345 nor a question
    assert table.rows["y"].to_pylist() == [7, 8]
    assert table.numbers.decimal == ","


def test_codes_keep_their_leading_zeros() -> None:
    rows: list[Row] = [
        ["Mã số thuế", "Tên"],
        ["'0301234567", "A"],
        ["0309999999-001", "B"],
        [3600123456.0, "C"],
    ]
    assert one(rows).rows["Mã số thuế"].to_pylist() == ["0301234567", "0309999999-001", "3600123456"]


def test_formula_errors_are_missing_and_noted() -> None:
    grid = cells([["Tên", "ha"], ["A", 1], ["B", 2]])
    broken = pa.table(
        {"row": [3, 3], "col": [0, 1], "text": ["C", "#REF!"], "kind": ["text", "error"]}, grid.schema
    )
    (table,) = tables("s", pa.concat_tables([grid, broken]))
    assert table.rows["ha"].to_pylist() == [1, 2, None]
    assert [(n.row, n.heading, n.code) for n in table.notes] == [(4, "ha", "cell_error")]


def test_cells_formatted_as_per_cent_read_as_the_heading_says() -> None:
    rows: list[Row] = [["Tên", "Tỷ lệ lấp đầy (%)"], ["A", 0.45], ["B", 1.0], ["C", 0.07]]
    table = one(rows)
    assert table.rows["Tỷ lệ lấp đầy (%)"].to_pylist() == [45, 100, 7]
    assert {n.code for n in table.notes} == {"percent_scaled"}
    assert one([["Tên", "Tỷ lệ (%)"], ["A", 45], ["B", 0.5]]).rows["Tỷ lệ (%)"].to_pylist() == [45, 0.5]


def test_days_are_read_in_every_way_they_are_typed() -> None:
    rows: list[Row] = [
        ["Tên", "Ngày quyết định"],
        ["a", date(2025, 6, 30)],
        ["b", 45838],  # Excel's serial of 30 June 2025
        ["c", "30/6/2025"],
        ["d", "1-7-25"],
        ["e", "ngày 15 tháng 3 năm 2024"],
        ["f", "tháng 6/2025"],
        ["g", "Quý II/2025"],
        ["h", "chưa rõ"],
    ]
    table = one(rows)
    assert table.rows["Ngày quyết định"].to_pylist() == [
        "2025-06-30", "2025-06-30", "30/6/2025", "1-7-2025", "2024-03-15", "2025-06-01", "2025-04-01",
        "chưa rõ",
    ]  # fmt: skip
    assert [(n.row, n.code) for n in table.notes] == [(7, "period_as_first_day"), (8, "period_as_first_day")]


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("05/6/2025", "2025-06-05", "2025-06-06"),
        ("5-6-25", "2025-06-05", "2025-06-06"),
        ("tháng 12/2025", "2025-12-01", "2026-01-01"),
        ("6/2025", "2025-06-01", "2025-07-01"),
        ("Quý IV năm 2025", "2025-10-01", "2026-01-01"),
        ("Q2/2025", "2025-04-01", "2025-07-01"),
        ("năm 2025", "2025-01-01", "2026-01-01"),
        ("2025-06-30T00:00:00", "2025-06-30", "2025-07-01"),
    ],
)
def test_periods_end_before_the_next_begins(text: str, first: str, after: str) -> None:
    found = period(text)
    assert found is not None
    assert (found.first.isoformat(), found.after.isoformat()) == (first, after)


def test_what_is_no_day_is_none() -> None:
    assert [period(text) for text in ("31/2/2025", "tháng 13/2025", "", "Quý V/2025", "12,5", "9999")] == [
        None
    ] * 6
    assert serial("45838") == date(2025, 6, 30)
    assert serial("12") is None
    assert serial("1e400") is None


@pytest.mark.parametrize(
    ("texts", "decimal", "thousands"),
    [
        (["1.234,5", "12"], ",", "."),
        (["1,234.5", "12"], ".", ","),
        (["1 234,5", "7,25"], ",", " "),
        (["0,5", "1.234"], ",", "."),
        (["12.5", "1,234"], ".", ","),
        (["1.234.567"], ",", "."),
        (["0.125"], ".", ""),
        (["12", "7"], ".", ""),
        (["12.05.2024", "0912.345.678", "1.2.3"], ".", ""),
    ],
)
def test_number_format_is_told_by_evidence(texts: list[str], decimal: str, thousands: str) -> None:
    found = number_format(texts)
    assert found[:2] == (decimal, thousands)
    assert found.confidence >= 0.95


def test_numbers_that_read_either_way_are_asked_about() -> None:
    assert number_format(["1.234", "2.500"]) == (",", ".", 0.8)
    assert number_format(["12,500"]).confidence <= 0.5
    assert number_format(["1,5", "2.5"]).confidence <= 0.6  # they contradict each other


def test_units_are_read_from_headings_and_turned_into_each_other() -> None:
    assert unit("Diện tích (m²)") == "m2"
    assert unit("Diện tích đất, ha") == "ha"
    assert unit("Vốn đầu tư (ĐVT: tỷ đồng)") == "billion_vnd"
    assert unit("Diện tích (ha) / Tổng") == "ha"
    assert unit("Ghi chú (nếu có)") is None
    assert scale("m2", "ha") == 1e-4
    assert scale("billion_vnd", "vnd") == 1e9
    assert scale("ha", "vnd") is None
    assert scale(None, "ha") == 1.0


def test_unit_of_the_whole_table_holds_for_its_figures() -> None:
    rows: list[Row] = [
        ["Biểu 01: Hiện trạng"], ["Đơn vị tính: ha"], ["STT", "Tên", "Đất SKK", "Vốn (tỷ đồng)", "Số dự án"],
        [1, "A", 5.5, 7, 1], [2, "B", 6, 8, 2],
    ]  # fmt: skip
    assert one(rows).units == {"Đất SKK": "ha", "Vốn (tỷ đồng)": "billion_vnd"}


def test_stacked_headings_are_met_by_their_parts_but_never_by_the_group_alone() -> None:
    whole = [fold(text) for text in alternatives("Diện tích (ha) / Tổng")]
    assert {"dien tich", "dien tich (ha)", "tong dien tich"} <= set(whole)
    part = [fold(text) for text in alternatives("Diện tích (ha) / Đất công nghiệp")]
    assert "dat cong nghiep" in part
    assert "dien tich" not in part
    assert "Diện tích" in alternatives("Diện tích (m2) (*)")


def test_cells_strewn_over_a_sheet_are_refused() -> None:
    grid = pa.table(
        {"row": pa.array(range(9000), pa.int32()), "col": pa.array(range(9000), pa.int32()),
         "text": ["x"] * 9000, "kind": ["text"] * 9000}
    )  # fmt: skip
    with pytest.raises(SheetTooSparse):
        tables("s", grid)


@pytest.mark.parametrize("rows", [[], [["PHỤ LỤC I"]], [["Kính gửi: Sở Công Thương"], [], ["Trân trọng."]]])
def test_sheet_without_a_table_gives_none(rows: list[Row]) -> None:
    assert [t for t in tables("s", cells(rows)) if t.rows.num_rows] == []


def test_figures_without_headings_are_named_by_their_columns() -> None:
    table = one([[107.1, 10.9, 5], [107.2, 10.8, 6]])
    assert table.headings == ("Cột A", "Cột B", "Cột C")
    assert table.rows.num_rows == 2


NAMES = st.text("ABĐEGHÂƠƯ", min_size=2, max_size=8).map(lambda name: f"CCN {name}")
DATA = st.lists(st.tuples(NAMES, NAMES, st.integers(1, 999), st.integers(1, 999)), min_size=2, max_size=8)
TITLES = st.lists(
    st.sampled_from(
        ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "PHỤ LỤC II", "(Kèm theo Quyết định số 3/QĐ-UBND)", "ĐVT: ha",
         "DANH SÁCH CỤM CÔNG NGHIỆP", "Kế hoạch năm 2025", ""]
    ),
    max_size=4,
)  # fmt: skip
ENDS = st.lists(
    st.sampled_from(
        ["Ghi chú: tạm tính", "Nguồn: Sở Công Thương", "NGƯỜI LẬP BIỂU", "TM. ỦY BAN NHÂN DÂN", ""]
    ),
    max_size=3,
)


@settings(max_examples=150, deadline=None)
@given(DATA, TITLES, ENDS, st.booleans(), st.booleans(), st.integers(0, 8))
def test_what_stands_around_a_table_never_changes_its_rows(
    data: list[tuple[str, str, int, int]],
    titles: list[str],
    ends: list[str],
    numbered: bool,
    total: bool,
    at: int,
) -> None:
    head: list[Row] = [["STT", "Tên", "Xã", "Diện tích (ha)", "Lao động"]]
    body: list[Row] = [[i + 1, *row] for i, row in enumerate(data)]
    plain = one([*head, *body]).rows
    if total:
        body.insert(min(at, len(body)), ["", "Cộng", "", 5, 6])
        body.append(["", "Tổng cộng", "", 10, 12])
    above: list[Row] = [[text] for text in titles]
    marks: list[Row] = [["(1)", "(2)", "(3)", "(4)", "(5)"]] if numbered else []
    grid = [*above, *head, *marks, *body, *([text] for text in ends)]
    table = one(grid)
    assert table.rows.equals(plain)
    accounted([table], grid)


WORDS = st.sampled_from(
    ["STT", "Tên", "Tổng cộng", "I", "A.", "(1)", "1.234,5", "30/6/2025", "Huyện A", "Ghi chú: x", "#REF!",
     "PHỤ LỤC I", "-", "Công ty B", "Diện tích (ha)", " ", "'01", "2025", "ngày 1 tháng 2 năm 2025"]
)  # fmt: skip
ANYTHING = st.lists(
    st.lists(st.one_of(st.none(), WORDS, st.integers(0, 3000), st.floats(0, 1)), max_size=7), max_size=14
)
SPAN = st.tuples(st.integers(0, 12), st.integers(0, 6), st.integers(0, 4), st.integers(0, 4))


@settings(max_examples=400, deadline=None)
@given(ANYTHING, st.lists(SPAN, max_size=5))
def test_no_row_of_any_sheet_is_lost_or_counted_twice(
    rows: list[Row], spans: list[tuple[int, int, int, int]]
) -> None:
    merged = [(r, c, r + height, c + width) for r, c, height, width in spans]
    found = tables("s", cells(rows), merged)
    told = [int(n) for table in found for n in table.row_numbers]
    told += [s.row for table in found for s in table.skipped]
    assert len(told) == len(set(told))
    filled = {i + 1 for i, row in enumerate(rows) if any(str(v or v == 0 or "").strip() for v in row)}
    assert not found or set(told) == filled
    assert all(table.rows.num_rows == len(table.row_numbers) for table in found)


def through_a_workbook(grid: list[Row], merged: list[tuple[int, int, int, int]]) -> tuple[pa.Table, Any]:
    """Write a real workbook and read its cells as the import does."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"default_date_format": "dd/mm/yyyy"})
    sheet = book.add_worksheet("Biểu 1")
    for r0, c0, r1, c1 in merged:
        sheet.merge_range(r0, c0, r1, c1, "")
    for r, row in enumerate(grid):
        for c, value in enumerate(row):
            if value is not None:
                sheet.write(r, c, value)
    book.close()
    read = CalamineWorkbook.from_filelike(io.BytesIO(file.getvalue())).get_sheet_by_name("Biểu 1")
    spans = [(*first, *last) for first, last in read.merged_cell_ranges or []]
    return cells([_cell_row(row) for row in read.to_python(skip_empty_area=False)]), spans


def _cell_row(row: list[Any]) -> Row:
    return [v.date() if isinstance(v, datetime) else v for v in row]


def test_annex_reads_alike_through_a_real_workbook() -> None:
    grid, spans = through_a_workbook(ANNEX, ANNEX_MERGED)
    assert sorted(spans) == sorted(ANNEX_MERGED)
    (table,) = tables("Biểu 1", grid, spans)
    assert table.rows.equals(one(ANNEX, ANNEX_MERGED).rows)
    assert table.skipped == one(ANNEX, ANNEX_MERGED).skipped


def test_dates_of_a_real_workbook_are_days() -> None:
    grid, spans = through_a_workbook([["Tên", "Ngày cấp"], ["A", date(2025, 6, 30)], ["B", "01/7/2025"]], [])
    assert tables("s", grid, spans)[0].rows["Ngày cấp"].to_pylist() == ["2025-06-30", "01/7/2025"]
