"""OGC API – Features and Tiles: what the standards ask, and what real clients read."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from typing import Any

import pytest
from fastapi.testclient import TestClient
from openapi_spec_validator import OpenAPIV30SpecValidator
from sqlalchemy import Engine, func, select

from gis.crs import CRS84_URI
from layers.access import PUBLIC
from layers.catalogue import layer, layers
from layers.dates import today
from layers.query import visible

LATE = "2026-01-01"
OPEN = [one.id for one in layers().values() if PUBLIC.may(one.access.view)]
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
ENTERPRISES = "/ogc/collections/enterprises/items"


def get(client: TestClient, path: str, **query: Any) -> Any:
    answer = client.get(path, params=query or None)
    assert answer.status_code == 200, answer.text
    return answer.json()


def links(told: dict[str, Any]) -> dict[str, str]:
    return {link["rel"]: link["href"] for link in told["links"]}


def test_the_definition_is_a_true_openapi_3_0_document(client: TestClient) -> None:
    answer = client.get("/ogc/api")
    assert answer.headers["content-type"] == "application/vnd.oai.openapi+json;version=3.0"
    told = answer.json()
    OpenAPIV30SpecValidator(told).validate()
    assert told["servers"] == [{"url": "http://didoi.test/ogc"}]
    limit = told["components"]["parameters"]["limit"]["schema"]
    assert (limit["minimum"], limit["default"], limit["maximum"]) == (1, 100, 10_000)


def test_the_landing_page_leads_everywhere(client: TestClient) -> None:
    told = get(client, "/ogc")
    assert {"self", "alternate", "service-desc", "service-doc", "conformance", "data"} <= set(links(told))
    desc = next(link for link in told["links"] if link["rel"] == "service-desc")
    assert desc["type"] == "application/vnd.oai.openapi+json;version=3.0"
    for link in told["links"]:
        answer = client.get(link["href"], follow_redirects=True)
        assert answer.status_code == 200, link
        assert answer.headers["content-type"].split(";")[0] == link["type"].split(";")[0]


@pytest.mark.parametrize("layer_id", OPEN)
def test_every_collection_tells_its_extent_systems_and_links(client: TestClient, layer_id: str) -> None:
    told = get(client, f"/ogc/collections/{layer_id}", as_of=LATE)
    assert told["storageCrs"] == told["crs"][0] == CRS84_URI
    assert {f"{EPSG}{srid}" for srid in (3405, 3406, *range(5896, 5900), *range(9205, 9219))} <= set(
        told["crs"]
    )
    west, south, east, north = told["extent"]["spatial"]["bbox"][0]
    assert west <= east
    assert south <= north
    assert told["extent"]["temporal"]["interval"][0][0].endswith("T00:00:00Z")
    for rel, href in links(told).items():
        assert client.get(href).status_code == 200, rel


def test_pages_follow_one_another_both_ways_and_hold_everything(client: TestClient) -> None:
    page = get(client, ENTERPRISES, as_of=LATE, limit=7)
    forth = [page]
    while "next" in links(page):
        page = get(client, links(page)["next"])
        forth.append(page)
    assert [p["numberReturned"] for p in forth] == [7, 7, 7, 7, 2]
    assert {p["numberMatched"] for p in forth} == {30}
    ids = [f["id"] for p in forth for f in p["features"]]
    assert ids == sorted(ids)
    assert len(set(ids)) == 30
    back = [page]
    while "prev" in links(page):
        page = get(client, links(page)["prev"])
        back.append(page)
    assert sorted({f["id"] for p in back for f in p["features"]}) == ids
    assert all(href.startswith("http://didoi.test/") for p in forth for href in links(p).values())
    assert all({"self", "alternate"} <= set(links(p)) for p in [*forth, *back])


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=unlimited",
        "limit=1.5",
        "limit=1&limit=2",
        "colour=red",
        "bbox=1,2,3",
        "bbox=1,2,3,x",
        "bbox=nan,1,2,3",
        "crs=EPSG:1",
        "bbox-crs=http://www.opengis.net/def/crs/EPSG/0/1",
        "datetime=yesterday",
        "datetime=2026-01-01/2025-01-01",
        "datetime=2026-01-01&as_of=2026-01-01",
        "as_of=2026-02-30",
        "f=xml",
        "workers_count=many",
        "after=a&before=b",
    ],
)
def test_what_cannot_be_read_is_a_400_with_code_and_description(client: TestClient, query: str) -> None:
    answer = client.get(f"{ENTERPRISES}?{query}")
    assert answer.status_code == 400, answer.text
    assert set(answer.json()) == {"code", "description"}


def test_a_limit_above_the_greatest_is_lowered(client: TestClient) -> None:
    assert get(client, ENTERPRISES, limit=1_000_000, as_of=LATE)["numberReturned"] == 30


@pytest.mark.parametrize(
    ("box", "count"),
    [
        ("106.6,10.9,106.8,11.1", 30),
        ("106.6,10.9,0,106.8,11.1,100", 30),
        ("106.8,10.9,106.6,11.1", 0),  # across the antimeridian: all the world but the province
        ("106.6,11.1,106.8,10.9", 0),
        ("0,0,1,1", 0),
    ],
)
def test_an_inverted_box_is_no_error(client: TestClient, box: str, count: int) -> None:
    assert get(client, ENTERPRISES, bbox=box, as_of=LATE)["numberMatched"] == count


def test_a_box_and_an_answer_may_be_in_vn2000(client: TestClient) -> None:
    whole = client.get(ENTERPRISES, params={"as_of": LATE, "crs": f"{EPSG}9210", "limit": 1})
    assert whole.headers["content-crs"] == f"<{EPSG}9210>"
    east_m, north_m = whole.json()["features"][0]["geometry"]["coordinates"]
    # 106.7° is 0.95° east of 105°45′: 500 km + 0.95° × 109.3 km, less the scale 0.9999 at the meridian.
    assert east_m == pytest.approx(603_800, abs=300)
    assert 1_200_000 < north_m < 1_230_000
    box = f"{east_m - 10},{north_m - 10},{east_m + 10},{north_m + 10}"
    told = get(client, ENTERPRISES, bbox=box, as_of=LATE, **{"bbox-crs": f"{EPSG}9210"})
    assert [f["id"] for f in told["features"]] == ["DN-001"]


@pytest.mark.parametrize("srid", [3405, 3406, 5896, 5898, 9210, 3857])
@pytest.mark.parametrize("side_m", [1e8, 1e300])
def test_a_box_beyond_the_reach_of_its_projection_holds_the_whole_country(
    client: TestClient, srid: int, side_m: float
) -> None:
    box = f"{-side_m},{-side_m},{side_m},{side_m}"
    asked = {"as_of": LATE, "bbox": box, "bbox-crs": f"{EPSG}{srid}"}
    assert get(client, ENTERPRISES, **asked)["numberMatched"] == 30
    beyond = f"{side_m},{side_m},{2 * side_m},{2 * side_m}"
    assert get(client, ENTERPRISES, **(asked | {"bbox": beyond}))["numberMatched"] == 0


def test_axes_follow_the_authority(client: TestClient) -> None:
    def first(**query: str) -> tuple[list[float], str]:
        answer = client.get(ENTERPRISES, params={"as_of": LATE, "limit": "1", **query})
        return answer.json()["features"][0]["geometry"]["coordinates"], answer.headers["content-crs"]

    lonlat, crs84 = first()
    latlon, epsg = first(crs=f"{EPSG}4326")
    assert (crs84, epsg) == (f"<{CRS84_URI}>", f"<{EPSG}4326>")
    assert lonlat == latlon[::-1]
    assert lonlat[0] > 100 > lonlat[1]
    told = get(client, ENTERPRISES, bbox="10.9,106.6,11.1,106.8", as_of=LATE, **{"bbox-crs": f"{EPSG}4326"})
    assert told["numberMatched"] == 30


def test_a_date_is_asked_for_in_three_ways(client: TestClient) -> None:
    def matched(**query: str) -> int:
        return get(client, ENTERPRISES, **query)["numberMatched"]

    assert matched(as_of="2024-06-01") == matched(datetime="2024-06-01T12:00:00Z") == 29
    assert matched(datetime="../2024-06-01") == 29
    assert matched(datetime="2024-01-01/..") == 30
    assert matched(datetime="2025-06-30T18:00:00Z") == 30  # one hour past midnight of 1 July in Vietnam


def test_a_column_filters_and_a_unit_without_geometry_has_null(client: TestClient) -> None:
    assert get(client, ENTERPRISES, as_of=LATE, disposition="relocate")["numberMatched"] == 15
    told = get(client, "/ogc/collections/admin_units/items/commune-25741", as_of="2024-06-01")
    assert told["geometry"] is None
    assert told["properties"]["name"] == "Bình Chuẩn"
    answer = client.get("/ogc/collections/admin_units/items/commune-25741", params={"as_of": LATE})
    assert (answer.status_code, answer.json()["code"]) == (404, "feature_unknown")


def test_every_page_has_an_html_twin(client: TestClient) -> None:
    for path in (
        "/ogc",
        "/ogc/conformance",
        "/ogc/collections",
        "/ogc/collections/zones",
        ENTERPRISES,
        f"{ENTERPRISES}/DN-001",
    ):
        for query, accept in (("?f=html", "*/*"), ("", "text/html,application/xhtml+xml")):
            answer = client.get(path + query, headers={"Accept": accept})
            assert answer.headers["content-type"].startswith("text/html"), path
            assert "Didoi" in answer.text


def test_tiles_are_announced_where_they_are(client: TestClient) -> None:
    told = get(client, "/ogc/collections/zones/tiles", as_of=LATE)
    tileset = told["tilesets"][0]
    limits = {limit["tileMatrix"]: limit for limit in tileset["tileMatrixSetLimits"]}["12"]
    template = next(link["href"] for link in tileset["links"] if link["rel"] == "item")
    filled = template.replace("{tileMatrix}", "12").replace("{tileRow}", str(limits["minTileRow"]))
    answer = client.get(filled.replace("{tileCol}", str(limits["minTileCol"])), params={"as_of": LATE})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert client.get("/ogc/collections/zones/tiles/WebMercatorQuad/a/0/0").status_code == 400
    matrix = get(client, "/ogc/tileMatrixSets/WebMercatorQuad")["tileMatrices"][0]
    assert matrix["scaleDenominator"] == pytest.approx(559_082_264.0287178)  # OGC 17-083r4, annex D.1


# --- clients that are not ours -----------------------------------------------------------------------


def in_database(engine: Engine, layer_id: str) -> int:
    rows = visible(layer(layer_id), PUBLIC, today()).subquery()
    with engine.connect() as db:
        return db.execute(select(func.count()).select_from(rows)).scalar_one()


@pytest.mark.parametrize("layer_id", OPEN)
def test_debians_ogrinfo_reads_every_collection_completely(
    address: str, province: Engine, layer_id: str
) -> None:
    run = subprocess.run(
        ["ogrinfo", "-ro", "-json", "-features", "-oo", "PAGE_SIZE=7", f"OAPIF:{address}/ogc", layer_id],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": os.environ["PATH"], "GDAL_HTTP_TIMEOUT": "20"},
    )
    if "-json" in run.stderr:  # GDAL before 3.7 has no JSON
        run = subprocess.run(
            [
                "ogrinfo",
                "-ro",
                "-al",
                "-geom=SUMMARY",
                "-oo",
                "PAGE_SIZE=7",
                f"OAPIF:{address}/ogc",
                layer_id,
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={"PATH": os.environ["PATH"]},
        )
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("OGRFeature(") == in_database(province, layer_id)


READ_IN_VN2000 = """
import json, sys
import pyogrio, shapely
meta, _, wkb, fields = pyogrio.raw.read("OAPIF:" + sys.argv[1], CRS="EPSG:9210", columns=["key"])
points = {key: shapely.from_wkb(geom).coords[0] for key, geom in zip(fields[0], wkb)}
json.dump({"crs": meta["crs"], "points": points}, sys.stdout)
"""


def test_pyogrio_reads_vn2000_to_the_millimetre(address: str, province: Engine) -> None:
    # In a process of its own: GDAL waits for the server without letting another thread of ours answer.
    run = subprocess.run(
        [sys.executable, "-c", READ_IN_VN2000, f"{address}/ogc/collections/enterprises"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    read = json.loads(run.stdout)
    assert "9210" in read["crs"]
    rows = visible(layer("enterprises"), PUBLIC, today()).subquery()
    moved = func.ST_Transform(rows.c.geom, 9210)
    with province.connect() as db:
        told = db.execute(select(rows.c.key, func.ST_X(moved), func.ST_Y(moved))).all()
    assert len(told) == len(read["points"]) == 30
    apart_m = [math.dist(read["points"][key], (x, y)) for key, x, y in told]
    assert max(apart_m) < 0.001
