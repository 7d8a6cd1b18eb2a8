"""Roadmaps of clearance, whose earlier baselines are kept, and the forecasts beside them."""

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
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from layers.layer import metadata

#: Append-only: an adjusted roadmap is a new one; on a date the latest decided by then counts.
ROADMAPS = Table(
    "roadmaps",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("zone_key", TEXT, nullable=False),
    Column("decided_on", Date, nullable=False),
    Column("decision_number", TEXT, nullable=False),
    Column("title", TEXT),
    Column("recorded_by", TEXT),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("source", TEXT),
    Column("illustrative", Boolean, nullable=False, server_default="false"),
    UniqueConstraint("zone_key", "decided_on", "decision_number"),
)

ROADMAP_POINTS = Table(
    "roadmap_points",
    metadata,
    Column("roadmap_id", BigInteger, ForeignKey("roadmaps.id", ondelete="CASCADE"), primary_key=True),
    Column("on_day", Date, primary_key=True),
    #: Cumulative: handed over by that day.
    Column("area_ha", Float, nullable=False),
    Column("cases", Integer),
    Column("amount_vnd", BigInteger),
    CheckConstraint("area_ha >= 0 AND cases >= 0 AND amount_vnd >= 0", name="amounts"),
)

FORECASTS = Table(
    "forecasts",
    metadata,
    Column("zone_key", TEXT, primary_key=True),
    #: Raised with every change that a forecast rests on; a forecast of an earlier number is stale.
    Column("changed", BigInteger, nullable=False, server_default="1"),
    Column("computed_of", BigInteger),
    Column("computed_at", DateTime(timezone=True)),
    Column("as_of", Date),
    #: 'ready', 'too_little' (too few finished cases to tell) or 'done' (nothing is left to clear).
    Column("status", TEXT),
    Column("observed_cases", Integer),
    Column("p10_on", Date),
    Column("p50_on", Date),
    Column("p90_on", Date),
    #: {"days": [...], "ha": {"p10": [...], "p50": [...], "p90": [...]}, "cases": {...}}
    Column("curve", JSONB),
    CheckConstraint("status IN ('ready', 'too_little', 'done')", name="status"),
)

CASE_FORECASTS = Table(
    "case_forecasts",
    metadata,
    Column("case_key", TEXT, primary_key=True),
    Column("zone_key", TEXT, nullable=False),
    #: Null where hand-over is not foreseen within the horizon at that level.
    Column("p10_on", Date),
    Column("p50_on", Date),
    Column("p90_on", Date),
)
Index("ix_case_forecasts_zone_key", CASE_FORECASTS.c.zone_key)
