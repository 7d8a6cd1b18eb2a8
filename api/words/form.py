"""Numbers and dates as each language writes them: 1.234,5 and 30/09/2025, or 1,234.5 and 30 Sep 2025."""

from __future__ import annotations

from datetime import date

from api.words import Lang


def number(value: float, lang: Lang, digits: int = 2) -> str:
    """
    A number rounded to at most ``digits`` decimals, trailing zeros dropped, thousands grouped.

    A value that would round to 0 without being 0 keeps its first significant digit.
    """
    while value and round(value, digits) == 0 and digits < 6:
        digits += 1
    text = f"{value:,.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.translate(str.maketrans(",.", ".,")) if lang == "vi" else text


def day(value: date, lang: Lang) -> str:
    """A date as offices write it."""
    return f"{value:%d/%m/%Y}" if lang == "vi" else f"{value.day} {value:%b %Y}"
