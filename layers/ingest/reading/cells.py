"""
Read spreadsheets cell by cell; what is a title, a heading or a total is for the parent to tell.

A batch of cells has the columns row and col (from 0, as in the sheet), text, and kind: text, number, date,
bool or error. Empty cells are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import pyarrow

from layers.ingest.reading.answer import fail
from layers.ingest.reading.layers_in import Layer, Opened
from layers.ingest.reading.unpack import Source

pa: Any = pyarrow
BATCH_CELLS = 65_536
#: An Excel sheet has 17 billion cells; whoever formats a whole column has not filled them.
MOST_CELLS = 20_000_000
SCHEMA = pa.schema([("row", pa.int32()), ("col", pa.int32()), ("text", pa.string()), ("kind", pa.string())])
_ERRORS = {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#GETTING_DATA", "#SPILL!"}


def layers_of(source: Source) -> list[Layer]:
    """The sheets that hold cells."""
    book = _book(source)
    kinds_of = {meta.name: str(meta.typ) for meta in book.sheets_metadata}
    return [
        Layer(source, name, name)
        for name in book.sheet_names
        if "WorkSheet" in kinds_of.get(name, "WorkSheet")
    ]


def open_layer(layer: Layer) -> Opened:
    """Open one sheet."""
    from python_calamine import CalamineError

    try:
        sheet = _book(layer.source).get_sheet_by_name(layer.inside)
    except CalamineError as error:
        fail("file_unreadable", reason=f"{layer.name}: {error}"[:300])
    except BaseException as error:  # a panic of the library, for more cells than memory can hold
        if type(error).__name__ != "PanicException":
            raise
        fail("sheet_too_large", sheet=layer.name, limit=MOST_CELLS)
    if sheet.height * sheet.width > MOST_CELLS:
        fail("sheet_too_large", sheet=layer.name, limit=MOST_CELLS)
    row0, column0 = sheet.start or (0, 0)
    merged = [[*start, *end] for start, end in sheet.merged_cell_ranges or []]

    def batches(_raw: bool) -> Iterator[Any]:
        return cell_batches(
            (row0 + at, column0, row) for at, row in enumerate(sheet.to_python(skip_empty_area=True))
        )

    return Opened(layer, batches, cells=True, merged=merged)


def cell_batches(rows: Iterable[tuple[int, int, list[Any]]]) -> Iterator[Any]:
    """Cells of rows (number, first column, values), in batches; the first may be empty."""
    kept: list[tuple[int, int, str, str]] = []
    yield _batch([])
    for at, first, values in rows:
        for column, value in enumerate(values):
            if value is None or value == "":
                continue
            kept.append((at, first + column, *_told(value)))
        if len(kept) >= BATCH_CELLS:
            yield _batch(kept)
            kept = []
    if kept:
        yield _batch(kept)


def _batch(kept: list[tuple[int, int, str, str]]) -> Any:
    columns = list(zip(*kept, strict=True)) or [(), (), (), ()]
    return pa.RecordBatch.from_arrays(
        [pa.array(column, kind.type) for column, kind in zip(columns, SCHEMA, strict=True)], schema=SCHEMA
    )


def _told(value: Any) -> tuple[str, str]:
    """A value as text, and what it is; whole numbers have no ``.0``, days no midnight."""
    if isinstance(value, bool):
        return ("true" if value else "false"), "bool"
    if isinstance(value, float | int):
        whole = isinstance(value, int) or (value.is_integer() and abs(value) < 1e15)
        return (str(int(value)) if whole else repr(value)), "number"
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return (value.date().isoformat() if midnight else value.isoformat(sep=" ")), "date"
    if isinstance(value, date):
        return value.isoformat(), "date"
    if isinstance(value, time | timedelta):
        return str(value), "text"
    text = str(value)
    return text, "error" if text in _ERRORS else "text"


def _book(source: Source) -> Any:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        return CalamineWorkbook.from_path(str(source.path))
    except PasswordError:
        fail("archive_locked", member=source.name)
    except CalamineError as error:
        fail("file_unreadable", reason=str(error)[:300])
