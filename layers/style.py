"""
Groups of the layer tree and the one palette: web, print and folium resolve the same tokens.

Colours are checked for colour blindness (Machado 2009, CIEDE2000); "no data" is always hatched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from layers.layer import Layer, Text, about

GROUPS: dict[str, Text] = {
    "zones": Text("KCN/CCN", "Parks and clusters"),
    "firms": Text("Doanh nghiệp", "Enterprises"),
    "land": Text("Thửa đất & GPMB", "Land and clearance"),
    "admin": Text("Hành chính", "Administration"),
    "infrastructure": Text("Hạ tầng", "Infrastructure"),
    "environment": Text("Môi trường, ràng buộc", "Environment, constraints"),
    "quality": Text("Chất lượng dữ liệu", "Data quality"),
    "base": Text("Nền", "Base map"),
}

PALETTE: dict[str, str] = {
    "@zone.plan": "#CFC8E6",
    "@zone.plan.line": "#7A6CA8",
    "@zone.clear": "#EBA63C",
    "@zone.clear.line": "#9C6410",
    "@zone.build": "#9A78C8",
    "@zone.build.line": "#5B3D87",
    "@zone.open": "#2FA58A",
    "@zone.open.line": "#14675A",
    "@zone.full": "#34506F",
    "@zone.full.line": "#1D3148",
    "@zone.conv": "#B23A5C",
    "@zone.conv.line": "#74203A",
    "@stage.0": "#F4EFDF",
    "@stage.1": "#E8D680",
    "@stage.2": "#A8C286",
    "@stage.3": "#64AB93",
    "@stage.4": "#38899B",
    "@stage.5": "#2B628E",
    "@stage.6": "#1E3564",
    "@parcel.line": "#8F8778",
    "@parcel.state": "#C4006A",
    "@fit.1": "#E6F1ED",
    "@fit.2": "#A9D0C3",
    "@fit.3": "#6BAE9E",
    "@fit.4": "#338878",
    "@fit.5": "#0A5348",
    "@plot.free": "#E3F6EE",
    "@plot.free.line": "#0F6258",
    "@supply.reported": "#A9D0C3",
    "@supply.reported.line": "#338878",
    "@nodata": "#F1EEE7",
    "@nodata.line": "#A39C8D",
    "@lot.industrial": "#D8DCE2",
    "@lot.service": "#F3D6B8",
    "@lot.technical": "#D6CCE4",
    "@lot.green": "#C9DDB7",
    "@lot.road": "#FFFFFF",
    "@lot.line": "#6F7680",
    "@firm.relocate": "#8A3B1F",
    "@firm.encouraged": "#C98A2B",
    "@firm.convert": "#6C4FA3",
    "@firm.technology": "#3E7CB1",
    "@firm.stay": "#8D9089",
    "@firm.not_subject": "#B9B3A6",
    "@firm.closed": "#D9D3C6",
    "@firm.unknown": "#4A463E",
    "@firm.line": "#FFFFFF",
    "@road.trunk": "#F8E7BF",
    "@road.trunk.case": "#C9B079",
    "@road.minor": "#FFFFFF",
    "@road.minor.case": "#D5CDBC",
    "@road.rail": "#8F8778",
    "@constraint.protected": "#B7D19A",
    "@constraint.protected.line": "#5E7F3B",
    "@constraint.plan": "#D9C6E8",
    "@constraint.plan.line": "#7A5C97",
    "@constraint.homes": "#E9DDCB",
    "@constraint.homes.line": "#B5A183",
    "@fault.error": "#D7263D",
    "@fault.error.line": "#7A0F1E",
    "@fault.warning": "#F2A900",
    "@fault.warning.line": "#7A5200",
    "@fault.info": "#4A90D9",
    "@fault.info.line": "#1C4A7A",
    "@terrain.1": "#EEF1E4",
    "@terrain.2": "#D3D9B4",
    "@terrain.3": "#C4B98A",
    "@terrain.4": "#A58A66",
    "@terrain.5": "#7A6152",
    "@flood.1": "#D6E6F2",
    "@flood.2": "#8DBBDD",
    "@flood.3": "#4587BE",
    "@flood.4": "#1D4F8C",
    "@value.1": "#EFE9F4",
    "@value.2": "#C3B2D9",
    "@value.3": "#8E77B5",
    "@value.4": "#553F7F",
    "@admin.province": "#8F8778",
    "@admin.district": "#A79F8F",
    "@admin.commune": "#C7C1B4",
    "@base.land": "#FAF8F3",
    "@base.out": "#EAE7E0",
    "@base.water": "#BFD6DF",
    "@label.zone": "#1B2321",
    "@label.minor": "#474D49",
    "@label.place": "#5D615B",
    "@label.road": "#5A5445",
    "@label.firm": "#5C220D",
    "@label.water": "#4C7686",
    "@label.halo": "#FFFFFF",
    "@select": "#10211F",
    "@select.case": "#FFFFFF",
    "@match.line": "#0B5563",
    "@match.firm": "#8A3B1F",
}


def line_token(token: str) -> str:
    """Token of the outline that goes with a fill; the fill itself where none is named."""
    return f"{token}.line" if f"{token}.line" in PALETTE else token


def class_colour(layer: Layer, part: str) -> Any:
    """
    MapLibre expression that colours a feature by its class in the layer's legend.

    ``part`` is ``fill`` or ``line``. A feature without a class takes the colour of no data.
    """
    token_of = line_token if part == "line" else str
    if layer.legend is None:
        return token_of(layer.swatch or "@nodata")
    told = about(layer.columns()[layer.legend])
    classes = [(c.value, c.token) for c in (told.codes if told else ()) if c.token]
    pairs = [item for value, token in classes for item in (value, token_of(token))]
    return ["match", ["get", layer.legend], *pairs, token_of("@nodata")]


def resolve(value: Any, layer: Layer) -> Any:
    """Replace ``@class.fill``, ``@class.line`` and palette tokens in a paint value, at any depth."""
    if isinstance(value, str) and value.startswith("@"):
        if value.startswith("@class."):
            return resolve(class_colour(layer, value.removeprefix("@class.")), layer)
        return PALETTE[value]
    if isinstance(value, Mapping):
        return {k: resolve(v, layer) for k, v in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [resolve(v, layer) for v in value]
    return value
