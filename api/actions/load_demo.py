"""Load the illustrative province, and take it out again."""

from __future__ import annotations

from sqlalchemy import Connection

from layers.demo import load as demo


def load_demo(db: Connection, scale: float = 1.0) -> dict[str, int]:
    """
    Draw and store the illustrative province; rows by table.

    Raises
    ------
    layers.demo.load.DemoPresent
        If it is there already.
    """
    return demo.load(db, scale=scale)


def drop_demo(db: Connection) -> dict[str, int]:
    """Remove every illustrative row; rows by table. Needs the owner's role."""
    return demo.drop(db)
