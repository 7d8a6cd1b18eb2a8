"""Layers as they hold on a date, and one firm's zones, as a map in a file that needs no network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import folium
from sqlalchemy import Connection

from api.actions.match_firm import FirmRequest, match_firm
from api.words import Lang, catalogue, say
from api.words.form import day, number
from layers.access import Actor
from layers.folium_map import Sheet, draw


@dataclass(frozen=True)
class MapRequest:
    """
    The map to be drawn.

    Attributes
    ----------
    layers
        Ids to draw over the base map; None for every layer that fits a sheet of a province.
    firm
        Whose zones to show: one of the register, or one described; None for none.
    lang
        Language of every word on it.
    """

    layers: tuple[str, ...] | None = None
    firm: FirmRequest | None = None
    lang: Lang = "vi"


def export_map(db: Connection, actor: Actor, as_of: date, request: MapRequest) -> folium.Map:
    """
    A folium map; `layers.folium_page.page` makes it one HTML file.

    Raises
    ------
    NothingToDraw, MapTooLarge, LayerUnknown, LayerForbidden
        From `layers.folium_map`.
    FirmUnknown, NeedUnknown, NeedInvalid, PlaceInvalid, SectorCodeInvalid, SectorSchemeInvalid
        From `match_firm`.
    """
    lang, match = request.lang, None
    if request.firm is not None:
        match = _worded(match_firm(db, actor, as_of, request.firm).as_json(), lang)
    words = {**catalogue(lang)["ui"], **catalogue(lang)["sheet"]}
    words |= {"as_of": say("sheet.as_of", lang, day=day(as_of, lang))}
    # With one firm in question the other 2,900 points would hide the answer.
    hidden = frozenset({"enterprises"}) if match is not None and request.layers is None else frozenset[str]()
    return draw(db, actor, as_of, Sheet(lang, words, request.layers, hidden, match))


def _worded(answer: dict[str, Any], lang: Lang) -> Mapping[str, Any]:
    """The answer with what the panel says of the firm, and the kilometres as they are written."""
    firm = answer["firm"]
    lon, lat = firm["point"]
    sector = firm["sector"] and (firm["sector"][lang] or firm["sector"]["vi"])
    facts = {"need": number(firm["area_needed_ha"], lang), "sector": firm["vsic_code"] or "?"}
    ranked = [z | {"km": f"{number(z['distance_m'] / 1000, lang, 1)} km"} for z in answer["ranked"]]
    return answer | {
        "ranked": ranked,
        "name": firm["name"] or say("reason.ad_hoc", lang, lon=lon, lat=lat),
        "need": say("sheet.need", lang, **facts) + (f" · {sector}" if sector else ""),
        "title": say("reason.match_ranked", lang, count=len(ranked)),
    }
