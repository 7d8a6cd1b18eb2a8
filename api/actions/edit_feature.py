"""Edit a feature on its card, and read what was edited of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection

from layers import editing
from layers.access import Actor


def read_editable(db: Connection, actor: Actor, layer_id: str, key: str) -> dict[str, Any]:
    """
    The revision of a feature, the values that may be changed, and what was edited before.

    Raises
    ------
    DidoiError
        Those of `layers.editing.editable`.
    """
    found = editing.editable(db, actor, layer_id, key)
    return {
        "layer": layer_id,
        "key": key,
        "revision": found.revision,
        "values": found.values,
        "edits": found.edits,
    }


def edit_feature(
    db: Connection,
    actor: Actor,
    layer_id: str,
    key: str,
    *,
    on: date,
    revision: str | None,
    reason: str,
    changes: Mapping[str, Any] | None = None,
    geom: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """
    Change a feature; what can be edited of it afterwards.

    Raises
    ------
    DidoiError
        Those of `layers.editing.edit`.
    """
    now = editing.edit(
        db, actor, layer_id, key, on=on, revision=revision, reason=reason, changes=changes, geom=geom
    )
    return read_editable(db, actor, layer_id, now)
