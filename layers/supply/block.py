"""
What hand-overs change in the block of lots that they lie on; the rest of the zone stays as it is stored.

Lots between two roads are a block: no plot reaches beyond it. Its land is worked out as it was and as it is,
and the zone's figures change by the difference (`gis.blocks`). Where what is stored cannot be explained by
that, nothing is told, and the zone is followed as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache

import numpy as np
import shapely
from sqlalchemy import Connection, Date, Float, bindparam, func, or_, select

from gis.blocks import block, spliced
from gis.crs import STORAGE_SRID
from gis.land import SupplyPeriod
from gis.lot_land import HA_MM2
from gis.zone_land import geometries
from layers.catalogue.free_plots import TABLE as FREE_PLOTS
from layers.catalogue.zone_supply import TABLE as SUPPLY
from layers.layer import Rows
from layers.records.cases import TAKES
from layers.records.handovers import HANDOVERS
from layers.supply.eve import plots_after
from layers.supply.handovers import Changed, Land, rests_on_others
from layers.supply.rows import Holders, Limits, Stored, derived, holders, supply_rows, until
from layers.supply.store import Pair, stored
from layers.supply.units import Cleared, Unit, drawn, holds, of_keys, wkb

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Told:
    """Rows of a unit that stand, and those that should, of plots and of figures."""

    plots: Pair
    supply: Pair


@dataclass(frozen=True)
class _Block:
    """Units with their lots in the block alone, as it was and as it is."""

    lots: frozenset[str]
    before: Mapping[str, Unit]
    after: Mapping[str, Unit]


def tell(
    db: Connection, units: Mapping[str, Unit], touched: Sequence[Changed], limits: Limits
) -> dict[str, Told | None]:
    """
    Rows of the zones of one family that change, by key; None where the block alone cannot tell.

    ``units`` are outlines; what supply rested on is read as it is kept, before it is renewed.
    """
    since = min(change.since for change in touched)
    changed = {change.zone_key for change in touched}
    parks = {units[key].parent_key for key in changed}
    wanted = [key for key in units if key in changed or key in parks]
    part = _block(db, units, touched, since - ONE_DAY)
    if part is None:
        return dict.fromkeys(wanted)
    plots = stored(db, FREE_PLOTS, list(units), "known", since)
    supply = stored(db, SUPPLY, list(units), "known", since)
    lands = {take: land for change in touched for take, land in change.lands.items() if land}
    found: dict[str, Told | None] = {}
    for key in wanted:
        own = [row for row in supply if row["key"] == key]
        held = _flagged(holders(units[key], units), own, plots)
        if held is None or not _same_flag(held, touched, lands):
            found[key] = None
        else:
            found[key] = _tell_one(held, part, plots, own, limits, since - ONE_DAY)
    return found


def _tell_one(
    held: Holders, part: _Block, plots: Sequence[Stored], supply: Sequence[Stored], limits: Limits, eve: date
) -> Told | None:
    unit = held.unit
    if not held.members or not unit.exists_after(eve):
        return Told(([], []), ([], []))  # no figure of the zone rests on hand-overs of that time
    codes = {number: code for code, number in held.numbers.items()}
    zone = _periods(supply, codes)
    if eve < held.since or zone is None or len(codes) < len(held.numbers):
        return None
    if not _adds_up(held, plots, zone[0].free_ha, eve):
        return None
    _, before = derived(_within(held, part.before), limits, eve)
    periods, after = derived(_within(held, part.after), limits, eve)
    figures = spliced(zone, before, after, part.lots)
    inside = {held.numbers[lot] for lot in part.lots if lot in held.numbers}
    standing = [row for row in plots if row["zone_key"] == unit.key and inside & set(row["lot_numbers"])]
    shown = plots_after(standing, eve, held, periods)
    if figures is None or shown is None:
        return None
    return Told(
        (standing, until(shown, unit.until)), (list(supply), until(supply_rows(held, figures), unit.until))
    )


# --- the block -----------------------------------------------------------------------------------------


def _block(db: Connection, units: Mapping[str, Unit], touched: Sequence[Changed], eve: date) -> _Block | None:
    lands: dict[int, Land] = {}
    for change in touched:
        for take, land in change.lands.items():
            if land is None:
                return None  # what it cleared is gone
            lands[take] = land
    shapes = dict(zip(lands, shapely.from_wkb([land.wkb for land in lands.values()]), strict=True))
    lots = _lots_met(units, list(shapes.values()))
    inside = {
        key: replace(unit, lots=[lot for lot in unit.lots if lot.row.key in lots], holds=[], cleared=[])
        for key, unit in units.items()
    }
    for key, hold in holds(db, inside):
        inside[key].holds.append(hold)
    before = {key: replace(unit, cleared=[]) for key, unit in inside.items()}
    after = {key: replace(unit, cleared=[]) for key, unit in inside.items()}
    differs = {(change.zone_key, take) for change in touched for take in change.lands}
    for key, piece in _cleared(db, inside, eve):
        before[key].cleared.append(piece)
        if (key, piece.take_id) not in differs:
            after[key].cleared.append(piece)
    for change in touched:
        near = any(piece.take_id not in change.after for piece in before[change.zone_key].cleared)
        if not change.before and not near and not rests_on_others(db, change):
            return None  # before a first whole refresh it is not known what supply rested on
        after[change.zone_key].cleared += [
            Cleared(shapes[take], from_on, to_on, take)
            for take in change.lands
            for from_on, to_on in sorted(change.after.get(take, ()), key=lambda period: period[0])
        ]
    return _Block(frozenset(lots), before, after)


def _lots_met(units: Mapping[str, Unit], takes: Sequence[object]) -> set[str]:
    """Lots that the takes lie on with all that join them; a lot with all of its versions."""
    every = [lot for unit in units.values() for lot in unit.lots]
    shapes, land = geometries([lot.shape for lot in every]), geometries(list(takes))
    met: set[str] = set()
    while True:
        inside = np.flatnonzero(block(shapes, land)).tolist()
        if met == (met := {every[row].row.key for row in inside}):
            return met
        land = geometries([lot.shape for lot in every if lot.row.key in met])


def _cleared(db: Connection, units: Mapping[str, Unit], eve: date) -> list[tuple[str, Cleared]]:
    """Hand-overs near the lots of some units that had not ended by a day."""
    lots = geometries([lot.shape for unit in units.values() for lot in unit.lots])
    keys = [key for key, unit in units.items() if unit.basis == "parcels"]
    if len(lots) == 0 or not keys:
        return []
    west, south, east, north = shapely.total_bounds(lots).tolist()
    given = {"keys": keys, "since": eve, "west": west, "south": south, "east": east, "north": north}
    return [
        (take.row.zone_key, Cleared(take.shape, take.row.from_on, take.row.to_on, take.row.take_id))
        for take in drawn(db, _near(), given)
    ]


@cache
def _near() -> Rows:
    lasting = or_(HANDOVERS.c.to_on.is_(None), HANDOVERS.c.to_on > bindparam("since", type_=Date))
    told = ("zone_key", "take_id", "from_on", "to_on")
    corners = [bindparam(name, type_=Float) for name in ("west", "south", "east", "north")]
    box = func.ST_MakeEnvelope(*corners, STORAGE_SRID)
    return (
        select(*(HANDOVERS.c[name] for name in told), wkb(TAKES.c.geom))
        .join(TAKES, TAKES.c.id == HANDOVERS.c.take_id)
        .where(of_keys(HANDOVERS.c.zone_key), lasting, TAKES.c.geom.op("&&")(box))
        .order_by(HANDOVERS.c.zone_key, HANDOVERS.c.take_id, HANDOVERS.c.from_on)
    )


def _within(held: Holders, units: Mapping[str, Unit]) -> Holders:
    """The same holders with what they have in a block."""
    return replace(held, unit=units[held.unit.key], members=[units[member.key] for member in held.members])


# --- what is stored ------------------------------------------------------------------------------------


def _flagged(held: Holders, supply: Sequence[Stored], plots: Sequence[Stored]) -> Holders | None:
    """Holders that are illustrative where their rows are; None where rows do not say so."""
    if not supply:
        return None
    whole: bool = supply[0]["illustrative"]
    own = {row["illustrative"] for row in plots if row["zone_key"] == held.unit.key}
    if held.members in ([], [held.unit]) or not whole:
        own = {whole}
    if len(own) > 1 or (not own and held.unit.lots):
        return None
    flag = whole and own != {False}
    units = [replace(member, illustrative=flag) if member is held.unit else member for member in held.members]
    unit = next((one for one in units if one.key == held.unit.key), replace(held.unit, illustrative=flag))
    return replace(held, unit=unit, members=units, illustrative=whole)


def _same_flag(held: Holders, touched: Sequence[Changed], lands: Mapping[int, Land]) -> bool:
    """Whether the hand-overs leave it as it is whether figures are illustrative."""
    for change in touched:
        for take, land in lands.items():
            was, is_now = bool(change.before.get(take)), bool(change.after.get(take))
            if land.illustrative and (
                (is_now and not (held.illustrative and held.unit.illustrative))
                or (was and not is_now and held.illustrative)
            ):
                return False
    return True


def _periods(rows: Sequence[Stored], codes: Mapping[str, str]) -> list[SupplyPeriod] | None:
    """Rows of figures as periods; None where they are not derived, or tell of lots that are not there."""
    periods: list[SupplyPeriod] = []
    for row in rows:
        numbers: list[str] = row["largest_plot_lots"] or []
        if row["basis"] != "derived" or any(number not in codes for number in numbers):
            return None
        named = [c.name for c in SUPPLY.c if c.name.endswith("_ha")]
        figures = {name: row[name] for name in named}
        lots = tuple(codes[number] for number in numbers)
        periods.append(SupplyPeriod(row["valid_from"], row["valid_to"], **figures, largest_plot_lots=lots))
    return periods or None


def _adds_up(held: Holders, plots: Sequence[Stored], free_ha: float, eve: date) -> bool:
    """Whether the plots that stand on a day are the free land that is told of it."""
    members = {member.key for member in held.members}
    mm2 = sum(
        round(row["area_ha"] * HA_MM2)
        for row in plots
        if row["zone_key"] in members and row["valid_from"] <= eve
    )
    return mm2 == round(free_ha * HA_MM2)
