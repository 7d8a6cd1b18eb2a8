"""Cells of the data rows as text that the import reads on, and a note where they were no plain values."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

from gis.arrays import Ints
from gis.text import fold
from layers.ingest.arrow import Array, pa, pc
from layers.ingest.sheets.dates import period, serial
from layers.ingest.sheets.grid import (
    DATE,
    DATE_AS_TEXT,
    EMPTY,
    ERROR,
    NUMBER,
    NUMBER_AS_TEXT,
    TEXT,
    Grid,
    Kinds,
    matching,
)
from layers.ingest.sheets.numbers import NumberFormat
from layers.ingest.sheets.recognise import Block

_DATED = re.compile(r"(?<!/)\b(ngay|thoi diem|thoi han|tu thang|date)\b")
_ERROR = r"^#(REF!|N/A|NAME\?|VALUE!|DIV/0!|NULL!|NUM!|SPILL!|CALC!)$"
_NOTHING = r"^[-–—_.…x]+$"  # what people type under figures and dates where nothing is known


@dataclass(frozen=True)
class Noted:
    """
    A cell that could not be taken as it is.

    Attributes
    ----------
    row, heading
        Where, rows of the sheet counted from 1.
    code
        ``cell_error`` (a formula's error: missing), ``period_as_first_day`` (a month or quarter where a
        day is wanted), ``percent_scaled`` (a cell formatted as per cent: 0.45 under "(%)" is 45).
    """

    row: int
    heading: str
    code: str


@dataclass(frozen=True)
class Values:
    """Columns of text, and what was noted."""

    columns: dict[str, Array] = field(default_factory=dict[str, Array])
    notes: list[Noted] = field(default_factory=list[Noted])


def values(sheet: Grid, rows: Ints, headings: dict[str, int], written: NumberFormat) -> Values:
    """
    Read the data rows of a table.

    Parameters
    ----------
    sheet, rows
        The grid, and its rows that are data.
    headings
        Heading → column of the grid.
    written
        How numbers are written as text; number cells in a column with text are written likewise, so that
        one format reads both.
    """
    made = Values()
    lines = sheet.rows[rows] + 1
    for heading, column in headings.items():
        kinds = sheet.kind[rows, column]
        texts = sheet.column(column, rows)
        texts = _without_errors(texts, kinds, heading, lines, made.notes)
        if _DATED.search(fold(heading)) or _mostly(kinds, DATE, DATE_AS_TEXT):
            texts = _days(texts, kinds, heading, lines, made.notes)
        else:
            texts = _figures(texts, kinds, heading, written, lines, made.notes)
        made.columns[heading] = texts
    return made


def numbers_as_text(sheet: Grid, block: Block, columns: list[int]) -> Array:
    """Cells of a table that are numbers written as text with signs in them, to weigh how they are written."""
    at = sheet.at[slice(*block.body)][:, columns]
    cells = at[sheet.kind[slice(*block.body)][:, columns] == NUMBER_AS_TEXT]
    texts = sheet.texts.take(pa.array(cells, pa.int32()))
    return texts.filter(pc.match_substring_regex(texts, "[., ]"))


def _mostly(kinds: Kinds, *wanted: int) -> bool:
    filled = int((kinds != EMPTY).sum())
    return filled > 0 and int(np.isin(kinds, wanted).sum()) > 0.5 * filled


def _without_errors(texts: Array, kinds: Kinds, heading: str, lines: Ints, notes: list[Noted]) -> Array:
    wrong = kinds == ERROR
    if _mostly(kinds, NUMBER, NUMBER_AS_TEXT) and (kinds == TEXT).any():
        wrong |= matching(texts, _ERROR)
    if not wrong.any():
        return texts
    notes += [Noted(int(line), heading, "cell_error") for line in lines[wrong]]
    return pc.if_else(pa.array(wrong), pa.scalar(None, pa.string()), texts)


def _figures(
    texts: Array, kinds: Kinds, heading: str, written: NumberFormat, lines: Ints, notes: list[Noted]
) -> Array:
    if not np.isin(kinds, (NUMBER, NUMBER_AS_TEXT)).any():
        return texts
    if _mostly(kinds, NUMBER, NUMBER_AS_TEXT) and (kinds == TEXT).any():
        texts = pc.if_else(pa.array(matching(texts, _NOTHING)), pa.scalar(None, pa.string()), texts)
    cells = kinds == NUMBER
    if not cells.any():
        return texts
    plain = texts
    if pc.any(pc.ends_with(texts, ".0")).as_py():
        plain = pc.if_else(pc.ends_with(texts, ".0"), pc.utf8_slice_codeunits(texts, 0, -2), texts)
    if "%" in heading and _formatted_as_percent(texts, kinds):
        notes += [Noted(int(line), heading, "percent_scaled") for line in lines[cells]]
        plain = _times_100(texts, cells)
    if not pc.any(pc.and_(pc.is_valid(texts), pa.array(~cells))).as_py():
        return _numbers(plain)
    if written.decimal != ".":
        plain = pc.replace_substring(plain, ".", written.decimal)
    return plain if cells.all() else pc.if_else(pa.array(cells), plain, texts)


def _numbers(texts: Array) -> Array:
    """Number cells alone are numbers: nobody needs to know how they would be written."""
    try:
        numbers = texts.cast(pa.float64())
    except pa.ArrowInvalid:  # a number that no spreadsheet writes
        return texts
    try:
        return numbers.cast(pa.int64())
    except pa.ArrowInvalid:  # not all of them are whole
        return numbers


def _formatted_as_percent(texts: Array, kinds: Kinds) -> bool:
    """Only number cells, none above 1 and some below: 45 % is kept as 0.45 and shown as 45 %."""
    if (kinds == NUMBER_AS_TEXT).any() or (kinds == NUMBER).sum() < 2:
        return False
    numbers = texts.filter(pa.array(kinds == NUMBER)).cast(pa.float64()).to_numpy(zero_copy_only=False)
    return bool((numbers >= 0).all() and (numbers <= 1).all() and ((numbers > 0.1) & (numbers < 1)).any())


def _times_100(texts: Array, cells: Ints) -> Array:
    scaled = [
        f"{round(float(text) * 100, 10):.10f}".rstrip("0").rstrip(".") if cell and text is not None else text
        for text, cell in zip(texts.to_pylist(), cells, strict=True)
    ]
    return pa.array(scaled, pa.string())


def _days(texts: Array, kinds: Kinds, heading: str, lines: Ints, notes: list[Noted]) -> Array:
    """
    Days as ISO where only one day can be meant.

    "05/6/2025" stays, for its order is declared with the import; two-digit years are written out in the
    same order. A whole column is rewritten by its different values.
    """
    coded = texts.dictionary_encode()
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    as_text: list[str | None] = []
    as_number: list[str | None] = []
    coarse: list[bool] = []
    for text in coded.dictionary.to_pylist():
        told, first = _day(text)
        as_text.append(told)
        coarse.append(first)
        day = serial(text) if re.fullmatch(r"\d+(\.\d+)?", text) else None
        as_number.append(text if day is None else day.isoformat())
    out = pa.array(as_text, pa.string()).take(coded.indices)
    if (kinds == NUMBER).any():
        numbers = pa.array(as_number, pa.string()).take(coded.indices)
        out = pc.if_else(pa.array(kinds == NUMBER), numbers, out)
    rough = np.array([*coarse, False])[codes] & (kinds != NUMBER)
    notes += [Noted(int(line), heading, "period_as_first_day") for line in lines[rough]]
    return out


def _day(text: str) -> tuple[str | None, bool]:
    """What is written of a cell, and whether it is the first day of something longer."""
    if re.fullmatch(_NOTHING, text):
        return None, False
    numeric = re.fullmatch(r"(\d{1,2})([/\-.])(\d{1,2})[/\-.](\d{2}|\d{4})", text)
    if numeric:
        said = period(text) or period(text, month_first=True)
        year = f"{said.first.year:04d}" if said else numeric[4]
        return f"{numeric[1]}{numeric[2]}{numeric[3]}{numeric[2]}{year}", False
    said = period(text)
    if said is None:
        return text, False
    return said.first.isoformat(), said.precision != "day"
