"""Faults of the data: rules, checks, proposed repairs and decisions; the faults themselves are a layer."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.actions.check_quality import check_quality, quality_rules
from api.actions.decide_fault import decide_fault, propose_repair
from api.http.answers import JSON, dumps
from api.http.deps import acting, asking

router = APIRouter(prefix="/faults", tags=["faults"])

Reason = Annotated[str, Field(max_length=2_000, pattern=r"^[^\x00]*$")]


class CheckBody(BaseModel):
    """The layer to check, all of it or some features; every layer where none is named."""

    model_config = ConfigDict(extra="forbid")
    layer: Annotated[str, Field(max_length=64)] | None = None
    keys: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=1_000)] | None = None


class ReasonBody(BaseModel):
    """Why it was decided."""

    model_config = ConfigDict(extra="forbid")
    reason: Reason


class RepairBody(BaseModel):
    """Nothing: what is done is what was proposed."""

    model_config = ConfigDict(extra="forbid")


@router.get("/rules")
def rules(request: Request) -> Response:
    """The named rules with their words, severities and tolerances."""
    with asking(request) as ask:
        return _answer({"rules": quality_rules(ask.db)})


@router.post("/check")
def check(request: Request, body: CheckBody) -> Response:
    """Check a layer now; how many features were looked at, faults found and gone."""
    with acting(request) as ask:
        reports = check_quality(ask.db, ask.actor, body.layer, body.keys if body.layer else None)
        sums = {name: sum(getattr(r, name) for r in reports) for name in ("checked", "found", "closed")}
        each = [{"layer": r.layer, "counts": r.counts, "unanswered": r.unanswered} for r in reports]
        return _answer(sums | {"layers": each})


@router.get("/{key:path}/proposal")
def proposal(request: Request, key: str) -> Response:
    """The proposed repair, before and after; nothing is changed."""
    with asking(request) as ask:
        return _answer(propose_repair(ask.db, ask.actor, key))


@router.post("/{key:path}/accept")
def accept(request: Request, key: str, body: ReasonBody) -> Response:
    """Accept a fault with a reason; it is not raised again while it does not grow."""
    with acting(request) as ask:
        return _answer(decide_fault(ask.db, ask.actor, key, "accept", body.reason))


@router.post("/{key:path}/repair")
def repair(request: Request, key: str, body: RepairBody) -> Response:  # noqa: ARG001 (must be empty)
    """Do what the proposal shows."""
    with acting(request) as ask:
        return _answer(decide_fault(ask.db, ask.actor, key, "repair"))


@router.post("/{key:path}/refuse")
def refuse(request: Request, key: str, body: ReasonBody) -> Response:
    """Refuse a row that waits in staging."""
    with acting(request) as ask:
        return _answer(decide_fault(ask.db, ask.actor, key, "refuse", body.reason))


def _answer(told: dict[str, Any]) -> Response:
    return Response(dumps(told), media_type=JSON, headers={"Cache-Control": "no-store"})
