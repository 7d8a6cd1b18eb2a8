"""
Accounts and sessions: a first account by a one-time token, a session by name and password.

Of every token only the hash is kept, so whoever reads the tables can sign in with none of them.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Connection, delete, exists, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from gis.errors import BadInput, Conflict, Forbidden
from gis.text import nfc
from layers.access import PUBLIC, Actor, Role
from layers.records.accounts import ACCOUNTS, SESSIONS, SETUP_TOKENS

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

    @property
    def actor(self) -> Actor:
        """The account as the actor of a query."""
        return Actor(self.role, self.id, self.name)


@dataclass(frozen=True)
class Session:
    """A session with its secret token (for the cookie) and the token that every write repeats."""

    account: Account
    csrf_token: str
    token: str = ""


def ensure_setup_token(db: Connection) -> str | None:
    """A new one-time token while there is no account; None as soon as there is one."""
    return None if has_account(db) else make_token(db)


def has_account(db: Connection) -> bool:
    """Whether anybody can sign in."""
    return bool(db.execute(select(exists(select(ACCOUNTS.c.id)))).scalar_one())


def make_token(db: Connection) -> str:
    """A new one-time token by which one account can be made; earlier unused ones are void."""
    token = secrets.token_urlsafe(24)
    db.execute(delete(SETUP_TOKENS).where(SETUP_TOKENS.c.used_at.is_(None)))
    db.execute(insert(SETUP_TOKENS).values(token_sha256=_hash(token), expires_at=_now() + TOKEN_LASTS))
    return token


def set_up(db: Connection, token: str, name: str, full_name: str, password: str) -> Account:
    """
    Make a planner's account with a one-time token.

    Raises
    ------
    SetupTokenWrong, AccountNameInvalid, PasswordWeak, AccountExists
    """
    name = nfc(name).strip().lower()
    if not _NAME.fullmatch(name):
        raise AccountNameInvalid(name=name[:80])
    if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD or password.lower() == name:
        raise PasswordWeak(least=LEAST_PASSWORD)
    # The update locks the token's row: of two that come at once, one finds it used.
    used = db.execute(
        update(SETUP_TOKENS)
        .where(SETUP_TOKENS.c.token_sha256 == _hash(token))
        .where(SETUP_TOKENS.c.used_at.is_(None), SETUP_TOKENS.c.expires_at > _now())
        .values(used_at=_now())
    )
    if used.rowcount != 1:
        raise SetupTokenWrong()
    row = upsert(ACCOUNTS).values(
        name=name,
        full_name=nfc(full_name).strip() or name,
        password_hash=_hasher().hash(password),
        role="planner",
    )
    made = db.execute(
        row.on_conflict_do_nothing().returning(ACCOUNTS.c.id, ACCOUNTS.c.full_name)
    ).one_or_none()
    if made is None:
        raise AccountExists(name=name)
    return Account(made.id, name, made.full_name, Role.PLANNER)


def sign_in(db: Connection, name: str, password: str) -> Session:
    """
    Open a session.

    Raises
    ------
    SignInWrong
        After the same work whether the account exists or not, so that time tells nothing.
    """
    own = ACCOUNTS.c
    row = db.execute(
        select(own.id, own.name, own.full_name, own.role, own.password_hash).where(
            own.name == nfc(name).strip().lower(), own.disabled.is_(False)
        )
    ).one_or_none()
    matches = _hasher().verify(password[:MOST_PASSWORD], row.password_hash if row else _nobody())
    if row is None or not matches:
        raise SignInWrong()
    return open_session(db, Account(row.id, row.name, row.full_name, Role[row.role.upper()]))


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
    own = ACCOUNTS.c
    row = db.execute(
        select(own.id, own.name, own.full_name, own.role, SESSIONS.c.csrf_token)
        .join(SESSIONS, SESSIONS.c.account_id == own.id)
        .where(
            SESSIONS.c.token_sha256 == _hash(token), SESSIONS.c.expires_at > _now(), own.disabled.is_(False)
        )
    ).one_or_none()
    if row is None:
        return None
    return Session(Account(row.id, row.name, row.full_name, Role[row.role.upper()]), row.csrf_token, token)


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
