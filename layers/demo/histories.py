"""
On which day each case reached each group of stages.

Land is handed over from one end of a zone to the other, in batches; some cases hold out, and those ahead of
the front have come less far. What lies before a hand-over follows from durations drawn for every case, with
Tết and weekends free. The park that becomes a city follows what was published of it (DOMAIN §3.6).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gis.arrays import Bools, Floats, Ints
from layers.demo.holdings import Holdings
from layers.demo.lots import ANCHOR, order_along
from layers.demo.parcels import Tract
from layers.demo.projects import RESUMED, UNPAID, UNPAID_ON, Project

Days = NDArray[np.datetime64]
#: Day on which each group was reached, shape (n, 7); NaT where it was not, or where the path omits it.
GROUPS = 7
FIRST = date(2019, 3, 1)
NEVER = np.datetime64("NaT")
#: Days from notice to inventory, to the published plan, its approval, payment and hand-over: medians of a
#: lognormal with this spread.
MEDIAN_DAYS = np.array([120.0, 100, 60, 55, 80])
SPREAD = 0.42
SLOWER = {"enterprise": 1.35, "organisation": 1.15, "community": 1.2}
#: State-managed land has no plan to publish and nobody to pay: notice, inventory, decision, hand-over.
STATE_PATH = np.array([True, True, True, False, True, False, True])
TET = np.array(
    [
        "2016-02-08",
        "2017-01-28",
        "2018-02-16",
        "2019-02-05",
        "2020-01-25",
        "2021-02-12",
        "2022-02-01",
        "2023-01-22",
        "2024-02-10",
        "2025-01-29",
        "2026-02-17",
    ],
    dtype="datetime64[D]",
)
FREE = (TET[:, None] + np.arange(-4, 8)).ravel()
#: Handed over of the three areas of Biên Hòa 1 by a day, in hectares: 129 ha of which the parts are invented,
#: then as published (29/10 in hectares; 87/46/36 % and 93/78/57 % of 50.5, 103.5 and 175 ha).
PUBLISHED = (
    (date(2025, 7, 31), (38.0, 41.0, 50.0)),
    (date(2025, 10, 29), (39.5, 42.0, 53.0)),
    (date(2025, 12, 15), (43.94, 47.61, 63.0)),
    (date(2026, 2, 6), (46.97, 80.73, 99.75)),
    (date(2026, 6, 26), (48.2, 87.5, 114.0)),
)
#: Households of Biên Hòa 1 that had handed over by the first of these days: 323 of 355.
EARLY_HOUSEHOLDS = 323 / 355
TRIES = 30
PAID_AT_LAST = 0.6
CITY_BEGINS = date(2024, 9, 9)


def histories(
    rng: np.random.Generator, made: list[Tract], held: Holdings, every: list[Project], project: Ints
) -> tuple[Days, Bools]:
    """
    Days of all cases, and which of them hold out.

    Returns
    -------
    days
        Shape (n, 7); the first is that on which the case was opened.
    stuck
        Shape (n,), cases that stand still though the land around them is cleared.
    """
    over = np.full(held.n, NEVER, dtype="datetime64[D]")
    reached = np.zeros(held.n, dtype=int)
    stuck = np.zeros(held.n, dtype=bool)
    for row, tract in enumerate(made):
        cases = np.flatnonzero(held.tract == row)
        if tract.holder.status == "converting":
            over[cases], reached[cases] = _city(rng, held, cases, every, project)
        else:
            over[cases], reached[cases], stuck[cases] = _front(rng, tract, held, cases)
    days = _back(rng, held, over, reached, stuck, _begins(every, project))
    unpaid = np.array([p.told == UNPAID for p in every])[project] & (held.origin != "state")
    days[unpaid] = _unpaid(rng, days[unpaid])
    days[held.origin == "state"] = np.where(STATE_PATH, days[held.origin == "state"], NEVER)
    return _worked(days), stuck


def last_rank(days: Days) -> Ints:
    """Rank of the group that each case has reached, shape (n,)."""
    return GROUPS - 1 - np.argmax(~np.isnat(days[:, ::-1]), axis=1)


def _front(rng: np.random.Generator, tract: Tract, held: Holdings, cases: Ints) -> tuple[Days, Ints, Bools]:
    """Day of hand-over (NaT where none), rank reached by the others, and who holds out, for one tract."""
    order = order_along(tract.holder, held.at[cases]) + rng.normal(0, 0.05, len(cases))
    batches = _batches(rng, tract)
    done = _done(tract)
    step = np.clip((order / max(done, 1e-6) * len(batches)).astype(int), 0, None)
    stuck = _holdouts(rng, held.at[cases], order, done)
    over = (step < len(batches)) & ~stuck
    days = np.where(over, batches[np.minimum(step, len(batches) - 1)], NEVER)
    ahead = np.clip((order - done) / max(1 - done, 1e-6), 0, 1)
    reached = np.clip(5 - 5.2 * ahead + rng.normal(0, 0.5, len(cases)), 0, 5).astype(int)
    return days, np.where(stuck, rng.integers(2, 6, len(cases)), reached), stuck


def _batches(rng: np.random.Generator, tract: Tract) -> Days:
    """Between 10 and 20 days of hand-over, by the size of the zone."""
    first = max(FIRST, tract.holder.zone.decided + timedelta(days=400))
    if tract.holder.zone.told["key"] == UNPAID:
        first = RESUMED + timedelta(days=120)
    last = ANCHOR - timedelta(days=int(rng.integers(15, 120)))
    first = min(first, last - timedelta(days=500))
    n = int(np.clip(len(tract.polygons) // 110, 10, 20))
    days = np.sort(rng.choice((last - first).days, n, replace=False))
    return np.unique(np.busday_offset(np.datetime64(first) + days, 0, roll="backward", holidays=FREE))


def _done(tract: Tract) -> float:
    """How far along the zone clearance has come."""
    infra = tract.holder.zone.number("infrastructure") or 0.0
    return min(infra + 0.28, 0.95) if tract.holder.status == "building" else min(0.5 * infra + 0.22, 0.6)


def _holdouts(rng: np.random.Generator, at: Floats, order: Floats, done: float) -> Bools:
    """Cases in cleared land that are not handed over: two knots of neighbours, and single ones."""
    stuck = rng.random(len(at)) < 0.008
    cleared = np.flatnonzero(order < done)
    if len(cleared) > 50:
        for centre in rng.choice(cleared, 2, replace=False):
            stuck |= np.hypot(*(at - at[centre]).T) < rng.uniform(50, 110)
    return stuck & (order < done)


def _city(
    rng: np.random.Generator, held: Holdings, cases: Ints, every: list[Project], project: Ints
) -> tuple[Days, Ints]:
    """Hand-overs of a park's areas, each filled up to what was published of it at each date."""
    over = np.full(len(cases), NEVER, dtype="datetime64[D]")
    household = held.user_kind[cases] == "household"
    early = np.zeros(len(cases), dtype=bool)
    early[rng.permutation(np.flatnonzero(household))[: round(EARLY_HOUSEHOLDS * household.sum())]] = True
    for area in np.unique(held.area[cases]):
        own = np.flatnonzero(held.area[cases] == area)
        share = held.area_ha[cases[own]].sum() / every[project[cases[own[0]]]].planned_ha
        begin, spent = CITY_BEGINS, 0.0
        for number, (until, published) in enumerate(PUBLISHED):
            late = household[own] & ~early[own] & (number == 0)
            queue = own[np.isnat(over[own]) & ~late]
            room = published[area] * share + 0.02 - spent
            picked = _filled(rng, queue, held.area_ha[cases], early, room)
            over[picked] = rng.choice(_between(rng, begin, until), len(picked))
            spent += held.area_ha[cases[picked]].sum()
            begin = until + timedelta(days=1)
    return over, rng.choice([2, 3, 4, 5], len(cases), p=[0.12, 0.23, 0.4, 0.25])


def _filled(rng: np.random.Generator, queue: Ints, ha: Floats, first: Bools, room: float) -> Ints:
    """Rows of a queue that fill some hectares, the first ones before others: the best of some tries."""
    best, most = queue[:0], -1.0
    for _ in range(TRIES):
        picked: list[int] = []
        spent = 0.0
        for row in queue[np.lexsort((rng.random(len(queue)), ~first[queue]))]:
            if spent + ha[row] <= room:
                picked.append(int(row))
                spent += ha[row]
        if spent > most:
            best, most = np.array(picked, dtype=int), spent
    return best


def _between(rng: np.random.Generator, begin: date, until: date) -> Days:
    """A few working days of a period, its last one among them."""
    every = np.arange(np.datetime64(begin), np.datetime64(until) + 1)
    open_ = every[np.is_busday(every, holidays=FREE)]
    n = int(np.clip(len(open_) // 16, 2, 12))
    return np.union1d(rng.choice(open_, n, replace=False), open_[-1:])


def _begins(every: list[Project], project: Ints) -> Days:
    """Before which day no case of a project was opened."""
    since = [p.decided - timedelta(days=250 if p.holder.status == "converting" else 90) for p in every]
    return np.array(since, dtype="datetime64[D]")[project]


def _back(
    rng: np.random.Generator, held: Holdings, over: Days, reached: Ints, stuck: Bools, begins: Days
) -> Days:
    """Days of every group up to the last, counted back from it by drawn durations."""
    n = held.n
    slower = np.array([SLOWER.get(str(kind), 1.0) for kind in held.user_kind])[:, None]
    gaps = MEDIAN_DAYS * slower * np.exp(rng.normal(0, SPREAD, (n, len(MEDIAN_DAYS))))
    gaps = np.column_stack([rng.uniform(20, 110, n), np.maximum(gaps, 7)])
    rank = np.where(np.isnat(over), reached, GROUPS - 1)
    # A case that waits has done so for a part of the usual time, one that holds out for much longer.
    waited = gaps[np.arange(n), np.minimum(rank, GROUPS - 2)] * rng.uniform(0.05, 1.4, n)
    waited = np.where(stuck, rng.uniform(220, 900, n), waited)
    end = np.where(np.isnat(over), np.datetime64(ANCHOR) - np.maximum(waited, 3).astype(int), over)
    back = np.cumsum(gaps[:, ::-1], axis=1)[:, ::-1]  # from each group to the last
    beyond = np.where(rank < GROUPS - 1, back[np.arange(n), np.minimum(rank, GROUPS - 2)], 0.0)
    ahead = np.column_stack([back, np.zeros(n)]) - beyond[:, None]
    room = (end - begins).astype(float)
    ahead *= np.clip(room / np.maximum(ahead[:, 0], 1.0), 0.1, 1.0)[:, None]
    days = end[:, None] - np.round(ahead).astype(int)
    return np.where(np.arange(GROUPS) <= rank[:, None], days, NEVER)


def _unpaid(rng: np.random.Generator, days: Days) -> Days:
    """Days of cases whose plan was approved at once and for whose payment there was no money."""
    days = days.copy()
    n = len(days)
    before = np.array([-560, -420, -260, -90, 0])
    jitter = rng.integers(-25, 26, (n, 5)) * np.array([1, 1, 1, 0, 0])
    days[:, :5] = np.datetime64(UNPAID_ON) + before + jitter
    soonest = np.datetime64(RESUMED) + rng.integers(5, 90, n)
    lately = np.datetime64(ANCHOR) - rng.integers(20, 600, n)  # most of those who wait were paid at last
    days[:, 5] = np.where(np.isnat(days[:, 5]) & (rng.random(n) < PAID_AT_LAST), lately, days[:, 5])
    days[:, 5] = np.where(np.isnat(days[:, 5]), NEVER, np.maximum(days[:, 5], soonest))
    paid = days[:, 5] + 10
    days[:, 6] = np.where(np.isnat(days[:, 6]), NEVER, np.maximum(days[:, 6], paid))
    return days


def _worked(days: Days) -> Days:
    """Days moved off weekends and Tết, each group after the one before it."""
    told = ~np.isnat(days)
    filled = np.where(told, days, np.datetime64("1970-01-01"))
    worked = np.busday_offset(filled, 0, roll="backward", holidays=FREE)
    later = np.full(len(days), np.datetime64("9999-01-01"))
    for rank in range(GROUPS - 1, -1, -1):
        sooner = np.minimum(worked[:, rank], np.busday_offset(later, -1, roll="backward", holidays=FREE))
        worked[:, rank] = np.where(told[:, rank], sooner, worked[:, rank])
        later = np.where(told[:, rank], worked[:, rank], later)
    return np.where(told, worked, NEVER)


def sure(value: Any) -> date | None:
    """A day as Python knows it; None where it is missing."""
    return None if np.isnat(value) else value.item()
