"""
How fast the work of a zone goes, month by month, and how it may go on.

When money stops, when Tết comes, when an office is short of people, all cases of a zone stand still together.
So a zone has a clock of its own: stays are measured on it, and what the future holds is how that clock will
run. Its speed is read from the stages that ended against those that were to be expected; it moves between a
few levels, and how it moves is learnt from all zones (a hidden Markov chain with Poisson counts; Rabiner
1989).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gis.arrays import Bools, Floats, Ints

#: Time is cut into pieces of so many days.
PIECE_DAYS = 15
#: Speeds of a zone's work beside the usual one; the first is a standstill.
SPEEDS = np.array([0.03, 0.25, 0.5, 0.75, 1.0, 1.3, 1.7, 2.3])
#: Parts of the year whose speed is told apart.
SEASONS = 24
_PRIOR_STAY = 0.9  # before anything is seen: a speed holds for some five months
_PRIOR_WEIGHT = 4.0  # and that belief weighs as much as four pieces of history
_SEASON_WEIGHT = 25.0  # stages expected in a season before its speed is believed by half


@dataclass(frozen=True)
class Tempo:
    """
    Speeds of the zones so far, and what they may change to.

    Parameters
    ----------
    first_day
        Start of the first piece of time.
    speed
        Shape (zones, pieces): mean speed of each zone in each piece, without the season.
    levels
        Shape (levels,): the speeds between which a zone changes.
    season
        Shape (SEASONS,): speed of the parts of the year, mean 1.
    now
        Shape (zones, levels): how probable each speed is at the end.
    moves
        Shape (levels, levels): how often one speed was followed by another, with the prior.
    """

    first_day: int
    speed: Floats
    levels: Floats
    season: Floats
    now: Floats
    moves: Floats


def season_of(day: NDArray[Any]) -> Ints:
    """Part of the year of each day counted from 2000-01-01."""
    return np.asarray((day % 365.25) * (SEASONS / 365.25), dtype=np.int64) % SEASONS


def usual(zones: int, first_day: int, pieces: int) -> Tempo:
    """The tempo before anything is known: every clock runs as the calendar."""
    levels = len(SPEEDS)
    moves = _PRIOR_WEIGHT * _prior()
    now = np.full((zones, levels), 1 / levels)
    return Tempo(first_day, np.ones((zones, pieces)), SPEEDS, np.ones(SEASONS), now, moves)


def learn(tempo: Tempo, ended: Floats, expected: Floats, stopped: Floats) -> Tempo:
    """
    A better tempo from what happened.

    Parameters
    ----------
    tempo
        The belief so far.
    ended
        Shape (zones, pieces): stages that ended.
    expected
        Shape (zones, pieces): stages that would have ended at speed 1 in a usual season; 0 where no case was
        open.
    stopped
        Shape (zones, pieces): 1 where a stop of the work is on record, else 0.
    """
    pieces = ended.shape[1]
    part = season_of(tempo.first_day + PIECE_DAYS * (np.arange(pieces) + 0.5))
    season = _season(ended, expected * tempo.speed, part)
    likelihood = _likelihood(ended, expected * season[part], stopped)
    chance, now, moved = _forward_backward(likelihood, _shares(tempo.moves), expected > 0)
    speed = chance @ SPEEDS
    # The usual speed is 1 by definition, or clocks and stays could both grow without end.
    unit = max(float(np.sum(expected * speed) / max(np.sum(expected), 1e-9)), 0.05)
    moves = moved + _PRIOR_WEIGHT * _prior()
    return Tempo(tempo.first_day, speed / unit, SPEEDS / unit, season, now, moves)


def rate(tempo: Tempo) -> Floats:
    """Shape (zones, pieces): days on the clock per day of the calendar."""
    pieces = tempo.speed.shape[1]
    return tempo.speed * tempo.season[season_of(tempo.first_day + PIECE_DAYS * (np.arange(pieces) + 0.5))]


def clock(tempo: Tempo) -> Floats:
    """Shape (zones, pieces + 1): how far each zone's clock has come at the borders of the pieces, in days."""
    run = np.cumsum(rate(tempo) * PIECE_DAYS, axis=1)
    return np.concatenate([np.zeros((len(run), 1)), run], axis=1)


def read_clock(clock_days: Floats, first_day: int, zone: Ints, day: Ints | Floats) -> Floats:
    """What each zone's clock shows on each day; within a piece it runs evenly."""
    at = np.clip((day - first_day) / PIECE_DAYS, 0.0, clock_days.shape[1] - 1.0)
    piece = np.minimum(at.astype(np.int64), clock_days.shape[1] - 2)
    before = clock_days[zone, piece]
    return before + (at - piece) * (clock_days[zone, piece + 1] - before)


def _prior() -> Floats:
    levels = len(SPEEDS)
    return np.eye(levels) * _PRIOR_STAY + (1 - np.eye(levels)) * (1 - _PRIOR_STAY) / (levels - 1)


def _shares(counts: Floats) -> Floats:
    return counts / counts.sum(axis=1, keepdims=True)


def _season(ended: Floats, expected: Floats, part: Ints) -> Floats:
    seen = np.bincount(part, ended.sum(axis=0), SEASONS) + _SEASON_WEIGHT
    foreseen = np.bincount(part, expected.sum(axis=0), SEASONS) + _SEASON_WEIGHT
    speed = seen / foreseen
    return speed / speed.mean()


def _likelihood(ended: Floats, expected: Floats, stopped: Floats) -> Floats:
    """Shape (zones, pieces, levels): chance of what was seen at each speed, up to a factor."""
    mean = expected[:, :, None] * SPEEDS
    log = ended[:, :, None] * np.log(np.maximum(mean, 1e-9)) - mean
    log = np.where(expected[:, :, None] > 0, log, 0.0)
    chance = np.exp(log - log.max(axis=2, keepdims=True))
    only_stop = np.where(np.arange(len(SPEEDS)) == 0, 1.0, 1e-3)
    return np.where(stopped[:, :, None] > 0, chance * only_stop, chance) + 1e-12


def _forward_backward(likelihood: Floats, move: Floats, seen: Bools) -> tuple[Floats, Floats, Floats]:
    zones, pieces, levels = likelihood.shape
    ahead = np.empty((pieces, zones, levels))
    at = np.full((zones, levels), 1.0 / levels)
    for piece in range(pieces):
        at = (at @ move if piece else at) * likelihood[:, piece]
        at /= at.sum(axis=1, keepdims=True)
        ahead[piece] = at
    chance = np.empty((pieces, zones, levels))
    moved = np.zeros((levels, levels))
    back = np.ones((zones, levels))
    for piece in range(pieces - 1, -1, -1):
        here = ahead[piece] * back
        chance[piece] = here / here.sum(axis=1, keepdims=True)
        if piece:
            later = likelihood[:, piece] * back
            pair = ahead[piece - 1][:, :, None] * move[None] * later[:, None, :]
            pair /= pair.sum(axis=(1, 2), keepdims=True)
            moved += pair[seen[:, piece]].sum(axis=0)
            back = later @ move.T
            back /= back.sum(axis=1, keepdims=True)
    return chance.transpose(1, 0, 2), ahead[-1], moved
