"""Search across layers, by name, code, parcel number or coordinates."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.actions.search import search
from api.http.answers import answered, dumps
from api.http.deps import asking
from api.http.queries import SearchQuery

router = APIRouter()


@router.get("/search", tags=["map"])
def find(request: Request, query: Annotated[SearchQuery, Query()]) -> Response:
    """Hits in groups by layer: the very letters first, then the beginning, then the rest."""
    with asking(request, query.as_of) as ask:

        def make() -> bytes:
            return dumps(search(ask.db, ask.actor, ask.as_of, query.q, query.limit))

        return answered(request, ask.etag_of_all("search"), make, public=ask.public)
