"""Import runs: which file was read when by whom, what became of every row."""

from __future__ import annotations

from sqlalchemy import (
    TEXT,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from layers.layer import metadata

#: ``plan`` is all that was said of the file, so that the run can be repeated; ``disappeared`` lists key and
#: label of what was stored and is not in a file that claims to be the whole list.
RUNS = Table(
    "import_runs",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("layer_id", TEXT, nullable=False),
    Column("file_name", TEXT, nullable=False),
    Column("file_sha256", TEXT, nullable=False),
    Column("idempotency_key", TEXT, nullable=False, unique=True),
    Column("crs", TEXT),
    Column("mapping", JSONB, nullable=False, server_default="{}"),
    Column("actor", TEXT, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("finished_at", DateTime(timezone=True)),
    Column("read_count", Integer, nullable=False, server_default="0"),
    Column("loaded_count", Integer, nullable=False, server_default="0"),
    Column("noted_count", Integer, nullable=False, server_default="0"),
    Column("refused_count", Integer, nullable=False, server_default="0"),
    Column("plan", JSONB(none_as_null=True)),
    Column("disappeared", JSONB, nullable=False, server_default="[]"),
    CheckConstraint("loaded_count + noted_count + refused_count = read_count", name="accounted"),
)

#: One row per note: refused rows keep what was received, loaded ones say what was mended or assumed.
NOTES = Table(
    "import_notes",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("run_id", BigInteger, ForeignKey("import_runs.id", ondelete="CASCADE"), nullable=False),
    Column("row_number", Integer, nullable=False),
    Column("key", TEXT),
    Column("refused", Boolean, nullable=False),
    Column("code", TEXT, nullable=False),
    Column("facts", JSONB, nullable=False, server_default="{}"),
    Column("received", JSONB),
)
Index("ix_import_notes_run_id", NOTES.c.run_id, NOTES.c.row_number)
