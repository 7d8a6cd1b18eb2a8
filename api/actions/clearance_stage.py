"""Say which stage a case reached on which day, put that right, or take it back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from layers.access import Actor
from layers.clearance.holding import outside
from layers.clearance.stages import NewEvent, append
from layers.territory import OutsideTerritory


def clearance_stage(
    db: Connection, actor: Actor, event: NewEvent, revision: str | None = None
) -> dict[str, Any]:
    """
    Append an event to a case; its key and revision afterwards.

    Raises
    ------
    DidoiError
        Those of `layers.clearance.stages.append`: an order that the law makes impossible, with the reason.
    """
    if outside(db, actor, [event.case_key]):  # whose case it is comes before which revision of it was seen
        raise OutsideTerritory(key=event.case_key)
    now = append(
        db,
        actor,
        event.case_key,
        event.stage,
        event.effective_on,
        document_id=event.document_id,
        document=event.document,
        replaces_id=event.replaces_id,
        withdraw=event.stage is None,
        reason=event.reason,
        if_revision=revision,
    )
    return {"key": event.case_key, "revision": now}
