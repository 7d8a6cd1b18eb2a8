"""Matching one firm with every zone."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.actions.match_firm import FirmRequest, match_firm
from api.http.answers import JSON, dumps
from api.http.deps import asking

router = APIRouter()

Number = Annotated[float, Field(allow_inf_nan=False)]


class MatchBody(BaseModel):
    """A firm of the register by its code, or one described here."""

    model_config = ConfigDict(extra="forbid")
    firm: Annotated[str, Field(max_length=200)] | None = None
    point: tuple[Number, Number] | None = Field(None, description="Longitude, latitude")
    vsic_scheme: Annotated[str, Field(max_length=20)] | None = None
    vsic_code: Annotated[str, Field(max_length=10)] | None = None
    area_needed_ha: Number | None = None
    as_of: date | None = None


@router.post("/matching", tags=["matching"])
def match(request: Request, body: MatchBody) -> Response:
    """Zones that could take the firm, nearest first, and why the others could not; it changes nothing."""
    with asking(request, body.as_of) as ask:
        asked = FirmRequest(
            firm=body.firm,
            point=body.point,
            vsic_scheme=body.vsic_scheme,
            vsic_code=body.vsic_code,
            area_needed_ha=body.area_needed_ha,
        )
        report = match_firm(ask.db, ask.actor, ask.as_of, asked)
        return Response(dumps(report.as_json()), media_type=JSON, headers={"Cache-Control": "no-store"})
