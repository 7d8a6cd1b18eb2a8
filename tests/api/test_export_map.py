"""A map of one firm's zones, through the verb and through the command line."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine
from typer.testing import CliRunner

from api.actions.export_map import MapRequest, export_map
from api.actions.match_firm import FirmRequest
from api.cli import build
from layers.access import PUBLIC
from layers.folium_page import page
from layers.supply import refresh
from tests.factories import a_lot, a_zone, an_enterprise, point, rectangle

DAY = date(2024, 6, 1)


def a_province(db: Connection) -> None:
    """Seven parks east of a weaver, one per kilometre, the last of which takes no weavers."""
    for i, key in enumerate("ABCDEFG"):
        sectors = ["26"] if key == "G" else ["13"]
        place = rectangle(1000 * (i + 1), 0, 800, 800)
        a_zone(db, key, place, entrance=point(1000 * (i + 1), 0), permitted_vsic=sectors)
        a_lot(db, key, "1", rectangle(1000 * (i + 1), 0, 200, 200))
    refresh(db)
    an_enterprise(db, "D1", point(0, 0), name="Dệt Minh An", area_needed_ha=1.5)


def told(html: str, id: str) -> dict[str, Any]:
    found = re.search(rf'<script type="application/json" id="{id}">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    return json.loads(found.group(1))


def test_the_firm_is_shown_with_its_first_five_zones(db: Connection) -> None:
    a_province(db)
    html = page(export_map(db, PUBLIC, DAY, MapRequest(firm=FirmRequest(firm="D1"))))
    match = told(html, "didoi-sheet")["panel"]["match"]
    assert (match["firm"], match["need"]) == (
        "Dệt Minh An",
        "Cần 1,5 ha · ngành 1312 · Sản xuất vải dệt thoi",
    )
    assert [(z["rank"], z["name"], z["km"]) for z in match["ranked"]] == [
        (1, "KCN A", "1 km"),
        (2, "KCN B", "2 km"),
        (3, "KCN C", "3 km"),
        (4, "KCN D", "4 km"),
        (5, "KCN E", "5 km"),
    ]
    assert html.count("L.polyline(") - html.count("e.polyline(") >= 10  # a white casing under each of five
    zones = told(html, "zones")
    names = zones["columns"]["name"]["values"]
    assert [names[i] for i in zones["faint"]] == ["KCN G"]


def test_english_words_and_numbers_are_english(db: Connection) -> None:
    a_province(db)
    request = MapRequest(firm=FirmRequest(firm="D1", area_needed_ha=1.25), lang="en")
    sheet = told(page(export_map(db, PUBLIC, DAY, request)), "didoi-sheet")
    assert sheet["panel"]["as_of"] == "As of 1 Jun 2024"
    assert sheet["panel"]["match"]["need"].startswith("Needs 1.25 ha · sector 1312")


def test_the_verb_writes_one_file(database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.begin() as db:
        a_province(db)
    monkeypatch.setenv("DIDOI_DATABASE_URL", database.url.render_as_string(hide_password=False))
    out = tmp_path / "ban-do.html"
    words = ["export-map", str(out), "--as-of", "2024-06-01", "--layers", "zones", "--firm", "D1"]
    done = CliRunner().invoke(build(), words, catch_exceptions=False)
    assert done.exit_code == 0
    assert 'id="zones"' in (html := out.read_text(encoding="utf-8"))
    assert 'id="enterprises"' not in html
    assert len(html.encode()) < 300_000
