"""
When open cases will be handed over: for each, and for the land of a zone.

Every open case is led on from its stage and the time that it has spent there, many times, along the ways of
cases that went before (`paths`), on the clock of its zone, which all its cases share (`tempo`). What is not
known is drawn too: which cases the history happens to hold (Bayesian bootstrap, Rubin 1981), how zones change
speed, and what has happened but is not on record yet (`durations.reporting_lag`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gis.arrays import Bools, Floats, Ints
from gis.clearance import paces, paths, tempo
from gis.clearance.durations import Pools, hazards, pooled, quantile_day, reporting_lag
from gis.errors import BadInput

#: Cases handed over below which nothing is foretold.
MIN_FINISHED_CASES = 20
#: Levels of a forecast.
LEVELS = (0.1, 0.5, 0.9)
#: How far ahead the clocks run.
HORIZON_DAYS = 3660
#: Days between the points of a curve.
STEP_DAYS = 30
#: Work to come goes faster or slower than all that is known of the past says, by so much in the logarithm for
#: all zones together and again for each: laws, prices and offices change. Not learnt from data: intervals
#: that know only the past are too narrow wherever they were checked (Makridakis et al. 1987 over 1,001
#: series).
UNSURE = 0.15
#: Sets of weights of the cases of the past; draws share them in turn.
SETS = 20
_ROUNDS = 4  # of reading stays on the clocks and clocks from the stays; what changes later is noise
_COMPLETE = 0.9  # share of events on record from which the past is read as it stands
_LONGEST_LAG_DAYS = 365
_LAGS = 32
_CERTAIN = 50.0  # summed hazard of what surely ends


class RunsOutOfOrder(BadInput):
    """The stages of a case are not in the order of their days."""


@dataclass(frozen=True)
class Cases:
    """
    The cases of the past and those to foretell, together.

    Parameters
    ----------
    key
        Shape (m,), unique: a number that stays with the case. Draws hang on it.
    kind, zone
        Shape (m,), 0-based: type of case; zone whose clock it shares.
    """

    key: Ints
    kind: Ints
    zone: Ints


@dataclass(frozen=True)
class Runs:
    """
    What is known of the cases' stages: one row for each stage reached.

    Parameters
    ----------
    case
        Shape (n,): row of the case.
    stage
        Shape (n,), 0-based.
    from_day, recorded_day
        Shape (n,), days since 2000-01-01: when it was reached, and when that was recorded; a day after
        the question where nobody knows when.
    """

    case: Ints
    stage: Ints
    from_day: Ints
    recorded_day: Ints


@dataclass(frozen=True)
class Shares:
    """Hectares of a case in an area: shape (k,) each. A case may count in several: zone, phase, park."""

    case: Ints
    area: Ints
    area_ha: Floats


@dataclass(frozen=True)
class Stops:
    """Stops of funding on record: shape (s,) each. `to_day` is the first day of work again, if far ahead."""

    zone: Ints
    from_day: Ints
    to_day: Ints


@dataclass(frozen=True)
class Forecast:
    """
    What is foretold.

    Parameters
    ----------
    status
        ``"ready"``, or ``"too_little"``: fewer than :data:`MIN_FINISHED_CASES` cases were handed over.
    finished_cases
        How many were: what the forecast rests on.
    case_day
        Shape (m, 3): first day by which a case is handed over in 10, 50 and 90 % of the draws; NaN where
        fewer draws than that end within what history shows. For a case handed over its day, three times.
    days
        Shape (g,): the points of the curves, the first of them the day of the question.
    ha, cases
        Shape (areas, 3, g): handed over by each day, exceeded in 90, 50 and 10 % of the draws: the first
        curve is the slow one. It begins above what is on record where events are likely to be missing.
    done_day
        Shape (areas, 3): day on which the last case of an area is handed over; NaN as in `case_day`.
    """

    status: str
    finished_cases: int
    case_day: Floats
    days: Ints
    ha: Floats
    cases: Floats
    done_day: Floats


@dataclass(frozen=True)
class _Stays:
    """What was over by a day from which on the record is held complete; cut off there."""

    case: Ints
    stage: Ints
    from_day: Ints
    to_day: Ints
    observed: Bools
    following: Ints  # row of the stay that came after; −1 where there is none yet
    lasting: Ints  # rows of the stays that are no hand-over: what a case does not stay in


@dataclass(frozen=True)
class _Learnt:
    """What the past says: the zones' clocks, and the stays measured on them."""

    tempo: tempo.Tempo
    clock: Floats
    pace: paces.Paces
    pools: Pools
    begun: Floats
    length: Floats

    def read(self, zone: Ints, day: Ints | Floats) -> Floats:
        """What each zone's clock shows on each day."""
        return tempo.read_clock(self.clock, self.tempo.first_day, zone, day)


@dataclass(frozen=True)
class _Pieces:
    """The pieces of time that the stays reach over, stay by stay: shape (e,) each."""

    row: Ints  # of the stay
    piece: Ints
    case: Ints
    zone: Ints
    begins: Ints  # where each stay's pieces begin


def forecast(
    cases: Cases,
    runs: Runs,
    shares: Shares,
    rank_of_stage: Ints,
    *,
    as_of: int,
    seed: int = 0,
    draws: int = 500,
    areas: int | None = None,
    stops: Stops | None = None,
) -> Forecast:
    """
    Foretell the hand-over of every open case and the curves of every area.

    Parameters
    ----------
    runs
        In any order; those after `as_of` are not looked at. A case without any is not foretold.
    rank_of_stage
        Shape (stages,): group of each stage; the highest is the hand-over.
    as_of
        Day of the question: nothing recorded later may be among the runs.
    areas
        How many areas `shares` counts; the highest named and those before it where not given.

    Raises
    ------
    RunsOutOfOrder
        If a case comes into two stages on one day.
    """
    order = np.argsort(cases.key, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    cases = Cases(cases.key[order], cases.kind[order], cases.zone[order])
    runs = _sorted(runs, place, as_of)
    last = np.flatnonzero(
        np.append(runs.case[1:] != runs.case[:-1], np.ones(min(len(runs.case), 1), np.bool_))
    )
    over = rank_of_stage[runs.stage[last]] == rank_of_stage.max()
    finished, moving = last[over], last[~over]
    ready = len(finished) >= MIN_FINISHED_CASES
    ends = np.full((len(moving), draws), np.inf, dtype=np.float32)
    if ready and len(moving):
        ends = _ends(cases, runs, moving, rank_of_stage, as_of, seed, draws, stops)
    case_day = np.full((len(order), len(LEVELS)), np.nan)
    case_day[runs.case[finished]] = runs.from_day[finished, None]
    case_day[runs.case[moving]] = _levels(ends)
    counted = areas if areas is not None else int(shares.area.max(initial=-1)) + 1
    in_order = np.lexsort((shares.area, place[shares.case]))
    shares = Shares(place[shares.case][in_order], shares.area[in_order], shares.area_ha[in_order])
    days, ha, number, done = _curves(runs.case[finished], runs.case[moving], ends, shares, counted, as_of)
    status = "ready" if ready else "too_little"
    return Forecast(status, len(finished), case_day[place], days, ha, number, done)


def _sorted(runs: Runs, place: Ints, as_of: int) -> Runs:
    known = np.flatnonzero(runs.from_day <= as_of)
    case, from_day = place[runs.case[known]], runs.from_day[known]
    order = np.lexsort((from_day, case))
    known, case, from_day = known[order], case[order], from_day[order]
    twice = (case[1:] == case[:-1]) & (from_day[1:] == from_day[:-1])
    if np.any(twice):
        raise RunsOutOfOrder(case=int(runs.case[known[1:][twice][0]]))
    return Runs(case, runs.stage[known], from_day, runs.recorded_day[known])


def _ends(
    cases: Cases,
    runs: Runs,
    moving: Ints,
    rank_of_stage: Ints,
    as_of: int,
    seed: int,
    draws: int,
    stops: Stops | None,
) -> NDArray[np.float32]:
    """Shape (moving, draws): the day on which each open case is handed over; inf where not foreseen."""
    # What is recorded later than that was an old file taken over, not news.
    news = runs.recorded_day - runs.from_day <= _LONGEST_LAG_DAYS
    lag = reporting_lag(runs.from_day[news], runs.recorded_day[news], as_of)
    complete_after = int(min(quantile_day(lag, _COMPLETE), _LONGEST_LAG_DAYS))
    early = runs.from_day <= as_of - complete_after
    over = np.count_nonzero(rank_of_stage[runs.stage[early]] == rank_of_stage.max())
    past = _stays(runs, rank_of_stage, as_of - (complete_after if over >= MIN_FINISHED_CASES else 0))
    known = _learnt(cases, past, rank_of_stage, as_of, stops)
    case = runs.case[moving]
    zone = cases.zone[case]
    shares = (np.arange(_LAGS) + 0.5) / _LAGS
    lags = np.array([min(quantile_day(lag, float(share)), _LONGEST_LAG_DAYS) for share in shares])
    pools = known.pools
    length = known.length[pools.row].astype(np.float32)
    onward = np.where(past.following >= 0, past.stage[past.following], -1)
    ahead = paths.draw_ends(
        seed, draws, cases.key[case], zone, cases.kind[case], runs.stage[moving],
        _summed(known.pace.chance[case]), known.pace.levels, known.read(zone, runs.from_day[moving]),
        np.stack([known.read(zone, np.full(len(zone), as_of - late)) for late in lags], axis=1),
        pools.of, pools.of_rank, pools.wider, pools.start, pools.stop, pools.row, length,
        _summed_hazards(known, past, cases, seed), onward, rank_of_stage,
        int(rank_of_stage.max()), _clocks_ahead(known.tempo, as_of, seed, draws),
        known.read(np.arange(len(known.clock)), np.full(len(known.clock), as_of)), float(tempo.PIECE_DAYS),
    )  # fmt: skip
    return as_of + np.ceil(ahead)


def _stays(runs: Runs, rank_of_stage: Ints, complete_day: int) -> _Stays:
    kept = np.flatnonzero(runs.from_day <= complete_day)
    case, stage, from_day = runs.case[kept], runs.stage[kept], runs.from_day[kept]
    onward = np.append(case[1:] == case[:-1], np.zeros(min(len(kept), 1), np.bool_))
    to_day = np.where(onward, np.append(from_day[1:], complete_day), complete_day)
    return _Stays(
        case=case,
        stage=stage,
        from_day=from_day,
        to_day=to_day,
        observed=onward,
        following=np.where(onward, np.arange(len(kept)) + 1, -1),
        lasting=np.flatnonzero(rank_of_stage[stage] < rank_of_stage.max()),
    )


def _learnt(cases: Cases, past: _Stays, rank_of_stage: Ints, as_of: int, stops: Stops | None) -> _Learnt:
    """Stays measured on the zones' clocks, clocks and paces read from the stays, in turns until all agree."""
    zones, count = int(cases.zone.max()) + 1, len(cases.key)
    first_day = int(past.from_day.min())
    pieces = (as_of - first_day) // tempo.PIECE_DAYS + 1
    zone = cases.zone[past.case]
    ended = np.zeros((zones, pieces))
    ends = past.lasting[past.observed[past.lasting]]
    np.add.at(ended, (zone[ends], (past.to_day[ends] - first_day) // tempo.PIECE_DAYS), 1.0)
    finished = np.bincount(past.case[ends], minlength=count).astype(np.float64)
    stopped = _stopped(stops, zones, first_day, pieces)
    known = _measured(tempo.usual(zones, first_day, pieces), paces.usual(count), cases, past, rank_of_stage)
    at = _pieces(past, cases, first_day)
    for _ in range(_ROUNDS):
        hazard = _exposed(known, past, cases, at)
        pace = paces.learn(known.pace, finished, np.bincount(at.case, hazard, count).astype(np.float64))
        expected = np.bincount(at.zone * pieces + at.piece, hazard * pace.mean[at.case], zones * pieces)
        usual = expected.reshape(zones, pieces) / tempo.rate(known.tempo)
        learnt = tempo.learn(known.tempo, ended, usual, stopped)
        known = _measured(learnt, pace, cases, past, rank_of_stage)
    return known


def _measured(
    learnt: tempo.Tempo, pace: paces.Paces, cases: Cases, past: _Stays, rank_of_stage: Ints
) -> _Learnt:
    clock, zone, kind = tempo.clock(learnt), cases.zone[past.case], cases.kind[past.case]
    begun = tempo.read_clock(clock, learnt.first_day, zone, past.from_day)
    length = tempo.read_clock(clock, learnt.first_day, zone, past.to_day) - begun
    stay = past.lasting
    kinds = int(cases.kind.max()) + 1
    lot = paths.uniforms(0, cases.key, 1)[past.case[stay], 0]
    pools = pooled(past.stage[stay], kind[stay], rank_of_stage, kinds, length[stay], past.observed[stay], lot)
    return _Learnt(learnt, clock, pace, replace(pools, row=stay[pools.row]), begun, length)


def _pieces(past: _Stays, cases: Cases, first_day: int) -> _Pieces:
    stay = past.lasting
    first = (past.from_day[stay] - first_day) // tempo.PIECE_DAYS
    count = (past.to_day[stay] - first_day) // tempo.PIECE_DAYS - first + 1
    begins = np.cumsum(count) - count
    row = np.repeat(stay, count)
    piece = np.arange(len(row)) - np.repeat(begins - first, count)
    case = past.case[row]
    return _Pieces(row, piece, case, cases.zone[case], begins)


def _exposed(known: _Learnt, past: _Stays, cases: Cases, at: _Pieces) -> Floats:
    """Shape of `at`: hazard of a usual case that each stay went through in each piece of time."""
    until = np.clip(known.clock[at.zone, at.piece + 1] - known.begun[at.row], 0.0, known.length[at.row])
    pools, gone = known.pools, np.zeros(len(at.row))
    each = hazards(pools, past.observed, np.ones(len(known.length)), known.pace.mean[past.case])
    of = pools.of[past.stage, cases.kind[past.case]][at.row]
    for pool in np.unique(pools.of):
        entries = slice(pools.start[pool], pools.stop[pool])
        asked = np.flatnonzero(of == pool)
        if len(asked):
            days = np.append(0.0, known.length[pools.row[entries]])
            gone[asked] = np.interp(until[asked], days, np.append(0.0, np.cumsum(each[entries])))
    before = np.append(0.0, gone[:-1])
    before[at.begins] = 0.0
    return gone - before


def _stopped(stops: Stops | None, zones: int, first_day: int, pieces: int) -> Floats:
    told = np.zeros((zones, pieces))
    if stops is not None:
        middle = first_day + tempo.PIECE_DAYS * (np.arange(pieces) + 0.5)
        held = (middle >= stops.from_day[:, None]) & (middle < stops.to_day[:, None])
        np.maximum.at(told, stops.zone, held.astype(np.float64))
    return told


def _summed_hazards(known: _Learnt, past: _Stays, cases: Cases, seed: int) -> NDArray[np.float32]:
    """Shape (sets, entries of the pools): hazard up to and with each in its pool; a case has one weight."""
    weight = -np.log1p(-paths.uniforms(seed, cases.key, SETS)).T
    each = hazards(known.pools, past.observed, weight[:, past.case], known.pace.mean[past.case])
    with np.errstate(divide="ignore"):
        summed = np.maximum(np.log1p(-each), -_CERTAIN)
    summed = -np.cumsum(summed, axis=1)
    start = np.repeat(known.pools.start, known.pools.stop - known.pools.start)
    before = np.concatenate([np.zeros((SETS, 1)), summed], axis=1)[:, start]
    return (summed - before).astype(np.float32)


def _clocks_ahead(learnt: tempo.Tempo, as_of: int, seed: int, draws: int) -> NDArray[np.float32]:
    """Shape (zones, draws, pieces + 1): days that each zone's clock runs from the day of the question on."""
    random = np.random.default_rng(seed)
    moves = random.standard_gamma(np.broadcast_to(learnt.moves, (SETS, *learnt.moves.shape)))
    middle = as_of + tempo.PIECE_DAYS * (np.arange(HORIZON_DAYS // tempo.PIECE_DAYS) + 0.5)
    per_piece = learnt.season[tempo.season_of(middle)] * tempo.PIECE_DAYS
    zone_key = np.arange(len(learnt.now))
    unsure = np.exp(UNSURE * (random.standard_normal(draws) + random.standard_normal((len(zone_key), draws))))
    return paths.run_clocks(
        seed, zone_key, draws, _summed(learnt.now), _summed(moves), learnt.levels, per_piece, unsure
    )


def _summed(chance: Floats) -> Floats:
    """Chances summed over the last axis, up to exactly 1."""
    summed = np.cumsum(chance, axis=-1)
    return summed / summed[..., -1:]


def _levels(draws: NDArray[np.float32]) -> Floats:
    """Shape (n, 3): the smallest draws that 10, 50 and 90 % do not exceed; NaN where one is infinite."""
    at = [int(np.ceil(level * draws.shape[-1])) - 1 for level in LEVELS]
    told = np.partition(draws, at, axis=-1)[..., at].astype(np.float64)
    return np.where(np.isfinite(told), told, np.nan)


def _curves(
    finished: Ints, moving: Ints, ends: NDArray[np.float32], shares: Shares, areas: int, as_of: int
) -> tuple[Ints, Floats, Floats, Floats]:
    days = as_of + STEP_DAYS * np.arange(HORIZON_DAYS // STEP_DAYS + 1)
    most = int(max(finished.max(initial=-1), moving.max(initial=-1), shares.case.max(initial=-1))) + 1
    row = np.full(most, -1)
    row[moving] = np.arange(len(moving))
    over = np.zeros(most, dtype=np.bool_)
    over[finished] = True
    amount = np.stack([shares.area_ha, np.ones(len(shares.case))])
    held = over[shares.case]
    start = [np.bincount(shares.area[held], weights, areas) for weights in amount[:, held]]
    ahead = row[shares.case] >= 0
    told = paths.add_up(
        row[shares.case[ahead]], shares.area[ahead], amount[:, ahead], ends, np.stack(start), as_of,
        STEP_DAYS, len(days),
    )  # fmt: skip
    ha, number = np.moveaxis(_levels_of_sums(told), -1, -2)
    done = paths.latest(row[shares.case[ahead]], shares.area[ahead], ends, areas)
    return days, ha, number, _levels(done)


def _levels_of_sums(sums: Floats) -> Floats:
    at = [int(np.ceil(level * sums.shape[-1])) - 1 for level in LEVELS]
    return np.partition(sums, at, axis=-1)[..., at]
