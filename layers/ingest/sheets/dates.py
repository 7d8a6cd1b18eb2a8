"""Days, months and quarters as they are typed into sheets."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import NamedTuple

from gis.text import fold

_FIRST = date(1899, 12, 30)  # day 0 of Excel's calendar, which counts a 29 February 1900
_SERIALS = range(14_611, 73_051)  # 1940 to 2099
_SPOKEN = re.compile(r"(?:ngay )?(\d{1,2}) thang (\d{1,2}),? nam (\d{4})")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[t ].*)?")
_DAY = re.compile(r"(?:ngay )?(\d{1,2})[/\-. ]+(\d{1,2})[/\-. ]+(\d{4}|\d{2})")
_MONTH = re.compile(r"(?:thang |t)?(\d{1,2})[/\-. ](?:nam )?(\d{4})|thang (\d{1,2}),? nam (\d{4})")
_QUARTER = re.compile(r"(?:quy |q)(iv|i{1,3}|[1-4])[/\-. ]*(?:nam )?(\d{4})")
_YEAR = re.compile(r"(?:nam )?(\d{4})")
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}


class Period(NamedTuple):
    """
    Days from ``first`` to the day before ``after``.

    Attributes
    ----------
    precision
        ``day``, ``month``, ``quarter`` or ``year``.
    """

    first: date
    after: date
    precision: str


def period(text: str, *, month_first: bool = False) -> Period | None:
    """
    What a text says of time.

    Parameters
    ----------
    text
        "05/6/2025", "5-6-25", "ngày 5 tháng 6 năm 2025", "tháng 6/2025", "Quý II/2025", "năm 2025", ISO.
    month_first
        Whether "05/6/2025" is 6 May; days come first unless said.

    Returns
    -------
    period
        None where no time can be read. Two-digit years are 1969 to 2068.
    """
    folded = fold(text)
    try:
        return _read(folded, month_first=month_first)
    except (ValueError, OverflowError):
        return None


def serial(number: str) -> date | None:
    """A day as Excel counts it (45,838 is 30 June 2025); None outside 1940–2099."""
    try:
        days = int(float(number))
    except (ValueError, OverflowError):
        return None
    return _FIRST + timedelta(days=days) if days in _SERIALS else None


def _read(folded: str, *, month_first: bool) -> Period | None:
    if found := _ISO.fullmatch(folded):
        return _day(*(int(part) for part in found.groups()))
    if found := _SPOKEN.fullmatch(folded):
        return _day(int(found[3]), int(found[2]), int(found[1]))
    if found := _DAY.fullmatch(folded):
        first, second = int(found[1]), int(found[2])
        day, month = (second, first) if month_first else (first, second)
        return _day(_full_year(found[3]), month, day)
    if found := _QUARTER.fullmatch(folded):
        quarter = _ROMAN.get(found[1]) or int(found[1])
        return _months(int(found[2]), 3 * quarter - 2, 3, "quarter")
    if found := _MONTH.fullmatch(folded):
        return _months(int(found[2] or found[4]), int(found[1] or found[3]), 1, "month")
    if (found := _YEAR.fullmatch(folded)) and 1900 <= int(found[1]) < 2100:
        return _months(int(found[1]), 1, 12, "year")
    return None


def _full_year(written: str) -> int:
    year = int(written)
    return year if len(written) == 4 else year + (2000 if year < 69 else 1900)


def _day(year: int, month: int, day: int) -> Period:
    first = date(year, month, day)
    return Period(first, first + timedelta(days=1), "day")


def _months(year: int, month: int, count: int, precision: str) -> Period:
    after = year * 12 + month - 1 + count
    return Period(date(year, month, 1), date(after // 12, after % 12 + 1, 1), precision)
