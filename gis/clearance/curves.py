"""
Cumulative curves: what was done, what the roadmap wants, how far behind that is, and in which colour.

A curve of what was done is a staircase; a roadmap is straight between its points.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from gis.arrays import Bools, Floats, Texts
from gis.clearance.ledger import Days
from gis.errors import BadInput

Colour = Literal["g", "a", "r"]


class RoadmapFalls(BadInput):
    """A roadmap whose days or amounts do not rise. Facts: row, what."""


class ThresholdsReversed(BadInput):
    """Thresholds of which red comes before amber. Facts: amber_from, red_from."""


@dataclass(frozen=True)
class Curve:
    """
    What was reached by which day.

    Parameters
    ----------
    day, value
        Shape (k,): days in order, each once, and the total from that day on.
    """

    day: Days
    value: Floats

    def at(self, day: ArrayLike) -> Floats:
        """The total on days; 0 before the first change, for what has not begun is at nothing."""
        row = np.searchsorted(self.day, np.asarray(day), side="right")
        return np.concatenate([[0.0], self.value])[row]


#: Of the land to be recovered; when a forecast speaks of completion it means this much. The last households
#: hold out for reasons that no history of others foretells, so the last hectare has no honest date.
COMPLETE_SHARE = 0.95


def reached(day: ArrayLike, value: ArrayLike, level: float) -> int | None:
    """
    The first day on which a rising curve is at a level, straight between its points.

    Parameters
    ----------
    day, value
        Shape (k,), days in order and the total on each.

    Returns
    -------
    day
        None where the curve ends below the level, or there is no curve.
    """
    days, values = np.asarray(day, np.int64), np.asarray(value, float)
    over = np.flatnonzero(values >= level)
    if over.size == 0:
        return None
    first = int(over[0])
    if first == 0 or values[first] == values[first - 1]:
        return int(days[first])
    share = (level - values[first - 1]) / (values[first] - values[first - 1])
    return int(np.ceil(days[first - 1] + share * (days[first] - days[first - 1])))


def cumulative(day: Days, amount: ArrayLike) -> Curve:
    """
    The curve of changes.

    Parameters
    ----------
    day, amount
        Shape (n,), in any order; a correction takes back what was counted.
    """
    days, where = np.unique(day, return_inverse=True)
    per_day = np.bincount(where, weights=np.asarray(amount, float), minlength=len(days))
    return Curve(days.astype(np.int32), np.cumsum(per_day).astype(np.float64))


@dataclass(frozen=True)
class Roadmap:
    """
    What is to be done by which day.

    Parameters
    ----------
    day, value
        Shape (k,): days that rise and cumulative amounts that do not fall.

    Raises
    ------
    RoadmapFalls
        If they do not.
    """

    day: Days
    value: Floats

    def __post_init__(self) -> None:
        for what, wrong in (("day", np.diff(self.day) <= 0), ("value", np.diff(self.value) < 0)):
            if wrong.any():
                raise RoadmapFalls(row=int(np.argmax(wrong)) + 1, what=what)

    def at(self, day: ArrayLike) -> Floats:
        """The amount wanted by days; NaN before the first point, of which the roadmap says nothing."""
        days = np.asarray(day, float)
        if len(self.day) == 0:
            return np.full(days.shape, np.nan)
        return np.interp(days, self.day, self.value, left=np.nan)


def behind(actual: ArrayLike, planned: ArrayLike, total: ArrayLike) -> Floats:
    """Planned less actual as a share of the total, below 0 ahead of the plan; NaN without plan or total."""
    done, wanted, whole = (np.asarray(one, float) for one in (actual, planned, total))
    gap = np.asarray(wanted - done, float)
    return np.divide(gap, whole, out=np.full(np.broadcast(gap, whole).shape, np.nan), where=whole > 0)


@dataclass(frozen=True)
class Rule:
    """
    Red, amber and green, printed with its thresholds wherever a colour is shown.

    Parameters
    ----------
    amber_from, red_from
        From which share of the total behind the plan on.

    Raises
    ------
    ThresholdsReversed
        If red comes before amber.
    """

    amber_from: float = 0.05
    red_from: float = 0.15

    def __post_init__(self) -> None:
        if not 0 < self.amber_from <= self.red_from:
            raise ThresholdsReversed(amber_from=self.amber_from, red_from=self.red_from)

    def colours(self, behind: Floats, late: Bools) -> Texts:
        """
        Colours of zones.

        Parameters
        ----------
        behind
            Shape (n,), as :func:`behind`; NaN without a roadmap.
        late
            Shape (n,): whether the middle of the forecast comes after the last day of the roadmap.

        Returns
        -------
        colour
            Shape (n,): "g", "a", "r"; None without a roadmap.
        """
        colour = np.full(behind.shape, "g", dtype=object)
        colour[behind >= self.amber_from] = "a"
        colour[(behind >= self.red_from) | late] = "r"
        colour[np.isnan(behind)] = None
        return colour
