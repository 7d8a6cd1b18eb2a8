"""
The figures of clearance, one definition each: land, cases and money by rank, and what they are shares of.

Changes are a ledger: land that a zone gains at one rank on a day it loses at another. Amounts are whole
numbers (mm², cases, đồng), so that sums do not depend on their order and the figure of a day can be worked
out again from the events to the last digit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gis.arrays import Bools, Floats, Ints
from gis.clearance.ledger import OPEN_DAY, Days, Ranks, Runs
from gis.clearance.stages import CLEARED_RANK, GROUPS
from gis.errors import BadInput
from gis.measure import MM2_PER_HA

RANKS = len(GROUPS)
#: What a zone's land handed over is a share of: land of its open cases, land that decisions foresee, the
#: zone itself, its industrial lots.
DENOMINATORS = ("to_recover", "planned", "zone", "industrial")
#: Columns of totals: land by rank, cases by rank, money approved and paid.
AREA, CASES, APPROVED, PAID = slice(0, RANKS), slice(RANKS, 2 * RANKS), 2 * RANKS, 2 * RANKS + 1
_COLUMNS = 2 * RANKS + 2


class NumeratorAboveDenominator(BadInput):
    """A part that is more than the whole. Facts: numerator, denominator, of, row."""


@dataclass(frozen=True)
class Holdings:
    """
    What cases hold of zones.

    Parameters
    ----------
    case, zone
        Shape (k,): each pair once, from 0.
    area_mm2
        Shape (k,): land of the case in the zone (`gis.clearance.shares`).
    counted
        Shape (k,): whether the case counts among the zone's cases, as which it is one and whole.
    """

    case: Ints
    zone: Ints
    area_mm2: Ints
    counted: Bools


@dataclass(frozen=True)
class Changes:
    """
    Amounts by which totals of zones change on days.

    Parameters
    ----------
    zone, day, column, amount
        Shape (n,): which zone, days since 2000-01-01, which of the columns of `Totals`, by how much.
    """

    zone: Ints
    day: Days
    column: NDArray[np.int8]
    amount: Ints

    def __len__(self) -> int:
        return len(self.zone)


@dataclass(frozen=True)
class Totals:
    """
    Totals of zones on one day or several.

    Parameters
    ----------
    values
        Shape (…, zones, 16): mm² by rank, cases by rank, đồng approved, đồng paid.
    """

    values: Ints

    @property
    def area_ha(self) -> Floats:
        """Shape (…, zones, 7), land by rank."""
        return self.values[..., AREA] / MM2_PER_HA

    @property
    def cases(self) -> Ints:
        """Shape (…, zones, 7), cases by rank."""
        return self.values[..., CASES]

    @property
    def to_recover_ha(self) -> Floats:
        """Shape (…, zones), land of all open cases."""
        return self.values[..., AREA].sum(axis=-1) / MM2_PER_HA

    @property
    def handed_over_ha(self) -> Floats:
        """Shape (…, zones): hand-over alone counts as cleared."""
        return self.values[..., CLEARED_RANK] / MM2_PER_HA

    @property
    def approved_vnd(self) -> Ints:
        """Shape (…, zones)."""
        return self.values[..., APPROVED]

    @property
    def paid_vnd(self) -> Ints:
        """Shape (…, zones)."""
        return self.values[..., PAID]

    def by_area(self) -> Ratio:
        """Land handed over of land to be recovered."""
        return ratio_of(self.handed_over_ha, self.to_recover_ha, "to_recover")

    def by_case(self) -> Ratio:
        """Cases handed over of all open cases."""
        return ratio_of(self.cases[..., CLEARED_RANK], self.cases.sum(axis=-1), "cases")

    def by_money(self) -> Ratio:
        """Money paid of money approved."""
        return ratio_of(self.paid_vnd, self.approved_vnd, "approved")


@dataclass(frozen=True)
class Ratio:
    """
    Shares and what they are shares of.

    Parameters
    ----------
    numerator, denominator, ratio
        One shape; the ratio is 0 to 1, NaN where a part of it is not known or there is nothing to share.
    of
        Name of the denominator.
    """

    numerator: Floats
    denominator: Floats
    ratio: Floats
    of: str


def ratio_of(numerator: ArrayLike, denominator: ArrayLike, of: str) -> Ratio:
    """
    Shares of a whole.

    Raises
    ------
    NumeratorAboveDenominator
        If a part is larger than its whole: one of the two is wrong, and neither is cut to fit.
    """
    part, whole = np.broadcast_arrays(np.asarray(numerator, float), np.asarray(denominator, float))
    above = np.flatnonzero(_above(part, whole).ravel())
    if len(above):
        row = int(above[0])
        raise NumeratorAboveDenominator(
            numerator=float(part.flat[row]), denominator=float(whole.flat[row]), of=of, row=row
        )
    share = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    return Ratio(part, whole, share, of)


def ratios(numerator: ArrayLike, denominators: Mapping[str, ArrayLike]) -> dict[str, Ratio]:
    """
    One numerator as a share of wholes that come from elsewhere: decisions, surveys, the press.

    Returns
    -------
    ratios
        By name of the denominator. Of a whole that is smaller than the part the part is no share: NaN.
    """
    told: dict[str, Ratio] = {}
    for of, denominator in denominators.items():
        part, whole = np.broadcast_arrays(np.asarray(numerator, float), np.asarray(denominator, float))
        share = ratio_of(np.where(_above(part, whole), np.nan, part), whole, of).ratio
        told[of] = Ratio(part, whole, share, of)
    return told


def _above(part: Floats, whole: Floats) -> Bools:
    """Whether parts are larger than their wholes; sums of floats may differ in their last digits."""
    return part > whole * (1 + 1e-9)


def pooled(ratio: ArrayLike, denominator: ArrayLike, of: str) -> Ratio:
    """Shares of several areas as one share of all of them: hectares are added, never percentages."""
    whole = np.asarray(denominator, float)
    return ratio_of(np.sum(np.asarray(ratio, float) * whole), whole.sum(), of)


def implied_by(
    numerator: float, claimed: float, denominators: Mapping[str, float], *, within: float = 0.005
) -> tuple[float, tuple[str, ...]]:
    """
    Of what a published share must have been a share.

    Parameters
    ----------
    numerator, claimed
        The amount and the share of it that were published together, the share above 0.
    denominators
        What is known, by name.
    within
        Half a percent, as published shares are rounded to whole ones.

    Returns
    -------
    implied, names
        The whole that the two imply, and those denominators that give the share; none may.
    """
    same = (name for name, whole in denominators.items() if abs(numerator / whole - claimed) <= within)
    return numerator / claimed, tuple(same)


def periods_of(runs: Runs, opened_day: Days, ended_day: Days) -> Runs:
    """
    Which rank each case holds while it is open: rank 0 until its first event, then its runs.

    Parameters
    ----------
    runs
        Runs of the cases, by case and day.
    opened_day, ended_day
        Shape (cases,); `OPEN_DAY` for a case that has not ended.

    Returns
    -------
    periods
        By case and day; `event` is -1 before the first event.
    """
    first = np.full(len(opened_day), OPEN_DAY, dtype=np.int32)
    begins = np.ones(len(runs), dtype=bool)
    begins[1:] = runs.case[1:] != runs.case[:-1]
    first[runs.case[begins]] = runs.from_day[begins]
    waiting = np.arange(len(opened_day))
    case = np.concatenate([waiting, runs.case])
    rank = np.concatenate([np.zeros(len(waiting), dtype=np.int8), runs.rank])
    from_day = np.concatenate([opened_day, runs.from_day])
    to_day = np.minimum(np.concatenate([first, runs.to_day]), ended_day[case])
    event = np.concatenate([np.full(len(waiting), -1), runs.event])
    held = np.flatnonzero(from_day < to_day)
    held = held[np.lexsort((from_day[held], case[held]))]
    return Runs(case[held], rank[held], from_day[held], to_day[held], event[held])


def changes_of(periods: Runs, holdings: Holdings) -> Changes:
    """
    The ledger of land and cases: every period brings what its case holds, and takes it away when it ends.

    Parameters
    ----------
    periods
        By case (`periods_of`, `gis.clearance.ledger.runs_of`).
    holdings
        In any order.
    """
    start = np.searchsorted(periods.case, holdings.case)
    count = np.searchsorted(periods.case, holdings.case, side="right") - start
    held = np.repeat(np.arange(len(count)), count)
    period = np.arange(len(held)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(start, count)
    area = _signed(periods, period, holdings.zone[held], holdings.area_mm2[held], 0)
    whole = np.flatnonzero(holdings.counted[held])
    one = np.ones(len(whole), dtype=np.int64)
    cases = _signed(periods, period[whole], holdings.zone[held[whole]], one, RANKS)
    return joined(area, cases)


def joined(*changes: Changes) -> Changes:
    """All changes of several ledgers."""
    return Changes(
        np.concatenate([one.zone for one in changes]),
        np.concatenate([one.day for one in changes]),
        np.concatenate([one.column for one in changes]),
        np.concatenate([one.amount for one in changes]),
    )


def by_zone(rank: Ranks, holdings: Holdings, n_zones: int) -> Totals:
    """
    Totals of zones from the rank of every case on a day, for questions in both times; without money.

    Parameters
    ----------
    rank
        Shape (cases,), -1 where a case does not count (`gis.clearance.ledger.rank_at`).
    """
    held = rank[holdings.case]
    land = np.flatnonzero(held >= 0)
    one = land[holdings.counted[land]]
    values = np.zeros((n_zones, _COLUMNS), dtype=np.int64)
    np.add.at(values, (holdings.zone[land], held[land]), holdings.area_mm2[land])
    np.add.at(values, (holdings.zone[one], held[one] + RANKS), 1)
    return Totals(values)


def _signed(periods: Runs, period: Ints, zone: Ints, amount: Ints, offset: int) -> Changes:
    ends = np.flatnonzero(periods.to_day[period] < OPEN_DAY)
    column = (periods.rank[period] + offset).astype(np.int8)
    return Changes(
        np.concatenate([zone, zone[ends]]),
        np.concatenate([periods.from_day[period], periods.to_day[period[ends]]]),
        np.concatenate([column, column[ends]]),
        np.concatenate([amount, -amount[ends]]),
    )
