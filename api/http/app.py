"""The application: routes, errors and what every request passes."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio.to_thread
from fastapi import FastAPI

from api.http import (
    accounts,
    blockers,
    catalogue,
    certificates,
    clearance,
    clearance_writes,
    coverages,
    docs,
    duties,
    edits,
    errors,
    exports,
    faults,
    imports,
    matching,
    places,
    reports,
    rows,
    same_firm,
    search,
    session,
    site,
    submissions,
    tiles,
)
from api.http.deps import open_doors
from api.http.middleware import Gate, SafeHeaders, Squeeze
from api.http.ogc import router as ogc
from api.http.version import VERSION
from api.settings import Settings

SPARE_THREADS = 4
"""For files, which need no connection: a page must come while every connection is at work."""


def create_app(settings: Settings) -> FastAPI:
    """
    The application over the database of the settings, as a role that owns no table.

    Raises
    ------
    DatabaseUnset, ServerAddressMissing
    """
    doors = open_doors(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        threads = anyio.to_thread.current_default_thread_limiter()
        threads.total_tokens = settings.pool_size + SPARE_THREADS
        yield
        doors.close()

    app = FastAPI(
        title="Didoi",
        version=VERSION,
        description="Quy hoạch khu công nghiệp và di dời cơ sở / Industrial zones and factory relocation",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.settings = settings
    app.state.doors = doors
    app.state.attempts = session.Attempts()
    errors.install(app)
    for part in (
        catalogue,
        certificates,
        blockers,
        clearance,
        clearance_writes,
        coverages,
        search,
        places,
        matching,
        rows,
        exports,
        imports,
        tiles,
        faults,
        edits,
        same_firm,
        submissions,
        duties,
        reports,
        session,
        accounts,
        docs,
    ):
        app.include_router(part.router)
    app.include_router(ogc)
    site.install(app)
    # The last added is the outermost.
    app.add_middleware(Gate, size=settings.pool_size, wait_s=settings.pool_wait_s)
    app.add_middleware(Squeeze)
    app.add_middleware(SafeHeaders)
    return app
