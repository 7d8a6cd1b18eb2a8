"""XLSX: typed cells under Vietnamese headings, then a sheet of columns and one about the rows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from gis.crs import STORAGE_SRID
from layers.export.about import heading
from layers.export.cells import text
from layers.export.content import Content

CELL_LETTERS = 32_767
SHEET_ROWS = 1_000_000
FIRST_DAY = date(1900, 3, 1)
"""Excel believes in 29 February 1900; days before are written as text."""
DATA, COLUMNS, ABOUT = "Dữ liệu", "Cột", "Thông tin"


def write(content: Content, path: Path) -> None:
    """Write a workbook, row by row: memory holds one."""
    import xlsxwriter

    book = xlsxwriter.Workbook(
        path, {"constant_memory": True, "tmpdir": str(path.parent), "strings_to_urls": False}
    )
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "dd/mm/yyyy"})
    headings, left_out = headings_of(content), Counter[str]()
    sheet: Any = None
    row, sheets = SHEET_ROWS + 1, 0
    for cells in _rows(content, headings, left_out):
        if row > SHEET_ROWS:
            sheets += 1
            sheet = book.add_worksheet(DATA if sheets == 1 else f"{DATA} {sheets}")
            _heads(sheet, headings, bold)
            row = 1
        for at, value in enumerate(cells):
            _cell(sheet, row, at, value, day)
        row += 1
    if sheet is None:
        _heads(book.add_worksheet(DATA), headings, bold)
    _tell(book.add_worksheet(COLUMNS), _columns(content, headings), bold)
    _tell(book.add_worksheet(ABOUT), _about(content, left_out), bold)
    book.close()


def headings_of(content: Content) -> list[str]:
    """Headings in order, no two alike; where two columns have the same words, their names tell them apart."""
    told = {name: heading(col) for name, col in content.columns.items()}
    often = Counter(told.values())
    own = [words if often[words] == 1 else f"{words} [{name}]" for name, words in told.items()]
    if content.crs.srid == STORAGE_SRID:
        return [*own, "Kinh độ", "Vĩ độ", "WKT"]
    return [*own, "X", "Y", "WKT"]


def _rows(content: Content, headings: list[str], left_out: Counter[str]) -> Iterable[list[Any]]:
    for batch in content.batches("flat"):
        for row in batch:
            told = [text(v) if isinstance(v, list) else v for v in row]
            for at, value in enumerate(told):
                if isinstance(value, str) and len(value) > CELL_LETTERS:
                    left_out[headings[at]] += 1
                    # Half a text still tells something, half a geometry tells something wrong.
                    told[at] = None if at == len(told) - 1 else value[:CELL_LETTERS]
            yield told


def _heads(sheet: Any, headings: list[str], bold: Any) -> None:
    sheet.freeze_panes(1, 0)
    for at, words in enumerate(headings):
        sheet.write_string(0, at, words, bold)


def _cell(sheet: Any, row: int, at: int, value: Any, day: Any) -> None:
    match value:
        case None:
            pass
        case bool():
            sheet.write_boolean(row, at, value)
        case int() | float():
            sheet.write_number(row, at, value)
        case date() if value >= FIRST_DAY:
            sheet.write_datetime(row, at, value, day)
        case _:
            sheet.write_string(row, at, str(value))  # never a formula or a link, however it begins


def _tell(sheet: Any, rows: Iterable[tuple[str, ...]], bold: Any) -> None:
    for number, cells in enumerate(rows):
        for at, words in enumerate(cells):
            sheet.write_string(number, at, words[:CELL_LETTERS], *([bold] if number == 0 else []))


def _columns(content: Content, headings: list[str]) -> Iterable[tuple[str, ...]]:
    yield "Tiêu đề", "Tên cột / Name", "English", "Đơn vị / Unit", "Mã / Codes"
    for words, told in zip(headings, content.about["columns"], strict=False):
        codes = "; ".join(f"{value} = {one['vi']}" for value, one in told.get("codes", {}).items())
        yield words, told["name"], told.get("title", {}).get("en", ""), told.get("unit", ""), codes


def _about(content: Content, left_out: Counter[str]) -> Iterable[tuple[str, ...]]:
    yield "Thông tin / About", ""
    for name, value in content.about.items():
        if name == "columns":
            continue
        if isinstance(value, dict) and set(value) == {"vi", "en"}:
            yield name, f"{value['vi']} / {value['en']}"
        else:
            yield name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    for words, count in left_out.items():
        yield f"> 32.767: {words}", str(count)
