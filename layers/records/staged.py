"""Rows too faulty for their table: kept as received until somebody repairs or refuses them."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    TEXT,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
)
from sqlalchemy.dialects.postgresql import JSONB

from layers.layer import metadata

#: ``wkb`` is longitude, latitude as received, and may be invalid: no layer reads it.
STAGED = Table(
    "staged_rows",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("run_id", BigInteger, ForeignKey("import_runs.id", ondelete="CASCADE"), nullable=False),
    Column("row_number", Integer, nullable=False),
    Column("target", TEXT, nullable=False),
    Column("key", TEXT),
    Column("codes", ARRAY(TEXT), nullable=False),
    Column("received", JSONB, nullable=False),
    Column("wkb", LargeBinary),
    Column("state", TEXT, nullable=False, server_default="open"),
    Column("decided_by", TEXT),
    Column("decided_at", DateTime(timezone=True)),
    Column("reason", TEXT),
    CheckConstraint("state IN ('open', 'repaired', 'refused')", name="state"),
)
Index("ix_staged_rows_run_id", STAGED.c.run_id, STAGED.c.row_number)
Index("ix_staged_rows_open", STAGED.c.target, postgresql_where=STAGED.c.state == "open")
