"""Whether a database holds anything yet."""

from __future__ import annotations

from sqlalchemy import Connection, exists, or_, select

from layers.catalogue import layers


def is_empty(db: Connection) -> bool:
    """True while no base layer has a row, of any date."""
    tables = [layer.table for layer in layers().values() if layer.kind == "base"]
    return not db.scalar(select(or_(*(exists(select(1).select_from(table)) for table in tables))))
