"""Places over time over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.actions.read_places import count_by_unit, resolve_place
from api.http.answers import answered, dumps
from api.http.deps import asking
from api.http.queries import Filtered
from layers.catalogue import layer

router = APIRouter(tags=["places"])

Degrees = Annotated[float | None, Field(ge=-180, le=180, allow_inf_nan=False)]


class PlaceQuery(BaseModel):
    """A text, a name or a code, and the dates between which it is followed."""

    model_config = ConfigDict(extra="forbid")
    q: str = Field("", max_length=500, description="Địa chỉ, tên hoặc mã / Address, name or code")
    to: date | None = Field(None, description="Đơn vị của ngày này / The unit as of this date; today")
    on: date | None = Field(None, description="Ngày của văn bản / Date of the text, where known")
    lon: Degrees = None
    lat: Degrees = None


class ByUnitQuery(Filtered):
    """A filtered layer by units."""

    level: str = Field("commune", max_length=20)
    units_on: date | None = Field(None, description="Đơn vị của ngày này / Units of this date; as_of")


@router.get("/places/resolve")
def resolve(request: Request, query: Annotated[PlaceQuery, Query()]) -> Response:
    """The unit that an address, a name or a code means; splits are settled by a point or told."""
    with asking(request, query.to) as ask:
        place = (query.lon, query.lat) if query.lon is not None and query.lat is not None else None

        def make() -> bytes:
            return dumps(resolve_place(ask.db, query.q, ask.as_of, query.on, place))

        etag = ask.etag_of_all("places", request.url.query)
        return answered(request, etag, make, public=ask.public)


@router.get("/layers/{layer_id}/by-unit")
def counted(request: Request, layer_id: str, query: Annotated[ByUnitQuery, Query()]) -> Response:
    """A layer counted by the administrative units of any date; what cannot be told is told."""
    with asking(request, query.as_of) as ask:
        etag = ask.etag_of_all("by-unit", layer(layer_id).id, request.url.query)
        units_on = query.units_on or ask.as_of

        def make() -> bytes:
            return dumps(
                count_by_unit(ask.db, ask.actor, ask.as_of, layer_id, query.level, units_on, query.wanted())
            )

        return answered(request, etag, make, public=ask.public)
