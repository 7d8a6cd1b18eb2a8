"""What follows from rows that came into a table: data versions, clearance and the supply of zones."""

from __future__ import annotations

from sqlalchemy import Connection, exists, select

from layers import supply
from layers.catalogue.zones import TABLE as ZONES
from layers.db.statistics import analyze
from layers.ingest.targets import Target
from layers.records.data_versions import bump

#: Rows from which on the planner is told before supply is computed.
WORTH_ANALYSING = 1_000


def derive(db: Connection, into: Target, run_id: int, rows: int) -> None:
    """What follows from the rows of a run: versions of the data, clearance, and the supply of its zones."""
    bump(db, [into.id])
    if into.follow is not None:
        into.follow(db, run_id)
    if into.touched is None or not db.execute(select(exists(select(ZONES.c.id)))).scalar_one():
        return
    if rows >= WORTH_ANALYSING:
        analyze(db, [into.table.name])
    if zones := into.touched(db, run_id):
        supply.refresh(db, zones)
