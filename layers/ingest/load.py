"""
One import, from file to table, within the caller's transaction.

Nothing is half loaded: what is wrong with the file as a whole is raised, what is wrong with single rows is
kept with the run, and the counts add up to the rows read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from psycopg import errors as postgres
from sqlalchemy import Connection, func, insert, select, text, update
from sqlalchemy.exc import DataError, IntegrityError

from gis.arrays import Ints, Texts
from gis.text import fold_all
from layers import supply
from layers.ingest import errors
from layers.ingest.arrow import Array, pa, pc
from layers.ingest.bulk import indexes_after
from layers.ingest.columns import DATES, Sourced, coordinates, meet
from layers.ingest.guard import Limits, Received, read
from layers.ingest.mapping import Mapping
from layers.ingest.merge import Merged, Staging
from layers.ingest.notes import FILE, Notes
from layers.ingest.parse import parse
from layers.ingest.parse import text as as_text
from layers.ingest.shapes import Prepared, Shapes, note_geometry, shapes
from layers.ingest.targets import Target, target
from layers.records.data_versions import bump
from layers.records.imports import NOTES, RUNS

#: Rows per part: while the database takes one, the next is checked.
PART = 16_384

Progress = Callable[[str, int, int], None]


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


def load(
    db: Connection, actor_name: str, request: Request, progress: Progress | None = None
) -> tuple[int, bool]:
    """
    Import one file.

    Parameters
    ----------
    db
        In a transaction of the caller's; never committed here.
    progress
        Told the step, and how many of how many rows are done.

    Returns
    -------
    run_id, repeated
        The record of the run; ``repeated`` when this very import was done before and nothing was done now.

    Raises
    ------
    DidoiError
        Those of `guard.read`, `columns.meet` and `shapes.shapes`, and `RowsContradict`.
    """
    tell = progress or _tell_nobody
    into = target(request.target)
    request = _with_mapping(request)
    tell("read", 0, 0)
    if not request.path.is_file():
        raise errors.FileMissing(file=str(request.path))
    with request.path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    key = _idempotency_key(sha256, request)
    db.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"didoi import {into.id}"))))
    done = db.execute(select(RUNS.c.id).where(RUNS.c.idempotency_key == key)).scalar()
    if done is not None:
        return done, True
    received = read(request.path, request.layer_in_file, request.encoding, request.limits)
    if received.rows.num_rows == 0:
        raise errors.FileEmpty(file=request.path.name, layer_in_file=received.layer_in_file)
    tell("check", 0, received.rows.num_rows)
    work = _Work.of(received, into, request)
    run_id = _open_run(db, into, request, sha256, key, actor_name, work.shapes)
    try:
        _merge(db, work, run_id, tell)
    except (IntegrityError, DataError, postgres.IntegrityError) as error:
        cause = getattr(error, "orig", error)
        diag = getattr(cause, "diag", None)
        raise errors.RowsContradict(
            file=request.path.name,
            constraint=getattr(diag, "constraint_name", None) or "-",
            reason=getattr(diag, "message_primary", None) or str(cause),
        ) from error
    _close_run(db, work, run_id)
    tell("derive", 0, 0)
    bump(db, [into.id])
    if into.touched is not None and (zones := into.touched(db, run_id)):
        supply.refresh(db, zones)
    return run_id, False


@dataclass(frozen=True)
class _Work:
    """A file that has met its target: typed columns, geometries, keys, and what is noted so far."""

    into: Target
    request: Request
    received: Received
    columns: dict[str, Array]
    filled: list[str]
    shapes: Shapes | None
    notes: Notes
    keys: Texts

    @classmethod
    def of(cls, received: Received, into: Target, request: Request) -> _Work:
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
        _refuse_duplicates(columns, keys, into, notes)
        return cls(into, request, received, columns, filled, shaped, notes, keys)


def _tell_nobody(_step: str, _done: int, _all: int) -> None:
    """Where nobody watches."""


def _with_mapping(request: Request) -> Request:
    said = request.mapping
    if said.layer is not None and said.layer != request.target:
        raise errors.MappingInvalid(mapping=said.layer, reason=f"layer: {said.layer} ≠ {request.target}")
    return replace(
        request,
        crs=request.crs or said.crs,
        layer_in_file=request.layer_in_file or said.layer_in_file,
        encoding=request.encoding or said.encoding,
        valid_from=request.valid_from or as_date(said.valid_from),
        valid_to=request.valid_to or as_date(said.valid_to),
    )


def as_date(value: str | None) -> date | None:
    """
    A day as an option or a mapping writes it.

    Raises
    ------
    DateInvalid
    """
    if value is None:
        return None
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(value, form).date()  # noqa: DTZ007 - a day has no time zone
        except ValueError:
            continue
    raise errors.DateInvalid(value=value)


def _idempotency_key(sha256: str, request: Request) -> str:
    options = {
        "target": request.target,
        "crs": request.crs,
        "mapping": asdict(request.mapping),
        "layer_in_file": request.layer_in_file,
        "encoding": request.encoding,
        "valid_from": str(request.valid_from),
        "valid_to": str(request.valid_to),
    }
    return hashlib.sha256(f"{sha256} {json.dumps(options, sort_keys=True)}".encode()).hexdigest()


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
            start = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date()
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


def _merge(db: Connection, work: _Work, run_id: int, tell: Progress) -> None:
    """Bring the rows in part by part; while the database takes one, the next is checked."""
    n, done = len(work.notes.refused), 0
    source = work.request.path.name
    waves = _waves(work)
    staging = Staging(db, work.into, work.filled, run_id, source, versions_apart=len(waves) == 1)
    with indexes_after(db, work.into.table, n - int(work.notes.refused.sum())):
        for rows, prepared in _ahead(work, waves):
            if prepared is not None:
                note_geometry(work.notes, rows, prepared, work.into.geometry_required)
                kept = rows[prepared.kept]
            else:
                kept = rows
            staged = {name: column.take(pa.array(kept)) for name, column in work.columns.items()}
            staged["row_number"] = pa.array(kept.astype(np.int32))
            if prepared is not None:
                assert work.into.geometry is not None
                staged[work.into.geometry] = prepared.ewkb
            _note_merged(work, staging.merge(staged))
            done += len(rows)
            tell("load", done, n)
        tell("index", n, n)
    staging.close()


def _ahead(work: _Work, waves: list[Ints]) -> Iterator[tuple[Ints, Prepared | None]]:
    """Parts of the rows with their geometries checked, one or two parts ahead of who takes them."""
    parts = [wave[at : at + PART] for wave in waves for at in range(0, len(wave), PART)]
    if work.shapes is None:
        yield from ((rows, None) for rows in parts)
        return
    with ThreadPoolExecutor(1) as thread:
        waiting: list[tuple[Ints, Future[Prepared]]] = []
        for rows in parts:
            waiting.append((rows, thread.submit(work.shapes.prepare, rows)))
            if len(waiting) > 2:
                ready, future = waiting.pop(0)
                yield ready, future.result()
        for ready, future in waiting:
            yield ready, future.result()


def _waves(work: _Work) -> list[Ints]:
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


def _note_merged(work: _Work, merged: Merged) -> None:
    notes, n = work.notes, len(work.notes.refused)

    def spread(rows: Any) -> Any:
        mask = np.zeros(n, dtype=bool)
        mask[list(rows)] = True
        return mask

    notes.refuse(spread(merged.checks), "check_failed", lambda row: {"check": ", ".join(merged.checks[row])})
    for code in sorted({facts["code"] for facts in merged.refused.values()}):
        rows = [row for row, facts in merged.refused.items() if facts["code"] == code]
        notes.refuse(
            spread(rows), code, lambda row: {k: v for k, v in merged.refused[row].items() if k != "code"}
        )
    notes.note(spread(merged.corrected), "corrected", lambda row: {"before": _brief(merged.corrected[row])})
    if merged.unchanged:
        notes.of_file("unchanged", count=merged.unchanged)
    if merged.closed:
        notes.of_file("closed", count=merged.closed)


def _brief(values: dict[str, Any]) -> str:
    return ", ".join(f"{name}: {'–' if value is None else value}" for name, value in values.items()) or "geom"


def _open_run(
    db: Connection, into: Target, request: Request, sha256: str, key: str, actor: str, shaped: Shapes | None
) -> int:
    said = {k: v for k, v in asdict(request.mapping).items() if v}
    row = insert(RUNS).values(
        layer_id=into.id,
        file_name=request.path.name,
        file_sha256=sha256,
        idempotency_key=key,
        crs=f"EPSG:{shaped.srid}" if shaped is not None else None,
        mapping=said,
        actor=actor,
        started_at=func.clock_timestamp(),
    )
    return db.execute(row.returning(RUNS.c.id)).scalar_one()


def _close_run(db: Connection, work: _Work, run_id: int) -> None:
    """Write the notes, with what was received of refused rows, and the counts."""
    notes = work.notes
    kept: list[dict[str, Any]] = []
    for code, facts, count in _merged_file_notes(notes):
        kept.append(_note(run_id, FILE, None, code, {**facts, **count}, refused=False, received=None))
    refused = sorted({row for row, _, _, is_refused in notes.rows if is_refused})
    received = dict(
        zip(refused, work.received.rows.take(pa.array(refused, pa.int64())).to_pylist(), strict=True)
    )
    for row, code, facts, is_refused in sorted(notes.rows, key=lambda item: item[0]):
        told = _as_json(received[row]) if is_refused else None
        kept.append(_note(run_id, row + 1, work.keys[row], code, facts, refused=is_refused, received=told))
    if kept:
        db.execute(insert(NOTES), kept)
    loaded, noted, refused_count = notes.counts()
    db.execute(
        update(RUNS)
        .where(RUNS.c.id == run_id)
        .values(
            read_count=len(notes.refused),
            loaded_count=loaded,
            noted_count=noted,
            refused_count=refused_count,
            finished_at=text("clock_timestamp()"),
        )
    )


def _merged_file_notes(notes: Notes) -> Iterator[tuple[str, dict[str, Any], dict[str, int]]]:
    """Counts that were told part by part are added up."""
    sums: dict[str, int] = {}
    for code, facts in notes.file:
        if set(facts) == {"count"}:
            sums[code] = sums.get(code, 0) + facts["count"]
        else:
            yield code, facts, {}
    for code, count in sums.items():
        yield code, {}, {"count": count}


def _note(
    run_id: int, row: int, key: str | None, code: str, facts: Any, *, refused: bool, received: Any
) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "row_number": row,
        "key": key,
        "refused": refused,
        "code": code,
        "facts": facts,
        "received": received,
    }


def _as_json(row: dict[str, Any]) -> dict[str, Any]:
    plain = (bool, int, float, str, type(None))
    return {name: value if isinstance(value, plain) else str(value) for name, value in row.items()}
