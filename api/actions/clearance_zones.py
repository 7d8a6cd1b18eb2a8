"""Zones side by side, with the rule of their colours."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import Connection

from api.actions.clearance_figures import ScopeRequest
from layers.access import Actor
from layers.clearance.compare import compare, rules


def clearance_zones(db: Connection, actor: Actor, as_of: date, asked: ScopeRequest) -> dict[str, Any]:
    """
    One row per zone with cases or with reports of its clearance, and the thresholds of red, amber and green.

    Raises
    ------
    ScopeTwice, ScopeUnknown, UnitNotDrawn
    """
    scope = asked.find(db, actor, as_of)
    rows = [asdict(row) for row in compare(db, actor, scope, as_of)]
    return {"as_of": as_of, "scope": scope.as_json(), "rows": rows, "rules": asdict(rules(db))}
