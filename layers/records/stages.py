"""
Stages of clearance cases as append-only events, and the runs that follow from them.

An event is never changed: a later one of the same day counts, and one that was wrong is replaced by a new
event that names it. Every question in time is answered from here: what was true on a date, and what was known
of it on another.
"""

from __future__ import annotations

from sqlalchemy import (
    TEXT,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    Table,
    func,
)

from layers.layer import Code, Text, metadata

#: The groups of stages that charts, legend and tiles show; a stage of a law's model belongs to one of them.
STAGES = (
    Code("not_started", Text("Chưa bắt đầu", "Not started"), "@stage.0"),
    Code("notified", Text("Thông báo thu hồi", "Recovery notice"), "@stage.1"),
    Code("inventoried", Text("Đo đạc, kiểm đếm", "Survey and inventory"), "@stage.2"),
    Code("plan_published", Text("Công khai phương án", "Plan published"), "@stage.3"),
    Code("plan_approved", Text("Phê duyệt phương án", "Plan approved"), "@stage.4"),
    Code("paid", Text("Đã chi trả", "Paid"), "@stage.5"),
    Code("handed_over", Text("Đã bàn giao mặt bằng", "Handed over"), "@stage.6"),
)

#: The only group that counts as cleared (DOMAIN: hand-over of the site, dated per parcel).
CLEARED = "handed_over"
CLEARED_RANK = 6

EVENTS = Table(
    "stage_events",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("case_key", TEXT, nullable=False),
    #: Code of a stage in the model of the case's law; null where the event only withdraws another.
    Column("stage", TEXT),
    Column("effective_on", Date, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("recorded_by", TEXT),
    Column("document_id", BigInteger, ForeignKey("documents.id")),
    #: The event that this one puts in the place of, for whoever knows of both.
    Column("replaces_id", BigInteger, ForeignKey("stage_events.id")),
    Column("reason", TEXT),
    Column("source", TEXT),
    Column("submission_id", BigInteger, ForeignKey("submissions.id")),
    Column("illustrative", Boolean, nullable=False, server_default="false"),
    Column("import_run_id", BigInteger),
    CheckConstraint("stage IS NOT NULL OR replaces_id IS NOT NULL", name="says_something"),
)
Index("ix_stage_events_case", EVENTS.c.case_key, EVENTS.c.effective_on, EVENTS.c.id)
Index("ix_stage_events_recorded_at", EVENTS.c.recorded_at)
Index("ix_stage_events_replaces_id", EVENTS.c.replaces_id, postgresql_where=EVENTS.c.replaces_id.is_not(None))

RUNS = Table(
    "case_stages",
    metadata,
    #: Kept by the verb that appends an event: what is known now, a case's stage on [from_on, to_on).
    Column("case_key", TEXT, primary_key=True),
    Column("from_on", Date, primary_key=True),
    Column("to_on", Date),
    Column("stage", TEXT, nullable=False),
    #: Rank of the stage's group, 0 to 6, as in :data:`STAGES`.
    Column("stage_rank", SmallInteger, nullable=False),
    CheckConstraint("to_on IS NULL OR to_on > from_on", name="range"),
    CheckConstraint("stage_rank BETWEEN 0 AND 6", name="stage_rank"),
)

LEDGER = Table(
    "clearance_ledger",
    metadata,
    #: What changed in a zone or phase on a day: figures at a date are sums of the rows up to it.
    Column("zone_key", TEXT, primary_key=True),
    Column("on_day", Date, primary_key=True),
    #: Rank of the group that gains (or loses) land and cases; -1 is the row of money.
    Column("stage_rank", SmallInteger, primary_key=True),
    Column("area_mm2", BigInteger, nullable=False, server_default="0"),
    Column("cases", BigInteger, nullable=False, server_default="0"),
    Column("approved_vnd", BigInteger, nullable=False, server_default="0"),
    Column("paid_vnd", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("stage_rank BETWEEN -1 AND 6", name="stage_rank"),
)
