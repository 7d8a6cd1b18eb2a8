"""Starting and stopping everything, with real processes: what ./run does once all is installed."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from layers.db.cluster import cluster
from layers.db.place import find_place

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A home directly under /tmp, which the cluster's own user can enter."""
    folder = Path("/tmp") / f"didoi-run-{uuid4().hex[:8]}"
    yield folder
    with cluster(folder):
        pass  # after a failed test it may still run: take it over, and stop it
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def didoi(home: Path, *words: str, **settings: str) -> subprocess.Popen[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DIDOI_")}
    return subprocess.Popen(
        [sys.executable, "-m", "api.cli", *words],
        cwd=ROOT,
        env=kept | {"DIDOI_HOME": str(home)} | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def said(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Its exit status and what it told as errors, once it ended."""
    _, errors = process.communicate(timeout=60)
    return process.returncode, errors


def healthy(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def eventually(true: Callable[[], bool], within_s: float) -> bool:
    deadline_s = time.monotonic() + within_s
    while not true():
        if time.monotonic() > deadline_s:
            return False
        time.sleep(0.05)
    return True


def parts(supervisor: subprocess.Popen[str]) -> list[int]:
    """Process numbers of the server and the worker."""
    told = Path(f"/proc/{supervisor.pid}/task/{supervisor.pid}/children").read_text().split()
    return [int(pid) for pid in told if b"api.serve" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def computed_s(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def lives(pid: int) -> bool:
    """Whether a process still runs; one that only waits to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def cluster_runs(home: Path) -> bool:
    try:
        psycopg.connect(host=str(find_place(home).run), user="didoi_owner", dbname="didoi").close()
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def serving(home: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    process = didoi(home, "up", "--no-demo", "--port", str(port))
    try:
        if (
            not eventually(lambda: healthy(port) or process.poll() is not None, 60)
            or process.poll() is not None
        ):
            process.kill()
            pytest.fail(process.communicate()[1])
        yield process
    finally:
        process.kill()
        process.communicate()


def test_ctrl_c_stops_the_server_the_worker_and_the_cluster(home: Path, port: int):
    with serving(home, port) as process:
        started = parts(process)
        assert len(started) == 2
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 0
    assert not any(map(lives, started))
    assert not healthy(port)
    assert not cluster_runs(home)


def test_the_second_start_computes_for_less_than_five_seconds(home: Path, port: int):
    """By the processors' clock: the tests beside slow the wall's. Server and worker start at once."""
    with serving(home, port) as process:
        assert computed_s(process.pid) + max(map(computed_s, parts(process))) <= 5
        process.terminate()
        process.wait(15)
    assert not cluster_runs(home)


def test_after_kill_9_nothing_lingers_and_the_next_start_recovers(home: Path, port: int):
    with serving(home, port) as process:
        orphans = parts(process)
        process.kill()
        process.wait()
        assert eventually(lambda: not any(map(lives, orphans)), 10)
    assert cluster_runs(home)
    with serving(home, port) as process:
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 0
    assert not cluster_runs(home)


def test_a_server_that_was_killed_is_started_again(home: Path, port: int):
    with serving(home, port) as process:
        time.sleep(2.1)
        killed = parts(process)
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        assert eventually(lambda: len(parts(process)) == 2 and not set(killed) & set(parts(process)), 30)
        assert eventually(lambda: healthy(port), 60)
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 0


@pytest.mark.parametrize("struck", ["postmaster", "backend"])
def test_a_database_that_was_killed_is_started_again(home: Path, port: int, struck: str):
    """Killed with one of its backends it recovers by itself; without its postmaster it must be started."""
    with serving(home, port) as process:
        time.sleep(2.1)
        place = find_place(home)
        postmaster = int((place.data / "postmaster.pid").read_text().split()[0])
        backends = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        os.kill(postmaster if struck == "postmaster" else int(backends[-1]), signal.SIGKILL)
        assert eventually(lambda: not healthy(port), 10)
        assert eventually(lambda: cluster_runs(home) and healthy(port), 30)
        time.sleep(3)  # the worker, which has lost its connections, is up as well
        assert len(parts(process)) == 2
        assert healthy(port)
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 0
    assert not cluster_runs(home)


def test_a_verb_leaves_a_running_didoi_running(home: Path, port: int):
    with serving(home, port) as process:
        assert said(didoi(home, "migrate")) == (0, "")
        assert healthy(port)
        process.send_signal(signal.SIGINT)
        process.wait(15)


def test_a_verb_starts_the_cluster_and_stops_it_again(home: Path):
    assert said(didoi(home, "migrate")) == (0, "")
    assert not cluster_runs(home)


def test_a_port_in_use_is_one_line_in_each_language(home: Path, port: int):
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        status, errors = said(didoi(home, "up", "--no-demo", "--port", str(port)))
    vietnamese, english = errors.splitlines()
    assert status == 1
    assert f"Cổng {port}" in vietnamese
    assert f"Port {port} on 127.0.0.1 is in use" in english
    assert not cluster_runs(home)


def test_a_database_of_a_newer_version_is_one_line_in_each_language(home: Path):
    with cluster(home) as url:
        name = url.split("host=")[1].replace("%2F", "/")
        with psycopg.connect(host=name, user="didoi_owner", dbname="didoi") as db:
            known = db.execute("SELECT version_num FROM alembic_version").fetchall()
            db.execute("UPDATE alembic_version SET version_num = '9999'")
        status, errors = said(didoi(home, "migrate"))
        with psycopg.connect(host=name, user="didoi_owner", dbname="didoi") as db:
            db.execute("UPDATE alembic_version SET version_num = %s", known[0])
    assert status == 1
    assert len(errors.splitlines()) == 2
    assert "9999" in errors


def test_a_configured_database_is_used_and_no_cluster_started(home: Path, tmp_path: Path):
    elsewhere = tmp_path / "nothing"
    with cluster(home) as url:
        assert said(didoi(elsewhere, "migrate", DIDOI_DATABASE_URL=url)) == (0, "")
    assert not elsewhere.exists()


def test_a_configured_database_that_does_not_answer_is_one_line_in_each_language(tmp_path: Path):
    url = f"postgresql://didoi_owner@/didoi?host={tmp_path}"
    status, errors = said(didoi(tmp_path, "migrate", DIDOI_DATABASE_URL=url))
    assert status == 1
    assert len(errors.splitlines()) == 2
    assert str(tmp_path) in errors


def test_a_database_without_tables_says_how_they_come(home: Path):
    with cluster(home) as url:
        empty = url.replace("/didoi?", "/postgres?")
        assert empty != url
        status, errors = said(didoi(home, "place", "xã Đồi 61", DIDOI_DATABASE_URL=empty))
    assert status == 1
    assert len(errors.splitlines()) == 2
    assert "didoi migrate" in errors


def test_a_home_out_of_reach_is_one_line_in_each_language(tmp_path: Path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    status, errors = said(didoi(closed / "home", "migrate"))
    assert status == 1
    assert len(errors.splitlines()) == 2
    assert str(closed) in errors


def test_a_setting_that_is_wrong_names_its_variable(home: Path):
    status, errors = said(didoi(home, "up", "--port", "70000"))
    assert status == 1
    assert "DIDOI_PORT" in errors
