"""
From a draft to facts: somebody submits, another person approves, and then all of it holds or none.

Only those who submit and those who approve see submissions: their rows name households.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy import Connection, and_, delete, func, insert, literal, or_, select, update

from gis.crs import STORAGE_SRID
from gis.errors import BadInput, Conflict, Forbidden, NotFound
from layers.access import Actor, Right, system
from layers.catalogue.cases import TABLE as CASES
from layers.clearance.bulk.apply import apply
from layers.clearance.bulk.reading import MOST_ROWS, BulkRowsNone, BulkRowsTooMany
from layers.clearance.bulk.repeats import refuse_stored
from layers.clearance.bulk.verdicts import Row, judge
from layers.layer import holds
from layers.records.accounts import ACCOUNTS
from layers.records.stages import CLEARED, CLEARED_RANK, RUNS
from layers.records.submissions import SUBMISSION_ROWS as ROWS
from layers.records.submissions import SUBMISSIONS
from layers.territory import inside

TITLE_LETTERS = 200
#: A drawing hands a case over when at least so much of its land lies within; with a note unless all does.
LEAST_SHARE = 0.5
WHOLE_SHARE = 0.999


class SubmissionUnknown(NotFound):
    """No submission of this number, or not for this person. Facts: id."""


class SubmissionTitleMissing(BadInput):
    """A submission without a title, or with one that is too long. Facts: letters."""


class SubmissionStateWrong(Conflict):
    """What is asked cannot be done in this state. Facts: id, state, needed."""


class SubmissionEmpty(BadInput):
    """A submission none of whose rows can be carried out. Facts: id."""


class SubmissionTwice(Conflict):
    """The same file waits already, or was approved. Facts: file, id."""


class SelfApproval(Forbidden):
    """Somebody approves what they submitted themselves. Facts: id."""


class SubmissionStale(Conflict):
    """Rows that could be carried out when submitted cannot any more. Facts: id, rows, row, reason."""


class CasePartlyInside(BadInput):
    """A note: a part of the case's land lies outside the drawing. Facts: case, inside."""


def create(db: Connection, actor: Actor, kind: str, title: str, note: str | None = None) -> int:
    """
    Begin a draft.

    Raises
    ------
    RightMissing, SubmissionTitleMissing
    """
    actor.need(Right.SUBMIT)
    told = title.strip()
    if not told or len(told) > TITLE_LETTERS:
        raise SubmissionTitleMissing(letters=TITLE_LETTERS)
    row = insert(SUBMISSIONS).values(kind=kind, title=told, note=note, created_by=actor.account_id)
    return db.execute(row.returning(SUBMISSIONS.c.id)).scalar_one()


def fill(
    db: Connection,
    actor: Actor,
    number: int,
    rows: Sequence[tuple[int, Mapping[str, str]]],
    today: date,
    *,
    file_name: str | None = None,
    sha256: str | None = None,
) -> list[Row]:
    """
    Put rows into a draft, in the place of those it had; each with its verdict.

    Raises
    ------
    SubmissionUnknown, SubmissionStateWrong, SubmissionTwice
    """
    found = _own(db, actor, number, "draft")
    _refuse_twice(db, sha256, file_name)
    judged = judge(db, actor, found.kind, rows, today)
    refuse_stored(db, found.kind, judged)
    _store(db, number, judged)
    values = {"file_name": file_name, "sha256": sha256, "area": None}
    db.execute(update(SUBMISSIONS).where(SUBMISSIONS.c.id == number).values(values))
    return judged


def fill_area(
    db: Connection, actor: Actor, number: int, area: Any, effective_on: date, today: date, **document: str
) -> list[Row]:
    """
    Put the cases whose land lies in a drawn area into a draft, as handed over on a day.

    Parameters
    ----------
    area
        Polygon or MultiPolygon in degrees, valid.
    document
        ``document_kind``, ``document_number``, ``document_on``, ``document_issuer``: all or none.

    Raises
    ------
    SubmissionUnknown, SubmissionStateWrong, BulkRowsNone, BulkRowsTooMany
    """
    _own(db, actor, number, "draft")
    drawn = from_shape(
        area if area.geom_type == "MultiPolygon" else shapely.MultiPolygon([area]), STORAGE_SRID
    )
    told = CASES.c
    part = func.ST_Area(func.ST_Intersection(told.geom, drawn)) / func.nullif(func.ST_Area(told.geom), 0)
    cleared = (
        select(RUNS.c.case_key)
        .where(RUNS.c.case_key == told.key, RUNS.c.stage_rank == CLEARED_RANK, RUNS.c.from_on <= effective_on)
        .where(or_(RUNS.c.to_on.is_(None), RUNS.c.to_on > effective_on))
    )
    chosen = (
        select(told.key, part.label("share"))
        .where(holds(CASES, today), func.ST_Intersects(told.geom, drawn), ~cleared.exists())
        .where(inside(told.commune_code, told.geom, actor), part >= LEAST_SHARE)
        .order_by(told.key)
    )
    cases = db.execute(chosen).all()
    if not cases:
        raise BulkRowsNone()
    if len(cases) > MOST_ROWS:
        raise BulkRowsTooMany(rows=len(cases), allowed=MOST_ROWS)
    common = {"stage": CLEARED, "effective_on": effective_on.isoformat(), **document}
    rows = [(i, {"case_key": case.key, **common}) for i, case in enumerate(cases, 1)]
    judged = judge(db, actor, "handover", rows, today)
    for row, case in zip(judged, cases, strict=True):
        if case.share < WHOLE_SHARE:
            row.notes.append(CasePartlyInside(case=case.key, inside=f"{case.share:.0%}"))
    _store(db, number, judged)
    values = {"area": drawn, "file_name": None, "sha256": None}
    db.execute(update(SUBMISSIONS).where(SUBMISSIONS.c.id == number).values(values))
    return judged


def submit(db: Connection, actor: Actor, number: int) -> None:
    """
    Hand a draft in.

    Raises
    ------
    SubmissionUnknown, SubmissionStateWrong, SubmissionEmpty, SubmissionTwice
    """
    found = _own(db, actor, number, "draft")
    # Two drafts may have been made of one file.
    _refuse_twice(db, found.sha256, found.file_name)
    able = select(func.count()).where(ROWS.c.submission_id == number, ROWS.c.verdict != "refused")
    if db.execute(able).scalar_one() == 0:
        raise SubmissionEmpty(id=number)
    _turn(db, number, state="submitted", submitted_at=func.clock_timestamp())


def withdraw(db: Connection, actor: Actor, number: int) -> None:
    """
    Take back what one submitted, or give up a draft.

    Raises
    ------
    SubmissionUnknown, SubmissionStateWrong
    """
    _own(db, actor, number, "draft", "submitted")
    _turn(db, number, state="withdrawn")


def reject(db: Connection, actor: Actor, number: int, note: str) -> None:
    """
    Turn a submission down, with the reason; its rows stay for whoever submitted it.

    Raises
    ------
    RightMissing, SubmissionUnknown, SubmissionStateWrong, SelfApproval
    """
    _decidable(db, actor, number)
    _decided(db, actor, number, "rejected", note)


def approve(
    db: Connection, actor: Actor, numbers: Iterable[int], today: date, note: str | None = None
) -> int:
    """
    Make submissions effective: all rows of all of them that are not refused, or nothing.

    Every row is judged again first: what was possible when it was submitted may not be any more.

    Returns
    -------
    count
        How many rows took effect.

    Raises
    ------
    RightMissing, SubmissionUnknown, SubmissionStateWrong, SelfApproval, SubmissionStale
    """
    count = 0
    decided = {number: _decidable(db, actor, number) for number in sorted(set(numbers))}
    # What is judged must stay so until it is carried out: a payment beside it may use up what was approved.
    concerned = select(ROWS.c.case_key).where(ROWS.c.submission_id.in_(decided), ROWS.c.verdict != "refused")
    held = select(CASES.c.id).where(CASES.c.key.in_(concerned)).order_by(CASES.c.key)
    db.execute(held.with_for_update()).all()
    for number, found in decided.items():
        asked = select(ROWS).where(ROWS.c.submission_id == number, ROWS.c.verdict != "refused")
        stored = db.execute(asked.order_by(ROWS.c.row_number)).all()
        submitter = db.execute(select(ACCOUNTS.c.name).where(ACCOUNTS.c.id == found.created_by)).scalar_one()
        # That all of it lies in the approver's territory is seen to by now.
        keeper = system(submitter)
        judged = judge(db, keeper, found.kind, [(row.row_number, row.given) for row in stored], today)
        refuse_stored(db, found.kind, judged)
        stale = [row for row in judged if row.faults]
        if stale:
            first = stale[0]
            raise SubmissionStale(id=number, rows=len(stale), row=first.number, reason=first.faults[0].code)
        apply(db, keeper, found.kind, judged, number)
        done = update(ROWS).where(ROWS.c.submission_id == number, ROWS.c.verdict != "refused")
        db.execute(done.values(applied=True))
        _decided(db, actor, number, "approved", note)
        count += len(judged)
    return count


# --- reading -----------------------------------------------------------------------------------------


def listed(db: Connection, actor: Actor, state: str | None = None, limit: int = 200) -> list[dict[str, Any]]:
    """Submissions that one may see, the latest first, with how many rows have each verdict."""
    if not (actor.may(Right.SUBMIT) or actor.may(Right.APPROVE)):
        actor.need(Right.APPROVE)
    told = SUBMISSIONS.c
    by, decider = ACCOUNTS.alias("by"), ACCOUNTS.alias("decider")
    counted = (
        select(
            ROWS.c.submission_id,
            *(
                func.count().filter(ROWS.c.verdict == verdict).label(verdict)
                for verdict in ("ok", "noted", "refused")
            ),
        )
        .group_by(ROWS.c.submission_id)
        .subquery("counted")
    )
    chosen = (
        select(
            told.id, told.kind, told.state, told.title, told.note, told.file_name, told.created_at,
            told.submitted_at, told.decided_at, told.decision_note,
            by.c.full_name.label("created_by"), decider.c.full_name.label("decided_by"),
            (told.created_by == (actor.account_id or 0)).label("mine"),
            *(func.coalesce(counted.c[name], 0).label(name) for name in ("ok", "noted", "refused")),
        )
        .join(by, by.c.id == told.created_by)
        .outerjoin(decider, decider.c.id == told.decided_by)
        .outerjoin(counted, counted.c.submission_id == told.id)
        .where(_seen(actor))
        .order_by(told.id.desc())
        .limit(limit)
    )  # fmt: skip
    if state is not None:
        chosen = chosen.where(told.state == state)
    return [dict(row) for row in db.execute(chosen).mappings()]


def rows_of(
    db: Connection,
    actor: Actor,
    number: int,
    *,
    verdict: str | None = None,
    limit: int = 500,
    offset: int = 0,
) -> list[dict[str, Any]]:
    """
    Rows of a submission, in the order of the sheet.

    Raises
    ------
    SubmissionUnknown
    """
    standing(db, actor, number)
    chosen = select(*(c for c in ROWS.c if c.name != "submission_id")).where(ROWS.c.submission_id == number)
    if verdict is not None:
        chosen = chosen.where(ROWS.c.verdict == verdict)
    page = chosen.order_by(ROWS.c.row_number).limit(limit).offset(offset)
    return [dict(row) for row in db.execute(page).mappings()]


def standing(db: Connection, actor: Actor, number: int) -> Any:
    """
    A submission that one may see.

    Raises
    ------
    SubmissionUnknown
    """
    found = db.execute(select(SUBMISSIONS).where(SUBMISSIONS.c.id == number, _seen(actor))).one_or_none()
    if found is None:
        raise SubmissionUnknown(id=number)
    return found


def _seen(actor: Actor) -> Any:
    """One's own; and what was handed in, for those who approve, as far as their territory reaches."""
    own = SUBMISSIONS.c.created_by == (actor.account_id or 0)
    if not actor.may(Right.APPROVE):
        return own if actor.may(Right.SUBMIT) else literal(value=False)
    handed_in = SUBMISSIONS.c.state.in_(("submitted", "approved", "rejected"))
    if not actor.bounded:
        return or_(own, handed_in)
    told = CASES.c
    beyond = (
        select(1)
        .join(CASES, and_(told.key == ROWS.c.case_key, told.valid_to.is_(None)))
        .where(ROWS.c.submission_id == SUBMISSIONS.c.id, ROWS.c.verdict != "refused")
        .where(~inside(told.commune_code, told.geom, actor))
    )
    return or_(own, and_(handed_in, ~beyond.exists()))


# --- states ------------------------------------------------------------------------------------------


def _own(db: Connection, actor: Actor, number: int, *states: str) -> Any:
    actor.need(Right.SUBMIT)
    mine = and_(SUBMISSIONS.c.id == number, SUBMISSIONS.c.created_by == (actor.account_id or 0))
    return _locked(db, number, mine, states)


def _refuse_twice(db: Connection, sha256: str | None, file_name: str | None) -> None:
    if sha256 is None:
        return
    same = and_(SUBMISSIONS.c.sha256 == sha256, SUBMISSIONS.c.state.in_(("submitted", "approved")))
    other = db.execute(select(SUBMISSIONS.c.id).where(same)).scalar()
    if other is not None:
        raise SubmissionTwice(file=file_name, id=other)


def _decidable(db: Connection, actor: Actor, number: int) -> Any:
    actor.need(Right.APPROVE)
    found = _locked(db, number, and_(SUBMISSIONS.c.id == number, _seen(actor)), ("submitted",))
    if found.created_by == actor.account_id:
        raise SelfApproval(id=number)
    return found


def _locked(db: Connection, number: int, where: Any, states: tuple[str, ...]) -> Any:
    found = db.execute(select(SUBMISSIONS).where(where).with_for_update(of=SUBMISSIONS)).one_or_none()
    if found is None:
        raise SubmissionUnknown(id=number)
    if found.state not in states:
        raise SubmissionStateWrong(id=number, state=found.state, needed=", ".join(states))
    return found


def _decided(db: Connection, actor: Actor, number: int, state: str, note: str | None) -> None:
    _turn(
        db,
        number,
        state=state,
        decided_by=actor.account_id,
        decided_at=func.clock_timestamp(),
        decision_note=note,
    )


def _turn(db: Connection, number: int, **values: Any) -> None:
    db.execute(update(SUBMISSIONS).where(SUBMISSIONS.c.id == number).values(values))


def _store(db: Connection, number: int, judged: Sequence[Row]) -> None:
    db.execute(delete(ROWS).where(ROWS.c.submission_id == number))
    values = [
        {
            "submission_id": number,
            "row_number": row.number,
            "case_key": row.given.get("case_key"),
            "given": dict(row.given),
            "told": row.told,
            "verdict": row.verdict,
            "faults": [
                {"code": one.code, "facts": {k: _plain(v) for k, v in one.facts.items()}}
                for one in (*row.faults, *row.notes)
            ],
        }
        for row in judged
    ]
    if values:
        db.execute(insert(ROWS), values)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
