"""What is stored and not in a file that claims to be the whole list: told, never removed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from layers.dates import today
from layers.ingest.prepare import Work


def disappeared(db: Connection, work: Work) -> list[dict[str, Any]]:
    """
    Features that hold today and are not in the file, by key; none where the file claims nothing.

    A row that was refused names its feature all the same; invented features belong to no list.
    """
    plan, layer = work.request.plan, work.into.layer
    if plan is None or not plan.whole_list or layer is None:
        return []
    t = work.into.table
    label = t.c[layer.label]
    day = work.request.valid_from or today()
    held = select(t.c.key, label.label("label")).where(
        t.c.valid_from <= day, t.c.valid_to.is_(None) | (t.c.valid_to > day), t.c.illustrative.is_(False)
    )
    listed = set(work.keys.tolist())
    stored = db.execute(held.order_by(t.c.key)).all()
    return [{"key": row.key, "label": row.label or row.key} for row in stored if row.key not in listed]
