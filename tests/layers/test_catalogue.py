"""Every layer keeps the frame's promises; a new one is checked without a line here."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, Date, Float, Integer, select

from layers.catalogue import LayerUnknown, layer, layers
from layers.layer import Layer, about
from layers.style import GROUPS, PALETTE, class_colour, resolve

LAYERS = list(layers().values())
UNITS = {"ha", "m2", "km2", "m", "kmh", "m3_day", "ratio", "count", "usd_m2_term", "billion_vnd"}


@pytest.fixture(params=LAYERS, ids=lambda item: item.id)
def each(request: pytest.FixtureRequest) -> Layer:
    return request.param


def test_a_layer_is_named_once_and_everywhere_the_same(each: Layer) -> None:
    assert each.table.name == each.id  # of a layer without a table of its own, the shape of its rows
    assert each.group in GROUPS
    assert each.label in each.columns()


def test_every_word_stands_in_both_languages(each: Layer) -> None:
    told = [about(c) for c in each.columns().values()]
    titles = [each.title, *(t.title for t in told if t), *(c.title for t in told if t for c in t.codes)]
    assert all(title.vi.strip() and title.en.strip() for title in titles)


def test_the_name_of_a_column_ends_with_its_unit(each: Layer) -> None:
    for name, col in each.columns().items():
        told = about(col)
        assert told is not None
        if told.unit is not None:
            assert told.unit in UNITS
            assert name.endswith(f"_{told.unit}")
            assert isinstance(col.type, Float | Integer)
        if isinstance(col.type, Date):
            assert name.endswith("_on") or name in ("valid_from", "valid_to")


def test_every_row_of_a_layer_is_dated(each: Layer) -> None:
    columns = each.table.c
    assert {"valid_from", "valid_to", "key", "illustrative"} <= set(columns.keys())
    assert not columns.valid_from.nullable
    if each.kind == "base":
        assert {"recorded_at", "source", "import_run_id"} <= set(columns.keys())


def test_paint_resolves_to_colours_of_the_palette(each: Layer) -> None:
    def strings(value: Any) -> list[str]:
        if isinstance(value, str):
            return [value]
        items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
        return [text for item in items for text in strings(item)]

    assert each.paint
    for paint in each.paint:
        resolved = strings(resolve(paint.paint, each))
        assert not [text for text in resolved if text.startswith("@")]
    assert each.legend is None or class_colour(each, "fill")[0] == "match"


def test_classes_of_a_legend_have_swatches(each: Layer) -> None:
    if each.legend is None:
        assert each.swatch in PALETTE
        return
    told = about(each.columns()[each.legend])
    assert told is not None
    assert told.codes
    assert all(code.token in PALETTE for code in told.codes)


def test_named_columns_exist(each: Layer) -> None:
    named = {*each.facets, *each.card, *([each.measure] if each.measure else [])}
    assert named <= set(each.columns())
    assert set(each.tile_columns) <= {*each.columns(), *each.table.c.keys()}


def test_a_layer_answers_for_a_date(each: Layer, db: Connection) -> None:
    rows = each.at(date(2026, 1, 1)).subquery()
    assert {"key", "geom", "geom_tile"} <= set(rows.c.keys())
    assert db.execute(select(rows)).all() == []


def test_an_unknown_layer_is_told_with_those_that_exist() -> None:
    with pytest.raises(LayerUnknown) as caught:
        layer("zonez")
    assert "zones" in caught.value.facts["known"]
