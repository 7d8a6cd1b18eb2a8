"""
Signing in: passwords by a one-time token, a session by name and password.

The first account is made with the token of the console and is the administrator's; the others are made by
the administrator (`api.actions.accounts`), each with a token by which the person sets their own password.

Of every token only the hash is kept, so whoever reads the tables can sign in with none of them.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Connection, delete, exists, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from gis.errors import BadInput, Conflict, Forbidden
from gis.text import nfc
from layers.access import PUBLIC, Actor, Role
from layers.dates import today
from layers.layer import Rows
from layers.records.accounts import ACCOUNTS, SESSIONS, SETUP_TOKENS
from layers.territory import units_of

SESSION_LASTS = timedelta(hours=12)
TOKEN_LASTS = timedelta(days=7)
LEAST_PASSWORD = 10
MOST_PASSWORD = 256
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{2,63}")


class SignInWrong(Forbidden):
    """The name or the password is wrong; which of them is not told."""


class SetupTokenWrong(Forbidden):
    """The one-time token is unknown, used or out of date."""


class PasswordWeak(BadInput):
    """The password is too short, too long, or the account's own name."""


class AccountNameInvalid(BadInput):
    """The name of an account holds what a name may not."""


class AccountExists(Conflict):
    """Another account has this name."""


@dataclass(frozen=True)
class Account:
    """Who signed in."""

    id: int
    name: str
    full_name: str
    role: Role
    territory: frozenset[str] = frozenset()

    @property
    def actor(self) -> Actor:
        """The account as the actor of a query."""
        return Actor(self.role, self.id, self.name, self.territory)


@dataclass(frozen=True)
class Session:
    """A session with its secret token (for the cookie) and the token that every write repeats."""

    account: Account
    csrf_token: str
    token: str = ""


def ensure_setup_token(db: Connection) -> str | None:
    """A new token for the first administrator while there is none; None as soon as there is one."""
    return None if has_administrator(db) else first_token(db)


def has_account(db: Connection) -> bool:
    """Whether anybody can sign in."""
    return bool(db.execute(select(exists(select(ACCOUNTS.c.id)))).scalar_one())


def has_administrator(db: Connection) -> bool:
    """Whether there is somebody who can make accounts: enabled, and with a password."""
    return bool(db.execute(select(exists(administrators()))).scalar_one())


def administrators() -> Rows:
    """Ids of the accounts that can make accounts today."""
    own = ACCOUNTS.c
    return select(own.id).where(
        own.role == Role.ADMINISTRATOR.value, own.disabled.is_(False), own.password_hash.is_not(None)
    )


def first_token(db: Connection) -> str:
    """A new one-time token by which the first administrator is made; earlier unused ones are void."""
    return _token(db, None)


def password_token(db: Connection, account_id: int) -> str:
    """A new one-time token by which a person sets their own password; their earlier unused ones are void."""
    return _token(db, account_id)


def _token(db: Connection, account_id: int | None) -> str:
    token = secrets.token_urlsafe(24)
    own = SETUP_TOKENS.c
    db.execute(
        delete(SETUP_TOKENS).where(own.account_id.is_not_distinct_from(account_id), own.used_at.is_(None))
    )
    db.execute(
        insert(SETUP_TOKENS).values(
            token_sha256=_hash(token), account_id=account_id, expires_at=_now() + TOKEN_LASTS
        )
    )
    return token


def set_up(db: Connection, token: str, name: str | None, full_name: str | None, password: str) -> Account:
    """
    Set a password with a one-time token: of the account that the token belongs to, else of a new
    administrator, as long as there is none.

    ``name`` and ``full_name`` are those of the first administrator; an account that was made by one keeps
    what it was given, and a name that is told must be its own.

    Raises
    ------
    SetupTokenWrong, AccountNameInvalid, PasswordWeak, AccountExists
    """
    account_id = _use(db, token)
    if account_id is None:
        return _first(db, name or "", full_name or "", password)
    own = ACCOUNTS.c
    row = db.execute(select(own.name).where(own.id == account_id, own.disabled.is_(False))).one_or_none()
    if row is None or (name and nfc(name).strip().lower() != row.name):
        raise SetupTokenWrong()
    hashed = hashed_password(row.name, password)
    db.execute(update(ACCOUNTS).where(own.id == account_id).values(password_hash=hashed))
    # Whoever knew the earlier password is signed out everywhere.
    db.execute(delete(SESSIONS).where(SESSIONS.c.account_id == account_id))
    found = account_of(db, account_id)
    assert found is not None
    return found


def _use(db: Connection, token: str) -> int | None:
    """Use a token up; the account whose password it sets, None for the first administrator."""
    # The update locks the token's row: of two that come at once, one finds it used.
    used = db.execute(
        update(SETUP_TOKENS)
        .where(SETUP_TOKENS.c.token_sha256 == _hash(token))
        .where(SETUP_TOKENS.c.used_at.is_(None), SETUP_TOKENS.c.expires_at > _now())
        .values(used_at=_now())
        .returning(SETUP_TOKENS.c.account_id)
    ).one_or_none()
    if used is None:
        raise SetupTokenWrong()
    return used.account_id


def _first(db: Connection, name: str, full_name: str, password: str) -> Account:
    name = read_name(name)
    hashed = hashed_password(name, password)
    db.execute(select(func.pg_advisory_xact_lock(func.hashtext("didoi accounts"))))
    if has_administrator(db):  # a token that was printed before somebody else was faster
        raise SetupTokenWrong()
    row = upsert(ACCOUNTS).values(
        name=name,
        full_name=nfc(full_name).strip() or name,
        password_hash=hashed,
        role=Role.ADMINISTRATOR.value,
    )
    made = db.execute(
        row.on_conflict_do_nothing().returning(ACCOUNTS.c.id, ACCOUNTS.c.full_name)
    ).one_or_none()
    if made is None:
        raise AccountExists(name=name)
    return Account(made.id, name, made.full_name, Role.ADMINISTRATOR)


def read_name(name: str) -> str:
    """
    The name of an account as it is kept.

    Raises
    ------
    AccountNameInvalid
    """
    name = nfc(name).strip().lower()
    if not _NAME.fullmatch(name):
        raise AccountNameInvalid(name=name[:80])
    return name


def hashed_password(name: str, password: str) -> str:
    """
    The hash of a password for an account.

    Raises
    ------
    PasswordWeak
    """
    if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD or password.lower() == name:
        raise PasswordWeak(least=LEAST_PASSWORD)
    return _hasher().hash(password)


def account_of(db: Connection, account_id: int | None) -> Account | None:
    """An account that may act today; None where it is disabled or gone."""
    row = db.execute(_accounts().where(ACCOUNTS.c.id == account_id)).one_or_none()
    return None if row is None else _account(row)


def _accounts() -> Rows:
    """Accounts that may act, each with the units that it works for today."""
    own = ACCOUNTS.c
    units = func.array(units_of(own.id, today()).scalar_subquery()).label("territory")
    return select(own.id, own.name, own.full_name, own.role, own.password_hash, units).where(
        own.disabled.is_(False)
    )


def _account(row: Any) -> Account:
    return Account(row.id, row.name, row.full_name, Role(row.role), frozenset(row.territory))


def sign_in(db: Connection, name: str, password: str) -> Session:
    """
    Open a session.

    Raises
    ------
    SignInWrong
        After the same work whether the account exists or not, so that time tells nothing.
    """
    row = db.execute(_accounts().where(ACCOUNTS.c.name == nfc(name).strip().lower())).one_or_none()
    # An account without a password yet is compared with nobody's, too.
    hashed = (row.password_hash if row else None) or _nobody()
    matches = _hasher().verify(password[:MOST_PASSWORD], hashed)
    if row is None or row.password_hash is None or not matches:
        raise SignInWrong()
    return open_session(db, _account(row))


def open_session(db: Connection, account: Account) -> Session:
    """A session for somebody who has just proved who they are; sessions past their end are removed."""
    session = Session(account, secrets.token_urlsafe(24), secrets.token_urlsafe(32))
    db.execute(delete(SESSIONS).where(SESSIONS.c.expires_at <= _now()))
    db.execute(
        insert(SESSIONS).values(
            token_sha256=_hash(session.token),
            account_id=account.id,
            csrf_token=session.csrf_token,
            expires_at=_now() + SESSION_LASTS,
        )
    )
    return session


def session_of(db: Connection, token: str | None) -> Session | None:
    """The session of a token; None when there is none, or no more."""
    if not token:
        return None
    row = db.execute(
        _accounts()
        .add_columns(SESSIONS.c.csrf_token)
        .join(SESSIONS, SESSIONS.c.account_id == ACCOUNTS.c.id)
        .where(SESSIONS.c.token_sha256 == _hash(token), SESSIONS.c.expires_at > _now())
    ).one_or_none()
    return None if row is None else Session(_account(row), row.csrf_token, token)


def actor_of(session: Session | None) -> Actor:
    """Who asks: the account of a session, or the anonymous public."""
    return session.account.actor if session else PUBLIC


def sign_out(db: Connection, token: str) -> None:
    """Close a session; one that is closed already stays so."""
    db.execute(delete(SESSIONS).where(SESSIONS.c.token_sha256 == _hash(token)))


def _now() -> datetime:
    return datetime.now(UTC)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


@cache
def _hasher() -> PasswordHash:
    return PasswordHash((Argon2Hasher(),))


@cache
def _nobody() -> str:
    """Hash of a password that nobody has, to be compared where there is no account."""
    return _hasher().hash(secrets.token_urlsafe(32))
