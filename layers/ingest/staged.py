"""
Rows too faulty for their table: kept as received, and brought in one by one when they are mended.

A mended row goes the way of every other: the run's mapping, the same checks, the same merge. The counts of
its run follow it, so that loaded + noted + refused stays what the file holds.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, func, insert, select, update

from gis import crs
from gis.arrays import Geometries, Ints
from gis.errors import BadInput, Conflict, NotFound
from layers.access import Actor
from layers.dates import as_date
from layers.ingest.arrow import pa
from layers.ingest.derive import derive
from layers.ingest.errors import ImportForbidden
from layers.ingest.guard import Received
from layers.ingest.mapping import from_dict
from layers.ingest.parts import bring
from layers.ingest.prepare import Work
from layers.ingest.request import Request
from layers.ingest.targets import target
from layers.records.imports import NOTES, RUNS
from layers.records.staged import STAGED

Json = dict[str, Any]


class StagedRowUnknown(NotFound):
    """No such row is staged. Facts: id."""


class StagedRowDecided(Conflict):
    """The row was repaired or refused before. Facts: id, state."""


class RowStillFaulty(BadInput):
    """The mended row cannot be stored either. Facts: row, codes."""


def stage(db: Connection, work: Work, run_id: int, received: dict[int, Json]) -> None:
    """Keep the refused rows of a run, each with all its reasons."""
    if not received:
        return
    codes: dict[int, list[str]] = {}
    for row, code, _, refused in work.notes.rows:
        if refused:
            codes.setdefault(row, []).append(code)
    rows: Ints = np.array(sorted(received), dtype=np.int64)
    shapes = lonlat(work, rows)
    wkb = shapely.to_wkb(shapes) if shapes is not None else np.full(len(rows), None, dtype=object)
    db.execute(
        insert(STAGED),
        [
            {
                "run_id": run_id,
                "row_number": row + 1,
                "target": work.into.id,
                "key": work.keys[row],
                "codes": codes[row],
                "received": received[row],
                "wkb": shape,
            }
            for row, shape in zip(rows.tolist(), wkb, strict=True)
        ],
    )


def lonlat(work: Work, rows: Ints) -> Geometries | None:
    """
    Geometries of some rows in longitude and latitude, unmended, as near as they can be shown.

    Returns
    -------
    shapes
        Shape (k,); None where a row has none or it cannot be placed. None for a target without geometry.
    """
    if work.shapes is None:
        return None
    with np.errstate(all="ignore"):
        moved = crs.to_lonlat(work.shapes.geoms[rows], work.shapes.reading)
    bounds = shapely.bounds(moved)
    placed = np.isfinite(bounds).all(axis=1) & (np.abs(bounds) <= 360).all(axis=1)
    moved[~placed] = None
    return moved


def repair(
    db: Connection, actor: Actor, staged_id: int, wkb: bytes | None = None, values: Json | None = None
) -> str | None:
    """
    Bring a staged row into its table, as mended.

    Parameters
    ----------
    wkb
        The mended geometry, longitude and latitude; None to take the row's own.
    values
        Column to mended value; the others are read as they were.

    Returns
    -------
    key
        Of the row as it was stored.

    Raises
    ------
    ImportForbidden, StagedRowUnknown, StagedRowDecided, RowStillFaulty
    """
    row = _open_row(db, actor, staged_id)
    run = db.execute(select(RUNS).where(RUNS.c.id == row.run_id)).one()
    try:
        work = _work(row, run, wkb, values or {})
    except crs.CoordinatesFault as error:  # of the whole file, which is this one row
        raise RowStillFaulty(row=row.row_number, codes=error.code) from error
    bring(db, work, run.id, _tell_nobody)
    if work.notes.refused.any():
        codes = sorted({code for _, code, _, refused in work.notes.rows if refused})
        raise RowStillFaulty(row=row.row_number, codes=", ".join(codes))
    _decide(db, actor, staged_id, "repaired", None)
    first = {"run_id": run.id, "row_number": row.row_number, "key": work.keys[0], "refused": False}
    mended = [{**first, "code": code, "facts": facts} for _, code, facts, _ in work.notes.rows]
    by = {**first, "code": "repaired_by_hand", "facts": {"by": actor.name, "before": ", ".join(row.codes)}}
    db.execute(insert(NOTES), [by, *mended])
    of_row = (NOTES.c.run_id == run.id) & (NOTES.c.row_number == row.row_number)
    db.execute(update(NOTES).where(of_row, NOTES.c.refused).values(refused=False))
    counts = {"noted_count": RUNS.c.noted_count + 1, "refused_count": RUNS.c.refused_count - 1}
    db.execute(update(RUNS).where(RUNS.c.id == run.id).values(counts))
    derive(db, work.into, run.id, 1)
    return work.keys[0]


def refuse(db: Connection, actor: Actor, staged_id: int, reason: str) -> None:
    """
    Close a staged row for good; it stays counted as refused.

    Raises
    ------
    ImportForbidden, StagedRowUnknown, StagedRowDecided
    """
    _open_row(db, actor, staged_id)
    _decide(db, actor, staged_id, "refused", reason)


def _open_row(db: Connection, actor: Actor, staged_id: int) -> Any:
    row = db.execute(select(STAGED).where(STAGED.c.id == staged_id).with_for_update()).one_or_none()
    if row is None:
        raise StagedRowUnknown(id=staged_id)
    if not actor.may(target(row.target).edit):
        raise ImportForbidden(layer=row.target)
    if row.state != "open":
        raise StagedRowDecided(id=staged_id, state=row.state)
    return row


def _work(row: Any, run: Any, wkb: bytes | None, values: Json) -> Work:
    """The one row as a file of its own, read as its run was."""
    said: Json = dict(run.mapping) if run.plan is None else dict(run.plan["mapping"])
    mapping = from_dict(said, run.file_name)
    kept = {name: heading for name, heading in mapping.columns.items() if name not in values}
    shape = wkb if wkb is not None else row.wkb
    mapping = replace(mapping, columns=kept, constants={**mapping.constants, **values}, x=None, y=None)
    received = Received(
        pa.Table.from_pylist([row.received]) if row.received else pa.table({"row": [row.row_number]}),
        None if shape is None else pa.array([shape], pa.binary()),
        None,
        mapping.layer_in_file or "",
    )
    into = target(row.target)
    plan = run.plan or {}
    storage = f"EPSG:{crs.STORAGE_SRID}"
    request = Request(
        row.target,
        Path(run.file_name),
        storage if shape is not None else None,
        mapping,
        valid_from=_day(plan.get("valid_from") or mapping.valid_from, run),
        valid_to=as_date(until) if (until := plan.get("valid_to") or mapping.valid_to) else None,
    )
    return Work.of(received, into, request)


def _day(text: str | None, run: Any) -> Any:
    """From the day that the run said, else from the day of the run."""
    return as_date(text) if text else run.started_at.date()


def _decide(db: Connection, actor: Actor, staged_id: int, state: str, reason: str | None) -> None:
    decided = {"state": state, "decided_by": actor.name, "decided_at": func.now(), "reason": reason}
    db.execute(update(STAGED).where(STAGED.c.id == staged_id).values(decided))


def _tell_nobody(_step: str, _done: int, _all: int) -> None:
    """One row is no progress to speak of."""
