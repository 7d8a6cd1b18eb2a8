"""What the menu of exports offers."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.actions.read_formats import read_formats
from api.http.answers import JSON, dumps

router = APIRouter(prefix="/exports", tags=["layers"])


@router.get("/formats")
def formats() -> Response:
    """Formats, what each can carry, and the coordinate systems."""
    return Response(dumps(read_formats()), media_type=JSON, headers={"Cache-Control": "public, max-age=60"})
