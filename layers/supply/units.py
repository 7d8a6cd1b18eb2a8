"""Zones and phases with the records that hang on them, read at once for a family of zones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

import shapely
from sqlalchemy import (
    ARRAY,
    TEXT,
    ColumnElement,
    Connection,
    Date,
    LargeBinary,
    Row,
    bindparam,
    cast,
    func,
    literal,
    or_,
    select,
    type_coerce,
    union_all,
)

from gis.zone_land import Basis
from layers.catalogue.lots import TABLE as LOTS
from layers.catalogue.zones import TABLE as ZONES
from layers.layer import Rows
from layers.records.cases import TAKES
from layers.records.handovers import HANDOVERS
from layers.records.observations import OBSERVATIONS
from layers.records.occupations import LEASES, RESERVATIONS


@dataclass(frozen=True)
class Drawn:
    """A record and its geometry; None where it has none."""

    row: Row[Any]
    shape: Any


@dataclass(frozen=True)
class Cleared:
    """Land of a take that is handed over on [from_on, to_on)."""

    shape: Any
    from_on: date
    to_on: date | None
    take_id: int


@dataclass
class Unit:
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
    lots: list[Drawn] = field(default_factory=list[Drawn])
    holds: list[Drawn] = field(default_factory=list[Drawn])
    cleared: list[Cleared] = field(default_factory=list[Cleared])
    observations: list[Row[Any]] = field(default_factory=list[Row[Any]])

    @property
    def tracked(self) -> bool:
        """Whether a derived figure can be given: lots are known, and somebody said what is cleared."""
        return any(lot.row.use == "industrial" for lot in self.lots) and self.basis != "unknown"

    def exists_after(self, day: date) -> bool:
        """Whether it still is there on the day after."""
        return self.until is None or self.until > day


def family(db: Connection, keys: Sequence[str] | None) -> list[str]:
    """The named zones, the parks they are phases of, and all phases of those, in order."""
    query = select(ZONES.c.key).distinct()
    if keys is not None:
        parents = select(ZONES.c.parent_key).where(among(ZONES.c.key, keys), ZONES.c.parent_key.is_not(None))
        heads = or_(among(ZONES.c.key, keys), ZONES.c.key.in_(parents))
        query = query.where(or_(heads, among(ZONES.c.parent_key, keys), ZONES.c.parent_key.in_(parents)))
    return sorted(db.execute(query).scalars())


def lock_family(db: Connection, keys: Sequence[str]) -> list[str]:
    """The named zones, their parks and all phases of those, locked as by `lock`."""
    return list(db.execute(_locking_family(), {"keys": list(keys)}).scalars())


def lock(db: Connection, keys: Sequence[str]) -> None:
    """Be the only one who writes the supply of some zones until the transaction ends; keys in order."""
    db.execute(_locking(), {"keys": list(keys)})


def among(column: ColumnElement[Any], keys: Sequence[str]) -> ColumnElement[bool]:
    """Whether a column is one of some keys; one statement, however many they are."""
    return column == func.any(cast(list(keys), ARRAY(TEXT)))


def of_keys(column: ColumnElement[Any]) -> ColumnElement[bool]:
    """The same for the keys that are handed over as the parameter ``keys``: for statements that are kept."""
    return column == func.any(bindparam("keys", type_=ARRAY(TEXT)))


def load(db: Connection, keys: Sequence[str], since: date | None = None) -> dict[str, Unit]:
    """
    Units by key, with everything that their free land depends on.

    ``since`` leaves out hand-overs that were taken back by that day.
    """
    units = outlines(db, keys)
    for key, hold in holds(db, units):
        units[key].holds.append(hold)
    for key, piece in _cleared(db, [key for key, unit in units.items() if unit.basis == "parcels"], since):
        units[key].cleared.append(piece)
    for row in db.execute(_observed(), {"keys": list(keys)}):
        units[row.zone_key].observations.append(row)
    for unit in units.values():
        records = (*(d.row for d in (*unit.lots, *unit.holds)), *unit.observations)
        unit.illustrative |= any(row.illustrative for row in records)
    plain = [key for key, unit in units.items() if not unit.illustrative]
    for key in db.execute(_illustrative(), {"keys": plain}).scalars() if plain else ():
        units[key].illustrative = True
    return units


def outlines(db: Connection, keys: Sequence[str]) -> dict[str, Unit]:
    """Units by key, with their lots and without anything that changes their use."""
    units = _zones(db, keys)
    for lot in drawn(db, _lots(), {"keys": list(keys)}):
        units[lot.row.zone_key].lots.append(lot)
    return units


def holds(db: Connection, units: Mapping[str, Unit]) -> list[tuple[str, Drawn]]:
    """Leases and reservations of the lots of some units, each with the key of the unit."""
    zones_of: dict[str, dict[str, None]] = {}
    for key, unit in units.items():
        for lot in unit.lots:
            zones_of.setdefault(lot.row.key, {})[key] = None
    found = drawn(db, _holds(), {"lots": list(zones_of)}) if zones_of else []
    return [(zone, hold) for hold in found for zone in zones_of[hold.row.lot_key]]


def drawn(db: Connection, query: Rows, given: Mapping[str, Any] | None = None) -> list[Drawn]:
    """Rows with the geometry that stands in their column ``wkb``."""
    rows = db.execute(query, given).all()
    return [
        Drawn(row, shape) for row, shape in zip(rows, shapely.from_wkb([r.wkb for r in rows]), strict=True)
    ]


def wkb(column: ColumnElement[Any]) -> ColumnElement[bytes]:
    """A geometry as shapely reads it fastest."""
    return type_coerce(func.ST_AsBinary(column), LargeBinary).label("wkb")


def _zones(db: Connection, keys: Sequence[str]) -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    for zone in drawn(db, _versions(), {"keys": list(keys)}):
        row = zone.row
        before = units.get(row.key)
        known_since = before.known_since if before else None
        if before and before.basis == "unknown":
            known_since = row.valid_from
        units[row.key] = Unit(
            row.key,
            row.parent_key,
            zone.shape,
            row.clearance_basis,
            row.handed_over_on,
            before.since if before else row.valid_from,
            row.valid_to,
            known_since,
            row.illustrative,
        )
    return units


def _cleared(db: Connection, keys: Sequence[str], since: date | None) -> list[tuple[str, Cleared]]:
    if not keys:
        return []
    given = {"keys": list(keys), "since": since or date.min}
    return [
        (take.row.zone_key, Cleared(take.shape, take.row.from_on, take.row.to_on, take.row.take_id))
        for take in drawn(db, _handed_over(), given)
    ]


# Statements are composed once: that takes as long as the database needs to answer.


@cache
def _locking() -> Rows:
    each = func.unnest(bindparam("keys", type_=ARRAY(TEXT))).column_valued("key")
    return select(func.pg_advisory_xact_lock(func.hashtext(literal("supply ").concat(each))))


@cache
def _locking_family() -> Rows:
    parents = select(ZONES.c.parent_key).where(of_keys(ZONES.c.key), ZONES.c.parent_key.is_not(None))
    heads = select(func.unnest(bindparam("keys", type_=ARRAY(TEXT)))).union(parents).cte("heads")
    head = func.array(select(heads).scalar_subquery())
    members = or_(ZONES.c.key == func.any(head), ZONES.c.parent_key == func.any(head))
    keys = select(ZONES.c.key).where(members).distinct().order_by(ZONES.c.key).offset(0).subquery("keys")
    locked = func.pg_advisory_xact_lock(func.hashtext(literal("supply ").concat(keys.c.key)))
    return select(keys.c.key, locked)


@cache
def _versions() -> Rows:
    told = (
        "key",
        "parent_key",
        "clearance_basis",
        "handed_over_on",
        "valid_from",
        "valid_to",
        "illustrative",
    )
    versions = select(*(ZONES.c[name] for name in told), wkb(ZONES.c.geom)).where(of_keys(ZONES.c.key))
    return versions.order_by(ZONES.c.key, ZONES.c.valid_from)


@cache
def _lots() -> Rows:
    told = ("key", "zone_key", "number", "use", "serviced_on", "valid_from", "valid_to", "illustrative")
    of_zones = select(*(LOTS.c[name] for name in told), wkb(LOTS.c.geom)).where(of_keys(LOTS.c.zone_key))
    return of_zones.order_by(LOTS.c.key, LOTS.c.valid_from)


@cache
def _holds() -> Rows:
    of_lots = bindparam("lots", type_=ARRAY(TEXT))
    held = [
        select(
            *(table.c[name] for name in ("id", "lot_key", "from_on", "to_on", "illustrative")),
            wkb(table.c.part),
            literal(table is LEASES).label("leased"),
        ).where(table.c.lot_key == func.any(of_lots))
        for table in (LEASES, RESERVATIONS)
    ]
    every = union_all(*held).subquery("held")
    return select(every).order_by(every.c.leased.desc(), every.c.id)


@cache
def _handed_over() -> Rows:
    lasting = or_(HANDOVERS.c.to_on.is_(None), HANDOVERS.c.to_on > bindparam("since", type_=Date))
    told = ("zone_key", "take_id", "from_on", "to_on")
    return (
        select(*(HANDOVERS.c[name] for name in told), wkb(TAKES.c.geom))
        .join(TAKES, TAKES.c.id == HANDOVERS.c.take_id)
        .where(of_keys(HANDOVERS.c.zone_key), lasting)
        .order_by(HANDOVERS.c.zone_key, HANDOVERS.c.take_id, HANDOVERS.c.from_on)
    )


@cache
def _observed() -> Rows:
    observed = select(OBSERVATIONS).where(of_keys(OBSERVATIONS.c.zone_key))
    return observed.order_by(OBSERVATIONS.c.observed_on, OBSERVATIONS.c.id)


@cache
def _illustrative() -> Rows:
    """Zones with a hand-over that is illustrative."""
    told = select(HANDOVERS.c.zone_key).join(TAKES, TAKES.c.id == HANDOVERS.c.take_id)
    return told.where(of_keys(HANDOVERS.c.zone_key), TAKES.c.illustrative).distinct()
