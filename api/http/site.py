"""The built web: its one page, its assets under hashed names, and the few files beside them."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import FileResponse
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api.http.errors import PageUnknown
from gis.errors import Unavailable

STATIC = Path(__file__).parent.parent / "static"


class WebNotBuilt(Unavailable):
    """The web's files are not there."""


class Assets(StaticFiles):
    """Files whose names hold a hash of their content: they may be kept for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, to be kept."""
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def install(app: FastAPI) -> None:
    """Serve the web; last, because its names are wide."""
    app.mount("/assets", Assets(directory=STATIC / "assets", check_dir=False))
    app.include_router(router)


router = APIRouter(include_in_schema=False)


@router.get("/")
def index() -> Response:
    """The web's one page; its state is in the address."""
    page = STATIC / "index.html"
    if not page.is_file():
        raise WebNotBuilt()
    return FileResponse(page, headers={"Cache-Control": "no-cache"})


@router.get("/{name}")
def beside(name: str) -> Response:
    """A file beside the page: an icon, a manifest."""
    known = {path.name: path for path in STATIC.iterdir() if path.is_file() and path.name[0] != "."}
    if name not in known:
        raise PageUnknown(path=f"/{name[:200]}")
    return FileResponse(known[name], headers={"Cache-Control": "public, max-age=3600"})
