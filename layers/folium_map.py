"""
Layers of the catalogue as one self-contained folium map: their paint, legend, words and date.

The rows come from :func:`layers.query.visible` and the colours from the palette, as for the web. A province
without its lots and parcels fits in 2 MB.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Any

import folium
from folium.map import CustomPane
from sqlalchemy import Connection

from gis.errors import BadInput, NotFound
from layers.access import Actor
from layers.catalogue import layer, layers
from layers.filters import Box
from layers.folium_page import Data, DataLayer, Finish, OfflineMap, Runtime, head
from layers.folium_page.features import SHEET_ZOOM, Drawn, read_layer, told_layer
from layers.folium_page.legend import legend
from layers.layer import Layer
from layers.rows import extent
from layers.style import GROUPS, PALETTE, resolve
from layers.tiles import any_kind

MARGIN_DEG = 0.05
FIRST = 5
"""Ranked zones to which lines are drawn."""


class NothingToDraw(NotFound):
    """No layer has anything on this date."""


@dataclass(frozen=True)
class Sheet:
    """
    What to draw, and the words for it.

    Attributes
    ----------
    lang
        ``vi`` or ``en``.
    words
        Code to words in that language: ``title``, ``as_of``, ``note``, ``illustrative``, ``missing``,
        ``yes``, ``no``, ``match`` and ``unit_…``.
    layers
        Ids to draw beside the base map; None for all that a sheet holds.
    hidden
        Ids that are drawn only once they are ticked.
    match
        The answer to one firm, as ``MatchReport.as_json`` gives it, with ``need`` and ``title`` in words.
    """

    lang: str
    words: Mapping[str, str]
    layers: tuple[str, ...] | None = None
    hidden: frozenset[str] = frozenset()
    match: Mapping[str, Any] | None = None


class LayerNotOnSheet(BadInput):
    """Working notes, points and areas mixed, are not for a sheet that is given away. Facts: layer."""


def draw(db: Connection, actor: Actor, as_of: date, sheet: Sheet) -> folium.Map:
    """
    A folium map of what an actor may see on a date; :func:`layers.folium_page.page` makes it a file.

    Raises
    ------
    NothingToDraw, MapTooLarge, LayerUnknown, LayerForbidden, LayerNotOnSheet
    """
    chosen = _chosen(actor, sheet)
    box = _box(db, actor, as_of, chosen)
    drawn = [d for item in chosen if (d := read_layer(db, item, actor, as_of, box)).rows]
    if not drawn:
        raise NothingToDraw(as_of=as_of.isoformat())
    middle = [(box[1] + box[3]) / 2, (box[0] + box[2]) / 2]
    drawing = OfflineMap(location=middle, prefer_canvas=True, zoom_snap=0.25)
    mark = any(d.illustrative for d in drawn) or bool(sheet.match and sheet.match["illustrative"])
    _colour(drawing)
    drawing.add_child(Data("didoi-sheet", _told_sheet(sheet, _view(box, sheet.match), illustrative=mark)))
    for item in drawn:
        told = told_layer(item, actor, sheet.lang, sheet.words)
        drawing.add_child(Data(item.layer.id, told | {"faint": _faint(item, sheet.match)}))
    drawing.add_child(Runtime())
    if sheet.match is not None:
        drawing.add_child(_match_group(drawing, sheet.match, sheet.words["match"]))
    for item in sorted(drawn, key=_tree_order):
        name = legend(item, sheet.lang, sheet.words["missing"])
        drawing.add_child(DataLayer(item.layer.id, name, show=_shown(item.layer, sheet)))
    drawing.add_child(folium.LayerControl(collapsed=False, autoZIndex=False))
    drawing.add_child(Finish())
    return drawing


# --- which layers, and where -------------------------------------------------------------------------


def _chosen(actor: Actor, sheet: Sheet) -> list[Layer]:
    """In drawing order: the named ones over the base map, or all that a sheet holds."""
    if sheet.layers is None:
        drawn = (i for i in layers().values() if i.minzoom <= SHEET_ZOOM and not any_kind(i))
        return [i for i in drawn if actor.may(i.access.view)]
    named = {layer(layer_id).id for layer_id in sheet.layers}
    if mixed := [layer_id for layer_id in sorted(named) if any_kind(layer(layer_id))]:
        raise LayerNotOnSheet(layer=", ".join(mixed))
    return [item for item in layers().values() if item.id in named or item.group == "base"]


def _shown(item: Layer, sheet: Sheet) -> bool:
    if item.id in sheet.hidden:
        return False
    return item.shown or (sheet.layers is not None and item.id in sheet.layers)


def _tree_order(item: Drawn) -> tuple[int, int]:
    """Groups in the order of the layer tree, the upper layer first."""
    return list(GROUPS).index(item.layer.group), -item.layer.order


def _box(db: Connection, actor: Actor, as_of: date, chosen: Sequence[Layer]) -> Box:
    """Around zones and firms, which the map is about; else around whatever was named."""
    about_them = [extent(db, layer(name), actor, as_of) for name in ("zones", "enterprises")]
    found = [b for b in about_them if b] or [b for i in chosen if (b := extent(db, i, actor, as_of))]
    if not found:
        raise NothingToDraw(as_of=as_of.isoformat())
    west, south, east, north = zip(*found, strict=True)
    return (
        min(west) - MARGIN_DEG,
        min(south) - MARGIN_DEG,
        max(east) + MARGIN_DEG,
        max(north) + MARGIN_DEG,
    )


def _view(box: Box, match: Mapping[str, Any] | None) -> list[list[float]]:
    """South-west and north-east corner of the first view: the firm and its first zones, else everything."""
    if match is not None and match["ranked"]:
        lons, lats = zip(match["firm"]["point"], *(z["target_point"] for z in _firsts(match)), strict=True)
        return [[min(lats), min(lons)], [max(lats), max(lons)]]
    west, south, east, north = box
    return [[south + MARGIN_DEG, west + MARGIN_DEG], [north - MARGIN_DEG, east - MARGIN_DEG]]


# --- words, legend and match -------------------------------------------------------------------------


def _firsts(match: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return match["ranked"][:FIRST]


def _faint(item: Drawn, match: Mapping[str, Any] | None) -> list[int]:
    """Rows of zones, or of land in zones, that are out of the question for the firm."""
    if match is None or item.layer.group not in ("zones", "land"):
        return []
    open_still = {zone["zone"]["key"] for group in ("ranked", "withheld") for zone in match[group]}
    return [i for i, row in enumerate(item.rows) if row.zone_key not in open_still]


def _told_sheet(sheet: Sheet, bounds: list[list[float]], *, illustrative: bool) -> dict[str, Any]:
    words, match = sheet.words, sheet.match
    return {
        "lang": sheet.lang,
        "words": {name: words[name] for name in ("illustrative", "missing", "yes", "no")},
        "bounds": bounds,
        "nodata": {"fill": PALETTE["@nodata"], "line": PALETTE["@nodata.line"]},
        "pin": _pin_paint(),
        "panel": {
            "title": words["title"],
            "as_of": words["as_of"],
            "note": words["note"],
            "illustrative": illustrative,
            "match": match and _told_match(match, sheet),
        },
    }


def _told_match(match: Mapping[str, Any], sheet: Sheet) -> dict[str, Any]:
    """What the panel says, and the names that stand at the pins."""
    lon, lat = match["firm"]["point"]
    pins = [{"name": match["name"], "lon": lon, "lat": lat}]
    ranked: list[dict[str, Any]] = []
    for zone in _firsts(match):
        to_lon, to_lat = zone["target_point"]
        named = {"name": zone["zone"]["name"]}
        pins.append(named | {"lon": to_lon, "lat": to_lat})
        ranked.append(named | {"rank": zone["rank"], "km": zone["km"], "reason": zone["reason"][sheet.lang]})
    return {
        "firm": match["name"],
        "need": match["need"],
        "title": match["title"],
        "funnel": [{"remaining": s["remaining"], "title": s["title"][sheet.lang]} for s in match["funnel"]],
        "ranked": ranked,
        "pins": pins,
    }


def _pin_paint() -> dict[str, Any]:
    """How the names at the pins are written: as the layer of zones writes its own."""
    paint = next(paint for paint in layer("zones").paint if paint.type == "symbol")
    layout = {**paint.layout, "text-field": ["get", "name"], "text-size": 13, "text-anchor": "top"}
    return {"paint": resolve(paint.paint, layer("zones")), "layout": layout}


def _match_group(drawing: folium.Map, match: Mapping[str, Any], title: str) -> folium.FeatureGroup:
    """The firm, and to each of the first zones a line, its rank and its kilometres."""
    # A pane of its own lies over every layer; without pointer events clicks go through to them.
    CustomPane("match", z_index=450, pointer_events=False).add_to(drawing)
    group = folium.FeatureGroup(name=f'<span class="didoi-name">{escape(title)}</span>', overlay=True)
    lon, lat = match["firm"]["point"]
    for zone in reversed(_firsts(match)):
        to_lon, to_lat = zone["target_point"]
        width = 3.2 if zone["rank"] == 1 else 1.8
        for colour, weight in (("#FFFFFF", width + 2.4), (PALETTE["@match.line"], width)):
            ends = [[lat, lon], [to_lat, to_lon]]
            folium.PolyLine(ends, color=colour, weight=weight, opacity=0.9, pane="match").add_to(group)
        rank = f'<span class="didoi-rank">{int(zone["rank"])}</span>'
        _pin(to_lon, to_lat, f'{rank}<span class="didoi-km">{escape(zone["km"])}</span>').add_to(group)
    _pin(lon, lat, '<span class="didoi-rank didoi-firm"></span>').add_to(group)
    return group


def _pin(lon: float, lat: float, html: str) -> folium.Marker:
    icon = folium.DivIcon(html=html, icon_size=(30, 30), class_name="didoi-pin")
    return folium.Marker([lat, lon], icon=icon, interactive=False, keyboard=False)


def _colour(drawing: folium.Map) -> None:
    """The colours of the palette that ``sheet.css`` names."""
    named = {
        "land": "@base.land",
        "nodata": "@nodata",
        "nodata-line": "@nodata.line",
        "fit": "@fit.5",
        "firm": "@match.firm",
    }
    colours = "".join(f"--{name}:{PALETTE[token]};" for name, token in named.items())
    head(drawing, "colours", f"<style>:root{{{colours}}}</style>")
