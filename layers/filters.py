"""
What somebody asked to see of a layer, as conditions on its visible rows.

Values come as text, from an address; columns are picked through :func:`layers.query.pick`, so a masked one
is refused before it is compared with anything.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Date,
    Float,
    Integer,
    Subquery,
    and_,
    any_,
    false,
    func,
    literal,
    or_,
    select,
)

from gis.crs import STORAGE_SRID, SUPPORTED
from gis.errors import BadInput
from gis.text import fold, nfc
from layers import cql
from layers.access import Actor
from layers.cql.shapes import BOX_STEPS, Box, reach
from layers.layer import Layer, about
from layers.query import masked, pick

MOST_ALTERNATIVES = 1_000
_INT4 = 2**31


class FilterInvalid(BadInput):
    """A filter's value cannot be read as the column's type."""


class TooManyAlternatives(BadInput):
    """One column is asked for more values than a query should be composed of."""


class BoxInvalid(BadInput):
    """A bounding box is not four (or six) finite numbers."""


@dataclass(frozen=True)
class Wanted:
    """
    What to keep of a layer's rows.

    Attributes
    ----------
    values
        Column to the texts asked for: alternatives, separated by commas (quoted where a text holds one).
        An empty alternative means "no value"; ``a..b`` is a range of numbers or dates, open where empty.
    q
        Words that the row is found by; folded.
    box, box_srid
        West, south, east, north in the system ``box_srid`` (x before y). A box of degrees whose west is
        greater than its east crosses the antimeridian; any other inverted box holds nothing.
    filter
        A filter in CQL2.
    """

    values: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    q: str | None = None
    box: Box | None = None
    box_srid: int = STORAGE_SRID
    filter: cql.Filter | None = None

    def without(self, name: str) -> Wanted:
        """The same, but for one column's filter."""
        rest = {k: v for k, v in self.values.items() if k != name}
        return replace(self, values=rest)


def conditions(layer: Layer, actor: Actor, rows: Subquery, wanted: Wanted) -> list[ColumnElement[bool]]:
    """
    Conditions on the visible rows of a layer.

    Raises
    ------
    ColumnUnknown, ColumnMasked, FilterInvalid, BoxInvalid, and those of `layers.cql.condition`
    """
    kept = [column_condition(layer, actor, rows, name, texts) for name, texts in wanted.values.items()]
    if wanted.q is not None and wanted.q.strip():
        kept.append(found_by(layer, actor, rows, wanted.q))
    if wanted.box is not None:
        kept.append(in_box(rows.c.geom, wanted.box, wanted.box_srid))
    if wanted.filter is not None:
        kept.append(cql.condition(layer, actor, rows, wanted.filter))
    return kept


def column_condition(
    layer: Layer, actor: Actor, rows: Subquery, name: str, texts: Sequence[str]
) -> ColumnElement[bool]:
    """Rows whose column holds one of the alternatives."""
    picked = pick(layer, actor, name)
    read = _reader(layer, name)
    compared = rows.c[picked.name]
    is_list = isinstance(picked.type, ARRAY)
    items = [item for text in texts for item in _alternatives(text)]
    if len(items) > MOST_ALTERNATIVES:
        raise TooManyAlternatives(column=name, count=len(items), allowed=MOST_ALTERNATIVES)
    arms: list[ColumnElement[bool]] = []
    for item in items:
        if item == "":
            arms.append(compared.is_(None))
        elif ".." in item and isinstance(picked.type, Float | Integer | Date):
            arms.append(_between(compared, item, read))
        elif is_list:
            arms.append(literal(nfc(item)) == any_(compared))
        else:
            arms.append(compared == read(item))
    return or_(*arms) if arms else false()


def found_by(layer: Layer, actor: Actor, rows: Subquery, q: str) -> ColumnElement[bool]:
    """Rows found by folded words: by the layer's search text where it has one, else by key and label."""
    words = fold(q)
    folded = layer.table.c.get("search_folded")
    if folded is not None and layer.search_columns():
        found = select(layer.table.c.id).where(folded.contains(words, autoescape=True))
        return rows.c.id.in_(found)
    named = [rows.c.key]
    if layer.label != "key" and layer.label not in masked(layer, actor):
        named.append(rows.c[layer.label])
    return or_(*(func.lower(c).contains(nfc(q).strip().lower(), autoescape=True) for c in named))


def in_box(geom: ColumnElement[Any], box: Box, srid: int) -> ColumnElement[bool]:
    """Rows whose geometry meets a box given in any supported system."""
    if not all(math.isfinite(v) for v in box):
        raise BoxInvalid(value=", ".join(map(str, box)))
    west, south, east, north = box
    if south > north or (west > east and not SUPPORTED[srid].geographic):
        return false()
    if west > east:
        return or_(
            _meets(geom, (west, south, 180.0, north), srid), _meets(geom, (-180.0, south, east, north), srid)
        )
    return _meets(geom, box, srid)


def _meets(geom: ColumnElement[Any], box: Box, srid: int) -> ColumnElement[bool]:
    if srid == STORAGE_SRID:
        area = func.ST_MakeEnvelope(*box, srid)
        return and_(geom.op("&&")(area), func.ST_Intersects(geom, area))
    # Beyond the country a projection has no answer; nothing is stored there.
    west, south, east, north = reach(SUPPORTED[srid])
    box = (max(box[0], west), max(box[1], south), min(box[2], east), min(box[3], north))
    if box[0] > box[2] or box[1] > box[3]:
        return false()
    area = func.ST_MakeEnvelope(*box, srid)
    # The edge of a projected box is no straight line in degrees: more corners follow it.
    step = max(box[2] - box[0], box[3] - box[1]) / BOX_STEPS
    if step > 0:
        area = func.ST_Segmentize(area, step)
    turned = func.ST_Transform(area, STORAGE_SRID)
    return and_(geom.op("&&")(turned), func.ST_Intersects(geom, turned))


def _alternatives(text: str) -> list[str]:
    if "," not in text and '"' not in text:
        return [text]
    try:
        return next(csv.reader([text]), [""])
    except csv.Error:  # a bare line break: no list then
        return [text]


def _between(compared: ColumnElement[Any], item: str, read: Callable[[str], Any]) -> ColumnElement[bool]:
    low, _, high = item.partition("..")
    ends: list[ColumnElement[bool]] = []
    if low:
        ends.append(compared >= read(low))
    if high:
        ends.append(compared <= read(high))
    return and_(*ends) if ends else compared.is_not(None)


def _reader(layer: Layer, name: str) -> Callable[[str], Any]:
    """How a text is read as a value of a column."""
    kind = layer.columns()[name].type

    def refuse(text: str) -> FilterInvalid:
        told = about(layer.columns()[name])
        assert told is not None
        return FilterInvalid(layer=layer.id, column=name, value=text[:80], wanted=type_name(kind))

    def read(text: str) -> Any:
        try:
            if isinstance(kind, Boolean):
                return {"true": True, "false": False}[text.lower()]
            if isinstance(kind, Date):
                return date.fromisoformat(text)
            if isinstance(kind, Integer):
                number = int(text)
                if abs(number) >= _INT4:
                    raise refuse(text)
                return number
            if isinstance(kind, Float):
                value = float(text)
                if not math.isfinite(value):
                    raise refuse(text)
                return value
        except (ValueError, KeyError) as error:
            raise refuse(text) from error
        return nfc(text)

    return read


def type_name(kind: Any) -> str:
    """Name of a column's type as the catalogue says it."""
    for sort, name in (
        (Boolean, "boolean"),
        (Date, "date"),
        (Integer, "integer"),
        (Float, "number"),
        (ARRAY, "list"),
    ):
        if isinstance(kind, sort):
            return name
    return "text"
