"""
Two people at one feature: whoever writes says which revision they saw, and learns what differs if it is gone.

What was edited stays: ``edits`` keeps every change by field, before and after, with its reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select

from gis.errors import BadInput, Conflict
from layers.access import Actor
from layers.records.cases import EDITS

REASON_LETTERS = 2_000


class RevisionChanged(Conflict):
    """Somebody else changed the feature since it was read. Facts: layer, key, yours, now, differs."""


class RevisionMissing(BadInput):
    """A write that does not say which revision it rests on. Facts: layer, key."""


class ReasonMissing(BadInput):
    """An edit without a reason, or with one that is too long. Facts: letters."""


def hold(
    layer: str,
    key: str,
    given: str | None,
    now: str,
    wanted: Mapping[str, Any],
    stored: Mapping[str, Any],
) -> None:
    """
    Let a write pass only when it rests on what is stored.

    Parameters
    ----------
    given, now
        The revision that the writer saw (the ``If-Match`` of HTTP, without quotes), and the one stored.
    wanted, stored
        Values by field that the writer wants, and those stored; where they differ the error tells both.

    Raises
    ------
    RevisionMissing, RevisionChanged
    """
    if not given:
        raise RevisionMissing(layer=layer, key=key)
    if given != now:
        differs = {
            name: [value, stored.get(name)] for name, value in wanted.items() if stored.get(name) != value
        }
        raise RevisionChanged(layer=layer, key=key, yours=given, now=now, differs=differs)


def reasoned(reason: str) -> str:
    """
    The reason of an edit, trimmed.

    Raises
    ------
    ReasonMissing
    """
    told = reason.strip()
    if not told or len(told) > REASON_LETTERS:
        raise ReasonMissing(letters=REASON_LETTERS)
    return told


def keep(
    db: Connection,
    actor: Actor,
    layer: str,
    key: str,
    revision: str,
    changes: Mapping[str, tuple[Any, Any]],
    reason: str,
) -> None:
    """Write down what an edit changed; values must be what JSON can say."""
    db.execute(
        insert(EDITS).values(
            layer=layer,
            key=key,
            revision=revision,
            changes={name: list(both) for name, both in changes.items()},
            reason=reason,
            edited_by=actor.name,
            account_id=actor.account_id,
        )
    )


def history(db: Connection, layer: str, key: str, limit: int = 200) -> list[dict[str, Any]]:
    """Edits of a feature, the latest first."""
    told = EDITS.c
    chosen = select(told.revision, told.changes, told.reason, told.edited_by, told.edited_at)
    rows = db.execute(
        chosen.where(told.layer == layer, told.key == key).order_by(told.id.desc()).limit(limit)
    )
    return [dict(row) for row in rows.mappings()]
