"""
Cases and their events as arrays that stay in memory: what was known at one time of another, in milliseconds.

Read anew when the data version of cases, takes or events changes; a question then only works on the arrays.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, date, datetime
from threading import Lock
from typing import Any

import numpy as np
from sqlalchemy import BigInteger, Connection, Date, and_, cast, func, literal, select

from gis.arrays import Bools, Ints
from gis.clearance.figures import Holdings, Totals, by_zone
from gis.clearance.ledger import Events, rank_at
from layers.catalogue.cases import TABLE as CASES
from layers.clearance.contributions import homes
from layers.clearance.positions import steps
from layers.records.cases import SHARES, TAKES
from layers.records.data_versions import versions
from layers.records.stages import EVENTS

EPOCH = date(2000, 1, 1)
_EPOCH_AT = datetime(2000, 1, 1, tzinfo=UTC)
_FOREVER = 2**31 - 1
_KEPT = 2
_ON = ("stage_events", "cases", "takes", "zones")


@dataclass(frozen=True)
class Book:
    """
    All cases of a database.

    Attributes
    ----------
    zones
        Row of each zone by its key.
    case_from, case_to
        Shape (cases,): days since 2000-01-01 on which a case is open, half-open.
    holdings, from_day, to_day
        Shape (k,): land of cases in zones, and while which days their takes last; a row without land tells
        that a case counts in a zone.
    """

    zones: dict[str, int]
    case_from: Ints
    case_to: Ints
    events: Events
    holdings: Holdings
    from_day: Ints
    to_day: Ints

    def totals(self, on: date, known_at: datetime) -> Totals:
        """Land and cases of every zone by rank on a day, by what was recorded until a time; without money."""
        day = (on - EPOCH).days
        known_us = round((known_at - _EPOCH_AT).total_seconds() * 1e6)
        rank = rank_at(self.events, day, len(self.case_from), known_us)
        rank[rank < 0] = 0  # a case of which nothing was known had not begun
        rank[~_lasts(self.case_from, self.case_to, day)] = -1
        held = np.flatnonzero(_lasts(self.from_day, self.to_day, day))
        now = Holdings(
            self.holdings.case[held],
            self.holdings.zone[held],
            self.holdings.area_mm2[held],
            self.holdings.counted[held],
        )
        return by_zone(rank, now, len(self.zones))


def book(db: Connection) -> Book:
    """The arrays of a database at its present data version."""
    known = versions(db)
    key = (str(db.engine.url), *(known.get(name) for name in _ON))
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    made = _read(db)
    with _lock:
        _kept[key] = made
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)
    return made


_kept: OrderedDict[tuple[Any, ...], Book] = OrderedDict()
_lock = Lock()


def _lasts(from_day: Ints, to_day: Ints, day: int) -> Bools:
    return (from_day <= day) & (day < to_day)


def _read(db: Connection) -> Book:
    cases = db.execute(select(CASES.c.key, *_span(CASES)).order_by(CASES.c.key, CASES.c.valid_from))
    number: dict[str, int] = {}
    spans: list[tuple[int, int]] = []
    for key, from_day, to_day in cases:
        if number.setdefault(key, len(spans)) == len(spans):
            spans.append((from_day, to_day))
        else:
            spans[-1] = (spans[-1][0], max(spans[-1][1], to_day))
    span = np.array(spans, dtype=np.int64).reshape(-1, 2)
    return _with_land(db, number, span, _events(db, number))


def _events(db: Connection, number: dict[str, int]) -> Events:
    step = steps()
    rank = func.coalesce(step.c.rank, -1)
    since = func.extract("epoch", EVENTS.c.recorded_at - literal(_EPOCH_AT)) * 1_000_000
    law = select(CASES.c.key, CASES.c.law).distinct().subquery("law")
    query = (
        select(
            EVENTS.c.id,
            EVENTS.c.case_key,
            rank,
            EVENTS.c.effective_on - literal(EPOCH, Date),
            cast(since, BigInteger),
            func.coalesce(EVENTS.c.replaces_id, -1),
        )
        .join(law, law.c.key == EVENTS.c.case_key)
        .outerjoin(step, and_(step.c.law == law.c.law, step.c.stage == EVENTS.c.stage))
        .order_by(EVENTS.c.id)
    )
    rows = db.execute(query).all()
    told = np.array([(r[0], number[r[1]], *r[2:]) for r in rows], dtype=np.int64).reshape(-1, 6)
    ids, replaced = told[:, 0], told[:, 5]
    replaces = np.where(replaced < 0, -1, np.searchsorted(ids, replaced))
    return Events(told[:, 1], told[:, 2].astype(np.int8), told[:, 3].astype(np.int32), told[:, 4], replaces)


def _with_land(db: Connection, number: dict[str, int], span: Ints, events: Events) -> Book:
    home = homes().subquery("home")
    land = select(TAKES.c.case_key, SHARES.c.zone_key, SHARES.c.area_mm2, *_span(TAKES))
    taken = db.execute(land.join(SHARES, SHARES.c.take_id == TAKES.c.id)).all()
    whole = db.execute(select(home.c.case_key, home.c.zone_key).distinct()).all()
    zones: dict[str, int] = {}
    rows = [(number[r[0]], zones.setdefault(r[1], len(zones)), *r[2:], 0) for r in taken]
    rows += [
        (number[key], zones.setdefault(zone, len(zones)), 0, -_FOREVER, _FOREVER, 1) for key, zone in whole
    ]
    told = np.array(rows, dtype=np.int64).reshape(-1, 6)
    holdings = Holdings(told[:, 0], told[:, 1], told[:, 2], told[:, 5] == 1)
    return Book(zones, span[:, 0], span[:, 1], events, holdings, told[:, 3], told[:, 4])


def _span(table: Any) -> tuple[Any, Any]:
    begins = (table.c.valid_from - literal(EPOCH, Date)).label("from_day")
    ends = func.coalesce(table.c.valid_to - literal(EPOCH, Date), _FOREVER).label("to_day")
    return begins, ends
