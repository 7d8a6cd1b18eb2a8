"""
Which encoding Vietnamese text is in: every table is tried, and the result is read as Vietnamese.

The right table gives syllables; a wrong one gives letters that no syllable has, capitals inside words and
signs inside words. Each candidate is weighed by that, by how frequent its letters are, and by how usual the
encoding is. Text that needs no repair (ASCII, Unicode, French) must come out untouched, so "as it is" is a
candidate like the others, and the most usual one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from gis.legacy_tables import (
    ENCODINGS,
    LATIN,
    NFD,
    ONCE,
    OVER_1258,
    TWICE,
    UTF8,
    Raw,
    TextEncodingUnknown,
    as_received,
    beyond_latin,
    decode,
    is_decomposed,
)
from gis.syllables import fits, is_other_script, is_western, rarity
from gis.text import nfc

__all__ = [
    "ENCODINGS",
    "LATIN",
    "NFD",
    "ONCE",
    "OVER_1258",
    "SURE",
    "TWICE",
    "UTF8",
    "TextCandidate",
    "TextEncodingUnknown",
    "as_received",
    "decode",
    "detect",
]

#: From here on nobody need be asked.
SURE = 0.95

#: How usual an encoding is in files of offices: the logarithm of its odds against "as it is". TCVN3H is not
#: tried: it is the same bytes as TCVN3, only the font tells them apart, so only a person can choose it.
_PRIOR = {
    UTF8: 0.0,
    LATIN: -1.0,
    ONCE: -3.0,
    "TCVN3": -4.0,
    "VNI": -4.0,
    TWICE: -4.5,
    OVER_1258: -4.5,
    "windows-1258": -4.5,
    "VISCII": -5.5,
    "TCVN5712-1": -6.0,
}

_UTF8_FAMILY = (UTF8, ONCE, TWICE, OVER_1258)

#: Logarithms of the likelihood of one word, beside 0 for a syllable of the most frequent letters.
_RAREST_LETTER = -1.5
_FOREIGN_WORD = -3.0
_WESTERN_WORD = -3.0
_BROKEN_WORD = -6.0
_STRAY_SIGN = -4.0
#: A character that no byte of the table gives; less where windows-1258 has it: it may have come through that.
_UNEXPLAINED, _OF_1258 = -6.0, -1.0
_LOST, _CUT_OFF = -6.0, -5.0  # U+FFFD; at the end of a field it is a letter cut in two
#: By chance one legacy sequence in some eight is valid UTF-8.
_VALID_UTF8 = 2.0

#: Share of the words with accents that must read well before anything is called certain.
_READS_WELL = 0.8
#: How well a foreign word reads.
_FOREIGN_WELL = 0.6
#: Samples that are weighed: more of them change nothing.
_ENOUGH = 400
#: Less confidence than this is not told.
_WORTH_TELLING = 0.001
#: Characters of a sample that are shown.
_SHOWN = 80

_WORD = re.compile(r"(?:[^\W\d_][\u0300-\u036f]*)+")
#: Signs that texts hold beside letters.
_USUAL = frozenset("–—‘’“”…«»•€₫№²³°·×±§©®™µ½¼¾\u00a0\u200b\ufeff")
#: Those of them that never stand right before a letter ("®ång"), and right after one ("X·").
_NEVER_BEFORE = frozenset("·×±§©®°µ½¼¾™»”…€₫•")
_NEVER_AFTER = frozenset("·×±§©°µ½¼¾«“")


@dataclass(frozen=True)
class TextCandidate:
    """
    One encoding that the texts may be in.

    Attributes
    ----------
    encoding
        Name for `decode`.
    confidence
        0 to 1; those of all candidates sum to at most 1.
    before, after
        The most telling sample as received and as restored.
    """

    encoding: str
    confidence: float
    before: str
    after: str

    @property
    def sure(self) -> bool:
        """Whether it may be taken without asking."""
        return self.confidence >= SURE

    def to_json(self) -> dict[str, object]:
        """The candidate as the doors give it."""
        return {
            "encoding": self.encoding,
            "confidence": round(self.confidence, 3),
            "before": self.before,
            "after": self.after,
        }


def detect(samples: Sequence[Raw]) -> tuple[TextCandidate, ...]:
    """
    Say which encodings the texts may be in, best first.

    Parameters
    ----------
    samples
        Texts of one file: all ``bytes``, or all ``str`` as a driver gave them. Empty ones tell nothing.
        The more different words, the surer the answer.

    Returns
    -------
    candidates
        At least one. Texts that are right as they are give ``UTF-8`` (``windows-1252`` for bytes that are
        not UTF-8) with a confidence near 1; for text without any character beyond ASCII it is 1. Encodings
        that give the same texts are told once, by the more usual name.
    """
    telling = _telling(samples)
    if not telling:
        shown = next((as_received(text) for text in samples if text), "")
        return (TextCandidate(UTF8, 1.0, shown, nfc(shown)),)
    tries: dict[tuple[str, ...], _Try] = {}
    for encoding in _PRIOR:
        if encoding == LATIN and isinstance(telling[0], str):
            continue
        one = _try(telling, encoding)
        tries.setdefault(tuple(one.texts), one)
    return _ranked(telling, list(tries.values()))


def _telling(samples: Sequence[Raw]) -> list[Raw]:
    """Different samples with something beyond ASCII, evenly taken where there are many."""
    found = list(dict.fromkeys(text for text in samples if _beyond_ascii(text)))
    return found[:: max(1, math.ceil(len(found) / _ENOUGH))]


_CONTROL = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f]")  # letters of VISCII and TCVN 5712-1 stand there too


def _beyond_ascii(text: Raw) -> bool:
    if not text.isascii():
        return True
    return _CONTROL.search(text if isinstance(text, str) else text.decode("ascii")) is not None


@dataclass(frozen=True)
class _Try:
    encoding: str
    texts: list[str]
    weight: float
    reads_well: float


def _try(telling: list[Raw], encoding: str) -> _Try:
    """The samples read in one encoding."""
    texts = decode(telling, encoding)
    as_it_is = encoding in (UTF8, LATIN)
    weight, words, well = _PRIOR[encoding], 0, 0.0
    for raw, text in zip(telling, texts, strict=True):
        one_weight, one_words, one_well = _weigh(text, as_it_is)
        weight += one_weight + _explained(raw, encoding)
        words, well = words + one_words, well + one_well
    if encoding == UTF8 and any(is_decomposed(text) for text in telling):
        encoding = NFD
    return _Try(encoding, texts, weight, well / words if words else 1.0)


def _explained(raw: Raw, encoding: str) -> float:
    """How well the encoding explains that these very bytes or characters were received."""
    if isinstance(raw, bytes):
        if encoding not in _UTF8_FAMILY:
            return 0.0
        sequences = sum(char > "\x7f" and char != "\ufffd" for char in raw.decode("utf-8", "replace"))
        return _VALID_UTF8 * sequences
    if encoding in _UTF8_FAMILY:
        return 0.0
    return sum(_UNEXPLAINED if code is None else _OF_1258 for code in beyond_latin(raw))


def _weigh(text: str, as_it_is: bool) -> tuple[float, int, float]:
    """Weight as Vietnamese, number of words with accents and of stray signs, how many of them read well."""
    weight, words, well = 0.0, 0, 0.0
    for found in _WORD.finditer(text):
        word = found[0]
        if word.isascii():
            continue
        one, reads = _weigh_word(word, as_it_is)
        weight, words, well = weight + one, words + 1, well + reads
    for at, sign in enumerate(text):
        if (sign.isascii() and not _CONTROL.match(sign)) or sign.isalpha() or "\u0300" <= sign <= "\u036f":
            continue
        if sign == "\ufffd":
            weight += _CUT_OFF if at == len(text) - 1 else _LOST
            words += at < len(text) - 1
        elif sign not in _USUAL or _misplaced(text, at):
            weight, words = weight + _STRAY_SIGN, words + 1
    return weight, words, well


def _weigh_word(word: str, as_it_is: bool) -> tuple[float, float]:
    fit = fits(word)
    rare = _RAREST_LETTER * sum(rarity(letter) for letter in word if not letter.isascii())
    if fit == "syllable":
        return rare, 1.0
    if as_it_is and (is_western(word) or is_other_script(word)):
        return _WESTERN_WORD, 1.0
    return (_FOREIGN_WORD + rare, _FOREIGN_WELL) if fit == "foreign" else (_BROKEN_WORD, 0.0)


def _misplaced(text: str, at: int) -> bool:
    before = at > 0 and text[at - 1].isalpha()
    after = at + 1 < len(text) and text[at + 1].isalpha()
    return (before and text[at] in _NEVER_AFTER) or (after and text[at] in _NEVER_BEFORE)


def _ranked(telling: list[Raw], tries: list[_Try]) -> tuple[TextCandidate, ...]:
    """Candidates by their share of the likelihood; one that reads badly is never certain."""
    heaviest = max(one.weight for one in tries)
    shares = [math.exp(one.weight - heaviest) for one in tries]
    whole = sum(shares)
    found: list[TextCandidate] = []
    for one, share in zip(tries, shares, strict=True):
        confidence = share / whole * min(1.0, one.reads_well / _READS_WELL)
        found.append(TextCandidate(one.encoding, confidence, *_shown(telling, one.texts)))
    ranked = sorted(found, key=lambda one: -one.confidence)
    return tuple(one for at, one in enumerate(ranked) if at == 0 or one.confidence >= _WORTH_TELLING)


def _shown(telling: list[Raw], texts: list[str]) -> tuple[str, str]:
    """The sample in which most changes, as received and as restored."""
    pairs = [(as_received(raw), text) for raw, text in zip(telling, texts, strict=True)]
    before, after = max(pairs, key=lambda pair: _changes(*pair))
    return before[:_SHOWN], after[:_SHOWN]


def _changes(before: str, after: str) -> int:
    """How many characters beyond ASCII there are to compare, in a sample short enough to be read."""
    return sum(not char.isascii() for char in (before if before != after else after)[:_SHOWN])
