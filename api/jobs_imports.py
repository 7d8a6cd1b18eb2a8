"""
The steps of guided imports as jobs, each of which can be begun again.

A step is known by the state of its import, not by its job: a job that finds nothing to do ends. Whoever
works on an import holds a lock on its own connection, which goes when that connection goes, so that a dead
worker's import is taken up by the next who looks.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, create_engine, func, select, text, update
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from api.actions.guided_import import TASK, Import, ImportBroke, ImportGaveUp, defer
from api.actions.sign_in import account_of
from gis.errors import DidoiError
from layers.access import Actor, Right
from layers.coverages.store import FOLDER, tidy
from layers.ingest import rasters, uploads
from layers.ingest.errors import ImportForbidden
from layers.ingest.load import load
from layers.ingest.plan import COVERAGES, Plan, digest, from_json
from layers.ingest.preview import preview
from layers.ingest.propose import propose
from layers.ingest.request import planned
from layers.ingest.targets import target
from layers.records.uploads import DONE, UPLOADS, WORKING

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 5
TOLD_EVERY_S = 0.5
KEPT_DAYS = 7
MOST_NAMES = 4
"""How many files of a set a message names."""

_QUEUED = text(
    "SELECT args ->> 'import_id' FROM procrastinate_jobs WHERE task_name = :task AND status = 'todo'"
)


class _Stopped(Exception):
    """The import is no longer at the step that the job works on."""


def step(url: str, home: Path, import_id: UUID) -> None:
    """Do what the state of an import asks for; whole or not at all."""
    engine = create_engine(url, poolclass=NullPool, connect_args={"application_name": "didoi import"})
    with _held(engine, import_id) as watch:
        if watch is None:
            return
        row = watch.execute(select(UPLOADS).where(UPLOADS.c.id == import_id)).one_or_none()
        if row is None or row.state not in WORKING:
            _tidy(home, row, import_id)
            return
        counted = update(UPLOADS).where(UPLOADS.c.id == import_id, UPLOADS.c.state == row.state)
        watch.execute(counted.values(attempts=UPLOADS.c.attempts + 1))
        try:
            if row.attempts >= MOST_ATTEMPTS:
                raise ImportGaveUp(attempts=row.attempts, step=row.state)
            _STEPS[row.state](engine, home, row, _Teller(watch, row))
        except _Stopped:
            log.info("import %s was cancelled", import_id)
        except DidoiError as error:
            _fail(watch, row, error)
        except OperationalError:
            raise  # the database went: the state still says what is to be done
        except Exception as error:
            if isinstance(error, DBAPIError) and error.connection_invalidated:
                raise
            fault = ImportBroke(reference=secrets.token_hex(4))
            log.exception("import %s: %s", import_id, fault.facts["reference"])
            _fail(watch, row, fault)
        now = watch.execute(select(UPLOADS).where(UPLOADS.c.id == import_id)).one_or_none()
        _tidy(home, now, import_id)


def take_up(url: str) -> None:
    """Put those imports into the queue again on which nobody works though their state says so."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as db:
        queued = set(db.execute(_QUEUED, {"task": TASK}).scalars())
        for import_id in db.execute(select(UPLOADS.c.id).where(UPLOADS.c.state.in_(WORKING))).scalars():
            free = select(func.pg_try_advisory_xact_lock(_key(import_id)))
            if str(import_id) not in queued and db.execute(free).scalar_one():
                defer(db, import_id)


def forget_abandoned(url: str, home: Path) -> None:
    """Cancel what nobody has touched for days, and delete the files of all that is done."""
    engine = create_engine(url, poolclass=NullPool)
    old = UPLOADS.c.updated_at < func.now() - func.make_interval(0, 0, 0, KEPT_DAYS)
    with engine.begin() as db:
        waiting = UPLOADS.c.state.not_in((*DONE, *WORKING))
        db.execute(update(UPLOADS).where(old, waiting).values(state="cancelled", files=[], preview=None))
        living = set(db.execute(select(UPLOADS.c.id).where(UPLOADS.c.state != "cancelled", ~old)).scalars())
        busy = set(db.execute(select(UPLOADS.c.id).where(UPLOADS.c.state.in_(WORKING))).scalars())
    for import_id in uploads.kept(home):
        if import_id not in living | busy:
            uploads.forget(home, import_id)
    with engine.begin() as db:
        tidy(db, home / FOLDER)


# -- the steps -----------------------------------------------------------------------------------------------


class _Teller:
    """Writes progress on a connection of its own, now and then, and notices that somebody cancelled."""

    def __init__(self, watch: Connection, row: Import) -> None:
        self.watch, self._row, self._told_s = watch, row, 0.0

    def __call__(self, step: str, done: int, total: int) -> None:
        now_s = time.monotonic()
        if now_s - self._told_s < TOLD_EVERY_S:
            return
        self._told_s = now_s
        if not self.set(self.watch, progress={"step": step, "done": done, "total": total}):
            raise _Stopped

    def set(self, db: Connection, **values: Any) -> bool:
        """Change the import while it is still at this step; False where it is not."""
        new = update(UPLOADS).where(UPLOADS.c.id == self._row.id, UPLOADS.c.state == self._row.state)
        return db.execute(new.values(updated_at=func.now(), **values)).rowcount == 1


def _inspect(engine: Engine, home: Path, row: Import, tell: _Teller) -> None:
    uploads.keep_only(home, row.id, [one["name"] for one in row.files])
    path = uploads.files_of(home, row.id)
    tell("read", 0, 0)
    file = digest(path)
    asked = (row.plan or {}).get("asked", {})
    found = rasters.look(path, rasters.band_of(asked.get("layer_in_file")))
    tell.set(tell.watch, found=found)  # what was found stands, even where no plan can be made
    said = replace(Plan(file), **{name: value for name, value in asked.items() if value})
    tell("check", 0, 0)
    with engine.connect() as db:
        plan = propose(db, path, file, found, target_id=row.target, province=row.province, said=said)
    if not tell.set(tell.watch, state="inspected", plan=plan.to_json(), progress=None):
        raise _Stopped


def _preview(engine: Engine, home: Path, row: Import, tell: _Teller) -> None:
    plan, path = from_json(row.plan), uploads.files_of(home, row.id)
    if plan.target == COVERAGES:
        _preview_raster(engine, path, plan, tell)
        return
    request = planned(plan, path)
    with engine.connect() as db:  # never committed: what the preview writes is temporary
        told = preview(db, request, uploads.preview_of(home, row.id), tell)
    summary = {
        "rows": told.rows,
        "counts": told.counts,
        "notes": [{"code": c, "refused": r, "count": n, "facts": f} for c, r, n, f in told.notes],
        "of_file": [{"code": code, "facts": facts} for code, facts in told.of_file],
        "box": told.box,
        "matches": told.matches,
    }
    if not tell.set(tell.watch, state="previewed", preview=summary, progress=None):
        raise _Stopped


def _load(engine: Engine, home: Path, row: Import, tell: _Teller) -> None:
    plan, path = from_json(row.plan), uploads.files_of(home, row.id)
    if plan.target == COVERAGES:
        _load_raster(engine, home, row, plan, tell)
        return
    request = planned(plan, path)
    with engine.begin() as db:
        run_id, _ = load(db, _loader(db, row, target(request.target).edit).name, request, tell)
        # In the transaction of the rows: they and the state come together, or neither.
        if not tell.set(db, state="loaded", run_id=run_id, progress=None):
            raise _Stopped


def _preview_raster(engine: Engine, path: Path, plan: Plan, tell: _Teller) -> None:
    tell("check", 0, 0)
    with engine.connect() as db:
        told = rasters.preview(db, plan, path)
    counts = {"loaded": 1, "noted": 0, "refused": 0}
    empty: dict[str, Any] = {"notes": [], "of_file": [], "matches": None}
    summary = {"rows": 1, "counts": counts, "box": told["box"], **empty, "coverage": told}
    if not tell.set(tell.watch, state="previewed", preview=summary, progress=None):
        raise _Stopped


def _load_raster(engine: Engine, home: Path, row: Import, plan: Plan, tell: _Teller) -> None:
    tell("load", 0, 0)
    folder = home / FOLDER
    try:
        with engine.begin() as db:
            actor = _loader(db, row, Right.EDIT_LAYERS)
            run_id, _ = rasters.keep(db, actor, plan, uploads.files_of(home, row.id), folder)
            if not tell.set(db, state="loaded", run_id=run_id, progress=None):
                raise _Stopped
    except (_Stopped, DidoiError):
        with engine.begin() as db:  # the file that was written goes at once; after a crash, in the night
            tidy(db, folder, spared_s=0.0)
        raise


def _loader(db: Connection, row: Import, right: Right) -> Actor:
    """Who loads: the account as it is now, which may have lost its role since it asked."""
    account = account_of(db, row.account_id)
    if account is None or not account.actor.may(right):
        raise ImportForbidden(layer=row.target)
    return account.actor


_STEPS: dict[str, Callable[[Engine, Path, Import, _Teller], None]] = {
    "inspecting": _inspect,
    "previewing": _preview,
    "loading": _load,
}


def _fail(watch: Connection, row: Import, error: DidoiError) -> None:
    facts = {k: _plain(v) for k, v in error.facts.items()}
    if facts.get("file") == uploads.FILES:  # the folder of several: nobody but we knows its name
        facts["file"] = ", ".join(one["name"] for one in row.files[:MOST_NAMES])
    told = {"code": error.code, "facts": facts}
    new = update(UPLOADS).where(UPLOADS.c.id == row.id, UPLOADS.c.state == row.state)
    watch.execute(new.values(state="failed", error=told, progress=None, updated_at=func.now()))


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _tidy(home: Path, row: Import | None, import_id: UUID) -> None:
    """Uploaded bytes go when they are loaded, everything when it was cancelled."""
    if row is None or row.state == "cancelled":
        uploads.forget(home, import_id)
    elif row.state == "loaded":
        uploads.forget_files(home, import_id)


@contextmanager
def _held(engine: Engine, import_id: UUID) -> Generator[Connection | None]:
    """A connection that commits by itself and holds the import; None where somebody else does."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as watch:
        free = watch.execute(select(func.pg_try_advisory_lock(_key(import_id)))).scalar_one()
        yield watch if free else None


def _key(import_id: UUID) -> Any:
    return func.hashtextextended(f"didoi import {import_id}", 0)
