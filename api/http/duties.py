"""The calendar of duties, the list of reminders, and the mark that one was done."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.actions.duties import mark_duty, read_duties
from api.documents import duties_xlsx
from api.http.answers import JSON, dumps
from api.http.deps import acting, asking
from api.http.queries import Dated, Day
from layers.access import Right

router = APIRouter(prefix="/duties", tags=["duties"])

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NO_STORE = {"Cache-Control": "no-store"}
Words = Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")]


class Span(Dated):
    """The calendar of a date, as far as another."""

    as_of: Day | None = None
    until: Day | None = None


class Done(BaseModel):
    """For which due date and subject it was done, when, and by which document."""

    model_config = ConfigDict(extra="forbid")
    due_on: Day
    done_on: Day
    subject_key: Words = ""
    document: Words | None = None
    note: Words | None = None


@router.get("")
def calendar(request: Request, query: Annotated[Span, Query()]) -> Response:
    """What is due, overdue and done, with whose it is."""
    with asking(request, query.as_of) as ask:
        told = read_duties(ask.db, ask.actor, ask.as_of, query.until)
        return Response(dumps(told), headers=NO_STORE, media_type=JSON)


@router.get("/reminders.xlsx")
def reminders(request: Request, query: Annotated[Span, Query()]) -> Response:
    """Overdue duties by office."""
    with asking(request, query.as_of) as ask:
        made = duties_xlsx.xlsx(read_duties(ask.db, ask.actor, ask.as_of))
    headers = {"Content-Disposition": 'attachment; filename="nhac-viec.xlsx"', **NO_STORE}
    return Response(made, media_type=XLSX, headers=headers)


@router.post("/{duty}/done")
def done(request: Request, duty: str, body: Done) -> Response:
    """Tell that a duty was done."""
    with acting(request, Right.SEE_WORK) as ask:
        mark_duty(
            ask.db,
            ask.actor,
            duty,
            body.due_on,
            body.done_on,
            subject_key=body.subject_key,
            document=body.document,
            note=body.note,
        )
        return Response(dumps({"duty": duty, "done_on": body.done_on}), headers=NO_STORE, media_type=JSON)
