"""Clearance stages of parcels as append-only events (Land Law 2024, articles 85 to 89)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import (
    TEXT,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Identity,
    Index,
    Table,
    func,
    select,
)

from layers.layer import Code, Rows, Text, metadata

STAGES = (
    Code("not_started", Text("Chưa bắt đầu", "Not started"), "@stage.0"),
    Code("notified", Text("Thông báo thu hồi", "Recovery notice"), "@stage.1"),
    Code("inventoried", Text("Đo đạc, kiểm đếm", "Survey and inventory"), "@stage.2"),
    Code("plan_published", Text("Công khai phương án", "Plan published"), "@stage.3"),
    Code("plan_approved", Text("Phê duyệt phương án", "Plan approved"), "@stage.4"),
    Code("paid", Text("Đã chi trả", "Paid"), "@stage.5"),
    Code("handed_over", Text("Đã bàn giao mặt bằng", "Handed over"), "@stage.6"),
)

#: The only stage that counts as cleared (DOMAIN: hand-over of the site, dated per parcel).
CLEARED = "handed_over"

EVENTS = Table(
    "parcel_stage_events",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("parcel_key", TEXT, nullable=False),
    Column("stage", TEXT, nullable=False),
    Column("effective_on", Date, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("source", TEXT),
    Column("illustrative", Boolean, nullable=False, server_default="false"),
    Column("import_run_id", BigInteger),
    CheckConstraint(
        "stage IN ('not_started', 'notified', 'inventoried', 'plan_published', 'plan_approved', 'paid', "
        "'handed_over')",
        name="stage",
    ),
)
Index(
    "ix_parcel_stage_events_latest",
    EVENTS.c.parcel_key,
    EVENTS.c.effective_on.desc(),
    EVENTS.c.id.desc(),
)


def stage_at(parcel_key: ColumnElement[str], as_of: date) -> Rows:
    """
    The stage that a parcel had reached on a date, and since when: one row, or none before its first event.

    Of two events on one day the one recorded later counts: a correction is a new event.
    """
    return (
        select(EVENTS.c.stage, EVENTS.c.effective_on.label("stage_on"))
        .where(EVENTS.c.parcel_key == parcel_key, EVENTS.c.effective_on <= as_of)
        .order_by(EVENTS.c.effective_on.desc(), EVENTS.c.id.desc())
        .limit(1)
    )
