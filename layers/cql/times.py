"""
How two spans of days lie to each other: the temporal functions of CQL2.

Spans are closed at both ends, and a day is the span from itself to itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Date, and_, cast, literal, or_

from layers.cql.tree import OPEN_ENDS
from layers.cql.values import day, moment

EARLIEST: ColumnElement[Any] = cast(literal("-infinity"), Date)
LATEST: ColumnElement[Any] = cast(literal("infinity"), Date)


@dataclass(frozen=True)
class Span:
    """From a day to a day, both included."""

    start: Any
    end: Any


Relation = Callable[[Span, Span], ColumnElement[bool]]

#: As OGC 21-065r2, 7.8 defines them.
RELATIONS: Mapping[str, Relation] = {
    "t_after": lambda a, b: a.start > b.end,
    "t_before": lambda a, b: a.end < b.start,
    "t_contains": lambda a, b: and_(a.start < b.start, a.end > b.end),
    "t_disjoint": lambda a, b: or_(a.end < b.start, a.start > b.end),
    "t_during": lambda a, b: and_(a.start > b.start, a.end < b.end),
    "t_equals": lambda a, b: and_(a.start == b.start, a.end == b.end),
    "t_finishedby": lambda a, b: and_(a.start < b.start, a.end == b.end),
    "t_finishes": lambda a, b: and_(a.start > b.start, a.end == b.end),
    "t_intersects": lambda a, b: and_(a.start <= b.end, a.end >= b.start),
    "t_meets": lambda a, b: a.end == b.start,
    "t_metby": lambda a, b: a.start == b.end,
    "t_overlappedby": lambda a, b: and_(a.start > b.start, a.start < b.end, a.end > b.end),
    "t_overlaps": lambda a, b: and_(a.start < b.start, a.end > b.start, a.end < b.end),
    "t_startedby": lambda a, b: and_(a.start == b.start, a.end > b.end),
    "t_starts": lambda a, b: and_(a.start == b.start, a.end < b.end),
}


def end_of(text: str, open_end: ColumnElement[Any], at: str) -> ColumnElement[Any]:
    """An end of an interval as it is written: open, a day, or the day in Vietnam at an instant."""
    if text in OPEN_ENDS:
        return open_end
    return literal(moment(text, at) if "T" in text.upper() else day(text, at), Date())
