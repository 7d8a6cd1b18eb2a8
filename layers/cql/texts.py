"""Comparing without case and without accents, in the database, alike on both sides."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, func, literal_column

_MARKS = "[\u0300-\u036f]+"


def folded_case(text: ColumnElement[Any]) -> ColumnElement[Any]:
    """CASEI: small letters."""
    return func.lower(text)


def unaccented(text: ColumnElement[Any]) -> ColumnElement[Any]:
    """ACCENTI: without tone and vowel marks and without the stroke of đ."""
    apart = func.normalize(text, literal_column("NFD"))  # a keyword, which cannot be bound
    return func.translate(func.regexp_replace(apart, _MARKS, "", "g"), "đĐ", "dD")
