"""
What a route needs: a transaction for reading or writing, who asks, and for which date.

Reads are READ ONLY, repeatable and end after the statement timeout; the role owns no table.
"""

from __future__ import annotations

import hmac
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from hashlib import sha256
from urllib.parse import urlsplit

from fastapi import Request
from sqlalchemy import Connection, Engine, create_engine

from api.actions.sign_in import Session, actor_of, session_of
from api.http.answers import Kept
from api.http.errors import CsrfWrong, SignInNeeded
from api.http.version import VERSION
from api.settings import Settings
from gis.errors import BadInput
from layers.access import Actor, Right, Role
from layers.dates import today
from layers.layer import Layer
from layers.query import etag, stamp
from layers.records.data_versions import versions

SESSION_COOKIE = "didoi_session"
CSRF_COOKIE = "didoi_csrf"
CSRF_HEADER = "X-CSRF-Token"
CACHE_BYTES = 64 * 2**20


class DatabaseUnset(BadInput):
    """The server was started without the address of a database."""


@dataclass(frozen=True)
class Doors:
    """The server's ways to the database, and what it keeps in memory."""

    reads: Engine
    writes: Engine
    exports: Engine
    kept: Kept = field(default_factory=lambda: Kept(CACHE_BYTES))

    def close(self) -> None:
        """Close every connection."""
        self.reads.dispose()
        self.exports.dispose()


def open_doors(settings: Settings) -> Doors:
    """
    Pools for the settings; a request waits for a connection no longer than ``pool_wait_s``.

    Raises
    ------
    DatabaseUnset
    """
    if settings.server_database_url is None and settings.database_url is None:
        raise DatabaseUnset()
    url = settings.server_url(settings.database_url or "")
    timeout_ms = round(settings.statement_timeout_s * 1000)

    def pool(size: int, limit_ms: int) -> Engine:
        return create_engine(
            url,
            pool_size=size,
            max_overflow=0,
            pool_timeout=settings.pool_wait_s,
            pool_pre_ping=True,
            connect_args={"options": f"-c statement_timeout={limit_ms}", "application_name": "didoi"},
        )

    writes = pool(settings.pool_size, timeout_ms)
    exports = pool(settings.export_pool_size, timeout_ms * 20)
    # The same pool as the writes: a read is a kind of transaction, not another connection.
    reading = {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}
    return Doors(
        reads=writes.execution_options(**reading),
        writes=writes,
        exports=exports.execution_options(**reading),
    )


@dataclass
class Ask:
    """One request: its transaction, who asks and for which date."""

    request: Request
    db: Connection
    session: Session | None
    as_of: date

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return actor_of(self.session)

    @property
    def public(self) -> bool:
        """Whether the answer is what everybody may see."""
        return self.actor.role is Role.PUBLIC

    @cached_property
    def versions(self) -> dict[str, int]:
        """Version of every table of data."""
        return versions(self.db)

    def version(self, layer: Layer) -> str:
        """Opaque data version of a layer, also of the program that draws it."""
        return sha256(f"{VERSION}|{stamp(self.versions, layer)}".encode()).hexdigest()[:12]

    def etag(self, layer: Layer, *more: object) -> str:
        """ETag of what one layer answers."""
        return etag(self.db, layer, self.actor, self.as_of, VERSION, *more)

    def etag_of_all(self, *more: object) -> str:
        """ETag of an answer that several layers and records go into."""
        known = "|".join(f"{name}={version}" for name, version in sorted(self.versions.items()))
        mine = self.actor.account_id or 0
        digest = sha256(f"{VERSION}|{known}|{mine}|{more}".encode()).hexdigest()[:20]
        return f'"{self.actor.scope}-{self.as_of.isoformat()}-{digest}"'


def doors_of(request: Request) -> Doors:
    """The doors of the application that a request came to."""
    return request.app.state.doors


@contextmanager
def asking(request: Request, as_of: date | None = None, *, export: bool = False) -> Generator[Ask]:
    """A READ ONLY transaction for a request."""
    doors = doors_of(request)
    with (doors.exports if export else doors.reads).begin() as db:
        yield Ask(request, db, session_of(db, request.cookies.get(SESSION_COOKIE)), as_of or today())


@contextmanager
def asking_with(
    request: Request, right: Right, as_of: date | None = None, *, export: bool = False
) -> Generator[Ask]:
    """
    A read by somebody who holds a right: work that is not for everybody.

    Raises
    ------
    SignInNeeded, RightMissing
    """
    with asking(request, as_of, export=export) as ask:
        if ask.session is None:
            raise SignInNeeded()
        ask.actor.need(right)
        yield ask


@contextmanager
def writing(request: Request) -> Generator[Connection]:
    """A transaction that is committed when the route ends without an error."""
    with doors_of(request).writes.begin() as db:
        yield db


@contextmanager
def acting(request: Request, right: Right | None = Right.EDIT_LAYERS) -> Generator[Ask]:
    """
    A write by somebody who holds a right, committed when the route ends without an error.

    None is for those who are signed in at all; where a right ends at a border, the action looks at the place.

    Raises
    ------
    SignInNeeded, RightMissing, CsrfWrong
    """
    with doors_of(request).writes.begin() as db:
        session = permitted(db, request, right)
        yield Ask(request, db, session, today())


def permitted(db: Connection, request: Request, right: Right | None = Right.EDIT_LAYERS) -> Session:
    """
    The session of a write, looked at before anything that was sent is read.

    Raises
    ------
    SignInNeeded, RightMissing, CsrfWrong
    """
    session = session_of(db, request.cookies.get(SESSION_COOKIE))
    if session is None:
        raise SignInNeeded()
    session.account.actor.need(right)
    same_site(request, session)
    return session


def same_site(request: Request, session: Session | None) -> None:
    """
    Refuse a write that another site sent, or that does not repeat the token it was given.

    Raises
    ------
    CsrfWrong
    """
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise CsrfWrong()
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise CsrfWrong()
    expected = session.csrf_token if session else request.cookies.get(CSRF_COOKIE, "")
    given = request.headers.get(CSRF_HEADER, "")
    if not expected or not hmac.compare_digest(expected.encode(), given.encode()):
        raise CsrfWrong()
