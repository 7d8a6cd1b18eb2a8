"""
Server, worker and database die at any moment of a guided import: it happened whole or not at all.

Twenty rounds with real processes, at moments drawn with a fixed seed: five imports, each struck while it is
uploaded, inspected, previewed and loaded. After each the import goes on from where it stands, as a person
would: what was not answered is asked again.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from uuid import uuid4

import geopandas as gpd
import numpy as np
import orjson
import psycopg
import pytest
import shapely

from layers.db.cluster import APP, cluster, database_url
from layers.db.migrate import upgrade
from layers.db.place import find_place
from tests.api.test_run import eventually

ROOT = Path(__file__).parents[2]
IMPORTS = 5
"""Each is struck at four moments: twenty rounds."""
ROWS = 2_000
PASSWORD = "bảy con sông dài"
LIMIT_S = 60.0


class Site:
    """A cluster, a server and a worker of the test's own, each of which can be killed and started again."""

    def __init__(self, home: Path, port: int) -> None:
        self.home, self.port = home, port
        self.place = find_place(home)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.entered = cluster(home, durable=True)
        self.url = self.entered.__enter__()
        self.cookies: dict[str, str] = {}
        self.csrf = ""

    def start(self, part: str) -> None:
        if part == "database":
            with cluster(self.home):
                pass
            return
        code = (
            f"import uvicorn; from api.http.app import create_app; uvicorn.run(create_app(settings), "
            f"port={self.port}, log_level='error', access_log=False)"
            if part == "server"
            else "from api.jobs import work; work(settings)"
        )
        begin = f"from api.settings import read_settings; settings = read_settings(); {code}"
        self.processes[part] = subprocess.Popen(
            [sys.executable, "-c", begin],
            cwd=ROOT,
            env=os.environ
            | {
                "DIDOI_HOME": str(self.home),
                "DIDOI_DATABASE_URL": self.url,
                "DIDOI_SERVER_DATABASE_URL": database_url(self.url, user=APP),
            },
            stderr=(self.home / f"{part}.log").open("ab"),
        )

    def kill(self, part: str) -> None:
        if part == "database":
            os.kill(int((self.place.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
            return
        self.processes[part].kill()
        self.processes[part].wait()

    def look_after(self) -> None:
        """Start a part again that ended because its database went, as the supervisor does."""
        for part, process in list(self.processes.items()):
            if process.poll() is not None:
                self.start(part)

    def stop(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait()
        with cluster(self.home):
            pass
        self.entered.__exit__(None, None, None)

    def ask(self, method: str, path: str, body: bytes | Any = None) -> tuple[int, Any]:
        """Status and answer; 0 where there was none."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        sent = body if isinstance(body, bytes) else None if body is None else orjson.dumps(body)
        headers = {
            "X-CSRF-Token": self.csrf,
            "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()),
        }
        if sent is not None:
            kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
            headers |= {"Content-Type": kind, "Content-Length": str(len(sent))}
        try:
            connection.request(method, path, sent, headers)
            answer = connection.getresponse()
            for cookie in answer.headers.get_all("set-cookie") or []:
                name, _, value = cookie.split(";")[0].partition("=")
                self.cookies[name] = value
            return answer.status, orjson.loads(answer.read() or b"null")
        except (OSError, HTTPException, orjson.JSONDecodeError):
            return 0, None
        finally:
            connection.close()

    def sign_in(self) -> None:
        self.csrf = self.ask("GET", "/session")[1]["csrf"]
        status, told = self.ask("POST", "/session", {"name": "lan", "password": PASSWORD})
        assert status == 200, told
        self.csrf = told["csrf"]

    def rows(self, statement: str) -> list[Any]:
        with psycopg.connect(host=str(self.place.run), user="didoi_owner", dbname="didoi") as db:
            return db.execute(statement).fetchall()  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A home directly under /tmp, which the cluster's own user can enter."""
    home = Path("/tmp") / f"didoi-kills-{uuid4().hex[:8]}"
    made = Site(home, _free_port())
    try:
        upgrade(made.url)
        _account(made.url)
        made.start("server")
        made.start("worker")
        assert eventually(lambda: made.ask("GET", "/healthz")[0] == 200, 40)
        made.sign_in()
        yield made
    finally:
        made.stop()
        shutil.rmtree(home, ignore_errors=True)


def _free_port() -> int:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _account(url: str) -> None:
    from sqlalchemy import create_engine

    from tests.accounts import an_account

    engine = create_engine(url)
    with engine.begin() as db:
        an_account(db)
    engine.dispose()


def _places(path: Path, seed: int) -> bytes:
    """A file of this import's own places."""
    at = np.random.default_rng(seed).uniform((106.7, 10.9), (106.75, 10.95), (ROWS, 2))
    names = [f"R{seed}-{i}" for i in range(ROWS)]
    frame = gpd.GeoDataFrame({"key": names, "name": names}, geometry=shapely.points(at), crs=4326)
    frame.to_file(path)
    return path.read_bytes()


def _stored(site: Site, number: int) -> int:
    return site.rows(f"SELECT count(*) FROM places WHERE key LIKE 'R{number}-%'")[0][0]


def _asked(site: Site, told: Any, body: bytes) -> None:
    """Ask for the next step of an import, from wherever it stands."""
    path, state = f"/imports/{told['id']}", told["state"]
    if state == "receiving" and not told["files"]:
        site.ask("PUT", f"{path}/files/places.gpkg", body)
    elif state == "receiving":
        site.ask("POST", f"{path}/inspect", {})
    elif state == "inspected":
        site.ask("PUT", f"{path}/plan", told["plan"] | {"questions": []})
    elif state == "previewed":
        site.ask("POST", f"{path}/load")


def _brought(site: Site, import_id: str, body: bytes, done: Callable[[Any], bool]) -> Any:
    """Bring an import on until something holds of it, asking again for what was not answered."""
    deadline_s = time.monotonic() + LIMIT_S
    told: Any = None
    while time.monotonic() < deadline_s:
        site.look_after()
        status, answer = site.ask("GET", f"/imports/{import_id}")
        if status == 200:
            told = answer
            assert told["state"] not in ("failed", "cancelled"), told["error"]
            if done(told):
                return told
            _asked(site, told, body)
        time.sleep(0.05)
    logs = "\n".join(log.read_text()[-2_000:] for log in site.home.glob("*.log"))
    pytest.fail(f"stays at {told and told['state']}\n{logs}")


REACHED: tuple[Callable[[Any], bool], ...] = (
    lambda told: bool(told["files"]),
    lambda told: told["state"] == "inspected",
    lambda told: told["state"] == "previewed",
    lambda told: told["state"] == "loaded",
)


def test_whatever_is_killed_an_import_happens_whole_or_not_at_all_and_never_twice(
    site: Site, tmp_path: Path
) -> None:
    drawn = random.Random(3)
    victims = ["worker", "server", "database"] * 7
    drawn.shuffle(victims)
    for number in range(IMPORTS):
        body = _places(tmp_path / f"{number}.gpkg", number)
        import_id = site.ask("POST", "/imports", {"target": "places"})[1]["id"]
        for reached in REACHED:
            told = site.ask("GET", f"/imports/{import_id}")[1]
            asking = threading.Thread(target=_asked, args=(site, told, body), daemon=True)
            asking.start()
            time.sleep(drawn.uniform(0.0, 0.8))
            victim = victims.pop()
            site.kill(victim)
            if victim != "database":
                assert _stored(site, number) in (0, ROWS)
            site.start(victim)
            _brought(site, import_id, body, reached)
        site.ask("POST", f"/imports/{import_id}/load")  # asked once more
        report = site.ask("GET", f"/imports/{import_id}")[1]["report"]
        assert (report["read"], report["loaded"]) == (ROWS, ROWS)
        assert _stored(site, number) == ROWS
    assert site.rows("SELECT count(*) FROM import_runs WHERE finished_at IS NOT NULL") == [(IMPORTS,)]
    assert site.rows("SELECT count(*) FROM import_runs") == [(IMPORTS,)]
    assert site.rows("SELECT count(*) FROM places") == [(IMPORTS * ROWS,)]

    def left() -> list[Path]:
        folder = site.home / "uploads"
        return [*folder.glob("*/*.part"), *folder.glob("*/files/*")]

    assert eventually(lambda: left() == [], 10), left()
