"""Every failure as an answer: one table from error to status, one shape, words in both languages."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from psycopg import errors as postgres
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from api.actions.guided_import import UploadTooLarge
from api.http.answers import dumps
from api.words import LANGS, say
from gis.errors import BadInput, Conflict, DidoiError, Forbidden, NotFound, Unavailable
from layers.revisions import RevisionChanged, RevisionMissing

LOG = logging.getLogger("didoi.http")
OGC = "/ogc"


class ParameterUnknown(BadInput):
    """A query parameter that the address does not know: a misspelt filter must not read as none."""


class ParameterInvalid(BadInput):
    """A query parameter whose value cannot be read."""


class RequestInvalid(BadInput):
    """A part of the address or its query is not what it should be."""


class BodyInvalid(RequestInvalid):
    """What was sent could be parsed but not understood."""


class TextInvalid(BadInput):
    """A NUL, which no stored text can hold."""


class ValueOutOfRange(BadInput):
    """A number or date that the database cannot hold."""


class BodyTooLarge(BadInput):
    """More was sent than any request needs."""


class LengthMissing(BadInput):
    """A file whose length was not told: it is refused before it is read."""


class UploadStalled(BadInput):
    """Fewer bytes came than were announced. Facts: received, announced."""


class PageUnknown(NotFound):
    """No route has this address."""


class MethodNotAllowed(BadInput):
    """The address exists, but not for this method."""


class CsrfWrong(Forbidden):
    """A write without the token of its session, or from another site."""


class SignInNeeded(Forbidden):
    """Something that needs an account, asked by nobody."""


class TooManyAttempts(Unavailable):
    """Somebody tries passwords."""


class ServerBusy(Unavailable):
    """No connection became free in time."""


class DatabaseAway(Unavailable):
    """The database does not answer."""


class AnswerTooSlow(Unavailable):
    """The statement timeout ended a query."""


class InternalFault(DidoiError):
    """A fault of ours; what it was is in the log, under its reference."""


STATUS: Mapping[type[DidoiError], int] = {
    DidoiError: 500,
    BadInput: 400,
    BodyInvalid: 422,
    MethodNotAllowed: 405,
    UploadStalled: 408,
    LengthMissing: 411,
    BodyTooLarge: 413,
    UploadTooLarge: 413,
    NotFound: 404,
    Forbidden: 403,
    SignInNeeded: 401,
    Conflict: 409,
    RevisionChanged: 412,
    RevisionMissing: 428,
    Unavailable: 503,
    TooManyAttempts: 429,
}
RETRY_AFTER_S = 2


def status_of(error: DidoiError) -> int:
    """Status of an error: that of its nearest ancestor in the table."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def answer(error: DidoiError, path: str, headers: Mapping[str, str] | None = None) -> Response:
    """The answer that tells an error; under /ogc in the shape that OGC API asks for."""
    status = status_of(error)
    message = {lang: say(f"error.{error.code}", lang, **error.facts) for lang in LANGS}
    told: dict[str, Any] = {"code": error.code, "facts": error.facts, "message": message}
    if path == OGC or path.startswith(f"{OGC}/"):
        status = 400 if status == 422 else status
        told = {"code": error.code, "description": " / ".join(message.values())}
    more = {"Cache-Control": "no-store", **(headers or {})}
    if status in (429, 503):
        more["Retry-After"] = str(error.facts.get("retry_after_s", RETRY_AFTER_S))
    return Response(dumps(told), status, more, "application/json")


def told(error: Exception, request: Request) -> DidoiError:
    """What an exception of a library means, in our words."""
    match error:
        case DidoiError():
            return error
        case RequestValidationError():
            return _validation(error)
        case HTTPException(status_code=404):
            return PageUnknown(path=request.url.path[:200])
        case HTTPException(status_code=405):
            return MethodNotAllowed(method=request.method)
        case HTTPException():
            return RequestInvalid(parameter="–", reason=str(error.detail))
        case PoolTimeout():
            return ServerBusy(retry_after_s=RETRY_AFTER_S)
        case DataError():
            return ValueOutOfRange()
        case OperationalError(orig=postgres.QueryCanceled()):
            return AnswerTooSlow(limit_s=round(request.app.state.settings.statement_timeout_s))
        case OperationalError() | DBAPIError(connection_invalidated=True):
            return DatabaseAway()
        case _:
            return InternalFault(reference=secrets.token_hex(4))


def install(app: FastAPI) -> None:
    """Answer every exception in our shape."""

    async def handle(request: Request, error: Exception) -> Response:
        known = told(error, request)
        if isinstance(known, InternalFault):
            LOG.error("%s %s %s", known.facts["reference"], request.method, request.url.path, exc_info=error)
        headers = dict(error.headers or {}) if isinstance(error, HTTPException) else None
        return answer(known, request.url.path, headers)

    for kind in (
        DidoiError,
        RequestValidationError,
        HTTPException,
        PoolTimeout,
        DBAPIError,
        Exception,
    ):
        app.add_exception_handler(kind, handle)


def _validation(error: RequestValidationError) -> RequestInvalid | ParameterUnknown:
    first = error.errors()[0]
    where, *path = first["loc"]
    name = ".".join(str(part) for part in path) or str(where)
    if first["type"] == "extra_forbidden" and where == "query":
        return ParameterUnknown(parameter=name[:80], known="/docs")
    kind = BodyInvalid if where == "body" else RequestInvalid
    return kind(parameter=name[:80], reason=first["msg"])
