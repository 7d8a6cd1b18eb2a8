"""The map of a clearance report: land in the colours of its stage, zones in a heavy outline."""

from __future__ import annotations

import numpy as np
import shapely

from api.documents.map_svg import Shape, Sheet, draw
from layers.clearance.stage_map import StageMap
from layers.layer import Code
from layers.records.stages import STAGES
from layers.style import PALETTE, line_token


def draw_map(found: StageMap, name: str) -> str:
    """The map as SVG; "" where there is no land under clearance."""
    if not found.groups or not found.outlines:
        return ""
    shapes = np.array([shape for _, shape in found.outlines], dtype=object)
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    more_lon, more_lat = 0.08 * (east - west), 0.08 * (north - south)
    many = len(found.outlines) > 1
    return draw(
        Sheet(
            borders=[Shape(shape, "" if many else label) for label, shape in found.communes],
            around=[
                *(_shape(STAGES[rank], shape) for rank, shape in found.groups),
                *(Shape(shape, label, line="#10211F") for label, shape in found.outlines if many),
            ],
            area=Shape(shapely.union_all(shapes), "" if many else name),
            overlaps=[],
            box=(west - more_lon, south - more_lat, east + more_lon, north + more_lat),
        )
    )


def legend() -> list[dict[str, str]]:
    """What the colours mean, in the order of the stages."""
    return [
        {"title": code.title.vi, "fill": PALETTE[_token(code)], "line": PALETTE[line_token(_token(code))]}
        for code in STAGES
    ]


def _shape(code: Code, shape: object) -> Shape:
    return Shape(shape, fill=PALETTE[_token(code)], line=PALETTE[line_token(_token(code))])


def _token(code: Code) -> str:
    return code.token or "@nodata"
