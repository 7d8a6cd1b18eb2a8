"""Filters and exports through the doors: the same filter keeps the same rows everywhere."""

from __future__ import annotations

import json

import pytest
from fastapi.testclient import TestClient

LATE = "2026-01-01"
ITEMS = "/ogc/collections/enterprises/items"
FILTER = "workers_count BETWEEN 101 AND 105 AND CASEI(name) LIKE CASEI('công ty dệt%')"


def test_items_rows_counts_and_exports_keep_the_same(client: TestClient) -> None:
    asked = {"filter": FILTER, "as_of": LATE}
    assert client.get(ITEMS, params=asked).json()["numberMatched"] == 5
    assert client.get("/layers/enterprises/rows", params=asked).json()["total"] == 5
    assert client.get("/layers/enterprises/counts", params=asked).status_code == 200
    told = client.get("/layers/enterprises/export.geojson", params=asked).json()
    assert len(told["features"]) == 5
    assert told["metadata"]["filter"]["filter"] == FILTER
    tree = {"op": "<=", "args": [{"property": "workers_count"}, 105]}
    as_json = {"filter": json.dumps(tree), "filter-lang": "cql2-json", "as_of": LATE}
    assert client.get(ITEMS, params=as_json).json()["numberMatched"] == 5


@pytest.mark.parametrize(
    "text",
    [
        "(" * 3_000,
        "(" * 32 + "a =" + ")" * 32,
        "name = 'a\0'",
        "workers_count = 1e999",
        "pg_sleep(9)",
        "name =",
    ],
)
@pytest.mark.parametrize("path", [ITEMS, "/layers/enterprises/rows", "/layers/enterprises/export.csv"])
def test_a_hostile_filter_is_refused_in_words(client: TestClient, path: str, text: str) -> None:
    answer = client.get(path, params={"filter": text})
    assert answer.status_code == 400
    assert answer.json()["code"].startswith(("filter_", "text_"))


def test_arithmetic_beyond_all_numbers_is_refused(client: TestClient) -> None:
    answer = client.get(ITEMS, params={"filter": "workers_count ^ 1000 = 1", "as_of": LATE})
    assert (answer.status_code, answer.json()["code"]) == (400, "value_out_of_range")


def test_personal_data_is_neither_told_nor_filtered_by(client: TestClient, planner: TestClient) -> None:
    path = "/ogc/collections/enterprises/queryables"
    answer = client.get(path)
    assert answer.headers["content-type"] == "application/schema+json"
    told = answer.json()["properties"]
    assert told["geometry"]["x-ogc-role"] == "primary-geometry"
    assert told["workers_count"]["type"] == "integer"
    assert "contact_phone" not in told
    assert "contact_phone" in planner.get(path).json()["properties"]
    assert client.get(path, params={"f": "html"}).headers["content-type"].startswith("text/html")
    refused = client.get(ITEMS, params={"filter": "contact_phone LIKE '09%'"})
    assert (refused.status_code, refused.json()["code"]) == (403, "column_masked")


def test_every_format_that_is_offered_is_written(client: TestClient) -> None:
    told = client.get("/exports/formats").json()
    assert {
        k: v for k, v in next(c for c in told["crs"] if c["crs"] == "EPSG:9210").items() if k != "name"
    } == {"crs": "EPSG:9210", "geographic": False}
    for one in told["formats"]:
        asked = {"as_of": LATE} | ({"crs": "EPSG:9210"} if one["any_crs"] else {})
        answer = client.get(f"/layers/enterprises/export.{one['form']}", params=asked)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == one["media_type"]
        if not one["any_crs"]:
            refused = client.get(f"/layers/enterprises/export.{one['form']}", params={"crs": "EPSG:9210"})
            assert (refused.status_code, refused.json()["code"]) == (400, "crs_not_carried")
