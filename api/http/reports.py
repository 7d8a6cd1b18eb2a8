"""Monthly clearance reports: made once, opened again unchanged, as JSON, workbook and paper."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.actions.clearance_report import make_report, read_report, read_reports
from api.documents import clearance_pdf, clearance_xlsx
from api.http.answers import JSON, dumps
from api.http.deps import acting, asking
from api.http.queries import Day
from layers.access import Right

router = APIRouter(prefix="/reports", tags=["reports"])

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NO_STORE = {"Cache-Control": "no-store"}
Number = Annotated[int, Field(ge=1, le=2**62)]


class Wanted(BaseModel):
    """Of which land and which month; the day of the month does not count."""

    model_config = ConfigDict(extra="forbid")
    scope: Literal["province", "commune", "zone"]
    scope_key: Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")] | None = None
    month: Day


@router.get("")
def listed(request: Request) -> Response:
    """Reports that were made."""
    with asking(request) as ask:
        return _answer(read_reports(ask.db, ask.actor))


@router.post("", status_code=201)
def make(request: Request, body: Wanted) -> Response:
    """Make a report of a month."""
    with acting(request, Right.SEE_WORK) as ask:
        return _answer(make_report(ask.db, ask.actor, body.scope, body.scope_key, body.month), 201)


@router.get("/{number}.xlsx")
def workbook(request: Request, number: Number) -> Response:
    """The report as a workbook."""
    with asking(request) as ask:
        found = read_report(ask.db, ask.actor, number)
    return _file(clearance_xlsx.xlsx(found), XLSX, f'attachment; filename="{_name(found)}.xlsx"')


@router.get("/{number}.pdf")
def paper(request: Request, number: Number) -> Response:
    """The report as a paper."""
    with asking(request) as ask:
        found = read_report(ask.db, ask.actor, number)
    return _file(clearance_pdf.pdf(found), "application/pdf", f'inline; filename="{_name(found)}.pdf"')


@router.get("/{number}")
def one(request: Request, number: Number) -> Response:
    """The report as it was made."""
    with asking(request) as ask:
        return _answer(read_report(ask.db, ask.actor, number))


def _name(found: dict[str, Any]) -> str:
    return f"gpmb-{found['month']:%Y-%m}-{found['id']}"


def _file(made: bytes, media_type: str, disposition: str) -> Response:
    return Response(made, media_type=media_type, headers={"Content-Disposition": disposition, **NO_STORE})


def _answer(told: dict[str, Any], status: int = 200) -> Response:
    return Response(dumps(told), status, NO_STORE, JSON)
