"""OGC API – Tiles: every collection as vector tiles in WebMercatorQuad."""

from __future__ import annotations

import math
from typing import Any

from fastapi import APIRouter, Request, Response

from api.http.answers import JSON, answered, dumps
from api.http.deps import Ask, asking
from api.http.errors import ParameterInvalid
from api.http.ogc.landing import FRESH
from api.http.ogc.links import MVT, Link, address, base_of, link
from api.http.ogc.query import date_of, only
from api.http.tiles import FRESH_S, tile_answer
from layers.catalogue import layer as layer_of
from layers.layer import Layer
from layers.rows import extent
from layers.tiles import MAX_ZOOM, WORLD_M, geometry_kind

router = APIRouter(prefix="/ogc")

QUAD = "WebMercatorQuad"
QUAD_URI = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
MERCATOR = "http://www.opengis.net/def/crs/EPSG/0/3857"
PIXEL_M = 0.00028
"""Size of a pixel that the standard's scale denominators assume."""
STANDARD_PX = 256
KINDS = {"point": 0, "line": 1, "polygon": 2}


@router.get("/tileMatrixSets")
def matrix_sets(request: Request) -> Response:
    """The one tile matrix set."""
    only(request, ("f",))
    base = base_of(request)
    told = {
        "id": QUAD,
        "title": QUAD,
        "uri": QUAD_URI,
        "crs": MERCATOR,
        "links": [link(address(base, "tileMatrixSets", QUAD), "self", JSON, QUAD)],
    }
    return Response(dumps({"tileMatrixSets": [told]}), media_type=JSON, headers=FRESH)


@router.get("/tileMatrixSets/WebMercatorQuad")
def matrix_set(request: Request) -> Response:
    """Its definition: OGC 17-083r4, annex D.1."""
    only(request, ("f",))
    told = {
        "id": QUAD,
        "title": "Google Maps Compatible for the World",
        "uri": QUAD_URI,
        "crs": MERCATOR,
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": [_matrix(z) for z in range(MAX_ZOOM + 1)],
    }
    return Response(dumps(told), media_type=JSON, headers=FRESH)


@router.get("/collections/{layer_id}/tiles")
def tilesets(request: Request, layer_id: str) -> Response:
    """The tile sets of a collection."""
    only(request, ("f", "as_of", "datetime"))
    shown = layer_of(layer_id)
    with asking(request, date_of(request)) as ask:

        def make() -> bytes:
            here = address(base_of(request), "collections", layer_id, "tiles")
            return dumps({"links": [link(here, "self", JSON)], "tilesets": [_tileset(ask, shown)]})

        return answered(request, ask.etag(shown), make, public=ask.public)


@router.get("/collections/{layer_id}/tiles/WebMercatorQuad")
def tileset(request: Request, layer_id: str) -> Response:
    """One tile set: its limits, its layer and where its tiles are."""
    only(request, ("f", "as_of", "datetime"))
    shown = layer_of(layer_id)
    with asking(request, date_of(request)) as ask:
        return answered(request, ask.etag(shown), lambda: dumps(_tileset(ask, shown)), public=ask.public)


@router.get("/collections/{layer_id}/tiles/WebMercatorQuad/{matrix}/{row}/{col}")
def one(request: Request, layer_id: str, matrix: str, row: str, col: str) -> Response:
    """One tile; its row comes before its column."""
    only(request, ("f", "as_of", "datetime"))
    z, y, x = _whole("tileMatrix", matrix), _whole("tileRow", row), _whole("tileCol", col)
    shown = layer_of(layer_id)
    with asking(request, date_of(request)) as ask:
        return tile_answer(ask, shown, z, x, y, max_age_s=FRESH_S)


def _whole(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ParameterInvalid(parameter=name, value=text[:40], wanted="0, 1, 2 …")
    return int(text)


def _matrix(z: int) -> dict[str, Any]:
    cell_m = WORLD_M / 2**z / STANDARD_PX
    return {
        "id": str(z),
        "scaleDenominator": cell_m / PIXEL_M,
        "cellSize": cell_m,
        "cornerOfOrigin": "topLeft",
        "pointOfOrigin": [-WORLD_M / 2, WORLD_M / 2],
        "tileWidth": STANDARD_PX,
        "tileHeight": STANDARD_PX,
        "matrixWidth": 2**z,
        "matrixHeight": 2**z,
    }


def _tileset(ask: Ask, shown: Layer) -> dict[str, Any]:
    base = base_of(ask.request)
    here = address(base, "collections", shown.id, "tiles", QUAD)
    links: list[Link] = [
        link(here, "self", JSON),
        link(
            address(base, "tileMatrixSets", QUAD),
            "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme",
            JSON,
        ),
        link(f"{here}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}", "item", MVT, templated=True),
    ]
    box = extent(ask.db, shown, ask.actor, ask.as_of)
    return {
        "title": shown.title.vi,
        "dataType": "vector",
        "crs": MERCATOR,
        "tileMatrixSetURI": QUAD_URI,
        "tileMatrixSetLimits": [_limits(z, box) for z in range(shown.minzoom, MAX_ZOOM + 1)] if box else [],
        "layers": [{"id": shown.id, "dataType": "vector", "geometryDimension": KINDS[geometry_kind(shown)]}],
        "links": links,
    }


def _limits(z: int, box: list[float]) -> dict[str, Any]:
    """First and last row and column that hold anything."""
    west, south, east, north = box

    def column(lon: float) -> int:
        return min(2**z - 1, max(0, math.floor((lon + 180) / 360 * 2**z)))

    def row(lat: float) -> int:
        y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
        return min(2**z - 1, max(0, math.floor(y * 2**z)))

    return {
        "tileMatrix": str(z),
        "minTileRow": row(north),
        "maxTileRow": row(south),
        "minTileCol": column(west),
        "maxTileCol": column(east),
    }
