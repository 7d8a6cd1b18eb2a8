"""One page of a layer's table."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection

from layers.access import Actor
from layers.catalogue import layer
from layers.filters import Wanted
from layers.rows import count, page


def read_rows(
    db: Connection,
    actor: Actor,
    as_of: date,
    layer_id: str,
    wanted: Wanted,
    *,
    sort: str | None = None,
    limit: int = 100,
    offset: int = 0,
) -> dict[str, Any]:
    """
    Rows of a layer with their box and a point on them, and how many there are in all.

    Raises
    ------
    LayerUnknown, LayerForbidden, ColumnUnknown, ColumnMasked, FilterInvalid, BoxInvalid
    """
    shown = layer(layer_id)
    rows = page(db, shown, actor, as_of, wanted, sort=sort, limit=limit, offset=offset)
    # The first page tells the total itself when it is not full.
    whole = len(rows) if offset == 0 and len(rows) < limit else count(db, shown, actor, as_of, wanted)
    return {"layer": layer_id, "as_of": as_of, "total": whole, "rows": [_told(row) for row in rows]}


def _told(row: dict[str, Any]) -> dict[str, Any]:
    return {("bbox" if name == "box" else name): value for name, value in row.items()}
