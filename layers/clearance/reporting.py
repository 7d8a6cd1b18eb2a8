"""
Monthly reports as snapshots: what was told is kept, and told again unchanged whenever it is opened.

A later correction of the past makes another report, never another content of this one.
"""

from __future__ import annotations

import calendar
import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, select

from gis.errors import BadInput, NotFound, Unavailable
from layers.access import Actor
from layers.records.data_versions import bump
from layers.records.reports import REPORTS


class ReportUnknown(NotFound):
    """No report of this number. Facts: id."""


class ReportMonthInFuture(BadInput):
    """A report of a month that has not begun. Facts: month, today."""


class ReportDamaged(Unavailable):
    """What is stored of a report is not what was stored. Facts: id."""


def month_end(month: date, today: date) -> date:
    """
    The day for which a report of a month tells: its last, or today while it lasts.

    Raises
    ------
    ReportMonthInFuture
    """
    first = month.replace(day=1)
    if first > today:
        raise ReportMonthInFuture(month=f"{month:%m/%Y}", today=today.isoformat())
    return min(first.replace(day=calendar.monthrange(first.year, first.month)[1]), today)


def save(
    db: Connection,
    actor: Actor,
    scope: str,
    scope_key: str | None,
    month: date,
    as_of: date,
    content: Mapping[str, Any],
) -> int:
    """Keep a report; its number."""
    row = insert(REPORTS).values(
        kind="clearance_month",
        scope=scope,
        scope_key=scope_key,
        month=month.replace(day=1),
        as_of=as_of,
        content=content,
        sha256=digest(content),
        made_by=actor.name,
    )
    number = db.execute(row.returning(REPORTS.c.id)).scalar_one()
    bump(db, [REPORTS.name])
    return number


def load(db: Connection, number: int) -> Any:
    """
    A report as it was kept.

    Raises
    ------
    ReportUnknown, ReportDamaged
    """
    row = db.execute(select(REPORTS).where(REPORTS.c.id == number)).one_or_none()
    if row is None:
        raise ReportUnknown(id=number)
    if digest(row.content) != row.sha256:
        raise ReportDamaged(id=number)
    return row


def listed(db: Connection, limit: int = 200) -> list[dict[str, Any]]:
    """Reports without their content, the latest first."""
    chosen = select(*(c for c in REPORTS.c if c.name != "content"))
    rows = db.execute(chosen.order_by(REPORTS.c.id.desc()).limit(limit))
    return [dict(row) for row in rows.mappings()]


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 of a content, whatever the order of its names."""
    told = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()
