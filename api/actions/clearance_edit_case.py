"""Change attributes of a case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from layers.access import Actor
from layers.clearance.cases import edit


def clearance_edit_case(
    db: Connection,
    actor: Actor,
    key: str,
    changes: Mapping[str, Any],
    reason: str,
    revision: str | None = None,
) -> dict[str, Any]:
    """
    Change a case as somebody saw it; its key and revision afterwards.

    Raises
    ------
    DidoiError
        Those of `layers.clearance.cases.edit`; RevisionChanged tells both versions and what differs.
    """
    return {"key": key, "revision": edit(db, actor, key, changes, reason, revision)}
