"""Tables, counts, features, tiles, search and exports through the door, as the web asks for them."""

from __future__ import annotations

import csv
import io
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from api.http.app import create_app
from layers.access import PUBLIC, Right
from layers.catalogue import layers
from layers.layer import Layer
from layers.query import masked
from tests.api.conftest import settings_for
from tests.factories import a_feature, a_zone, rectangle

LATE, EARLY = "2026-01-01", "2024-06-01"
MASKED = [(layer, name) for layer in layers().values() for name in sorted(masked(layer, PUBLIC))]


def get(client: TestClient, path: str, **query: Any) -> Any:
    answer = client.get(path, params=query or None)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_catalogue_says_all_that_a_client_needs_to_draw(client: TestClient) -> None:
    told = get(client, "/catalogue", as_of=LATE)
    public = [layer.id for layer in layers().values() if layer.access.view is None]
    assert [item["id"] for item in told["layers"]] == public
    assert told["illustrative"] is False
    assert told["account"] is None
    assert told["dates"] == ["2025-09-30"]
    west, south, east, north = told["extent"]
    # Zones reach from x 0 to 3600 m east of 106.70° E and up to 1000 m north; a firm far away moves nothing.
    assert (west, east) == (pytest.approx(106.70, abs=1e-6), pytest.approx(106.70 + 3600 / 109_301, abs=1e-6))
    assert (south, north) == (pytest.approx(11.00, abs=1e-6), pytest.approx(11.00 + 1000 / 110_609, abs=1e-6))
    zones = next(item for item in told["layers"] if item["id"] == "zones")
    assert zones["swatch"] is None
    assert "@" not in str(zones["paint"])
    status = next(column for column in zones["columns"] if column["name"] == "status")
    assert status["codes"][5]["value"] == "operating"
    assert status["codes"][5]["fill"] == told["palette"]["@zone.open"]


@pytest.mark.parametrize("layer", layers().values(), ids=lambda layer: layer.id)
def test_every_layer_gives_two_answers_for_two_dates(client: TestClient, layer: Layer) -> None:
    routes = (f"/layers/{layer.id}/rows", f"/layers/{layer.id}/counts", f"/ogc/collections/{layer.id}/items")
    for route in routes:
        answers = [client.get(route, params={"as_of": day}) for day in (EARLY, LATE)]
        if layer.access.view is not None:
            assert [a.status_code for a in answers] == [403, 403]
            continue
        assert [a.status_code for a in answers] == [200, 200]
        early, late = (a.json() for a in answers)
        for told in (early, late):
            told.pop("timeStamp", None)
            told.pop("as_of", None)
            told.pop("links", None)
        assert early != late, route
        assert answers[0].headers["etag"] != answers[1].headers["etag"]


def test_a_filter_sorts_and_pages_without_overlap(client: TestClient) -> None:
    query = {"as_of": LATE, "disposition": "relocate", "sort": "-workers_count", "limit": 10}
    first = get(client, "/layers/enterprises/rows", **query)
    second = get(client, "/layers/enterprises/rows", **query, offset=10)
    assert first["total"] == second["total"] == 15
    workers = [row["workers_count"] for row in [*first["rows"], *second["rows"]]]
    assert workers == [100 + n for n in range(29, 0, -2)]
    assert first["rows"][0]["point"] == [
        pytest.approx(106.70 + 29 * 150 / 109_301),
        pytest.approx(11 - 500 / 110_609),
    ]


def test_ranges_alternatives_and_missing_values_are_filters(client: TestClient) -> None:
    def total(**query: str) -> int:
        return get(client, "/layers/enterprises/rows", as_of=LATE, **query)["total"]

    assert total(workers_count="101..103") == 3
    assert total(workers_count="129..") == 2
    assert total(key="DN-001,DN-002") == 2
    assert total(wave="") == 30
    assert total(wave="1") == 0
    assert total(q="det binh 7") == 1
    assert total(process_flags="has_dyeing") == total(process_flags="has_tanning,has_dyeing") == 2
    assert total(process_flags="has_tanning") == total(process_flags="a..b") == 0
    assert total(process_flags="") == 28
    assert total(bbox="106.70,10.9,106.7015,11.1") == 1  # 150 m is 0.00137° east, 300 m is 0.00274°


def test_counts_leave_a_columns_own_filter_aside(client: TestClient) -> None:
    told = get(client, "/layers/enterprises/counts", as_of=LATE, disposition="relocate")
    assert told["total"] == {"count": 15, "sum": 15.0}
    assert {c["value"]: c["count"] for c in told["classes"]} == {"relocate": 15, "encouraged": 15}
    assert told["facets"]["vsic_code"] == [{"value": "1312", "count": 15}]


def test_a_feature_tells_its_history_and_what_hangs_on_it(client: TestClient) -> None:
    zone = get(client, "/layers/zones/features/A", as_of=LATE)
    assert zone["properties"]["name"] == "KCN Đồng An"
    assert [phase["key"] for phase in zone["related"]["phases"]] == ["A-1"]
    assert zone["related"]["observations"][0]["value"] == 0.5
    assert [unit["level"] for unit in zone["related"]["admin"]] == ["province", "commune"]
    assert zone["history"][0]["valid_from"] == "2020-01-01"
    parcel = get(client, "/layers/parcels/features/25747-12-341", as_of=EARLY)
    assert parcel["properties"]["stage"] == "notified"
    assert parcel["masked"] == ["user_name"]
    assert [event["stage"] for event in parcel["related"]["events"]] == ["notified"]
    lot = get(client, "/layers/lots/features/A-1", as_of=LATE)
    assert [lease["from_on"] for lease in lot["related"]["leases"]] == ["2025-07-01"]


@pytest.mark.parametrize(("layer", "column"), MASKED, ids=lambda item: getattr(item, "id", item))
def test_nobody_filters_sorts_or_exports_by_what_they_may_not_see(
    client: TestClient, planner: TestClient, officer: TestClient, layer: Layer, column: str
) -> None:
    query = {"as_of": LATE}
    knowing = planner if layer.access.unmask is Right.SEE_FIRM_CONTACTS else officer
    for route in ("rows", "counts", "export.csv", "export.geojson"):
        answer = client.get(f"/layers/{layer.id}/{route}", params=query | {column: "x"})
        assert (answer.status_code, answer.json()["code"]) == (403, "column_masked"), route
    for sort in (column, f"-{column}"):
        assert client.get(f"/layers/{layer.id}/rows", params=query | {"sort": sort}).status_code == 403
    answer = client.get(f"/ogc/collections/{layer.id}/items", params=query | {column: "x"})
    assert (answer.status_code, answer.json()["code"]) == (403, "column_masked")

    seen = {row[column] for row in get(knowing, f"/layers/{layer.id}/rows", **query)["rows"]}
    secret = next(value for value in seen if value)
    assert {row[column] for row in get(client, f"/layers/{layer.id}/rows", **query)["rows"]} == {None}
    key = next(
        r["key"] for r in get(knowing, f"/layers/{layer.id}/rows", **query)["rows"] if r[column] == secret
    )
    for path in (
        f"/layers/{layer.id}/features/{key}",
        f"/ogc/collections/{layer.id}/items/{key}",
        f"/ogc/collections/{layer.id}/items?f=html",
        f"/layers/{layer.id}/export.csv",
        f"/layers/{layer.id}/export.geojson",
    ):
        assert secret not in client.get(path, params=query).text, path
        assert secret in knowing.get(path, params=query).text, path
    found = get(client, "/search", q=secret, **query)
    assert not [hit for group in found["groups"] for hit in group["hits"] if hit["key"] == key]
    searched = get(client, f"/layers/{layer.id}/rows", q=secret, **query)
    assert searched["total"] == 0


def test_only_the_public_scope_is_kept_by_others(client: TestClient, planner: TestClient) -> None:
    for path in (
        "/layers/zones/rows",
        "/tiles/zones/12/3261/1922.mvt",
        "/ogc/collections/zones/items",
        "/catalogue",
    ):
        public, private = client.get(path), planner.get(path)
        assert public.headers["cache-control"].startswith("public")
        assert private.headers["cache-control"].startswith("private")
        assert "Cookie" in public.headers["vary"]
        assert public.headers["etag"] != private.headers["etag"]
        assert client.get(path, headers={"If-None-Match": public.headers["etag"]}).status_code == 304
        assert client.get(path, headers={"If-None-Match": private.headers["etag"]}).status_code != 304


@pytest.mark.parametrize("form", ["gpkg", "geojson", "csv"])
def test_an_export_holds_the_filtered_rows_of_the_date(client: TestClient, tmp_path: Path, form: str) -> None:
    answer = client.get(
        f"/layers/enterprises/export.{form}", params={"as_of": EARLY, "disposition": "relocate"}
    )
    assert answer.status_code == 200
    assert f'filename="enterprises_2024-06-01.{form}"' in answer.headers["content-disposition"]
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert len(rows) == 15
        assert rows[0]["wkt"].startswith("POINT")
        assert float(rows[0]["lon"]) == pytest.approx(106.70 + 150 / 109_301)
        assert "contact_phone" not in rows[0]
    elif form == "geojson":
        assert len(answer.json()["features"]) == 15
    else:
        path = tmp_path / "x.gpkg"
        path.write_bytes(answer.content)
        with sqlite3.connect(path) as db:
            assert db.execute("SELECT count(*) FROM enterprises").fetchone() == (15,)
            assert db.execute("SELECT srs_id FROM gpkg_contents").fetchone() == (4326,)


def test_search_puts_the_very_letters_first(client: TestClient) -> None:
    def hits(q: str, layer: str) -> list[str]:
        groups = get(client, "/search", q=q, as_of=LATE)["groups"]
        return [hit["name"] for group in groups if group["layer"] == layer for hit in group["hits"]]

    assert hits("dong an", "zones")[0] == "KCN Đồng An"
    assert hits("DONG AN", "zones") == hits("Đồng An", "zones")
    assert hits("3700000007", "enterprises") == ["Công ty Dệt Bình 7"]
    assert hits("tờ 12 thửa 345", "parcels") == ["Tờ 12 thửa 345"]
    assert hits("thửa đất số 345, tờ bản đồ số 12", "parcels") == ["Tờ 12 thửa 345"]
    assert hits("10.93, 106.71", "coordinates") == ["WGS 84"]
    assert hits("X=1209123 Y=602345", "coordinates")[0] == "VN-2000 105°45′ (EPSG:9210)"
    assert hits("50%", "zones") == hits("_", "zones") == []


def test_a_commune_that_was_merged_is_found_and_says_into_what(client: TestClient) -> None:
    groups = get(client, "/search", q="binh chuan", as_of=LATE)["groups"]
    (hit,) = groups[0]["hits"]
    assert hit["name"] == "Bình Chuẩn"
    assert "→ An Phú Đông (01/07/2025)" in hit["detail"]["vi"]
    assert hit["valid"] == ["2020-01-01", "2025-07-01"]
    assert hit["point"] is None
    before = get(client, "/search", q="binh chuan", as_of=EARLY)["groups"][0]["hits"]
    assert "→" not in before[0]["detail"]["vi"]


def test_a_tile_is_kept_by_version_and_empty_ones_are_no_content(client: TestClient) -> None:
    version = next(item["version"] for item in get(client, "/catalogue")["layers"] if item["id"] == "zones")
    x, y = 3262, 1921  # 106.70° E, 11.00° N at zoom 12: (106.70 + 180) / 360 × 4096 = 3262.0
    answer = client.get(f"/tiles/zones/12/{x}/{y}.mvt", params={"v": version, "as_of": LATE})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=86400"
    assert b"zones" in answer.content
    assert client.get("/tiles/zones/12/0/0.mvt").status_code == 204
    assert client.get("/tiles/zones/12/5000/0.mvt").status_code == 404
    assert client.get("/tiles/zones/17/0/0.mvt").json()["code"] == "tile_out_of_range"
    plain = client.get(
        f"/tiles/zones/12/{x}/{y}.mvt", headers={"Accept-Encoding": "identity"}, params={"as_of": LATE}
    )
    assert plain.content == answer.content


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/layers/nothing/rows", 404, "layer_unknown"),
        ("/layers/zones/rows?colour=red", 400, "column_unknown"),
        ("/layers/zones/rows?limit=0", 400, "request_invalid"),
        ("/layers/zones/rows?as_of=2025-02-30", 400, "request_invalid"),
        ("/layers/zones/rows?area_legal_ha=many", 400, "filter_invalid"),
        ("/layers/zones/rows?geom=x", 400, "column_unknown"),
        (f"/layers/zones/rows?name={'a,' * 1001}", 400, "too_many_alternatives"),
        ("/layers/zones/rows?sort=entrance", 400, "column_unknown"),
        (f"/tiles/zones/5/{10**30}/0.mvt", 404, "tile_out_of_range"),
        ("/layers/zones/rows?bbox=1,2,3", 400, "box_invalid"),
        ("/layers/zones/rows?q=%00", 400, "text_invalid"),
        ("/layers/zones/features/nobody", 404, "feature_unknown"),
        ("/layers/zones/export.exe", 400, "format_unknown"),
        ("/search?colour=red", 400, "parameter_unknown"),
        ("/codes/vsic?scheme=NACE", 400, "request_invalid"),
        ("/nowhere/at/all", 404, "page_unknown"),
    ],
)
def test_what_is_wrong_is_said_in_both_languages(
    client: TestClient, path: str, status: int, code: str
) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    message = answer.json()["message"]
    assert "{" not in message["vi"] + message["en"]
    assert message["vi"] != message["en"]


def test_another_method_is_refused_in_the_same_shape(client: TestClient) -> None:
    answer = client.post("/catalogue")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in answer.headers["allow"]


def test_every_answer_carries_the_headers_that_keep_a_browser_safe(client: TestClient) -> None:
    for path in ("/catalogue", "/docs", "/ogc?f=html", "/nothing"):
        headers = client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'self'; img-src 'self' data: blob:")
        assert headers["x-content-type-options"] == "nosniff"


def test_the_reference_loads_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/docs").text
    assert "/layers/{layer_id}/rows" in page
    assert "/ogc/collections/zones/items" in page
    assert "<script" not in page
    assert "http" not in page.replace("http://didoi.test", "").replace("http://www.opengis.net", "")


def test_a_count_and_a_card_say_what_is_invented(database: Engine) -> None:
    with database.begin() as db:
        a_zone(db, "real", rectangle(0, 0, 100, 100))
        a_zone(db, "made", rectangle(500, 0, 100, 100), kind="CCN", illustrative=True)
        whole = rectangle(-500, -500, 2000, 2000)
        for code, made in (("79", False), ("MH79", True)):
            a_feature(db, "admin_units", whole, level="province", code=code, name="HCM", illustrative=made)
    with TestClient(create_app(settings_for(database)), base_url="http://didoi.test") as opened:
        assert get(opened, "/layers/zones/counts")["illustrative"] is True
        assert get(opened, "/layers/zones/counts", kind="KCN")["illustrative"] is False
        card = get(opened, "/layers/zones/features/real")
    units = {unit["code"]: unit["illustrative"] for unit in card["related"]["admin"]}
    assert (card["illustrative"], units) == (False, {"79": False, "MH79": True})


@pytest.mark.parametrize("layer", layers().values(), ids=lambda layer: layer.id)
def test_every_column_is_a_filter_and_an_order_or_says_why_not(client: TestClient, layer: Layer) -> None:
    for name in layer.columns():
        for query in ({name: "x"}, {name: "1..2"}, {name: ""}, {"sort": name}, {"sort": f"-{name}"}):
            answer = client.get(f"/layers/{layer.id}/rows", params=query | {"limit": 2})
            assert answer.status_code in (200, 400, 403), (query, answer.text)
