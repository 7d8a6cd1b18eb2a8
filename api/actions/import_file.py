"""Bring a file into a layer or a record table, and tell what became of every row."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from layers.access import Actor, Right
from layers.ingest import rasters
from layers.ingest.errors import ImportForbidden
from layers.ingest.load import load
from layers.ingest.notes import FILE
from layers.ingest.parts import Progress
from layers.ingest.plan import COVERAGES, Plan, PlanUnanswered
from layers.ingest.request import Request
from layers.ingest.targets import target
from layers.layer import Text
from layers.records.imports import NOTES, RUNS

EXAMPLES = 3


@dataclass(frozen=True)
class NoteExample:
    """One row (counted from 1) with the facts of its note."""

    row: int
    key: str | None
    facts: dict[str, Any]


@dataclass(frozen=True)
class NoteSummary:
    """How often a code was noted, and the first rows; rows that were refused are counted apart."""

    code: str
    refused: bool
    count: int
    examples: tuple[NoteExample, ...]


@dataclass(frozen=True)
class ImportReport:
    """
    What an import did.

    Attributes
    ----------
    repeated
        Whether this very import was done before; then the report is that of the first time.
    read, loaded, noted, refused
        Rows; ``loaded + noted + refused = read``, ``noted`` being those loaded with notes.
    assumed
        Code and facts of what holds for the whole file: constants, translations, headings left unread.
    notes
        Notes on rows, by code, refusals first.
    disappeared
        Key and label of features that an earlier issue of the list had and this one has not; all stay.
    coverage
        Of a raster, which counts as one row: number, kind and title of what is kept.
    """

    run_id: int
    target: str
    title: Text
    file: str
    crs: str | None
    repeated: bool
    read: int
    loaded: int
    noted: int
    refused: int
    assumed: tuple[tuple[str, dict[str, Any]], ...]
    notes: tuple[NoteSummary, ...]
    disappeared: tuple[dict[str, Any], ...] = ()
    coverage: dict[str, Any] | None = None


def import_file(
    db: Connection, actor: Actor, request: Request, progress: Progress | None = None
) -> ImportReport:
    """
    Import one file in the caller's transaction; nothing is committed here.

    Raises
    ------
    ImportForbidden
    DidoiError
        Those of :func:`layers.ingest.load.load`.
    """
    into = target(request.target)
    if not actor.may(into.edit):
        raise ImportForbidden(layer=into.id)
    run_id, repeated = load(db, actor.name or actor.role.value, request, progress)
    return report(db, run_id, repeated=repeated)


def keep_raster(db: Connection, actor: Actor, plan: Plan, path: Path, folder: Path) -> ImportReport:
    """
    Keep the raster of a plan as a coverage in the caller's transaction.

    Raises
    ------
    ImportForbidden, PlanUnanswered
    DidoiError
        Those of :func:`layers.ingest.rasters.keep`.
    """
    if not actor.may(Right.EDIT_LAYERS):
        raise ImportForbidden(layer=COVERAGES)
    if plan.questions:
        raise PlanUnanswered(questions=", ".join(sorted({q["code"] for q in plan.questions})))
    run_id, repeated = rasters.keep(db, actor, plan, path, folder)
    return report(db, run_id, repeated=repeated)


def report(db: Connection, run_id: int, *, repeated: bool = False) -> ImportReport:
    """The report of a run that was made."""
    run = db.execute(select(RUNS).where(RUNS.c.id == run_id)).one()
    of_run = NOTES.c.run_id == run_id
    whole = db.execute(
        select(NOTES.c.code, NOTES.c.facts).where(of_run, NOTES.c.row_number == FILE).order_by(NOTES.c.id)
    )
    return ImportReport(
        run.id,
        run.layer_id,
        rasters.TITLE if run.layer_id == COVERAGES else target(run.layer_id).title,
        run.file_name,
        run.crs,
        repeated,
        run.read_count,
        run.loaded_count,
        run.noted_count,
        run.refused_count,
        tuple((row.code, row.facts) for row in whole),
        _summaries(db, run_id),
        tuple(run.disappeared),
        rasters.kept_by(db, run),
    )


def _summaries(db: Connection, run_id: int) -> tuple[NoteSummary, ...]:
    parts = (NOTES.c.code, NOTES.c.refused)
    place = func.row_number().over(partition_by=parts, order_by=(NOTES.c.row_number, NOTES.c.id))
    count = func.count().over(partition_by=parts)
    ranked = (
        select(NOTES, place.label("place"), count.label("of_code"))
        .where(NOTES.c.run_id == run_id, NOTES.c.row_number != FILE)
        .subquery()
    )
    first = (
        select(ranked)
        .where(ranked.c.place <= EXAMPLES)
        .order_by(ranked.c.refused.desc(), ranked.c.of_code.desc(), ranked.c.code, ranked.c.place)
    )
    found: dict[tuple[str, bool], list[Any]] = {}
    for row in db.execute(first):
        found.setdefault((row.code, row.refused), []).append(row)
    return tuple(
        NoteSummary(
            code, refused, rows[0].of_code, tuple(NoteExample(r.row_number, r.key, r.facts) for r in rows)
        )
        for (code, refused), rows in found.items()
    )
