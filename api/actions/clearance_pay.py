"""Money of a case: what is approved for a payee, and what was paid."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from layers.access import Actor
from layers.clearance import money


def clearance_approve(
    db: Connection,
    actor: Actor,
    key: str,
    approval: money.Approval,
    reason: str,
    revision: str | None = None,
) -> dict[str, Any]:
    """
    Record an amount approved for a payee.

    Raises
    ------
    DidoiError
        Those of `layers.clearance.money.approve`.
    """
    number, now = money.approve(db, actor, key, approval, reason=reason, if_revision=revision)
    return {"key": key, "id": number, "revision": now}


def clearance_pay(
    db: Connection, actor: Actor, key: str, payment: money.Payment, reason: str, revision: str | None = None
) -> dict[str, Any]:
    """
    Record a payment; never more than is approved.

    Raises
    ------
    DidoiError
        Those of `layers.clearance.money.pay`.
    """
    number, now = money.pay(db, actor, key, payment, reason=reason, if_revision=revision)
    return {"key": key, "id": number, "revision": now}
