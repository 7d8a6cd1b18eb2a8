"""The private cluster: started when needed, stopped when nobody needs it, never lost."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError

from layers.db.cluster import (
    ClusterOfOtherVersion,
    ClusterOutOfReach,
    cluster,
    create_database,
    database_exists,
    database_url,
    drop_database,
)
from layers.db.place import find_place


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A home of its own, directly under /tmp: the tests' usual folder is closed to the cluster's user."""
    folder = Path("/tmp") / f"didoi-cluster-{uuid4().hex[:8]}"
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def answers(url: str) -> bool:
    try:
        psycopg.connect(by_hand(url)).close()
    except psycopg.OperationalError:
        return False
    return True


def by_hand(url: str) -> str:
    """The address as somebody with psql or QGIS uses it: without our application's name."""
    query = make_url(url).query
    return f"host={query['host']} user=didoi_owner dbname=didoi"


def test_every_test_works_on_real_postgis(db: Connection):
    assert str(db.scalar(text("SELECT postgis_version()"))).startswith("3.3")


def test_a_copy_belongs_to_an_owner_who_is_no_superuser(database: Engine):
    with database.begin() as db:
        assert db.scalar(text("SELECT current_user")) == "didoi_owner"
        assert db.scalar(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")) is False
        db.execute(text("CREATE TABLE owned (id integer)"))


def test_the_servers_role_may_not_make_a_table(database: Engine):
    url = database.url.render_as_string(hide_password=False)
    server = create_engine(database_url(url, user="didoi_app"))
    with pytest.raises(ProgrammingError, match="permission denied"), server.begin() as db:
        db.execute(text("CREATE TABLE mine (id integer)"))
    server.dispose()


def test_nothing_listens_on_a_network_port(db: Connection):
    assert db.scalar(text("SELECT current_setting('listen_addresses')")) == ""


def test_the_socket_path_stays_short_however_long_the_home(home: Path):
    assert len(str(find_place(home / ("x" * 150)).run / ".s.PGSQL.5432")) <= 107


def test_only_the_clusters_user_may_enter_the_sockets_folder(home: Path):
    with cluster(home, durable=False) as url:
        assert Path(str(make_url(url).query["host"])).stat().st_mode & 0o077 == 0


def test_the_last_one_to_leave_stops_it(home: Path):
    first, second = cluster(home, durable=False), cluster(home, durable=False)
    url = first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert answers(url)
    second.__exit__(None, None, None)
    assert not answers(url)


def test_it_is_left_running_for_whoever_is_connected_by_hand(home: Path):
    with cluster(home, durable=False) as url:
        guest = psycopg.connect(by_hand(url))
    assert guest.execute("SELECT 1").fetchone() == (1,)
    guest.close()
    with cluster(home, durable=False):
        pass
    assert not answers(url)


def test_our_own_idle_connections_do_not_keep_it_running(home: Path):
    with cluster(home, durable=False) as url:
        engine = create_engine(url)
        engine.connect().close()  # it stays in the engine's pool
    assert not answers(url)
    engine.dispose()


def test_what_was_committed_survives_a_killed_server(home: Path):
    with cluster(home) as url:
        with psycopg.connect(by_hand(url)) as db:
            db.execute("CREATE TABLE kept AS SELECT 12.5 AS area_ha")
        pid = int((home / "postgres/data/postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGKILL)
    with cluster(home) as url, psycopg.connect(by_hand(url)) as db:
        assert str(db.execute("SELECT area_ha FROM kept").fetchall()) == "[(Decimal('12.5'),)]"
    assert not answers(url)


def test_the_cluster_of_a_killed_process_is_taken_over(home: Path):
    inside = (
        "import sys, time; from pathlib import Path; from layers.db.cluster import cluster\n"
        "with cluster(Path(sys.argv[1]), durable=False) as url: print(url, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", inside, str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        process.kill()
    assert answers(url)
    with cluster(home, durable=False) as again:
        assert answers(again)
    assert not answers(url)


def test_a_database_is_copied_and_dropped_even_while_somebody_is_connected(home: Path):
    with cluster(home, durable=False) as url:
        copy = create_database(url, "copy", template="didoi")
        address = make_url(copy)
        db = psycopg.connect(host=str(address.query["host"]), user=address.username, dbname="copy")
        assert db.execute("SELECT count(*) FROM pg_extension WHERE extname = 'postgis'").fetchone() == (1,)
        drop_database(url, "copy")
        assert not database_exists(url, "copy")
        db.close()


def test_a_home_that_its_user_cannot_enter_is_refused(tmp_path: Path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)  # as root the cluster runs as another user, whom tmp_path shuts out
    with pytest.raises(ClusterOutOfReach) as caught, cluster(closed / "home"):
        pass
    assert str(closed) in caught.value.facts["path"]


def test_data_of_another_major_version_are_not_touched():
    home = Path("/tmp") / f"didoi-cluster-{uuid4().hex[:8]}"
    data = home / "postgres" / "data"
    data.mkdir(parents=True, mode=0o755)
    (data / "PG_VERSION").write_text("14\n")
    if os.geteuid() == 0:
        for folder in (home / "postgres", data):
            shutil.chown(folder, "postgres", "postgres")
    with pytest.raises(ClusterOfOtherVersion) as caught, cluster(home):
        pass
    assert caught.value.facts["found"] == "14"
    shutil.rmtree(home)
