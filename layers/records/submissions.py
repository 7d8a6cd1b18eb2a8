"""Work in bulk: what somebody submits, row by row, and another person approves."""

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

from layers.layer import Code, Text, geometry, metadata

KINDS = (
    Code("stages", Text("Cập nhật giai đoạn", "Stage updates")),
    Code("payments", Text("Cập nhật chi trả", "Payments")),
    Code("inventory", Text("Cập nhật kiểm đếm", "Inventory")),
    Code("handover", Text("Bàn giao theo vùng vẽ", "Hand-over by drawing")),
)
STATES = (
    Code("draft", Text("Nháp", "Draft")),
    Code("submitted", Text("Chờ duyệt", "Submitted")),
    Code("approved", Text("Đã duyệt", "Approved")),
    Code("rejected", Text("Không duyệt", "Rejected")),
    Code("withdrawn", Text("Đã rút", "Withdrawn")),
)

SUBMISSIONS = Table(
    "submissions",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("kind", TEXT, nullable=False),
    Column("state", TEXT, nullable=False, server_default="draft"),
    Column("title", TEXT, nullable=False),
    Column("note", TEXT),
    Column("file_name", TEXT),
    #: Digest of the file: the same file is not taken in twice while the first waits or was approved.
    Column("sha256", TEXT),
    #: The polygon of a hand-over by drawing.
    Column("area", geometry("MULTIPOLYGON")),
    Column("created_by", BigInteger, ForeignKey("accounts.id"), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("submitted_at", DateTime(timezone=True)),
    Column("decided_by", BigInteger, ForeignKey("accounts.id")),
    Column("decided_at", DateTime(timezone=True)),
    Column("decision_note", TEXT),
    CheckConstraint("kind IN ('stages', 'payments', 'inventory', 'handover')", name="kind"),
    CheckConstraint("state IN ('draft', 'submitted', 'approved', 'rejected', 'withdrawn')", name="state"),
    CheckConstraint("decided_by IS NULL OR decided_by <> created_by", name="second_person"),
)

SUBMISSION_ROWS = Table(
    "submission_rows",
    metadata,
    Column("submission_id", BigInteger, ForeignKey("submissions.id", ondelete="CASCADE"), primary_key=True),
    Column("row_number", Integer, primary_key=True),
    Column("case_key", TEXT),
    #: The row as it was given, and as it was understood.
    Column("given", JSONB, nullable=False),
    Column("told", JSONB, nullable=False, server_default="{}"),
    #: 'ok', 'noted' or 'refused', with codes and facts of what is noted or wrong.
    Column("verdict", TEXT, nullable=False),
    Column("faults", JSONB, nullable=False, server_default="[]"),
    Column("applied", Boolean, nullable=False, server_default="false"),
    CheckConstraint("verdict IN ('ok', 'noted', 'refused')", name="verdict"),
)
Index("ix_submission_rows_case_key", SUBMISSION_ROWS.c.case_key)
