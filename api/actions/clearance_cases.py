"""A page of the cases of a scope."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection

from api.actions.clearance_figures import ScopeRequest
from layers.access import Actor
from layers.clearance.listing import cases
from layers.clearance.positions import Moment
from layers.filters import Wanted


def clearance_cases(
    db: Connection,
    actor: Actor,
    as_of: date,
    asked: ScopeRequest,
    wanted: Wanted,
    *,
    overdue: bool = False,
    sort: str | None = None,
    limit: int = 100,
    offset: int = 0,
) -> dict[str, Any]:
    """
    Cases as the layer has them, filtered, each with when it should have gone on.

    Raises
    ------
    DidoiError
        Those of `layers.clearance.scope.scope_of` and of `layers.clearance.listing.cases`.
    """
    scope = asked.find(db, actor, as_of)
    total, rows = cases(
        db, actor, scope, Moment(as_of), wanted, overdue=overdue, sort=sort, limit=limit, offset=offset
    )
    return {"as_of": as_of, "scope": scope.as_json(), "total": total, "rows": rows}
