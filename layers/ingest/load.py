"""
One import, from file to table, within the caller's transaction.

Nothing is half loaded: what is wrong with the file as a whole is raised, what is wrong with single rows is
kept with the run, and the counts add up to the rows read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Connection, func, insert, select, text, update

from layers import quality, same_firm
from layers.dates import as_date
from layers.ingest import errors
from layers.ingest.arrow import pa
from layers.ingest.derive import derive
from layers.ingest.disappeared import disappeared
from layers.ingest.guard import read
from layers.ingest.notes import FILE, Notes
from layers.ingest.parts import Progress, bring
from layers.ingest.plan import PlanOfOtherFile, digest
from layers.ingest.prepare import Work
from layers.ingest.request import Request
from layers.ingest.staged import stage
from layers.ingest.targets import target
from layers.records.headings import remember
from layers.records.imports import NOTES, RUNS


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
    request = with_mapping(request)
    tell("read", 0, 0)
    if not request.path.exists():
        raise errors.FileMissing(file=str(request.path))
    file = digest(request.path)
    if request.plan is not None and file.sha256 != request.plan.file.sha256:
        raise PlanOfOtherFile(file=request.path.name, planned=request.plan.file.name)
    key = idempotency_key(file.sha256, request)
    db.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"didoi import {into.id}"))))
    done = db.execute(select(RUNS.c.id).where(RUNS.c.idempotency_key == key)).scalar()
    if done is not None:
        return done, True
    work = prepared(db, request, tell)
    run_id = _open_run(db, work, file.sha256, key, actor_name)
    bring(db, work, run_id, tell)
    same_firm.remember(db, work.doubts())
    _close_run(db, work, run_id)
    if request.plan is not None:
        headings = work.received.rows.column_names
        remember(db, into.id, headings, asdict(request.mapping), actor_name)
    tell("derive", 0, 0)
    quality.of_run(db, run_id)
    derive(db, into, run_id, work.received.rows.num_rows)
    return run_id, False


def prepared(db: Connection, request: Request, tell: Progress) -> Work:
    """
    The file read and met with its target; nothing is written.

    Raises
    ------
    DidoiError
        Those of `guard.read`, `columns.meet` and `shapes.shapes`; `FileEmpty`.
    """
    received = read(request.path, request.layer_in_file, request.encoding, request.limits)
    if received.rows.num_rows == 0:
        raise errors.FileEmpty(file=request.path.name, layer_in_file=received.layer_in_file)
    tell("check", 0, received.rows.num_rows)
    return Work.of(received, target(request.target), request, lambda rows: same_firm.match(db, rows))


def _tell_nobody(_step: str, _done: int, _all: int) -> None:
    """Where nobody watches."""


def with_mapping(request: Request) -> Request:
    """The request with what only its mapping says."""
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


def idempotency_key(sha256: str, request: Request) -> str:
    """One import of one file in one way: what has it is not loaded again."""
    options = {
        "target": request.target,
        "crs": request.crs,
        "mapping": asdict(request.mapping),
        "layer_in_file": request.layer_in_file,
        "encoding": request.encoding,
        "valid_from": str(request.valid_from),
        "valid_to": str(request.valid_to),
        "whole_list": request.plan is not None and request.plan.whole_list,
    }
    return hashlib.sha256(f"{sha256} {json.dumps(options, sort_keys=True)}".encode()).hexdigest()


def _open_run(db: Connection, work: Work, sha256: str, key: str, actor: str) -> int:
    request, plan = work.request, work.request.plan
    row = insert(RUNS).values(
        layer_id=work.into.id,
        file_name=work.source,
        file_sha256=sha256,
        idempotency_key=key,
        crs=work.crs,
        mapping={k: v for k, v in asdict(request.mapping).items() if v},
        plan=None if plan is None else plan.to_json(),
        actor=actor,
        started_at=func.clock_timestamp(),
    )
    return db.execute(row.returning(RUNS.c.id)).scalar_one()


def _close_run(db: Connection, work: Work, run_id: int) -> None:
    """Write the notes, with what was received of refused rows, those rows themselves, and the counts."""
    notes = work.notes
    gone = disappeared(db, work)
    if gone:
        notes.of_file("disappeared", count=len(gone))
    kept: list[dict[str, Any]] = []
    for code, facts, count in file_notes(notes):
        kept.append(_note(run_id, FILE, None, code, {**facts, **count}, refused=False, received=None))
    refused = sorted({row for row, _, _, is_refused in notes.rows if is_refused})
    received = dict(
        zip(refused, work.received.rows.take(pa.array(refused, pa.int64())).to_pylist(), strict=True)
    )
    for row, code, facts, is_refused in sorted(notes.rows, key=lambda item: item[0]):
        told = as_json(received[row]) if is_refused else None
        kept.append(_note(run_id, row + 1, work.keys[row], code, facts, refused=is_refused, received=told))
    if kept:
        db.execute(insert(NOTES), kept)
    stage(db, work, run_id, {row: as_json(values) for row, values in received.items()})
    loaded, noted, refused_count = notes.counts()
    db.execute(
        update(RUNS)
        .where(RUNS.c.id == run_id)
        .values(
            read_count=len(notes.refused),
            loaded_count=loaded,
            noted_count=noted,
            refused_count=refused_count,
            disappeared=gone,
            finished_at=text("clock_timestamp()"),
        )
    )


def file_notes(notes: Notes) -> Iterator[tuple[str, dict[str, Any], dict[str, int]]]:
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


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    """A row as received, in what JSON can hold."""
    plain = (bool, int, float, str, type(None))
    return {name: value if isinstance(value, plain) else str(value) for name, value in row.items()}
