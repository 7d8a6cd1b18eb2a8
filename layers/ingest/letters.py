"""
Text of a file as letters: which encoding it is in, and every column in Unicode.

The reader hands on text of unknown encoding as ISO-8859-1, one letter per byte; here the bytes come back and
are decoded. Valid UTF-8 with anything beyond ASCII is UTF-8, whatever the file declares; then the declaration
counts, unless it does not fit; else the best candidate of `gis.legacy_text`.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gis import legacy_text
from layers.ingest.arrow import Array, Rows, pa, pc
from layers.ingest.errors import EncodingUnknown

UTF8 = "UTF-8"
_AS_TOLD = {"latin-1": "ISO-8859-1", "utf-8": UTF8, "cp1258": "windows-1258", "cp1252": "windows-1252"}
#: Part of a letter at the end of a field that is too narrow for it.
_CUT = re.compile(rb"[\xc2-\xf4][\x80-\xbf]{0,2}$")


@dataclass(frozen=True)
class Letters:
    """
    How the text of one layer is written.

    Attributes
    ----------
    declared, used
        What the file says (None: nothing), and what it is read as.
    raw
        Whether its texts stand for bytes.
    cut
        Whether a letter may have been cut at the end of a field.
    candidates
        Encodings it may be in, best first.
    """

    declared: str | None
    used: str
    raw: bool
    cut: bool
    candidates: tuple[legacy_text.TextCandidate, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As ``Found.layers[].encoding``."""
        told = [candidate.to_json() for candidate in self.candidates]
        return {"declared": self.declared, "used": self.used, "candidates": told}

    def text(self, texts: Sequence[str]) -> list[str]:
        """
        Texts in Unicode, NFC.

        Raises
        ------
        UnicodeDecodeError
            If the bytes are not of this encoding.
        """
        if not self.raw:
            return legacy_text.decode(texts, self.used) if self.used in legacy_text.ENCODINGS else list(texts)
        data = [text.encode("latin-1") for text in texts]
        if self.used == UTF8:
            data = [one.decode("utf-8") for one in (_uncut(b) if self.cut else b for b in data)]
            return legacy_text.decode(data, UTF8)
        if self.used in legacy_text.ENCODINGS:
            return legacy_text.decode(data, self.used)
        return legacy_text.decode([one.decode(self.used) for one in data], UTF8)


def letters_of(
    texts: Sequence[str],
    *,
    raw: bool,
    declared: str | None,
    cut: bool,
    asked: str | None = None,
) -> Letters:
    """
    Choose the encoding of a layer from a sample of its texts.

    Parameters
    ----------
    texts
        With something beyond ASCII, as received.
    asked
        What a person said; it wins.

    Raises
    ------
    EncodingUnknown
        If nobody said, nothing is declared that fits, and the text is not UTF-8 either.
    """
    told = _told(declared)
    candidates = legacy_text.detect([t.encode("latin-1") for t in texts] if raw else list(texts))
    if asked is not None:
        used = _told(asked)
        assert used is not None
        return Letters(told, used, raw, cut, candidates)
    if not raw:
        return Letters(told, UTF8, raw, cut, candidates)
    for used in (UTF8, told, next((c.encoding for c in candidates if c.sure), None)):
        if used is None:
            continue
        tried = Letters(told, used, raw, cut, candidates)
        try:
            tried.text(texts)
        except (UnicodeError, LookupError, ValueError):
            continue
        return tried
    return Letters(told, "", raw, cut, candidates)


def spelled(table: Rows, letters: Letters, geometry: str | None, file: str) -> Rows:
    """
    A table with its headings and text columns in Unicode.

    Raises
    ------
    EncodingUnknown
        Where a text is not of the encoding.
    """
    names: list[str] = []
    columns: list[Array] = []
    try:
        for name, column in zip(table.column_names, table.columns, strict=True):
            names.append(_heading(name, letters, names) if name != geometry else name)
            columns.append(column if name == geometry else _column(column, letters))
    except (UnicodeError, LookupError, ValueError) as error:
        raise EncodingUnknown(file=file, encoding=letters.used or letters.declared or UTF8) from error
    return pa.table(columns, names=names)


def _heading(name: str, letters: Letters, taken: list[str]) -> str:
    told = name if name.isascii() else letters.text([name])[0]
    return (
        told
        if told not in taken
        else next(f"{told}_{i}" for i in range(2, 9999) if f"{told}_{i}" not in taken)
    )


def _column(column: Array, letters: Letters) -> Array:
    """Only what is not ASCII needs work, and of that each different text once."""
    if not pa.types.is_string(column.type) or pc.all(pc.fill_null(pc.string_is_ascii(column), True)).as_py():
        return column
    if not letters.raw and letters.used == UTF8:
        return column  # as it should be; NFC comes with parsing
    coded = column.combine_chunks().dictionary_encode()
    texts = coded.dictionary.to_pylist()
    return pa.array(letters.text(texts), pa.string()).take(coded.indices)


def _uncut(data: bytes) -> bytes:
    """Without the half letter that a narrow field leaves at its end."""
    found = _CUT.search(data)
    if found is None:
        return data
    need = 2 if data[found.start()] < 0xE0 else 3 if data[found.start()] < 0xF0 else 4
    return data[: found.start()] if len(found.group()) < need else data


def is_encoding(name: str) -> bool:
    """Whether text can be in an encoding of this name."""
    if _told(name) in legacy_text.ENCODINGS:
        return True
    try:
        codecs.lookup(name)
    except (LookupError, ValueError):
        return False
    return True


def _told(name: str | None) -> str | None:
    """An encoding by the name that people are told; Python's own names fold to one spelling."""
    if name is None or name in legacy_text.ENCODINGS:
        return name
    by_fold = {known.lower().replace("-", ""): known for known in legacy_text.ENCODINGS}
    if (known := by_fold.get(name.lower().replace("-", ""))) is not None:
        return known
    try:
        python = codecs.lookup(name).name
    except (LookupError, ValueError):
        return name[:40]
    return _AS_TOLD.get(python, "ISO-8859-1" if python == "iso8859-1" else python)
