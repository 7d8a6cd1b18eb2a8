"""The date in Vietnam, and dates as people write them."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from gis.errors import BadInput

COUNTRY_TIME = ZoneInfo("Asia/Ho_Chi_Minh")
FORMS = ("%Y-%m-%d", "%d/%m/%Y")


class DateInvalid(BadInput):
    """A text that is no date. Facts: value."""


def today() -> date:
    """The date in Vietnam."""
    return datetime.now(COUNTRY_TIME).date()


def as_date(text: str) -> date:
    """
    A day written as 2025-07-01 or 01/07/2025.

    Raises
    ------
    DateInvalid
    """
    for form in FORMS:
        try:
            return datetime.strptime(text.strip(), form).date()  # noqa: DTZ007 (a day has no time zone)
        except ValueError:
            continue
    raise DateInvalid(value=text[:80])
