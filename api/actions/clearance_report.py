"""The monthly clearance report of a zone, a commune or the province: made once, opened again unchanged."""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson
from sqlalchemy import Connection

from api.actions.clearance_curve import clearance_curve
from api.actions.clearance_figures import ScopeRequest, clearance_figures
from api.actions.clearance_overdue import clearance_overdue
from api.actions.clearance_zones import clearance_zones
from api.documents.stage_map_svg import draw_map
from gis.errors import BadInput
from layers.access import Actor, Right
from layers.clearance import reporting
from layers.clearance.stage_map import stage_map
from layers.dates import today

MOST_OVERDUE = 30


class ReportScopeIncomplete(BadInput):
    """A report of a zone or commune without its key, or one of the province with a key. Facts: scope."""


def make_report(
    db: Connection, actor: Actor, scope: str, scope_key: str | None, month: date
) -> dict[str, Any]:
    """
    Make and keep a report of a month, as all of it is known now.

    Raises
    ------
    RightMissing, ReportScopeIncomplete, ReportMonthInFuture, ScopeUnknown, UnitNotDrawn
    """
    actor.need(Right.SEE_WORK)
    if (scope == "province") != (scope_key is None):
        raise ReportScopeIncomplete(scope=scope)
    as_of = reporting.month_end(month, today())
    asked = ScopeRequest(zone=scope_key) if scope == "zone" else ScopeRequest(unit=scope_key)
    found = asked.find(db, actor, as_of)
    content = {
        "summary": clearance_figures(db, actor, as_of, asked),
        "curve": clearance_curve(db, actor, as_of, asked),
        "overdue": clearance_overdue(db, actor, as_of, asked, MOST_OVERDUE),
        "zones": clearance_zones(db, actor, as_of, asked),
        "map": draw_map(stage_map(db, actor, found, as_of), found.name or ""),
        "scope_name": found.name,
    }
    # What is kept is what JSON says, so that it opens to the same.
    plain = orjson.loads(orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS))
    number = reporting.save(db, actor, scope, scope_key, month, as_of, plain)
    return read_report(db, actor, number)


def read_report(db: Connection, actor: Actor, number: int) -> dict[str, Any]:
    """
    A report as it was made.

    Raises
    ------
    RightMissing, ReportUnknown, ReportDamaged
    """
    actor.need(Right.SEE_WORK)
    row = reporting.load(db, number)
    told = {c: getattr(row, c) for c in ("id", "kind", "scope", "scope_key", "month", "as_of", "sha256")}
    return told | {"made_by": row.made_by, "made_at": row.made_at, "content": row.content}


def read_reports(db: Connection, actor: Actor) -> dict[str, Any]:
    """
    Reports that were made, the latest first.

    Raises
    ------
    RightMissing
    """
    actor.need(Right.SEE_WORK)
    return {"rows": reporting.listed(db)}
