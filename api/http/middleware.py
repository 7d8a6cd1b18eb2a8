"""
What every request passes: headers that keep browsers safe, compression, and a gate.

The gate admits as many requests as there are connections; the others wait a moment, then hear that the
server is busy. It reads what is sent before it opens, so that a slow sender holds nothing; files that are
uploaded pass beside it, for the same reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

import anyio
from isal import isal_zlib
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.errors import RETRY_AFTER_S, BodyTooLarge, ServerBusy, TextInvalid, answer
from api.http.receiving import is_upload

CSP = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
    "worker-src 'self' blob:; connect-src 'self' data:; font-src 'self' data: blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(self)",
}
MAX_BODY_BYTES = 1_000_000
BODY_WITHIN_S = 20.0
LEAST_BYTES = 1_000
"""Shorter answers are sent as they are."""
SQUEEZED = (
    "text/",
    "application/json",
    "application/geo+json",
    "application/javascript",
    "image/svg+xml",
    "application/vnd.oai.openapi+json",
    "application/schema+json",
)
NOT_GATED = ("/assets/", "/healthz")


class SafeHeaders:
    """Adds the headers above to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, add)


class Squeeze:
    """Compresses text with ISA-L, many times faster than zlib at nearly its ratio."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and compress the answer where the client can read it."""
        if scope["type"] != "http" or "gzip" not in Headers(scope=scope).get("accept-encoding", ""):
            await self.app(scope, receive, send)
            return
        await self.app(scope, receive, _Squeezing(send))


class _Squeezing:
    """One answer on its way out."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message = {}
        self._packer: isal_zlib.Compress | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        if message["type"] != "http.response.body":
            await self._send(message)
            return
        if self._start:
            self._begin(message)
            await self._send(self._start)
            self._start = {}
        if self._packer is not None:
            packed = self._packer.compress(message.get("body", b""))
            if not message.get("more_body", False):
                packed += self._packer.flush()
            message = {**message, "body": packed}
        await self._send(message)

    def _begin(self, first: Message) -> None:
        headers = MutableHeaders(raw=self._start["headers"])
        whole = not first.get("more_body", False)
        if (
            not headers.get("content-type", "").startswith(SQUEEZED)
            or "content-encoding" in headers
            or "content-range" in headers
            or (whole and len(first.get("body", b"")) < LEAST_BYTES)
        ):
            return
        self._packer = isal_zlib.compressobj(2, isal_zlib.DEFLATED, 16 + isal_zlib.MAX_WBITS)
        headers["Content-Encoding"] = "gzip"
        headers.add_vary_header("Accept-Encoding")
        if "etag" in headers and not headers["etag"].startswith("W/"):
            headers["ETag"] = f"W/{headers['etag']}"  # the same content, other bytes
        del headers["content-length"]
        self._start["headers"] = headers.raw


class Gate:
    """Admits ``size`` requests at once; the others wait ``wait_s`` at most."""

    def __init__(self, app: ASGIApp, size: int, wait_s: float) -> None:
        self.app = app
        self._free = anyio.CapacityLimiter(size)
        self._wait_s = wait_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on when there is room."""
        if scope["type"] != "http" or scope["path"].startswith(NOT_GATED):
            await self.app(scope, receive, send)
            return
        if _holds_nul(scope):
            await answer(TextInvalid(), scope["path"])(scope, receive, send)
            return
        if is_upload(scope):  # its route reads the bytes, and asks for a connection only before and after
            await self.app(scope, receive, send)
            return
        body = await _read_body(scope, receive)
        if body is None:
            await answer(BodyTooLarge(allowed_bytes=MAX_BODY_BYTES), scope["path"])(scope, receive, send)
            return
        holder = object()
        with anyio.move_on_after(self._wait_s) as waited:
            await self._free.acquire_on_behalf_of(holder)
        if waited.cancelled_caught:
            busy = ServerBusy(retry_after_s=RETRY_AFTER_S)
            await answer(busy, scope["path"])(scope, receive, send)
            return
        await self._admitted(scope, receive, send, body, holder)

    async def _admitted(
        self, scope: Scope, receive: Receive, send: Send, body: bytes, holder: object
    ) -> None:
        """Run the request; its place is free again when its answer begins, however slowly it is read."""
        held = True
        unread = True

        async def replay() -> Message:
            nonlocal unread
            if unread:
                unread = False
                return {"type": "http.request", "body": body, "more_body": False}
            return await receive()

        async def release(message: Message) -> None:
            nonlocal held
            if held and message["type"] == "http.response.start":
                held = False
                self._free.release_on_behalf_of(holder)
            await send(message)

        try:
            await self.app(scope, replay, release)
        finally:
            if held:
                self._free.release_on_behalf_of(holder)


def _holds_nul(scope: Scope) -> bool:
    return "\0" in scope["path"] or b"\0" in unquote_to_bytes(scope["query_string"])


async def _read_body(scope: Scope, receive: Receive) -> bytes | None:
    """What was sent; None where it is too long or comes too slowly."""
    if scope["method"] in ("GET", "HEAD", "OPTIONS"):
        return b""
    parts: list[bytes] = []
    length = 0
    with anyio.move_on_after(BODY_WITHIN_S):
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return b"".join(parts)
            parts.append(message.get("body", b""))
            length += len(parts[-1])
            if length > MAX_BODY_BYTES:
                return None
            if not message.get("more_body", False):
                return b"".join(parts)
    return None
