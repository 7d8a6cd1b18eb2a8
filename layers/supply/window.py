"""
What follows from stages of cases, and no more: the zones that they touch, from the day on that they change.

The same rules run as for a whole refresh (`layers.supply.rows`), over the days and the block of lots that are
in question; rows that begin earlier are found again in what is stored and go on, or end. Where a block cannot
tell, the whole zone is looked at from that day on. A test holds all ways to the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection

from layers.catalogue.free_plots import TABLE as FREE_PLOTS
from layers.catalogue.zone_supply import TABLE as SUPPLY
from layers.records.data_versions import bump
from layers.supply import handovers
from layers.supply.block import ONE_DAY, tell
from layers.supply.eve import plots_after, supply_after
from layers.supply.handovers import Changed
from layers.supply.rows import Limits, derived, holders, until
from layers.supply.store import Pair, Written, stored, write
from layers.supply.units import Unit, load, lock_family, outlines


@dataclass
class Followed:
    """How many zones were brought in step, and which could not be followed from what is stored."""

    count: int = 0
    out_of_step: list[str] = field(default_factory=list[str])


def follow(db: Connection, take_ids: Sequence[int], zone_keys: Sequence[str] = ()) -> Followed:
    """
    Bring the supply of zones in step with the stages of the cases that some takes belong to.

    ``zone_keys`` are zones that the takes are known to meet: not to have to ask before they are locked.
    """
    keys = lock_family(db, zone_keys) if zone_keys else []
    while True:
        touched = handovers.changed(db, take_ids)  # as the writer before left it
        new = {change.zone_key for change in touched} - set(keys)
        if not new:
            break
        keys = sorted({*keys, *lock_family(db, sorted(new))})
    if not touched:
        return Followed()
    units = outlines(db, keys)
    limits = Limits.now(db)
    followed, written = Followed(), Written()
    untold: list[tuple[list[Changed], list[str]]] = []
    plots: Pair = ([], [])
    supply: Pair = ([], [])
    for head, changes in _by_head(units, touched).items():
        told = tell(db, _family(units, head), changes, limits)
        for rows in told.values():
            if rows is not None:
                followed.count += 1
                _add(plots, rows.plots)
                _add(supply, rows.supply)
        if rest := [key for key, rows in told.items() if rows is None]:
            untold.append((changes, rest))
    handovers.renew_takes(db, touched)
    write(db, FREE_PLOTS, "known", plots, written)
    write(db, SUPPLY, "known", supply, written)
    for changes, rest in untold:
        _follow_whole(db, units, changes, rest, limits, followed, written)
    if written.tables:
        bump(db, written.tables)
    return followed


def _by_head(units: Mapping[str, Unit], touched: Sequence[Changed]) -> dict[str, list[Changed]]:
    """Changes by the park in which they lie."""
    found: dict[str, list[Changed]] = {}
    for change in touched:
        found.setdefault(units[change.zone_key].parent_key or change.zone_key, []).append(change)
    return found


def _family(units: Mapping[str, Unit], head: str) -> dict[str, Unit]:
    return {key: unit for key, unit in units.items() if head in (key, unit.parent_key)}


def _add(to: Pair, rows: Pair) -> None:
    for all_of_them, some in zip(to, rows, strict=True):
        all_of_them += some


# --- a whole zone, from a day on -----------------------------------------------------------------------


def _follow_whole(
    db: Connection,
    outlined: Mapping[str, Unit],
    touched: Sequence[Changed],
    keys: Sequence[str],
    limits: Limits,
    followed: Followed,
    written: Written,
) -> None:
    since = min(change.since for change in touched)
    head = outlined[touched[0].zone_key].parent_key or touched[0].zone_key
    units = load(db, list(_family(outlined, head)), since - ONE_DAY)
    unknown = {change.zone_key for change in touched if not _known(change, units[change.zone_key])}
    for key in keys:
        if key in unknown or not _follow_one(db, units[key], units, limits, since, written):
            followed.out_of_step.append(key)
        else:
            followed.count += 1


def _known(change: Changed, unit: Unit) -> bool:
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
    periods, figures = derived(held, limits, eve)
    plot_rows = stored(db, FREE_PLOTS, [unit.key], "known", since)
    supply_rows = stored(db, SUPPLY, [unit.key], "known", since)
    plots = plots_after(plot_rows, eve, held, periods)
    supply = supply_after(supply_rows, eve, held, figures)
    if plots is None or supply is None:
        return False
    write(db, FREE_PLOTS, "known", (plot_rows, until(plots, unit.until)), written)
    write(db, SUPPLY, "known", (supply_rows, until(supply, unit.until)), written)
    return True
