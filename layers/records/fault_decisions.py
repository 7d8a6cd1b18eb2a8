"""What was decided about faults, by whom and why; what a repair replaced is kept as it was."""

from __future__ import annotations

from sqlalchemy import (
    TEXT,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    LargeBinary,
    Table,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from layers.layer import metadata

#: ``before`` and ``before_wkb`` are the values and the geometry (longitude, latitude) that a repair replaced.
DECISIONS = Table(
    "fault_decisions",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("fault_key", TEXT, nullable=False),
    Column("verb", TEXT, nullable=False),
    Column("actor", TEXT, nullable=False),
    Column("reason", TEXT, nullable=False),
    Column("decided_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("layer", TEXT, nullable=False),
    Column("feature_key", TEXT, nullable=False),
    Column("before", JSONB, nullable=False, server_default="{}"),
    Column("before_wkb", LargeBinary),
    CheckConstraint("verb IN ('accept', 'repair', 'refuse')", name="verb"),
)
Index("ix_fault_decisions_fault_key", DECISIONS.c.fault_key)
