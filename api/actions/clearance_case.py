"""One case, whole, as somebody may see it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import Connection

from layers.access import Actor
from layers.clearance.drawer import drawer


def clearance_case(db: Connection, actor: Actor, as_of: date, key: str) -> dict[str, Any]:
    """
    Everything that is kept of a case; people, money and talks only for who may see households there.

    Raises
    ------
    CaseUnknown
    """
    told = drawer(db, actor, as_of, key)
    steps = [asdict(step) for step in told["timeline"]]
    return told | {"as_of": as_of, "timeline": steps, "etag": f'"{told["case"]["revision"]}"'}
