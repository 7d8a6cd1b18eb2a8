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
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from psycopg import errors as postgres
from sqlalchemy import Connection, exists, func, insert, select, text, update
from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from gis.arrays import Ints
from layers import supply
from layers.catalogue.zones import TABLE as ZONES
from layers.dates import as_date
from layers.db.statistics import analyze
from layers.ingest import errors
from layers.ingest.arrow import pa
from layers.ingest.bulk import indexes_after
from layers.ingest.guard import read
from layers.ingest.merge import Merged, Staging
from layers.ingest.notes import FILE, Notes
from layers.ingest.prepare import Request, Work, waves
from layers.ingest.shapes import Prepared, Shapes, note_geometry
from layers.ingest.targets import Target, target
from layers.records.data_versions import bump
from layers.records.imports import NOTES, RUNS

#: Rows per part: while the database takes one, the next is checked.
PART = 16_384

#: Rows from which on the planner is told before supply is computed.
WORTH_ANALYSING = 1_000

Progress = Callable[[str, int, int], None]


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
    work = Work.of(received, into, request)
    run_id = _open_run(db, into, request, sha256, key, actor_name, work.shapes)
    try:
        _merge(db, work, run_id, tell)
    except (IntegrityError, DataError, OperationalError, postgres.IntegrityError) as error:
        cause = getattr(error, "orig", error)
        if isinstance(error, OperationalError) and not isinstance(cause, postgres.ProgramLimitExceeded):
            raise  # of the database, not of the rows
        diag = getattr(cause, "diag", None)
        raise errors.RowsContradict(
            file=request.path.name,
            constraint=getattr(diag, "constraint_name", None) or "-",
            reason=getattr(diag, "message_primary", None) or str(cause),
        ) from error
    _close_run(db, work, run_id)
    tell("derive", 0, 0)
    bump(db, [into.id])
    if into.touched is not None and db.execute(select(exists(select(ZONES.c.id)))).scalar_one():
        if received.rows.num_rows >= WORTH_ANALYSING:
            analyze(db, [into.table.name])
        if zones := into.touched(db, run_id):
            supply.refresh(db, zones)
    return run_id, False


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
        valid_from=request.valid_from or (as_date(said.valid_from) if said.valid_from else None),
        valid_to=request.valid_to or (as_date(said.valid_to) if said.valid_to else None),
    )


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


def _merge(db: Connection, work: Work, run_id: int, tell: Progress) -> None:
    """Bring the rows in part by part; while the database takes one, the next is checked."""
    n, done = len(work.notes.refused), 0
    source = work.request.path.name
    apart = waves(work)
    staging = Staging(db, work.into, work.filled, run_id, source, versions_apart=len(apart) == 1)
    with indexes_after(db, work.into.table, n - int(work.notes.refused.sum())):
        for rows, prepared in _ahead(work, apart):
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


def _ahead(work: Work, apart: list[Ints]) -> Iterator[tuple[Ints, Prepared | None]]:
    """Parts of the rows with their geometries checked, one or two parts ahead of who takes them."""
    parts = [wave[at : at + PART] for wave in apart for at in range(0, len(wave), PART)]
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


def _note_merged(work: Work, merged: Merged) -> None:
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


def _close_run(db: Connection, work: Work, run_id: int) -> None:
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
