"""Which administrative unit became which: merged, split or renamed on a date."""

from __future__ import annotations

from sqlalchemy import (
    TEXT,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    Identity,
    Index,
    Table,
)

from layers.layer import Code, Text, metadata

KINDS = (
    Code("merge", Text("Sáp nhập", "Merged")),
    Code("split", Text("Chia tách", "Split")),
    Code("rename", Text("Đổi tên", "Renamed")),
)

LINEAGE = Table(
    "admin_lineage",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("old_key", TEXT, nullable=False),
    Column("new_key", TEXT, nullable=False),
    Column("kind", TEXT, nullable=False),
    Column("share", Float),
    Column("effective_on", Date, nullable=False),
    Column("decision", TEXT),
    Column("source", TEXT),
    Column("illustrative", Boolean, nullable=False, server_default="false"),
    Column("import_run_id", BigInteger),
    CheckConstraint("kind IN ('merge', 'split', 'rename')", name="kind"),
    CheckConstraint("share > 0 AND share <= 1", name="share"),
)
Index("ix_admin_lineage_old_key", LINEAGE.c.old_key)
Index("ix_admin_lineage_new_key", LINEAGE.c.new_key)
Index(
    "uq_admin_lineage_step",
    LINEAGE.c.old_key,
    LINEAGE.c.new_key,
    LINEAGE.c.effective_on,
    unique=True,
)
