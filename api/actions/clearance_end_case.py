"""End a case: from a day on its land is no longer to be recovered."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection

from layers.access import Actor
from layers.clearance.cases import end


def clearance_end_case(
    db: Connection, actor: Actor, key: str, on: date, reason: str, revision: str | None = None
) -> dict[str, Any]:
    """
    End a case; its key and revision.

    Raises
    ------
    DidoiError
        Those of `layers.clearance.cases.end`.
    """
    return {"key": key, "revision": end(db, actor, key, on, reason, revision)}
