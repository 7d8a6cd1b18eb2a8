"""
Part of a zone: lots that hold together with some land, and the zone's figures when only they change.

Free land joins across an edge, so what happens on a block of lots changes no plot outside of it: areas of the
zone are what they were, less the block's before and plus the block's after. Areas are whole square
millimetres, so that this is exact; the largest plot is the larger of the block's and the one outside.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import shapely

from gis.arrays import Bools, Geometries
from gis.land import SupplyPeriod, closed
from gis.lot_land import HA_MM2

_NEAR_DEG = 1e-6  # 0.11 m: more than the gap across which lots join

#: Areas of a period that are sums over its lots.
_SUMS = ("industrial_ha", "cleared_ha", "ready_ha", "leased_ha", "reserved_ha", "free_ha")


def block(lots: Geometries, land: Geometries) -> Bools:
    """
    Lots that some land may meet, and all that join them, directly or by others.

    Parameters
    ----------
    lots, land
        Shapes (n,) and (m,), longitude, latitude; none missing.

    Returns
    -------
    inside
        Shape (n,). Land is compared by its boxes: rather a lot too many than one too few.
    """
    inside = np.zeros(len(lots), dtype=bool)
    tree = shapely.STRtree(lots)
    _, found = tree.query(land)
    while len(found):
        new = np.unique(found[~inside[found]])
        inside[new] = True
        _, found = tree.query(lots[new], predicate="dwithin", distance=_NEAR_DEG)
        found = found[~inside[found]]
    return inside


def spliced(
    zone: Sequence[SupplyPeriod],
    before: Sequence[SupplyPeriod],
    after: Sequence[SupplyPeriod],
    lots: Collection[str],
) -> list[SupplyPeriod] | None:
    """
    Figures of a zone of which one block of lots changes.

    Parameters
    ----------
    zone
        As it was, in order; the first begins on the first day of the block's periods, or earlier.
    before, after
        Of the block alone, as it was and as it is, from the same day on.
    lots
        Codes of the block's lots.

    Returns
    -------
    zone
        As it is, the first period begun when it was; None where the block does not explain what the zone was,
        or where the largest plot of the zone may be one that only the other lots can tell.
    """
    first = before[0].valid_from
    days = sorted({first, *(period.valid_from for period in (*zone[1:], *before, *after))})
    found: list[SupplyPeriod] = []
    for day in days:
        period = _swapped(_at(zone, day), _at(before, day), _at(after, day), lots)
        if period is None:
            return None
        if not found or found[-1].figures != period.figures:
            found.append(replace(period, valid_from=day if found else zone[0].valid_from, valid_to=None))
    return closed(found)


def _at(periods: Sequence[SupplyPeriod], day: date) -> SupplyPeriod:
    return next((period for period in reversed(periods) if period.valid_from <= day), periods[0])


def _swapped(
    zone: SupplyPeriod, before: SupplyPeriod, after: SupplyPeriod, lots: Collection[str]
) -> SupplyPeriod | None:
    areas: dict[str, float] = {}
    for name in _SUMS:
        was: float = getattr(zone, name)
        others = _mm2(was) - _mm2(getattr(before, name))
        if others < 0 or _mm2(was) / HA_MM2 != was:
            return None
        areas[name] = (others + _mm2(getattr(after, name))) / HA_MM2
    stood, was_own, new = _rank(zone), _rank(before), _rank(after)
    own = not set(lots).isdisjoint(zone.largest_plot_lots)
    if was_own < stood or -stood[0] / HA_MM2 != zone.largest_plot_ha:
        return None
    if own and (was_own != stood or new > stood):
        return None  # the zone's largest plot got smaller: the next one is not known here
    largest = new if own else min(stood, new)
    return replace(
        zone, **areas, largest_plot_ha=-largest[0] / HA_MM2, largest_plot_lots=largest[1], valid_to=None
    )


def _rank(period: SupplyPeriod) -> tuple[int, tuple[str, ...]]:
    """The largest plot comes first, ties by lots."""
    return -_mm2(period.largest_plot_ha), period.largest_plot_lots


def _mm2(ha: float) -> int:
    return 0 if math.isnan(ha) else round(ha * HA_MM2)
