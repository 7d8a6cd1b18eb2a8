"""
Names of places as people write them: "xã Đồi 61, huyện Trảng Bom, tỉnh Đồng Nai", "P. An Phú, TP. Thuận An".

A text is cut into segments, each a kind of unit (where it says one) and a bare name. Names are compared
twice: as written, with the two ways of placing a tone mark (hoà, hòa) taken as one; and folded, without
marks. Nothing here is fuzzy: a misspelt name is not found rather than guessed.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from gis.text import fold, nfc

Level = Literal["province", "district", "commune"]
LEVELS: tuple[Level, ...] = ("province", "district", "commune")

#: Kind, its short forms (a dot or a space follows), and the levels that it may stand for.
_KINDS: tuple[tuple[str, str, tuple[Level, ...]], ...] = (
    ("thành phố", r"t\.?p\.?", ("province", "district")),
    ("thủ đô", r"(?!)", ("province",)),
    ("tỉnh", r"t\.", ("province",)),
    ("thị xã", r"t\.?x\.?", ("district",)),
    ("huyện", r"h\.", ("district",)),
    ("quận", r"q\.?", ("district",)),
    ("thị trấn", r"t\.?t\.?", ("commune",)),
    ("đặc khu", r"đk\.", ("commune",)),
    ("phường", r"p\.?", ("commune",)),
    ("xã", r"x\.", ("commune",)),
)
_WORDS = {word: (kind, levels) for kind, _, levels in _KINDS for word in (kind, fold(kind))}
_FULL = re.compile(rf"({'|'.join(sorted(_WORDS, key=len, reverse=True))})[\s.]+(?=\S)")
_SHORT = re.compile(
    "|".join(f"(?P<k{i}>{short})(?=[\\s\\d.]|(?<=\\.))" for i, (_, short, _) in enumerate(_KINDS))
)
_INNER = re.compile(rf"(?<=\w)\s+(?=(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))})\s+\S)")
_COMMA = re.compile(r"[,;\n\r|]+|\s?[()]\s?|\s(?=[PpQq]\.?\s?\d+\b)")
_SPACED_DASH = re.compile(r"\s[-–—]\s")
_NOTE = re.compile(r"^(?:nay là|nay thuộc|thuộc|trước đây là|trước đây)\s+|\s+cũ$|^cũ$")
_DASH = re.compile(r"\s*[-–—]\s*")
_QUOTE = re.compile(r"[’'`´‘]")
_MARKS = "\u0300\u0301\u0303\u0309\u0323"
#: Schools differ on where the tone of oa, oe and uy stands.
_TONE = re.compile(rf"(?:(o)([{_MARKS}])([ae])|(u)([{_MARKS}])(y))(?![a-z])")

#: Short names that everybody uses, folded.
_ALIASES = {
    "hcm": "ho chi minh",
    "tphcm": "ho chi minh",
    "sai gon": "ho chi minh",
    "hn": "ha noi",
    "brvt": "ba ria vung tau",
}


@dataclass(frozen=True)
class Name:
    """A bare name: ``exact`` in lower case with marks, tones in one place; ``folded`` without marks."""

    exact: str
    folded: str


@dataclass(frozen=True)
class Segment:
    """
    One part of a text.

    Attributes
    ----------
    text
        As written.
    kind
        xã, phường, huyện, thành phố …; None where none is said.
    levels
        Levels that the kind may stand for; all where none is said.
    name
        What follows the kind.
    whole
        The part with its kind, for names that begin like one ("Quan Sơn").
    """

    text: str
    kind: str | None
    levels: tuple[Level, ...]
    name: Name
    whole: Name


def readings(text: str) -> list[list[Segment]]:
    """
    Ways to cut a text into parts that may name units.

    House numbers and streets are parts too; they name no unit. Parts end at commas; dashes and the words
    that name a kind may end one too, or belong to a name ("Văn Miếu - Quốc Tử Giám", "Quan Sơn"), so that
    every way is given.
    """
    pieces = [" ".join(piece.split()) for piece in _COMMA.split(nfc(text))]
    dashed = [part for piece in pieces for part in _SPACED_DASH.split(piece)]
    ways: list[list[str]] = []
    for way in (
        [part for piece in dashed for part in _apart(piece)],
        [part for piece in pieces for part in _apart(piece)],
        dashed,
        pieces,
    ):
        if way not in ways:
            ways.append(way)
    return [[made for part in parts if (made := segment(part)) is not None] for parts in ways]


def segment(part: str) -> Segment | None:
    """One part, such as the official name of a unit; None where it names nothing."""
    part = _NOTE.sub("", nfc(part).strip(" .")).strip()
    kind, levels, rest = _kind(part)
    name, whole = _name(rest), _name(part)
    if not name.folded:
        return None
    return Segment(part, kind, levels, name, whole)


def _kind(part: str) -> tuple[str | None, tuple[Level, ...], str]:
    lower = part.lower()
    if (full := _FULL.match(lower)) is not None:
        return *_WORDS[full.group(1)], part[full.end() :]
    if (short := _SHORT.match(lower)) is not None:
        place = next(i for i in range(len(_KINDS)) if short.group(f"k{i}") is not None)
        rest = part[short.end() :].strip(" .")
        if rest:
            return _KINDS[place][0], _KINDS[place][2], rest
    return None, LEVELS, part


def _apart(piece: str) -> list[str]:
    lower = piece.lower()
    plain = lower.isascii()
    cuts: list[int] = []
    for match in _INNER.finditer(lower):
        word = next(w for w in sorted(_WORDS, key=len, reverse=True) if lower.startswith(w, match.end()))
        inside = lower[: match.start()].endswith(("thị", "thi")) and word in ("xã", "xa")
        # With marks anywhere, an unmarked word is a name: "Xã Quan Sơn" is no quận.
        if not inside and (plain or word != fold(word)):
            cuts.append(match.end())
    ends = [0, *cuts, len(piece)]
    return [piece[a:b].strip() for a, b in pairwise(ends)]


def _name(text: str) -> Name:
    folded = _DASH.sub(" ", fold(_QUOTE.sub("'", text))).strip(" .")
    folded = _ALIASES.get(folded, folded)
    return Name(_number(_exact(text)), _number(folded))


def _exact(text: str) -> str:
    apart = unicodedata.normalize("NFD", " ".join(text.lower().split()))
    moved = _TONE.sub(lambda m: "".join(m.group(i) or "" for i in (1, 3, 2, 4, 6, 5)), apart)
    plain = _DASH.sub(" ", _QUOTE.sub("'", moved))
    return unicodedata.normalize("NFC", plain).strip(" .")


def _number(name: str) -> str:
    """Phường 01 is Phường 1."""
    return (name.lstrip("0") or name) if name.isdigit() else name
