"""Load the illustrative province, and take it out again."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

from layers.demo import load as demo
from layers.demo.relief import store_relief


def load_demo(db: Connection, scale: float = 1.0, coverages: Path | None = None) -> dict[str, int]:
    """
    Draw and store the illustrative province; rows by table.

    Parameters
    ----------
    coverages
        Folder of the cells of coverages; None leaves the ground out.

    Raises
    ------
    layers.demo.load.DemoPresent
        If it is there already.
    """
    counts = demo.load(db, scale=scale)
    if coverages is not None:
        counts["coverages"] = store_relief(db, coverages)
    return counts


def drop_demo(db: Connection) -> dict[str, int]:
    """Remove every illustrative row; rows by table. Needs the owner's role."""
    return demo.drop(db)
