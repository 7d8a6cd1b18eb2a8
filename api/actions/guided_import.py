"""
A file on its way into a table: received, inspected, planned, previewed, loaded or given up.

Every step is a state of one row. The long ones (inspect, preview, load) are jobs, put into the queue in the
transaction that sets their state: whatever is killed in between, the state says what is to be done.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, insert, select, text, update

from api.actions.import_file import report
from api.words import LANGS, say
from gis.errors import BadInput, Conflict, DidoiError, NotFound, Unavailable
from layers.access import Actor
from layers.ingest.errors import ImportForbidden
from layers.ingest.plan import COVERAGES, PlanOfOtherFile, PlanUnanswered, from_json, with_questions
from layers.ingest.propose import lasting, open_questions
from layers.ingest.targets import target
from layers.records.uploads import DONE, UPLOADS, WORKING

TASK = "didoi:guided_import"
MOST_OPEN = 5
MOST_FILES = 40
MOST_BYTES = 500_000_000
MOST_BYTES_IN_ALL = 20_000_000_000

Json = dict[str, Any]
Import = Row[Any]

_DEFER = text(
    "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('default', :task, 0, NULL, NULL, CAST(:args AS jsonb), "
    "NULL)::procrastinate_job_to_defer_v1])"
)


class ImportUnknown(NotFound):
    """No such import, or not of this account. Facts: id."""


class ImportBusy(Conflict):
    """What was asked does not fit the state of the import. Facts: state, allowed."""


class ImportsTooMany(Conflict):
    """The account has too many imports that are neither loaded nor cancelled. Facts: allowed."""


class UploadTooLarge(BadInput):
    """A file of more bytes than are taken. Facts: size_mb, allowed_mb."""


class UploadsFull(Unavailable):
    """All uploads together take the room that they may. Facts: allowed_mb."""


class FilesMissing(BadInput):
    """Nothing was uploaded yet."""


class ImportBroke(DidoiError):
    """A fault of ours; what it was is in the log, under its reference. Facts: reference."""


class ImportGaveUp(Unavailable):
    """Every worker that took the step up died of it. Facts: attempts, step."""


def open_import(db: Connection, actor: Actor, target_id: str | None) -> Import:
    """
    A new import of the account, waiting for files.

    Raises
    ------
    ImportsTooMany, LayerNotImportable, ImportForbidden
    """
    if target_id is not None and target_id != COVERAGES and not actor.may(target(target_id).edit):
        raise ImportForbidden(layer=target_id)
    own = UPLOADS.c.account_id == actor.account_id
    db.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"didoi imports of {actor.account_id}"))))
    count = select(func.count()).select_from(UPLOADS).where(own, UPLOADS.c.state.not_in(DONE))
    if db.execute(count).scalar_one() >= MOST_OPEN:
        raise ImportsTooMany(allowed=MOST_OPEN)
    row = insert(UPLOADS).values(account_id=actor.account_id, created_by=actor.name, target=target_id)
    return db.execute(row.returning(UPLOADS)).one()


def imports_of(db: Connection, actor: Actor) -> list[Import]:
    """The account's imports, the newest first."""
    own = select(UPLOADS).where(UPLOADS.c.account_id == actor.account_id)
    return list(db.execute(own.order_by(UPLOADS.c.created_at.desc()).limit(200)))


def import_of(db: Connection, actor: Actor, import_id: UUID, *, lock: bool = False) -> Import:
    """
    One import of the account.

    Raises
    ------
    ImportUnknown
    """
    own = select(UPLOADS).where(UPLOADS.c.id == import_id, UPLOADS.c.account_id == actor.account_id)
    row = db.execute(own.with_for_update() if lock else own).one_or_none()
    if row is None:
        raise ImportUnknown(id=str(import_id))
    return row


def check_upload(db: Connection, actor: Actor, import_id: UUID, size_bytes: int) -> None:
    """
    Whether an import takes a file of this size, before its first byte is read.

    Raises
    ------
    ImportUnknown, ImportBusy, UploadTooLarge, UploadsFull
    """
    row = import_of(db, actor, import_id)
    _check_state(row, "receiving")
    held = sum(one["size_bytes"] for one in row.files)
    if held + size_bytes > MOST_BYTES or len(row.files) >= MOST_FILES:
        raise UploadTooLarge(size_mb=(held + size_bytes) // 1_000_000, allowed_mb=MOST_BYTES // 1_000_000)
    every = select(UPLOADS.c.files).where(UPLOADS.c.state.not_in(DONE))
    in_all = sum(one["size_bytes"] for files in db.execute(every).scalars() for one in files)
    if in_all + size_bytes > MOST_BYTES_IN_ALL:
        raise UploadsFull(allowed_mb=MOST_BYTES_IN_ALL // 1_000_000)


def receive(db: Connection, actor: Actor, import_id: UUID, name: str, size_bytes: int) -> Import:
    """
    Record a file that came whole; one of the same name takes the place of the earlier.

    Raises
    ------
    ImportUnknown, ImportBusy
    """
    row = import_of(db, actor, import_id, lock=True)
    _check_state(row, "receiving")
    files = [one for one in row.files if one["name"] != name]
    return _set(db, row.id, files=[*files, {"name": name, "size_bytes": size_bytes}])


def inspect(db: Connection, actor: Actor, import_id: UUID, said: Json) -> Import:
    """
    Have the files looked at, and a plan proposed.

    Parameters
    ----------
    said
        What the person chose, each optional: province, target, layer_in_file, encoding, crs.

    Raises
    ------
    ImportUnknown, ImportBusy, FilesMissing, LayerNotImportable
    """
    row = import_of(db, actor, import_id, lock=True)
    _check_state(row, "receiving", "inspected", "previewed", "failed")
    if not row.files:
        raise FilesMissing()
    if (chosen := said.get("target")) not in (None, COVERAGES):
        target(chosen)
    asked = {name: said.get(name) for name in ("layer_in_file", "encoding", "crs")}
    values: Json = {"plan": {"asked": asked} if any(asked.values()) else None, "preview": None}
    values |= {name: said[name] for name in ("province", "target") if said.get(name) is not None}
    return _begin(db, row, "inspecting", **values)


def set_plan(db: Connection, actor: Actor, import_id: UUID, said: Any) -> Import:
    """
    Take the plan that a person answered for, and have it previewed.

    Raises
    ------
    ImportUnknown, ImportBusy, PlanInvalid, PlanOfOtherFile, PlanUnanswered
    """
    row = import_of(db, actor, import_id, lock=True)
    _check_state(row, "inspected", "previewed", "failed")
    if row.found is None or row.plan is None:
        raise ImportBusy(state=row.state, allowed="inspect")
    plan = from_json(said)
    known = row.plan["file"]
    if plan.file.sha256 != known["sha256"]:
        raise PlanOfOtherFile(file=known["name"], planned=plan.file.name)
    mapping = replace(plan.mapping, only=True)
    plan = replace(plan, mapping=mapping, province=plan.province or row.province)
    plan = with_questions(plan, [*open_questions(plan, row.found), *lasting(plan)])
    if plan.questions:
        raise PlanUnanswered(questions=", ".join(sorted({q["code"] for q in plan.questions})))
    if plan.target != COVERAGES and plan.target is not None and not actor.may(target(plan.target).edit):
        raise ImportForbidden(layer=plan.target)
    values = {"target": plan.target, "province": plan.province, "plan": plan.to_json(), "preview": None}
    return _begin(db, row, "previewing", **values)


def load(db: Connection, actor: Actor, import_id: UUID) -> Import:
    """
    Have the previewed plan loaded.

    Raises
    ------
    ImportUnknown, ImportBusy
    """
    row = import_of(db, actor, import_id, lock=True)
    if row.state in ("loading", "loaded"):  # asked twice: it is done once
        return row
    _check_state(row, "previewed")
    return _begin(db, row, "loading")


def cancel(db: Connection, actor: Actor, import_id: UUID) -> Import:
    """
    Give an import up, whatever it is at; a load that is at work finds it and rolls back whole.

    Raises
    ------
    ImportUnknown
    ImportBusy
        It is loaded: that is undone by other means.
    """
    row = import_of(db, actor, import_id, lock=True)
    if row.state == "cancelled":
        return row
    if row.state == "loaded":
        raise ImportBusy(state=row.state, allowed="receiving … loading")
    return _set(db, row.id, state="cancelled", progress=None, files=[], preview=None)


def as_json(db: Connection, row: Import) -> Json:
    """An import as clients see it, with all that is known of it."""
    return {
        **brief(row),
        "found": row.found,
        "plan": None if row.plan is None or "asked" in row.plan else row.plan,
        "preview": _preview(row.preview),
        "report": None if row.run_id is None else report_json(db, row.run_id),
    }


def brief(row: Import) -> Json:
    """An import as a line of a list."""
    error = row.error
    if error is not None:
        error = {**error, "message": _words(f"error.{error['code']}", error["facts"])}
    return {
        "id": str(row.id),
        "target": row.target,
        "province": row.province,
        "state": row.state,
        "progress": row.progress,
        "files": row.files,
        "error": error,
        "created_at": row.created_at,
        "created_by": row.created_by,
        "updated_at": row.updated_at,
    }


def report_json(db: Connection, run_id: int) -> Json:
    """The report of a run, as ``didoi import --json`` prints it, with words."""
    told = asdict(report(db, run_id))
    for note in told["notes"]:
        facts = note["examples"][0]["facts"] if note["examples"] else {}
        note["message"] = _words(f"note.{note['code']}", facts)
    told["assumed"] = [
        {"code": code, "facts": facts, "message": _words(f"note.{code}", facts)}
        for code, facts in told["assumed"]
    ]
    return told


def _preview(told: Json | None) -> Json | None:
    if told is None:
        return None
    notes = [{**note, "message": _words(f"note.{note['code']}", note["facts"])} for note in told["notes"]]
    whole = [{**note, "message": _words(f"note.{note['code']}", note["facts"])} for note in told["of_file"]]
    return {**told, "notes": notes, "of_file": whole}


def _words(code: str, facts: Json) -> Json:
    known = {name: "–" if value is None else value for name, value in facts.items()}
    return {lang: say(code, lang, **known) for lang in LANGS}


def _begin(db: Connection, row: Import, state: str, **values: Any) -> Import:
    """Set a state at which a job works, and put the job into the queue."""
    assert state in WORKING
    began = _set(db, row.id, state=state, attempts=0, progress=None, error=None, **values)
    defer(db, row.id)
    return began


def defer(db: Connection, import_id: UUID) -> None:
    """Put the job of an import into the queue, within the caller's transaction."""
    db.execute(_DEFER, {"task": TASK, "args": json.dumps({"import_id": str(import_id)})})


def _set(db: Connection, import_id: UUID, **values: Any) -> Import:
    new = update(UPLOADS).where(UPLOADS.c.id == import_id).values(updated_at=func.now(), **values)
    return db.execute(new.returning(UPLOADS)).one()


def _check_state(row: Import, *allowed: str) -> None:
    if row.state not in allowed:
        raise ImportBusy(state=row.state, allowed=", ".join(allowed))
