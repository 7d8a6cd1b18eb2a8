"""Vector tiles of any layer, and their TileJSON."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from isal import igzip

from api.http.answers import answered, dumps, validated
from api.http.deps import Ask, asking, doors_of
from api.http.queries import Dated, TileQuery
from layers.catalogue import layer
from layers.layer import Layer, about
from layers.query import masked
from layers.rows import extent
from layers.tiles import MAX_ZOOM, tile

router = APIRouter(prefix="/tiles/{layer_id}", tags=["tiles"])

MVT = "application/vnd.mapbox-vector-tile"
KEPT_S = 86_400
"""How long a browser may keep a tile whose address names its data version and date."""
FRESH_S = 60


@router.get("/tilejson.json")
def tilejson(request: Request, layer_id: str, query: Annotated[Dated, Query()]) -> Response:
    """TileJSON 3.0 of a layer."""
    with asking(request, query.as_of) as ask:
        shown = layer(layer_id)

        def make() -> bytes:
            return dumps(tilejson_of(ask, shown, str(request.base_url).rstrip("/")))

        return answered(request, ask.etag(shown), make, public=ask.public)


@router.get("/{z}/{x}/{y}.mvt")
def one(
    request: Request, layer_id: str, z: int, x: int, y: int, query: Annotated[TileQuery, Query()]
) -> Response:
    """One vector tile; 204 where it holds nothing."""
    with asking(request, query.as_of) as ask:
        shown = layer(layer_id)
        named = query.v == ask.version(shown) and query.as_of is not None
        return tile_answer(ask, shown, z, x, y, max_age_s=KEPT_S if named else FRESH_S)


def tile_answer(ask: Ask, shown: Layer, z: int, x: int, y: int, *, max_age_s: int) -> Response:
    """A tile from memory or from the database, gzipped where the client can read that."""
    etag = ask.etag(shown)
    headers, held = validated(ask.request, etag, public=ask.public, max_age_s=max_age_s)
    if held:
        return Response(None, 304, headers)
    packed = doors_of(ask.request).kept.get(
        ("tile", shown.id, z, x, y, etag),
        lambda: tile(ask.db, shown, ask.actor, ask.as_of, z, x, y),
    )
    if not packed:
        return Response(None, 204, headers)
    if "gzip" in ask.request.headers.get("accept-encoding", ""):
        return Response(packed, 200, headers | {"Content-Encoding": "gzip"}, MVT)
    return Response(igzip.decompress(packed), 200, headers | {"ETag": f"W/{etag}"}, MVT)


def tilejson_of(ask: Ask, shown: Layer, base: str) -> dict[str, object]:
    """What a client of tiles needs to know, with absolute addresses."""
    version = ask.version(shown)
    fields = {name: _field(shown, name) for name in ("key", *shown.tile_columns)}
    hidden = masked(shown, ask.actor)
    return {
        "tilejson": "3.0.0",
        "name": shown.id,
        "description": f"{shown.title.vi} / {shown.title.en}",
        "tiles": [f"{base}/tiles/{shown.id}/{{z}}/{{x}}/{{y}}.mvt?as_of={ask.as_of.isoformat()}&v={version}"],
        "minzoom": shown.minzoom,
        "maxzoom": MAX_ZOOM,
        "bounds": extent(ask.db, shown, ask.actor, ask.as_of) or [102.0, 7.0, 118.0, 24.0],
        "vector_layers": [
            {
                "id": shown.id,
                "description": shown.title.vi,
                "minzoom": shown.minzoom,
                "maxzoom": MAX_ZOOM,
                "fields": {name: told for name, told in fields.items() if name not in hidden},
            }
        ],
    }


def _field(shown: Layer, name: str) -> str:
    col = shown.columns().get(name)  # what a tile carries for its style alone has no words
    told = None if col is None else about(col)
    return f"{told.title.vi} / {told.title.en}" if told else name
