"""Layers, records, the job queue, the pinned VN-2000 systems and the server's rights."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

from gis.crs import STORAGE_SRID
from layers.db.schema import install_queue, pin_vn2000

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

RIGHTS = (
    "GRANT USAGE ON SCHEMA public TO didoi_app",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON accounts, admin_lineage, admin_units, constraints, data_versions, enterprises, free_plots, import_notes, import_runs, leases, lots, parcels, places, reservations, roads, sessions, setup_tokens, water, zone_observations, zone_supply, zones, procrastinate_jobs, procrastinate_events, procrastinate_periodic_defers, procrastinate_workers TO didoi_app",
    "GRANT SELECT, INSERT ON parcel_stage_events, rules TO didoi_app",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO didoi_app",
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "accounts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.TEXT(), nullable=False),
        sa.Column("full_name", sa.TEXT(), nullable=False),
        sa.Column("password_hash", sa.TEXT(), nullable=False),
        sa.Column("role", sa.TEXT(), nullable=False),
        sa.Column("disabled", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("role IN ('planner')", name=op.f("ck_accounts_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("name", name=op.f("uq_accounts_name")),
    )
    op.create_table(
        "admin_lineage",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("old_key", sa.TEXT(), nullable=False),
        sa.Column("new_key", sa.TEXT(), nullable=False),
        sa.Column("kind", sa.TEXT(), nullable=False),
        sa.Column("share", sa.Float(), nullable=True),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("decision", sa.TEXT(), nullable=True),
        sa.Column("source", sa.TEXT(), nullable=True),
        sa.Column("illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("import_run_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('merge', 'split', 'rename')", name=op.f("ck_admin_lineage_kind")),
        sa.CheckConstraint("share > 0 AND share <= 1", name=op.f("ck_admin_lineage_share")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admin_lineage")),
    )
    op.create_index("ix_admin_lineage_new_key", "admin_lineage", ["new_key"], unique=False)
    op.create_index("ix_admin_lineage_old_key", "admin_lineage", ["old_key"], unique=False)
    op.create_index(
        "uq_admin_lineage_step", "admin_lineage", ["old_key", "new_key", "effective_on"], unique=True
    )
    op.create_table(
        "admin_units",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("source", sa.TEXT(), nullable=True),
        sa.Column("import_run_id", sa.BigInteger(), nullable=True),
        sa.Column("search_folded", sa.TEXT(), nullable=True),
        sa.Column("key", sa.TEXT(), sa.Computed("level || '-' || code", persisted=True), nullable=False),
        sa.Column("level", sa.TEXT(), nullable=False),
        sa.Column("code", sa.TEXT(), nullable=False),
        sa.Column("name", sa.TEXT(), nullable=False),
        sa.Column("unit_type", sa.TEXT(), nullable=True),
        sa.Column("parent_key", sa.TEXT(), nullable=True),
        sa.Column("area_declared_km2", sa.Float(), nullable=True),
        sa.Column("geom", Geometry("MULTIPOLYGON", srid=STORAGE_SRID, spatial_index=False), nullable=True),
        sa.Column(
            "geom_tile",
            Geometry("MULTIPOLYGON", srid=3857, spatial_index=False),
            sa.Computed("ST_Transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.Column(
            "geom_low",
            Geometry("GEOMETRY", srid=3857, spatial_index=False),
            sa.Computed("ST_Simplify(ST_Transform(geom, 3857), 120, true)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint("level IN ('province', 'district', 'commune')", name=op.f("ck_admin_units_level")),
        sa.CheckConstraint("geom IS NULL OR ST_IsValid(geom)", name=op.f("ck_admin_units_geom_valid")),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_admin_units_valid_range")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admin_units")),
        sa.UniqueConstraint("key", "valid_from", name=op.f("uq_admin_units_key_valid_from")),
    )
    op.create_index("ix_admin_units_code", "admin_units", ["code"], unique=False)
    op.create_index("ix_admin_units_geom", "admin_units", ["geom"], unique=False, postgresql_using="gist")
    op.create_index("ix_admin_units_parent_key", "admin_units", ["parent_key"], unique=False)
    op.create_index(
        "ix_admin_units_search_folded",
        "admin_units",
        ["search_folded"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search_folded": "gin_trgm_ops"},
    )
    op.create_index(
        "uq_admin_units_key_open",
        "admin_units",
        ["key"],
        unique=True,
        postgresql_where=sa.text("valid_to IS NULL"),
    )
    op.create_table(
        "constraints",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("source", sa.TEXT(), nullable=True),
        sa.Column("import_run_id", sa.BigInteger(), nullable=True),
        sa.Column("search_folded", sa.TEXT(), nullable=True),
        sa.Column("key", sa.TEXT(), nullable=False),
        sa.Column("name", sa.TEXT(), nullable=True),
        sa.Column("kind", sa.TEXT(), nullable=False),
        sa.Column(
            "area_measured_ha",
            sa.Float(),
            sa.Computed("ST_Area(geography(geom), true) / 10000", persisted=True),
            nullable=True,
        ),
        sa.Column("geom", Geometry("MULTIPOLYGON", srid=STORAGE_SRID, spatial_index=False), nullable=False),
        sa.Column(
            "geom_tile",
            Geometry("MULTIPOLYGON", srid=3857, spatial_index=False),
            sa.Computed("ST_Transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.Column(
            "geom_low",
            Geometry("GEOMETRY", srid=3857, spatial_index=False),
            sa.Computed("ST_Simplify(ST_Transform(geom, 3857), 60, true)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint("kind IN ('protected', 'other_plan', 'homes')", name=op.f("ck_constraints_kind")),
        sa.CheckConstraint("ST_IsValid(geom)", name=op.f("ck_constraints_geom_valid")),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_constraints_valid_range")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_constraints")),
        sa.UniqueConstraint("key", "valid_from", name=op.f("uq_constraints_key_valid_from")),
    )
    op.create_index("ix_constraints_geom", "constraints", ["geom"], unique=False, postgresql_using="gist")
    op.create_index("ix_constraints_kind", "constraints", ["kind"], unique=False)
    op.create_index(
        "ix_constraints_search_folded",
        "constraints",
        ["search_folded"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search_folded": "gin_trgm_ops"},
    )
    op.create_index(
        "uq_constraints_key_open",
        "constraints",
        ["key"],
        unique=True,
        postgresql_where=sa.text("valid_to IS NULL"),
    )
    op.create_table(
        "data_versions",
        sa.Column("name", sa.TEXT(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_data_versions")),
    )
    op.create_table(
        "enterprises",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("source", sa.TEXT(), nullable=True),
        sa.Column("import_run_id", sa.BigInteger(), nullable=True),
        sa.Column("search_folded", sa.TEXT(), nullable=True),
        sa.Column("key", sa.TEXT(), nullable=False),
        sa.Column("tax_code", sa.TEXT(), nullable=True),
        sa.Column("name", sa.TEXT(), nullable=False),
        sa.Column("name_en", sa.TEXT(), nullable=True),
        sa.Column("address", sa.TEXT(), nullable=True),
        sa.Column("vsic_scheme", sa.TEXT(), nullable=True),
        sa.Column("vsic_code", sa.TEXT(), nullable=True),
        sa.Column("process_flags", sa.ARRAY(sa.TEXT()), nullable=True),
        sa.Column("workers_count", sa.Integer(), nullable=True),
        sa.Column("area_current_ha", sa.Float(), nullable=True),
        sa.Column("area_needed_ha", sa.Float(), nullable=True),
        sa.Column("discharge_m3_day", sa.Float(), nullable=True),
        sa.Column("is_fdi", sa.Boolean(), nullable=True),
        sa.Column("nationality", sa.TEXT(), nullable=True),
        sa.Column("managed_by", sa.TEXT(), nullable=True),
        sa.Column("disposition", sa.TEXT(), nullable=True),
        sa.Column("wave", sa.TEXT(), nullable=True),
        sa.Column("origin_zone_key", sa.TEXT(), nullable=True),
        sa.Column("contact_name", sa.TEXT(), nullable=True),
        sa.Column("contact_phone", sa.TEXT(), nullable=True),
        sa.Column("geom", Geometry("POINT", srid=STORAGE_SRID, spatial_index=False), nullable=False),
        sa.Column(
            "geom_tile",
            Geometry("POINT", srid=3857, spatial_index=False),
            sa.Computed("ST_Transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint(
            "(vsic_code IS NULL) = (vsic_scheme IS NULL)", name=op.f("ck_enterprises_vsic_has_scheme")
        ),
        sa.CheckConstraint("NOT ST_IsEmpty(geom)", name=op.f("ck_enterprises_geom_valid")),
        sa.CheckConstraint("area_needed_ha > 0", name=op.f("ck_enterprises_area_needed")),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_enterprises_valid_range")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprises")),
        sa.UniqueConstraint("key", "valid_from", name=op.f("uq_enterprises_key_valid_from")),
    )
    op.create_index("ix_enterprises_geom", "enterprises", ["geom"], unique=False, postgresql_using="gist")
    op.create_index(
        "ix_enterprises_search_folded",
        "enterprises",
        ["search_folded"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search_folded": "gin_trgm_ops"},
    )
    op.create_index("ix_enterprises_tax_code", "enterprises", ["tax_code"], unique=False)
    op.create_index("ix_enterprises_vsic_code", "enterprises", ["vsic_code"], unique=False)
    op.create_index(
        "uq_enterprises_key_open",
        "enterprises",
        ["key"],
        unique=True,
        postgresql_where=sa.text("valid_to IS NULL"),
    )
    op.create_table(
        "free_plots",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.TEXT(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("illustrative", sa.Boolean(), nullable=False),
        sa.Column("zone_key", sa.TEXT(), nullable=False),
        sa.Column("lot_numbers", sa.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("area_ha", sa.Float(), nullable=False),
        sa.Column("geom", Geometry("MULTIPOLYGON", srid=STORAGE_SRID, spatial_index=False), nullable=False),
        sa.Column(
            "geom_tile",
            Geometry("MULTIPOLYGON", srid=3857, spatial_index=False),
            sa.Computed("ST_Transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint("area_ha > 0", name=op.f("ck_free_plots_area")),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_free_plots_valid_range")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_free_plots")),
    )
    op.create_index("ix_free_plots_geom", "free_plots", ["geom"], unique=False, postgresql_using="gist")
    op.create_index("ix_free_plots_zone_key", "free_plots", ["zone_key", "valid_from"], unique=False)
    op.create_table(
        "import_runs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("layer_id", sa.TEXT(), nullable=False),
        sa.Column("file_name", sa.TEXT(), nullable=False),
        sa.Column("file_sha256", sa.TEXT(), nullable=False),
        sa.Column("idempotency_key", sa.TEXT(), nullable=False),
        sa.Column("crs", sa.TEXT(), nullable=True),
        sa.Column("mapping", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("actor", sa.TEXT(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("loaded_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("noted_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("refused_count", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "loaded_count + noted_count + refused_count = read_count", name=op.f("ck_import_runs_accounted")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_runs")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_import_runs_idempotency_key")),
    )
    op.create_table(
        "leases",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lot_key", sa.TEXT(), nullable=False),
        sa.Column("part", Geometry("MULTIPOLYGON", srid=STORAGE_SRID, spatial_index=False), nullable=True),
        sa.Column("holder", sa.TEXT(), nullable=False),
        sa.Column("enterprise_key", sa.TEXT(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("document", sa.TEXT(), nullable=True),
        sa.Column("reason_ended", sa.TEXT(), nullable=True),
        sa.Column("source", sa.TEXT(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("import_run_id", sa.BigInteger(), nullable=True),
        sa.Column("subject", sa.TEXT(), server_default="land", nullable=False),
        sa.CheckConstraint("subject IN ('land', 'factory')", name=op.f("ck_leases_subject")),
        sa.CheckConstraint("part IS NULL OR ST_IsValid(part)", name=op.f("ck_leases_part_valid")),
        sa.CheckConstraint("to_on IS NULL OR to_on > from_on", name=op.f("ck_leases_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leases")),
    )
    op.create_index("ix_leases_lot_key", "leases", ["lot_key"], unique=False)
    op.create_table(
        "lots",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("source", sa.TEXT(), nullable=True),
        sa.Column("import_run_id", sa.BigInteger(), nullable=True),
        sa.Column("search_folded", sa.TEXT(), nullable=True),
        sa.Column("key", sa.TEXT(), nullable=False),
        sa.Column("zone_key", sa.TEXT(), nullable=False),
        sa.Column("number", sa.TEXT(), nullable=False),
        sa.Column("use", sa.TEXT(), nullable=False),
        sa.Column("area_planned_ha", sa.Float(), nullable=True),
        sa.Column(
            "area_measured_ha",
            sa.Float(),
            sa.Computed("ST_Area(geography(geom), true) / 10000", persisted=True),
            nullable=True,
        ),
        sa.Column("serviced_on", sa.Date(), nullable=True),
        sa.Column("geom", Geometry("MULTIPOLYGON", srid=STORAGE_SRID, spatial_index=False), nullable=False),
        sa.Column(
            "geom_tile",
            Geometry("MULTIPOLYGON", srid=3857, spatial_index=False),
            sa.Computed("ST_Transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint(
            "use IN ('industrial', 'service', 'technical', 'green', 'road')", name=op.f("ck_lots_use")
        ),
        sa.CheckConstraint("ST_IsValid(geom)", name=op.f("ck_lots_geom_valid")),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_lots_valid_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lots")),
        sa.UniqueConstraint("key", "valid_from", name=op.f("uq_lots_key_valid_from")),
    )
    op.create_index("ix_lots_geom", "lots", ["geom"], unique=False, postgresql_using="gist")
    op.create_index(
        "ix_lots_search_folded",
        "lots",
        ["search_folded"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search_folded": "gin_trgm_ops"},
    )
    op.create_index("ix_lots_zone_key", "lots", ["zone_key"], unique=False)
    op.create_index(
        "uq_lots_key_open", "lots", ["key"], unique=True, postgresql_where=sa.text("valid_to IS NULL")
    )
    op.create_table(
        "parcel_stage_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("parcel_key", sa.TEXT(), nullable=False),
        sa.Column("stage", sa.TEXT(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("source", sa.TEXT(), nullable=True),
        sa.Column("illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("import_run_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "stage IN ('not_started', 'notified', 'inventoried', 'plan_published', 'plan_approved', 'paid', 'handed_over')",
            name=op.f("ck_parcel_stage_events_stage"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parcel_stage_events")),
    )
    op.create_index(
        "ix_parcel_stage_events_latest",
        "parcel_stage_events",
        ["parcel_key", sa.literal_column("effective_on DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_table(
        "parcels",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("source", sa.TEXT(), nullable=True),
        sa.Column("import_run_id", sa.BigInteger(), nullable=True),
        sa.Column("search_folded", sa.TEXT(), nullable=True),
        sa.Column(
            "key",
            sa.TEXT(),
            sa.Computed("commune_code || '-' || sheet_number || '-' || parcel_number", persisted=True),
            nullable=False,
        ),
        sa.Column("commune_code", sa.TEXT(), nullable=False),
        sa.Column("sheet_number", sa.TEXT(), nullable=False),
        sa.Column("parcel_number", sa.TEXT(), nullable=False),
        sa.Column("area_legal_m2", sa.Float(), nullable=True),
        sa.Column(
            "area_measured_ha",
            sa.Float(),
            sa.Computed("ST_Area(geography(geom), true) / 10000", persisted=True),
            nullable=True,
        ),
        sa.Column("land_type", sa.TEXT(), nullable=True),
        sa.Column("land_type_vintage", sa.TEXT(), nullable=True),
        sa.Column("user_type", sa.TEXT(), nullable=True),
        sa.Column("user_name", sa.TEXT(), nullable=True),
        sa.Column("origin", sa.TEXT(), nullable=True),
        sa.Column("state_managed", sa.Boolean(), nullable=True),
        sa.Column("zone_key", sa.TEXT(), nullable=True),
        sa.Column("geom", Geometry("MULTIPOLYGON", srid=STORAGE_SRID, spatial_index=False), nullable=False),
        sa.Column(
            "geom_tile",
            Geometry("MULTIPOLYGON", srid=3857, spatial_index=False),
            sa.Computed("ST_Transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint("ST_IsValid(geom)", name=op.f("ck_parcels_geom_valid")),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_parcels_valid_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parcels")),
        sa.UniqueConstraint("key", "valid_from", name=op.f("uq_parcels_key_valid_from")),
    )
    op.create_index("ix_parcels_geom", "parcels", ["geom"], unique=False, postgresql_using="gist")
    op.create_index("ix_parcels_sheet_parcel", "parcels", ["sheet_number", "parcel_number"], unique=False)
    op.create_index("ix_parcels_zone_key", "parcels", ["zone_key"], unique=False)
    op.create_index(
        "uq_parcels_key_open", "parcels", ["key"], unique=True, postgresql_where=sa.text("valid_to IS NULL")
    )
    op.create_table(
        "places",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("source", sa.TEXT(), nullable=True),
        sa.Column("import_run_id", sa.BigInteger(), nullable=True),
        sa.Column("search_folded", sa.TEXT(), nullable=True),
        sa.Column("key", sa.TEXT(), nullable=False),
        sa.Column("name", sa.TEXT(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("geom", Geometry("POINT", srid=STORAGE_SRID, spatial_index=False), nullable=False),
        sa.Column(
            "geom_tile",
            Geometry("POINT", srid=3857, spatial_index=False),
            sa.Computed("ST_Transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint("NOT ST_IsEmpty(geom)", name=op.f("ck_places_geom_valid")),
        sa.CheckConstraint("rank BETWEEN 1 AND 4", name=op.f("ck_places_rank")),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_places_valid_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_places")),
        sa.UniqueConstraint("key", "valid_from", name=op.f("uq_places_key_valid_from")),
    )
    op.create_index("ix_places_geom", "places", ["geom"], unique=False, postgresql_using="gist")
    op.create_index(
        "ix_places_search_folded",
        "places",
        ["search_folded"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search_folded": "gin_trgm_ops"},
    )
    op.create_index(
        "uq_places_key_open", "places", ["key"], unique=True, postgresql_where=sa.text("valid_to IS NULL")
    )
    op.create_table(
        "reservations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lot_key", sa.TEXT(), nullable=False),
        sa.Column("part", Geometry("MULTIPOLYGON", srid=STORAGE_SRID, spatial_index=False), nullable=True),
        sa.Column("holder", sa.TEXT(), nullable=False),
        sa.Column("enterprise_key", sa.TEXT(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("document", sa.TEXT(), nullable=True),
        sa.Column("reason_ended", sa.TEXT(), nullable=True),
        sa.Column("source", sa.TEXT(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("import_run_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("part IS NULL OR ST_IsValid(part)", name=op.f("ck_reservations_part_valid")),
        sa.CheckConstraint("to_on IS NULL OR to_on > from_on", name=op.f("ck_reservations_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservations")),
    )
    op.create_index("ix_reservations_lot_key", "reservations", ["lot_key"], unique=False)
    op.create_table(
        "roads",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("source", sa.TEXT(), nullable=True),
        sa.Column("import_run_id", sa.BigInteger(), nullable=True),
        sa.Column("search_folded", sa.TEXT(), nullable=True),
        sa.Column("key", sa.TEXT(), nullable=False),
        sa.Column("name", sa.TEXT(), nullable=True),
        sa.Column("road_class", sa.TEXT(), nullable=True),
        sa.Column("is_oneway", sa.Boolean(), nullable=True),
        sa.Column("speed_limit_kmh", sa.Float(), nullable=True),
        sa.Column(
            "length_m",
            sa.Float(),
            sa.Computed("ST_Length(geography(geom), true)", persisted=True),
            nullable=True,
        ),
        sa.Column(
            "geom", Geometry("MULTILINESTRING", srid=STORAGE_SRID, spatial_index=False), nullable=False
        ),
        sa.Column(
            "geom_tile",
            Geometry("MULTILINESTRING", srid=3857, spatial_index=False),
            sa.Computed("ST_Transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.Column(
            "geom_low",
            Geometry("GEOMETRY", srid=3857, spatial_index=False),
            sa.Computed("ST_Simplify(ST_Transform(geom, 3857), 60, true)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint("ST_Length(geom) > 0", name=op.f("ck_roads_geom_has_length")),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_roads_valid_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roads")),
        sa.UniqueConstraint("key", "valid_from", name=op.f("uq_roads_key_valid_from")),
    )
    op.create_index("ix_roads_geom", "roads", ["geom"], unique=False, postgresql_using="gist")
    op.create_index("ix_roads_road_class", "roads", ["road_class"], unique=False)
    op.create_index(
        "ix_roads_search_folded",
        "roads",
        ["search_folded"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search_folded": "gin_trgm_ops"},
    )
    op.create_index(
        "uq_roads_key_open", "roads", ["key"], unique=True, postgresql_where=sa.text("valid_to IS NULL")
    )
    op.create_table(
        "rules",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.TEXT(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("source", sa.TEXT(), nullable=False),
        sa.Column("recorded_by", sa.TEXT(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("value >= 0", name=op.f("ck_rules_value")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rules")),
    )
    op.create_index(op.f("ix_rules_name"), "rules", ["name"], unique=False)
    op.create_table(
        "setup_tokens",
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_setup_tokens")),
    )
    op.create_table(
        "water",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("source", sa.TEXT(), nullable=True),
        sa.Column("import_run_id", sa.BigInteger(), nullable=True),
        sa.Column("search_folded", sa.TEXT(), nullable=True),
        sa.Column("key", sa.TEXT(), nullable=False),
        sa.Column("name", sa.TEXT(), nullable=True),
        sa.Column("geom", Geometry("MULTIPOLYGON", srid=STORAGE_SRID, spatial_index=False), nullable=False),
        sa.Column(
            "geom_tile",
            Geometry("MULTIPOLYGON", srid=3857, spatial_index=False),
            sa.Computed("ST_Transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.Column(
            "geom_low",
            Geometry("GEOMETRY", srid=3857, spatial_index=False),
            sa.Computed("ST_Simplify(ST_Transform(geom, 3857), 60, true)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint("ST_IsValid(geom)", name=op.f("ck_water_geom_valid")),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_water_valid_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_water")),
        sa.UniqueConstraint("key", "valid_from", name=op.f("uq_water_key_valid_from")),
    )
    op.create_index("ix_water_geom", "water", ["geom"], unique=False, postgresql_using="gist")
    op.create_index(
        "ix_water_search_folded",
        "water",
        ["search_folded"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search_folded": "gin_trgm_ops"},
    )
    op.create_index(
        "uq_water_key_open", "water", ["key"], unique=True, postgresql_where=sa.text("valid_to IS NULL")
    )
    op.create_table(
        "zone_observations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("zone_key", sa.TEXT(), nullable=False),
        sa.Column("quantity", sa.TEXT(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("denominator", sa.TEXT(), nullable=True),
        sa.Column("observed_on", sa.Date(), nullable=False),
        sa.Column("source", sa.TEXT(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("import_run_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "quantity IN ('area_total_ha', 'industrial_area_ha', 'leased_ha', 'free_ha', 'occupancy_ratio', 'cleared_ha', 'cleared_ratio')",
            name=op.f("ck_zone_observations_quantity"),
        ),
        sa.CheckConstraint("value >= 0", name=op.f("ck_zone_observations_value")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone_observations")),
    )
    op.create_index(
        "ix_zone_observations_zone_key", "zone_observations", ["zone_key", "observed_on"], unique=False
    )
    op.create_table(
        "zone_supply",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.TEXT(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("illustrative", sa.Boolean(), nullable=False),
        sa.Column("basis", sa.TEXT(), nullable=False),
        sa.Column("industrial_ha", sa.Float(), nullable=True),
        sa.Column("cleared_ha", sa.Float(), nullable=True),
        sa.Column("ready_ha", sa.Float(), nullable=True),
        sa.Column("leased_ha", sa.Float(), nullable=True),
        sa.Column("reserved_ha", sa.Float(), nullable=True),
        sa.Column("free_ha", sa.Float(), nullable=True),
        sa.Column("largest_plot_ha", sa.Float(), nullable=True),
        sa.Column("largest_plot_lots", sa.ARRAY(sa.TEXT()), nullable=True),
        sa.Column("reported_on", sa.Date(), nullable=True),
        sa.Column("reported_source", sa.TEXT(), nullable=True),
        sa.CheckConstraint(
            "basis <> 'unknown' OR free_ha IS NULL", name=op.f("ck_zone_supply_unknown_is_no_data")
        ),
        sa.CheckConstraint("basis IN ('derived', 'reported', 'unknown')", name=op.f("ck_zone_supply_basis")),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_zone_supply_valid_range")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone_supply")),
    )
    op.create_index("ix_zone_supply_key", "zone_supply", ["key", "valid_from"], unique=False)
    op.create_table(
        "zones",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("illustrative", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("source", sa.TEXT(), nullable=True),
        sa.Column("import_run_id", sa.BigInteger(), nullable=True),
        sa.Column("search_folded", sa.TEXT(), nullable=True),
        sa.Column("key", sa.TEXT(), nullable=False),
        sa.Column("name", sa.TEXT(), nullable=False),
        sa.Column("other_names", sa.ARRAY(sa.TEXT()), nullable=True),
        sa.Column("kind", sa.TEXT(), nullable=False),
        sa.Column("parent_key", sa.TEXT(), nullable=True),
        sa.Column("status", sa.TEXT(), nullable=True),
        sa.Column("specialised", sa.Boolean(), nullable=True),
        sa.Column("vsic_scheme", sa.TEXT(), nullable=True),
        sa.Column("permitted_vsic", sa.ARRAY(sa.TEXT()), nullable=True),
        sa.Column("refused_vsic", sa.ARRAY(sa.TEXT()), nullable=True),
        sa.Column("area_legal_ha", sa.Float(), nullable=True),
        sa.Column(
            "area_measured_ha",
            sa.Float(),
            sa.Computed("ST_Area(geography(geom), true) / 10000", persisted=True),
            nullable=True,
        ),
        sa.Column("industrial_area_ha", sa.Float(), nullable=True),
        sa.Column("investor", sa.TEXT(), nullable=True),
        sa.Column("decision_number", sa.TEXT(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("infrastructure_ratio", sa.Float(), nullable=True),
        sa.Column("wastewater_plant", sa.Boolean(), nullable=True),
        sa.Column("wastewater_capacity_m3_day", sa.Float(), nullable=True),
        sa.Column("rent_usd_m2_term", sa.Float(), nullable=True),
        sa.Column("clearance_basis", sa.TEXT(), server_default="unknown", nullable=False),
        sa.Column("handover_decision", sa.TEXT(), nullable=True),
        sa.Column("handed_over_on", sa.Date(), nullable=True),
        sa.Column("geom", Geometry("MULTIPOLYGON", srid=STORAGE_SRID, spatial_index=False), nullable=False),
        sa.Column("entrance_lon", sa.Float(), nullable=True),
        sa.Column("entrance_lat", sa.Float(), nullable=True),
        sa.Column(
            "entrance",
            Geometry("POINT", srid=STORAGE_SRID, spatial_index=False),
            sa.Computed("ST_SetSRID(ST_MakePoint(entrance_lon, entrance_lat), 4326)", persisted=True),
            nullable=True,
        ),
        sa.Column(
            "geom_tile",
            Geometry("MULTIPOLYGON", srid=3857, spatial_index=False),
            sa.Computed("ST_Transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.Column(
            "geom_low",
            Geometry("GEOMETRY", srid=3857, spatial_index=False),
            sa.Computed("ST_Simplify(ST_Transform(geom, 3857), 60, true)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint(
            "clearance_basis <> 'declared' OR (handover_decision IS NOT NULL AND handed_over_on IS NOT NULL)",
            name=op.f("ck_zones_declared_has_decision"),
        ),
        sa.CheckConstraint(
            "clearance_basis IN ('parcels', 'declared', 'unknown')", name=op.f("ck_zones_clearance_basis")
        ),
        sa.CheckConstraint(
            "(entrance_lon IS NULL) = (entrance_lat IS NULL)", name=op.f("ck_zones_entrance_whole")
        ),
        sa.CheckConstraint("ST_IsValid(geom)", name=op.f("ck_zones_geom_valid")),
        sa.CheckConstraint("area_legal_ha > 0 AND industrial_area_ha >= 0", name=op.f("ck_zones_areas")),
        sa.CheckConstraint(
            "entrance_lon BETWEEN 102 AND 118 AND entrance_lat BETWEEN 7 AND 24",
            name=op.f("ck_zones_entrance_in_country"),
        ),
        sa.CheckConstraint(
            "infrastructure_ratio BETWEEN 0 AND 1", name=op.f("ck_zones_infrastructure_ratio")
        ),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_zones_valid_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zones")),
        sa.UniqueConstraint("key", "valid_from", name=op.f("uq_zones_key_valid_from")),
    )
    op.create_index("ix_zones_entrance", "zones", ["entrance"], unique=False, postgresql_using="gist")
    op.create_index("ix_zones_geom", "zones", ["geom"], unique=False, postgresql_using="gist")
    op.create_index("ix_zones_parent_key", "zones", ["parent_key"], unique=False)
    op.create_index(
        "ix_zones_search_folded",
        "zones",
        ["search_folded"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search_folded": "gin_trgm_ops"},
    )
    op.create_index(
        "uq_zones_key_open", "zones", ["key"], unique=True, postgresql_where=sa.text("valid_to IS NULL")
    )
    op.create_table(
        "import_notes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("key", sa.TEXT(), nullable=True),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.Column("code", sa.TEXT(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("received", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["import_runs.id"],
            name=op.f("fk_import_notes_run_id_import_runs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_notes")),
    )
    op.create_index("ix_import_notes_run_id", "import_notes", ["run_id", "row_number"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("csrf_token", sa.TEXT(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_sessions_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_sessions")),
    )
    op.create_index("ix_sessions_account_id", "sessions", ["account_id"], unique=False)
    pin_vn2000(op.get_bind())
    install_queue(op.get_bind())
    _server_rights()


def _server_rights() -> None:
    """The server's role reads and writes rows; it owns nothing, and events are only added."""
    for statement in RIGHTS:
        op.get_bind().exec_driver_sql(statement)
