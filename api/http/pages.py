"""The few HTML pages that the server writes itself: OGC API and the reference. No script, nothing loaded."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from api.words import LANGS, say

HTML = "text/html; charset=utf-8"


def page(name: str, *, headers: dict[str, str] | None = None, **facts: Any) -> Response:
    """A page from its template."""
    return Response(render(name, **facts), media_type=HTML, headers=headers)


def render(name: str, **facts: Any) -> str:
    """The text of a page; words stand in both languages."""
    return _pages().get_template(name).render(**facts, word=_word)


@cache
def _pages() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _word(code: str) -> str:
    return " / ".join(say(f"page.{code}", lang) for lang in LANGS)
