"""
How long cases stay in a stage, from finished and unfinished stays.

A stay that has not ended is *censored*: it lasted at least as long as was seen. Kaplan and Meier (1958) use
it for as long as it was seen; leaving it out would make every stage look shorter than it is. What is recorded
late is missing from the last weeks of every history; the delay is estimated from what has come in (Lagakos,
Barraj and De Gruttola 1988: read backwards in time, right truncation is left truncation).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gis.arrays import Bools, Floats, Ints
from gis.errors import BadInput

#: Finished stays below which a stage of one case type is read from all types, then from its group, then from
#: all.
MIN_FINISHED_STAYS = 20
#: More stays than that say nothing new: a share of them is known to 1.3 percentage points.
MOST_STAYS = 1_500


class DurationNegative(BadInput):
    """A stay that ends before it begins."""


@dataclass(frozen=True)
class Survival:
    """
    Share of stays that last longer than a number of days.

    Parameters
    ----------
    day
        Shape (k,), rising: the durations at which a stay ended.
    at_risk, finished
        Shape (k,): (weighted) stays that had lasted up to the day, and those that ended on it.
    survival
        Shape (k,), 1 to 0, falling: share of stays that last longer than the day. Where the longest stay of
        all has not ended the last value is above 0: that mass lies beyond what was seen.
    """

    day: Floats
    at_risk: Floats
    finished: Floats
    survival: Floats

    def at(self, day: Floats) -> Floats:
        """Share of stays that last longer than each of the given days; same shape."""
        return np.append(1.0, self.survival)[np.searchsorted(self.day, day, side="right")]

    def hazard_until(self, day: Floats) -> Floats:
        """
        Ends to expect of a stay within each of the given days, had it begun anew after each; same shape.

        Nelson's and Aalen's sum, drawn as a line between the days on which a stay ended.
        """
        summed = np.cumsum(self.finished / self.at_risk)
        return np.interp(day, np.append(0.0, self.day), np.append(0.0, summed))


def kaplan_meier(duration_days: Floats, observed: Bools, weight: Floats | None = None) -> Survival:
    """
    The product-limit estimate.

    Parameters
    ----------
    duration_days
        Shape (n,), 0 or more.
    observed
        Shape (n,): whether the stay was seen to end; otherwise it was seen to last that long at least.
    weight
        Shape (n,), above 0; all 1 where not given.

    Raises
    ------
    DurationNegative
        If a stay ends before it begins.
    """
    if np.any(duration_days < 0):
        raise DurationNegative(days=float(np.min(duration_days)))
    counted = np.ones(len(duration_days)) if weight is None else weight
    day = np.unique(duration_days[observed])
    at = np.searchsorted(day, duration_days[observed])
    ended = np.bincount(at, counted[observed], len(day)).astype(np.float64)
    order = np.argsort(duration_days, kind="stable")
    summed = np.append(0.0, np.cumsum(counted[order]))
    # A stay that is cut off on the very day on which another ends was still there.
    at_risk = summed[-1] - summed[np.searchsorted(duration_days[order], day, side="left")]
    return Survival(day, at_risk, ended, np.cumprod(1.0 - ended / at_risk))


def reporting_lag(effective_day: Ints, recorded_day: Ints, known_day: int) -> Survival:
    """
    How many days pass until an event is recorded.

    An event of yesterday is known today only if it was recorded within a day: short lags are seen too often.
    Events are therefore compared only with those that had as much time to be recorded.

    Parameters
    ----------
    effective_day, recorded_day
        Shape (n,), days; recorded before they took effect counts as no lag.
    known_day
        The day of the question; nothing recorded later is among the events.

    Returns
    -------
    lag
        Share of events recorded later than so many days after they took effect; it ends at 0, for what has
        never been seen in time cannot be told. Without events: everything is recorded at once.
    """
    lag = np.maximum(recorded_day - effective_day, 0).astype(np.float64)
    seen_for = (known_day - effective_day).astype(np.float64)
    usable = lag <= seen_for
    lag, seen_for = lag[usable], seen_for[usable]
    if len(lag) == 0:
        return Survival(np.zeros(1), np.ones(1), np.ones(1), np.zeros(1))
    day = np.unique(lag)
    at_day = np.bincount(np.searchsorted(day, lag), minlength=len(day)).astype(np.float64)
    # Backwards: of the events with lags up to a day that had time to show it, which share has just that lag?
    lags, times = np.sort(lag), np.sort(seen_for)
    up_to = np.searchsorted(lags, day, side="right") - np.searchsorted(times, day, side="left")
    by_now = np.append(np.cumprod((1.0 - at_day / up_to)[::-1])[::-1][1:], 1.0)
    return Survival(day, up_to.astype(np.float64), at_day, 1.0 - by_now)


def quantile_day(survival: Survival, share: float) -> float:
    """The first day by which a share of the stays has ended; NaN where that was never seen."""
    reached = np.flatnonzero(survival.survival <= 1.0 - share + 1e-12)
    return float(survival.day[reached[0]]) if len(reached) else float("nan")


@dataclass(frozen=True)
class Pools:
    """
    Which stays speak for a case in a stage: those of its type, all of the stage, of its group, or all.

    Parameters
    ----------
    of
        Shape (stages, kinds): number of the pool that answers.
    of_rank
        Shape (ranks,): the pool of each group.
    wider
        Shape (p,): the pool to ask where this one has nothing as long; -1 after the widest.
    start, stop, row
        Pool p holds the stays ``row[start[p]:stop[p]]``, shortest first. The last pool holds all: it knows
        how long they lasted, not what came after.
    """

    of: Ints
    of_rank: Ints
    wider: Ints
    start: Ints
    stop: Ints
    row: Ints


def pooled(
    stage: Ints, kind: Ints, rank_of_stage: Ints, kinds: int, duration: Floats, observed: Bools, lot: Floats
) -> Pools:
    """
    Pools of stays, each wide enough to hold :data:`MIN_FINISHED_STAYS` finished ones where there are as many.

    Parameters
    ----------
    stage, kind
        Shape (n,): the stay's stage and the type of its case, 0-based.
    rank_of_stage
        Shape (stages,): group of each stage.
    duration, observed
        Shape (n,), as for :func:`kaplan_meier`. At equal length a censored stay comes after a finished one.
    lot
        Shape (n,): of a pool with more than :data:`MOST_STAYS` those with the lowest lots are kept. Lots must
        not hang on durations.
    """
    stages, ranks = len(rank_of_stage), int(rank_of_stage.max()) + 1
    # From narrow to wide: each level says which of its pools a stay is in, and which of the next hold its
    # pools.
    levels = [
        (stage * kinds + kind, np.arange(stages * kinds) // kinds),
        (stage, rank_of_stage),
        (rank_of_stage[stage], np.zeros(ranks, dtype=np.int64)),
        (np.zeros_like(stage), np.zeros(1, dtype=np.int64)),
    ]
    offset = np.cumsum([0, *(len(parent) for _, parent in levels)])
    pool = np.concatenate([at + first for (at, _), first in zip(levels, offset[:-1], strict=True)])
    wider = np.concatenate([parent + after for (_, parent), after in zip(levels, offset[1:], strict=True)])
    wider[-1] = -1
    row = np.tile(np.arange(len(stage)), len(levels))
    size = np.bincount(pool, minlength=offset[-1])
    drawn = np.lexsort((lot[row], pool))
    drawn = drawn[np.arange(len(drawn)) - np.repeat(np.cumsum(size) - size, size) < MOST_STAYS]
    pool, row = pool[drawn], row[drawn]
    order = np.lexsort((row, ~observed[row], duration[row], pool))
    stop = np.cumsum(np.bincount(pool, minlength=offset[-1]))
    enough = np.bincount(pool, observed[row], offset[-1]) >= MIN_FINISHED_STAYS
    of = np.arange(stages * kinds)
    for _ in levels[1:]:
        of = np.where(enough[of] | (wider[of] < 0), of, wider[of])
    start = np.append(0, stop[:-1])
    of_rank = offset[2] + np.arange(ranks)
    return Pools(of.reshape(stages, kinds), of_rank, wider, start, stop, row[order])


def hazards(pools: Pools, observed: Bools, weight: Floats, pace: Floats) -> Floats:
    """
    Chance of each stay of the pools to end where it ends, among those as long.

    Parameters
    ----------
    observed, pace
        Shape (n,): whether the stay was seen to end; pace of its case beside the usual one. A case of half
        the pace is exposed half as much to the end of a stage (Breslow's estimate with frailties; Klein
        1992).
    weight
        Shape (n,) or (sets, n).

    Returns
    -------
    hazard
        Shape (..., entries of the pools), 0 to 1; 0 for stays that were not seen to end. With weights and
        paces of 1 the product of its complements is Kaplan's and Meier's estimate.
    """
    entry = weight[..., pools.row]
    exposed = entry * pace[pools.row]
    after = np.cumsum(exposed[..., ::-1], axis=-1)[..., ::-1]
    of_pool = np.repeat(np.arange(len(pools.start)), pools.stop - pools.start)
    beyond = np.concatenate([after, np.zeros((*after.shape[:-1], 1))], axis=-1)[..., pools.stop[of_pool]]
    return np.minimum(entry * observed[pools.row] / np.maximum(after - beyond, 1e-12), 1.0)
