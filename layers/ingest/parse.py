"""
Columns as received become columns as stored: text, numbers, dates, yes and no, codes.

Whole columns at a time; a value that cannot be read is a fault of its row, never a guess.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any, cast

from gis.arrays import Bools
from gis.text import fold, nfc
from layers.ingest.arrow import Array, ArrowType, pa, pc
from layers.ingest.mapping import Mapping
from layers.ingest.targets import Field

YES = {"co", "yes", "true", "t", "y", "1", "x", "dung"}
NO = {"khong", "no", "false", "f", "n", "0", "sai"}
_NEVER_STORED = re.compile("[\0\ud800-\udfff]")
_SPLIT = re.compile(r"\s*[;,\n]\s*")


@dataclass(frozen=True)
class Parsed:
    """
    A column that can be stored.

    Attributes
    ----------
    values
        Shape (n,): string, float64, int32, bool, date32 or list of strings, by the field's kind; null where
        missing or not read.
    faults
        Code → shape (n,) mask of the rows whose value could not be read.
    """

    values: Array
    faults: dict[str, Bools] = field(default_factory=dict[str, Bools])


def text(column: Array) -> Array:
    """Any column as text: NFC, trimmed, null where nothing is left."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if pa.types.is_floating(column.type):
        column = _whole(column)
    if not pa.types.is_string(column.type):
        column = _as_text(column)
    column = pc.utf8_trim_whitespace(pc.utf8_normalize(column, form="NFC"))
    column = pc.replace_substring(column, "\0", "")  # PostgreSQL text cannot hold it
    column = pc.replace_substring_regex(column, "\r\n?", "\n")  # as XML and CSV read them too
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)


def parse(column: Array, into: Field, mapping: Mapping, heading: str = "") -> Parsed:
    """
    Read one column.

    Parameters
    ----------
    column
        Shape (n,), as the file gave it, of any type.
    into
        The column it goes to.
    mapping
        How numbers and dates are written.
    heading
        The file's heading: ``(%)`` in it says that ratios come as per cent.
    """
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if into.kind in ("number", "integer"):
        return _numbers(column, into, mapping, heading)
    if pa.types.is_boolean(column.type) and into.kind == "boolean":
        return Parsed(column)
    if into.kind == "date" and pa.types.is_temporal(column.type):
        return Parsed(column.cast(pa.date32(), safe=False))
    if into.kind == "list" and pa.types.is_list(column.type):
        column = pa.array([None if v is None else json.dumps(v) for v in column.to_pylist()], pa.string())
    written = text(column)
    if into.kind == "text":
        return _codes(written, into) if into.codes else Parsed(written)
    if into.kind == "boolean":
        return _each(written, _boolean, pa.bool_(), "boolean_unparsable")
    if into.kind == "date":
        return _each(written, partial(_date, mapping=mapping), pa.date32(), "date_unparsable")
    return _each(written, partial(_list, into=into), pa.list_(pa.string()), "code_unknown")


def mask(array: Any) -> Bools:
    """A boolean Arrow array as numpy, null read as no."""
    return cast(Bools, pc.fill_null(array, False).to_numpy(zero_copy_only=False))


def _as_text(column: Array) -> Array:
    try:
        return column.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.array([None if v is None else str(v) for v in column.to_pylist()], pa.string())


def _whole(column: Array) -> Array:
    """Floats that are all whole as integers: a code must not end in ``.0``."""
    column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    whole = pc.all(pc.equal(pc.floor(column), column)).as_py()
    return column.cast(pa.int64()) if whole else column


def _numbers(column: Array, into: Field, mapping: Mapping, heading: str) -> Parsed:
    faults: dict[str, Bools] = {}
    percent = pa.scalar(into.unit == "ratio" and "%" in heading)
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        values = column.cast(pa.float64())
        values = pc.if_else(pc.is_finite(values), values, pa.scalar(None, pa.float64()))
    else:
        written = text(column)
        if into.unit == "ratio":
            marked = pc.ends_with(written, "%")
            percent = pc.or_(percent, pc.fill_null(marked, False))
            written = pc.utf8_rtrim(written, "% ")
        sound = pc.fill_null(pc.match_substring_regex(written, _number_pattern(mapping)), False)
        plain = pc.replace_substring(written, mapping.thousands, "") if mapping.thousands else written
        plain = pc.replace_substring(plain, mapping.decimal, ".")
        values = pc.if_else(sound, plain, pa.scalar(None, pa.string())).cast(pa.float64())
        sound = pc.and_(sound, pc.fill_null(pc.is_finite(values), False))  # 1e400 is no number that is kept
        values = pc.if_else(sound, values, pa.scalar(None, pa.float64()))
        _fault(faults, "number_unparsable", pc.and_(pc.is_valid(written), pc.invert(sound)))
    values = pc.if_else(percent, pc.divide(values, 100.0), values)
    if into.kind == "number":
        return Parsed(values, faults)
    whole = pc.and_(pc.equal(pc.floor(values), values), pc.less(pc.abs(values), 2.0**31))
    _fault(faults, "whole_number_needed", pc.and_(pc.is_valid(values), pc.invert(pc.fill_null(whole, False))))
    kept = pc.if_else(pc.fill_null(whole, False), values, pa.scalar(None, pa.float64()))
    return Parsed(kept.cast(pa.int32()), faults)


def _number_pattern(mapping: Mapping) -> str:
    decimal, thousands = re.escape(mapping.decimal), re.escape(mapping.thousands)
    grouped = rf"|\d{{1,3}}({thousands}\d{{3}})+" if mapping.thousands else ""
    return rf"^[+-]?(\d+{grouped})({decimal}\d*)?([eE][+-]?\d+)?$|^[+-]?{decimal}\d+$"


def _codes(written: Array, into: Field) -> Parsed:
    """A code is recognised by itself or by its words in either language."""
    known: dict[str, str] = {}
    for code in reversed(into.codes):
        known.update(dict.fromkeys((fold(code.title.vi), fold(code.title.en), fold(code.value)), code.value))

    def meaning(value: str) -> str | None:
        return known.get(fold(value))

    return _each(written, meaning, pa.string(), "code_unknown")


def _each(written: Array, read: Callable[[str], Any], kind: ArrowType, fault: str) -> Parsed:
    """Read each different value once; what reads as None is a fault."""
    coded = written.dictionary_encode()
    meanings = [read(value) for value in coded.dictionary.to_pylist()]
    values = pa.array(meanings, kind).take(coded.indices)
    faults: dict[str, Bools] = {}
    _fault(faults, fault, pc.and_(pc.is_valid(written), pc.is_null(values)))
    return Parsed(values, faults)


def _fault(faults: dict[str, Bools], code: str, where: Any) -> None:
    rows = mask(where)
    if rows.any():
        faults[code] = rows


def _boolean(value: str) -> bool | None:
    folded = fold(value)
    return True if folded in YES else False if folded in NO else None


def _date(value: str, mapping: Mapping) -> date | None:
    formats = ["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d"]
    formats += ["%m/%d/%Y"] if mapping.date_format == "mm/dd/yyyy" else ["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"]
    for written in (value, value[:10]):
        for form in formats:
            try:
                return datetime.strptime(written, form).date()  # noqa: DTZ007 - a day has no time zone
            except ValueError:
                continue
    return None


def unquoted(column: Array) -> Array:
    """Cells of a CSV without the apostrophe that keeps a spreadsheet from running them."""
    if not pa.types.is_string(column.type):
        return column
    return pc.replace_substring_regex(column, r"^'('*[=+\-@\t\r])", r"\1")


def _listed(value: str) -> list[str] | None:
    """A list that is written as JSON, as our own exports write what commas cannot part."""
    if not value.startswith("["):
        return None
    try:
        said = json.loads(value)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, list) or not all(isinstance(one, str) for one in said):
        return None
    if _NEVER_STORED.search(value) or _NEVER_STORED.search("".join(said)):
        return None
    return [nfc(one) for one in cast("list[str]", said)]


def _list(value: str, into: Field) -> list[str] | None:
    listed = _listed(value)
    parts = listed if listed is not None else [part for part in _SPLIT.split(value) if part]
    if not into.codes:
        return parts
    words = {fold(w): c.value for c in into.codes for w in (c.title.vi, c.title.en, c.value)}
    meant = [words.get(fold(part)) for part in parts]
    return None if None in meant else cast("list[str]", meant)
