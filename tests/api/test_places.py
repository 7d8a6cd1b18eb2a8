"""Places over time through the doors: HTTP and the command line answer alike."""

from __future__ import annotations

from fastapi.testclient import TestClient

from tests.api.conftest import EARLY, LATE


def test_a_place_is_answered_with_what_it_is_on_the_date(client: TestClient) -> None:
    units = client.get("/layers/admin_units/rows", params={"as_of": str(LATE)}).json()["rows"]
    commune = next(row for row in units if row["level"] == "commune")
    answer = client.get("/places/resolve", params={"q": commune["name"], "to": str(LATE)})
    assert answer.status_code == 200
    told = answer.json()
    assert told["status"] in ("found", "several")
    assert commune["key"] in {each["key"] for unit in told["units"] for each in unit["became"]}
    assert set(told["words"]) == {"vi", "en"}


def test_an_empty_or_impossible_question_is_refused_in_words(client: TestClient) -> None:
    for params in ({"q": " "}, {"q": "x", "lon": "nan"}, {"q": "x", "to": "2025-13-01"}, {"where": "x"}):
        answer = client.get("/places/resolve", params=params)
        assert answer.status_code == 400
        assert set(answer.json()["message"]) == {"vi", "en"}


def test_a_layer_is_counted_by_units_of_another_date(client: TestClient) -> None:
    whole = client.get("/layers/zones/rows", params={"as_of": str(LATE), "limit": 1}).json()
    told = client.get(
        "/layers/zones/by-unit", params={"as_of": str(LATE), "units_on": str(EARLY), "level": "province"}
    ).json()
    assert told["units_on"] == str(EARLY)
    counted = sum(row["count"] for row in told["rows"]) + told["cannot_be_told"]["count"]
    assert 0 < counted <= whole["total"]
    filtered = client.get("/layers/zones/by-unit", params={"as_of": str(LATE), "kind": "CCN"}).json()
    assert sum(row["count"] for row in filtered["rows"]) + filtered["cannot_be_told"]["count"] < counted + 1
    assert client.get("/layers/zones/by-unit", params={"level": "village"}).status_code == 400
    assert client.get("/layers/nothing/by-unit").status_code == 404
