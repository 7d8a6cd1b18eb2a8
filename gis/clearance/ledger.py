"""
Stages of cases from their events, in both times: what held on a day, as it was known at a moment.

An event counts at a moment if it was recorded by then and no event recorded by then replaces it. Of the
counting events of a case the latest effective one decides, of two on one day the one recorded later.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gis.arrays import Bools, Floats, Ints
from gis.clearance.stages import CLEARED_RANK
from gis.errors import BadInput

Days = NDArray[np.int32]
Ranks = NDArray[np.int8]

#: A run that has not ended.
OPEN_DAY = np.iinfo(np.int32).max
#: Rank of an event that only withdraws another, and of a case without an event.
NO_STAGE = -1


class EventsInvalid(BadInput):
    """Events that cannot be put in order. Facts: row, what."""


@dataclass(frozen=True)
class Events:
    """
    Events in the order in which they were recorded (of their ids).

    Parameters
    ----------
    case
        Shape (n,): which case, from 0.
    rank
        Shape (n,): rank of the stage's group, 0 to 6; -1 where the event only withdraws another.
    effective_day
        Shape (n,): days since 2000-01-01.
    recorded_us
        Shape (n,): microseconds since any fixed moment.
    replaces
        Shape (n,): row of the event in whose place this one stands, -1 for none.

    Raises
    ------
    EventsInvalid
        If an event replaces itself, a later one or one of another case, or if its rank is none.
    """

    case: Ints
    rank: Ranks
    effective_day: Days
    recorded_us: Ints
    replaces: Ints

    def __post_init__(self) -> None:
        row = np.flatnonzero((self.rank < NO_STAGE) | (self.rank > CLEARED_RANK))
        if len(row):
            raise EventsInvalid(row=int(row[0]), what="rank")
        correcting = np.flatnonzero(self.replaces >= 0)
        target = self.replaces[correcting]
        wrong = correcting[target >= correcting]
        if len(wrong) == 0:
            wrong = correcting[self.case[target] != self.case[correcting]]
        if len(wrong):
            raise EventsInvalid(row=int(wrong[0]), what="replaces")

    def __len__(self) -> int:
        return len(self.case)

    def counting(self, known_us: int | None = None) -> Bools:
        """Shape (n,): events that count at a moment, its own microsecond included; None is now."""
        known = np.ones(len(self), dtype=bool) if known_us is None else self.recorded_us <= known_us
        counts = known & (self.rank > NO_STAGE)
        counts[self.replaces[known & (self.replaces >= 0)]] = False
        return counts


@dataclass(frozen=True)
class Runs:
    """
    Stages of cases as stretches of days, by case and then by day.

    Parameters
    ----------
    case
        Shape (k,).
    rank
        Shape (k,), 0 to 6.
    from_day, to_day
        Shape (k,): the stage held on [from_day, to_day); `OPEN_DAY` while it holds.
    event
        Shape (k,): row of the event with which the run began.
    """

    case: Ints
    rank: Ranks
    from_day: Days
    to_day: Days
    event: Ints

    def __len__(self) -> int:
        return len(self.case)


def runs_of(events: Events, known_us: int | None = None) -> Runs:
    """
    Runs of every case that has a counting event.

    Parameters
    ----------
    events
        All events; the order of rows is that of recording.
    known_us
        What was known at this moment; None is now.

    Returns
    -------
    runs
        Two runs in succession may have one rank: another stage of the group, or the same told again.
    """
    row = np.flatnonzero(events.counting(known_us))
    case, day = events.case[row].astype(np.int64), events.effective_day[row].astype(np.int64)
    # One sort by one number; it is stable, so of one day the event recorded last stays last.
    row = row[np.argsort(case * (1 << 32) + day, kind="stable")]
    case, day = events.case[row], events.effective_day[row]
    same = case[1:] == case[:-1]
    last_of_day = np.ones(len(row), dtype=bool)
    last_of_day[:-1] = ~(same & (day[1:] == day[:-1]))
    row = row[last_of_day]
    case, day = events.case[row], events.effective_day[row]
    to_day = np.full(len(row), OPEN_DAY, dtype=np.int32)
    followed = case[1:] == case[:-1]
    to_day[:-1][followed] = day[1:][followed]
    return Runs(case, events.rank[row], day, to_day, row)


def rank_at(told: Events | Runs, day: int, n_cases: int, known_us: int | None = None) -> Ranks:
    """
    Rank of every case on a day.

    Parameters
    ----------
    told
        Events, or the runs of a moment, whose moment is then already chosen.
    day
        Days since 2000-01-01.
    n_cases
        Cases are 0 to n_cases - 1.
    known_us
        For events: what was known at this moment; None is now.

    Returns
    -------
    rank
        Shape (n_cases,), 0 to 6; -1 where no event had taken effect.
    """
    rank = np.full(n_cases, NO_STAGE, dtype=np.int8)
    if isinstance(told, Runs):
        held = (told.from_day <= day) & (day < told.to_day)
        rank[told.case[held]] = told.rank[held]
        return rank
    row = np.flatnonzero(told.counting(known_us) & (told.effective_day <= day))
    # Day first, row second, in one number whose largest is the event that decides.
    weight = (told.effective_day[row].astype(np.int64) << 32) + row
    best = np.full(n_cases, np.iinfo(np.int64).min)
    np.maximum.at(best, told.case[row], weight)
    decided = np.flatnonzero(best != np.iinfo(np.int64).min)
    rank[decided] = told.rank[best[decided] & 0xFFFFFFFF]
    return rank


def days_in_stage(runs: Runs, day: int) -> Floats:
    """
    How long the stage that held on a day had then held.

    Returns
    -------
    days
        Shape (k,), one per run; NaN for runs that did not hold on the day.
    """
    held = (runs.from_day <= day) & (day < runs.to_day)
    return np.where(held, day - runs.from_day.astype(np.float64), np.nan)
