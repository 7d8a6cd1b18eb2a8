"""
The calendar of duties from the programme documents: what is due, what is overdue, and whose it is.

A duty repeats; each of its due dates is done by a mark with the day it was done. Marks are append-only.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert as upsert

from gis.errors import BadInput, Conflict, NotFound
from layers import codes
from layers.access import Actor
from layers.catalogue.zones import TABLE as ZONES
from layers.layer import Text, holds
from layers.records.cases import PROJECTS
from layers.records.data_versions import bump
from layers.records.reports import DUTY_MARKS

LOOK_BACK = timedelta(days=300)
LOOK_AHEAD = timedelta(days=92)
#: A duty is "due" from so many days before its date.
SOON = timedelta(days=30)

State = Literal["done", "late", "overdue", "due", "later"]


class DutyUnknown(NotFound):
    """No duty of the calendar has this name. Facts: duty, known."""


class DutyDateUnknown(BadInput):
    """A day on which the duty is not due for this subject. Facts: duty, due_on, subject."""


class DutyDone(Conflict):
    """The duty was marked as done for this date already. Facts: duty, due_on, done_on."""


class DutyDoneInFuture(BadInput):
    """A duty cannot have been done on a day that has not come. Facts: done_on, today."""


@dataclass(frozen=True)
class Due:
    """One due date of a duty, for the province or for one zone (`subject_key`, "" for the province)."""

    duty: codes.Duty
    subject_key: str
    subject_name: str
    due_on: date
    state: State
    done_on: date | None
    document: str | None
    marked_by: str | None

    def days_over(self, as_of: date) -> int:
        """Days after the due date until it was done, or until now; negative while there is time."""
        return ((self.done_on or as_of) - self.due_on).days


def due_days(duty: codes.Duty, since: date, until: date) -> Iterator[date]:
    """
    Due dates of a duty in [since, until], in order.

    A yearly duty has a day of its own; the others are due on the last day of their period.
    """
    months = {"year": (duty.month or 12,), "half": (6, 12), "quarter": (3, 6, 9, 12), "month": range(1, 13)}
    for year in range(since.year, until.year + 1):
        for month in months[duty.every]:
            day = duty.day or calendar.monthrange(year, month)[1]
            due = date(year, month, day)
            if since <= due <= until:
                yield due


def calendar_of(db: Connection, as_of: date, until: date | None = None) -> list[Due]:
    """
    Every due date from ten months before a day to three months after it, or `until`; overdue ones first.

    What is told was true on `as_of`: a mark of a later day is not counted.
    """
    since, last = as_of - LOOK_BACK, until or as_of + LOOK_AHEAD
    marks = {
        (row.duty, row.subject_key, row.due_on): row
        for row in db.execute(select(DUTY_MARKS).where(DUTY_MARKS.c.done_on <= as_of))
    }
    zones = _zones(db, as_of)
    found: list[Due] = []
    for duty in codes.duties():
        subjects = zones if duty.subject == "zone" else [("", "", date.min)]
        for key, name, begun in subjects:
            for due_on in due_days(duty, max(since, begun, date(1900, 1, 1)), last):
                mark = marks.get((duty.duty, key, due_on))
                done_on = mark.done_on if mark else None
                found.append(
                    Due(
                        duty,
                        key,
                        name,
                        due_on,
                        _state(due_on, done_on, as_of),
                        done_on,
                        mark.document if mark else None,
                        mark.marked_by if mark else None,
                    )
                )
    order: list[State] = ["overdue", "due", "later", "late", "done"]
    return sorted(found, key=lambda d: (order.index(d.state), d.due_on, d.duty.duty, d.subject_key))


def mark(
    db: Connection,
    actor: Actor,
    duty: str,
    due_on: date,
    done_on: date,
    today: date,
    *,
    subject_key: str = "",
    document: str | None = None,
    note: str | None = None,
) -> None:
    """
    Tell that a duty was done.

    Raises
    ------
    DutyUnknown, DutyDateUnknown, DutyDoneInFuture, DutyDone
    """
    known = {one.duty: one for one in codes.duties()}
    if duty not in known:
        raise DutyUnknown(duty=duty[:80], known=", ".join(known))
    if done_on > today:
        raise DutyDoneInFuture(done_on=done_on.isoformat(), today=today.isoformat())
    asked = known[duty]
    subjects = {key for key, _, _ in _zones(db, done_on)} if asked.subject == "zone" else {""}
    if subject_key not in subjects or due_on not in due_days(asked, due_on, due_on):
        raise DutyDateUnknown(duty=duty, due_on=due_on.isoformat(), subject=subject_key[:80])
    row = upsert(DUTY_MARKS).values(
        duty=duty,
        subject_key=subject_key,
        due_on=due_on,
        done_on=done_on,
        document=document,
        note=note,
        marked_by=actor.name,
    )
    if db.execute(row.on_conflict_do_nothing().returning(DUTY_MARKS.c.id)).one_or_none() is None:
        told = select(DUTY_MARKS.c.done_on).where(
            DUTY_MARKS.c.duty == duty,
            DUTY_MARKS.c.subject_key == subject_key,
            DUTY_MARKS.c.due_on == due_on,
        )
        stored = db.execute(told).scalar_one()
        raise DutyDone(duty=duty, due_on=due_on.isoformat(), done_on=stored.isoformat())
    bump(db, [DUTY_MARKS.name])


def title_of(duty: codes.Duty) -> Text:
    """Words of a duty."""
    return Text(duty.title_vi, duty.title_en)


def _state(due_on: date, done_on: date | None, as_of: date) -> State:
    if done_on is not None:
        return "late" if done_on > due_on else "done"
    if as_of > due_on:
        return "overdue"
    return "due" if due_on - as_of <= SOON else "later"


def _zones(db: Connection, as_of: date) -> list[tuple[str, str, date]]:
    """Zones under clearance that have an investor: key, name and since when land is recovered for them."""
    begun = select(PROJECTS.c.zone_key, PROJECTS.c.decided_on).where(PROJECTS.c.decided_on <= as_of)
    since: dict[str, date] = {}
    for row in db.execute(begun):
        since[row.zone_key] = min(since.get(row.zone_key, row.decided_on), row.decided_on)
    named = select(ZONES.c.key, ZONES.c.name, ZONES.c.parent_key, ZONES.c.investor).where(holds(ZONES, as_of))
    rows = db.execute(named).all()
    parent = {row.key: row.parent_key for row in rows}
    whole: dict[str, date] = {}
    for key, day in since.items():
        head = parent.get(key) or key
        whole[head] = min(whole.get(head, day), day)
    return sorted((r.key, r.name, whole[r.key]) for r in rows if r.key in whole and r.investor)
