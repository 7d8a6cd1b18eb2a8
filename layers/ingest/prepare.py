"""A file meets its target: typed columns, dates, keys and geometries, with what is refused on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gis.arrays import Ints, Texts
from gis.text import fold_all
from layers.dates import today
from layers.ingest.arrow import Array, pa, pc
from layers.ingest.columns import DATES, Sourced, coordinates, meet
from layers.ingest.guard import Limits, Received
from layers.ingest.mapping import Mapping
from layers.ingest.notes import Notes
from layers.ingest.parse import parse
from layers.ingest.parse import text as as_text
from layers.ingest.shapes import Shapes, shapes
from layers.ingest.targets import Target

if TYPE_CHECKING:
    from layers.ingest.plan import Plan

LONGEST_KEY = 200
"""Letters of a code: as many as a question by code may have, and no index refuses them."""


@dataclass(frozen=True)
class Request:
    """
    What to import.

    Attributes
    ----------
    target
        Layer or record table.
    path
        The file.
    crs
        Its system, where it says none or a wrong one: ``EPSG:9210``.
    mapping
        How to read it.
    layer_in_file, encoding
        Where the file holds several layers; how its text is encoded.
    valid_from, valid_to
        For all rows, where no heading holds the dates; by default from today on.
    plan
        What all this was taken from, where it was.
    """

    target: str
    path: Path
    crs: str | None = None
    mapping: Mapping = field(default_factory=Mapping)
    layer_in_file: str | None = None
    encoding: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    limits: Limits = field(default_factory=Limits)
    plan: Plan | None = None


@dataclass(frozen=True)
class Work:
    """
    A file that has met its target: typed columns, geometries, keys, and what is noted so far.

    ``sourced`` is column to heading, where a heading fills it.
    """

    into: Target
    request: Request
    received: Received
    columns: dict[str, Array]
    filled: list[str]
    shapes: Shapes | None
    notes: Notes
    keys: Texts
    sourced: dict[str, str]

    @property
    def source(self) -> str:
        """What stands as the source of a row that names none."""
        return self.request.path.name if self.request.plan is None else self.request.plan.file.name

    @property
    def crs(self) -> str | None:
        """How the numbers of the file became longitude and latitude."""
        return None if self.shapes is None else str(self.shapes.reading)

    @classmethod
    def of(cls, received: Received, into: Target, request: Request) -> Work:
        file, notes = request.path.name, Notes(received.rows.num_rows)
        mapping = request.mapping
        xy = coordinates(received, mapping) if received.wkb is None else None
        if xy is not None:
            mapping = replace(mapping, x=xy[0], y=xy[1])
        shaped = shapes(received, into, xy, request.crs, notes, file, mapping)
        if shaped is None:
            mapping = replace(mapping, x=request.mapping.x, y=request.mapping.y)
        sourced = meet(received, into, mapping, notes, file)
        columns = _parsed(sourced, into, mapping, notes)
        filled = [name for name in columns if name in into.fields and name != "key"]
        if shaped is not None:
            assert into.geometry is not None
            filled.append(into.geometry)
        if into.layer is not None:
            _date(columns, request, notes)
            columns["search_folded"] = _folded(columns, into)
        keys = _keys(columns, into)
        if into.layer is not None:
            columns["key"] = pa.array(keys, pa.string())
            length = np.asarray(pc.fill_null(pc.utf8_length(columns["key"]), 0))
            notes.refuse(length > LONGEST_KEY, "key_too_long", lambda _row: {"allowed": LONGEST_KEY})
        _refuse_duplicates(columns, keys, into, notes)
        return cls(into, request, received, columns, filled, shaped, notes, keys, sourced.headings)


def _parsed(sourced: Sourced, into: Target, mapping: Mapping, notes: Notes) -> dict[str, Array]:
    """Columns in the types of the target; rows that cannot be read or lack what is required are refused."""
    columns: dict[str, Array] = {}
    for name, column in sourced.columns.items():
        told = into.fields.get(name) or DATES[name]
        heading = sourced.headings.get(name, name)
        parsed = parse(column, told, mapping, heading)
        for code, bad in parsed.faults.items():
            facts = _received(column, heading)
            lenient = code == "code_unknown" and not told.required
            (notes.note if lenient else notes.refuse)(bad, code, facts)
        columns[name] = parsed.values
        required = told.required or name == "valid_from"
        if required and parsed.values.null_count:
            missing = np.asarray(parsed.values.is_null())
            notes.refuse(missing, "value_missing", lambda _row, h=heading, n=name: {"column": h, "into": n})
    return columns


def _received(column: Any, heading: str) -> Callable[[int], dict[str, Any]]:
    return lambda row: {"column": heading, "value": str(column[row].as_py())}


def _date(columns: dict[str, Array], request: Request, notes: Notes) -> None:
    """The range on which each row holds: its own, else the request's, else from today on."""
    n = len(notes.refused)
    if "valid_from" not in columns:
        start = request.valid_from
        if start is None:
            start = today()
        columns["valid_from"] = pa.repeat(pa.scalar(start, pa.date32()), n)
        notes.of_file("valid_from_set", value=str(start))
    if "valid_to" not in columns:
        columns["valid_to"] = pa.repeat(pa.scalar(request.valid_to, pa.date32()), n)
        if request.valid_to is not None:
            notes.of_file("valid_to_set", value=str(request.valid_to))
    reversed_ = pc.fill_null(pc.less_equal(columns["valid_to"], columns["valid_from"]), False)
    starts, ends = columns["valid_from"], columns["valid_to"]
    notes.refuse(
        np.asarray(reversed_),
        "dates_reversed",
        lambda row: {"start": str(starts[row].as_py()), "to": str(ends[row].as_py())},
    )


def _folded(columns: dict[str, Array], into: Target) -> Array:
    """The text by which each row is found, as :func:`layers.query.search_text` makes it for one."""
    assert into.layer is not None
    n = len(next(iter(columns.values())))
    parts: list[Array] = []
    for name in into.layer.search_columns():
        if name not in columns:
            continue
        column = columns[name]
        if pa.types.is_list(column.type):
            column = pc.binary_join(column, " | ")
        parts.append(column)
    if not parts:
        return pa.nulls(n, pa.string())
    rows = zip(*(part.to_pylist() for part in parts), strict=True)
    joined = (" | ".join(filter(None, row)) for row in rows)
    return pa.array([one or None for one in fold_all(joined).tolist()], pa.string())


def _keys(columns: dict[str, Array], into: Target) -> Texts:
    parts = [
        pa.scalar(part[1:-1]) if part.startswith("'") else _key_part(columns, part) for part in into.identity
    ]
    return pc.binary_join_element_wise(*parts, "").to_numpy(zero_copy_only=False)


def _key_part(columns: dict[str, Array], name: str) -> Any:
    if name not in columns:  # a record without one of its optional parts
        return pa.scalar("")
    column = columns[name]
    return column if pa.types.is_string(column.type) else as_text(column)


def _refuse_duplicates(columns: dict[str, Array], keys: Texts, into: Target, notes: Notes) -> None:
    """Of several rows with one key and one beginning the first stays; both row numbers are told."""
    alive = np.flatnonzero(~notes.refused)
    started = columns["valid_from"] if into.layer is not None else pa.repeat(0, len(keys))
    table = pa.table(
        {"key": pa.array(keys, pa.string()), "start": started, "row": pa.array(np.arange(len(keys)))}
    ).take(pa.array(alive))
    firsts = table.group_by(["key", "start"]).aggregate([("row", "min"), ("row", "count")])
    if firsts.num_rows == table.num_rows:
        return
    first = table.join(firsts, ["key", "start"]).select(["row", "row_min"]).to_pydict()
    of_row = {row: low for row, low in zip(first["row"], first["row_min"], strict=True) if row != low}
    duplicate = np.zeros(len(keys), dtype=bool)
    duplicate[list(of_row)] = True
    notes.refuse(duplicate, "duplicate_key", lambda row: {"key": keys[row], "first_row": of_row[row] + 1})


def waves(work: Work) -> list[Ints]:
    """Rows not refused yet; several versions of one key come in different waves, the earliest first."""
    rows: Ints = np.flatnonzero(~work.notes.refused)
    if work.into.layer is None:
        return [rows]
    starts = work.columns["valid_from"].cast(pa.int32()).to_numpy(zero_copy_only=False)[rows]
    if len(rows) == 0 or starts.min() == starts.max():
        return [rows]  # no key comes twice: that was refused as a duplicate
    order = np.lexsort((starts, work.keys[rows]))
    keys = work.keys[rows][order]
    place = np.zeros(len(rows), dtype=np.int64)
    for at in np.flatnonzero(keys[1:] == keys[:-1]) + 1:
        place[at] = place[at - 1] + 1
    return [np.sort(rows[order][place == wave]) for wave in range(int(place.max()) + 1)]
