"""
Ways on for open cases, drawn from the cases that went before; compiled, for there are millions.

A case in a stage goes on as an earlier one did that stayed at least as long in it. Where that one has not
come further yet, another takes over that stayed at least as long there: mass is handed on to the longer
stays, which is what Kaplan and Meier's estimate does (Efron 1967). So a draw keeps what belongs together on
one way – a refusal, enforcement after it, slow hands – without a model of it.

Every number is drawn by the key of the case or zone and the number of the draw: the order of cases changes
nothing.
"""

# numba reads these functions itself; the checker sees none of its types.
# pyright: reportUntypedFunctionDecorator=false, reportMissingParameterType=false
# pyright: reportUnknownParameterType=false

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

#: Stays as long as a case's below which the wider pool is asked.
MIN_AT_RISK = 5
_MOST_STEPS = 64
_MOST_TRIES = 12


@njit(nogil=True, inline="always")
def _mixed(state: Any) -> Any:
    """A step of SplitMix64 (Steele, Lea and Flood 2014)."""
    z = state + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@njit(nogil=True, inline="always")
def _uniform(state: Any) -> Any:
    return np.float64(_mixed(state) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@njit(nogil=True, inline="always")
def _begin(seed: Any, key: Any, draw: Any) -> Any:
    return _mixed(_mixed(_mixed(np.uint64(seed)) ^ np.uint64(key)) ^ np.uint64(draw))


@njit(nogil=True)
def uniforms(seed: Any, key: Any, count: Any) -> Any:
    """Shape (keys, count), in [0, 1): numbers that belong to each key alone."""
    told = np.empty((len(key), count))
    for i in range(len(key)):
        for j in range(count):
            told[i, j] = _uniform(_begin(seed, key[i], j))
    return told


@njit(nogil=True, inline="always")
def _first_above(summed: Any, u: Any) -> Any:
    """The level that a number in [0, 1) falls on; few levels are found quickest one by one."""
    level = 0
    while summed[level] <= u:
        level += 1
    return level


@njit(nogil=True)
def run_clocks(
    seed: Any, zone_key: Any, draws: Any, now: Any, move: Any, speeds: Any, season: Any, unsure: Any
) -> Any:
    """
    Ways the clocks may run.

    Shape (zones, draws, pieces + 1): days on the clock since the start at the borders of the pieces. `now` is
    (zones, levels), `move` (sets, levels, levels) – both cumulated over the last axis –, `season` (pieces,)
    the clock's days per piece at speed 1, `unsure` (zones, draws) a factor that holds for a whole draw.
    """
    zones, pieces, sets = len(zone_key), len(season), len(move)
    clock = np.zeros((zones, draws, pieces + 1), dtype=np.float32)
    for zone in range(zones):
        for draw in range(draws):
            state = _begin(seed, zone_key[zone], draw)
            level = _first_above(now[zone], _uniform(state))
            shown = 0.0
            for piece in range(pieces):
                state += np.uint64(1)
                level = _first_above(move[draw * sets // draws, level], _uniform(state))
                shown += speeds[level] * season[piece] * unsure[zone, draw]
                clock[zone, draw, piece + 1] = shown
    return clock


@njit(nogil=True, inline="always")
def _longer(pool: Any, least: Any, wider: Any, start: Any, stop: Any, length: Any, widest: Any) -> Any:
    """The pool to ask for a stay longer than `least`, and where its longer stays begin."""
    while True:
        low, high = start[pool], stop[pool]
        while low < high:
            middle = (low + high) // 2
            if length[middle] > least:
                high = middle
            else:
                low = middle + 1
        if stop[pool] - low >= MIN_AT_RISK or wider[pool] < 0 or wider[pool] == widest:
            return pool, low
        pool = wider[pool]


@njit(nogil=True, inline="always")
def _ending(low: Any, first: Any, stop: Any, summed: Any, more: Any) -> Any:
    """The first of the stays low … stop−1 by which so much more hazard is gone through; −1 without one."""
    wanted = more + (summed[low - 1] if low > first else 0.0)
    if low >= stop or summed[stop - 1] < wanted:
        return -1
    # Halving without a branch to guess wrong: the answer is in the `count` stays from `low` on.
    count = stop - low
    while count > 1:
        half = count // 2
        low += half * (summed[low + half - 1] < wanted)
        count -= half
    return low


@njit(nogil=True, inline="always")
def _when(ahead: Any, line: Any, pieces: Any) -> Any:
    """In which piece, and how far in it, a clock has run so far ahead; inf beyond its end."""
    if ahead <= 0.0:
        return 0.0
    if line[pieces] < ahead:
        return np.inf
    piece, count = 0, pieces + 1
    while count > 1:
        half = count // 2
        piece += half * (line[piece + half - 1] < ahead)
        count -= half
    return piece - 1 + (ahead - line[piece - 1]) / (line[piece] - line[piece - 1])


@njit(nogil=True)
def draw_ends(
    seed: Any, draws: Any, key: Any, zone: Any, kind: Any, stage: Any, pace: Any, paces: Any, begun: Any,
    seen: Any, of: Any, of_rank: Any, wider: Any, start: Any, stop: Any, row: Any, length: Any,
    summed: Any, onward: Any, rank: Any, cleared: Any,
    clock: Any, now_shown: Any, piece_days: Any,
) -> Any:  # fmt: skip
    """
    Days from today until each case is handed over.

    Parameters
    ----------
    key, zone, kind, stage
        Shape (n,): the open cases.
    pace, paces
        Shape (n, levels), cumulated: how probable each pace of (levels,) is for a case.
    begun
        Shape (n,): what the zone's clock showed when the case came into its stage.
    seen
        Shape (n, l): what the zone's clock showed when the record ends, for l equally likely delays of
        recording, the longest last. Until then the case was in its stage.
    of, of_rank, wider, start, stop, row, length, summed
        The pools, the length of each of their entries, and per set of weights the hazard up to and with each.
    onward, rank
        Shape (r,): the stage that came after each stay; shape (stages,): the group of each stage.
    cleared
        The group that ends the way.
    clock, now_shown, piece_days
        Shape (zones, draws, pieces + 1), (zones,): the clocks from today on, and what they show today.

    Returns
    -------
    days
        Shape (n, draws): inf where hand-over lies beyond what history or the horizon shows; 0 where it has
        probably happened and is not recorded yet.
    """
    widest, sets, pieces, lags = len(start) - 1, len(summed), clock.shape[2] - 1, seen.shape[1]
    days = np.full((len(key), draws), np.inf, dtype=np.float32)
    # Draws of one set and one zone in a row: what they read stays at hand.
    order = np.argsort(zone, kind="mergesort")
    for one in range(len(key) * sets):
        i, of_set = order[one % len(key)], one // len(key)
        hazard, line = summed[of_set], clock[zone[i]]
        narrow = of[stage[i], kind[i]]
        oldest = _longer(narrow, max(seen[i, -1] - begun[i], -1.0), wider, start, stop, length, widest)
        for draw in range(-(-of_set * draws // sets), -(-(of_set + 1) * draws // sets)):
            state = _begin(seed, key[i], draw)
            speed = paces[_first_above(pace[i], _uniform(state))]
            shown, group = begun[i], rank[stage[i]]
            pool, entry = -1, -1
            # Until when does the record speak? A stage that ended before contradicts it: drawn again.
            for attempt in range(_MOST_TRIES):
                state += np.uint64(3)
                since = seen[i, int(_uniform(state) * lags)] - shown
                pool, low = oldest
                if attempt == _MOST_TRIES - 1:
                    pool, low = _longer(narrow, max(since, -1.0), wider, start, stop, length, widest)
                more = -np.log1p(-_uniform(state + np.uint64(1))) / speed
                entry = _ending(low, start[pool], stop[pool], hazard, more)
                if entry < 0 or length[entry] > since:
                    break
            for _ in range(_MOST_STEPS):
                if entry < 0:
                    break
                shown += length[entry]
                if pool == widest:  # all stays know how long, not whereto: on to the next group
                    group += 1
                    pool = of_rank[group]
                else:
                    now = onward[row[entry]]
                    group = rank[now]
                    pool = of[now, kind[i]]
                if group >= cleared:
                    days[i, draw] = _when(shown - now_shown[zone[i]], line[draw], pieces) * piece_days
                    break
                state += np.uint64(3)
                more = -np.log1p(-_uniform(state)) / speed
                entry = _ending(start[pool], start[pool], stop[pool], hazard, more)
    return days


@njit(nogil=True)
def add_up(
    case: Any, area: Any, amount: Any, ends: Any, before: Any, first: Any, step: Any, points: Any
) -> Any:
    """
    Sums handed over by each point of a curve.

    Shape (quantities, areas, points, draws), from `amount` (quantities, shares) of each share, the days
    `ends` (cases, draws), and what was handed over `before` (quantities, areas). Points lie `step` days
    apart.
    """
    quantities, areas = before.shape
    draws = ends.shape[1]
    told = np.zeros((quantities, areas, points, draws))
    for i in range(len(case)):
        for draw in range(draws):
            day = ends[case[i], draw]
            if day <= first + step * (points - 1):
                at = max(int(np.ceil((day - first) / step)), 0)
                for quantity in range(quantities):
                    told[quantity, area[i], at, draw] += amount[quantity, i]
    for quantity in range(quantities):
        for one in range(areas):
            told[quantity, one, 0] += before[quantity, one]
            for at in range(1, points):
                told[quantity, one, at] += told[quantity, one, at - 1]
    return told


@njit(nogil=True)
def latest(case: Any, area: Any, ends: Any, areas: Any) -> Any:
    """Shape (areas, draws): the last of the days `ends` (cases, draws) of each area; inf without any."""
    told = np.full((areas, ends.shape[1]), -np.inf, dtype=np.float32)
    for i in range(len(case)):
        for draw in range(ends.shape[1]):
            told[area[i], draw] = max(told[area[i], draw], ends[case[i], draw])
    for one in range(areas):
        for draw in range(ends.shape[1]):
            if told[one, draw] == -np.inf:
                told[one, draw] = np.inf
    return told
