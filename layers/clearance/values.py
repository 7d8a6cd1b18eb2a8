"""Values of records as people and JSON give them, made what their columns hold."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Date, Float, Numeric, Table

from gis.errors import BadInput
from gis.text import nfc
from layers.editing import ValueNotOfType
from layers.layer import Code, about

TEXT_LETTERS = 2_000
#: Written by the database or by the verb itself.
OWN = (
    *("id", "key", "case_key", "recorded_by", "recorded_at", "submission_id", "import_run_id"),
    *("illustrative", "search_folded", "valid_from", "valid_to", "revision", "geom", "geom_tile"),
)


class RecordColumnUnknown(BadInput):
    """A column that the records do not have, or that nobody writes. Facts: table, column, known."""


class RecordColumnMissing(BadInput):
    """A record without what it must say. Facts: table, column."""


Codes = Mapping[str, tuple[Code, ...]]


def typed(
    table: Table, given: Mapping[str, Any], codes: Codes, *, hidden: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """
    Values by column, each of its column's type.

    Parameters
    ----------
    codes
        Values that a column may hold, where its table does not say so itself.
    hidden
        Further columns that are not written by hand.

    Raises
    ------
    RecordColumnUnknown, ValueNotOfType
    """
    columns = {c.name: c for c in table.c if c.name not in (*OWN, *hidden) and c.computed is None}
    found: dict[str, Any] = {}
    for name, value in given.items():
        if name not in columns:
            raise RecordColumnUnknown(table=table.name, column=name[:80], known=", ".join(columns))
        found[name] = _value(columns[name], value, codes.get(name, ()))
    return found


def complete(table: Table, values: Mapping[str, Any], *, hidden: frozenset[str] = frozenset()) -> None:
    """
    Refuse a new record that lacks what it must say.

    Raises
    ------
    RecordColumnMissing
    """
    for c in table.c:
        needed = not c.nullable and c.server_default is None and c.identity is None
        if needed and c.name not in (*OWN, *hidden) and values.get(c.name) is None:
            raise RecordColumnMissing(table=table.name, column=c.name)


def _value(column: Column[Any], value: Any, codes: tuple[Code, ...]) -> Any:
    told = about(column)
    known = [code.value for code in codes or (told.codes if told else ())]
    if value is None or value == "":
        if column.nullable or column.server_default is not None:
            return None
        raise ValueNotOfType(column=column.name, value="", wanted=_wanted(column, known))
    made = _made(column, value)
    if made is None or (known and made not in known):
        raise ValueNotOfType(column=column.name, value=str(value)[:80], wanted=_wanted(column, known))
    return made


def _made(column: Column[Any], value: Any) -> Any:
    """The value in the column's type; None where it cannot be."""
    match column.type:
        case Boolean():
            return value if isinstance(value, bool) else None
        case BigInteger():
            return (
                value
                if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**62
                else None
            )
        case Float():
            right = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
            return float(value) if right else None
        case Numeric():
            return _decimal(value)
        case Date():
            return _date(value)
        case _:
            text = nfc(value).strip() if isinstance(value, str) else ""
            return text if 0 < len(text) <= TEXT_LETTERS and "\x00" not in text else None


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        made = Decimal(str(value))
    except InvalidOperation:
        return None
    return made if made.is_finite() and abs(made) < 10**10 else None


def _date(value: Any) -> date | None:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _wanted(column: Column[Any], known: list[str]) -> str:
    """What a column takes, as short as an example."""
    if known:
        return " | ".join(known)
    match column.type:
        case Boolean():
            return "true | false"
        case BigInteger():
            return "1000"
        case Float() | Numeric():
            return "1234.5"
        case Date():
            return "2026-01-31"
        case _:
            return f"1–{TEXT_LETTERS} Unicode"
