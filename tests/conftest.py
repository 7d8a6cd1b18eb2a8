"""
Real PostGIS for every test: one cluster per machine user, one template per run, one copy per test.

The cluster stays initialised between runs, in a cache folder; only the template is migrated anew.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Connection, Engine, create_engine

from layers.db.cluster import cluster, create_database, database_exists, drop_database, provision


@pytest.fixture(scope="session")
def cluster_url() -> Iterator[str]:
    """A cluster of the tests' own, without fsync; shared by the workers of one run and by other runs."""
    home = Path(tempfile.gettempdir()) / f"didoi-tests-{os.getuid()}"
    with cluster(home, durable=False) as url:
        yield url


@pytest.fixture(scope="session")
def template_database(
    cluster_url: str, testrun_uid: str, worker_id: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """
    Name of the migrated database that every test's copy is made from, built once per run.

    The workers of one run share it: the first to come builds it, the last to go drops it.
    """
    name = f"template_{testrun_uid[:12]}"
    folder = tmp_path_factory.getbasetemp()
    shared = folder if worker_id == "master" else folder.parent
    with (shared / "template.build").open("w") as build:
        fcntl.flock(build, fcntl.LOCK_EX)
        if not database_exists(cluster_url, name):
            url = create_database(cluster_url, name)
            provision(cluster_url, name)
            _migrate(url)
        # Held before the other is let go, so that nobody drops what somebody is about to use.
        use = (shared / "template.use").open("w")
        fcntl.flock(use, fcntl.LOCK_SH)
    with use:
        yield name
        with suppress(BlockingIOError):
            fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            drop_database(cluster_url, name)


@pytest.fixture
def database(cluster_url: str, template_database: str) -> Iterator[Engine]:
    """A migrated database of the test's own, as its owner: for tests that commit, through a door."""
    name = f"test_{uuid4().hex[:12]}"
    engine = create_engine(create_database(cluster_url, name, template_database))
    yield engine
    engine.dispose()
    drop_database(cluster_url, name)


@pytest.fixture(scope="session")
def _shared_engine(cluster_url: str, template_database: str) -> Iterator[Engine]:
    name = f"shared_{uuid4().hex[:12]}"
    engine = create_engine(create_database(cluster_url, name, template_database))
    yield engine
    engine.dispose()
    drop_database(cluster_url, name)


@pytest.fixture
def db(_shared_engine: Engine) -> Iterator[Connection]:
    """A connection whose work is rolled back: for tests below the doors."""
    with _shared_engine.connect() as connection:
        yield connection
        connection.rollback()


def _migrate(url: str) -> None:
    if find_spec("layers.db.migrate") is not None:
        import_module("layers.db.migrate").upgrade(url)
