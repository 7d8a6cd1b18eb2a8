"""
Writing cases over HTTP: every write of a case names the revision that its writer saw (If-Match).

Who wrote on another revision hears 412 with both versions and what differs; who named none hears 428.
"""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from api.actions.clearance_document import attach_file, clearance_document, document_file, may_attach
from api.actions.clearance_edit_case import clearance_edit_case
from api.actions.clearance_end_case import clearance_end_case
from api.actions.clearance_open_case import clearance_open_case
from api.actions.clearance_pay import clearance_approve, clearance_pay
from api.actions.clearance_projects import clearance_edit_project, clearance_open_project, read_projects
from api.actions.clearance_record import clearance_add_record, clearance_change_record
from api.actions.clearance_roadmap import read_roadmaps, record_roadmap
from api.actions.clearance_stage import clearance_stage
from api.actions.clearance_take import clearance_end_take, clearance_take, shape_of
from api.http.answers import JSON, dumps
from api.http.deps import acting, asking
from api.http.receiving import receive_file, sent_bytes
from layers.access import Right
from layers.clearance.cases import Draft
from layers.clearance.documents import Draft as Document
from layers.clearance.money import Approval, Payment
from layers.clearance.roadmaps import Point
from layers.clearance.stages import NewEvent
from layers.ingest.uploads import safe_name

router = APIRouter(prefix="/clearance", tags=["clearance"])

IfMatch = Annotated[str | None, Header(alias="If-Match", max_length=80)]
Word = Annotated[str, Field(max_length=300, pattern=r"^[^\x00]*$")]
Reason = Annotated[str, Field(max_length=4_000, pattern=r"^[^\x00]*$")]
Number = Annotated[int, Field(ge=-(2**53), le=2**53)]
Values = Annotated[dict[str, Any], Field(max_length=100)]
Kind = Literal["people", "assets", "valuations", "resettlements", "contacts", "complaints", "blockers"]
#: Files that a browser may show by itself; all others are saved.
SHOWN = ("application/pdf", "image/png", "image/jpeg")


class Strict(BaseModel):
    """A body that holds nothing but what is named."""

    model_config = ConfigDict(extra="forbid")


class ParcelOfCase(Strict):
    """A parcel and the part of it that is taken, as GeoJSON; all of it where no part is named."""

    parcel_key: Word
    part: dict[str, Any] | None = None


class CaseBody(Strict):
    """A case to be opened."""

    project_key: Word
    user_kind: Word
    origin: Word
    commune_code: Word
    opened_on: date
    key: Word | None = None
    user_name: Word | None = None
    law: Word | None = None
    office: Word | None = None
    planned_on: date | None = None
    note: Reason | None = None
    parcels: Annotated[list[ParcelOfCase], Field(max_length=200)] = []
    reason: Reason

    def draft(self) -> Draft:
        """The same as the verb takes it."""
        told = self.model_dump(exclude={"parcels", "reason"})
        parcels = tuple((one.parcel_key, shape_of(one.parcel_key, one.part)) for one in self.parcels)
        return Draft(**told, parcels=parcels)


class ChangesBody(Strict):
    """Values by column, and why."""

    changes: Values
    reason: Reason


class RecordBody(Strict):
    """A record by columns, and why."""

    values: Values
    reason: Reason


class EndBody(Strict):
    """From which day on, and why."""

    on: date
    reason: Reason


class DocumentValues(Strict):
    """What a paper is."""

    kind: Word
    number: Word
    issued_on: date
    issuer: Word
    title: Word | None = None

    def draft(self) -> Document:
        """The same as the verb takes it."""
        return Document(**self.model_dump())


class EventValues(Strict):
    """A stage and its day; without a stage, what takes back the event ``replaces_id``."""

    stage: Word | None = None
    effective_on: date
    document_id: Number | None = None
    document: DocumentValues | None = None
    replaces_id: Number | None = None


class PayeeValues(Strict):
    """What a decision approves for a payee."""

    name: Word
    approved_vnd: Number
    approved_on: date
    decision_number: Word
    account_number: Word | None = None


class PaymentValues(Strict):
    """What was paid to a payee; below zero it takes back a payment."""

    payee_id: Number
    amount_vnd: Number
    paid_on: date
    voucher: Word


class TakeValues(ParcelOfCase):
    """Land that comes into the case."""

    on: date | None = None
    state_managed: bool | None = None


class EventBody(Strict):
    """An event, and why where it puts another right."""

    values: EventValues
    reason: Reason | None = None


class PayeeBody(Strict):
    """An approval, and why."""

    values: PayeeValues
    reason: Reason


class PaymentBody(Strict):
    """A payment, and why."""

    values: PaymentValues
    reason: Reason


class DocumentBody(Strict):
    """A document, and why."""

    values: DocumentValues
    reason: Reason = ""


class TakeBody(Strict):
    """A take, and why."""

    values: TakeValues
    reason: Reason


class ProjectBody(Strict):
    """A project of a zone."""

    key: Word
    values: Values
    reason: Reason


class RoadmapPoint(Strict):
    """What is to be done by a day, all of it since the start."""

    on: date
    ha: Annotated[float, Field(allow_inf_nan=False)]
    cases: Number | None = None
    vnd: Number | None = None


class RoadmapBody(Strict):
    """A roadmap or its adjustment."""

    zone: Word
    decided_on: date
    decision_number: Word
    title: Word | None = None
    points: Annotated[list[RoadmapPoint], Field(max_length=1_000)]


class ZoneQuery(Strict):
    """A zone."""

    zone: Annotated[str | None, Field(max_length=200)] = None


class OneZoneQuery(Strict):
    """The zone that is asked about."""

    zone: Annotated[str, Field(max_length=200)]


class FileQuery(Strict):
    """The name of the file."""

    name: Annotated[str, Field(max_length=200)]


@router.post("/cases", status_code=201)
def open_case(request: Request, body: CaseBody) -> Response:
    """Open a case with the land that it takes."""
    with acting(request, Right.KEEP_CASES) as ask:
        return _answer(clearance_open_case(ask.db, ask.actor, body.draft(), body.reason), 201)


@router.post("/cases/{key:path}/events", status_code=201)
def add_event(request: Request, key: str, body: EventBody, if_match: IfMatch = None) -> Response:
    """Say which stage was reached on which day; an impossible order is refused with the reason."""
    told = body.values
    document = told.document.draft() if told.document else None
    event = NewEvent(
        key, told.stage, told.effective_on, told.document_id, document, told.replaces_id, body.reason
    )
    with acting(request, Right.KEEP_CASES) as ask:
        return _answer(clearance_stage(ask.db, ask.actor, event, _seen(if_match)), 201)


@router.post("/cases/{key:path}/payees", status_code=201)
def add_payee(request: Request, key: str, body: PayeeBody, if_match: IfMatch = None) -> Response:
    """Record an amount approved for a payee."""
    approval = Approval(**body.values.model_dump())
    with acting(request, Right.KEEP_CASES) as ask:
        told = clearance_approve(ask.db, ask.actor, key, approval, body.reason, _seen(if_match))
        return _answer(told, 201)


@router.post("/cases/{key:path}/payments", status_code=201)
def add_payment(request: Request, key: str, body: PaymentBody, if_match: IfMatch = None) -> Response:
    """Record a payment; never more than is approved."""
    payment = Payment(**body.values.model_dump())
    with acting(request, Right.KEEP_CASES) as ask:
        return _answer(clearance_pay(ask.db, ask.actor, key, payment, body.reason, _seen(if_match)), 201)


@router.post("/cases/{key:path}/documents", status_code=201)
def add_document(request: Request, key: str, body: DocumentBody, if_match: IfMatch = None) -> Response:
    """Record a document; its file is put at ``/clearance/documents/{id}/file``."""
    draft = body.values.draft()
    with acting(request, Right.KEEP_CASES) as ask:
        told = clearance_document(ask.db, ask.actor, key, draft, body.reason, _seen(if_match))
        return _answer(told, 201)


@router.post("/cases/{key:path}/takes", status_code=201)
def add_take(request: Request, key: str, body: TakeBody, if_match: IfMatch = None) -> Response:
    """Take a parcel or a part of it into the case."""
    land = body.values
    with acting(request, Right.KEEP_CASES) as ask:
        told = clearance_take(
            ask.db,
            ask.actor,
            key,
            land.parcel_key,
            body.reason,
            part=land.part,
            on=land.on,
            state_managed=land.state_managed,
            revision=_seen(if_match),
        )
        return _answer(told, 201)


@router.post("/cases/{key:path}/takes/{number}/end")
def end_take(request: Request, key: str, number: Number, body: EndBody, if_match: IfMatch = None) -> Response:
    """Take land out of the case from a day on."""
    with acting(request, Right.KEEP_CASES) as ask:
        seen = _seen(if_match)
        return _answer(clearance_end_take(ask.db, ask.actor, key, number, body.on, body.reason, seen))


@router.post("/cases/{key:path}/end")
def end_case(request: Request, key: str, body: EndBody, if_match: IfMatch = None) -> Response:
    """End the case."""
    with acting(request, Right.KEEP_CASES) as ask:
        seen = _seen(if_match)
        return _answer(clearance_end_case(ask.db, ask.actor, key, body.on, body.reason, seen))


@router.post("/cases/{key:path}/{kind}", status_code=201)
def add_record(
    request: Request, key: str, kind: Kind, body: RecordBody, if_match: IfMatch = None
) -> Response:
    """Add a person, asset, valuation line, resettlement, contact, complaint or blocker."""
    with acting(request, Right.KEEP_CASES) as ask:
        seen = _seen(if_match)
        told = clearance_add_record(ask.db, ask.actor, key, kind, body.values, body.reason, seen)
        return _answer(told, 201)


@router.patch("/cases/{key:path}/{kind}/{number:int}")
def change_record(
    request: Request, key: str, kind: Kind, number: int, body: ChangesBody, if_match: IfMatch = None
) -> Response:
    """Change a record: a complaint that was answered, a blocker that is gone."""
    with acting(request, Right.KEEP_CASES) as ask:
        seen = _seen(if_match)
        told = clearance_change_record(ask.db, ask.actor, key, kind, number, body.changes, body.reason, seen)
        return _answer(told)


@router.patch("/cases/{key:path}")
def edit_case(request: Request, key: str, body: ChangesBody, if_match: IfMatch = None) -> Response:
    """Change attributes of the case."""
    with acting(request, Right.KEEP_CASES) as ask:
        seen = _seen(if_match)
        return _answer(clearance_edit_case(ask.db, ask.actor, key, body.changes, body.reason, seen))


# --- files -----------------------------------------------------------------------------------------


@router.put("/documents/{number}/file")
async def put_file(request: Request, number: Number, query: Annotated[FileQuery, Query()]) -> Response:
    """The file of a document, as raw bytes; who sends it and how much it is are looked at first."""
    name = safe_name(query.name)
    size = sent_bytes(request)
    home = request.app.state.settings.home

    def check() -> None:
        with acting(request, Right.KEEP_CASES) as ask:
            may_attach(ask.db, ask.actor, number, size)

    def finish(part: Path) -> Response:
        with acting(request, Right.KEEP_CASES) as ask:
            return _answer(attach_file(ask.db, ask.actor, number, part, name, home))

    await run_in_threadpool(check)
    with TemporaryDirectory(prefix="didoi-document-") as folder:
        part = await receive_file(request, partial(Path, folder, "part"), size)
        return await run_in_threadpool(finish, part)


@router.get("/documents/{number}/file", response_class=FileResponse)
def get_file(request: Request, number: Number) -> Response:
    """The file of a document, for the land office alone."""
    with asking(request) as ask:
        stored = document_file(ask.db, ask.actor, number, request.app.state.settings.home)
    shown = "inline" if stored.media_type in SHOWN else "attachment"
    return FileResponse(
        stored.path,
        media_type=stored.media_type,
        filename=stored.name,
        content_disposition_type=shown,
        headers={"Cache-Control": "private, no-store", "ETag": f'"{stored.sha256}"'},
    )


# --- projects and roadmaps ---------------------------------------------------------------------------


@router.get("/projects")
def projects(request: Request, query: Annotated[ZoneQuery, Query()]) -> Response:
    """Projects that land is recovered for."""
    with asking(request) as ask:
        return _answer(read_projects(ask.db, query.zone))


@router.post("/projects", status_code=201)
def open_project(request: Request, body: ProjectBody) -> Response:
    """Enter a project."""
    with acting(request, None) as ask:
        return _answer(clearance_open_project(ask.db, ask.actor, body.key, body.values, body.reason), 201)


@router.patch("/projects/{key:path}")
def edit_project(request: Request, key: str, body: ChangesBody) -> Response:
    """Change a project."""
    with acting(request, None) as ask:
        return _answer(clearance_edit_project(ask.db, ask.actor, key, body.changes, body.reason))


@router.get("/roadmaps")
def roadmaps(request: Request, query: Annotated[OneZoneQuery, Query()]) -> Response:
    """Roadmaps of a zone, all baselines."""
    with asking(request) as ask:
        return _answer(read_roadmaps(ask.db, query.zone))


@router.post("/roadmaps", status_code=201)
def add_roadmap(request: Request, body: RoadmapBody) -> Response:
    """Record a roadmap or its adjustment."""
    points = [Point(one.on, one.ha, one.cases, one.vnd) for one in body.points]
    with acting(request, None) as ask:
        told = record_roadmap(
            ask.db, ask.actor, body.zone, body.decided_on, body.decision_number, points, body.title
        )
        return _answer(told, 201)


def _seen(if_match: str | None) -> str:
    """
    The revision that the writer saw, empty where they named none; the verb refuses that in its turn.

    Compression may have made the tag a weak one.
    """
    return (if_match or "").strip().removeprefix("W/").strip('"')


def _answer(told: dict[str, Any], status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store"}
    if "revision" in told:
        headers["ETag"] = f'"{told["revision"]}"'
    return Response(dumps(told), status, headers, JSON)
