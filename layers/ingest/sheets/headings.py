"""
Headings as offices write them: stacked, with units, footnote marks and the total of a group.

``Diện tích (ha)`` merged over ``Tổng`` and ``Đất công nghiệp`` gives ``Diện tích (ha) / Tổng`` and
``Diện tích (ha) / Đất công nghiệp``. Columns are met by any of `alternatives`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from gis.text import fold

JOINT = " / "

#: Units as they are written (folded, without spaces) and what they are called here.
UNITS = {
    "ha": "ha",
    "hecta": "ha",
    "hec-ta": "ha",
    "m2": "m2",
    "metvuong": "m2",
    "km2": "km2",
    "m": "m",
    "km": "km",
    "%": "percent",
    "dong": "vnd",
    "vnd": "vnd",
    "vnđ": "vnd",
    "nghindong": "thousand_vnd",
    "ngandong": "thousand_vnd",
    "1.000dong": "thousand_vnd",
    "1000dong": "thousand_vnd",
    "trieudong": "million_vnd",
    "trieuvnd": "million_vnd",
    "trd": "million_vnd",
    "tr.d": "million_vnd",
    "trd.": "million_vnd",
    "tydong": "billion_vnd",
    "tidong": "billion_vnd",
    "tyvnd": "billion_vnd",
    "ty": "billion_vnd",
    "usd": "usd",
    "trieuusd": "million_usd",
    "nguoi": "count",
    "laodong": "count",
    "duan": "count",
    "ho": "count",
    "thua": "count",
    "m3/ngay": "m3_day",
    "m3/ngaydem": "m3_day",
    "m3/ng.d": "m3_day",
    "m3/nd": "m3_day",
    "usd/m2": "usd_m2_term",
    "usd/m2/ky": "usd_m2_term",
    "usd/m2/cakythue": "usd_m2_term",
    "usd/m2/doidu an": "usd_m2_term",
    "usd/m2/doiduan": "usd_m2_term",
}

#: Units that measure the same thing, by how much of the smallest they are.
SCALES: tuple[dict[str, float], ...] = (
    {"m2": 1.0, "ha": 1e4, "km2": 1e6},
    {"m": 1.0, "km": 1e3},
    {"vnd": 1.0, "thousand_vnd": 1e3, "million_vnd": 1e6, "billion_vnd": 1e9},
    {"usd": 1.0, "million_usd": 1e6},
    {"percent": 1.0, "ratio": 100.0},
)

_SPACES = re.compile(r"\s+")
_BRACKETS = re.compile(r"\s*[(\[]([^()\[\]]*)[)\]]\s*")
_STATED = re.compile(r"(?:đvt|đv tính|đơn vị tính|đơn vị|unit)\s*[:：]?\s*([^()]+)$", re.IGNORECASE)
_FOOTNOTE = re.compile(r"\s*(?:\(?\*+\)?|[¹²³⁴⁵](?=$))\s*$")
_WHOLE = {"tong", "tong so", "tong cong", "toan bo", "chung", "tong dien tich", "total"}


def join(parts: Iterable[str]) -> str:
    """One heading from the cells that stand over a column, from above; what is said twice is kept once."""
    kept: list[str] = []
    for part in parts:
        tidy = _SPACES.sub(" ", part).strip()
        if tidy and tidy not in kept:
            kept.append(tidy)
    return JOINT.join(kept)


def distinct(headings: list[str]) -> list[str]:
    """Headings that differ: the second of a name is numbered."""
    seen: set[str] = set()
    made: list[str] = []
    for heading in headings:
        told, number = heading, 2
        while told in seen:
            told, number = f"{heading} ({number})", number + 1
        seen.add(told)
        made.append(told)
    return made


def unit(heading: str) -> str | None:
    """
    The unit that a heading states; the innermost heading counts.

    Returns
    -------
    unit
        A name of `UNITS`; None where none is stated or it is not known.
    """
    for part in reversed(heading.split(JOINT)):
        stated = _STATED.search(_BRACKETS.sub(r" \1 ", part).strip())
        pieces = [stated[1]] if stated else []
        pieces += reversed(_BRACKETS.findall(part))
        pieces += [part.rsplit(",", 1)[1]] if "," in part else []
        for piece in pieces:
            known = known_unit(piece)
            if known is not None:
                return known
    return None


def known_unit(written: str) -> str | None:
    """``m²`` → ``m2``, ``Tỷ đồng`` → ``billion_vnd``; None where it is no unit."""
    bare = _STATED.sub(r"\1", written.strip())
    return UNITS.get(fold(bare).replace(" ", "").strip(".:;"))


def scale(stated: str | None, wanted: str | None) -> float | None:
    """
    By what a figure in the stated unit is multiplied to be in the wanted one.

    Returns
    -------
    factor
        1.0 where one of them is not known or both are the same; None where they measure different things.
    """
    if stated is None or wanted is None or stated == wanted:
        return 1.0
    for sizes in SCALES:
        if stated in sizes and wanted in sizes:
            return sizes[stated] / sizes[wanted]
    return None


def alternatives(heading: str) -> tuple[str, ...]:
    """
    Texts under which a heading may be met, the most telling first.

    ``Diện tích (ha) / Tổng`` is met as itself, ``Diện tích / Tổng``, ``Tổng diện tích``, ``Tổng``,
    ``Diện tích (ha)`` and ``Diện tích``; ``Diện tích (ha) / Đất công nghiệp`` never as ``Diện tích``.
    """
    parts = [_FOOTNOTE.sub("", part) for part in heading.split(JOINT)]
    bare = [_without_unit(part) for part in parts]
    told = [heading, JOINT.join(parts), JOINT.join(bare)]
    if len(parts) > 1:
        told += [f"{bare[-1]} {bare[0].lower()}", f"{bare[0]} {bare[-1].lower()}", parts[-1], bare[-1]]
        if fold(bare[-1]) in _WHOLE:
            told += [JOINT.join(parts[:-1]), JOINT.join(bare[:-1]), parts[0], bare[0]]
    return tuple(dict.fromkeys(text for text in told if text))


def _without_unit(part: str) -> str:
    def kept(found: re.Match[str]) -> str:
        return " " if known_unit(found[1]) is not None else found[0]

    bare = _STATED.sub("", _BRACKETS.sub(kept, part))
    head, comma, tail = bare.rpartition(",")
    bare = head if comma and known_unit(tail) is not None else bare
    return _SPACES.sub(" ", bare).strip(" ,;:-")
