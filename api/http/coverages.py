"""Coverages over HTTP: by number alone, never by a path or an address."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from api.actions.read_coverages import (
    coverage_tile,
    coverages_of_feature,
    coverages_of_layer,
    list_coverages,
)
from api.http.answers import answered, dumps
from api.http.deps import asking, doors_of
from api.http.queries import Dated, TileQuery
from api.settings import Settings

router = APIRouter(prefix="/coverages", tags=["coverages"])

Number = Annotated[int, Path(ge=0, lt=2**31)]


@router.get("")
def listed(request: Request, query: Annotated[Dated, Query()]) -> Response:
    """The coverages of a date with their legends."""
    with asking(request, query.as_of) as ask:
        etag = ask.etag_of_all("coverages")
        return answered(
            request,
            etag,
            lambda: dumps({"coverages": list_coverages(ask.db, ask.as_of)}),
            public=ask.public,
        )


@router.get("/{number}/tiles/{z}/{x}/{y}.png", response_class=Response)
def tile(
    request: Request, number: Number, z: Number, x: Number, y: Number, query: Annotated[TileQuery, Query()]
) -> Response:
    """A tile of 256 pixels; 204 where nothing is known."""
    settings: Settings = request.app.state.settings
    with asking(request, query.as_of) as ask:
        etag = ask.etag_of_all("coverages", number, z, x, y)

        def make() -> bytes:
            return coverage_tile(ask.db, ask.as_of, number, (z, x, y), settings.coverages) or b""

        kept = doors_of(request).kept
        answer = answered(
            request,
            etag,
            lambda: kept.get(("coverage", etag), make),
            public=ask.public,
            media_type="image/png",
            max_age_s=3600 if query.v else 0,
        )
    if answer.status_code == 200 and not answer.body:
        return Response(
            None, 204, {k: v for k, v in answer.headers.items() if k in ("etag", "cache-control")}
        )
    return answer


@router.get("/figures/{layer_id}")
def of_layer(request: Request, layer_id: str, query: Annotated[Dated, Query()]) -> Response:
    """What every coverage says of every feature of a layer."""
    settings: Settings = request.app.state.settings
    with asking(request, query.as_of, export=True) as ask:
        etag = ask.etag_of_all("figures", layer_id)
        rows = lambda: coverages_of_layer(ask.db, ask.actor, ask.as_of, layer_id, settings.coverages)  # noqa: E731
        return answered(request, etag, lambda: dumps({"rows": rows()}), public=ask.public)


@router.get("/figures/{layer_id}/{key:path}")
def of_feature(request: Request, layer_id: str, key: str, query: Annotated[Dated, Query()]) -> Response:
    """What every coverage says of one feature, for its card."""
    settings: Settings = request.app.state.settings
    with asking(request, query.as_of) as ask:
        etag = ask.etag_of_all("figures", layer_id, key)

        def make() -> bytes:
            found = coverages_of_feature(ask.db, ask.actor, ask.as_of, layer_id, key, settings.coverages)
            return dumps({"coverages": found})

        return answered(request, etag, make, public=ask.public)
