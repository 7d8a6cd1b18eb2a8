"""
Totals of all zones on any day, from arrays that stay in memory.

The totals on the first day of every month are kept; a day adds the few changes since then. A series by month
is what is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from gis.arrays import Ints
from gis.clearance.figures import PAID, Changes, Totals
from gis.clearance.ledger import Days

_COLUMNS = PAID + 1
_EPOCH = date(2000, 1, 1)


@dataclass(frozen=True)
class Resident:
    """
    A ledger, ready for questions.

    Parameters
    ----------
    month_day
        Shape (m,): first days of months, days since 2000-01-01; no change is before the first of them.
    at_month
        Shape (m, zones, 16): totals of everything before each of those days.
    day, place, amount
        Shape (n,): the changes by day; a place is zone · 16 + column.
    """

    month_day: Days
    at_month: Ints
    day: Days
    place: NDArray[np.int32]
    amount: Ints

    @classmethod
    def of(cls, changes: Changes, n_zones: int, until: date) -> Resident:
        """The ledger of `n_zones` zones with its months up to the end of the one of `until`."""
        last = max((until - _EPOCH).days, int(changes.day.max(initial=0)))
        month_day = _month_days(int(changes.day.min(initial=last)), last)
        order = np.argsort(changes.day, kind="stable")
        day = changes.day[order]
        place = (changes.zone * _COLUMNS + changes.column)[order].astype(np.int32)
        amount = changes.amount[order]
        at_month = np.zeros((len(month_day), n_zones, _COLUMNS), dtype=np.int64)
        flat = at_month.reshape(len(month_day), -1)
        stop = np.searchsorted(day, month_day)
        for month in range(1, len(month_day)):
            rows = slice(stop[month - 1], stop[month])
            flat[month] = flat[month - 1]
            np.add.at(flat[month], place[rows], amount[rows])
        return cls(month_day, at_month, day, place, amount)

    def at(self, day: int) -> Totals:
        """Totals at the end of a day (days since 2000-01-01): changes of the day itself count."""
        month = int(np.searchsorted(self.month_day, np.int32(day), side="right")) - 1
        if month < 0:
            return Totals(np.zeros_like(self.at_month[0]))
        values = self.at_month[month].copy()
        # Asked in the type of the days, or all of them would be copied into another.
        first, stop = np.searchsorted(self.day, np.array([self.month_day[month], day + 1], dtype=np.int32))
        np.add.at(values.reshape(-1), self.place[first:stop], self.amount[first:stop])
        return Totals(values)

    def series(self, months: int) -> tuple[Days, Totals]:
        """
        The last so many ends of months.

        Returns
        -------
        day, totals
            Shape (months,), last days of months; totals of shape (months, zones, 16), a view.
        """
        return (self.month_day[-months:] - 1).astype(np.int32), Totals(self.at_month[-months:])

    def with_changes(self, changes: Changes) -> Resident:
        """The ledger after an edit, whose changes lie within the months that are kept."""
        order = np.argsort(changes.day, kind="stable")
        day, amount = changes.day[order], changes.amount[order]
        place = (changes.zone * _COLUMNS + changes.column)[order].astype(np.int32)
        at_month = self.at_month.copy()
        flat = at_month.reshape(len(at_month), -1)
        for begins, where, by in zip(
            np.searchsorted(self.month_day, day, "right"), place, amount, strict=True
        ):
            flat[begins:, where] += by
        row = np.searchsorted(self.day, day, side="right")
        return Resident(
            self.month_day,
            at_month,
            np.insert(self.day, row, day),
            np.insert(self.place, row, place),
            np.insert(self.amount, row, amount),
        )


def _month_days(first: int, last: int) -> Days:
    """First days of months, from that of `first` to the one after `last`."""
    begin, end = (np.datetime64(_EPOCH) + np.array([first, last])).astype("datetime64[M]")
    months = np.arange(begin, end + 2).astype("datetime64[D]")
    return (months - np.datetime64(_EPOCH)).astype(np.int32)
