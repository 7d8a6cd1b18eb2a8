"""
CQL2, the filter language of OGC API – Features (Part 3): text or JSON becomes a condition on visible rows.

The text is read by a parser of our own. The `cql2` package doubles its time with every open bracket of a
faulty filter (32 brackets: hours) and ends the process on deep ones, so it serves the tests alone, as a
second opinion on what a filter means. Nothing of a filter ever becomes SQL text: names are columns picked
for the actor, values are bound, operators come from a table.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Subquery

from gis.crs import CRS84, Crs
from layers.access import Actor
from layers.cql import from_json, from_text
from layers.cql.errors import FilterLangUnknown, FilterTooLong
from layers.cql.shapes import place
from layers.cql.translate import Translation
from layers.cql.tree import Tree, names, weigh
from layers.layer import Layer

TEXT, JSON = "cql2-text", "cql2-json"
LANGS = (TEXT, JSON)
LONGEST = 4_000
"""Letters of a filter: more than people write, and what an address can carry."""


@dataclass(frozen=True)
class Filter:
    """
    A filter that has been read; two filters are the same when their text, language and system are.

    Attributes
    ----------
    text, lang
        As it came.
    crs
        System of the coordinates in it, in the axis order of its authority.
    """

    text: str
    lang: str
    crs: Crs
    tree: Tree = field(compare=False, repr=False)

    @property
    def names(self) -> frozenset[str]:
        """Names of the properties it asks for."""
        return frozenset(names(self.tree))


def parse(text: str, lang: str = TEXT, crs: Crs = CRS84) -> Filter:
    """
    Read a filter; what it asks for is looked at by `condition`.

    Raises
    ------
    FilterLangUnknown, FilterTooLong, FilterTooDeep, FilterTooLarge, FilterUnreadable, FilterValueWrong,
    FilterGeometryWrong
    """
    if lang not in LANGS:
        raise FilterLangUnknown(lang=lang[:40], allowed=", ".join(LANGS))
    if len(text) > LONGEST:
        raise FilterTooLong(length=len(text), allowed=LONGEST)
    tree = from_text.read(text) if lang == TEXT else from_json.read(text)
    weigh(tree)
    return Filter(text, lang, crs, place(tree, crs))


def condition(layer: Layer, actor: Actor, rows: Subquery, asked: Filter) -> ColumnElement[bool]:
    """
    The filter as a condition on the visible rows of a layer.

    Missing values are neither true nor false, as in SQL: a row is kept where the whole is true.

    Raises
    ------
    ColumnUnknown, ColumnMasked, FilterOperatorUnknown, FilterOperandsWrong, FilterValueWrong
    """
    return Translation(layer, actor, rows).condition(asked.tree)
