"""A workbook as rows of text under the columns of its kind; the file is opened in the guarded subprocess."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gis.errors import BadInput
from gis.text import fold, nfc
from layers.clearance.bulk.kinds import COLUMNS
from layers.ingest import guard

MOST_ROWS = 5_000
MOST_BYTES = 10_000_000
#: The sheet of a template that holds the rows; others list what the dropdowns offer.
SHEET = "Dữ liệu"


class BulkColumnsMissing(BadInput):
    """A workbook without a column that its kind needs. Facts: file, missing, found."""


class BulkRowsTooMany(BadInput):
    """More rows than one submission may have. Facts: rows, allowed."""


class BulkRowsNone(BadInput):
    """A workbook, or a drawn area, that concerns no case. Facts: none."""


def rows_of(path: Path, kind: str) -> list[tuple[int, dict[str, str]]]:
    """
    The rows of a workbook.

    Returns
    -------
    rows
        Number in the sheet, and text by column name; empty cells are left out.

    Raises
    ------
    DidoiError
        Those of `layers.ingest.guard.read`, BulkColumnsMissing, BulkRowsTooMany, BulkRowsNone.
    """
    known = [layer["name"] for layer in guard.inspect(path).layers]
    sheet = next((name for name in known if fold(name) == fold(SHEET)), None)
    received = guard.read(path, sheet)
    found = received.rows
    named = _named(found.column_names, kind)
    missing = [c.title.vi for c in COLUMNS[kind] if c.required and c.name not in named]
    if missing:
        raise BulkColumnsMissing(
            file=path.name, missing=", ".join(missing), found=", ".join(found.column_names)[:300]
        )
    if found.num_rows > MOST_ROWS:
        raise BulkRowsTooMany(rows=found.num_rows, allowed=MOST_ROWS)
    numbers = received.table.row_numbers.tolist() if received.table else range(2, found.num_rows + 2)
    columns = {name: found[heading].to_pylist() for name, heading in named.items()}
    rows = [
        (int(number), {name: text for name, values in columns.items() if (text := _text(values[i]))})
        for i, number in enumerate(numbers)
    ]
    told = [(number, row) for number, row in rows if row]
    if not told:
        raise BulkRowsNone()
    return told


def _named(headings: list[str], kind: str) -> Mapping[str, str]:
    """Heading of each column that the workbook has."""
    by_folded = {fold(heading).strip(" *"): heading for heading in headings}
    named: dict[str, str] = {}
    for column in COLUMNS[kind]:
        for told in (column.title.vi, column.title.en, column.name, *column.aliases):
            if fold(told) in by_folded:
                named[column.name] = by_folded[fold(told)]
                break
    return named


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return nfc(str(value)).strip()
