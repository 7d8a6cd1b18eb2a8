"""Import with a guide, faults, coverages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

from gis.crs import STORAGE_SRID

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "coverages",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.TEXT(), nullable=False),
        sa.Column("title_vi", sa.TEXT(), nullable=False),
        sa.Column("title_en", sa.TEXT(), nullable=False),
        sa.Column("unit", sa.TEXT(), nullable=True),
        sa.Column("srid", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.TEXT(), nullable=False),
        sa.Column("west", sa.Float(), nullable=False),
        sa.Column("south", sa.Float(), nullable=False),
        sa.Column("east", sa.Float(), nullable=False),
        sa.Column("north", sa.Float(), nullable=False),
        sa.Column("resolution_m", sa.Float(), nullable=False),
        sa.Column("value_min", sa.Float(), nullable=True),
        sa.Column("value_max", sa.Float(), nullable=True),
        sa.Column("classes", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("flooded_from_m", sa.Float(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("source", sa.TEXT(), nullable=True),
        sa.Column("licence", sa.TEXT(), nullable=True),
        sa.Column("file_name", sa.TEXT(), nullable=False),
        sa.Column("actor", sa.TEXT(), nullable=False),
        sa.Column("illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(kind = 'land_cover') = (classes IS NOT NULL)", name=op.f("ck_coverages_classes")
        ),
        sa.CheckConstraint(
            "kind IN ('elevation', 'flood_depth', 'land_cover', 'other')", name=op.f("ck_coverages_kind")
        ),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_coverages_valid_range")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coverages")),
        sa.UniqueConstraint("sha256", "kind", "valid_from", name=op.f("uq_coverages_sha256_kind_valid_from")),
    )
    op.create_table(
        "fault_decisions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("fault_key", sa.TEXT(), nullable=False),
        sa.Column("verb", sa.TEXT(), nullable=False),
        sa.Column("actor", sa.TEXT(), nullable=False),
        sa.Column("reason", sa.TEXT(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("layer", sa.TEXT(), nullable=False),
        sa.Column("feature_key", sa.TEXT(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("before_wkb", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("verb IN ('accept', 'repair', 'refuse')", name=op.f("ck_fault_decisions_verb")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fault_decisions")),
    )
    op.create_index("ix_fault_decisions_fault_key", "fault_decisions", ["fault_key"], unique=False)
    op.create_table(
        "faults",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.TEXT(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("rule", sa.TEXT(), nullable=False),
        sa.Column("severity", sa.TEXT(), nullable=False),
        sa.Column("state", sa.TEXT(), server_default="open", nullable=False),
        sa.Column("layer", sa.TEXT(), nullable=False),
        sa.Column("feature_key", sa.TEXT(), nullable=False),
        sa.Column("other_key", sa.TEXT(), nullable=True),
        sa.Column("measure", sa.Float(), nullable=True),
        sa.Column("unit", sa.TEXT(), nullable=True),
        sa.Column("message_vi", sa.TEXT(), nullable=False),
        sa.Column("message_en", sa.TEXT(), nullable=False),
        sa.Column("repairable", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.TEXT(), nullable=True),
        sa.Column("decided_by", sa.TEXT(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_measure", sa.Float(), nullable=True),
        sa.Column("staged_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "staged", sa.Boolean(), sa.Computed("staged_id IS NOT NULL", persisted=True), nullable=False
        ),
        sa.Column("geom", Geometry("GEOMETRY", srid=STORAGE_SRID, spatial_index=False), nullable=True),
        sa.Column(
            "geom_tile",
            Geometry("GEOMETRY", srid=3857, spatial_index=False),
            sa.Computed("ST_Transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint("severity IN ('error', 'warning', 'info')", name=op.f("ck_faults_severity")),
        sa.CheckConstraint(
            "state <> 'accepted' OR reason IS NOT NULL", name=op.f("ck_faults_accepted_has_reason")
        ),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'repaired', 'refused')", name=op.f("ck_faults_state")
        ),
        sa.CheckConstraint("geom IS NULL OR ST_IsValid(geom)", name=op.f("ck_faults_geom_valid")),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_faults_valid_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_faults")),
    )
    op.create_index("ix_faults_feature", "faults", ["layer", "feature_key"], unique=False)
    op.create_index("ix_faults_geom", "faults", ["geom"], unique=False, postgresql_using="gist")
    op.create_index("ix_faults_staged_id", "faults", ["staged_id"], unique=False)
    op.create_index(
        "uq_faults_key_open", "faults", ["key"], unique=True, postgresql_where=sa.text("valid_to IS NULL")
    )
    op.create_table(
        "firm_pairs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("a_identity", sa.TEXT(), nullable=False),
        sa.Column("b_identity", sa.TEXT(), nullable=False),
        sa.Column("a_key", sa.TEXT(), nullable=False),
        sa.Column("b_key", sa.TEXT(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("state", sa.TEXT(), server_default="open", nullable=False),
        sa.Column("kept_key", sa.TEXT(), nullable=True),
        sa.Column("closed_key", sa.TEXT(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("decided_by", sa.TEXT(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(state = 'open') = (decided_by IS NULL)", name=op.f("ck_firm_pairs_decided")),
        sa.CheckConstraint("state IN ('open', 'same', 'different')", name=op.f("ck_firm_pairs_state")),
        sa.CheckConstraint(
            "(kept_key IS NULL) = (closed_key IS NULL)", name=op.f("ck_firm_pairs_kept_and_closed")
        ),
        sa.CheckConstraint("a_key <> b_key", name=op.f("ck_firm_pairs_two_keys")),
        sa.CheckConstraint("score >= 0 AND score <= 1", name=op.f("ck_firm_pairs_score")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_firm_pairs")),
        sa.UniqueConstraint("a_key", "b_key", name=op.f("uq_firm_pairs_a_key_b_key")),
    )
    op.create_index("ix_firm_pairs_a_identity", "firm_pairs", ["a_identity"], unique=False)
    op.create_index("ix_firm_pairs_b_identity", "firm_pairs", ["b_identity"], unique=False)
    op.create_index("ix_firm_pairs_closed_key", "firm_pairs", ["closed_key"], unique=False)
    op.create_index(
        "ix_firm_pairs_state", "firm_pairs", ["state", sa.literal_column("score DESC")], unique=False
    )
    op.create_table(
        "remembered_headings",
        sa.Column("target", sa.TEXT(), nullable=False),
        sa.Column("headings_sha256", sa.TEXT(), nullable=False),
        sa.Column("headings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("mapping", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("decided_by", sa.TEXT(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("target", "headings_sha256", name=op.f("pk_remembered_headings")),
    )
    op.create_table(
        "firm_pair_decisions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("pair_id", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.TEXT(), nullable=False),
        sa.Column("kept_key", sa.TEXT(), nullable=True),
        sa.Column("closed_key", sa.TEXT(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("decided_by", sa.TEXT(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("verdict IN ('same', 'different')", name=op.f("ck_firm_pair_decisions_verdict")),
        sa.ForeignKeyConstraint(
            ["pair_id"], ["firm_pairs.id"], name=op.f("fk_firm_pair_decisions_pair_id_firm_pairs")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_firm_pair_decisions")),
    )
    op.create_index("ix_firm_pair_decisions_pair_id", "firm_pair_decisions", ["pair_id"], unique=False)
    op.create_table(
        "imports",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.TEXT(), nullable=False),
        sa.Column("state", sa.TEXT(), server_default="receiving", nullable=False),
        sa.Column("target", sa.TEXT(), nullable=True),
        sa.Column("province", sa.TEXT(), nullable=True),
        sa.Column("files", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("found", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("plan", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("preview", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("progress", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("error", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state IN ('receiving', 'inspecting', 'inspected', 'previewing', 'previewed', 'loading', 'loaded', 'failed', 'cancelled')",
            name=op.f("ck_imports_state"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_imports_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["import_runs.id"], name=op.f("fk_imports_run_id_import_runs"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    op.create_index("ix_imports_account_id", "imports", ["account_id", "created_at"], unique=False)
    op.create_index("ix_imports_run_id", "imports", ["run_id"], unique=False)
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
    op.add_column(
        "import_runs",
        sa.Column("plan", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    )
    op.add_column(
        "import_runs",
        sa.Column(
            "disappeared", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False
        ),
    )
    op.add_column("zones", sa.Column("option_name", sa.TEXT(), nullable=True))
    op.add_column("zones", sa.Column("location", sa.TEXT(), nullable=True))
    op.add_column("zones", sa.Column("infrastructure_investment_billion_vnd", sa.Float(), nullable=True))
    op.execute(
        "GRANT SELECT, INSERT, UPDATE, DELETE ON coverages, faults, firm_pairs, imports, remembered_headings, staged_rows TO didoi_app"
    )
    op.execute("GRANT SELECT, INSERT ON fault_decisions, firm_pair_decisions TO didoi_app")
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO didoi_app")
