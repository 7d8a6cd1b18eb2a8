"""
The ledgers of zones as arrays that stay in memory: sums at any date without reading the ledger again.

A zone's ledger is read anew when its data version has changed: the count of changes that every verb raises
with the ledger, and the transaction that raised it last. So one edit makes one zone be read, and whoever
writes sees what was written, while nobody sees what was taken back.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from threading import Lock
from typing import Any

import numpy as np
from sqlalchemy import ARRAY, TEXT, Connection, Date, LargeBinary, cast, func, literal, select
from sqlalchemy import literal_column as sql

from gis.arrays import Ints
from layers.clearance.contributions import MONEY_RANK
from layers.records.roadmaps import FORECASTS
from layers.records.stages import LEDGER, STAGES

EPOCH = date(2000, 1, 1)
#: Columns of the sums.
AREA, CASES, APPROVED, PAID = range(4)
_SUMS = ("area_mm2", "cases", "approved_vnd", "paid_vnd")
_NOTHING = np.zeros((1, len(_SUMS)), dtype=np.int64)
#: Zones that are kept, those asked for last.
_KEPT_ZONES = 2_000


@dataclass(frozen=True)
class ZoneLedger:
    """
    The ledger of a zone or phase.

    Attributes
    ----------
    days
        By rank, in order: days since 2000-01-01 on which something changed.
    sums
        By rank, shape (days + 1, 4): area in mm², cases, VND approved and VND paid up to each day; the first
        row is before all of them.
    """

    days: Mapping[int, Ints]
    sums: Mapping[int, Ints]

    def at(self, rank: int, days: Ints) -> Ints:
        """What stands in a rank at the ends of some days; shape (days, 4)."""
        if rank not in self.days:
            return np.zeros((len(days), len(_SUMS)), dtype=np.int64)
        return self.sums[rank][np.searchsorted(self.days[rank], days, side="right")]

    def first_and_last(self, until: int) -> tuple[int, int] | None:
        """The first and the last day of change up to a day; None where nothing had changed by then."""
        begun = [days for days in self.days.values() if days[0] <= until]
        if not begun:
            return None
        last = (days[np.searchsorted(days, until, side="right") - 1] for days in begun)
        return int(min(days[0] for days in begun)), int(max(last))


def ledgers(db: Connection, zones: Iterable[str]) -> dict[str, ZoneLedger]:
    """Ledgers of some zones by key; zones in whose ledger nothing stands are left out."""
    keys = sorted(set(zones))
    url = str(db.engine.url)
    among = FORECASTS.c.zone_key == func.any(cast(keys, ARRAY(TEXT)))
    version = select(FORECASTS.c.zone_key, FORECASTS.c.changed, sql("forecasts.xmin::text")).where(among)
    now = {row[0]: (row[1], row[2]) for row in db.execute(version)}
    with _lock:
        held = {key: _kept.get((url, key)) for key in keys}
    fits = {key: one[1] for key, one in held.items() if one is not None and one[0] == now.get(key)}
    fresh = _read(db, [key for key in keys if key not in fits])
    with _lock:
        for key in fresh:
            if key in now:
                _kept[url, key] = (now[key], fresh[key])
        for key in fits:
            if (url, key) in _kept:
                _kept.move_to_end((url, key))
        while len(_kept) > _KEPT_ZONES:
            _kept.popitem(last=False)
    each = fits | fresh
    return {key: each[key] for key in keys if each[key].days}


def totals(held: Iterable[ZoneLedger], on: date) -> Ints:
    """What stands in some ledgers together on a date; shape (8, 4), by rank, money last."""
    day = np.array([day_number(on)])
    ranks = (*range(len(STAGES)), MONEY_RANK)
    found = np.zeros((len(ranks), len(_SUMS)), dtype=np.int64)
    for one in held:
        for rank in one.days:
            found[rank] += one.at(rank, day)[0]
    return found


def changes(held: Sequence[ZoneLedger], rank: int, column: int, until: date) -> list[tuple[date, int]]:
    """By how much a rank of some ledgers together changed on each day up to a date, in order; never by 0."""
    known = [one for one in held if rank in one.days]
    if not known:
        return []
    days = np.concatenate([one.days[rank] for one in known])
    steps = np.concatenate([np.diff(one.sums[rank][:, column]) for one in known])
    order = np.argsort(days, kind="stable")
    every, starts = np.unique(days[order], return_index=True)
    change = np.add.reduceat(steps[order], starts)
    told = (every <= day_number(until)) & (change != 0)
    return [
        (day_of(day), step) for day, step in zip(every[told].tolist(), change[told].tolist(), strict=True)
    ]


def day_number(day: date) -> int:
    """Days since 2000-01-01."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """The day of a number of days since 2000-01-01."""
    return EPOCH + timedelta(days=number)


_kept: OrderedDict[tuple[str, str], tuple[tuple[int, str], ZoneLedger]] = OrderedDict()
_lock = Lock()


def _read(db: Connection, keys: list[str]) -> dict[str, ZoneLedger]:
    """Ledgers from their table: columns as the bytes of big-endian integers, much faster than as rows."""
    if not keys:
        return {}
    day = LEDGER.c.on_day - literal(EPOCH, Date)
    query = (
        select(
            LEDGER.c.zone_key,
            _packed(func.int2send(LEDGER.c.stage_rank)),
            _packed(func.int4send(day)),
            *(_packed(func.int8send(LEDGER.c[name])) for name in _SUMS),
        )
        .where(LEDGER.c.zone_key == func.any(cast(keys, ARRAY(TEXT))))
        .group_by(LEDGER.c.zone_key)
    )
    found = {key: ZoneLedger({}, {}) for key in keys}
    for key, ranks, days, *columns in db.execute(query):
        rank, day_of_row = np.frombuffer(ranks, dtype=">i2"), np.frombuffer(days, dtype=">i4")
        changed = np.stack([np.frombuffer(column, dtype=">i8") for column in columns], axis=1)
        found[key] = _by_rank(rank.astype(np.int64), day_of_row.astype(np.int64), changed)
    return found


def _by_rank(rank: Ints, days: Ints, changed: Ints) -> ZoneLedger:
    order = np.lexsort((days, rank))
    rank, days, changed = rank[order], days[order], changed[order]
    parts = {one: slice(*np.searchsorted(rank, [one, one + 1]).tolist()) for one in np.unique(rank).tolist()}
    sums = {
        one: np.concatenate([_NOTHING, np.cumsum(changed[part], axis=0, dtype=np.int64)])
        for one, part in parts.items()
    }
    return ZoneLedger({one: days[part] for one, part in parts.items()}, sums)


def _packed(column: Any) -> Any:
    """The values of a column one after another; all columns of a row's group come in one order."""
    return cast(func.string_agg(column, literal(b"", LargeBinary)), LargeBinary)
