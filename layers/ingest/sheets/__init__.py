"""
From the cells of a spreadsheet to tables: headings, units, data rows, and why every other row is none.

Row numbers are those that people see in the sheet, from 1. Rows with content = data rows + skipped rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gis.arrays import Ints
from layers.ingest.arrow import Array, Rows, pa
from layers.ingest.sheets.body import GROUP, Body
from layers.ingest.sheets.dates import Period, period, serial
from layers.ingest.sheets.grid import EMPTY, Grid, Merged, grid
from layers.ingest.sheets.headings import alternatives, distinct, join, known_unit, scale, unit
from layers.ingest.sheets.numbers import PLAIN, NumberFormat, number_format
from layers.ingest.sheets.recognise import Block, blocks, is_ordinal, stacked, stated_unit
from layers.ingest.sheets.values import Noted, numbers_as_text, values

__all__ = [
    "Noted",
    "NumberFormat",
    "Period",
    "SheetTable",
    "Skipped",
    "alternatives",
    "number_format",
    "period",
    "scale",
    "serial",
    "tables",
    "unit",
]


@dataclass(frozen=True)
class Skipped:
    """
    A row of the sheet that is not data.

    Attributes
    ----------
    row
        Its number in the sheet, from 1.
    why
        ``title``, ``heading``, ``heading_repeated``, ``column_numbers``, ``section``, ``total``,
        ``total_unlabelled`` or ``footer``; words under ``sheet_row.<why>``.
    """

    row: int
    why: str


@dataclass(frozen=True)
class SheetTable:
    """
    A table found in a sheet.

    Attributes
    ----------
    name
        Of the sheet; of several tables in one sheet the later ones are ``name (2)`` …
    headings, rows
        Unique headings, and the data under them; null where missing. A column of number cells alone holds
        numbers, every other one text; number cells among text are written with the decimal sign of
        ``numbers`` and not grouped.
    row_numbers
        Shape (n,): the number of each data row in the sheet.
    heading_rows, first_row, last_row
        Rows of the headings, and of the first and last data row; 0 where there are no data.
    skipped
        Every other row with content.
    units
        Heading → unit (`headings.UNITS`), where one is stated in the heading or for the whole table.
    numbers
        How numbers written as text are written.
    notes
        Cells that could not be taken as they are.
    """

    name: str
    headings: tuple[str, ...]
    rows: Rows
    row_numbers: Ints
    heading_rows: tuple[int, ...]
    first_row: int
    last_row: int
    skipped: tuple[Skipped, ...]
    units: dict[str, str] = field(default_factory=dict[str, str])
    numbers: NumberFormat = PLAIN
    notes: tuple[Noted, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """What was found, without the data."""
        return {
            "heading_rows": list(self.heading_rows),
            "first_row": self.first_row,
            "last_row": self.last_row,
            "skipped": [{"row": one.row, "why": one.why} for one in self.skipped],
            "units": self.units,
            "numbers": self.numbers._asdict(),
            "notes": [{"row": one.row, "heading": one.heading, "code": one.code} for one in self.notes],
        }


def tables(
    name: str, cells: Rows, merged: Merged = (), numbers: tuple[str, str] | None = None
) -> list[SheetTable]:
    """
    The tables of one sheet, from above.

    Parameters
    ----------
    name
        Of the sheet.
    cells
        n cells that hold something: row and col (from 0), text, kind (text, number, date, bool, error).
        Numbers are written with a decimal point, dates as ISO.
    merged
        Merged ranges (first row, first column, last row, last column), inclusive, from 0.
    numbers
        Decimal and thousands signs of numbers that are written as text, where somebody said so; else they
        are weighed over the whole sheet (`number_format`).

    Returns
    -------
    tables
        None where the sheet holds nothing but titles.

    Raises
    ------
    SheetTooSparse
    """
    sheet = grid(name, cells, merged)
    found = blocks(sheet)
    written = NumberFormat(*numbers, 1.0) if numbers else _weighed(sheet, found)
    made = [_table(name, sheet, block, written) for block in found]
    many = distinct([one.name for one in made])
    return [replace(one, name=told) for one, told in zip(made, many, strict=True)]


def _weighed(sheet: Grid, found: Sequence[Block]) -> NumberFormat:
    texts: list[Array] = []
    for block in found:
        columns, headings = _columns(sheet, block)
        skip = [int(c) for c, h in zip(columns, headings, strict=True) if is_ordinal(h)]
        texts.append(numbers_as_text(sheet, block, [int(c) for c in columns if int(c) not in skip]))
    return number_format(pa.chunked_array(texts, pa.string()))


def _table(name: str, sheet: Grid, block: Block, written: NumberFormat) -> SheetTable:
    columns, headings = _columns(sheet, block)
    ordinal = next((int(c) for c, h in zip(columns, headings, strict=True) if is_ordinal(h)), None)
    body = Body(sheet, block, columns, ordinal)
    units = _units(sheet, block, columns, headings, body.data)
    read = values(sheet, body.data, dict(zip(headings, columns.tolist(), strict=True)), written)
    if body.groups is not None:
        group = distinct([*headings, GROUP])[-1]
        read.columns[group] = pa.array(body.groups, pa.string())
    skipped = [(row, "title") for row in block.titles] + [(row, "heading") for row in block.headings]
    skipped += [(block.numbers, "column_numbers")] if block.numbers is not None else []
    lines = sheet.rows[body.data] + 1
    return SheetTable(
        name,
        tuple(read.columns),
        pa.table(read.columns),
        lines,
        tuple(int(sheet.rows[row]) + 1 for row in block.headings),
        int(lines[0]) if lines.size else 0,
        int(lines[-1]) if lines.size else 0,
        tuple(Skipped(int(sheet.rows[row]) + 1, why) for row, why in sorted([*skipped, *body.skipped])),
        units,
        written,
        tuple(read.notes),
    )


def _columns(sheet: Grid, block: Block) -> tuple[Ints, list[str]]:
    """Columns that belong to the table, and their unique headings."""
    rows = [*block.headings, *range(*block.body)]
    used = (sheet.at[rows[0] : rows[-1] + 1] >= 0).any(axis=0) if rows else np.zeros(0, dtype=bool)
    columns = np.flatnonzero(used)
    told = [join(stacked(sheet, block.headings, int(column))) for column in columns]
    body = sheet.kind[slice(*block.body)]
    empty = [
        not heading and not (body[:, c] != EMPTY).any() for heading, c in zip(told, columns, strict=True)
    ]
    columns, told = (
        columns[~np.array(empty, dtype=bool)],
        [h for h, e in zip(told, empty, strict=True) if not e],
    )
    named = [h or f"Cột {_letters(int(sheet.columns[c]))}" for h, c in zip(told, columns, strict=True)]
    return columns, distinct(named)


def _units(sheet: Grid, block: Block, columns: Ints, headings: list[str], data: Ints) -> dict[str, str]:
    """Units of headings; one that a title states holds for the columns of figures that state none."""
    stated = stated_unit([text for row in block.titles for text in sheet.line(row)])
    of_table = known_unit(stated) if stated else None
    units: dict[str, str] = {}
    for column, heading in zip(columns, headings, strict=True):
        own = unit(heading)
        if own is None and of_table and not is_ordinal(heading) and not heading.lower().startswith("số "):
            kinds = sheet.kind[data, int(column)]
            own = of_table if np.isin(kinds, (2, 6)).sum() > 0.5 * max(1, (kinds != EMPTY).sum()) else None
        if own is not None:
            units[heading] = own
    return units


def _letters(column: int) -> str:
    """Name of a column in the sheet: 0 → A, 26 → AA."""
    told, left = "", column + 1
    while left:
        left, digit = divmod(left - 1, 26)
        told = chr(ord("A") + digit) + told
    return told
