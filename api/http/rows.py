"""Tables, counts, features and exports of any layer."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from api.actions.count_classes import count_classes
from api.actions.export_layer import export_layer
from api.actions.read_feature import read_feature
from api.actions.read_rows import read_rows
from api.http.answers import answered, cache_control, dumps
from api.http.deps import asking, doors_of
from api.http.queries import Dated, ExportQuery, Filtered, RowsQuery
from layers.catalogue import layer
from layers.export import format_of

router = APIRouter(prefix="/layers/{layer_id}", tags=["layers"])


@router.get("/rows")
def rows(request: Request, layer_id: str, query: Annotated[RowsQuery, Query()]) -> Response:
    """A page of the table, filtered and sorted; pages never overlap."""
    with asking(request, query.as_of) as ask:

        def make() -> bytes:
            return dumps(
                read_rows(
                    ask.db,
                    ask.actor,
                    ask.as_of,
                    layer_id,
                    query.wanted(),
                    sort=query.sort,
                    limit=query.limit,
                    offset=query.offset,
                )
            )

        return answered(request, ask.etag(layer(layer_id)), make, public=ask.public)


@router.get("/counts")
def counts(request: Request, layer_id: str, query: Annotated[Filtered, Query()]) -> Response:
    """Counts and hectares per class of the legend, and counts per value of each facet."""
    with asking(request, query.as_of) as ask:
        etag = ask.etag(layer(layer_id))
        asked = ("counts", etag, layer_id, request.url.query)

        def make() -> bytes:
            return dumps(count_classes(ask.db, ask.actor, ask.as_of, layer_id, query.wanted()))

        kept = doors_of(request).kept
        return answered(request, etag, lambda: kept.get(asked, make), public=ask.public)


@router.get("/features/{key:path}")
def one(request: Request, layer_id: str, key: str, query: Annotated[Dated, Query()]) -> Response:
    """One feature with its geometry, its earlier versions and what hangs on it."""
    with asking(request, query.as_of) as ask:

        def make() -> bytes:
            return dumps(read_feature(ask.db, ask.actor, ask.as_of, layer_id, key))

        return answered(request, ask.etag_of_all(layer_id), make, public=ask.public)


@router.get("/export.{form}", response_class=FileResponse)
def export(request: Request, layer_id: str, form: str, query: Annotated[ExportQuery, Query()]) -> Response:
    """The filtered layer as a file, in one of the formats and systems that ``/exports/formats`` tells."""
    media_type, crs = format_of(form).media_type, query.system()
    folder = Path(tempfile.mkdtemp(prefix="didoi-export-"))
    try:
        with asking(request, query.as_of, export=True) as ask:
            path = export_layer(ask.db, ask.actor, ask.as_of, layer_id, query.wanted(), form, folder, crs)
            headers = {"Cache-Control": cache_control(public=ask.public, max_age_s=0), "Vary": "Cookie"}
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return FileResponse(
        path,
        media_type=media_type,
        filename=path.name,
        headers=headers,
        background=BackgroundTask(shutil.rmtree, folder, ignore_errors=True),
    )
