"""
The private PostgreSQL cluster: started on demand, reachable through one Unix socket only.

Debian's PostgreSQL 15 runs on a data directory of the project's own. Nothing listens on a network
port; the socket lies in a directory that only the server's own user (and root) can enter, which is
why ``trust`` is enough to authenticate. Where a database address is configured, none of this is used.

Roles: ``postgres`` owns the cluster and creates extensions, ``didoi_owner`` owns the database and its
tables, ``didoi_app`` owns nothing and is granted what the migrations say.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from gis.errors import Conflict
from layers.db.place import (
    BIN,
    ClusterFailed,
    ClusterOutOfReach,
    DiskFull,
    Place,
    PostgresMissing,
    find_place,
)

# Those who open a cluster meet these errors here.
__all__ = [
    "APP",
    "OWNER",
    "ClusterFailed",
    "ClusterOfOtherVersion",
    "ClusterOutOfReach",
    "DiskFull",
    "PostgresMissing",
    "answers",
    "cluster",
    "create_database",
    "database_exists",
    "database_url",
    "drop_database",
    "provision",
]

VERSION = "15"
OWNER = "didoi_owner"
APP = "didoi_app"
DATABASE = "didoi"
ADMIN = "postgres"
OURS = "didoi"
"""How the name of every application of ours begins, as PostgreSQL's list of connections shows it."""
EXTENSIONS = ("postgis", "pg_trgm", "btree_gist")
_NOT_READY = ("starting up", "shutting down", "recovery mode", "not yet accepting")

# Why each differs from the default: two cores and a few GB; an SSD; geometry is wide, so parallel plans
# pay early; just-in-time compilation costs more than it saves on queries of this size.
CONFIG = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "512MB",
    "effective_cache_size": "2GB",
    "work_mem": "32MB",
    "temp_buffers": "64MB",  # an import stages its parts in temporary tables
    "maintenance_work_mem": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "effective_io_concurrency": "100",
    "max_parallel_workers_per_gather": "2",
    "jit": "off",
    "timezone": "Asia/Ho_Chi_Minh",
    "log_timezone": "Asia/Ho_Chi_Minh",
    "lc_messages": "C.UTF-8",
    "default_text_search_config": "pg_catalog.simple",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class ClusterOfOtherVersion(Conflict):
    """The data directory was made by another major version of PostgreSQL."""


@contextmanager
def cluster(home: Path, *, durable: bool = True) -> Generator[str]:
    """
    The address of the private cluster's database, started when it is down.

    Several processes may be inside at once. The last one to leave stops the cluster, unless somebody
    else is connected or the cluster was not started here but by hand. So a cluster whose starter was
    killed is taken over, and stopped in the end.

    Parameters
    ----------
    home
        Folder of the project's state; the cluster lives in ``home/postgres``. Made when absent.
    durable
        False trades safety for speed (no fsync): for tests only.

    Yields
    ------
    url
        ``postgresql+psycopg://didoi_owner@/didoi?host=…``: the owner's address of the database
        ``didoi``, which exists and has its extensions.

    Raises
    ------
    PostgresMissing, ClusterOutOfReach, ClusterOfOtherVersion, ClusterFailed, DiskFull
    """
    place = find_place(home)
    with place.entered() as inside:
        try:
            with place.locked():
                place.open_run()
                if not _answers(place):
                    _start(place, durable)
                _furnish(place)
            yield _address(place)
        finally:
            with place.locked():
                _leave(place, inside)


def answers(home: Path) -> bool:
    """Whether the private cluster takes connections now."""
    try:
        _admin(_address(find_place(home))).close()
    except psycopg.OperationalError:
        return False
    return True


def database_url(url: str, name: str | None = None, user: str | None = None) -> str:
    """The same address with another database or another user."""
    address = make_url(url)
    if name is not None:
        address = address.set(database=name)
    if user is not None:
        address = address.set(username=user)
    return address.render_as_string(hide_password=False)


def create_database(url: str, name: str, template: str | None = None) -> str:
    """
    Create a database of the private cluster, owned by ``didoi_owner``.

    Returns
    -------
    url
        The owner's address of it. Without a template it is empty: see `provision`.
    """
    statement = sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(OWNER))
    if template is not None:
        statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
    with _admin(url) as admin:
        admin.execute(statement)
    return database_url(url, name)


def database_exists(url: str, name: str) -> bool:
    """Whether the private cluster has a database of this name."""
    with _admin(url) as admin:
        return admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def drop_database(url: str, name: str) -> None:
    """Drop a database of the private cluster, with whoever is connected to it; absent is fine."""
    with _admin(url) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def provision(url: str, name: str) -> None:
    """
    Give a database what only the superuser can: the extensions, and the owner's right to add CRSs.

    PostGIS 3.3 is not a trusted extension, and ``spatial_ref_sys`` belongs to whoever created it; the
    first migration writes the pinned VN-2000 rows there.
    """
    with _admin(url, name) as admin:
        for extension in EXTENSIONS:
            admin.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))
        admin.execute(
            sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON spatial_ref_sys TO {}").format(
                sql.Identifier(OWNER)
            )
        )


def _answers(place: Place) -> bool:
    """Whether a server is there, waiting while it is still starting or recovering."""
    for _ in range(300):
        try:
            _admin(_address(place)).close()
        except psycopg.OperationalError as error:
            # 57P03: the server is there but not ready. It comes without a SQLSTATE while connecting.
            if not any(words in str(error) for words in _NOT_READY):
                return False
            time.sleep(0.1)
        else:
            return True
    raise ClusterFailed(log=str(place.log), reason=place.last_words())


def _start(place: Place, durable: bool) -> None:
    _initialise(place)
    _configure(place, durable)
    # After kill -9 the old backends need a moment to let go of the pid file and the shared memory;
    # the pid file is never deleted here: it is what keeps two servers off one directory.
    start = (BIN / "pg_ctl", "start", "--pgdata", place.data, "--log", place.log, "--wait", "--timeout=120")
    done = place.call(*start)
    for _ in range(8):
        if done.returncode == 0:
            place.write(place.started, place.server)
            return
        time.sleep(0.25)
        done = place.call(*start)
    raise place.failure(done)


def _initialise(place: Place) -> None:
    """Make the data directory; a half-made one never bears the final name."""
    version = place.data / "PG_VERSION"
    if version.exists():
        found = version.read_text().strip()
        if found != VERSION:
            raise ClusterOfOtherVersion(path=str(place.data), found=found, needed=VERSION)
        return
    unfinished = place.folder / "data.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    done = place.call(
        BIN / "initdb",
        f"--pgdata={unfinished}",
        f"--username={ADMIN}",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--data-checksums",
        "--no-instructions",
    )
    if done.returncode != 0:
        raise place.failure(done)
    unfinished.rename(place.data)


def _configure(place: Place, durable: bool) -> None:
    """Write the whole configuration anew, so that a newer Didoi's settings reach an older cluster."""
    settings = CONFIG | {"unix_socket_directories": str(place.run)} | ({} if durable else NOT_DURABLE)
    lines = [f"{name} = '{value}'" for name, value in settings.items()]
    place.write(place.data / "postgresql.conf", "\n".join([*lines, ""]))


def _furnish(place: Place) -> None:
    """The roles and the database, where an earlier start did not finish making them."""
    try:
        _make_roles(place)
        if not database_exists(_address(place), DATABASE):
            _make_database(place)
    except psycopg.errors.DiskFull as error:
        raise DiskFull(path=str(place.folder)) from error
    except psycopg.OperationalError as error:
        raise place.failure() from error


def _make_roles(place: Place) -> None:
    with _admin(_address(place)) as admin:
        for role in (OWNER, APP):
            if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                admin.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))


def _make_database(place: Place) -> None:
    """Extensions first and the name last: a database called didoi always has them."""
    unfinished = "didoi_unfinished"
    drop_database(_address(place), unfinished)
    create_database(_address(place), unfinished)
    provision(_address(place), unfinished)
    with _admin(_address(place)) as admin:
        admin.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                sql.Identifier(unfinished), sql.Identifier(DATABASE)
            )
        )


def _leave(place: Place, inside: int) -> None:
    """Stop the cluster if it was started here and nobody else needs it."""
    started = place.started.read_text() if place.started.exists() else ""
    if place.server != started or not started or not _alone(place, inside):
        return
    done = place.call(BIN / "pg_ctl", "stop", "--pgdata", place.data, "--mode=fast", "--wait")
    if done.returncode != 0 and _answers(place):
        raise place.failure(done)
    with suppress(OSError):
        place.run.rmdir()


def _alone(place: Place, inside: int) -> bool:
    try:
        fcntl.flock(inside, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    # Our own connections are left over from processes that have just ended: the flock tells of the others.
    try:
        with _admin(_address(place)) as admin:
            others = admin.execute(
                "SELECT 1 FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND NOT starts_with(application_name, %s) LIMIT 1",
                [OURS],
            ).fetchone()
    except psycopg.OperationalError:
        return True  # it no longer answers: stopping it does no harm
    return others is None


def _admin(url: str, name: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
    """A connection of the superuser, each statement on its own (CREATE DATABASE allows no transaction)."""
    query = make_url(url).query
    return psycopg.connect(
        host=str(query["host"]),
        user=ADMIN,
        dbname=name,
        application_name=str(query.get("application_name", OURS)),
        autocommit=True,
    )


def _address(place: Place) -> str:
    """The owner's address of the private cluster's database."""
    query = {"host": str(place.run), "application_name": f"{OURS}-{os.getpid()}"}
    address = URL.create("postgresql+psycopg", username=OWNER, database=DATABASE, query=query)
    return address.render_as_string()
