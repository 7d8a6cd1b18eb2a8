"""Editing on the card: what may be changed, the change, and the history of changes."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.actions.edit_feature import edit_feature, read_editable
from api.http.answers import JSON, dumps
from api.http.deps import acting, asking
from layers.dates import today

router = APIRouter(prefix="/edits", tags=["edits"])

IfMatch = Annotated[str | None, Header(alias="If-Match", max_length=80)]


class EditBody(BaseModel):
    """Values by column, or a boundary as GeoJSON in longitude, latitude, or both; and why."""

    model_config = ConfigDict(extra="forbid")
    changes: Annotated[dict[str, Any], Field(max_length=100)] | None = None
    geom: dict[str, Any] | None = None
    reason: Annotated[str, Field(max_length=4_000, pattern=r"^[^\x00]*$")]


@router.get("/{layer_id}/{key:path}")
def read(request: Request, layer_id: str, key: str) -> Response:
    """The revision of a feature, the values that may be changed, and its edits, the latest first."""
    with asking(request) as ask:
        return _answer(read_editable(ask.db, ask.actor, layer_id, key))


@router.post("/{layer_id}/{key:path}")
def change(request: Request, layer_id: str, key: str, body: EditBody, if_match: IfMatch = None) -> Response:
    """Change a feature as of today; 412 tells both versions when somebody else was first."""
    # What is changed says which right that needs, and where.
    with acting(request, None) as ask:
        return _answer(
            edit_feature(
                ask.db,
                ask.actor,
                layer_id,
                key,
                on=today(),
                revision=(if_match or "").strip().removeprefix("W/").strip('"') or None,
                reason=body.reason,
                changes=body.changes,
                geom=body.geom,
            )
        )


def _answer(told: dict[str, Any]) -> Response:
    return Response(
        dumps(told), media_type=JSON, headers={"Cache-Control": "no-store", "ETag": f'"{told["revision"]}"'}
    )
