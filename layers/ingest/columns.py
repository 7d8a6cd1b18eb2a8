"""Headings meet columns: by the mapping, by exact name, by the words of the column, by its aliases."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from gis.text import fold
from layers.ingest.arrow import Array, pa, pc
from layers.ingest.errors import ColumnsMissing, HeadingUnknown
from layers.ingest.guard import Received
from layers.ingest.mapping import Mapping
from layers.ingest.notes import Notes
from layers.ingest.parse import text, unquoted
from layers.ingest.sheets import alternatives, scale, unit
from layers.ingest.targets import Field, Target
from layers.layer import Text

DATES = {
    "valid_from": Field("valid_from", "date", Text("Hiệu lực từ", "Valid from"), ("hieu luc tu", "tu ngay")),
    "valid_to": Field("valid_to", "date", Text("Hiệu lực đến", "Valid to"), ("hieu luc den", "den ngay")),
}
X_WORDS = ("lon", "lng", "long", "longitude", "kinh do", "x", "toa do x")
Y_WORDS = ("lat", "latitude", "vi do", "y", "toa do y")
# Written as one word, with what else offices put there: X_VN2000, ToaDoX, Bắc (X), Y (Đông).
_BESIDE = r"(?:toado|td|vn2000|wgs84|utm|gps|coord|m)*"
_EAST = re.compile(
    rf"{_BESIDE}(?:x|lon|long|lng|kinhdo|[xy]?east(?:ing)?|dong[xy]|(?:toado|huong|[xy]|[xy]huong)dong){_BESIDE}"
)
_NORTH = re.compile(
    rf"{_BESIDE}(?:y|lat|vido|[xy]?north(?:ing)?|bac[xy]|(?:toado|huong|[xy]|[xy]huong)bac){_BESIDE}"
)


@dataclass(frozen=True)
class Sourced:
    """
    Columns that have a source, unparsed.

    Attributes
    ----------
    columns
        Column → shape (n,), as received, translated or made.
    headings
        Column → the heading it came from; absent for constants and made values.
    """

    columns: dict[str, Any] = field(default_factory=dict[str, Any])
    headings: dict[str, str] = field(default_factory=dict[str, str])


def meet(received: Received, into: Target, mapping: Mapping, notes: Notes, file: str) -> Sourced:
    """
    Find a source for every column of the target.

    Raises
    ------
    HeadingUnknown, ColumnsMissing
    """
    raw: dict[str, Any] = {name: received.rows[name] for name in received.rows.column_names}
    if file.lower().endswith((".csv", ".tsv")):
        raw = {name: unquoted(column) for name, column in raw.items()}
    _check_named(raw, mapping, file)
    made = _translated(raw, mapping, notes)
    fields = {**into.fields, **DATES} if into.layer is not None else dict(into.fields)
    n = received.rows.num_rows
    found = Sourced()
    for name, value in mapping.constants.items():
        found.columns[name] = pa.array([value] * n) if isinstance(value, list) else pa.repeat(value, n)
        notes.of_file("assumed_constant", column=name, value=value)
    for name, column in made.items():
        found.columns.setdefault(name, column)
    for name, templates in mapping.text.items():
        found.columns.setdefault(name, pc.coalesce(*(_composed(raw, one) for one in _several(templates))))
    if mapping.key is not None:
        found.columns["key"] = _digest(raw, mapping.key)
        notes.of_file("assumed_key", headings=", ".join(mapping.key["digest_of"]))
    wanted = {name: told for name, told in fields.items() if name not in found.columns}
    taken = mapping.columns if mapping.only else assign(wanted, list(raw), mapping.columns)
    for name, heading in taken.items():
        if heading is not None and name not in found.columns:
            found.columns[name], found.headings[name] = raw[heading], heading
    unknown = [name for name in found.columns if name not in fields]
    if unknown:
        raise HeadingUnknown(file=file, heading=", ".join(unknown), headings=", ".join(fields))
    _check_required(found, into, raw, file)
    _tell_unused(found, raw, mapping, notes)
    return found


def assign(
    fields: dict[str, Field], headings: list[str], said: dict[str, str | None]
) -> dict[str, str | None]:
    """
    Which heading each column takes; a heading serves one column.

    What the mapping says comes first (None: no heading, though one would fit), then exact names, then the
    column's words, then its aliases in order; then the same without units and with the parts of stacked
    headings apart. A heading whose unit measures something else is not taken.
    """
    taken = {name: heading for name, heading in said.items() if name in fields}
    ways: tuple[Callable[[Field], tuple[str, ...]], ...] = (
        lambda f: (f.name,),
        lambda f: (f.title.vi, f.title.en),
        lambda f: f.aliases,
    )
    whole = {words(heading): [heading] for heading in reversed(headings)}
    apart = _apart(headings)
    closed = {_closed(word): found for word, found in reversed(apart.items())}
    for by_words, form in ((whole, words), (apart, words), (closed, _closed)):
        for way in ways:
            for name, told in fields.items():
                if name in taken:
                    continue
                offers = [heading for word in way(told) for heading in by_words.get(form(word), ())]
                free = [h for h in offers if h not in taken.values() and _measures(h, told)]
                if free:
                    taken[name] = free[0]
    return taken


def _apart(headings: list[str]) -> dict[str, list[str]]:
    """Headings by the other texts under which they may be met, the most telling first."""
    met: dict[str, dict[str, None]] = {}
    for heading in headings:
        for other in alternatives(heading):
            met.setdefault(words(other), {})[heading] = None
    return {word: list(found) for word, found in met.items()}


def _closed(text: str) -> str:
    """Words written as one, as the field names of Shapefiles are: SOTHUA, LoaiDat."""
    return words(text).replace(" ", "")


def _measures(heading: str, told: Field) -> bool:
    return scale(unit(heading), told.unit) is not None


def coordinates(received: Received, mapping: Mapping) -> tuple[str, str] | None:
    """Headings of east and north in a file without geometry; None where there are none."""
    if mapping.x and mapping.y:
        return mapping.x, mapping.y
    return None if mapping.only else axes(received.rows.column_names)


def axes(headings: Iterable[str]) -> tuple[str, str] | None:
    """
    Which headings are east and north by their words; None where there are none.

    ``X`` alone counts as east, as programs write it: papers mean north by it, and the numbers tell
    (`gis.crs.detect`). Where a heading names the direction, the direction counts.
    """
    by_words = {words(other): name for name in headings for other in reversed(alternatives(name))}
    x = next((by_words[word] for word in X_WORDS if word in by_words), None)
    y = next((by_words[word] for word in Y_WORDS if word in by_words), None)
    if not (x and y):
        closed = {word.replace(" ", ""): name for word, name in by_words.items()}
        x = next((name for word, name in closed.items() if _EAST.fullmatch(word)), None)
        y = next((name for word, name in closed.items() if _NORTH.fullmatch(word)), None)
    return (x, y) if x and y else None


def words(heading: str) -> str:
    """A heading as it is compared: folded, and without punctuation."""
    return re.sub(r"[\W_]+", " ", fold(heading)).strip()


def _check_named(raw: dict[str, Any], mapping: Mapping, file: str) -> None:
    named = [*mapping.columns.values(), *mapping.values, mapping.x, mapping.y]
    named += mapping.headings()
    for heading in named:
        if heading is not None and heading not in raw:
            raise HeadingUnknown(file=file, heading=heading, headings=", ".join(raw))


def _translated(raw: dict[str, Any], mapping: Mapping, notes: Notes) -> dict[str, Any]:
    """Translate values in place, and make the columns that translations fill."""
    made: dict[str, Any] = {}
    for heading, meanings in mapping.values.items():
        coded = text(raw[heading]).dictionary_encode()
        received = coded.dictionary.to_pylist()
        meant = [meanings.get(value, meanings.get("*", value)) for value in received]
        filled = sorted({name for value in meant if isinstance(value, dict) for name in value})
        for name in filled:
            values = [value.get(name) if isinstance(value, dict) else None for value in meant]
            made[name] = pa.array(values).take(coded.indices)
        plain = [value for value in meant if not isinstance(value, dict)]
        if not filled or any(value is not None for value in plain):
            kept = [
                r if isinstance(m, dict) else None if m is None else str(m)
                for r, m in zip(received, meant, strict=True)
            ]
            raw[heading] = pa.array(kept, pa.string()).take(coded.indices)
        _tell_translated(coded, received, meant, heading, notes)
    return made


def _tell_translated(coded: Any, received: list[Any], meant: list[Any], heading: str, notes: Notes) -> None:
    counts = {item["values"]: item["counts"] for item in pc.value_counts(coded.indices).to_pylist()}
    for index, (value, meaning) in enumerate(zip(received, meant, strict=True)):
        if value != meaning:
            notes.of_file(
                "assumed_translation",
                heading=heading,
                received=value,
                meaning=_said(meaning),
                count=counts.get(index, 0),
            )


def _said(meaning: Any) -> str | None:
    if isinstance(meaning, dict):
        return ", ".join(f"{name} = {value}" for name, value in meaning.items())
    return None if meaning is None else str(meaning)


def _several(templates: str | list[str]) -> list[str]:
    return [templates] if isinstance(templates, str) else templates


def _composed(raw: dict[str, Any], template: str) -> Any:
    pieces = re.split(r"{(.*?)}", template)
    parts = [text(raw[piece]) if i % 2 else pa.scalar(piece) for i, piece in enumerate(pieces)]
    return pc.binary_join_element_wise(*parts, "")


def _digest(raw: dict[str, Any], key: dict[str, Any]) -> Array:
    parts = [pc.fill_null(text(raw[heading]), "") for heading in key["digest_of"]]
    joined = pc.binary_join_element_wise(*parts, "\x1f").to_pylist()
    prefix = str(key.get("prefix", ""))
    return pa.array([prefix + hashlib.sha256(one.encode()).hexdigest()[:16] for one in joined], pa.string())


def _check_required(found: Sourced, into: Target, raw: dict[str, Any], file: str) -> None:
    missing = [
        told
        for told in into.fields.values()
        if told.required and told.name not in found.columns and not (into.matched and told.name == "key")
    ]
    if missing:
        raise ColumnsMissing(
            file=file,
            layer=into.id,
            columns=", ".join(f"{told.title.vi} / {told.title.en} ({told.name})" for told in missing),
            headings=", ".join(raw),
        )


def _tell_unused(found: Sourced, raw: dict[str, Any], mapping: Mapping, notes: Notes) -> None:
    used = {*found.headings.values(), *mapping.values, mapping.x, mapping.y}
    used |= set(mapping.headings())
    unused = [heading for heading in raw if heading not in used]
    if unused:
        notes.of_file("headings_unused", headings=", ".join(unused))
