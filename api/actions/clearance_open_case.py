"""Open a case with the land that it takes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from layers.access import Actor
from layers.clearance.cases import Draft, open_case


def clearance_open_case(db: Connection, actor: Actor, draft: Draft, reason: str) -> dict[str, Any]:
    """
    Open a case; its key and revision.

    Raises
    ------
    DidoiError
        Those of `layers.clearance.cases.open_case`.
    """
    return {"key": open_case(db, actor, draft, reason=reason), "revision": 1}
