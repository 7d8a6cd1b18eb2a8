"""
What follows from stages of cases, and no more: the zones that they touch, from the day on that they change.

The same rules run as for a whole refresh (`layers.supply.rows`), over the days that are in question; rows
that begin earlier are found again in what is stored and go on, or end. A test holds both ways to the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import shapely
from sqlalchemy import Connection

from gis.land import PlotPeriod, SupplyPeriod
from layers.catalogue.free_plots import TABLE as FREE_PLOTS
from layers.catalogue.zone_supply import TABLE as SUPPLY
from layers.records.data_versions import bump
from layers.supply import handovers
from layers.supply.rows import (
    Holders,
    Limits,
    Stored,
    as_multi,
    derived,
    holders,
    plot_rows,
    supply_rows,
    until,
)
from layers.supply.store import Written, store, stored
from layers.supply.units import Unit, family, load, lock

ONE_DAY = timedelta(days=1)


@dataclass
class Followed:
    """How many zones were brought in step, and which could not be followed from what is stored."""

    count: int = 0
    out_of_step: list[str] = field(default_factory=list[str])


def follow(db: Connection, take_ids: Sequence[int]) -> Followed:
    """Bring the supply of zones in step with the stages of the cases that some takes belong to."""
    takes = handovers.of_same_cases(db, take_ids)
    touched = handovers.changed(db, takes)
    if not touched:
        return Followed()
    keys = family(db, [change.zone_key for change in touched])
    lock(db, keys)
    touched = handovers.changed(db, takes)  # as the writer before left it
    if not touched:
        return Followed()
    since = min(change.since for change in touched)
    handovers.renew_takes(db, touched)
    units = load(db, keys, since - ONE_DAY)
    limits = Limits.now(db)
    changed = {change.zone_key for change in touched}
    parks = {units[key].parent_key for key in changed}
    unknown = {change.zone_key for change in touched if not _known(change, units[change.zone_key])}
    followed, written = Followed(), Written()
    for unit in [unit for unit in units.values() if unit.key in changed or unit.key in parks]:
        if unit.key in unknown or not _follow_one(db, unit, units, limits, since, written):
            followed.out_of_step.append(unit.key)
        else:
            followed.count += 1
    if written.tables:
        bump(db, written.tables)
    return followed


def _known(change: handovers.Changed, unit: Unit) -> bool:
    """Whether it is known what the zone's supply rested on; before a first whole refresh it is not."""
    return bool(change.before) or any(piece.take_id not in change.after for piece in unit.cleared)


def _follow_one(
    db: Connection, unit: Unit, units: Mapping[str, Unit], limits: Limits, since: date, written: Written
) -> bool:
    """Bring one zone in step from a day on; False where what is stored does not lead up to it."""
    held = holders(unit, units)
    eve = since - ONE_DAY
    if not held.members or not unit.exists_after(eve):
        return True  # no figure of the zone rests on hand-overs of that time
    if eve < held.since:
        return False
    before = _Eve(
        stored(db, FREE_PLOTS, [unit.key], "known", since),
        stored(db, SUPPLY, [unit.key], "known", since),
        eve,
    )
    periods, figures = derived(held, limits, eve)
    plots = before.plots(held, periods)
    supply = before.supply(held, figures)
    if plots is None or supply is None:
        return False
    written += store(
        db, [unit.key], "known", until(plots, unit.until), until(supply, unit.until), since=since
    )
    return True


@dataclass(frozen=True)
class _Eve:
    """Rows that stand on the last day that stays as it is, or begin later."""

    plot_rows: list[Stored]
    supply_rows: list[Stored]
    day: date

    def plots(self, held: Holders, periods: Sequence[PlotPeriod]) -> list[Stored] | None:
        """Rows of plots, where those of the eve are the ones that are stored; None where they are not."""
        standing = {
            (tuple(row["lot_numbers"]), bytes(row["wkb"])): row
            for row in self.plot_rows
            if row["valid_from"] <= self.day
        }
        numbers = held.numbers
        carried: list[Stored] = []
        for period in (p for p in periods if p.valid_from == self.day):
            lots = tuple(numbers[code] for code in period.plot.lot_codes)
            row = standing.pop((lots, shapely.to_wkb(as_multi(period.plot.polygon))), None)
            if row is None or row["illustrative"] != held.unit.illustrative:
                return None
            carried.append({**row, "valid_to": period.valid_to})
        if standing:
            return None
        later = [period for period in periods if period.valid_from > self.day]
        return [*carried, *plot_rows(held.unit, later, numbers, carried)]

    def supply(self, held: Holders, periods: Sequence[SupplyPeriod]) -> list[Stored] | None:
        """Rows of figures, likewise."""
        standing = [row for row in self.supply_rows if row["valid_from"] <= self.day]
        if len(standing) != 1:
            return None
        begun = replace(periods[0], valid_from=standing[0]["valid_from"])
        first, *later = supply_rows(held, [begun, *periods[1:]])
        same = {name: value for name, value in standing[0].items() if name not in ("id", "valid_to")}
        if same != {name: value for name, value in first.items() if name != "valid_to"}:
            return None
        return [first, *later]
