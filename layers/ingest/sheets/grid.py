"""
The cells of one sheet as a rectangle: only rows and columns that hold something, merged cells repeated.

A cell is known by the place of its text in the list of cells, so the cells that one merged range fills are
recognised as one, and a rectangle of any size costs four bytes a cell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gis.arrays import Bools, Ints
from layers.ingest.arrow import Array, Rows, pa, pc
from layers.ingest.errors import SheetTooSparse

Kinds = NDArray[np.uint8]
Merged = Sequence[tuple[int, int, int, int]]

EMPTY, TEXT, NUMBER, DATE, BOOL, ERROR, NUMBER_AS_TEXT, DATE_AS_TEXT = range(8)
KINDS = ("", "text", "number", "date", "bool", "error")

#: Sheets larger than this must be filled in earnest, else they are drawings and not tables.
ROOM = 20_000_000
SPARSE = 25

_NUMBER = r"^[+-]?(\d[\d., ]*|[.,]\d+)([eE][+-]?\d+)?\s*%?$"
_DATE = r"^(\d{1,2}[/\-.]\d{1,2}[/\-.](\d{2}|\d{4})|\d{4}-\d{1,2}-\d{1,2})([T ].*)?$"
_SPACED = r"^[+-]?\d[\d.,  \x{00a0}\x{202f}\x{2007}\x{2009}]*%?$"
_MARKED = r"^'[+-]?\d[\d.,\- ]*$"  # the apostrophe that tells a spreadsheet "this is text"


@dataclass(frozen=True)
class Grid:
    """
    A sheet without its empty rows and columns.

    Attributes
    ----------
    texts
        Shape (cells,), the text of each cell, trimmed and NFC.
    at
        Shape (rows, columns): which cell stands there; -1 for none. A merged range repeats its first cell.
    kind
        Shape (rows, columns): EMPTY, TEXT, NUMBER …; text that reads as a number or a date says so.
    rows, columns
        Numbers of the rows and columns in the sheet, from 0.
    """

    texts: Array
    at: NDArray[np.int32]
    kind: Kinds
    rows: Ints
    columns: Ints

    def text(self, row: int, column: int) -> str:
        """What stands in a cell; empty where nothing does."""
        cell = int(self.at[row, column])
        return "" if cell < 0 else str(self.texts[cell].as_py())

    def line(self, row: int) -> list[str]:
        """The texts of a row, a merged range once."""
        return [self.text(row, int(column)) for column in np.flatnonzero(self.firsts(row))]

    def firsts(self, row: int) -> Bools:
        """Shape (columns,): where a cell of the row begins."""
        return _firsts(self.at[row : row + 1])[0]

    def distinct(self) -> Ints:
        """Shape (rows,): cells of each row, a merged range once."""
        return _firsts(self.at).sum(axis=1)

    def column(self, column: int, rows: Ints) -> Array:
        """Texts of some rows in one column; null where empty."""
        at = self.at[rows, column]
        return self.texts.take(pa.array(at, pa.int32(), mask=at < 0))


def grid(name: str, cells: Rows, merged: Merged) -> Grid:
    """
    Lay the cells of a sheet out.

    Parameters
    ----------
    name
        Of the sheet, for the error.
    cells
        n cells: row and column from 0, text, kind (text, number, date, bool, error).
    merged
        Ranges (first row, first column, last row, last column), inclusive, from 0.

    Raises
    ------
    SheetTooSparse
        A few cells strewn over a sheet: no table, and too much room to look for one.
    """
    texts = _clean(_whole(cells["text"]))
    filled = _numpy(pc.utf8_length(texts)) > 0
    texts = texts.filter(pa.array(filled))
    row, row_at = _places(_numpy(cells["row"])[filled])
    column, column_at = _places(_numpy(cells["col"])[filled])
    if row.size * column.size > max(ROOM, SPARSE * len(texts)):
        raise SheetTooSparse(sheet=name, cells=len(texts), rows=row.size, columns=column.size)
    at = np.full((row.size, column.size), -1, np.int32)
    at[row_at, column_at] = np.arange(len(texts), dtype=np.int32)
    kinds = _kinds(_whole(cells["kind"]).filter(pa.array(filled)), texts)
    _repeat(at, row, column, merged)
    kind = np.where(at >= 0, kinds[at], EMPTY).astype(np.uint8) if len(texts) else at.astype(np.uint8)
    return Grid(texts, at, kind, row, column)


def _places(numbers: Ints) -> tuple[Ints, Ints]:
    """The different numbers, rising, and for each number which of them it is."""
    present = np.zeros(int(numbers.max(initial=-1)) + 1, dtype=bool)
    present[numbers] = True
    return np.flatnonzero(present), (np.cumsum(present) - 1)[numbers]


def _firsts(at: NDArray[np.int32]) -> Bools:
    left = np.full_like(at, -1)
    left[:, 1:] = at[:, :-1]
    return (at >= 0) & (at != left)


def _repeat(at: NDArray[np.int32], row: Ints, column: Ints, merged: Merged) -> None:
    """Fill merged ranges. Ranges of a sound file never overlap, so together they cover no more than all."""
    room = at.size
    for r0, c0, r1, c1 in merged:
        top, bottom = np.searchsorted(row, (r0, r1 + 1))
        left, right = np.searchsorted(column, (c0, c1 + 1))
        room -= (bottom - top) * (right - left)
        if room < 0:
            return
        if bottom > top and right > left and row[top] == r0 and column[left] == c0:
            at[top:bottom, left:right] = at[top, left]


def _kinds(said: Array, texts: Array) -> Kinds:
    coded = said.dictionary_encode()
    meaning = np.array(
        [KINDS.index(word) if word in KINDS else TEXT for word in coded.dictionary.to_pylist()]
    )
    kinds = meaning[coded.indices.to_numpy(zero_copy_only=False)] if len(texts) else np.zeros(0, int)
    plain = np.flatnonzero(kinds == TEXT)
    written = texts if plain.size == len(texts) else texts.take(pa.array(plain))
    for pattern, kind in ((_NUMBER, NUMBER_AS_TEXT), (_DATE, DATE_AS_TEXT)):
        kinds[plain[matching(written, pattern)]] = kind
    return kinds.astype(np.uint8)


def _clean(texts: Array) -> Array:
    """NFC and without spaces around; numbers with plain spaces, and without the apostrophe of text."""
    texts = pc.fill_null(texts, "")
    texts = _where(texts, pc.invert(pc.string_is_ascii(texts)), _composed)
    texts = pc.utf8_trim_whitespace(texts)
    marked = pc.starts_with(texts, "'")
    return _where(texts, pc.and_(marked, pc.match_substring_regex(texts, _MARKED)), _unmarked)


def _composed(texts: Array) -> Array:
    texts = pc.utf8_normalize(texts, form="NFC")
    plain = pc.replace_substring_regex(texts, r"[\x{00a0}\x{202f}\x{2007}\x{2009}]", " ")
    return pc.if_else(pc.match_substring_regex(texts, _SPACED), plain, texts)


def _unmarked(texts: Array) -> Array:
    return pc.utf8_ltrim(texts, "'")


def _where(texts: Array, mask: Array, change: Callable[[Array], Array]) -> Array:
    """Change some of the texts, at the cost of those."""
    return pc.replace_with_mask(texts, mask, change(texts.filter(mask))) if pc.any(mask).as_py() else texts


def _whole(column: Array) -> Array:
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return column.cast(pa.string())


def _numpy(column: Array) -> Ints:
    return column.to_numpy()


def matching(texts: Array, pattern: str) -> Bools:
    """Shape (n,): which texts match; none does where text is missing."""
    return pc.fill_null(pc.match_substring_regex(texts, pattern), False).to_numpy(zero_copy_only=False)
