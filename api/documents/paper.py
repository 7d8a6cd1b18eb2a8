"""A paper as PDF in the layout of Decree 30/2020/NĐ-CP: an office's head, a body, and a place to sign."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import typst

from api.words import say

_BLANK = "……"
_HERE = Path(__file__)
_WORDS = (
    "nation", "motto", "office", "number", "kind", "illustrative", "illustrative_note", "total",
    "conclusion_title", "recipients_title", "signer", "sign_here",
)  # fmt: skip


def printed(body: str, data: Mapping[str, Any]) -> bytes:
    """
    The paper; the same data give the same bytes.

    Parameters
    ----------
    body
        Name of the Typst file beside this one that says what stands between head and foot.
    data
        ``words`` as `words_of` gives them and more, ``illustrative``, ``opening``, ``closing`` (paragraphs),
        ``provenance``, and what the body asks for.
    """
    compiler = typst.Compiler(font_paths=_fonts(), ignore_system_fonts=True)
    told = json.dumps(data, ensure_ascii=False, sort_keys=True)
    made = compiler.compile(input=form(body), format="pdf", sys_inputs={"data": told})
    assert isinstance(made, bytes)
    return made


def form(body: str) -> bytes:
    """Head, body and foot in Typst's language."""
    return b"\n".join(
        _HERE.with_name(name).read_bytes() for name in ("paper_head.typ", body, "paper_foot.typ")
    )


def words_of(
    title: str, subtitle: str, year: int, province: tuple[str, str] | None, names: tuple[str, ...] = ()
) -> dict[str, Any]:
    """
    Words that every paper has, and those of ``names`` of one.

    Parameters
    ----------
    province
        Name and kind of unit ("tỉnh"); left open where it is not known.
    """
    name, kind = province or (None, "")
    seat = f"{kind} {name}".strip() if name else f"tỉnh {_BLANK}"
    told: dict[str, Any] = {one: say(f"paper.{one}", "vi") for one in (*_WORDS, *names)}
    return told | {
        "title": title.upper(),
        "subtitle": subtitle,
        "above_office": say("paper.above_office", "vi", seat=seat).upper(),
        "place_date": say("paper.place_date", "vi", place=name or _BLANK, year=year),
        "recipients": [say(f"paper.recipient_{n}", "vi", seat=seat) for n in (1, 2, 3)],
    }


@cache
def _fonts() -> Any:
    """Libertinus Serif, which the compiler brings along: no font of the machine changes the paper."""
    return typst.Fonts(include_system_fonts=False)
