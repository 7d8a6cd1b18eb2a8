"""Work in bulk: templates, submissions row by row, and their approval by a second person."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from api.actions import submissions as verbs
from api.actions.guided_import import UploadTooLarge
from api.http.answers import JSON, dumps
from api.http.deps import acting, asking
from api.http.queries import Day
from api.http.receiving import receive_file, sent_bytes
from layers.access import Right
from layers.clearance.bulk.reading import MOST_BYTES
from layers.ingest.uploads import safe_name

router = APIRouter(prefix="/submissions", tags=["submissions"])

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Kind = Literal["stages", "payments", "inventory", "handover"]
State = Literal["draft", "submitted", "approved", "rejected", "withdrawn"]
Words = Annotated[str, Field(max_length=2_000, pattern=r"^[^\x00]*$")]
Number = Annotated[int, Field(ge=1, le=2**62)]


class Begun(BaseModel):
    """What a submission is about."""

    model_config = ConfigDict(extra="forbid")
    kind: Kind
    title: Words
    note: Words | None = None


class Area(BaseModel):
    """A drawn area whose cases are handed over on a day, with the document that says so."""

    model_config = ConfigDict(extra="forbid")
    area: dict[str, Any]
    effective_on: Day
    document_kind: Words | None = None
    document_number: Words | None = None
    document_on: Day | None = None
    document_issuer: Words | None = None


class Note(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid")
    note: Words | None = None


class Several(Note):
    """Submissions that are approved together."""

    ids: Annotated[list[Number], Field(min_length=1, max_length=200)]


class ListQuery(BaseModel):
    """Which submissions."""

    model_config = ConfigDict(extra="forbid")
    state: State | None = None


class RowsQuery(BaseModel):
    """A page of rows."""

    model_config = ConfigDict(extra="forbid")
    verdict: Literal["ok", "noted", "refused"] | None = None
    limit: Annotated[int, Field(ge=1, le=1_000)] = 500
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class TemplateQuery(BaseModel):
    """Which template."""

    model_config = ConfigDict(extra="forbid")
    kind: Kind
    zone: Annotated[str, Field(max_length=200)] | None = None


class FileQuery(BaseModel):
    """The name of the file."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(max_length=200)]


@router.get("")
def listed(request: Request, query: Annotated[ListQuery, Query()]) -> Response:
    """Submissions that one may see."""
    with asking(request) as ask:
        return _answer(verbs.read_submissions(ask.db, ask.actor, query.state))


@router.post("", status_code=201)
def begin(request: Request, body: Begun) -> Response:
    """A new draft."""
    with acting(request, Right.SUBMIT) as ask:
        return _answer(verbs.begin(ask.db, ask.actor, body.kind, body.title, body.note), 201)


@router.get("/template.xlsx")
def template(request: Request, query: Annotated[TemplateQuery, Query()]) -> Response:
    """An empty workbook with dropdowns."""
    with asking(request) as ask:
        made = verbs.template_workbook(ask.db, ask.actor, query.kind, query.zone)
    return _book(made, f"mau-{query.kind}.xlsx")


@router.post("/approve")
def approve_all(request: Request, body: Several) -> Response:
    """Approve several at once: all of them, or none."""
    with acting(request, Right.APPROVE) as ask:
        return _answer(verbs.approve_all(ask.db, ask.actor, body.ids, body.note))


@router.get("/{number}")
def one(request: Request, number: Number, query: Annotated[RowsQuery, Query()]) -> Response:
    """A submission with a page of its rows."""
    with asking(request) as ask:
        return _answer(
            verbs.read_submission(ask.db, ask.actor, number, query.verdict, query.limit, query.offset)
        )


@router.put("/{number}/file")
async def put_file(request: Request, number: Number, query: Annotated[FileQuery, Query()]) -> Response:
    """The workbook, as raw bytes; who sends it and how much it is are looked at before a byte is read."""
    name = safe_name(query.name)
    size = sent_bytes(request)
    if size > MOST_BYTES:
        raise UploadTooLarge(size_mb=size // 1_000_000, allowed_mb=MOST_BYTES // 1_000_000)

    def check() -> None:
        with acting(request, Right.SUBMIT) as ask:
            verbs.submissions.standing(ask.db, ask.actor, number)

    await run_in_threadpool(check)
    with tempfile.TemporaryDirectory(prefix="didoi-submission-") as folder:
        part = await receive_file(request, partial(_part, Path(folder), name), size)
        return await run_in_threadpool(_fill, request, number, part, name)


@router.put("/{number}/area")
def put_area(request: Request, number: Number, body: Area) -> Response:
    """The cases that lie in a drawn area."""
    told = body.model_dump(exclude={"area", "effective_on"}, exclude_none=True)
    document = {name: value if isinstance(value, str) else value.isoformat() for name, value in told.items()}
    with acting(request, Right.SUBMIT) as ask:
        return _answer(
            verbs.fill_from_area(ask.db, ask.actor, number, body.area, body.effective_on, document)
        )


@router.post("/{number}/submit")
def submit(request: Request, number: Number, body: Note) -> Response:
    """Hand it in."""
    return _turned(request, number, "submit", body)


@router.post("/{number}/withdraw")
def withdraw(request: Request, number: Number, body: Note) -> Response:
    """Take it back."""
    return _turned(request, number, "withdraw", body)


@router.post("/{number}/approve")
def approve(request: Request, number: Number, body: Note) -> Response:
    """Make it effective."""
    return _turned(request, number, "approve", body, Right.APPROVE)


@router.post("/{number}/reject")
def reject(request: Request, number: Number, body: Note) -> Response:
    """Turn it down."""
    return _turned(request, number, "reject", body, Right.APPROVE)


@router.get("/{number}/refused.xlsx")
def refused(request: Request, number: Number) -> Response:
    """The refused rows, with why."""
    with asking(request) as ask:
        made = verbs.refused_workbook(ask.db, ask.actor, number)
    return _book(made, f"dong-bi-tra-{number}.xlsx")


def _part(folder: Path, name: str) -> Path:
    return folder / name


def _fill(request: Request, number: int, part: Path, name: str) -> Response:
    with acting(request, Right.SUBMIT) as ask:
        return _answer(verbs.fill_from_file(ask.db, ask.actor, number, part, name))


def _turned(request: Request, number: int, verb: str, body: Note, right: Right = Right.SUBMIT) -> Response:
    with acting(request, right) as ask:
        return _answer(verbs.turn(ask.db, ask.actor, number, verb, body.note))


def _book(made: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(made, media_type=XLSX, headers=headers)


def _answer(told: dict[str, Any], status: int = 200) -> Response:
    return Response(dumps(told), status, {"Cache-Control": "no-store"}, JSON)
