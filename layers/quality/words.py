"""Messages of faults: sentences with numbers as each language writes them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from gis.text import with_known
from layers.layer import Text


def sentence(text: Text, facts: Mapping[str, Any]) -> Text:
    """A sentence with its facts filled in, in both languages; in brackets what is said where it is known."""
    known = {name for name, value in facts.items() if not _unknown(value)}
    vi = {name: _said(value, "vi") for name, value in facts.items()}
    en = {name: _said(value, "en") for name, value in facts.items()}
    return Text(
        with_known(text.vi, known).format_map(vi),
        with_known(text.en, known).format_map(en),
    )


def _unknown(value: Any) -> bool:
    return value is None or (isinstance(value, float) and not math.isfinite(value))


def _said(value: Any, lang: str) -> str:
    if value is None:
        return "–"
    if isinstance(value, Text):
        return value.vi if lang == "vi" else value.en
    if isinstance(value, float):
        return number(value, lang)
    return str(value)


def number(value: float, lang: str) -> str:
    """Three digits that count, thousands grouped: 1.234,5 in Vietnamese, 1,234.5 in English."""
    if not math.isfinite(value):
        return "–"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    text = f"{value:,.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.translate(str.maketrans(",.", ".,")) if lang == "vi" else text
