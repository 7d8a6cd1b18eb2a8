"""What page, paper and workbook of a certificate share: the map of a cluster, and its sectors in words."""

from __future__ import annotations

from api.documents.map_svg import Shape, Sheet, draw
from api.words.form import number
from layers.ccn_certificate import Cluster, Near, Overlap
from layers.codes import sectors
from layers.layer import about
from layers.style import PALETTE, line_token


def sector_names(one: Cluster) -> list[str]:
    """The filed sectors in words; a code that is not known is told as it is."""
    known = sectors()
    return [known[c].name_vi if c in known else str(c) for c in one.items["sectors"].value or ()]


def map_of(one: Cluster) -> str:
    """The map of a cluster as SVG, words in Vietnamese."""
    west, south, east, north = one.geom.bounds
    more_lon, more_lat = 0.35 * max(east - west, 0.002), 0.35 * max(north - south, 0.002)
    named = {(o.layer.id, o.key) for o in one.overlaps}
    return draw(
        Sheet(
            borders=[Shape(commune.geom, commune.title) for commune in one.communes],
            around=[_shape(near, named) for near in one.near],
            area=Shape(one.geom, one.name or one.key, fill=PALETTE["@zone.plan"]),
            overlaps=[Shape(overlap.land, _told(overlap)) for overlap in one.overlaps],
            box=(west - more_lon, south - more_lat, east + more_lon, north + more_lat),
        )
    )


def _told(overlap: Overlap) -> str:
    return f"{overlap.label}: {number(overlap.area_ha, 'vi')} ha"


def _shape(near: Near, named: set[tuple[str, str]]) -> Shape:
    """In the colours of the map; only what overlaps is named, and what is large enough to be looked for."""
    token = near.layer.swatch or "@nodata"
    if near.layer.legend:
        told = about(near.layer.columns()[near.layer.legend])
        token = next((c.token for c in (told.codes if told else ()) if c.value == near.legend), None) or token
    keep = (near.layer.id, near.key) in named or near.layer.id == "zones"
    return Shape(near.geom, near.label if keep else "", PALETTE[token], PALETTE[line_token(token)])
