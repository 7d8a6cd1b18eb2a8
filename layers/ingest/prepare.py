"""A file meets its target: typed columns, dates, keys and geometries, with what is refused on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely

from gis import crs
from gis.arrays import Bools, Ints, Texts
from gis.text import fold_all
from layers.dates import today
from layers.firm_matching import Doubt, Matched
from layers.ingest.arrow import Array, Rows, pa, pc
from layers.ingest.columns import DATES, Sourced, coordinates, meet
from layers.ingest.errors import UnitDiffers
from layers.ingest.guard import Received
from layers.ingest.mapping import Mapping
from layers.ingest.notes import Notes
from layers.ingest.parse import parse
from layers.ingest.parse import text as as_text
from layers.ingest.request import Request
from layers.ingest.shapes import Shapes, shapes
from layers.ingest.sheets import scale, unit
from layers.ingest.targets import Field, Target

LONGEST_KEY = 200
"""Letters of a code: as many as a question by code may have, and no index refuses them."""


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
    matched: Matched | None = None

    @property
    def source(self) -> str:
        """What stands as the source of a row that names none."""
        return self.request.path.name if self.request.plan is None else self.request.plan.file.name

    @property
    def crs(self) -> str | None:
        """How the numbers of the file became longitude and latitude."""
        return None if self.shapes is None else str(self.shapes.reading)

    def doubts(self) -> list[Doubt]:
        """Which rows that are loaded may be a stored firm that they were not taken for."""
        if self.matched is None:
            return []
        return [doubt for doubt in self.matched.doubts if doubt.row < 0 or not self.notes.refused[doubt.row]]

    @classmethod
    def of(
        cls,
        received: Received,
        into: Target,
        request: Request,
        match: Callable[[Rows], Matched] | None = None,
    ) -> Work:
        """
        Meet the target.

        Parameters
        ----------
        match
            Says which stored firm each row is, for targets whose rows need bring no code.
        """
        file, notes = request.path.name, Notes(received.rows.num_rows)
        mapping = _as_written(request.mapping, received)
        for row, code, facts in received.faults:
            lost = received.wkb is not None and not received.wkb[row].is_valid and into.geometry_required
            (notes.refuse if lost else notes.note)(_only(row, notes), code, lambda _row, told=facts: told)
        xy = coordinates(received, mapping) if received.wkb is None else None
        if xy is not None:
            mapping = replace(mapping, x=xy[0], y=xy[1])
        shaped = shapes(received, into, xy, request.crs, notes, file, mapping)
        if shaped is None:
            mapping = replace(mapping, x=request.mapping.x, y=request.mapping.y)
        sourced = meet(received, into, mapping, notes, file)
        columns = _parsed(sourced, into, mapping, notes)
        matched = match(_firms(columns, shaped)) if match is not None and into.matched else None
        if matched is not None:
            columns["key"] = pa.array(matched.keys, pa.string())
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
        return cls(into, request, received, columns, filled, shaped, notes, keys, sourced.headings, matched)


def _as_written(mapping: Mapping, received: Received) -> Mapping:
    """The numbers of a sheet are told with its own decimal sign, unless somebody says which."""
    if received.table is None or (mapping.decimal, mapping.thousands) != (".", ""):
        return mapping
    numbers = received.table.numbers
    return replace(mapping, decimal=numbers.decimal, thousands=numbers.thousands)


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
        columns[name] = _scaled(parsed.values, told, heading, name, notes)
        required = told.required or name == "valid_from"
        if required and parsed.values.null_count:
            missing = np.asarray(parsed.values.is_null())
            notes.refuse(missing, "value_missing", lambda _row, h=heading, n=name: {"column": h, "into": n})
    return columns


def _only(row: int, notes: Notes) -> Bools:
    mask: Bools = np.zeros(len(notes.refused), dtype=bool)
    mask[row] = True
    return mask


def _firms(columns: dict[str, Array], shaped: Shapes | None) -> Rows:
    """What the rows say of a firm, for `layers.same_firm.match`."""
    told = {name: columns[name] for name in ("key", "tax_code", "name", "address") if name in columns}
    if shaped is not None:
        with np.errstate(all="ignore"):
            places = crs.to_lonlat(shaped.geoms, shaped.reading)
        on = shapely.get_type_id(places) == shapely.GeometryType.POINT
        xy = np.full((len(places), 2), np.nan)
        xy[on] = np.column_stack([shapely.get_x(places[on]), shapely.get_y(places[on])])
        xy[~np.isfinite(xy).all(axis=1)] = np.nan
        told |= {"lon": pa.array(xy[:, 0], from_pandas=True), "lat": pa.array(xy[:, 1], from_pandas=True)}
    return pa.table(told)


def _scaled(values: Array, told: Field, heading: str, name: str, notes: Notes) -> Array:
    """
    Numbers in the unit of the column, where the heading states another.

    Raises
    ------
    UnitDiffers
        Where the heading's unit measures something else.
    """
    if told.kind not in ("number", "integer") or told.unit == "ratio":  # a ratio is read by its per cent sign
        return values
    stated = unit(heading)
    factor = scale(stated, told.unit)
    if factor is None:
        raise UnitDiffers(heading=heading, column=name, stated=stated, wanted=told.unit)
    if factor == 1.0 or not pa.types.is_floating(values.type):
        return values
    notes.of_file("unit_scaled", column=heading, stated=stated, wanted=told.unit)
    # Divided rather than multiplied, so that 12,345 m² is 1.2345 ha and nothing beside it.
    return pc.divide(values, 1 / factor) if factor < 1 else pc.multiply(values, factor)


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
