"""The guided import: files up, a plan, a preview, a load; only for planners, each of their own."""

from __future__ import annotations

import csv
import io
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import shapely
from fastapi import APIRouter, Body, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from api.actions import guided_import as guided
from api.actions.read_targets import read_targets
from api.http.answers import JSON, dumps
from api.http.deps import Ask, acting, asking_with
from api.http.errors import BodyInvalid
from api.http.receiving import receive_file, sent_bytes
from api.words import LANGS, say
from gis.errors import NotFound
from layers.access import Right
from layers.ingest import preview as previews
from layers.ingest import uploads
from layers.ingest.propose import headings_of, layer_of
from layers.ingest.targets import target
from layers.records.imports import NOTES

router = APIRouter(prefix="/imports", tags=["imports"])

MOST_ROWS = 500
MOST_SHAPES = 5_000
NO_STORE = {"Cache-Control": "no-store"}

Word = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]


_Refused = tuple[int, list[dict[str, Any]], dict[str, Any]]


class PreviewMissing(NotFound):
    """The import has no preview (yet, or no more). Facts: state."""


class Wanted(BaseModel):
    """Where the rows are to go, if that is known already."""

    model_config = ConfigDict(extra="forbid")
    target: Word | None = None


class Said(BaseModel):
    """What a person says of the file before a plan is proposed."""

    model_config = ConfigDict(extra="forbid")
    province: Word | None = None
    target: Word | None = None
    layer_in_file: Word | None = None
    encoding: Word | None = None
    crs: Word | None = None


class RowsOf(BaseModel):
    """A page of the preview."""

    model_config = ConfigDict(extra="forbid")
    verdict: Literal["refused", "noted", "loaded"] | None = None
    offset: int = Field(default=0, ge=0, le=100_000_000)
    limit: int = Field(default=100, ge=1, le=MOST_ROWS)


class ShapesOf(BaseModel):
    """What is drawn: west, south, east, north."""

    model_config = ConfigDict(extra="forbid")
    bbox: str = Field(default="-180,-90,180,90", max_length=120, pattern=r"^[-+.0-9eE]+(,[-+.0-9eE]+){3}$")


@router.get("/targets")
def targets(request: Request) -> Response:
    """All that can be imported into, and what can be said of a file."""
    with _asking(request):
        return _answer(read_targets())


@router.get("")
def every(request: Request) -> Response:
    """One's own imports, the newest first."""
    with _asking(request) as ask:
        return _answer({"imports": [guided.brief(row) for row in guided.imports_of(ask.db, ask.actor)]})


@router.post("", status_code=201)
def begin(request: Request, body: Annotated[Wanted | None, Body()] = None) -> Response:
    """A new import."""
    with acting(request) as ask:
        row = guided.open_import(ask.db, ask.actor, body.target if body else None)
        return _answer(guided.as_json(ask.db, row), 201)


@router.get("/{import_id}")
def one(request: Request, import_id: UUID) -> Response:
    """One import, with all that is known of it."""
    with _asking(request) as ask:
        return _answer(guided.as_json(ask.db, guided.import_of(ask.db, ask.actor, import_id)))


@router.put("/{import_id}/files/{name}")
async def put_file(request: Request, import_id: UUID, name: str) -> Response:
    """
    One file, as raw bytes.

    Who sends, whether they may and how much it is are looked at before the first byte is read.
    """
    safe = uploads.safe_name(name)
    size = sent_bytes(request)
    home = _home(request)

    def check() -> None:
        with acting(request) as ask:
            guided.check_upload(ask.db, ask.actor, import_id, size)
        uploads.check_room(home, size)

    await run_in_threadpool(check)
    part = await receive_file(request, partial(uploads.begin, home, import_id), size)

    def finish() -> Response:
        try:
            with acting(request) as ask:
                row = guided.receive(ask.db, ask.actor, import_id, safe, size)
                uploads.finish(home, import_id, part, safe)
                return _answer(guided.as_json(ask.db, row))
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    return await run_in_threadpool(finish)


@router.post("/{import_id}/inspect", status_code=202)
def inspect(request: Request, import_id: UUID, body: Annotated[Said | None, Body()] = None) -> Response:
    """Have the files looked at and a plan proposed; again with another choice."""
    said = body.model_dump(exclude_none=True) if body else {}
    with acting(request) as ask:
        row = guided.inspect(ask.db, ask.actor, import_id, said)
        return _answer(guided.as_json(ask.db, row), 202)


@router.put("/{import_id}/plan", status_code=202)
def plan(request: Request, import_id: UUID, body: Annotated[Any, Body()]) -> Response:
    """Take a plan and have it previewed."""
    with acting(request) as ask:
        row = guided.set_plan(ask.db, ask.actor, import_id, body)
        return _answer(guided.as_json(ask.db, row), 202)


@router.post("/{import_id}/load", status_code=202)
def load(request: Request, import_id: UUID) -> Response:
    """Load what was previewed."""
    with acting(request) as ask:
        return _answer(guided.as_json(ask.db, guided.load(ask.db, ask.actor, import_id)), 202)


@router.post("/{import_id}/cancel")
def cancel(request: Request, import_id: UUID) -> Response:
    """Give it up; nothing of it stays."""
    with acting(request) as ask:
        told = _answer(guided.as_json(ask.db, guided.cancel(ask.db, ask.actor, import_id)))
    uploads.forget(_home(request), import_id)
    return told


@router.get("/{import_id}/rows")
def rows(request: Request, import_id: UUID, query: Annotated[RowsOf, Query()]) -> Response:
    """A page of the preview's rows, faults first."""
    path, target_id = _preview(request, import_id)
    page = previews.page(path, query.verdict, query.offset, query.limit)
    fields = previews.fields_of(target(target_id))
    columns = [
        {
            "name": name,
            "title": {"vi": fields[name].title.vi, "en": fields[name].title.en},
            "unit": fields[name].unit,
        }
        for name in page.columns
    ]
    for row in page.rows:
        for note in row["notes"]:
            note["message"] = _words(note["code"], note["facts"])
    return _answer({"total": page.total, "counts": page.counts, "columns": columns, "rows": page.rows})


@router.get("/{import_id}/shapes")
def shapes(request: Request, import_id: UUID, query: Annotated[ShapesOf, Query()]) -> Response:
    """Geometries of the preview that meet a box, with the verdict of their rows."""
    path, _ = _preview(request, import_id)
    try:
        west, south, east, north = (float(side) for side in query.bbox.split(","))
    except ValueError as error:
        raise BodyInvalid(parameter="bbox", reason="west,south,east,north") from error
    found, total = previews.shapes_in(path, (west, south, east, north), MOST_SHAPES)
    drawn = [(row, verdict, geom) for row, verdict, geom in found if geom is not None]
    texts = shapely.to_geojson([geom for _, _, geom in drawn])
    features = (
        f'{{"type":"Feature","id":{row},"properties":{{"row":{row},"verdict":"{verdict}"}},"geometry":{text}}}'
        for (row, verdict, _), text in zip(drawn, texts, strict=True)
    )
    head = f'{{"type":"FeatureCollection","drawn":{len(drawn)},"total":{total},"features":['
    whole = f"{head}{','.join(features)}]}}"
    return Response(whole, media_type="application/geo+json", headers=NO_STORE)


@router.get("/{import_id}/refused.csv", response_class=StreamingResponse)
def refused(request: Request, import_id: UUID) -> Response:
    """The refused rows as received, with the reason; as the preview says, or the load did."""
    with _asking(request) as ask:
        row = guided.import_of(ask.db, ask.actor, import_id)
        if row.run_id is not None:
            found = iter(_refused_by(ask, row.run_id))
        else:
            path, _ = _preview(request, import_id)
            found = previews.refused_rows(path)
    of_layer = layer_of(row.found or {}, (row.plan or {}).get("layer_in_file"))
    headings = headings_of(of_layer) if of_layer else []
    name = f"refused-{import_id}.csv"
    headers = {**NO_STORE, "Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_csv(found, headings), media_type="text/csv; charset=utf-8", headers=headers)


def _refused_by(ask: Ask, run_id: int) -> list[_Refused]:
    """What a run refused, each row with all its reasons."""
    of_run = select(NOTES).where(NOTES.c.run_id == run_id, NOTES.c.refused)
    found: dict[int, _Refused] = {}
    for note in ask.db.execute(of_run.order_by(NOTES.c.row_number, NOTES.c.id)):
        _, reasons, _ = found.setdefault(note.row_number, (note.row_number, [], note.received or {}))
        reasons.append({"code": note.code, "facts": note.facts})
    return list(found.values())


def _csv(found: Iterator[_Refused], headings: list[str]) -> Iterator[str]:
    """Lines under the headings of the file; the mark in front lets spreadsheets see that it is UTF-8."""
    line = io.StringIO()
    writer = csv.writer(line)
    line.write("\ufeff")
    writer.writerow(["row", "reason_vi", "reason_en", *headings])
    for row, notes, received in found:
        reasons = [_words(note["code"], note["facts"]) for note in notes]
        told = ["; ".join(reason[lang] for reason in reasons) for lang in LANGS]
        writer.writerow([row, *told, *(received.get(heading) for heading in headings)])
        yield line.getvalue()
        line.seek(0)
        line.truncate()
    yield line.getvalue()


@contextmanager
def _asking(request: Request) -> Generator[Ask]:
    """A read by a planner: what is on its way is nobody else's."""
    with asking_with(request, Right.EDIT_LAYERS) as ask:
        yield ask


def _preview(request: Request, import_id: UUID) -> tuple[Path, str]:
    """The file of the preview, and where its rows go."""
    with _asking(request) as ask:
        row = guided.import_of(ask.db, ask.actor, import_id)
    path = uploads.preview_of(_home(request), import_id)
    if row.preview is None or row.target is None or not path.is_file():
        raise PreviewMissing(state=row.state)
    return path, row.target


def _words(code: str, facts: dict[str, Any]) -> dict[str, str]:
    known = {name: "–" if value is None else value for name, value in facts.items()}
    return {lang: say(f"note.{code}", lang, **known) for lang in LANGS}


def _home(request: Request) -> Path:
    return request.app.state.settings.home


def _answer(content: Any, status: int = 200) -> Response:
    return Response(dumps(content), status, NO_STORE, JSON)
