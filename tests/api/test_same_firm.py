"""Pairs of firms over HTTP and on the command line: who may see them, and that a decision lasts."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, create_engine, select
from typer.testing import CliRunner

from api.cli import build
from api.http.app import create_app
from api.words import LANGS, catalogue
from layers.db.cluster import create_database, drop_database
from layers.records.same_firm import PAIRS
from tests.accounts import an_account
from tests.api.conftest import PASSWORD, settings_for
from tests.factories import an_enterprise, point


@pytest.fixture
def twice(cluster_url: str, template_database: str) -> Iterator[Engine]:
    """A database in which one firm is stored twice, and somebody who may decide."""
    name = f"firms_{uuid4().hex[:12]}"
    engine = create_engine(create_database(cluster_url, name, template_database))
    with engine.begin() as db:
        an_enterprise(db, "A", point(0, 0), name="Công ty TNHH Hoàng Long", source="Sở Công Thương")
        an_enterprise(db, "B", point(0, 50), name="Công ty CP Hoàng Long")
        an_account(db)
    yield engine
    engine.dispose()
    drop_database(cluster_url, name)


def signed_in(client: TestClient) -> dict[str, str]:
    csrf = client.get("/session").json()["csrf"]
    name = {"name": "lan", "password": PASSWORD}
    client.post("/session", json=name, headers={"X-CSRF-Token": csrf}).raise_for_status()
    return {"X-CSRF-Token": client.get("/session").json()["csrf"]}


def test_a_planner_finds_reads_and_decides_a_pair(twice: Engine) -> None:
    with TestClient(create_app(settings_for(twice)), base_url="http://didoi.test") as client:
        token = signed_in(client)
        assert client.post("/firms/pairs/find", headers=token).json() == {"found": 1}
        told = client.get("/firms/pairs").json()
        assert told["total"] == 1
        [pair] = told["pairs"]
        assert (pair["a"]["key"], pair["b"]["key"], pair["state"]) == ("A", "B", "open")
        assert pair["a"]["source"] == "Sở Công Thương"
        assert "Cách nhau 50 m" in [reason["message"]["vi"] for reason in pair["reasons"]]
        decided = client.post(f"/firms/pairs/{pair['id']}", json={"verdict": "same"}, headers=token)
        assert decided.status_code == 200, decided.text
        assert (decided.json()["state"], decided.json()["decided_by"]) == ("same", "lan")
        assert client.get("/firms/pairs").json()["total"] == 0
        assert client.get("/firms/pairs?state=same").json()["total"] == 1
        rows = client.get("/layers/enterprises/rows").json()["rows"]
        assert [row["key"] for row in rows] == ["A"]


def test_nobody_else_sees_or_decides(twice: Engine) -> None:
    with TestClient(create_app(settings_for(twice)), base_url="http://didoi.test") as client:
        assert client.get("/firms/pairs").status_code == 401
        assert client.post("/firms/pairs/find").status_code == 401
        assert client.post("/firms/pairs/1", json={"verdict": "same"}).status_code == 401
        signed_in(client)
        assert client.post("/firms/pairs/1", json={"verdict": "same"}).status_code == 403  # no token


def test_what_cannot_be_decided_is_told(twice: Engine) -> None:
    with TestClient(create_app(settings_for(twice)), base_url="http://didoi.test") as client:
        token = signed_in(client)
        gone = client.post("/firms/pairs/7", json={"verdict": "same"}, headers=token)
        assert (gone.status_code, gone.json()["code"]) == (404, "firm_pair_unknown")
        assert client.post("/firms/pairs/7", json={"verdict": "?"}, headers=token).status_code == 422
        assert client.get("/firms/pairs?state=old").status_code == 400
        assert client.get("/firms/pairs?limit=100000").status_code == 400
        assert client.get(f"/firms/pairs?state=all&offset={2**53}").json() == {"total": 0, "pairs": []}
        most = client.post(f"/firms/pairs/{2**53}", json={"verdict": "same"}, headers=token)
        assert most.status_code == 404


def test_the_command_line_lists_and_decides(twice: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIDOI_DATABASE_URL", twice.url.render_as_string(hide_password=False))
    listed = CliRunner().invoke(build(), ["firms", "pairs", "--find"])
    assert listed.exit_code == 0, listed.output
    assert "A Công ty TNHH Hoàng Long = B Công ty CP Hoàng Long" in listed.output
    with twice.connect() as db:
        number = db.execute(select(PAIRS.c.id)).scalar_one()
    decided = CliRunner().invoke(build(), ["firms", "decide", str(number), "different"])
    assert decided.exit_code == 0, decided.output
    with twice.connect() as db:
        assert db.execute(select(PAIRS.c.state)).scalar_one() == "different"


@pytest.mark.parametrize("lang", LANGS)
def test_every_reason_has_words(lang: str) -> None:
    import inspect
    import re

    from gis import firm_pairs

    source = inspect.getsource(firm_pairs._reasons)
    codes = set(re.findall(r'"([a-z]+_[a-z_]+|near|far)"', source)) - {"distance_m", "tax_code"}
    assert codes <= set(catalogue("vi")["firm_reason"]), codes - set(catalogue("vi")["firm_reason"])
    assert codes <= set(catalogue(lang)["firm_reason"])
