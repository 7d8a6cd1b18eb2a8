"""
One layer's features as the page carries them: shapes, columns, paint and words.

Shapes are simplified to what zoom 14 shows and travel as whole 1e-5 degrees.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely
from sqlalchemy import ColumnElement, Connection, Row, func, not_, or_, select

from gis.errors import BadInput
from layers.access import Actor
from layers.filters import Box, Wanted, type_name
from layers.layer import Layer, Paint, Text, about
from layers.query import masked
from layers.rows import kept, told_columns
from layers.style import resolve
from layers.tiles import geometry_kind

SHEET_ZOOM = 11
"""A sheet holds what tiles of this zoom hold; finer layers (lots, parcels) only when they are named."""
DEGREE = 100_000
"""Whole units per degree: 1.1 m."""
TOLERANCE_DEG = 4e-5
"""About 4 m: half a pixel at zoom 14."""
MAX_FEATURES = 100_000


class MapTooLarge(BadInput):
    """More features than a browser can draw from one file. Facts: layer, limit."""


@dataclass(frozen=True)
class Drawn:
    """The rows of a layer that a sheet draws, and the columns that go with them."""

    layer: Layer
    rows: Sequence[Row[Any]]
    columns: tuple[str, ...]

    @property
    def illustrative(self) -> bool:
        """Whether any of them is invented."""
        return any(row.illustrative for row in self.rows)


def read_layer(db: Connection, item: Layer, actor: Actor, as_of: date, box: Box) -> Drawn:
    """
    The rows of a layer within a box, in order of key.

    Raises
    ------
    MapTooLarge
    """
    names = _columns(item, actor)
    rows, where = kept(item, actor, as_of, Wanted(box=box))
    where += _coarse(item, rows)
    told = select(
        rows.c.key,
        rows.c.illustrative,
        (rows.c.zone_key if "zone_key" in rows.c else rows.c.key).label("zone_key"),
        *(rows.c[name] for name in names if name not in ("key", "illustrative", "zone_key")),
        func.ST_AsBinary(rows.c.geom).label("wkb"),
    )
    found = db.execute(told.where(*where).order_by(rows.c.key).limit(MAX_FEATURES + 1)).all()
    if len(found) > MAX_FEATURES:
        raise MapTooLarge(layer=item.id, limit=MAX_FEATURES)
    return Drawn(item, found, names)


def _coarse(item: Layer, rows: Any) -> Iterator[ColumnElement[bool]]:
    """Conditions that leave out the classes which tiles hold only from a finer zoom on."""
    for name, firsts in item.tile_classes.items():
        finer = [value for value, zoom in firsts.items() if zoom > SHEET_ZOOM]
        if finer:
            yield or_(rows.c[name].is_(None), not_(rows.c[name].in_(finer)))


def _columns(item: Layer, actor: Actor) -> tuple[str, ...]:
    """Columns that the paint, the label, the legend and the card need, without the masked ones."""
    asked = {item.label, *item.card, "source", "valid_from", "illustrative"} | (
        {item.legend} if item.legend else set()
    )
    asked |= set(_asked_by([(p.paint, p.layout, p.filter) for p in item.paint if not _along_line(p)]))
    hidden = masked(item, actor)
    return tuple(name for name in told_columns(item) if name in asked and name not in hidden)


def _asked_by(expression: Any) -> Iterator[str]:
    """Names of the columns that an expression reads."""
    if isinstance(expression, Mapping):
        yield from _asked_by(list(expression.values()))
    elif isinstance(expression, Sequence) and not isinstance(expression, str):
        if len(expression) == 2 and expression[0] in ("get", "has"):
            yield expression[1]
        for part in expression:
            yield from _asked_by(part)


def _along_line(paint: Paint) -> bool:
    """Labels that follow a line; Leaflet has none."""
    return paint.layout.get("symbol-placement") == "line"


def told_layer(item: Drawn, actor: Actor, lang: str, words: Mapping[str, str]) -> dict[str, Any]:
    """Everything that ``sheet.js`` needs of one layer: shapes, columns, paint and words."""
    told, kind = item.layer, geometry_kind(item.layer)
    shapes = shapely.from_wkb([row.wkb for row in item.rows])
    if kind != "point":
        shapes = shapely.simplify(shapes, TOLERANCE_DEG)
    paints = [paint for paint in told.paint if not _along_line(paint)]
    labelled = any(paint.type == "symbol" for paint in paints)
    hidden = masked(told, actor)
    return {
        "order": told.order,
        "title": in_lang(told.title, lang),
        "geometry": kind,
        "label": told.label,
        "legend": told.legend,
        "card": [name for name in told.card if name not in hidden],
        "about": {name: _told_column(told, name, lang, words) for name in item.columns},
        "paint": [_told_paint(paint, told) for paint in paints],
        "columns": {name: packed([getattr(row, name) for row in item.rows]) for name in item.columns},
        "shapes": [shape_steps(shape, kind) for shape in shapes],
        "anchors": _whole(shapely.get_coordinates(shapely.point_on_surface(shapes))) if labelled else [],
    }


def _told_paint(paint: Paint, item: Layer) -> dict[str, Any]:
    """A paint with its colours; it begins no earlier than the layer's own tiles."""
    first = max(item.minzoom, paint.minzoom or 0)
    told = {"type": paint.type, "paint": resolve(paint.paint, item), "layout": resolve(paint.layout, item)}
    more = {"filter": paint.filter, "minzoom": first, "maxzoom": paint.maxzoom}
    return told | {name: value for name, value in more.items() if value is not None}


def _told_column(item: Layer, name: str, lang: str, words: Mapping[str, str]) -> dict[str, Any]:
    col = item.columns()[name]
    told = about(col)
    assert told is not None
    return {
        "title": in_lang(told.title, lang),
        "type": type_name(col.type),
        "unit": told.unit,
        "unit_words": words.get(f"unit_{told.unit}", ""),
        "codes": {code.value: in_lang(code.title, lang) for code in told.codes},
    }


def packed(values: Sequence[Any]) -> dict[str, Any]:
    """A column, by its different values where they repeat; -1 stands for no data."""
    hashable = [tuple(v) if isinstance(v, list) else v for v in values]
    different = list(dict.fromkeys(v for v in hashable if v is not None))
    if len(different) > len(values) / 2:
        return {"values": hashable}
    place = {value: i for i, value in enumerate(different)}
    return {"values": different, "at": [-1 if v is None else place[v] for v in hashable]}


def shape_steps(shape: Any, kind: str) -> list[Any]:
    """Parts of a shape (of a polygon: its rings), each a flat list of x, y and then differences."""
    if kind == "point":
        return _steps(shape)
    parts = shapely.get_parts(shape)
    if kind == "line":
        return [_steps(part) for part in parts]
    return [[_steps(ring) for ring in (part.exterior, *part.interiors)] for part in parts]


def _steps(line: Any) -> list[int]:
    whole = np.round(shapely.get_coordinates(line) * DEGREE).astype(np.int64)
    moved = np.diff(whole, axis=0)
    return [*whole[0].tolist(), *moved[(moved != 0).any(axis=1)].ravel().tolist()]


def _whole(lonlat: Any) -> list[list[int]]:
    return np.round(lonlat * DEGREE).astype(np.int64).tolist()


def in_lang(text: Text, lang: str) -> str:
    """The words of one language."""
    return text.en if lang == "en" else text.vi
