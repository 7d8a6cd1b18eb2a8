"""The exported map: what the catalogue says, in one file that asks nothing of any network."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import folium
import pytest
import shapely
from sqlalchemy import Connection

from layers.access import PUBLIC
from layers.catalogue import layers
from layers.folium_map import NothingToDraw, Sheet, draw
from layers.folium_page import MapNotSelfContained, OfflineMap, features, head, page
from layers.folium_page.features import MapTooLarge
from layers.supply import refresh
from layers.tiles import any_kind
from tests.factories import a_lot, a_zone, an_enterprise, point, rectangle
from tests.layers.chromium import visit

DAY = date(2024, 6, 1)
WORDS = {
    "title": "Bản đồ",
    "as_of": "Tính đến 01/06/2024",
    "note": "Didoi",
    "illustrative": "Minh họa / Illustrative",
    "missing": "chưa có dữ liệu",
    "yes": "có",
    "no": "không",
    "match": "Ghép",
    "unit_ha": "ha",
}
#: SHA-256 of what npm's leaflet 1.9.4 holds under dist/, and of its licence.
LEAFLET = {
    "LICENSE": "53e8dc25862014e4324741ca18fbe3611e11d42ef69f59f86ea8c5389647d4cb",
    "images/layers-2x.png": "066daca850d8ffbef007af00b06eac0015728dee279c51f3cb6c716df7c42edf",
    "images/layers.png": "1dbbe9d028e292f36fcba8f8b3a28d5e8932754fc2215b9ac69e4cdecf5107c6",
    "images/marker-icon.png": "574c3a5cca85f4114085b6841596d62f00d7c892c7b03f28cbfa301deb1dc437",
    "leaflet.css": "a7837102824184820dfa198d1ebcd109ff6d0ff9a2672a074b9a1b4d147d04c6",
    "leaflet.js": "db49d009c841f5ca34a888c96511ae936fd9f5533e90d8b2c4d57596f4e5641a",
}


@pytest.fixture
def province(db: Connection) -> Connection:
    """One park of 1,234.5 ha, a second from 2024 on without a status, and a firm whose name is markup."""
    a_zone(db, "A", rectangle(0, 0, 4000, 3000), name="KCN A", area_legal_ha=1234.5, source="QĐ 1/QĐ-UBND")
    a_zone(db, "B", rectangle(6000, 0, 2000, 2000), status=None, valid_from=date(2024, 1, 1))
    a_lot(db, "A", "1", rectangle(0, 0, 500, 500))
    name = "<img src=https://example.org/x.png onerror=alert(1)></script>"
    an_enterprise(db, "F", point(5000, 1000), name=name, contact_phone="0900 000 000", illustrative=True)
    refresh(db)
    return db


def told(html: str, id: str) -> dict[str, Any]:
    found = re.search(rf'<script type="application/json" id="{id}">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    return json.loads(found.group(1))


def drawn(db: Connection, as_of: date = DAY, **wish: Any) -> str:
    return page(draw(db, PUBLIC, as_of, Sheet("vi", WORDS, **wish)))


# --- one file -----------------------------------------------------------------------------------------


def test_leaflet_is_the_one_that_was_published() -> None:
    kept = files("layers.folium_page").joinpath("leaflet")
    assert {name: hashlib.sha256(kept.joinpath(name).read_bytes()).hexdigest() for name in LEAFLET} == LEAFLET


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://code.jquery.com/jquery-3.7.1.min.js"></script>',
        '<script src="vendor/jquery.js"></script>',
        '<link rel="stylesheet" href="style.css">',
        "<style>@import 'fonts.css';</style>",
        "<style>body { background: url(paper.png) }</style>",
        '<script>fetch("//cdn.jsdelivr.net/npm/x")</script>',
    ],
)
def test_a_page_that_could_load_something_is_refused(html: str) -> None:
    drawing = OfflineMap(location=[11, 106])
    page(drawing)
    head(drawing, "more", html)
    with pytest.raises(MapNotSelfContained):
        page(drawing)


def test_a_plain_folium_map_is_refused() -> None:
    with pytest.raises(MapNotSelfContained):
        page(folium.Map(location=[11, 106], tiles=None))


# --- what it holds ------------------------------------------------------------------------------------


def test_positions_are_whole_units_and_then_differences() -> None:
    # 0.00002° east and 0.00001° north are 2 and 1 units; a step of no unit is left out.
    line = shapely.LineString([(106.7, 11.0), (106.70002, 11.00001), (106.700021, 11.00001), (106.7, 11.0)])
    assert features.shape_steps(line, "line") == [[10_670_000, 1_100_000, 2, 1, -2, -1]]


def test_a_column_that_repeats_is_told_by_its_different_values() -> None:
    assert features.packed(["a", None, "a", "b", "a"]) == {"values": ["a", "b"], "at": [0, -1, 0, 1, 0]}
    assert features.packed([1.5, 2.5, None]) == {"values": [1.5, 2.5, None]}


def _operators(expression: Any) -> Iterator[str]:
    if isinstance(expression, list | tuple):
        if expression and isinstance(expression[0], str) and expression[0] != "literal":
            yield expression[0]
        for part in expression[1:]:
            yield from _operators(part)


def test_every_expression_of_the_catalogue_can_be_evaluated() -> None:
    source = files("layers.folium_page").joinpath("sheet.js").read_text()
    table = source[source.index("const OPERATORS") : source.index("function value")]
    known = set(re.findall(r'^    "?([\w!=<>]+)"?: \(', table, re.MULTILINE))
    asked = {
        operator
        for item in layers().values()
        if not any_kind(item)  # no sheet holds it
        for paint in item.paint
        for value in [*paint.paint.values(), paint.filter, paint.layout.get("text-size")]
        for operator in _operators(value)
    }
    # The inside of a match holds alternatives and of an interpolation its kind; they are no operators.
    inside = {"linear", "exponential", "motorway"}
    assert asked - inside <= known


def test_the_map_holds_what_holds_on_its_date(province: Connection) -> None:
    assert len(told(drawn(province), "zones")["shapes"]) == 2
    assert len(told(drawn(province, date(2023, 6, 1)), "zones")["shapes"]) == 1
    with pytest.raises(NothingToDraw):
        drawn(province, date(2019, 1, 1))


def test_fine_layers_are_drawn_only_when_named(province: Connection) -> None:
    assert 'id="lots"' not in drawn(province)
    html = drawn(province, layers=("lots",))
    assert 'id="lots"' in html
    assert 'id="zones"' not in html


def test_what_the_public_may_not_see_is_not_in_the_file(province: Connection) -> None:
    assert "0900 000 000" not in drawn(province)


def test_an_invented_row_marks_the_map(province: Connection) -> None:
    assert told(drawn(province), "didoi-sheet")["panel"]["illustrative"] is True
    assert told(drawn(province, layers=("zones",)), "didoi-sheet")["panel"]["illustrative"] is False


def test_the_legend_counts_the_classes_that_are_drawn(province: Connection) -> None:
    html = drawn(province)
    assert "Hoạt động<output>1" in _unescaped(html)
    assert "chưa có dữ liệu<output>1" in _unescaped(html)  # the park without a status


def _unescaped(html: str) -> str:
    return re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found.group(1), 16)), html)


def test_a_layer_with_too_many_features_is_refused(
    province: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features, "MAX_FEATURES", 1)
    with pytest.raises(MapTooLarge) as refused:
        drawn(province)
    assert refused.value.facts["layer"] == "zones"


# --- in a browser -------------------------------------------------------------------------------------

#: Opens the card of the park and of the firm, and reads the colours of the map's pixels.
PROBE = """
const cards = [];
const map = Object.values(window).find((item) => item instanceof L.Map);
map.eachLayer((item) => {
  if (!item.didoi?.clickable) return;
  const at = item.getLatLng?.() ?? item.getBounds().getCenter();
  item.fire("click", { latlng: at }, true);
  cards.push([...document.querySelectorAll(".leaflet-popup-content")].at(-1).innerText);
});
const canvas = document.querySelector(".leaflet-overlay-pane canvas");
const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
const colours = {};
for (let i = 0; i < pixels.length; i += 4) {
  const name = pixels.slice(i, i + 4).join();
  colours[name] = (colours[name] ?? 0) + 1;
}
return JSON.stringify({ cards, colours, state: document.documentElement.dataset.didoi, title: document.title,
  images: document.querySelectorAll("img").length });
"""


def test_the_map_is_drawn_and_no_request_leaves(province: Connection, tmp_path: Path) -> None:
    seen = visit(drawn(province), PROBE, tmp_path)
    assert seen.told is not None
    answer = json.loads(seen.told)
    assert seen.requests == set()
    assert answer["state"] == "drawn"
    assert answer["title"] == "Bản đồ – Tính đến 01/06/2024"
    # A's fill is #2FA58A (47, 165, 138) at opacity 0.82: alpha 209 of 255.
    drawn_px = sum(n for name, n in answer["colours"].items() if name.endswith(",209"))
    assert drawn_px > 1000
    park = next(card for card in answer["cards"] if card.startswith("KCN A"))
    assert "Khu, cụm công nghiệp · Hoạt động" in park
    assert "Diện tích quy hoạch\t1.234,5 ha" in park
    assert "Công suất xử lý nước thải\tchưa có dữ liệu" in park
    assert "Hiệu lực từ 01/01/2020 · Nguồn: QĐ 1/QĐ-UBND" in park
    firm = next(card for card in answer["cards"] if card.startswith("<img"))
    assert "Minh họa / Illustrative" in firm
    assert answer["images"] == 0


def test_a_request_would_be_noticed(tmp_path: Path) -> None:
    html = "<!DOCTYPE html><body><img src='http://example.org/a.png'></body>"
    assert visit(html, "return 'there'", tmp_path).requests == {"http://example.org/a.png"}
