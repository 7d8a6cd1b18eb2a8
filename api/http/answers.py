"""Answers with their validators: JSON by orjson, ETag, Cache-Control by scope, and a small cache of bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any

import orjson
from fastapi import Request, Response

JSON = "application/json"
VARY = "Cookie, Accept-Encoding"


def dumps(content: Any) -> bytes:
    """JSON bytes; dates in ISO form, numbers that are no numbers as null."""
    return orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY)


class Kept:
    """
    Least-recently-used cache of bytes, safe between threads.

    Keys hold the data version, so nothing in it is ever wrong; it only grows old and is pushed out.
    """

    def __init__(self, max_bytes: int) -> None:
        self._held: OrderedDict[Hashable, bytes] = OrderedDict()
        self._bytes = 0
        self._max_bytes = max_bytes
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """The bytes of a key, made when they are not held."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        made = make()
        with self._lock:
            if key not in self._held and len(made) <= self._max_bytes // 8:
                self._held[key] = made
                self._bytes += len(made) + 200
                while self._bytes > self._max_bytes:
                    _, gone = self._held.popitem(last=False)
                    self._bytes -= len(gone) + 200
        return made


def cache_control(*, public: bool, max_age_s: int) -> str:
    """Only what everybody may see is public; what somebody may see is theirs, and asked for again."""
    if not public:
        return "private, no-cache"
    return f"public, max-age={max_age_s}" if max_age_s else "public, max-age=0, must-revalidate"


def validated(
    request: Request, etag: str, *, public: bool, max_age_s: int = 0
) -> tuple[dict[str, str], bool]:
    """Headers of an answer with this ETag, and whether the client holds it already."""
    headers = {
        "ETag": etag,
        "Cache-Control": cache_control(public=public, max_age_s=max_age_s),
        "Vary": VARY,
    }
    return headers, matches(request.headers.get("if-none-match"), etag)


def matches(asked: str | None, etag: str) -> bool:
    """Whether If-None-Match names an ETag; compared weakly, as HTTP says for reads."""
    if asked is None:
        return False
    names = [name.strip().removeprefix("W/") for name in asked.split(",")]
    return etag.removeprefix("W/") in names or "*" in names


def answered(
    request: Request,
    etag: str,
    make: Callable[[], bytes],
    *,
    public: bool,
    media_type: str = JSON,
    max_age_s: int = 0,
    headers: dict[str, str] | None = None,
) -> Response:
    """The answer, or 304 without making it where the client holds it."""
    more, held = validated(request, etag, public=public, max_age_s=max_age_s)
    more |= headers or {}
    return Response(None, 304, more) if held else Response(make(), 200, more, media_type)
