"""Submissions: begin, fill from a workbook or a drawing, hand in, approve, turn down, and read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, select

from api.documents import submission_xlsx
from api.words import LANGS, say
from gis import geometry
from gis.errors import BadInput
from layers.access import Actor, Right
from layers.catalogue.cases import LAYER as CASES
from layers.clearance.bulk import reading, submissions
from layers.codes.stage_models import stage_models
from layers.dates import today
from layers.query import visible
from layers.territory import inside

MOST_CASES = 5_000


class DrawnAreaInvalid(BadInput):
    """A drawn area that encloses no land or crosses itself. Facts: reason."""


def begin(db: Connection, actor: Actor, kind: str, title: str, note: str | None) -> dict[str, Any]:
    """A new draft."""
    return read_submission(db, actor, submissions.create(db, actor, kind, title, note))


def fill_from_file(db: Connection, actor: Actor, number: int, path: Path, name: str) -> dict[str, Any]:
    """
    Judge the rows of a workbook and keep them in the draft.

    Raises
    ------
    DidoiError
        Those of `layers.clearance.bulk`.
    """
    kind = submissions.standing(db, actor, number).kind
    digest = sha256(path.read_bytes()).hexdigest()
    rows = reading.rows_of(path, kind)
    submissions.fill(db, actor, number, rows, today(), file_name=name, sha256=digest)
    return read_submission(db, actor, number)


def fill_from_area(
    db: Connection,
    actor: Actor,
    number: int,
    area: Mapping[str, Any],
    effective_on: date,
    document: Mapping[str, str],
) -> dict[str, Any]:
    """
    Judge the cases that lie in a drawn area as handed over.

    Raises
    ------
    DidoiError
        DrawnAreaInvalid, and those of `layers.clearance.bulk`.
    """
    try:
        shape = shapely.from_geojson(json.dumps(area))
    except (shapely.errors.GEOSException, TypeError, ValueError) as error:
        raise DrawnAreaInvalid(reason="invalid_geometry") from error
    checked = geometry.check(np.array([shape], dtype=object), "MULTIPOLYGON")
    if checked.verdict[0] != geometry.OK:
        raise DrawnAreaInvalid(reason=", ".join(code for code, rows in checked.notes.items() if rows[0]))
    submissions.fill_area(db, actor, number, checked.geoms[0], effective_on, today(), **document)
    return read_submission(db, actor, number)


def turn(db: Connection, actor: Actor, number: int, verb: str, note: str | None) -> dict[str, Any]:
    """
    Hand in, withdraw, approve or turn down; the submission afterwards.

    Raises
    ------
    DidoiError
        Those of `layers.clearance.bulk.submissions`.
    """
    match verb:
        case "submit":
            submissions.submit(db, actor, number)
        case "withdraw":
            submissions.withdraw(db, actor, number)
        case "approve":
            submissions.approve(db, actor, [number], today(), note)
        case _:
            submissions.reject(db, actor, number, note or "")
    return read_submission(db, actor, number)


def approve_all(db: Connection, actor: Actor, numbers: list[int], note: str | None) -> dict[str, Any]:
    """Approve several at once: all of them, or none."""
    return {"applied": submissions.approve(db, actor, numbers, today(), note)}


def read_submissions(db: Connection, actor: Actor, state: str | None) -> dict[str, Any]:
    """Submissions that one may see, the latest first."""
    return {"rows": submissions.listed(db, actor, state)}


def read_submission(
    db: Connection, actor: Actor, number: int, verdict: str | None = None, limit: int = 500, offset: int = 0
) -> dict[str, Any]:
    """
    A submission with a page of its rows, each with its verdict in words.

    Raises
    ------
    SubmissionUnknown
    """
    found = submissions.standing(db, actor, number)
    (head,) = [row for row in submissions.listed(db, actor, limit=10_000) if row["id"] == found.id]
    rows = submissions.rows_of(db, actor, number, verdict=verdict, limit=limit, offset=offset)
    for row in rows:
        for fault in row["faults"]:
            fault["message"] = {lang: say(f"error.{fault['code']}", lang, **fault["facts"]) for lang in LANGS}
    may_decide = actor.may(Right.APPROVE) and not head["mine"] and head["state"] == "submitted"
    return {**head, "rows": rows, "may_decide": may_decide}


def refused_workbook(db: Connection, actor: Actor, number: int) -> bytes:
    """
    The refused rows as a workbook that can be mended and sent again.

    Raises
    ------
    SubmissionUnknown
    """
    kind = submissions.standing(db, actor, number).kind
    rows = submissions.rows_of(db, actor, number, verdict="refused", limit=reading.MOST_ROWS)
    return submission_xlsx.refused(kind, rows)


def template_workbook(db: Connection, actor: Actor, kind: str, zone: str | None) -> bytes:
    """
    The template of a kind, with the cases of a zone (or all) in one's territory.

    Raises
    ------
    RightMissing
    """
    actor.need(Right.SUBMIT)
    rows = visible(CASES, actor, today()).subquery("rows")
    told = select(rows.c.key, rows.c.user_name, rows.c.step, rows.c.law)
    mine = told.where(inside(rows.c.commune_code, rows.c.geom, actor))
    if zone is not None:
        mine = mine.where(rows.c.zone_key == zone)
    models = stage_models()
    cases = [
        (row.key, row.user_name or "", models[row.law].title_of(row.step).vi if row.step else "")
        for row in db.execute(mine.order_by(rows.c.key).limit(MOST_CASES))
    ]
    return submission_xlsx.template(kind, cases)
