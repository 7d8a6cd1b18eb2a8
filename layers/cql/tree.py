"""A filter as a tree: operators over names and values, each knowing where it was written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias

import shapely

from layers.cql.errors import FilterTooDeep, FilterTooLarge

MOST_PARTS = 400
DEEPEST = 32
LIST, INTERVAL, BBOX = "list", "interval", "bbox"
OPEN_ENDS = ("..", "")


@dataclass(frozen=True)
class Name:
    """A property."""

    name: str
    at: str = field(compare=False)


@dataclass(frozen=True)
class Value:
    """A literal: text, number, boolean, date, geometry, or None for null."""

    value: str | float | bool | date | shapely.Geometry | None
    at: str = field(compare=False)


@dataclass(frozen=True)
class Node:
    """An operator or function with its operands; a list, an interval and a box are nodes too."""

    op: str
    args: tuple[Tree, ...]
    at: str = field(compare=False)


Tree: TypeAlias = Name | Value | Node


def walk(tree: Tree) -> Iterator[tuple[Tree, int]]:
    """Every part with its depth, without recursion."""
    waiting = [(tree, 1)]
    while waiting:
        part, depth = waiting.pop()
        yield part, depth
        if isinstance(part, Node):
            waiting.extend((one, depth + 1) for one in part.args)


def names(tree: Tree) -> Iterator[str]:
    """Names of all properties."""
    return (part.name for part, _ in walk(tree) if isinstance(part, Name))


def weigh(tree: Tree) -> None:
    """
    Refuse what no person writes: it would cost the database and its planner.

    Raises
    ------
    FilterTooLarge, FilterTooDeep
    """
    count = 0
    for part, depth in walk(tree):
        count += 1
        if depth > DEEPEST:
            raise FilterTooDeep(at=part.at, allowed=DEEPEST)
    if count > MOST_PARTS:
        raise FilterTooLarge(count=count, allowed=MOST_PARTS)
