"""Bytes that come for minutes: written as they come, holding no connection and no place at the gate."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any

import anyio
from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.types import Scope

from api.actions.guided_import import MOST_BYTES, UploadTooLarge
from api.http.errors import RETRY_AFTER_S, LengthMissing, ServerBusy, UploadStalled
from layers.db.cluster import DiskFull

UPLOAD = re.compile(r"^/(imports/[^/]+/files/[^/]+|submissions/[0-9]+/file|clearance/documents/[0-9]+/file)$")
STALLED_S = 30.0
"""Nobody sends nothing for longer."""
WHOLE_S = 3_600.0
AT_ONCE = 8
_BLOCK_BYTES = 1 << 20


def is_upload(scope: Scope) -> bool:
    """Whether a request brings a file, whose bytes its route reads itself."""
    return scope["method"] == "PUT" and UPLOAD.match(scope["path"]) is not None


def sent_bytes(request: Request) -> int:
    """
    How many bytes a request announces.

    Raises
    ------
    LengthMissing, UploadTooLarge
    """
    told = request.headers.get("content-length", "")
    if not re.fullmatch(r"\d{1,15}", told):
        raise LengthMissing()
    size = int(told)
    if size > MOST_BYTES:
        raise UploadTooLarge(size_mb=size // 1_000_000, allowed_mb=MOST_BYTES // 1_000_000)
    return size


class _Places:
    """How many files come at once."""

    def __init__(self) -> None:
        self._taken = 0
        self._lock = Lock()

    def __enter__(self) -> None:
        with self._lock:
            if self._taken >= AT_ONCE:
                raise ServerBusy(retry_after_s=RETRY_AFTER_S * 15)
            self._taken += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._taken -= 1


async def receive_file(request: Request, begin: Callable[[], Path], size_bytes: int) -> Path:
    """
    Write the body to a file.

    Returns
    -------
    part
        The file, whole; it is removed where an error is raised.

    Raises
    ------
    UploadStalled, ServerBusy, DiskFull
    """
    state = request.app.state
    if not hasattr(state, "upload_places"):
        state.upload_places = _Places()
    with state.upload_places:
        part = await run_in_threadpool(begin)
        try:
            received = await _written(request, part, size_bytes)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise DiskFull(path=str(part.parent.parent)) from error
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    if received != size_bytes:
        part.unlink(missing_ok=True)
        raise UploadStalled(received=received, announced=size_bytes)
    return part


async def _written(request: Request, part: Path, size_bytes: int) -> int:
    received, waiting = 0, bytearray()
    sink: Any = await run_in_threadpool(part.open, "wb")
    try:
        with anyio.move_on_after(WHOLE_S):
            more = True
            while more and received <= size_bytes:
                message: Any = {"type": "stalled"}
                with anyio.move_on_after(STALLED_S):
                    message = await request.receive()
                if message["type"] != "http.request":
                    break
                chunk = message.get("body", b"")
                received += len(chunk)
                waiting += chunk
                more = message.get("more_body", False)
                if len(waiting) >= _BLOCK_BYTES or not more:
                    await run_in_threadpool(sink.write, bytes(waiting))
                    waiting.clear()
    finally:
        sink.close()
    return received
