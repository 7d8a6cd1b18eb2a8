"""The catalogue of layers at a date: what a client needs to draw, filter and name them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import Column, Connection, select

from layers.access import Actor
from layers.catalogue import enterprises, layers, zones
from layers.filters import Wanted, type_name
from layers.layer import Layer, Paint, Text, about
from layers.query import masked
from layers.records.observations import OBSERVATIONS
from layers.rows import any_illustrative, extent
from layers.style import GROUPS, PALETTE, line_token, resolve
from layers.tiles import MAX_ZOOM, geometry_kind

REPORT_DATES = 36
"""Ticks of the time strip: the latest days on which somebody reported."""


def read_catalogue(db: Connection, actor: Actor, as_of: date, versions: Mapping[str, str]) -> dict[str, Any]:
    """
    Groups, palette and layers in drawing order, with the extent and the report dates.

    ``versions`` gives each layer's data version, which clients put into the address of its tiles.
    """
    seen = [layer for layer in layers().values() if actor.may(layer.access.view)]
    return {
        "illustrative": any(any_illustrative(db, layer, actor, as_of, Wanted()) for layer in seen),
        "extent": _extent(db, actor, as_of),
        "dates": _report_dates(db),
        "groups": [{"id": group, "title": words(title)} for group, title in GROUPS.items()],
        "palette": PALETTE,
        "layers": [_told(layer, actor, versions[layer.id]) for layer in seen],
    }


def words(text: Text) -> dict[str, str]:
    """A text in both languages."""
    return {"vi": text.vi, "en": text.en}


def _extent(db: Connection, actor: Actor, as_of: date) -> list[float] | None:
    """Box around the zones, or around the firms where there are none: what the first view shows."""
    found = (extent(db, layer, actor, as_of) for layer in (zones.LAYER, enterprises.LAYER))
    return next((box for box in found if box is not None), None)


def _report_dates(db: Connection) -> list[date]:
    days = select(OBSERVATIONS.c.observed_on).distinct().order_by(OBSERVATIONS.c.observed_on.desc())
    return sorted(db.execute(days.limit(REPORT_DATES)).scalars())


def _told(layer: Layer, actor: Actor, version: str) -> dict[str, Any]:
    hidden = masked(layer, actor)
    return {
        "id": layer.id,
        "kind": layer.kind,
        "group": layer.group,
        "title": words(layer.title),
        "description": words(layer.description) if layer.description else None,
        "geometry": geometry_kind(layer),
        "shown": layer.shown,
        "minzoom": layer.minzoom,
        "maxzoom": MAX_ZOOM,
        "label": layer.label,
        "legend": layer.legend,
        "measure": layer.measure,
        "swatch": PALETTE[layer.swatch] if layer.swatch else None,
        "columns": [
            _column(name, col, name in hidden)
            for name, col in layer.columns().items()
            if not isinstance(col.type, Geometry) and (told := about(col)) is not None and told.listed
        ],
        "facets": layer.facets,
        "card": layer.card,
        "paint": [_paint(paint, layer) for paint in layer.paint],
        "tiles": f"/tiles/{layer.id}/{{z}}/{{x}}/{{y}}.mvt",
        "version": version,
    }


def _column(name: str, col: Column[Any], hidden: bool) -> dict[str, Any]:
    told = about(col)
    assert told is not None
    codes = [
        {
            "value": code.value,
            "title": words(code.title),
            "fill": PALETTE[code.token] if code.token else None,
            "line": PALETTE[line_token(code.token)] if code.token else None,
        }
        for code in told.codes
    ]
    return {
        "name": name,
        "title": words(told.title),
        "type": type_name(col.type),
        "unit": told.unit,
        "codes": codes or None,
        "masked": hidden,
    }


def _paint(paint: Paint, layer: Layer) -> dict[str, Any]:
    """A paint as MapLibre takes it, colours in place of tokens; what is not set is absent."""
    told: dict[str, Any] = {
        "type": paint.type,
        "paint": resolve(paint.paint, layer),
        "layout": resolve(paint.layout, layer),
        "filter": list(paint.filter) if paint.filter else None,
        "minzoom": paint.minzoom,
        "maxzoom": paint.maxzoom,
    }
    return {name: value for name, value in told.items() if value is not None}
