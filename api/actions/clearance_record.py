"""What hangs on a case: people, assets, valuation lines, resettlement, contacts, complaints, blockers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from layers.access import Actor
from layers.clearance.cases import add, change


def clearance_add_record(
    db: Connection,
    actor: Actor,
    key: str,
    kind: str,
    values: Mapping[str, Any],
    reason: str,
    revision: str | None = None,
) -> dict[str, Any]:
    """
    Add a record; its number, and the revision of the case.

    Raises
    ------
    DidoiError
        Those of `layers.clearance.case_records.add`.
    """
    number, now = add(db, actor, key, kind, values, reason, revision)
    return {"key": key, "id": number, "revision": now}


def clearance_change_record(
    db: Connection,
    actor: Actor,
    key: str,
    kind: str,
    number: int,
    values: Mapping[str, Any],
    reason: str,
    revision: str | None = None,
) -> dict[str, Any]:
    """
    Change a record: a complaint that was answered, a blocker that is gone.

    Raises
    ------
    DidoiError
        Those of `layers.clearance.case_records.change`.
    """
    now = change(db, actor, key, kind, number, values, reason, revision)
    return {"key": key, "id": number, "revision": now}
