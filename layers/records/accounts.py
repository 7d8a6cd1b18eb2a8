"""Accounts, their territories, server-side sessions, and the one-time tokens by which passwords are set."""

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
    LargeBinary,
    Table,
    func,
)

from layers.layer import metadata

ACCOUNTS = Table(
    "accounts",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("name", TEXT, nullable=False, unique=True),
    Column("full_name", TEXT, nullable=False),
    #: Null until the person has set one with a one-time token.
    Column("password_hash", TEXT),
    Column("role", TEXT, nullable=False),
    Column("disabled", Boolean, nullable=False, server_default="false"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("role IN ('planner', 'land_officer', 'approver', 'administrator')", name="roles"),
)

#: Units in whose territory a land officer or approver acts, with dates; keys of ``admin_units``.
TERRITORIES = Table(
    "account_territories",
    metadata,
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("unit_key", TEXT, primary_key=True),
    Column("valid_from", Date, primary_key=True),
    Column("valid_to", Date),
    CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="valid_range"),
)

#: Only the hash of a token is kept: who reads the table cannot sign in with it.
SESSIONS = Table(
    "sessions",
    metadata,
    Column("token_sha256", LargeBinary, primary_key=True),
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("csrf_token", TEXT, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)
Index("ix_sessions_account_id", SESSIONS.c.account_id)

SETUP_TOKENS = Table(
    "setup_tokens",
    metadata,
    Column("token_sha256", LargeBinary, primary_key=True),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    #: Whose password it sets; null for the token that makes the first account. Last, for it was added.
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE")),
)
