"""
Pairs of enterprises that may be one, and what was decided of them, for ever.

A side of a pair is known by its *identity*: the tax code where there is one, else the folded name and address
(:func:`gis.firm_names.identities`). The key under which it is stored may change; the list of the next quarter
has no key at all. So decisions are found by identity.
"""

from __future__ import annotations

from sqlalchemy import (
    TEXT,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Table,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from layers.layer import Code, Text, metadata

STATES = (
    Code("open", Text("Chờ xác nhận", "To be confirmed")),
    Code("same", Text("Cùng một doanh nghiệp", "The same firm")),
    Code("different", Text("Hai doanh nghiệp khác nhau", "Two firms")),
)

#: ``a`` is the side whose key sorts first. Of a pair that is one firm ``kept_key`` goes on; ``closed_key``
#: points to it, and its last version ended on ``closed_on``.
PAIRS = Table(
    "firm_pairs",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("a_identity", TEXT, nullable=False),
    Column("b_identity", TEXT, nullable=False),
    Column("a_key", TEXT, nullable=False),
    Column("b_key", TEXT, nullable=False),
    Column("score", Float, nullable=False),
    Column("reasons", JSONB, nullable=False, server_default="[]"),
    Column("state", TEXT, nullable=False, server_default="open"),
    Column("kept_key", TEXT),
    Column("closed_key", TEXT),
    Column("closed_on", Date),
    Column("decided_by", TEXT),
    Column("decided_at", DateTime(timezone=True)),
    Column("found_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("state IN ('open', 'same', 'different')", name="state"),
    CheckConstraint("score >= 0 AND score <= 1", name="score"),
    CheckConstraint("a_key <> b_key", name="two_keys"),
    CheckConstraint("(state = 'open') = (decided_by IS NULL)", name="decided"),
    CheckConstraint("(kept_key IS NULL) = (closed_key IS NULL)", name="kept_and_closed"),
    UniqueConstraint("a_key", "b_key"),
)
Index("ix_firm_pairs_a_identity", PAIRS.c.a_identity)
Index("ix_firm_pairs_b_identity", PAIRS.c.b_identity)
Index("ix_firm_pairs_state", PAIRS.c.state, PAIRS.c.score.desc())
Index("ix_firm_pairs_closed_key", PAIRS.c.closed_key)

#: Every decision that was ever taken; the last one of a pair stands in `PAIRS` too.
DECISIONS = Table(
    "firm_pair_decisions",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("pair_id", BigInteger, ForeignKey("firm_pairs.id"), nullable=False),
    Column("verdict", TEXT, nullable=False),
    Column("kept_key", TEXT),
    Column("closed_key", TEXT),
    Column("closed_on", Date),
    Column("decided_by", TEXT, nullable=False),
    Column("decided_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("verdict IN ('same', 'different')", name="verdict"),
)
Index("ix_firm_pair_decisions_pair_id", DECISIONS.c.pair_id)
