"""Import with a guide, faults, coverages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "staged_rows",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("target", sa.TEXT(), nullable=False),
        sa.Column("key", sa.TEXT(), nullable=True),
        sa.Column("codes", sa.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("received", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("wkb", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.TEXT(), server_default="open", nullable=False),
        sa.Column("decided_by", sa.TEXT(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.TEXT(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'repaired', 'refused')", name=op.f("ck_staged_rows_state")),
        sa.ForeignKeyConstraint(
            ["run_id"], ["import_runs.id"], name=op.f("fk_staged_rows_run_id_import_runs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staged_rows")),
    )
    op.create_index(
        "ix_staged_rows_open",
        "staged_rows",
        ["target"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("ix_staged_rows_run_id", "staged_rows", ["run_id", "row_number"], unique=False)
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON staged_rows TO didoi_app")
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO didoi_app")
