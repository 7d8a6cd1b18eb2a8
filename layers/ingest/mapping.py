"""
How one office's file is read: which heading is which column, what is constant, what is translated.

A mapping is a JSON file; the bundled ones under ``mappings/`` are named by their source. Everything that a
mapping adds to what the file says is noted with the run as assumed.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from layers.ingest.errors import MappingInvalid, MappingUnknown

BUNDLED = Path(__file__).with_name("mappings")


@dataclass(frozen=True)
class Mapping:
    """
    What is said of a file beside the file.

    Attributes
    ----------
    about
        For people: the file's public source and licence. Not read.
    layer, layer_in_file, crs, encoding
        As the options of the same names; the options win.
    columns
        Column to heading, where aliases do not suffice; null for a column that no heading fills.
    only
        Whether ``columns``, ``x`` and ``y`` name all that is read: then no alias adds to them.
    constants
        Column to a value that every row gets.
    text
        Column to a text with headings in braces: ``{"parent_key": "province-{province_code}"}``; missing
        where one of the headings is. Of several texts the first counts that is not missing.
    values
        Heading to received value to what it means: another value for the same heading, or values of several
        columns. ``"*"`` stands for every value not named, null for missing.
    key
        ``{"digest_of": [headings], "prefix": "osh-"}``: a key made from the content of a row.
    decimal, thousands, date_format
        How numbers and dates are written: ``"."`` or ``","``; ``"iso"`` also reads dd/mm/yyyy,
        ``"mm/dd/yyyy"`` is read only when asked for.
    x, y
        Headings of the coordinates, east (longitude) and north (latitude).
    valid_from, valid_to
        Dates of all rows, where no heading holds them; ``valid_to`` is the first day on which a row no longer
        holds.
    """

    about: str = ""
    layer: str | None = None
    layer_in_file: str | None = None
    crs: str | None = None
    encoding: str | None = None
    columns: dict[str, str | None] = field(default_factory=dict[str, "str | None"])
    only: bool = False
    constants: dict[str, Any] = field(default_factory=dict[str, Any])
    text: dict[str, str | list[str]] = field(default_factory=dict[str, "str | list[str]"])
    values: dict[str, dict[str, Any]] = field(default_factory=dict[str, "dict[str, Any]"])
    key: dict[str, Any] | None = None
    decimal: str = "."
    thousands: str = ""
    date_format: str = "iso"
    x: str | None = None
    y: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None

    def headings(self) -> list[str]:
        """Headings that make texts and keys."""
        written = [t for texts in self.text.values() for t in ([texts] if isinstance(texts, str) else texts)]
        named = [heading for one in written for heading in re.findall(r"{(.*?)}", one)]
        return [*named, *(self.key["digest_of"] if self.key else [])]


def load_mapping(name: str) -> Mapping:
    """
    The mapping in a file, or the bundled one of this name.

    Raises
    ------
    MappingUnknown, MappingInvalid
    """
    path = Path(name)
    if path.suffix != ".json" or not path.is_file():
        path = BUNDLED / f"{path.name.removesuffix('.json')}.json"
    if not path.is_file() or ("/" in name and path.parent == BUNDLED):
        raise MappingUnknown(mapping=name, known=", ".join(sorted(p.stem for p in BUNDLED.glob("*.json"))))
    try:
        return from_dict(json.loads(path.read_text(encoding="utf-8")), name)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise MappingInvalid(mapping=name, reason=str(error)) from error


def from_dict(said: Any, name: str = "") -> Mapping:
    """
    A mapping from what JSON said, checked.

    Raises
    ------
    MappingInvalid
    """
    known = {f.name for f in fields(Mapping)}
    if not isinstance(said, dict):
        raise MappingInvalid(mapping=name, reason="{ … }")
    unknown = sorted(set(said) - known)
    if unknown:
        raise MappingInvalid(mapping=name, reason=f"{', '.join(unknown)} ∉ {', '.join(sorted(known))}")
    for part in ("columns", "constants", "text", "values"):
        if not isinstance(said.get(part, {}), dict):
            raise MappingInvalid(mapping=name, reason=f"{part}: {{ … }}")
    made = Mapping(**said)
    bad_key = made.key is not None and not made.key.get("digest_of")
    same = made.decimal not in (".", ",") or made.thousands == made.decimal
    if bad_key or same or made.date_format not in ("iso", "dd/mm/yyyy", "mm/dd/yyyy"):
        raise MappingInvalid(mapping=name, reason="key.digest_of, decimal, thousands, date_format")
    return made
