"""
What some cases add to the figures, read into memory: the same as :mod:`layers.clearance.contributions`.

A verb reads its cases before and after its change, and writes the difference; both readings hold the rows of
the cases locked. Python, because for one case the planning of one large statement takes longer than all this.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, TEXT, ColumnElement, Connection, bindparam, cast, func, select

from layers.catalogue.cases import TABLE as CASES
from layers.catalogue.zones import TABLE as ZONES
from layers.clearance.contributions import MONEY_RANK
from layers.layer import Rows
from layers.records.cases import PAYEES, PAYMENTS, SHARES, TAKES
from layers.records.stages import CLEARED_RANK, RUNS

EPOCH = date(2000, 1, 1)
FOREVER = date.max
#: Zone, day and rank of a row of the ledger; then mm², cases, đồng approved and đồng paid.
LedgerKey = tuple[str, date, int]
Ledger = dict[LedgerKey, tuple[int, int, int, int]]


class Run(NamedTuple):
    """A stage of a case on [from_on, to_on); no end while it lasts."""

    from_on: date
    to_on: date | None
    stage: str
    rank: int


class Period(NamedTuple):
    """A rank of a case on [from_on, to_on)."""

    from_on: date
    to_on: date | None
    rank: int


@dataclass(frozen=True)
class Take:
    """A take with its shares, in mm² by zone."""

    id: int
    valid_from: date
    valid_to: date | None
    shares: Mapping[str, int]


@dataclass(frozen=True)
class Standing:
    """
    One case with all that its figures rest on.

    Attributes
    ----------
    row
        Of ``cases``, without its outline.
    parents
        Park by phase, for the case's own zone and all zones of its takes.
    money
        Approved and paid by day; empty where no verb asked for it.
    """

    row: Any
    runs: tuple[Run, ...]
    takes: tuple[Take, ...]
    parents: Mapping[str, str | None]
    money: Mapping[date, tuple[int, int]] = field(default_factory=dict[date, tuple[int, int]])

    def periods(self) -> list[Period]:
        """From which day to which the case holds which rank; rank 0 from its opening to its first event."""
        start, end = self.row.valid_from, self.row.valid_to
        found: list[Period] = []
        first = self.runs[0].from_on if self.runs else None
        if first is None or first > start:
            found.append(Period(start, _least(first, end), 0))
        for run in self.runs:
            to_on = _least(run.to_on, end)
            if to_on is None or to_on > run.from_on:
                found.append(Period(run.from_on, to_on, run.rank))
        return found

    def homes(self) -> list[str]:
        """Where the case counts whole: its zone, and the park of that or the phase with most of its land."""
        own: str | None = self.row.zone_key
        if own is None:
            return []
        if (park := self.parents.get(own)) is not None:
            return [own, park]
        land: dict[str, int] = defaultdict(int)
        for take in self.takes:
            for zone, area in take.shares.items():
                if self.parents.get(zone) == own:
                    land[zone] += area
        return [own, *sorted(land, key=lambda zone: (-land[zone], zone))[:1]]

    def zones(self) -> set[str]:
        """Zones whose ledger the case is in."""
        return {*self.homes(), *(zone for take in self.takes for zone in take.shares)}

    def ledger(self) -> Ledger:
        """What the case adds to the ledger."""
        sums: dict[LedgerKey, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        periods, homes = self.periods(), self.homes()
        for period in periods:
            for take in self.takes:
                begins = max(period.from_on, take.valid_from)
                ends = _least(period.to_on, take.valid_to)
                if ends is not None and ends <= begins:
                    continue
                for zone, area in take.shares.items():
                    sums[zone, begins, period.rank][0] += area
                    if ends is not None:
                        sums[zone, ends, period.rank][0] -= area
            for zone in homes:
                sums[zone, period.from_on, period.rank][1] += 1
                if period.to_on is not None:
                    sums[zone, period.to_on, period.rank][1] -= 1
        for day, (approved, paid) in self.money.items():
            for zone in homes:
                sums[zone, day, MONEY_RANK][2] += approved
                sums[zone, day, MONEY_RANK][3] += paid
        return {key: (v[0], v[1], v[2], v[3]) for key, v in sums.items() if any(v)}

    def tile_runs(self) -> dict[str, Any]:
        """What tiles carry of the case: days since 2000-01-01 on which its rank changed, and the ranks."""
        told: dict[str, Any] = {}
        before, n = None, 0
        for period in self.periods():
            if period.rank != before:
                n, before = n + 1, period.rank
                told |= {f"d{n}": (period.from_on - EPOCH).days, f"c{n}": period.rank}
        return told | ({"disputed": True} if self.row.disputed else {})

    def cleared(self) -> list[tuple[date, date | None, int]]:
        """When which takes were handed over: what free land rests on."""
        return [
            (period.from_on, period.to_on, take.id)
            for period in self.periods()
            if period.rank == CLEARED_RANK
            for take in self.takes
        ]


def read(
    db: Connection, keys: Iterable[str], *, money: bool = False, lock: bool = True
) -> dict[str, Standing]:
    """
    Cases by key, their rows locked in the order of their keys until the transaction ends.

    Keys that no case has are left out.
    """
    wanted = sorted(set(keys))
    rows = {row.key: row for row in db.execute(_cases(lock), {"keys": wanted})}
    runs = _runs(db, wanted)
    takes = _takes(db, wanted)
    met = {zone for some in takes.values() for take in some for zone in take.shares}
    parents = _parents(db, met | {row.zone_key for row in rows.values() if row.zone_key})
    spent = _money(db, wanted) if money else {}
    return {
        key: Standing(row, tuple(runs.get(key, ())), tuple(takes.get(key, ())), parents, spent.get(key, {}))
        for key, row in rows.items()
    }


def among(column: ColumnElement[Any], keys: list[str]) -> ColumnElement[bool]:
    """Whether a column is one of some texts; one statement for any number of them."""
    return column == func.any(cast(keys, ARRAY(TEXT)))


def _runs(db: Connection, keys: list[str]) -> dict[str, list[Run]]:
    found: dict[str, list[Run]] = defaultdict(list)
    for row in db.execute(_stored_runs(), {"keys": keys}):
        found[row.case_key].append(Run(row.from_on, row.to_on, row.stage, row.stage_rank))
    return found


def _takes(db: Connection, keys: list[str]) -> dict[str, list[Take]]:
    shares: dict[int, dict[str, int]] = {}
    found: dict[str, list[Take]] = defaultdict(list)
    for case_key, number, valid_from, valid_to, zone, area in db.execute(_stored_takes(), {"keys": keys}):
        if number not in shares:
            shares[number] = {}
            found[case_key].append(Take(number, valid_from, valid_to, shares[number]))
        if zone is not None:
            shares[number][zone] = area
    return found


def _parents(db: Connection, zones: set[str]) -> dict[str, str | None]:
    if not zones:
        return {}
    return {row.key: row.parent_key for row in db.execute(_zone_versions(), {"keys": sorted(zones)})}


def _money(db: Connection, keys: list[str]) -> dict[str, dict[date, tuple[int, int]]]:
    found: dict[str, dict[date, tuple[int, int]]] = defaultdict(dict)
    approved = select(PAYEES.c.case_key, PAYEES.c.approved_on, PAYEES.c.approved_vnd)
    for key, day, amount in db.execute(approved.where(among(PAYEES.c.case_key, keys))):
        before = found[key].get(day, (0, 0))
        found[key][day] = (before[0] + amount, before[1])
    paid = select(PAYMENTS.c.case_key, PAYMENTS.c.paid_on, PAYMENTS.c.amount_vnd)
    for key, day, amount in db.execute(paid.where(among(PAYMENTS.c.case_key, keys))):
        before = found[key].get(day, (0, 0))
        found[key][day] = (before[0], before[1] + amount)
    return found


# Statements are composed once: that takes as long as the database needs to answer.


@cache
def _cases(lock: bool) -> Rows:
    columns = [c for c in CASES.c if c.name not in ("geom", "geom_tile", "search_folded")]
    chosen = select(*columns).where(_of_keys(CASES.c.key)).order_by(CASES.c.key)
    return chosen.with_for_update() if lock else chosen


@cache
def _stored_runs() -> Rows:
    return select(RUNS).where(_of_keys(RUNS.c.case_key)).order_by(RUNS.c.from_on)


@cache
def _stored_takes() -> Rows:
    told = (TAKES.c.case_key, TAKES.c.id, TAKES.c.valid_from, TAKES.c.valid_to)
    shares = select(*told, SHARES.c.zone_key, SHARES.c.area_mm2)
    return shares.outerjoin(SHARES, SHARES.c.take_id == TAKES.c.id).where(_of_keys(TAKES.c.case_key))


@cache
def _zone_versions() -> Rows:
    """Versions of zones in order: the last one counts."""
    versions = select(ZONES.c.key, ZONES.c.parent_key).where(_of_keys(ZONES.c.key))
    return versions.order_by(ZONES.c.key, ZONES.c.valid_from)


def _of_keys(column: ColumnElement[Any]) -> ColumnElement[bool]:
    return column == func.any(bindparam("keys", type_=ARRAY(TEXT)))


def _least(a: date | None, b: date | None) -> date | None:
    least = min(a or FOREVER, b or FOREVER)
    return None if least == FOREVER else least
