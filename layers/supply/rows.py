"""Rows of free plots and of supply, from zones with their records."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any

import shapely
from sqlalchemy import Connection

from gis.land import PlotPeriod, SupplyPeriod, history
from gis.zone_land import Clearance, Lots, Occupations, ZoneLand
from layers.catalogue.zone_supply import TABLE as SUPPLY
from layers.records.rules import values_of
from layers.supply.units import Cleared, Drawn, Unit

#: A row by column name; ``wkb`` in place of the geometry.
Stored = dict[str, Any]
Lists = tuple[list[Stored], list[Stored]]


@dataclass(frozen=True)
class Limits:
    """Rules that offices may change, as they are now."""

    min_shared_edge_m: float
    min_usable_width_m: float

    @classmethod
    def now(cls, db: Connection) -> Limits:
        """The values that count."""
        return cls(**values_of(db, ("min_shared_edge_m", "min_usable_width_m")))

    def history(self, land: ZoneLand, since: date) -> tuple[list[PlotPeriod], list[SupplyPeriod]]:
        """See :func:`gis.land.history`."""
        return history(
            land,
            since,
            min_shared_edge_m=self.min_shared_edge_m,
            min_usable_width_m=self.min_usable_width_m,
        )


@dataclass(frozen=True)
class Holders:
    """
    Whose lots the figures of a unit count: its own and those of its phases, if all of them are tracked.

    ``since`` is the first day of derived figures: while nobody had said on what clearance rests, the zone was
    neither full nor free.
    """

    unit: Unit
    members: list[Unit]
    since: date
    illustrative: bool

    @property
    def numbers(self) -> dict[str, str]:
        """Lot numbers by key."""
        return {lot.row.key: lot.row.number for unit in self.members for lot in unit.lots}


def holders(unit: Unit, units: Mapping[str, Unit]) -> Holders:
    """The unit and its phases that keep lots; none where a figure cannot be derived."""
    phases = [u for u in units.values() if u.parent_key == unit.key and u.lots]
    family = [unit, *phases]
    members = [member for member in family if member.lots]
    first = min(member.since for member in family)
    since = max(first, *(member.known_since or first for member in members)) if members else first
    derived = members if all(member.tracked for member in members) else []
    return Holders(unit, derived, since, any(member.illustrative for member in family))


def rows_of(units: Mapping[str, Unit], limits: Limits) -> Lists:
    """Rows of all that is known of some zones."""
    plots: list[Stored] = []
    supply: list[Stored] = []
    for unit in units.values():
        if unit.parent_key is not None and not unit.lots and not unit.observations:
            continue  # its park keeps the lots and the figures: nothing is unknown of the phase alone
        held = holders(unit, units)
        reported = until(_reported(unit, held.illustrative), unit.until)
        if not held.members:
            supply += reported
            continue
        periods, figures = derived(held, limits, held.since)
        supply += [*until(reported, held.since), *until(supply_rows(held, figures), unit.until)]
        plots += until(plot_rows(unit, periods, held.numbers), unit.until)
    return plots, supply


def derived(
    held: Holders, limits: Limits, since: date, more: Mapping[str, Sequence[Cleared]] | None = None
) -> tuple[list[PlotPeriod], list[SupplyPeriod]]:
    """
    Free plots that are listed under a unit, and its figures, from a day on.

    ``more`` is cleared land by unit beside what is on record: what a forecast adds.
    """
    plots, supply = limits.history(_land(held.members, more or {}), since)
    if held.members != [
        held.unit
    ]:  # plots are listed where their lots are: under the phase, or under the park
        plots = limits.history(_land([held.unit], more or {}), since)[0] if held.unit.lots else []
    return plots, supply


def until(rows: Iterable[Stored], end: date | None) -> list[Stored]:
    """Rows that begin before a day, and hold no longer; all of them where there is no end."""
    if end is None:
        return list(rows)
    return [row | {"valid_to": min(row["valid_to"] or end, end)} for row in rows if row["valid_from"] < end]


def plot_rows(
    unit: Unit, periods: Iterable[PlotPeriod], numbers: Mapping[str, str], named: Iterable[Stored] = ()
) -> list[Stored]:
    """
    Rows of plots, each named by its first lot; plots of one lot at one time are numbered.

    ``named`` are rows of earlier plots, whose names are taken.
    """
    rows: list[Stored] = []
    taken: dict[str, list[Stored]] = {}
    for row in named:
        taken.setdefault(f"{unit.key}/{min(row['lot_numbers'])}", []).append(row)
    for period in periods:
        lots = [numbers[code] for code in period.plot.lot_codes]
        name = f"{unit.key}/{min(lots)}"
        row: Stored = {
            "valid_from": period.valid_from,
            "valid_to": period.valid_to,
            "illustrative": unit.illustrative,
            "zone_key": unit.key,
            "lot_numbers": lots,
            "area_ha": period.plot.area_ha,
            "wkb": shapely.to_wkb(as_multi(period.plot.polygon)),
        }
        others = taken.setdefault(name, [])
        names = {other["key"] for other in others if _meet(other, row)}
        row["key"] = next(key for key in _numbered(name) if key not in names)
        others.append(row)
        rows.append(row)
    return rows


def supply_rows(held: Holders, periods: Iterable[SupplyPeriod]) -> list[Stored]:
    """Rows of figures that are derived from lots."""
    numbers = held.numbers
    return [
        _row(
            held.unit.key,
            period.valid_from,
            period.valid_to,
            "derived",
            held.illustrative,
            industrial_ha=_known(period.industrial_ha),
            cleared_ha=_known(period.cleared_ha),
            ready_ha=_known(period.ready_ha),
            leased_ha=_known(period.leased_ha),
            reserved_ha=_known(period.reserved_ha),
            free_ha=_known(period.free_ha),
            largest_plot_ha=_known(period.largest_plot_ha),
            largest_plot_lots=[numbers[code] for code in period.largest_plot_lots] or None,
        )
        for period in periods
    ]


def _land(units: Sequence[Unit], more: Mapping[str, Sequence[Cleared]]) -> ZoneLand:
    lots = [lot for unit in units for lot in unit.lots]
    row_of: dict[str, list[int]] = {}
    for row, lot in enumerate(lots):
        row_of.setdefault(lot.row.key, []).append(row)
    holds = [(row, hold) for unit in units for hold in unit.holds for row in row_of[hold.row.lot_key]]
    pieces: list[tuple[Any, date | None, date | None]] = []
    for unit in units:
        if unit.basis == "declared":
            pieces.append((unit.geom if len(units) > 1 else None, unit.handed_over_on, None))
        pieces += [(p.shape, p.from_on, p.to_on) for p in (*unit.cleared, *more.get(unit.key, ()))]
    return ZoneLand(
        _lots(lots),
        Occupations.of(
            [row for row, _ in holds],
            [hold.shape for _, hold in holds],
            [hold.row.from_on for _, hold in holds],
            [hold.row.to_on for _, hold in holds],
            [hold.row.leased for _, hold in holds],
        ),
        Clearance.of(
            "parcels", [p for p, _, _ in pieces], [on for _, on, _ in pieces], [to for _, _, to in pieces]
        ),
    )


def _lots(lots: Sequence[Drawn]) -> Lots:
    rows = [lot.row for lot in lots]
    return Lots.of(
        [row.key for row in rows],
        [lot.shape for lot in lots],
        [row.use == "industrial" for row in rows],
        [row.serviced_on for row in rows],
        [row.valid_from for row in rows],
        [row.valid_to for row in rows],
    )


def _numbered(name: str) -> Iterable[str]:
    yield name
    yield from (f"{name}/{n}" for n in count(2))


def _meet(a: Stored, b: Stored) -> bool:
    return (b["valid_to"] is None or a["valid_from"] < b["valid_to"]) and (
        a["valid_to"] is None or b["valid_from"] < a["valid_to"]
    )


#: Observed quantities that stand in a row of supply. Occupancy is not turned into free hectares:
#: its denominator differs between sources (land may be leased yet uncleared, cleared yet unserviced).
_OBSERVED = {
    "industrial_area_ha": "industrial_ha",
    "leased_ha": "leased_ha",
    "free_ha": "free_ha",
    "cleared_ha": "cleared_ha",
}


def _reported(unit: Unit, illustrative: bool) -> list[Stored]:
    """What others reported, each figure until the next report; before any, no data."""
    told = [o for o in unit.observations if o.quantity in _OBSERVED]
    dates = sorted({o.observed_on for o in told})
    starts = [unit.since, *(day for day in dates if day > unit.since)]
    rows: list[Stored] = []
    for start, end in zip(starts, [*starts[1:], None], strict=True):
        known = {_OBSERVED[o.quantity]: o for o in told if o.observed_on <= start}
        if not known:
            rows.append(_row(unit.key, start, end, "unknown", illustrative))
            continue
        oldest = min(known.values(), key=lambda o: o.observed_on)  # no figure is told newer than it is
        figures: dict[str, Any] = {name: o.value for name, o in known.items()}
        reported = {"reported_on": oldest.observed_on, "reported_source": oldest.source}
        rows.append(_row(unit.key, start, end, "reported", illustrative, **figures, **reported))
    return rows


def _row(key: str, start: date, end: date | None, basis: str, illustrative: bool, **known: Any) -> Stored:
    """A row of supply with every column, those not named null."""
    names = [c.name for c in SUPPLY.c if c.name not in ("id", "outlook")]
    given = {
        "key": key,
        "valid_from": start,
        "valid_to": end,
        "basis": basis,
        "illustrative": illustrative,
        **known,
    }
    return {name: given.get(name) for name in names}


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def as_multi(polygon: Any) -> Any:
    """As the table wants it."""
    return polygon if polygon.geom_type == "MultiPolygon" else shapely.MultiPolygon([polygon])
