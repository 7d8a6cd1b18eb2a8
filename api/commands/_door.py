"""How a verb comes to a database, and how its errors are told."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from shutil import disk_usage

from psycopg import errors as postgres
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import OperationalError, ProgrammingError

from api.settings import Settings, read_settings
from gis.errors import Unavailable
from layers.db.cluster import DiskFull, cluster

WAL_SEGMENT_BYTES = 16 * 1024**2


class DatabaseOutOfReach(Unavailable):
    """The database at the configured address does not answer."""


class DatabaseNotMigrated(Unavailable):
    """The database lacks tables or columns of this version. Facts: missing."""


@dataclass(frozen=True)
class Door:
    """What a verb needs: the settings, and the database as its owner and as the server sees it."""

    settings: Settings
    url: str
    owner: Engine
    app: Engine


@contextmanager
def door(settings: Settings | None = None) -> Generator[Door]:
    """
    The database behind the settings; the private cluster is started when it is down.

    The verb begins its own transaction: ``with door() as d, d.owner.begin() as db: …``.

    Raises
    ------
    DatabaseOutOfReach, DatabaseNotMigrated, DiskFull
        In place of the driver's errors of the same meaning.
    """
    settings = settings or read_settings()
    with database(settings) as url:
        owner, app = create_engine(url), create_engine(settings.server_url(url))
        try:
            yield Door(settings, url, owner, app)
        finally:
            owner.dispose()
            app.dispose()


@contextmanager
def database(settings: Settings) -> Generator[str]:
    """The owner's address: the configured one, else that of the private cluster, started."""
    configured = settings.database_url
    try:
        with nullcontext(configured) if configured else cluster(settings.home) as url:
            yield url
    except OperationalError as error:
        raise _told(error, settings) from error
    except ProgrammingError as error:
        if not isinstance(error.orig, postgres.UndefinedTable | postgres.UndefinedColumn):
            raise
        raise DatabaseNotMigrated(missing=str(error.orig).partition("\n")[0]) from error


def _told(error: OperationalError, settings: Settings) -> Unavailable:
    """The driver's error in our words: a full disk, or a database that does not answer."""
    # A server that cannot write its log does not say so any more: it is gone.
    no_space = settings.database_url is None and disk_usage(settings.home).free < WAL_SEGMENT_BYTES
    if no_space or isinstance(error.orig, postgres.DiskFull):
        return DiskFull(path=str(settings.home))
    return DatabaseOutOfReach(reason=" ".join(str(error.orig).split()))
