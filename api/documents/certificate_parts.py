"""What page, paper and workbook of a certificate share: the map of a cluster, and its sectors in words."""

from __future__ import annotations

import shapely

from api.documents.map_svg import Shape, Sheet, draw
from layers.ccn_certificate import Cluster, Near
from layers.codes import sectors
from layers.layer import about
from layers.style import PALETTE, line_token


def sector_names(one: Cluster) -> list[str]:
    """The filed sectors in words; a code that is not known is told as it is."""
    known = sectors()
    return [known[c].name_vi if c in known else str(c) for c in one.items["sectors"].value or ()]


def map_of(one: Cluster) -> str:
    """The map of a cluster as SVG, words in Vietnamese."""
    named = {(o.layer.id, o.key) for o in one.overlaps}
    return draw(
        Sheet(
            borders=[Shape(commune.geom, commune.title) for commune in one.communes],
            around=[_shape(near, named) for near in one.near],
            area=Shape(one.geom, one.name or one.key, fill=PALETTE["@zone.plan"]),
            overlaps=[Shape(overlap.land) for overlap in one.overlaps],
            box=_window(one),
        )
    )


def legend_of(one: Cluster) -> list[dict[str, str]]:
    """What the colours around the cluster mean, each once, in the order of drawing."""
    seen = [near for near in one.near if shapely.intersects(near.geom, shapely.box(*_window(one)))]
    told = dict(map(_class, seen))
    return [{"title": t, "fill": PALETTE[c], "line": PALETTE[line_token(c)]} for t, c in told.items()]


def _window(one: Cluster) -> tuple[float, float, float, float]:
    west, south, east, north = one.geom.bounds
    more_lon, more_lat = 0.35 * max(east - west, 0.002), 0.35 * max(north - south, 0.002)
    return west - more_lon, south - more_lat, east + more_lon, north + more_lat


def _shape(near: Near, named: set[tuple[str, str]]) -> Shape:
    """In the colours of the map; named where it overlaps or is a zone, for the others are many."""
    _, token = _class(near)
    keep = (near.layer.id, near.key) in named or near.layer.id == "zones"
    return Shape(near.geom, near.label if keep else "", PALETTE[token], PALETTE[line_token(token)])


def _class(near: Near) -> tuple[str, str]:
    """Words and palette token of a feature: of its class in the layer's legend, else of the layer."""
    if near.layer.legend:
        told = about(near.layer.columns()[near.layer.legend])
        for code in told.codes if told else ():
            if code.value == near.legend and code.token:
                return code.title.vi, code.token
    return near.layer.title.vi, near.layer.swatch or "@nodata"
