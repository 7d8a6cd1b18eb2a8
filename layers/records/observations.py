"""What others reported of a zone: a quantity with its unit, denominator, date and source."""

from __future__ import annotations

from sqlalchemy import (
    TEXT,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Float,
    Identity,
    Index,
    Table,
    func,
)

from layers.layer import Code, Text, metadata

QUANTITIES = (
    Code("area_total_ha", Text("Diện tích", "Total area")),
    Code("industrial_area_ha", Text("Đất công nghiệp", "Industrial land")),
    Code("leased_ha", Text("Đã cho thuê", "Leased")),
    Code("free_ha", Text("Đất còn trống", "Free land")),
    Code("occupancy_ratio", Text("Tỷ lệ lấp đầy", "Occupancy")),
    Code("cleared_ha", Text("Đã bàn giao mặt bằng", "Cleared")),
    Code("cleared_ratio", Text("Tỷ lệ GPMB", "Clearance rate")),
)

OBSERVATIONS = Table(
    "zone_observations",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("zone_key", TEXT, nullable=False),
    Column("quantity", TEXT, nullable=False),
    Column("value", Float, nullable=False),
    Column("denominator", TEXT),
    Column("observed_on", Date, nullable=False),
    Column("source", TEXT, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("illustrative", Boolean, nullable=False, server_default="false"),
    Column("import_run_id", BigInteger),
    CheckConstraint(
        "quantity IN ('area_total_ha', 'industrial_area_ha', 'leased_ha', 'free_ha', 'occupancy_ratio', "
        "'cleared_ha', 'cleared_ratio')",
        name="quantity",
    ),
    CheckConstraint("value >= 0", name="value"),
)
Index("ix_zone_observations_zone_key", OBSERVATIONS.c.zone_key, OBSERVATIONS.c.observed_on)
