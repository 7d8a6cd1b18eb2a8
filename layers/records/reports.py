"""Reports as snapshots that show the same numbers whenever they are opened, and duties that were done."""

from __future__ import annotations

from sqlalchemy import (
    TEXT,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Identity,
    Table,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from layers.layer import metadata

#: Append-only.
REPORTS = Table(
    "reports",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("kind", TEXT, nullable=False),
    #: 'province', 'commune' or 'zone', and the key of the unit or zone (null for the province).
    Column("scope", TEXT, nullable=False),
    Column("scope_key", TEXT),
    Column("month", Date, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("number", TEXT),
    #: Everything that the report shows; its digest tells whether it is the same.
    Column("content", JSONB, nullable=False),
    Column("sha256", TEXT, nullable=False),
    Column("made_by", TEXT, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("scope IN ('province', 'commune', 'zone')", name="scope"),
    CheckConstraint("kind IN ('clearance_month')", name="kind"),
)

#: Append-only: that a duty of the calendar was done for one of its due dates.
DUTY_MARKS = Table(
    "duty_marks",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("duty", TEXT, nullable=False),
    #: Zone or unit for which the duty is done; empty where it is one for the province.
    Column("subject_key", TEXT, nullable=False, server_default=""),
    Column("due_on", Date, nullable=False),
    Column("done_on", Date, nullable=False),
    Column("document", TEXT),
    Column("note", TEXT),
    Column("marked_by", TEXT, nullable=False),
    Column("marked_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("illustrative", Boolean, nullable=False, server_default="false"),
    UniqueConstraint("duty", "subject_key", "due_on"),
)
