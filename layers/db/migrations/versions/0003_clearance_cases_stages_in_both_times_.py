"""Clearance cases, stages in both times, roles."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

from gis.crs import STORAGE_SRID
from layers.db.migrations import parcel_events

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "blocker_codes",
        sa.Column("code", sa.TEXT(), nullable=False),
        sa.Column("title_vi", sa.TEXT(), nullable=False),
        sa.Column("title_en", sa.TEXT(), nullable=False),
        sa.Column("retired", sa.Boolean(), server_default="false", nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_blocker_codes")),
    )
    op.create_table(
        "case_forecasts",
        sa.Column("case_key", sa.TEXT(), nullable=False),
        sa.Column("zone_key", sa.TEXT(), nullable=False),
        sa.Column("p10_on", sa.Date(), nullable=True),
        sa.Column("p50_on", sa.Date(), nullable=True),
        sa.Column("p90_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("case_key", name=op.f("pk_case_forecasts")),
    )
    op.create_index("ix_case_forecasts_zone_key", "case_forecasts", ["zone_key"], unique=False)
    op.create_table(
        "case_stages",
        sa.Column("case_key", sa.TEXT(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("stage", sa.TEXT(), nullable=False),
        sa.Column("stage_rank", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("stage_rank BETWEEN 0 AND 6", name=op.f("ck_case_stages_stage_rank")),
        sa.CheckConstraint("to_on IS NULL OR to_on > from_on", name=op.f("ck_case_stages_range")),
        sa.PrimaryKeyConstraint("case_key", "from_on", name=op.f("pk_case_stages")),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("source", sa.TEXT(), nullable=True),
        sa.Column("import_run_id", sa.BigInteger(), nullable=True),
        sa.Column("search_folded", sa.TEXT(), nullable=True),
        sa.Column("key", sa.TEXT(), nullable=False),
        sa.Column("project_key", sa.TEXT(), nullable=True),
        sa.Column("zone_key", sa.TEXT(), nullable=True),
        sa.Column("user_kind", sa.TEXT(), nullable=False),
        sa.Column("origin", sa.TEXT(), nullable=False),
        sa.Column("user_name", sa.TEXT(), nullable=True),
        sa.Column("law", sa.TEXT(), nullable=False),
        sa.Column("commune_code", sa.TEXT(), nullable=False),
        sa.Column("office", sa.TEXT(), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=True),
        sa.Column("note", sa.TEXT(), nullable=True),
        sa.Column("area_ha", sa.Float(), nullable=True),
        sa.Column("disputed", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("blocker", sa.TEXT(), nullable=True),
        sa.Column("revision", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("geom", Geometry("MULTIPOLYGON", srid=STORAGE_SRID, spatial_index=False), nullable=True),
        sa.Column(
            "geom_tile",
            Geometry("MULTIPOLYGON", srid=3857, spatial_index=False),
            sa.Computed("ST_Transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint("law IN ('LL2013', 'LL2024')", name=op.f("ck_cases_law")),
        sa.CheckConstraint("origin IN ('private', 'state', 'mixed')", name=op.f("ck_cases_origin")),
        sa.CheckConstraint(
            "user_kind IN ('household', 'organisation', 'enterprise', 'community', 'state')",
            name=op.f("ck_cases_user_kind"),
        ),
        sa.CheckConstraint("ST_IsValid(geom)", name=op.f("ck_cases_geom_valid")),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_cases_valid_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("key", "valid_from", name=op.f("uq_cases_key_valid_from")),
    )
    op.create_index("ix_cases_commune_code", "cases", ["commune_code"], unique=False)
    op.create_index("ix_cases_geom", "cases", ["geom"], unique=False, postgresql_using="gist")
    op.create_index("ix_cases_project_key", "cases", ["project_key"], unique=False)
    op.create_index(
        "ix_cases_search_folded",
        "cases",
        ["search_folded"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search_folded": "gin_trgm_ops"},
    )
    op.create_index("ix_cases_zone_key", "cases", ["zone_key"], unique=False)
    op.create_index(
        "uq_cases_key_open", "cases", ["key"], unique=True, postgresql_where=sa.text("valid_to IS NULL")
    )
    op.create_table(
        "clearance_ledger",
        sa.Column("zone_key", sa.TEXT(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("stage_rank", sa.SmallInteger(), nullable=False),
        sa.Column("area_mm2", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("cases", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("approved_vnd", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("paid_vnd", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("stage_rank BETWEEN -1 AND 6", name=op.f("ck_clearance_ledger_stage_rank")),
        sa.PrimaryKeyConstraint("zone_key", "on_day", "stage_rank", name=op.f("pk_clearance_ledger")),
    )
    op.create_table(
        "clearance_projects",
        sa.Column("key", sa.TEXT(), nullable=False),
        sa.Column("zone_key", sa.TEXT(), nullable=False),
        sa.Column("name", sa.TEXT(), nullable=False),
        sa.Column("investor", sa.TEXT(), nullable=True),
        sa.Column("decision_number", sa.TEXT(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("planned_ha", sa.Float(), nullable=True),
        sa.Column("funding_stopped_on", sa.Date(), nullable=True),
        sa.Column("funding_resumed_on", sa.Date(), nullable=True),
        sa.Column("watched", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("source", sa.TEXT(), nullable=True),
        sa.Column("illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint("planned_ha > 0", name=op.f("ck_clearance_projects_planned_ha")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_clearance_projects")),
    )
    op.create_index("ix_clearance_projects_zone_key", "clearance_projects", ["zone_key"], unique=False)
    op.create_table(
        "documents",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("layer", sa.TEXT(), nullable=False),
        sa.Column("key", sa.TEXT(), nullable=False),
        sa.Column("kind", sa.TEXT(), nullable=False),
        sa.Column("number", sa.TEXT(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("issuer", sa.TEXT(), nullable=False),
        sa.Column("title", sa.TEXT(), nullable=True),
        sa.Column("sha256", sa.TEXT(), nullable=True),
        sa.Column("file_name", sa.TEXT(), nullable=True),
        sa.Column("media_type", sa.TEXT(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("recorded_by", sa.TEXT(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
    )
    op.create_index("ix_documents_feature", "documents", ["layer", "key"], unique=False)
    op.create_table(
        "duty_marks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("duty", sa.TEXT(), nullable=False),
        sa.Column("subject_key", sa.TEXT(), server_default="", nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("document", sa.TEXT(), nullable=True),
        sa.Column("note", sa.TEXT(), nullable=True),
        sa.Column("marked_by", sa.TEXT(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_marks")),
        sa.UniqueConstraint(
            "duty", "subject_key", "due_on", name=op.f("uq_duty_marks_duty_subject_key_due_on")
        ),
    )
    op.create_table(
        "edits",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("layer", sa.TEXT(), nullable=False),
        sa.Column("key", sa.TEXT(), nullable=False),
        sa.Column("revision", sa.TEXT(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("reason", sa.TEXT(), nullable=False),
        sa.Column("edited_by", sa.TEXT(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("edited_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edits")),
    )
    op.create_index("ix_edits_feature", "edits", ["layer", "key", "id"], unique=False)
    op.create_table(
        "forecasts",
        sa.Column("zone_key", sa.TEXT(), nullable=False),
        sa.Column("changed", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("computed_of", sa.BigInteger(), nullable=True),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("status", sa.TEXT(), nullable=True),
        sa.Column("observed_cases", sa.Integer(), nullable=True),
        sa.Column("p10_on", sa.Date(), nullable=True),
        sa.Column("p50_on", sa.Date(), nullable=True),
        sa.Column("p90_on", sa.Date(), nullable=True),
        sa.Column("curve", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint("status IN ('ready', 'too_little', 'done')", name=op.f("ck_forecasts_status")),
        sa.PrimaryKeyConstraint("zone_key", name=op.f("pk_forecasts")),
    )
    op.create_table(
        "reports",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.TEXT(), nullable=False),
        sa.Column("scope", sa.TEXT(), nullable=False),
        sa.Column("scope_key", sa.TEXT(), nullable=True),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("number", sa.TEXT(), nullable=True),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sha256", sa.TEXT(), nullable=False),
        sa.Column("made_by", sa.TEXT(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('clearance_month')", name=op.f("ck_reports_kind")),
        sa.CheckConstraint("scope IN ('province', 'commune', 'zone')", name=op.f("ck_reports_scope")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
    )
    op.create_table(
        "roadmaps",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("zone_key", sa.TEXT(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("decision_number", sa.TEXT(), nullable=False),
        sa.Column("title", sa.TEXT(), nullable=True),
        sa.Column("recorded_by", sa.TEXT(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("source", sa.TEXT(), nullable=True),
        sa.Column("illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roadmaps")),
        sa.UniqueConstraint(
            "zone_key",
            "decided_on",
            "decision_number",
            name=op.f("uq_roadmaps_zone_key_decided_on_decision_number"),
        ),
    )
    op.create_table(
        "supply_handovers",
        sa.Column("take_id", sa.BigInteger(), nullable=False),
        sa.Column("zone_key", sa.TEXT(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.CheckConstraint("to_on IS NULL OR to_on > from_on", name=op.f("ck_supply_handovers_range")),
        sa.PrimaryKeyConstraint("take_id", "zone_key", "from_on", name=op.f("pk_supply_handovers")),
    )
    op.create_index("ix_supply_handovers_zone_key", "supply_handovers", ["zone_key"], unique=False)
    op.create_table(
        "takes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_key", sa.TEXT(), nullable=False),
        sa.Column("parcel_key", sa.TEXT(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("geom", Geometry("MULTIPOLYGON", srid=STORAGE_SRID, spatial_index=False), nullable=False),
        sa.Column(
            "area_ha",
            sa.Float(),
            sa.Computed("ST_Area(geography(geom), true) / 10000", persisted=True),
            nullable=True,
        ),
        sa.Column("residual_ha", sa.Float(), server_default="0", nullable=False),
        sa.Column("state_managed", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("commune_code", sa.TEXT(), nullable=False),
        sa.Column("runs", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.Column(
            "geom_tile",
            Geometry("MULTIPOLYGON", srid=3857, spatial_index=False),
            sa.Computed("ST_Transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint("ST_IsValid(geom)", name=op.f("ck_takes_geom_valid")),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_takes_valid_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_takes")),
    )
    op.create_index("ix_takes_case_key", "takes", ["case_key"], unique=False)
    op.create_index("ix_takes_geom", "takes", ["geom"], unique=False, postgresql_using="gist")
    op.create_index("ix_takes_geom_tile", "takes", ["geom_tile"], unique=False, postgresql_using="gist")
    op.create_index("ix_takes_parcel_key", "takes", ["parcel_key"], unique=False)
    op.create_table(
        "account_territories",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_key", sa.TEXT(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_account_territories_valid_range")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_account_territories_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "unit_key", "valid_from", name=op.f("pk_account_territories")),
    )
    op.create_table(
        "roadmap_points",
        sa.Column("roadmap_id", sa.BigInteger(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("area_ha", sa.Float(), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=True),
        sa.Column("amount_vnd", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "area_ha >= 0 AND cases >= 0 AND amount_vnd >= 0", name=op.f("ck_roadmap_points_amounts")
        ),
        sa.ForeignKeyConstraint(
            ["roadmap_id"],
            ["roadmaps.id"],
            name=op.f("fk_roadmap_points_roadmap_id_roadmaps"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("roadmap_id", "on_day", name=op.f("pk_roadmap_points")),
    )
    op.create_table(
        "submissions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.TEXT(), nullable=False),
        sa.Column("state", sa.TEXT(), server_default="draft", nullable=False),
        sa.Column("title", sa.TEXT(), nullable=False),
        sa.Column("note", sa.TEXT(), nullable=True),
        sa.Column("file_name", sa.TEXT(), nullable=True),
        sa.Column("sha256", sa.TEXT(), nullable=True),
        sa.Column("area", Geometry("MULTIPOLYGON", srid=STORAGE_SRID, spatial_index=False), nullable=True),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_note", sa.TEXT(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('stages', 'payments', 'inventory', 'handover')", name=op.f("ck_submissions_kind")
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'approved', 'rejected', 'withdrawn')",
            name=op.f("ck_submissions_state"),
        ),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> created_by", name=op.f("ck_submissions_second_person")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["accounts.id"], name=op.f("fk_submissions_created_by_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["accounts.id"], name=op.f("fk_submissions_decided_by_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
    )
    op.create_table(
        "take_shares",
        sa.Column("take_id", sa.BigInteger(), nullable=False),
        sa.Column("zone_key", sa.TEXT(), nullable=False),
        sa.Column("area_mm2", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("area_mm2 > 0", name=op.f("ck_take_shares_area")),
        sa.ForeignKeyConstraint(
            ["take_id"], ["takes.id"], name=op.f("fk_take_shares_take_id_takes"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("take_id", "zone_key", name=op.f("pk_take_shares")),
    )
    op.create_index("ix_take_shares_zone_key", "take_shares", ["zone_key"], unique=False)
    op.create_table(
        "case_assets",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_key", sa.TEXT(), nullable=False),
        sa.Column("kind", sa.TEXT(), nullable=False),
        sa.Column("description", sa.TEXT(), nullable=False),
        sa.Column("quantity", sa.Float(), nullable=False),
        sa.Column("unit", sa.TEXT(), nullable=False),
        sa.Column("inventoried_on", sa.Date(), nullable=True),
        sa.Column("recorded_by", sa.TEXT(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("submission_id", sa.BigInteger(), nullable=True),
        sa.Column("illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_case_assets_quantity")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_case_assets_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_assets")),
    )
    op.create_index("ix_case_assets_case_key", "case_assets", ["case_key"], unique=False)
    op.create_table(
        "case_blockers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_key", sa.TEXT(), nullable=False),
        sa.Column("code", sa.TEXT(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("office", sa.TEXT(), nullable=False),
        sa.Column("note", sa.TEXT(), nullable=True),
        sa.Column("recorded_by", sa.TEXT(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("submission_id", sa.BigInteger(), nullable=True),
        sa.Column("illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint("until IS NULL OR until > since", name=op.f("ck_case_blockers_range")),
        sa.ForeignKeyConstraint(
            ["code"], ["blocker_codes.code"], name=op.f("fk_case_blockers_code_blocker_codes")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_case_blockers_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_blockers")),
    )
    op.create_index("ix_case_blockers_case_key", "case_blockers", ["case_key"], unique=False)
    op.create_table(
        "case_contacts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_key", sa.TEXT(), nullable=False),
        sa.Column("kind", sa.TEXT(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("by_whom", sa.TEXT(), nullable=False),
        sa.Column("outcome", sa.TEXT(), nullable=False),
        sa.Column("agrees", sa.Boolean(), nullable=True),
        sa.Column("recorded_by", sa.TEXT(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("submission_id", sa.BigInteger(), nullable=True),
        sa.Column("illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_case_contacts_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_contacts")),
    )
    op.create_index("ix_case_contacts_case_key", "case_contacts", ["case_key"], unique=False)
    op.create_table(
        "case_people",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_key", sa.TEXT(), nullable=False),
        sa.Column("role", sa.TEXT(), nullable=False),
        sa.Column("name", sa.TEXT(), nullable=False),
        sa.Column("id_number", sa.TEXT(), nullable=True),
        sa.Column("phone", sa.TEXT(), nullable=True),
        sa.Column("address", sa.TEXT(), nullable=True),
        sa.Column("recorded_by", sa.TEXT(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("submission_id", sa.BigInteger(), nullable=True),
        sa.Column("illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_case_people_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_people")),
    )
    op.create_index("ix_case_people_case_key", "case_people", ["case_key"], unique=False)
    op.create_table(
        "complaints",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_key", sa.TEXT(), nullable=False),
        sa.Column("filed_on", sa.Date(), nullable=False),
        sa.Column("subject", sa.TEXT(), nullable=False),
        sa.Column("office", sa.TEXT(), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("outcome", sa.TEXT(), nullable=True),
        sa.Column("recorded_by", sa.TEXT(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("submission_id", sa.BigInteger(), nullable=True),
        sa.Column("illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint(
            "answered_on IS NULL OR answered_on >= filed_on", name=op.f("ck_complaints_range")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_complaints_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaints")),
    )
    op.create_index("ix_complaints_case_key", "complaints", ["case_key"], unique=False)
    op.create_table(
        "payees",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_key", sa.TEXT(), nullable=False),
        sa.Column("name", sa.TEXT(), nullable=False),
        sa.Column("account_number", sa.TEXT(), nullable=True),
        sa.Column("approved_vnd", sa.BigInteger(), nullable=False),
        sa.Column("approved_on", sa.Date(), nullable=False),
        sa.Column("decision_number", sa.TEXT(), nullable=False),
        sa.Column("recorded_by", sa.TEXT(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("submission_id", sa.BigInteger(), nullable=True),
        sa.Column("illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint("approved_vnd >= 0", name=op.f("ck_payees_approved_vnd")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_payees_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payees")),
    )
    op.create_index("ix_payees_case_key", "payees", ["case_key"], unique=False)
    op.create_table(
        "resettlements",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_key", sa.TEXT(), nullable=False),
        sa.Column("households", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("place", sa.TEXT(), nullable=False),
        sa.Column("plot", sa.TEXT(), nullable=True),
        sa.Column("decision_number", sa.TEXT(), nullable=True),
        sa.Column("allocated_on", sa.Date(), nullable=True),
        sa.Column("moved_on", sa.Date(), nullable=True),
        sa.Column("recorded_by", sa.TEXT(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("submission_id", sa.BigInteger(), nullable=True),
        sa.Column("illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_resettlements_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resettlements")),
    )
    op.create_index("ix_resettlements_case_key", "resettlements", ["case_key"], unique=False)
    op.create_table(
        "stage_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_key", sa.TEXT(), nullable=False),
        sa.Column("stage", sa.TEXT(), nullable=True),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("recorded_by", sa.TEXT(), nullable=True),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("replaces_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.TEXT(), nullable=True),
        sa.Column("source", sa.TEXT(), nullable=True),
        sa.Column("submission_id", sa.BigInteger(), nullable=True),
        sa.Column("illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("import_run_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "stage IS NOT NULL OR replaces_id IS NOT NULL", name=op.f("ck_stage_events_says_something")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f("fk_stage_events_document_id_documents")
        ),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["stage_events.id"], name=op.f("fk_stage_events_replaces_id_stage_events")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_stage_events_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_events")),
    )
    op.create_index("ix_stage_events_case", "stage_events", ["case_key", "effective_on", "id"], unique=False)
    op.create_index("ix_stage_events_recorded_at", "stage_events", ["recorded_at"], unique=False)
    op.create_index(
        "ix_stage_events_replaces_id",
        "stage_events",
        ["replaces_id"],
        unique=False,
        postgresql_where=sa.text("replaces_id IS NOT NULL"),
    )
    op.create_table(
        "submission_rows",
        sa.Column("submission_id", sa.BigInteger(), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("case_key", sa.TEXT(), nullable=True),
        sa.Column("given", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("told", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("verdict", sa.TEXT(), nullable=False),
        sa.Column("faults", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("applied", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint("verdict IN ('ok', 'noted', 'refused')", name=op.f("ck_submission_rows_verdict")),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submissions.id"],
            name=op.f("fk_submission_rows_submission_id_submissions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("submission_id", "row_number", name=op.f("pk_submission_rows")),
    )
    op.create_index("ix_submission_rows_case_key", "submission_rows", ["case_key"], unique=False)
    op.create_table(
        "valuation_lines",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_key", sa.TEXT(), nullable=False),
        sa.Column("kind", sa.TEXT(), nullable=False),
        sa.Column("description", sa.TEXT(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=14, scale=4), nullable=False),
        sa.Column("unit", sa.TEXT(), nullable=False),
        sa.Column("unit_price_vnd", sa.BigInteger(), nullable=False),
        sa.Column("amount_vnd", sa.BigInteger(), nullable=False),
        sa.Column("plan_number", sa.TEXT(), nullable=True),
        sa.Column("recorded_by", sa.TEXT(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("submission_id", sa.BigInteger(), nullable=True),
        sa.Column("illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint(
            "quantity > 0 AND unit_price_vnd >= 0 AND amount_vnd >= 0",
            name=op.f("ck_valuation_lines_amounts"),
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_valuation_lines_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_valuation_lines")),
    )
    op.create_index("ix_valuation_lines_case_key", "valuation_lines", ["case_key"], unique=False)
    op.create_table(
        "payments",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_key", sa.TEXT(), nullable=False),
        sa.Column("payee_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_vnd", sa.BigInteger(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("voucher", sa.TEXT(), nullable=False),
        sa.Column("recorded_by", sa.TEXT(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("submission_id", sa.BigInteger(), nullable=True),
        sa.Column("illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint("amount_vnd <> 0", name=op.f("ck_payments_amount_vnd")),
        sa.ForeignKeyConstraint(["payee_id"], ["payees.id"], name=op.f("fk_payments_payee_id_payees")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_payments_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
    )
    op.create_index("ix_payments_case_key", "payments", ["case_key"], unique=False)
    for step in parcel_events.STEPS:
        op.execute(step)
    op.drop_index(op.f("ix_parcel_stage_events_latest"), table_name="parcel_stage_events")
    op.drop_table("parcel_stage_events")
    op.alter_column("accounts", "password_hash", existing_type=sa.TEXT(), nullable=True)
    op.add_column("free_plots", sa.Column("outlook", sa.TEXT(), server_default="known", nullable=False))
    op.add_column("setup_tokens", sa.Column("account_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_setup_tokens_account_id_accounts"),
        "setup_tokens",
        "accounts",
        ["account_id"],
        ["id"],
        ondelete="CASCADE",
    )
    op.add_column("zone_supply", sa.Column("outlook", sa.TEXT(), server_default="known", nullable=False))
    op.drop_constraint(op.f("ck_accounts_role"), "accounts", type_="check")
    op.create_check_constraint(
        op.f("ck_accounts_roles"),
        "accounts",
        "role IN ('planner', 'land_officer', 'approver', 'administrator')",
    )
    op.create_check_constraint(
        op.f("ck_free_plots_outlook"), "free_plots", "outlook IN ('known', 'p10', 'p50', 'p90')"
    )
    op.create_check_constraint(
        op.f("ck_zone_supply_outlook"), "zone_supply", "outlook IN ('known', 'p10', 'p50', 'p90')"
    )
    op.execute(
        "GRANT SELECT, INSERT, UPDATE, DELETE ON account_territories, blocker_codes, case_assets, case_blockers, case_contacts, case_forecasts, case_people, case_stages, cases, clearance_ledger, clearance_projects, complaints, documents, forecasts, payees, resettlements, submission_rows, submissions, supply_handovers, take_shares, takes, valuation_lines TO didoi_app"
    )
    op.execute(
        "GRANT SELECT, INSERT ON duty_marks, edits, payments, reports, roadmap_points, roadmaps, stage_events TO didoi_app"
    )
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO didoi_app")
