"""
Which rows of a sheet are titles, headings and data.

Office annexes begin with letterheads and titles, stack their headings, number their columns, divide their
rows by district, add totals and end with signatures; one sheet may hold several tables. Every rule here
needs evidence that a data row does not show, for a row wrongly skipped is a row lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from gis.arrays import Bools, Ints
from gis.text import fold
from layers.ingest.sheets.grid import DATE, EMPTY, NUMBER, NUMBER_AS_TEXT, TEXT, Grid

LOOK_AHEAD = 40  # rows below a heading that say how wide its table is
MOST_HEADING_ROWS = 6

ORDINALS = {"stt", "tt", "so tt", "so thu tu", "s tt", "no", "no.", "#", "thu tu"}
_TITLE = re.compile(
    r"cong hoa xa hoi|doc lap ?-? ?tu do|^uy ban nhan dan|^ubnd"
    r"|^so (cong thuong|tai nguyen|nong nghiep|xay dung)"
    r"|^phu luc|^phu bieu|^bieu (so|mau)|^mau (so|bieu)|^bang (so )?\d|kem theo|ban hanh|^danh (muc|sach)\b"
    r"|^(don vi tinh|dvt|don vi) ?:|^tinh den|ngay \S+ thang \S+ nam|^so: ?"
    r"|/(qd|bc|kh|tb|cv|ttr)-|^bao cao|^tong hop"
)
_STATED_UNIT = re.compile(r"(?:đvt|đơn vị tính|đơn vị)\s*[:：]\s*([^()]+)", re.IGNORECASE)
_COLUMN_NUMBER = re.compile(r"\(?(\d{1,2})\)?|\[(\d{1,2})\]|\(?\d{1,2}\)? ?=.*")


@dataclass(frozen=True)
class Block:
    """
    One table of a sheet, in rows of the grid.

    Attributes
    ----------
    titles
        Rows above the headings that belong to the table.
    headings
        Rows of headings; empty where the sheet begins with data.
    numbers
        The row of column numbers; None where there is none.
    body
        First row below, and the row after the last.
    """

    titles: tuple[int, ...]
    headings: tuple[int, ...]
    numbers: int | None
    body: tuple[int, int]


@dataclass(frozen=True)
class _Rows:
    """What is asked of every row again and again."""

    distinct: Ints
    texts: Ints
    filled: Bools
    gap: Bools


def blocks(sheet: Grid) -> list[Block]:
    """
    The tables of a sheet, from above.

    Returns
    -------
    blocks
        Rows that are in none of them lie in no table (a sheet of titles alone has none).
    """
    if sheet.at.size == 0:
        return []
    rows = _Rows(
        sheet.distinct(),
        (sheet.kind == TEXT).sum(axis=1),
        sheet.kind != EMPTY,
        np.diff(sheet.rows, prepend=sheet.rows[0]) > 1,
    )
    starts = _starts(sheet, rows)
    if not starts:
        return _headless(sheet, rows)
    return [
        _block(
            sheet, rows, start, starts[i - 1] if i else None, starts[i + 1] if i + 1 < len(starts) else None
        )
        for i, start in enumerate(starts)
    ]


def is_ordinal(heading: str) -> bool:
    """Whether a heading is that of running numbers."""
    return fold(heading).strip(" .") in ORDINALS


def stated_unit(texts: list[str]) -> str | None:
    """The unit that a title states for the whole table: ``ĐVT: ha``."""
    for text in texts:
        found = _STATED_UNIT.search(text)
        if found:
            return found[1].strip()
    return None


def _starts(sheet: Grid, rows: _Rows) -> list[tuple[int, int]]:
    """First and last heading row of each table."""
    found: list[tuple[int, int]] = []
    row, n = 0, len(rows.distinct)
    could = _could_be_heading(sheet, rows)
    while row < n:
        if found and not (could[row] and _may_start_again(sheet, rows, row, found[-1])):
            later = np.flatnonzero(could[row + 1 :])
            row = row + 1 + int(later[0]) if later.size else n
            continue
        last = _heading(sheet, rows, row) if could[row] else None
        if last is None:
            row += 1
            if not found and row > 200:
                break
            continue
        found.append((row, last))
        row = last + 1
    return found


def _could_be_heading(sheet: Grid, rows: _Rows) -> Bools:
    """Text (and perhaps years) in several cells."""
    figures = ((sheet.kind != TEXT) & (sheet.kind != EMPTY)).sum(axis=1)
    several = (rows.distinct >= 2) | (sheet.at.shape[1] == 1)
    return several & (rows.texts > 0) & (figures <= rows.texts)


def _heading(sheet: Grid, rows: _Rows, first: int) -> int | None:
    """Last row of the heading that begins here; None where none does."""
    if not _all_words(sheet, first) or _is_title(sheet, rows, first):
        return None
    last = first
    while last - first < MOST_HEADING_ROWS and _needs_more(sheet, rows, first, last):
        below = last + 1
        if below >= len(rows.distinct) or rows.gap[below] or not _all_words(sheet, below):
            break
        if rows.distinct[below] < 2 or _is_title(sheet, rows, below):
            return None
        last = below
    told = np.unique(_stack(sheet, first, last)[:, rows.filled[first : last + 1].any(axis=0)], axis=1).shape[
        1
    ]
    ahead = range(last + 1, min(last + 1 + LOOK_AHEAD, len(rows.distinct)))
    wide = max((int(rows.filled[row].sum()) for row in ahead), default=told)
    if sheet.at.shape[1] == 1:  # a list under its heading; lone lines with space between are a letter
        return last if ahead and not rows.gap[ahead[0]] else None
    return last if told >= max(2, 0.55 * wide) else None


def _stack(sheet: Grid, first: int, last: int) -> Ints:
    """Cells over each column; right of the heading of a group, a column without one belongs to the group."""
    stack = sheet.at[first : last + 1].astype(np.int64)
    for level in range(stack.shape[0] - 1):
        below = stack[level + 1 :].max(axis=0) >= 0
        for column in range(1, stack.shape[1]):
            alone = stack[level, column] < 0 and stack[:level, column].max(initial=-1) < 0
            if alone and below[column] and stack[level, column - 1] >= 0 and below[column - 1]:
                stack[level, column] = stack[level, column - 1]
    return stack


def stacked(sheet: Grid, headings: tuple[int, ...], column: int) -> list[str]:
    """The cells that stand over a column, from above."""
    if not headings:
        return []
    stack = _stack(sheet, headings[0], headings[-1])[:, column]
    return [str(sheet.texts[int(cell)].as_py()) for cell in stack if cell >= 0]


def _needs_more(sheet: Grid, rows: _Rows, first: int, last: int) -> bool:
    """Whether the heading goes on below: a merged range does, or a group is not yet divided."""
    at, below = sheet.at[last], last + 1
    if below >= len(sheet.rows):
        return False
    if bool(((at >= 0) & (at == sheet.at[below])).any()):
        return True
    repeated = (at[1:] >= 0) & (at[1:] == at[:-1])
    if repeated.any():
        return not _column_numbers(sheet, below)
    gaps: Bools = np.all(sheet.at[first:below] < 0, axis=0)
    if not gaps.any() or rows.gap[below]:
        return False
    # Without merged ranges (CSV): the row below has words where this one has none, and nothing elsewhere
    # but under the first cell of a group.
    filled = rows.filled[below]
    under = np.flatnonzero(filled & ~gaps)
    return bool((filled & gaps).any()) and all(
        column + 1 < len(gaps) and gaps[column + 1] and filled[column + 1] for column in under
    )


def _all_words(sheet: Grid, row: int) -> bool:
    """Nothing but text, apart from years as headings."""
    kinds = sheet.kind[row]
    if ((kinds == DATE) | (kinds > NUMBER_AS_TEXT)).any():
        return False
    figures = np.flatnonzero((kinds == NUMBER) | (kinds == NUMBER_AS_TEXT))
    years = all(re.fullmatch(r"(19|20)\d\d(\.0)?", sheet.text(row, int(column))) for column in figures)
    return years and bool((kinds == TEXT).any() or figures.size > 1)


def _is_title(sheet: Grid, rows: _Rows, row: int) -> bool:
    """A letterhead or title: few cells, and words that titles have."""
    if rows.distinct[row] > 3:
        return False
    line = [fold(text) for text in sheet.line(row)]
    wide = int(rows.distinct[row : row + LOOK_AHEAD].max())
    return any(_TITLE.search(text) for text in line) and (len(line) == 1 or len(line) < 0.6 * wide)


def _column_numbers(sheet: Grid, row: int) -> bool:
    """A row such as (1) (2) (3)=(1)+(2), or A B 1 2 3."""
    if row >= len(sheet.rows):
        return False
    columns = np.flatnonzero(sheet.at[row] >= 0)
    if columns.size < 3:
        return False
    numbers: list[int] = []
    for place, column in enumerate(columns):
        text = sheet.text(row, int(column)).removesuffix(".0")
        found = _COLUMN_NUMBER.fullmatch(text)
        if found is None:
            if len(text) > 3 or text.strip("()").upper() != chr(ord("A") + place):
                return False
        elif found[1] or found[2]:
            numbers.append(int(found[1] or found[2]))
    steps = np.diff(numbers)
    return len(numbers) < 1 or (
        numbers[0] <= 3 and bool((steps == 1).all() if steps.size else columns.size > 2)
    )


def _may_start_again(sheet: Grid, rows: _Rows, row: int, before: tuple[int, int]) -> bool:
    """A second table needs a break before it and words that data do not hold."""
    if not (rows.gap[row] or rows.distinct[row - 1] == 1 or _is_title(sheet, rows, row - 1)):
        return False
    line = sheet.line(row)
    if is_ordinal(line[0]):
        return True
    above = {
        sheet.text(heading, int(c))
        for heading in range(before[0], before[1] + 1)
        for c in np.flatnonzero(sheet.firsts(heading))
    }
    if len(line) > 2 and sum(text in above for text in line) >= 0.5 * len(line):
        return True
    body = sheet.kind[before[1] + 1 : row]
    figures = (body == NUMBER) | (body == NUMBER_AS_TEXT)
    numeric = (figures.sum(axis=0) > 0.6 * (body != EMPTY).sum(axis=0)) & (figures.sum(axis=0) > 0)
    numeric &= np.arange(numeric.size) > 0
    words = numeric & (sheet.kind[row] == TEXT)
    last = _heading(sheet, rows, row)
    if last is None or last + 1 >= len(sheet.rows):
        return False
    below = sheet.kind[last + 1]
    goes_on = ((below == NUMBER) | (below == NUMBER_AS_TEXT)).any()
    return bool(words.sum() >= max(1, 0.5 * numeric.sum()) and goes_on and rows.gap[row - 1 : row + 1].any())


def _block(
    sheet: Grid,
    rows: _Rows,
    start: tuple[int, int],
    before: tuple[int, int] | None,
    after: tuple[int, int] | None,
) -> Block:
    first, last = start
    titles = range(_first_title(sheet, rows, first, before), first)
    numbers = last + 1 if _column_numbers(sheet, last + 1) else None
    begin = last + 1 if numbers is None else last + 2
    end = _first_title(sheet, rows, after[0], start) if after else len(sheet.rows)
    return Block(tuple(titles), tuple(range(first, last + 1)), numbers, (min(begin, end), end))


def _first_title(sheet: Grid, rows: _Rows, first: int, before: tuple[int, int] | None) -> int:
    """Where the titles above a heading begin; of the first table, everything above is title."""
    if before is None:
        return 0
    row = first
    while row - 1 > before[1] and (rows.distinct[row - 1] == 1 or _is_title(sheet, rows, row - 1)):
        row -= 1
        if rows.gap[row] and not _is_title(sheet, rows, row - 1):
            break
    return row


def _headless(sheet: Grid, rows: _Rows) -> list[Block]:
    """A sheet without headings: data where several rows hold figures or as many cells as each other."""
    wide = np.flatnonzero(rows.distinct >= max(2, 0.6 * int(rows.distinct.max())))
    figures = np.isin(sheet.kind[wide], (NUMBER, NUMBER_AS_TEXT, DATE)).any() if wide.size else False
    if not figures:
        return []
    begin = int(wide[0])
    return [Block(tuple(range(begin)), (), None, (begin, len(sheet.rows)))]
