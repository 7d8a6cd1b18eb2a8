"""
Text at the door: one Unicode form for storage, one folded form for search.

Vietnamese arrives composed (NFC, most keyboards) or decomposed (NFD, macOS files and some old
converters); the two look alike and compare unequal. What is stored is NFC. What is searched is
folded: "Đồng Nai", "ĐỒNG NAI" and "dong  nai" fold to the same text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterable

import numpy as np

from gis.arrays import Texts

_MARKS = re.compile("[\u0300-\u036f]+")  # tone and vowel marks, once decomposed
_SPACES = re.compile(r"\s+")
_STROKE = str.maketrans("đ", "d")  # the stroke of đ is part of the letter: decomposition keeps it
_JOINT = "\0"  # PostgreSQL text cannot hold it, so no stored text does


def nfc(text: str) -> str:
    """One stored form for letters that look alike: composed (NFC)."""
    return unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """
    Text as it is searched: without case, tone, vowel marks and the stroke of đ, single spaces.

    Folding twice changes nothing; composed and decomposed input fold alike.
    """
    return _SPACES.sub(" ", _fold_letters(text)).strip()


def fold_all(texts: Iterable[str | None]) -> Texts:
    """
    Fold a whole column.

    Parameters
    ----------
    texts
        n texts; None where missing.

    Returns
    -------
    folded
        Shape (n,), object; None where missing.
    """
    column = list(texts)
    folded = np.empty(len(column), dtype=object)
    rows = [row for row, text in enumerate(column) if text is not None]
    present = [text for text in column if text is not None]
    parts = _fold_letters(_JOINT.join(present)).split(_JOINT) if present else []
    if len(parts) != len(present):  # a text held the joint itself
        parts = [_fold_letters(text) for text in present]
    for row, part in zip(rows, parts, strict=True):
        folded[row] = " ".join(part.split())
    return folded


def _fold_letters(text: str) -> str:
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return _MARKS.sub("", apart).translate(_STROKE)


def with_known(sentence: str, known: Container[str]) -> str:
    """
    A sentence without those parts in brackets that name a fact nobody knows.

    >>> with_known("repaired[ (by {percent} %)]", ())
    'repaired'
    """

    def part(found: re.Match[str]) -> str:
        return found[1] if all(name in known for name in re.findall(r"\{(\w+)", found[1])) else ""

    return re.sub(r"\[([^\[\]]*\{[^\[\]]*)\]", part, sentence)
