"""A filter's tree as expressions: columns picked for the actor, values bound, operators by table."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import shapely
from geoalchemy2 import Geometry
from sqlalchemy import (
    ARRAY,
    TEXT,
    Boolean,
    ColumnElement,
    Date,
    Float,
    Integer,
    Subquery,
    and_,
    cast,
    func,
    literal,
    not_,
    or_,
)
from sqlalchemy.dialects.postgresql import array

from gis.crs import STORAGE_SRID
from layers.access import Actor
from layers.cql import times
from layers.cql.errors import FilterOperandsWrong, FilterOperatorUnknown, FilterValueWrong
from layers.cql.texts import folded_case, unaccented
from layers.cql.tree import INTERVAL, LIST, Name, Node, Tree, Value
from layers.cql.values import day
from layers.layer import Layer
from layers.query import ColumnMasked, masked, pick

TRUTH, NUMBER, WORDS, DAY, ITEMS, PLACE = "boolean", "number", "text", "date", "list", "geometry"
GEOMETRY = "geometry"
"""The name that GeoJSON gives to the geometry, whatever the column is called."""

COMPARE: Mapping[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
ARITHMETIC: Mapping[str, Callable[[Any, Any], ColumnElement[Any]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    # What is divided by zero is unknown, as what is missing.
    "/": lambda a, b: a / func.nullif(b, 0.0),
    "div": lambda a, b: func.trunc(a / func.nullif(b, 0.0)),
    "%": lambda a, b: a - b * func.trunc(a / func.nullif(b, 0.0)),
    "^": func.power,
}
SPATIAL: Mapping[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "s_intersects": func.ST_Intersects,
    "s_disjoint": func.ST_Disjoint,
    "s_within": func.ST_Within,
    "s_contains": func.ST_Contains,
    "s_touches": func.ST_Touches,
    "s_overlaps": func.ST_Overlaps,
    "s_crosses": func.ST_Crosses,
    "s_equals": func.ST_Equals,
}
ARRAYS: Mapping[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "a_contains": lambda a, b: a.op("@>", is_comparison=True)(b),
    "a_containedby": lambda a, b: a.op("<@", is_comparison=True)(b),
    "a_overlaps": lambda a, b: a.op("&&", is_comparison=True)(b),
    # Sets are equal when each holds the other: neither order nor repetition counts.
    "a_equals": lambda a, b: and_(a.op("@>", is_comparison=True)(b), a.op("<@", is_comparison=True)(b)),
}
FOLDED: Mapping[str, Callable[[Any], ColumnElement[Any]]] = {"casei": folded_case, "accenti": unaccented}


@dataclass(frozen=True)
class Term:
    """An operand: what kind of thing it is, and its expression; ``text`` where it is a text literal."""

    kind: str
    sql: ColumnElement[Any]
    text: str | None = None


@dataclass(frozen=True)
class Translation:
    """The tree of a filter over the visible rows of one layer, for one actor."""

    layer: Layer
    actor: Actor
    rows: Subquery

    def condition(self, tree: Tree) -> ColumnElement[bool]:
        """The part of a tree that is true or false."""
        return self._of_kind(tree, TRUTH, "WHERE")

    # --- operands ---------------------------------------------------------------------------------------

    def term(self, tree: Tree) -> Term:
        """Any operand."""
        if isinstance(tree, Name):
            return self._column(tree)
        if isinstance(tree, Value):
            return self._literal(tree)
        handler = HANDLERS.get(tree.op)
        if handler is None:
            raise FilterOperatorUnknown(
                at=tree.at, operator=tree.op[:40].upper(), allowed=", ".join(OPERATORS).upper()
            )
        return handler(self, tree)

    def _column(self, name: Name) -> Term:
        shapes = {n for n, c in self.layer.columns().items() if isinstance(c.type, Geometry)}
        known = "geom" if name.name == GEOMETRY and GEOMETRY not in self.layer.columns() else name.name
        if known in shapes:
            if known in masked(self.layer, self.actor):
                raise ColumnMasked(layer=self.layer.id, column=known)
            return Term(PLACE, self.rows.c[known])
        picked = pick(self.layer, self.actor, name.name)
        return Term(kind_of(picked.type), self.rows.c[picked.name])

    def _literal(self, value: Value) -> Term:
        match value.value:
            case bool():
                return Term(TRUTH, literal(value.value, Boolean()))
            case float():
                return Term(NUMBER, literal(value.value, Float()))
            case str():
                return Term(WORDS, literal(value.value, TEXT()), value.value)
            case date():
                return Term(DAY, literal(value.value, Date()))
            case shapely.Geometry():
                return Term(PLACE, func.ST_GeomFromWKB(shapely.to_wkb(value.value), STORAGE_SRID))
            case _:
                raise FilterOperandsWrong(at=value.at, operator="NULL", wanted="IS NULL", given="NULL")

    def _of_kind(self, tree: Tree, kind: str, op: str) -> Any:
        found = self.term(tree)
        if found.kind == kind:
            return found.sql
        if kind == DAY and found.text is not None:
            return literal(day(found.text, tree.at), Date())
        raise FilterOperandsWrong(at=tree.at, operator=op.upper(), wanted=kind, given=found.kind)

    def _alike(self, op: str, *trees: Tree) -> tuple[str, list[Any]]:
        """Operands of one kind; a text beside a date is read as a date."""
        terms = [self.term(tree) for tree in trees]
        kinds = {one.kind for one in terms}
        kind = DAY if kinds == {DAY, WORDS} else terms[0].kind
        return kind, [self._of_kind(tree, kind, op) for tree in trees]

    def _count(self, node: Node, count: int) -> None:
        if len(node.args) != count:
            raise FilterOperandsWrong(
                at=node.at, operator=node.op.upper(), wanted=f"{count}×", given=f"{len(node.args)}×"
            )

    # --- operators --------------------------------------------------------------------------------------

    def logical(self, node: Node) -> Term:
        if not node.args:
            self._count(node, 2)
        parts = [self._of_kind(one, TRUTH, node.op) for one in node.args]
        return Term(TRUTH, (and_ if node.op == "and" else or_)(*parts))

    def denied(self, node: Node) -> Term:
        self._count(node, 1)
        return Term(TRUTH, not_(self._of_kind(node.args[0], TRUTH, "not")))

    def compare(self, node: Node) -> Term:
        self._count(node, 2)
        kind, (left, right) = self._alike(node.op, *node.args)
        ordered = (NUMBER, WORDS, DAY)
        if kind not in ordered and not (kind == TRUTH and node.op in ("=", "<>")):
            wanted = f"{', '.join(ordered)}{', boolean' if node.op in ('=', '<>') else ''}"
            raise FilterOperandsWrong(at=node.at, operator=node.op, wanted=wanted, given=kind)
        return Term(TRUTH, COMPARE[node.op](left, right))

    def between(self, node: Node) -> Term:
        self._count(node, 3)
        kind, (value, low, high) = self._alike("between", *node.args)
        if kind not in (NUMBER, WORDS, DAY):
            raise FilterOperandsWrong(at=node.at, operator="BETWEEN", wanted="number, date, text", given=kind)
        return Term(TRUTH, and_(value >= low, value <= high))

    def among(self, node: Node) -> Term:
        self._count(node, 2)
        values = node.args[1]
        if not isinstance(values, Node) or values.op != LIST or not values.args:
            raise FilterOperandsWrong(at=values.at, operator="IN", wanted="(…, …)", given="–")
        pairs = [self.compare(Node("=", (node.args[0], one), one.at)).sql for one in values.args]
        return Term(TRUTH, or_(*pairs))

    def is_null(self, node: Node) -> Term:
        self._count(node, 1)
        if isinstance(node.args[0], Value) and node.args[0].value is None:
            return Term(TRUTH, literal(True, Boolean()))
        return Term(TRUTH, self.term(node.args[0]).sql.is_(None))

    def like(self, node: Node) -> Term:
        self._count(node, 2)
        self._pattern(node.args[1])
        text, pattern = (self._of_kind(one, WORDS, "like") for one in node.args)
        return Term(TRUTH, text.like(pattern, escape="\\"))

    def _pattern(self, tree: Tree) -> None:
        """A text, perhaps folded; with nothing escaped at its end, which PostgreSQL refuses row by row."""
        while isinstance(tree, Node) and tree.op in FOLDED and len(tree.args) == 1:
            tree = tree.args[0]
        if not isinstance(tree, Value) or not isinstance(tree.value, str):
            raise FilterOperandsWrong(at=tree.at, operator="LIKE", wanted="'…%'", given="–")
        escapes = len(tree.value) - len(tree.value.rstrip("\\"))
        if escapes % 2:
            raise FilterValueWrong(at=tree.at, value=tree.value[-40:], wanted="\\\\, \\%, \\_")

    def fold(self, node: Node) -> Term:
        self._count(node, 1)
        return Term(WORDS, FOLDED[node.op](self._of_kind(node.args[0], WORDS, node.op)))

    def arithmetic(self, node: Node) -> Term:
        if node.op == "-" and len(node.args) == 1:  # JSON writes the sign so
            return Term(NUMBER, -cast(self._of_kind(node.args[0], NUMBER, "-"), Float))
        self._count(node, 2)
        left, right = (cast(self._of_kind(one, NUMBER, node.op), Float) for one in node.args)
        return Term(NUMBER, ARITHMETIC[node.op](left, right))

    def spatial(self, node: Node) -> Term:
        self._count(node, 2)
        return Term(TRUTH, SPATIAL[node.op](*(self._of_kind(one, PLACE, node.op) for one in node.args)))

    def arrays(self, node: Node) -> Term:
        self._count(node, 2)
        return Term(TRUTH, ARRAYS[node.op](*(self._of_kind(one, ITEMS, node.op) for one in node.args)))

    def items(self, node: Node) -> Term:
        items = [self._of_kind(one, WORDS, LIST) for one in node.args]
        return Term(ITEMS, cast(array(items), ARRAY(TEXT)))

    def temporal(self, node: Node) -> Term:
        self._count(node, 2)
        first, second = (self._span(one, node.op) for one in node.args)
        return Term(TRUTH, times.RELATIONS[node.op](first, second))

    def _span(self, tree: Tree, op: str) -> times.Span:
        """A day as the span from itself to itself; an interval with its ends."""
        if not isinstance(tree, Node) or tree.op != INTERVAL:
            at = self._of_kind(tree, DAY, op)
            return times.Span(at, at)
        self._count(tree, 2)
        start, end = tree.args
        return times.Span(self._end(start, times.EARLIEST, op), self._end(end, times.LATEST, op))

    def _end(self, tree: Tree, open_end: ColumnElement[Any], op: str) -> Any:
        if isinstance(tree, Value) and isinstance(tree.value, str):
            return times.end_of(tree.value, open_end, tree.at)
        found = self._of_kind(tree, DAY, op)
        # A version that is still open has no last day; any other missing date stays unknown.
        if isinstance(tree, Name) and tree.name == "valid_to":
            return func.coalesce(found, times.LATEST)
        return found

    def interval(self, node: Node) -> Term:
        raise FilterOperandsWrong(at=node.at, operator="INTERVAL", wanted="T_…(INTERVAL(…))", given="–")


HANDLERS: Mapping[str, Callable[[Translation, Node], Term]] = {
    **dict.fromkeys(("and", "or"), Translation.logical),
    "not": Translation.denied,
    **dict.fromkeys(COMPARE, Translation.compare),
    "between": Translation.between,
    "in": Translation.among,
    "isNull": Translation.is_null,
    "like": Translation.like,
    **dict.fromkeys(FOLDED, Translation.fold),
    **dict.fromkeys(ARITHMETIC, Translation.arithmetic),
    **dict.fromkeys(SPATIAL, Translation.spatial),
    **dict.fromkeys(ARRAYS, Translation.arrays),
    **dict.fromkeys(times.RELATIONS, Translation.temporal),
    LIST: Translation.items,
    INTERVAL: Translation.interval,
}
OPERATORS = tuple(op for op in HANDLERS if op not in (LIST, INTERVAL))
"""Every operator and function there is."""


def kind_of(type_: Any) -> str:
    """What kind of operand a column is."""
    kinds = (
        (Boolean, TRUTH),
        (Date, DAY),
        (Integer, NUMBER),
        (Float, NUMBER),
        (ARRAY, ITEMS),
        (Geometry, PLACE),
    )
    return next((kind for sort, kind in kinds if isinstance(type_, sort)), WORDS)
