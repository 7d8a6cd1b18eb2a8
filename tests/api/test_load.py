"""When more is asked than the server can answer, it says so soon and recovers."""

from __future__ import annotations

import gzip
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from api.http.app import create_app
from tests.api.conftest import settings_for


def test_a_request_waits_two_seconds_at_most_and_is_told_when_to_come_again(province: Engine) -> None:
    settings = settings_for(province, pool_size=1, pool_wait_s=0.3)
    with TestClient(create_app(settings)) as client:
        doors = client.app.state.doors  # type: ignore[attr-defined]
        with doors.writes.connect():  # somebody holds the only connection
            begun_s = time.monotonic()
            answer = client.get("/catalogue")
            assert time.monotonic() - begun_s < 1.5
        assert (answer.status_code, answer.json()["code"]) == (503, "server_busy")
        assert answer.headers["retry-after"] == "2"
        assert client.get("/catalogue").status_code == 200


def test_who_finds_the_gate_full_is_told_so(province: Engine) -> None:
    settings = settings_for(province, pool_size=1, pool_wait_s=0.2)
    app = create_app(settings)
    inside, leave = threading.Event(), threading.Event()

    @app.get("/slow")
    def slow() -> str:  # pyright: ignore[reportUnusedFunction]  # the route is asked below
        inside.set()
        leave.wait(10)
        return "done"

    app.router.routes.insert(0, app.router.routes.pop())  # before the web's own wide names
    with TestClient(app) as client, ThreadPoolExecutor(1) as pool:
        first = pool.submit(client.get, "/slow")
        assert inside.wait(5)
        answer = client.get("/catalogue")
        leave.set()
        assert (answer.status_code, answer.json()["code"]) == (503, "server_busy")
        assert first.result().status_code == 200
        assert client.get("/catalogue").status_code == 200


def test_a_query_that_takes_too_long_is_ended(province: Engine) -> None:
    settings = settings_for(province, statement_timeout_s=0.2)
    app = create_app(settings)

    @app.get("/sleep")
    def sleep() -> None:  # pyright: ignore[reportUnusedFunction]  # the route is asked below
        with app.state.doors.reads.connect() as db:
            db.exec_driver_sql("SELECT pg_sleep(5)")

    app.router.routes.insert(0, app.router.routes.pop())
    with TestClient(app) as client:
        answer = client.get("/sleep")
        assert (answer.status_code, answer.json()["code"]) == (503, "answer_too_slow")


def test_too_much_is_not_read(client: TestClient) -> None:
    answer = client.post("/matching", content=b"x" * 1_000_001)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("path", ["/catalogue", "/ogc/api", "/docs"])
def test_long_text_is_compressed_for_who_can_read_it(client: TestClient, path: str) -> None:
    with client.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
        packed = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert gzip.decompress(packed) == plain.content
    assert len(packed) < len(plain.content) / 3
