"""
How often the 80 % band holds what then happened.

An *outcome* of a zone is the hectares truly handed over by a day 6, 12 or 24 months after the question, for
every zone with five open cases at least; it is held if it lies between the curves of 10 and 90 %, borders
counted. An outcome of a case is the true day of its hand-over, for every case open by the record; it is held
if it lies between P10 and P90, where a missing P90 has no end. A case that was handed over before the
question but not on record counts with the day of the question: that is the first day that a forecast names.
Zones whose two curves meet, and cases whose P10 is missing, say nothing and are left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from gis.clearance.forecast import STEP_DAYS, forecast
from tests.gis.made_histories import AS_OF, RANKS, made

HORIZONS_MONTHS = (6, 12, 24)
_POINTS = [round(months * 30.4375 / STEP_DAYS) for months in HORIZONS_MONTHS]


@dataclass(frozen=True)
class Held:
    """Outcomes of one kind, and the shares of them in, below and above the band."""

    outcomes: int
    inside: float
    below: float
    above: float


def backtest(seeds: Iterable[int], draws: int = 200) -> list[Held]:
    """Per horizon, and last for cases, over all seeds together."""
    counts = np.sum([_counts(seed, draws) for seed in seeds], axis=0)
    return [Held(int(n), inside / n, below / n, above / n) for n, inside, below, above in counts]


def _counts(seed: int, draws: int) -> np.ndarray:
    history = made(seed)
    told = forecast(history.cases, history.known, history.shares, RANKS, as_of=AS_OF, seed=seed, draws=draws)
    areas = len(told.ha)
    waiting = np.bincount(history.shares.area[history.known_open], minlength=areas)
    rows: list[list[int]] = []
    for point in _POINTS:
        slow, quick = told.ha[:, 0, point], told.ha[:, 2, point]
        over = history.handed_over <= told.days[point]
        truth = np.bincount(history.shares.area, history.shares.area_ha * over, areas)
        rows.append(_held(truth, slow - 1e-9, quick + 1e-9, (waiting >= 5) & (quick > slow)))
    early, _, late = told.case_day[history.known_open].T
    day = np.maximum(history.handed_over[history.known_open], AS_OF)
    rows.append(_held(day, early, np.where(np.isnan(late), np.inf, late), ~np.isnan(early)))
    return np.array(rows)


def _held(truth: np.ndarray, low: np.ndarray, high: np.ndarray, told: np.ndarray) -> list[int]:
    below, above = truth[told] < low[told], truth[told] > high[told]
    return [int(told.sum()), int((~below & ~above).sum()), int(below.sum()), int(above.sum())]
