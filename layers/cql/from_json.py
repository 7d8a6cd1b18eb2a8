"""CQL2 JSON as a tree."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from layers.cql.errors import FilterTooDeep, FilterUnreadable
from layers.cql.tree import BBOX, DEEPEST, INTERVAL, LIST, Name, Node, Tree, Value
from layers.cql.values import day, geometry_of_geojson, moment, number, sound

_LITERALS: dict[str, Callable[[str, str], Any]] = {"date": day, "timestamp": moment}


def read(text: str) -> Tree:
    """
    Read a filter.

    Raises
    ------
    FilterUnreadable, FilterTooDeep, FilterValueWrong, FilterGeometryWrong
    """
    _scan(text)
    try:
        said = json.loads(text)
    except ValueError as error:  # also a number with more digits than Python reads
        at = getattr(error, "pos", 0)
        raise FilterUnreadable(at=str(at + 1), near=text[at : at + 20], wanted="JSON") from error
    return _tree(said, "")


def _scan(text: str) -> None:
    """Brackets inside one another, before anything reads them. Brackets in a text count: none needs 32."""
    depth = 0
    for at, letter in enumerate(text):
        depth += (letter in "[{") - (letter in "]}")
        if depth > DEEPEST:
            raise FilterTooDeep(at=str(at + 1), allowed=DEEPEST)


def _tree(said: Any, at: str) -> Tree:
    where = at or "/"
    if isinstance(said, bool) or said is None:
        return Value(said, where)
    if isinstance(said, int | float):
        return Value(number(said, where), where)
    if isinstance(said, str):
        return Value(sound(said, where), where)
    if isinstance(said, list):
        return Node(LIST, _each(said, at), where)
    if isinstance(said, dict):
        return _object(said, at, where)
    raise AssertionError(type(said))


def _each(said: Any, at: str) -> tuple[Tree, ...]:
    if not isinstance(said, list):
        raise FilterUnreadable(at=at, near=str(said)[:20], wanted="[…]")
    return tuple(_tree(one, f"{at}/{i}") for i, one in enumerate(said))


def _object(said: dict[str, Any], at: str, where: str) -> Tree:
    if isinstance(said.get("op"), str) and "args" in said:
        op = said["op"]
        return Node(
            "isNull" if op.lower() == "isnull" else op.lower(), _each(said["args"], f"{at}/args"), where
        )
    if isinstance(said.get("property"), str):
        return Name(sound(said["property"], where), where)
    for kind, read_one in _LITERALS.items():
        if isinstance(said.get(kind), str):
            return Value(read_one(said[kind], f"{at}/{kind}"), where)
    for kind in (INTERVAL, BBOX):
        if kind in said:
            return Node(kind, _each(said[kind], f"{at}/{kind}"), where)
    if isinstance(said.get("type"), str):
        return Value(geometry_of_geojson(said, where), where)
    wanted = '{"op": …, "args": […]}, {"property": …}, {"date": …}, {"type": …, "coordinates": …}'
    raise FilterUnreadable(at=where, near=json.dumps(said, ensure_ascii=False)[:20], wanted=wanted)
