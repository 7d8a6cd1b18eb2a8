"""Which land a question of clearance is about: the province, a zone or phase, a project, or a unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from geoalchemy2 import Geography, Geometry
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
)

from gis.crs import STORAGE_SRID
from gis.errors import BadInput, NotFound
from layers.access import Actor
from layers.catalogue import layer
from layers.catalogue.admin_units import TABLE as UNITS
from layers.catalogue.cases import TABLE as CASES
from layers.catalogue.zones import TABLE as ZONES
from layers.clearance.contributions import latest_zones
from layers.layer import Rows, holds
from layers.places import Gazetteer, Unit, gazetteer
from layers.query import visible
from layers.records.cases import PROJECTS, SHARES, TAKES

Level = Literal["province", "zone", "project", "unit"]


class ScopeUnknown(NotFound):
    """No zone, project or unit has this key on the date. Facts: level, key, as_of."""


class ScopeTwice(BadInput):
    """More than one of zone, project and unit was named. Facts: given."""


class UnitNotDrawn(BadInput):
    """Neither the unit nor what it was made of has a boundary: its land is not told. Facts: key, name."""


@dataclass(frozen=True)
class Scope:
    """
    What is counted.

    Attributes
    ----------
    key, name
        None for the province.
    zone_key
        The zone whose shares count; None where those of every park count.
    area
        Boundary of the unit, WKB; None elsewhere.
    phases, parent_key, siblings
        Of a zone: its phases; of a phase: its park, and all phases of that.
    """

    level: Level
    key: str | None = None
    name: str | None = None
    zone_key: str | None = None
    illustrative: bool = False
    area: bytes | None = None
    phases: tuple[str, ...] = ()
    parent_key: str | None = None
    siblings: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The scope for a screen."""
        return {"level": self.level, "key": self.key, "name": self.name}


PROVINCE = Scope("province")
_LATEST = latest_zones("key", "parent_key").subquery("latest")


def scope_of(
    db: Connection,
    actor: Actor,
    as_of: date,
    *,
    zone: str | None = None,
    project: str | None = None,
    unit: str | None = None,
) -> Scope:
    """
    The land that was named; the province where nothing was.

    Raises
    ------
    ScopeTwice, ScopeUnknown, UnitNotDrawn
    """
    given = {k: v for k, v in (("zone", zone), ("project", project), ("unit", unit)) if v is not None}
    if len(given) > 1:
        raise ScopeTwice(given=", ".join(given))
    if zone is not None:
        return _zone(db, actor, as_of, zone)
    if project is not None:
        return _project(db, as_of, project)
    return _unit(db, as_of, unit) if unit is not None else PROVINCE


def weights(scope: Scope, as_of: date) -> Rows:
    """
    Land of every case of the scope on a date.

    Returns
    -------
    select
        ``case_key``, ``area_mm2`` and ``state_mm2`` (what of it is managed by the state): exact shares of the
        takes in the zone, in the parks where no zone is named (a phase's land is its park's).
    """
    in_zone = SHARES.c.zone_key == scope.zone_key
    if scope.zone_key is None:
        in_zone = SHARES.c.zone_key.in_(parks(as_of))
    area: ColumnElement[Any] = SHARES.c.area_mm2
    where = [in_zone, holds(TAKES, as_of)]
    if scope.area is not None:
        unit = boundary(scope.area)
        cut = func.ST_Intersection(TAKES.c.geom, unit, type_=Geometry)
        ground = func.nullif(func.ST_Area(cast(TAKES.c.geom, Geography)), 0)
        part = cast(func.round(area * func.ST_Area(cast(cut, Geography)) / ground), BigInteger)
        area = case((func.ST_Covers(unit, TAKES.c.geom), area), else_=part)
        where.append(func.ST_Intersects(TAKES.c.geom, unit))
    if scope.level == "project":
        of_project = select(CASES.c.key).where(CASES.c.project_key == scope.key, holds(CASES, as_of))
        where.append(TAKES.c.case_key.in_(of_project))
    state = func.coalesce(func.sum(area).filter(TAKES.c.state_managed), 0)
    return (
        select(
            TAKES.c.case_key,
            cast(func.sum(area), BigInteger).label("area_mm2"),
            cast(state, BigInteger).label("state_mm2"),
        )
        .select_from(SHARES.join(TAKES, TAKES.c.id == SHARES.c.take_id))
        .where(*where)
        .group_by(TAKES.c.case_key)
    )


def counted(scope: Scope) -> ColumnElement[bool]:
    """Whether a case counts as one in the scope: whole and once, as `contributions` says of zones."""
    match scope.level:
        case "province":
            return true()
        case "project":
            return CASES.c.project_key == scope.key
        case "unit":
            assert scope.area is not None
            return func.ST_Covers(boundary(scope.area), func.ST_PointOnSurface(CASES.c.geom))
        case "zone":
            own = CASES.c.zone_key.in_([scope.zone_key, *scope.phases])
            if not scope.siblings:
                return own
            most = (
                select(SHARES.c.zone_key)
                .join(TAKES, TAKES.c.id == SHARES.c.take_id)
                .where(TAKES.c.case_key == CASES.c.key, SHARES.c.zone_key.in_(scope.siblings))
                .group_by(SHARES.c.zone_key)
                .order_by(func.sum(SHARES.c.area_mm2).desc(), SHARES.c.zone_key)
                .limit(1)
                .correlate(CASES)
                .scalar_subquery()
            )
            of_park = and_(CASES.c.zone_key == scope.parent_key, most == scope.zone_key)
            return or_(own, of_park)


def boundary(area: bytes) -> ColumnElement[Any]:
    """The boundary of a unit as a geometry of the query."""
    return func.ST_GeomFromWKB(literal(area), STORAGE_SRID)


def parks(as_of: date) -> Rows:
    """Keys of the zones of a date that are no phase of another."""
    return select(ZONES.c.key).where(holds(ZONES, as_of), ZONES.c.parent_key.is_(None))


def _zone(db: Connection, actor: Actor, as_of: date, key: str) -> Scope:
    zones = visible(layer("zones"), actor, as_of).subquery()
    row = db.execute(select(zones.c.name, zones.c.illustrative).where(zones.c.key == key)).first()
    if row is None:
        raise ScopeUnknown(level="zone", key=key, as_of=as_of.isoformat())
    family = select(_LATEST.c.key, _LATEST.c.parent_key)
    parent = db.execute(family.where(_LATEST.c.key == key)).one().parent_key
    near = db.execute(family.where(_LATEST.c.parent_key.in_([key, parent or key]))).all()
    return Scope(
        "zone",
        key,
        row.name,
        key,
        illustrative=row.illustrative,
        phases=tuple(sorted(one.key for one in near if one.parent_key == key)),
        parent_key=parent,
        siblings=tuple(sorted(one.key for one in near if parent is not None and one.parent_key == parent)),
    )


def _project(db: Connection, as_of: date, key: str) -> Scope:
    row = db.execute(select(PROJECTS).where(PROJECTS.c.key == key)).first()
    if row is None:
        raise ScopeUnknown(level="project", key=key, as_of=as_of.isoformat())
    return Scope("project", key, row.name, row.zone_key, illustrative=row.illustrative)


def _unit(db: Connection, as_of: date, key: str) -> Scope:
    """
    A unit of any date with its own boundary, else with those of the units that it wholly was or became.

    A unit that was divided on the way says nothing of where its land lies today: nothing is guessed.
    """
    known = gazetteer(db)
    versions = sorted((u for u in known.units if u.key == key), key=lambda u: u.valid_from)
    if not versions:
        raise ScopeUnknown(level="unit", key=key, as_of=as_of.isoformat())
    unit = next((u for u in versions if u.holds(as_of)), versions[-1])
    parts = _drawn_parts(db, known, unit)
    if not parts:
        raise UnitNotDrawn(key=key, name=unit.name)
    drawn = tuple_(UNITS.c.key, UNITS.c.valid_from).in_([(part.key, part.valid_from) for part in parts])
    joined = select(func.ST_AsBinary(func.ST_Union(UNITS.c.geom))).where(drawn)
    area = bytes(db.execute(joined).scalar_one())
    return Scope("unit", key, unit.name, illustrative=unit.illustrative, area=area)


def _drawn_parts(db: Connection, known: Gazetteer, unit: Unit) -> list[Unit]:
    """The unit where it is drawn, else drawn units of the nearest date that it became or was made of."""
    told = select(UNITS.c.key, UNITS.c.valid_from).where(UNITS.c.geom.is_not(None))
    drawn = {(row.key, row.valid_from) for row in db.execute(told.where(UNITS.c.level == unit.level))}
    if (unit.key, unit.valid_from) in drawn:
        return [unit]
    days = sorted({day for _, day in drawn}, key=lambda day: abs((day - unit.valid_from).days))
    for day in days:
        parts = [became.unit for became in known.at(unit, day)]
        if parts and all((p.key, p.valid_from) in drawn and _wholly(known, p, unit) for p in parts):
            return parts
    return []


def _wholly(known: Gazetteer, part: Unit, unit: Unit) -> bool:
    """Whether all of a unit's land is that of another: it was not divided on the way."""
    became = known.at(part, unit.valid_from)
    return len(became) == 1 and became[0].kind != "split" and became[0].unit == unit
