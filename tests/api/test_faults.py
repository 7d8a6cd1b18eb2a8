"""Faults over HTTP: planners alone see and decide them, and what they see is what is done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from api.http.app import create_app
from api.settings import Settings
from layers.records.data_versions import bump
from tests.accounts import an_account
from tests.factories import a_parcel, rectangle

PASSWORD = "bảy con sông dài"
FIRST, SECOND = "25747-1-1", "25747-1-2"
KEY = f"overlap/parcels/{FIRST}/{SECOND}"


@pytest.fixture
def server(database: Engine) -> Iterator[TestClient]:
    """Two parcels that share 0.5 m × 30 m, and one account."""
    with database.begin() as db:
        a_parcel(db, "1", "1", rectangle(0, 0, 50, 30), user_name="Nguyễn Thị Hoa")
        a_parcel(db, "1", "2", rectangle(49.5, 0, 50, 30), valid_from=date(2024, 1, 1))
        bump(db, ["parcels"])
        an_account(db)
    url = database.url.render_as_string(hide_password=False)
    with TestClient(create_app(Settings(database_url=url)), base_url="http://didoi.test") as opened:
        yield opened


def post(client: TestClient, path: str, body: Any, expect: int = 200) -> Any:
    csrf = client.get("/session").json()["csrf"]
    answer = client.post(path, json=body, headers={"X-CSRF-Token": csrf})
    assert answer.status_code == expect, answer.text
    return answer.json()


@pytest.fixture
def planner(server: TestClient) -> TestClient:
    post(server, "/session", {"name": "lan", "password": PASSWORD})
    return server


def address(part: str) -> str:
    return f"/faults/{quote(KEY, safe='')}/{part}"


def test_a_fault_is_found_shown_repaired_and_gone(planner: TestClient) -> None:
    checked = post(planner, "/faults/check", {"layer": "parcels"})
    assert (checked["checked"], checked["found"], checked["closed"]) == (2, 1, 0)
    rows = planner.get("/layers/faults/rows").json()
    assert [row["key"] for row in rows["rows"]] == [KEY]
    assert planner.get("/layers/faults/counts").json()["classes"] == [
        {"value": "error", "count": 1, "sum": None}
    ]
    assert planner.get("/tiles/faults/14/13048/7690.mvt").status_code in (200, 204)

    proposal = planner.get(address("proposal")).json()
    assert proposal["before"]["type"] == proposal["after"]["type"] == "MultiPolygon"
    assert proposal["area_before_ha"] == pytest.approx(0.15, rel=1e-3)
    assert proposal["area_after_ha"] == pytest.approx(0.1485, rel=1e-3)
    assert set(proposal["explain"]) == {"vi", "en"}

    repaired = post(planner, address("repair"), {})
    assert (repaired["state"], repaired["decided_by"]) == ("repaired", "lan")
    assert planner.get("/layers/faults/rows").json()["rows"] == []
    assert post(planner, address("repair"), {}, 404)["code"] == "fault_unknown"
    history = planner.get(f"/layers/parcels/features/{SECOND}").json()["history"]
    assert len(history) == 2


def test_a_fault_is_accepted_with_a_reason(planner: TestClient) -> None:
    post(planner, "/faults/check", {"layer": "parcels"})
    assert post(planner, address("accept"), {"reason": " "}, 400)["code"] == "reason_missing"
    kept = post(planner, address("accept"), {"reason": "Chờ đo lại"})
    assert (kept["state"], kept["reason"]) == ("accepted", "Chờ đo lại")
    assert post(planner, "/faults/check", {"layer": None})["found"] == 0
    assert post(planner, address("refuse"), {"reason": "không"}, 409)["code"] == "fault_not_staged"


def test_the_rules_are_told_with_their_tolerances(server: TestClient) -> None:
    told = {rule["id"]: rule for rule in server.get("/faults/rules").json()["rules"]}
    assert told["overlap"]["tolerance"] == 1.0
    assert told["overlap"]["unit"] == "m2"
    assert told["gap"]["unit"] == "m"
    assert told["duplicate_tax_code"]["tolerance"] is None
    assert set(told["overlap"]["title"]) == {"vi", "en"}


def test_nobody_else_sees_or_decides_a_fault(planner: TestClient) -> None:
    post(planner, "/faults/check", {"layer": "parcels"})
    planner.cookies.clear()
    assert planner.get(address("proposal")).status_code == 403
    assert planner.get("/layers/faults/rows").status_code == 403
    assert planner.get("/layers/faults/counts").status_code == 403
    assert planner.get(f"/layers/faults/features/{quote(KEY, safe='')}").status_code == 403
    assert planner.get("/layers/faults/export.geojson").status_code == 403
    assert planner.get("/ogc/collections/faults").status_code in (403, 404)
    assert planner.get("/ogc/collections/faults/items").status_code in (403, 404)
    assert planner.get("/tiles/faults/14/13048/7690.mvt").status_code == 403
    assert "faults" not in [one["id"] for one in planner.get("/ogc/collections").json()["collections"]]
    assert "faults" not in [one["id"] for one in planner.get("/catalogue").json()["layers"]]
    assert planner.get("/search?q=chồng").json()["groups"] == []
    post(planner, address("accept"), {"reason": "a"}, 401)
    post(planner, "/faults/check", {"layer": "parcels"}, 401)


@pytest.mark.parametrize(
    ("path", "status"),
    [("/faults/nonsense/proposal", 404), ("/faults//proposal", 404), ("/faults/a%2Fb%00/proposal", 400)],
)
def test_a_fault_that_is_not_there_is_no_crash(planner: TestClient, path: str, status: int) -> None:
    assert planner.get(path).status_code == status
