"""Rows that stand on the last day that stays as it is, and what follows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import shapely

from gis.land import PlotPeriod, SupplyPeriod
from layers.supply.rows import Holders, Stored, as_multi, plot_rows, supply_rows


def plots_after(
    rows: Sequence[Stored], eve: date, held: Holders, periods: Sequence[PlotPeriod]
) -> list[Stored] | None:
    """
    Rows of plots from a day on, where those of that day are the ones that are stored; else None.

    Parameters
    ----------
    rows
        That stand on the day, or begin later.
    periods
        From the day on.
    """
    standing = {
        (tuple(row["lot_numbers"]), bytes(row["wkb"])): row for row in rows if row["valid_from"] <= eve
    }
    numbers = held.numbers
    carried: list[Stored] = []
    for period in (p for p in periods if p.valid_from == eve):
        lots = tuple(numbers[code] for code in period.plot.lot_codes)
        row = standing.pop((lots, shapely.to_wkb(as_multi(period.plot.polygon))), None)
        if row is None or row["illustrative"] != held.unit.illustrative:
            return None
        carried.append({**row, "valid_to": period.valid_to})
    if standing:
        return None
    later = [period for period in periods if period.valid_from > eve]
    return [*carried, *plot_rows(held.unit, later, numbers, carried)]


def supply_after(
    rows: Sequence[Stored], eve: date, held: Holders, periods: Sequence[SupplyPeriod]
) -> list[Stored] | None:
    """Rows of figures, likewise."""
    standing = [row for row in rows if row["valid_from"] <= eve]
    if len(standing) != 1:
        return None
    begun = replace(periods[0], valid_from=standing[0]["valid_from"])
    first, *later = supply_rows(held, [begun, *periods[1:]])
    same = {name: value for name, value in standing[0].items() if name not in ("id", "valid_to")}
    if same != {name: value for name, value in first.items() if name != "valid_to"}:
        return None
    return [first, *later]
