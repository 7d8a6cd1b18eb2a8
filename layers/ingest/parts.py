"""The rows of a file go through staging part by part; while the database takes one, the next is checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
from psycopg import errors as postgres
from sqlalchemy import Connection
from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from gis.arrays import Ints
from layers.ingest import errors
from layers.ingest.arrow import pa
from layers.ingest.bulk import indexes_after
from layers.ingest.merge import Merged, Staging
from layers.ingest.prepare import Work, waves
from layers.ingest.shapes import Prepared, note_geometry

#: Rows per part.
PART = 16_384

Progress = Callable[[str, int, int], None]
Taken = Callable[[Ints, Prepared | None], None]


@dataclass
class Told:
    """How many rows became new versions, closed one, corrected one, or said nothing new."""

    adds: int = 0
    closed: int = 0
    corrected: int = 0
    unchanged: int = 0


def bring(
    db: Connection,
    work: Work,
    run_id: int,
    tell: Progress,
    *,
    rehearsal: bool = False,
    taken: Taken | None = None,
) -> Told:
    """
    Merge the rows into their table (a rehearsal: into a temporary copy), and note what became of each.

    Parameters
    ----------
    taken
        Given each part as it was checked.

    Raises
    ------
    RowsContradict
    """
    try:
        return _bring(db, work, run_id, tell, rehearsal, taken)
    except (IntegrityError, DataError, OperationalError, postgres.IntegrityError) as error:
        cause = getattr(error, "orig", error)
        if isinstance(error, OperationalError) and not isinstance(cause, postgres.ProgramLimitExceeded):
            raise  # of the database, not of the rows
        diag = getattr(cause, "diag", None)
        raise errors.RowsContradict(
            file=work.request.path.name,
            constraint=getattr(diag, "constraint_name", None) or "-",
            reason=getattr(diag, "message_primary", None) or str(cause),
        ) from error


def _bring(
    db: Connection, work: Work, run_id: int, tell: Progress, rehearsal: bool, taken: Taken | None
) -> Told:
    n, done, told = len(work.notes.refused), 0, Told()
    source = work.source
    apart = waves(work)
    staging = Staging(
        db, work.into, work.filled, run_id, source, versions_apart=len(apart) == 1, rehearsal=rehearsal
    )
    loading = n - int(work.notes.refused.sum())
    with nullcontext() if rehearsal else indexes_after(db, work.into.table, loading):
        for rows, prepared in _ahead(work, apart):
            if prepared is not None:
                note_geometry(work.notes, rows, prepared, work.into.geometry_required)
                kept = rows[prepared.kept]
            else:
                kept = rows
            if taken is not None:
                taken(rows, prepared)
            staged = {name: column.take(pa.array(kept)) for name, column in work.columns.items()}
            staged["row_number"] = pa.array(kept.astype(np.int32))
            if prepared is not None:
                assert work.into.geometry is not None
                staged[work.into.geometry] = prepared.ewkb
            merged = staging.merge(staged)
            _note_merged(work, merged)
            told.closed += merged.closed
            told.corrected += len(merged.corrected)
            told.unchanged += merged.unchanged
            done += len(rows)
            tell("load", done, n)
        tell("index", n, n)
    staging.close()
    loaded = n - int(work.notes.refused.sum())
    told.adds = loaded - told.closed - told.corrected - told.unchanged
    return told


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
