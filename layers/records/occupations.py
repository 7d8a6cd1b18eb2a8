"""Leases and reservations of lots or parts of them, dated: who holds what from when to when."""

from __future__ import annotations

from sqlalchemy import (
    TEXT,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Table,
    func,
)

from layers.layer import geometry, metadata


def _dated_hold(name: str, *more: Column[object] | CheckConstraint) -> Table:
    """
    A table of holds on lots: each holds on ``[from_on, to_on)``; ``part`` null means the whole lot.

    A revoked project ends its record on that date (``reason_ended``), which frees the land on that date.
    """
    table = Table(
        name,
        metadata,
        Column("id", BigInteger, Identity(), primary_key=True),
        Column("lot_key", TEXT, nullable=False),
        Column("part", geometry("MULTIPOLYGON")),
        Column("holder", TEXT, nullable=False),
        Column("enterprise_key", TEXT),
        Column("from_on", Date, nullable=False),
        Column("to_on", Date),
        Column("document", TEXT),
        Column("reason_ended", TEXT),
        Column("source", TEXT),
        Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        Column("illustrative", Boolean, nullable=False, server_default="false"),
        Column("import_run_id", BigInteger),
        CheckConstraint("to_on IS NULL OR to_on > from_on", name="range"),
        CheckConstraint("part IS NULL OR ST_IsValid(part)", name="part_valid"),
        *more,
    )
    Index(f"ix_{name}_lot_key", table.c.lot_key)
    return table


LEASES = _dated_hold(
    "leases",
    Column("subject", TEXT, nullable=False, server_default="land"),
    CheckConstraint("subject IN ('land', 'factory')", name="subject"),
)

RESERVATIONS = _dated_hold("reservations")
