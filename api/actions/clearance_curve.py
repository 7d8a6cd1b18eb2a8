"""The S-curve of a scope: plan, actual and forecast."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection

from api.actions.clearance_figures import ScopeRequest
from api.words import LANGS, say
from layers.access import Actor
from layers.clearance.curves import Measure, Outlook, Roadmap, curve
from layers.dates import today


def clearance_curve(
    db: Connection, actor: Actor, as_of: date, asked: ScopeRequest, measure: Measure = "ha"
) -> dict[str, Any]:
    """
    What was handed over or paid by when, what roadmaps wanted, and what the forecast expects.

    Raises
    ------
    ScopeTwice, ScopeUnknown, UnitNotDrawn
    """
    scope = asked.find(db, actor, as_of)
    drawn = curve(db, scope, as_of, measure, today())
    return {
        "as_of": as_of,
        "scope": scope.as_json(),
        "measure": measure,
        "total": drawn.total,
        "roadmaps": [_roadmap(one) for one in drawn.roadmaps],
        "actual": [list(point) for point in drawn.actual],
        "forecast": None if drawn.forecast is None else _outlook(drawn.forecast),
        "deadlines": [{"on": on, "title": _deadline(one)} for on, one in drawn.deadlines],
        "gap": None if drawn.gap is None else {"value": drawn.gap[0], "on": drawn.gap[1]},
    }


def _roadmap(one: Roadmap) -> dict[str, Any]:
    return {
        "decided_on": one.decided_on,
        "decision_number": one.decision_number,
        "title": one.title,
        "points": [list(point) for point in one.points],
    }


def _outlook(one: Outlook) -> dict[str, Any]:
    return {
        "status": one.status,
        "stale": one.stale,
        "computed_at": one.computed_at,
        "days": list(one.days),
        "p10": list(one.p10),
        "p50": list(one.p50),
        "p90": list(one.p90),
        "done": dict(one.done),
        "observed_cases": one.observed_cases,
        "summed": one.summed,
    }


def _deadline(one: Roadmap) -> dict[str, str]:
    code = "clearance.deadline" if one.decision_number else "clearance.deadline_sum"
    return {lang: say(code, lang, number=one.decision_number) for lang in LANGS}
