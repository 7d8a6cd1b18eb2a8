"""Guided imports on their way from an uploaded file to a table; nothing here is read by a layer."""

from __future__ import annotations

from sqlalchemy import (
    TEXT,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Table,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from layers.layer import metadata

#: A job is at work, or will be as soon as a worker is free.
WORKING = ("inspecting", "previewing", "loading")
#: Nothing more happens to it.
DONE = ("loaded", "cancelled")
STATES = ("receiving", *WORKING, "inspected", "previewed", "failed", *DONE)

#: ``files`` lists what was received whole: name and bytes. ``attempts`` counts how often a worker began the
#: present step, so that a file at which workers die is given up in the end.
UPLOADS = Table(
    "imports",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=func.gen_random_uuid()),
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("created_by", TEXT, nullable=False),
    Column("state", TEXT, nullable=False, server_default="receiving"),
    Column("target", TEXT),
    Column("province", TEXT),
    Column("files", JSONB, nullable=False, server_default="[]"),
    Column("found", JSONB(none_as_null=True)),
    Column("plan", JSONB(none_as_null=True)),
    Column("preview", JSONB(none_as_null=True)),
    Column("progress", JSONB(none_as_null=True)),
    Column("error", JSONB(none_as_null=True)),
    Column("run_id", BigInteger, ForeignKey("import_runs.id", ondelete="SET NULL")),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint(
        "state IN ('receiving', 'inspecting', 'inspected', 'previewing', 'previewed', 'loading', 'loaded', "
        "'failed', 'cancelled')",
        name="state",
    ),
)
Index("ix_imports_account_id", UPLOADS.c.account_id, UPLOADS.c.created_at)
Index("ix_imports_run_id", UPLOADS.c.run_id)
