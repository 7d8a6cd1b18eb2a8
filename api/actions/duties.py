"""The calendar of duties, the list of reminders, and the mark that one was done."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from sqlalchemy import Connection

from gis.errors import Forbidden
from layers.access import Actor, Right
from layers.clearance import duties
from layers.dates import today


class DutyForbidden(Forbidden):
    """Somebody without work in the programme. Facts: role."""


def read_duties(db: Connection, actor: Actor, as_of: date, until: date | None = None) -> dict[str, Any]:
    """
    What is due, overdue and done, with whose it is; counts of overdue ones by office.

    Raises
    ------
    RightMissing
    """
    actor.need(Right.SEE_WORK)
    rows = duties.calendar_of(db, as_of, until)
    late = Counter((row.duty.lead_vi, row.duty.lead_en) for row in rows if row.state == "overdue")
    return {
        "as_of": as_of,
        "rows": [_told(row, as_of) for row in rows],
        "reminders": [
            {"lead": {"vi": vi, "en": en}, "overdue": count} for (vi, en), count in late.most_common()
        ],
    }


def mark_duty(
    db: Connection,
    actor: Actor,
    duty: str,
    due_on: date,
    done_on: date,
    *,
    subject_key: str = "",
    document: str | None = None,
    note: str | None = None,
) -> None:
    """
    Tell that a duty was done.

    Raises
    ------
    DidoiError
        DutyForbidden, and those of `layers.clearance.duties.mark`.
    """
    if not (actor.may(Right.EDIT_LAYERS) or actor.may(Right.KEEP_CASES)):
        raise DutyForbidden(role=actor.role.value)
    duties.mark(
        db, actor, duty, due_on, done_on, today(), subject_key=subject_key, document=document, note=note
    )


def _told(row: duties.Due, as_of: date) -> dict[str, Any]:
    return {
        "duty": row.duty.duty,
        "title": {"vi": row.duty.title_vi, "en": row.duty.title_en},
        "lead": {"vi": row.duty.lead_vi, "en": row.duty.lead_en},
        "to": {"vi": row.duty.to_vi, "en": row.duty.to_en},
        "source": row.duty.source,
        "subject_key": row.subject_key,
        "subject_name": row.subject_name,
        "due_on": row.due_on,
        "state": row.state,
        "days_over": row.days_over(as_of),
        "done_on": row.done_on,
        "document": row.document,
        "marked_by": row.marked_by,
    }
