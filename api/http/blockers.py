"""The editable list of what may hold a case up."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.actions.blocker_codes import put_blocker_code, read_blocker_codes
from api.http.answers import JSON, dumps
from api.http.deps import acting, asking
from layers.access import Right

router = APIRouter(prefix="/clearance/blocker-codes", tags=["clearance"])

Words = Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")]


class CodeBody(BaseModel):
    """Words of a code, and whether it is offered no more."""

    model_config = ConfigDict(extra="forbid")
    title_vi: Words
    title_en: Words
    retired: bool = False


@router.get("")
def listed(request: Request) -> Response:
    """Codes with their words, retired ones last."""
    with asking(request) as ask:
        return _answer(read_blocker_codes(ask.db))


@router.put("/{code}")
def put(request: Request, code: str, body: CodeBody) -> Response:
    """Add a code, or change its words."""
    with acting(request, Right.KEEP_CASES) as ask:
        told = put_blocker_code(ask.db, ask.actor, code, body.title_vi, body.title_en, retired=body.retired)
        return _answer(told)


def _answer(told: dict[str, Any]) -> Response:
    return Response(dumps(told), media_type=JSON, headers={"Cache-Control": "no-store"})
