"""What is stored and no longer in a list: told, never removed."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from gis.text import fold
from layers.dates import today
from layers.ingest.prepare import Work
from layers.records.imports import RUNS

_NUMBERS = re.compile(r"[\d\W_]+")
_ISSUE = ("quy", "thang", "nam", "ngay", "lan", "dot", "ban", "q", "t", "v", "i", "ii", "iii", "iv")


def disappeared(db: Connection, work: Work) -> list[dict[str, Any]]:
    """
    Features that hold on the day of the list and are not in it, by key.

    A list that claims to be whole is held against all that is stored; any other against what its earlier
    issues brought: files for the same layer whose names differ in nothing but dates and quarters. A row that
    was refused names its feature all the same; invented features belong to no list.
    """
    if work.into.layer is None:
        return []
    t = work.into.table
    kept: list[ColumnElement[bool]] = []
    if work.request.plan is None or not work.request.plan.whole_list:
        issues = _earlier_issues(db, work)
        if not issues:
            return []
        kept.append(t.c.key.in_(select(t.c.key).where(t.c.import_run_id.in_(issues))))
    day = work.request.valid_from or today()
    held = select(t.c.key, t.c[work.into.layer.label].label("label")).where(
        t.c.valid_from <= day,
        t.c.valid_to.is_(None) | (t.c.valid_to > day),
        t.c.illustrative.is_(False),
        *kept,
    )
    listed = set(work.keys.tolist())
    stored = db.execute(held.order_by(t.c.key)).all()
    return [{"key": row.key, "label": row.label or row.key} for row in stored if row.key not in listed]


def _earlier_issues(db: Connection, work: Work) -> list[int]:
    own = list_name(work.source)
    if not own:  # "2026.xlsx" names no list
        return []
    runs = select(RUNS.c.id, RUNS.c.file_name).where(
        RUNS.c.layer_id == work.into.id, RUNS.c.finished_at.is_not(None)
    )
    return [row.id for row in db.execute(runs) if list_name(row.file_name) == own]


def list_name(file_name: str) -> str:
    """The name of a list without the date, quarter or number of its issue."""
    words = _NUMBERS.sub(" ", fold(file_name.rpartition(".")[0])).split()
    return " ".join(word for word in words if word not in _ISSUE)
