"""Pairs of firms that may be one: for planners, since they are work and not yet fact."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.actions.same_firm import decide_firm_pair, find_firm_pairs, read_firm_pairs
from api.http.answers import JSON, dumps
from api.http.deps import acting, asking_with
from layers.access import Right

router = APIRouter(prefix="/firms/pairs", tags=["firms"])

#: More than any table of pairs will hold; PostgreSQL's largest bigint is far off.
MOST = 2**53


class PairsQuery(BaseModel):
    """Which pairs: those to be decided, unless another state or ``all`` is asked for."""

    model_config = ConfigDict(extra="forbid")
    state: Literal["open", "same", "different", "all"] = "open"
    offset: Annotated[int, Field(ge=0, le=MOST)] = 0
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class Decision(BaseModel):
    """What was decided of a pair."""

    model_config = ConfigDict(extra="forbid")
    verdict: Literal["same", "different"]


@router.get("")
def pairs(request: Request, query: Annotated[PairsQuery, Query()]) -> Response:
    """A page of pairs, the likeliest first, with what is stored of both sides and why they may be one."""
    with asking_with(request, Right.EDIT_LAYERS) as ask:
        state = None if query.state == "all" else query.state
        told = read_firm_pairs(ask.db, state=state, limit=query.limit, offset=query.offset)
        return Response(dumps(told), headers={"Cache-Control": "private, no-cache"}, media_type=JSON)


@router.post("/find")
def find(request: Request) -> Response:
    """Look for firms that are stored twice."""
    with acting(request) as ask:
        return Response(dumps(find_firm_pairs(ask.db)), media_type=JSON)


@router.post("/{pair_id}")
def decide(request: Request, pair_id: Annotated[int, Path(ge=1, le=MOST)], decision: Decision) -> Response:
    """Say that a pair is one firm, or two; a later verdict takes the earlier one back."""
    with acting(request) as ask:
        told = decide_firm_pair(ask.db, ask.actor, pair_id, decision.verdict)
        return Response(dumps(told), media_type=JSON)
