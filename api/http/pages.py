"""The few HTML pages that the server writes itself: OGC API and the reference. No script, nothing loaded."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, cast

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
    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters["shown"] = _shown
    return pages


def _shown(value: Any) -> str:
    """A value as a page shows it; what is missing is a dash, never a zero."""
    match value:
        case None | []:
            return "–"
        case bool():
            return _word("yes" if value else "no")
        case list():
            return ", ".join(str(item) for item in cast("list[object]", value))
        case float():
            return f"{value:.6g}" if abs(value) < 1e6 else f"{value:.0f}"
        case _:
            return str(value)


def _word(code: str) -> str:
    return " / ".join(say(f"page.{code}", lang) for lang in LANGS)
