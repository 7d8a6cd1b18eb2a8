"""The catalogue, the code lists and the state of the server."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from api.actions.read_catalogue import read_catalogue
from api.actions.read_sectors import read_sectors
from api.http.answers import JSON, answered, dumps
from api.http.deps import asking, doors_of
from api.http.queries import Dated
from api.http.session import account_json
from api.http.version import VERSION
from layers.catalogue import layers
from layers.dates import today
from layers.records.data_versions import versions

router = APIRouter()


@router.get("/catalogue", tags=["map"])
def catalogue(request: Request, query: Annotated[Dated, Query()]) -> Response:
    """Layers in drawing order with words, columns, paint and legend: what a client needs to draw."""
    with asking(request, query.as_of) as ask:
        versions = {layer.id: ask.version(layer) for layer in layers().values()}
        account = ask.session.account if ask.session else None

        def make() -> bytes:
            head = {
                "version": VERSION,
                "today": today(),
                "as_of": ask.as_of,
                "account": account_json(ask.db, account),
            }
            return dumps(head | read_catalogue(ask.db, ask.actor, ask.as_of, versions))

        etag = ask.etag_of_all("catalogue", today())
        kept = doors_of(request).kept
        return answered(request, etag, lambda: kept.get(("catalogue", etag), make), public=ask.public)


@router.get("/codes/vsic", tags=["codes"])
def vsic(scheme: Annotated[Literal["VSIC2018", "VSIC2025"], Query()] = "VSIC2018") -> Response:
    """Sector codes of a scheme, in order."""
    return Response(
        dumps(read_sectors(scheme)), media_type=JSON, headers={"Cache-Control": "public, max-age=3600"}
    )


@router.get("/healthz", tags=["server"])
def health(request: Request) -> Response:
    """Whether the server and its database answer."""
    with doors_of(request).reads.begin() as db:
        versions(db)
    told = {"status": "ok", "version": VERSION, "database": "ok"}
    return Response(dumps(told), media_type=JSON, headers={"Cache-Control": "no-store"})
