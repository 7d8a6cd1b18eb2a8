"""
Free plots and land supply of every zone, kept with the dates between which they hold.

The rules are `gis.land`; here is where its inputs come from, and where its answers go. A verb that changes
zones, lots, leases, reservations, parcels, their events or observations calls :func:`refresh` for the zones
it touched, in its own transaction, so that no reader ever sees figures that do not fit the records.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy import Connection, Row, and_, case, delete, exists, func, insert, literal, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from gis.crs import STORAGE_SRID
from gis.land import PlotPeriod, SupplyPeriod, history
from gis.zone_land import Basis, Clearance, Lots, Occupations, ZoneLand
from layers.catalogue.free_plots import TABLE as FREE_PLOTS
from layers.catalogue.lots import TABLE as LOTS
from layers.catalogue.parcels import TABLE as PARCELS
from layers.catalogue.zone_supply import TABLE as SUPPLY
from layers.catalogue.zones import TABLE as ZONES
from layers.layer import Rows
from layers.records.cases import TAKES
from layers.records.data_versions import bump
from layers.records.observations import OBSERVATIONS
from layers.records.occupations import LEASES, RESERVATIONS
from layers.records.rules import value_of
from layers.records.stages import CLEARED_RANK, RUNS


@dataclass
class _Unit:
    """
    One zone or phase as its latest version tells it, with the records that hang on it.

    It exists on ``[since, until)``; ``known_since`` is when somebody first said on what clearance rests, None
    where that was said from the start.
    """

    key: str
    parent_key: str | None
    geom: Any
    basis: Basis
    handed_over_on: date | None
    since: date
    until: date | None
    known_since: date | None
    illustrative: bool
    lots: list[Row[Any]] = field(default_factory=list[Row[Any]])
    holds: list[Row[Any]] = field(default_factory=list[Row[Any]])
    parcels: list[Row[Any]] = field(default_factory=list[Row[Any]])
    observations: list[Row[Any]] = field(default_factory=list[Row[Any]])

    @property
    def tracked(self) -> bool:
        """Whether a derived figure can be given: lots are known, and somebody said what is cleared."""
        return any(lot.use == "industrial" for lot in self.lots) and self.basis != "unknown"

    @property
    def shown_illustrative(self) -> bool:
        """Figures that rest on one illustrative record are illustrative."""
        records = (*self.lots, *self.holds, *self.parcels, *self.observations)
        return self.illustrative or any(row.illustrative for row in records)


def refresh(db: Connection, zone_keys: Iterable[str] | None = None) -> int:
    """
    Compute free plots and supply anew for some zones, or for all.

    Parameters
    ----------
    zone_keys
        Zones or phases whose records changed; the park that a phase belongs to is computed with it.
        None means every zone.

    Returns
    -------
    count
        How many zones and phases were computed.
    """
    family = _family(db, None if zone_keys is None else sorted(set(zone_keys)))
    if not family and zone_keys is not None:
        return 0
    for key in family:  # one writer per zone at a time
        db.execute(select(func.pg_advisory_xact_lock(func.hashtext(literal(f"supply {key}")))))
    units = _units(db, family)
    min_shared_edge_m = value_of(db, "min_shared_edge_m")
    for table in (FREE_PLOTS, SUPPLY):
        column = table.c.zone_key if table is FREE_PLOTS else table.c.key
        stale = delete(table)
        db.execute(stale if zone_keys is None else stale.where(column.in_(family)))
    plots: list[dict[str, Any]] = []
    supply: list[dict[str, Any]] = []
    for unit in units.values():
        phases = [u for u in units.values() if u.parent_key == unit.key and u.lots]
        mine, figures = _computed(unit, phases, min_shared_edge_m)
        plots += mine
        supply += figures
    for table, rows in ((FREE_PLOTS, plots), (SUPPLY, supply)):
        if rows:
            db.execute(insert(table), rows)
    bump(db, (FREE_PLOTS.name, SUPPLY.name))
    return len(units)


def zones_of_parcels(db: Connection, parcel_keys: Iterable[str]) -> list[str]:
    """Zones that parcels meet, for refreshing after their clearance changed."""
    meets = func.ST_Intersects(ZONES.c.geom, PARCELS.c.geom)
    query = select(ZONES.c.key).join(PARCELS, meets).where(PARCELS.c.key.in_(list(parcel_keys))).distinct()
    return list(db.execute(query).scalars())


def _family(db: Connection, keys: list[str] | None) -> list[str]:
    """The named zones, the parks they are phases of, and all phases of those."""
    query = select(ZONES.c.key).distinct()
    if keys is not None:
        parents = select(ZONES.c.parent_key).where(ZONES.c.key.in_(keys), ZONES.c.parent_key.is_not(None))
        heads = or_(ZONES.c.key.in_(keys), ZONES.c.key.in_(parents))
        query = query.where(or_(heads, ZONES.c.parent_key.in_(keys), ZONES.c.parent_key.in_(parents)))
    return sorted(db.execute(query).scalars())


def _units(db: Connection, keys: Sequence[str]) -> dict[str, _Unit]:
    units: dict[str, _Unit] = {}
    versions = select(ZONES).where(ZONES.c.key.in_(keys)).order_by(ZONES.c.key, ZONES.c.valid_from)
    for row in db.execute(versions):
        before = units.get(row.key)
        known_since = before.known_since if before else None
        if before and before.basis == "unknown":
            known_since = row.valid_from
        units[row.key] = _Unit(
            row.key,
            row.parent_key,
            _shape(row.geom),
            row.clearance_basis,
            row.handed_over_on,
            before.since if before else row.valid_from,
            row.valid_to,
            known_since,
            row.illustrative,
        )
    of_zones = select(LOTS).where(LOTS.c.zone_key.in_(keys))
    for lot in db.execute(of_zones.order_by(LOTS.c.key, LOTS.c.valid_from)):
        units[lot.zone_key].lots.append(lot)
    for table in (LEASES, RESERVATIONS):
        owner = LOTS.c.zone_key.label("zone_key")
        held = select(table, owner, literal(table is LEASES).label("leased")).join(
            LOTS, and_(LOTS.c.key == table.c.lot_key)
        )
        for hold in db.execute(held.where(LOTS.c.zone_key.in_(keys)).ext(distinct_on(table.c.id, owner))):
            units[hold.zone_key].holds.append(hold)
    tracked = [key for key, unit in units.items() if unit.basis == "parcels"]
    for parcel in db.execute(_handed_over(tracked)) if tracked else ():
        units[parcel.unit_key].parcels.append(parcel)
    observed = select(OBSERVATIONS).where(OBSERVATIONS.c.zone_key.in_(keys))
    for row in db.execute(observed.order_by(OBSERVATIONS.c.observed_on, OBSERVATIONS.c.id)):
        units[row.zone_key].observations.append(row)
    return units


def _handed_over(keys: Sequence[str]) -> Rows:
    """
    Takes that meet the latest boundary of a zone, with the days on which each was and was not handed over.

    One row per version of a take and run of its case in the stage that counts: each date has the boundary
    that held on it.
    """
    latest_zone = (
        select(ZONES.c.key, ZONES.c.geom)
        .where(ZONES.c.key.in_(keys))
        .ext(distinct_on(ZONES.c.key))
        .order_by(ZONES.c.key, ZONES.c.valid_from.desc())
        .subquery("latest_zone")
    )
    earlier = TAKES.alias("earlier")
    same = and_(earlier.c.case_key == TAKES.c.case_key, earlier.c.parcel_key == TAKES.c.parcel_key)
    is_first = ~exists().where(same, earlier.c.valid_from < TAKES.c.valid_from)
    begins = case((is_first, RUNS.c.from_on), else_=func.greatest(RUNS.c.from_on, TAKES.c.valid_from))
    ends = func.least(RUNS.c.to_on, TAKES.c.valid_to)  # least() leaves out what is null
    return (
        select(
            latest_zone.c.key.label("unit_key"),
            TAKES.c.geom,
            TAKES.c.illustrative,
            begins.label("cleared_on"),
            ends.label("cleared_to"),
        )
        .join(TAKES, func.ST_Intersects(latest_zone.c.geom, TAKES.c.geom))
        .join(RUNS, and_(RUNS.c.case_key == TAKES.c.case_key, RUNS.c.stage_rank == CLEARED_RANK))
        .where(or_(ends.is_(None), begins < ends))
    )


def _computed(
    unit: _Unit, phases: list[_Unit], min_shared_edge_m: float
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of free plots and of supply of one zone; its phases' land counts for its figures."""
    if unit.parent_key is not None and not unit.lots and not unit.observations:
        return [], []  # its park keeps the lots and the figures: nothing is unknown of the phase alone
    family = [unit, *phases]
    illustrative = any(member.shown_illustrative for member in family)
    holders = [member for member in family if member.lots]
    reported = _until(_reported(unit, illustrative), unit.until)
    if not holders or not all(member.tracked for member in holders):
        return [], reported
    numbers = {lot.key: lot.number for member in holders for lot in member.lots}
    # While nobody had said on what clearance rests, the zone was neither full nor free.
    first = min(member.since for member in family)
    since = max(first, *(member.known_since or first for member in holders))
    land = _land(holders)
    plots, supply = history(land, since, min_shared_edge_m=min_shared_edge_m)
    rows = [_supply_row(unit.key, period, numbers, illustrative) for period in supply]
    if unit.lots and phases:  # plots are listed where their lots are: under the phase, or under the park
        plots, _ = history(_land([unit]), since, min_shared_edge_m=min_shared_edge_m)
    listed = _plot_rows(unit, plots, numbers) if unit.lots else []
    return _until(listed, unit.until), [*_until(reported, since), *_until(rows, unit.until)]


def _until(rows: list[dict[str, Any]], end: date | None) -> list[dict[str, Any]]:
    """Rows that begin before a day, and hold no longer; all of them where there is no end."""
    if end is None:
        return rows
    return [row | {"valid_to": min(row["valid_to"] or end, end)} for row in rows if row["valid_from"] < end]


def _land(units: list[_Unit]) -> ZoneLand:
    lots = [lot for unit in units for lot in unit.lots]
    row_of: dict[str, list[int]] = {}
    for row, lot in enumerate(lots):
        row_of.setdefault(lot.key, []).append(row)
    holds = [(row, hold) for unit in units for hold in unit.holds for row in row_of[hold.lot_key]]
    pieces: list[tuple[Any, date | None, date | None]] = []
    for unit in units:
        if unit.basis == "declared":
            pieces.append((unit.geom if len(units) > 1 else None, unit.handed_over_on, None))
        pieces += [(_shape(p.geom), p.cleared_on, p.cleared_to) for p in unit.parcels]
    return ZoneLand(
        Lots.of(
            [lot.key for lot in lots],
            [_shape(lot.geom) for lot in lots],
            [lot.use == "industrial" for lot in lots],
            [lot.serviced_on for lot in lots],
            [lot.valid_from for lot in lots],
            [lot.valid_to for lot in lots],
        ),
        Occupations.of(
            [row for row, _ in holds],
            [None if hold.part is None else _shape(hold.part) for _, hold in holds],
            [hold.from_on for _, hold in holds],
            [hold.to_on for _, hold in holds],
            [hold.leased for _, hold in holds],
        ),
        Clearance.of(
            "parcels", [p for p, _, _ in pieces], [on for _, on, _ in pieces], [to for _, _, to in pieces]
        ),
    )


def _plot_rows(unit: _Unit, plots: list[PlotPeriod], numbers: dict[str, str]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    taken: dict[str, list[PlotPeriod]] = {}
    for period in plots:
        lots = [numbers[code] for code in period.plot.lot_codes]
        name = f"{unit.key}/{min(lots)}"
        others = [other for other in taken.setdefault(name, []) if _meet(other, period)]
        taken[name].append(period)
        rows.append(
            {
                "key": name if not others else f"{name}/{len(others) + 1}",
                "valid_from": period.valid_from,
                "valid_to": period.valid_to,
                "illustrative": unit.shown_illustrative,
                "zone_key": unit.key,
                "lot_numbers": lots,
                "area_ha": period.plot.area_ha,
                "geom": from_shape(_multi(period.plot.polygon), srid=STORAGE_SRID),
            }
        )
    return rows


def _meet(a: PlotPeriod, b: PlotPeriod) -> bool:
    return (b.valid_to is None or a.valid_from < b.valid_to) and (
        a.valid_to is None or b.valid_from < a.valid_to
    )


def _supply_row(
    key: str, period: SupplyPeriod, numbers: dict[str, str], illustrative: bool
) -> dict[str, Any]:
    return _row(
        key,
        period.valid_from,
        period.valid_to,
        "derived",
        illustrative,
        industrial_ha=_known(period.industrial_ha),
        cleared_ha=_known(period.cleared_ha),
        ready_ha=_known(period.ready_ha),
        leased_ha=_known(period.leased_ha),
        reserved_ha=_known(period.reserved_ha),
        free_ha=_known(period.free_ha),
        largest_plot_ha=_known(period.largest_plot_ha),
        largest_plot_lots=[numbers[code] for code in period.largest_plot_lots] or None,
    )


#: Observed quantities that stand in a row of supply. Occupancy is not turned into free hectares:
#: its denominator differs between sources (land may be leased yet uncleared, cleared yet unserviced).
_OBSERVED = {
    "industrial_area_ha": "industrial_ha",
    "leased_ha": "leased_ha",
    "free_ha": "free_ha",
    "cleared_ha": "cleared_ha",
}


def _reported(unit: _Unit, illustrative: bool) -> list[dict[str, Any]]:
    """What others reported, each figure until the next report; before any, no data."""
    told = [o for o in unit.observations if o.quantity in _OBSERVED]
    dates = sorted({o.observed_on for o in told})
    starts = [unit.since, *(day for day in dates if day > unit.since)]
    rows: list[dict[str, Any]] = []
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


def _row(
    key: str, start: date, end: date | None, basis: str, illustrative: bool, **known: Any
) -> dict[str, Any]:
    """A row of supply with every column, those not named null."""
    names = [c.name for c in SUPPLY.c if c.name != "id"]
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


def _shape(element: Any) -> Any:
    return shapely.from_wkb(bytes(element.data) if not isinstance(element.data, str) else element.data)


def _multi(polygon: Any) -> Any:
    return polygon if polygon.geom_type == "MultiPolygon" else shapely.MultiPolygon([polygon])
