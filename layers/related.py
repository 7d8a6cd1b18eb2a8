"""What else is known of a feature: its supply, reports, phases, units, holds and events, all up to a date."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import Connection, exists, func, select

from layers.access import Actor
from layers.catalogue import admin_units, enterprises, lots, parcels, zone_supply, zones
from layers.layer import Layer, Rows, Text
from layers.query import visible
from layers.records.cases import TAKES
from layers.records.observations import OBSERVATIONS, QUANTITIES
from layers.records.occupations import LEASES, RESERVATIONS
from layers.records.stages import EVENTS
from layers.rows import told_columns

Related = dict[str, Any]


def related(db: Connection, layer: Layer, actor: Actor, as_of: date, key: str) -> Related:
    """What the card of a feature tells beside its own columns; empty for layers that nothing hangs on."""
    tell = _TOLD.get(layer.id)
    return tell(db, actor, as_of, key) if tell else {}


def admin_at(db: Connection, layer: Layer, actor: Actor, as_of: date, key: str) -> list[dict[str, Any]]:
    """Administrative units of the date that a point on the feature lies in, the widest first."""
    rows = visible(layer, actor, as_of).subquery("rows")
    units = visible(admin_units.LAYER, actor, as_of).subquery("units")
    place = select(func.ST_PointOnSurface(rows.c.geom)).where(rows.c.key == key).scalar_subquery()
    told = (units.c.level, units.c.name, units.c.code, units.c.illustrative)
    chosen = select(*told).where(func.ST_Covers(units.c.geom, place))
    order = [code.value for code in admin_units.LEVELS]
    return sorted(_all(db, chosen), key=lambda unit: order.index(unit["level"]))


def _of_zone(db: Connection, actor: Actor, as_of: date, key: str) -> Related:
    return {
        "supply": _supply(db, actor, as_of, key),
        "observations": _observations(db, as_of, key),
        "phases": _phases(db, actor, as_of, key),
        "admin": admin_at(db, zones.LAYER, actor, as_of, key),
    }


def _supply(db: Connection, actor: Actor, as_of: date, key: str) -> Related | None:
    rows = visible(zone_supply.LAYER, actor, as_of).subquery("rows")
    names = told_columns(zone_supply.LAYER)
    found = _all(db, select(*(rows.c[name] for name in names)).where(rows.c.key == key).limit(1))
    return found[0] if found else None


def _observations(db: Connection, as_of: date, key: str) -> list[Related]:
    told = OBSERVATIONS.c
    chosen = (
        select(told.quantity, told.value, told.denominator, told.observed_on, told.source, told.illustrative)
        .where(told.zone_key == key, told.observed_on <= as_of)
        .order_by(told.observed_on.desc(), told.quantity, told.id)
    )
    titles: dict[str, Text] = {code.value: code.title for code in QUANTITIES}
    return [row | {"title": _words(titles[row["quantity"]])} for row in _all(db, chosen)]


def _phases(db: Connection, actor: Actor, as_of: date, key: str) -> list[Related]:
    rows = visible(zones.LAYER, actor, as_of).subquery("rows")
    chosen = select(rows.c.key, rows.c.name, rows.c.status, rows.c.area_legal_ha, rows.c.illustrative)
    return _all(db, chosen.where(rows.c.parent_key == key).order_by(rows.c.key))


def _of_enterprise(db: Connection, actor: Actor, as_of: date, key: str) -> Related:
    return {"admin": admin_at(db, enterprises.LAYER, actor, as_of, key)}


def _of_lot(db: Connection, actor: Actor, as_of: date, key: str) -> Related:
    del actor  # who holds an industrial lot is on public record
    told: Related = {}
    for name, table in (("leases", LEASES), ("reservations", RESERVATIONS)):
        columns = [c for c in table.c if c.name not in ("id", "lot_key", "part", "import_run_id")]
        begun = select(*columns, table.c.part.is_not(None).label("is_part")).where(
            table.c.lot_key == key, table.c.from_on <= as_of
        )
        told[name] = _all(db, begun.order_by(table.c.from_on.desc(), table.c.id))
    return told


def _of_parcel(db: Connection, actor: Actor, as_of: date, key: str) -> Related:
    del actor  # stages name no person
    told, replacing = EVENTS.c, EVENTS.alias("replacing")
    chosen = select(told.case_key, told.stage, told.effective_on, told.recorded_at, told.source)
    of_parcel = select(TAKES.c.case_key).where(TAKES.c.parcel_key == key)
    counts = ~exists().where(replacing.c.replaces_id == told.id)
    held = chosen.where(
        told.case_key.in_(of_parcel), told.effective_on <= as_of, told.stage.is_not(None), counts
    )
    return {"events": _all(db, held.order_by(told.effective_on, told.id))}


def _all(db: Connection, chosen: Rows) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in db.execute(chosen).mappings()]


def _words(title: Text) -> dict[str, str]:
    return {"vi": title.vi, "en": title.en}


_TOLD: dict[str, Callable[[Connection, Actor, date, str], Related]] = {
    zones.LAYER.id: _of_zone,
    enterprises.LAYER.id: _of_enterprise,
    lots.LAYER.id: _of_lot,
    parcels.LAYER.id: _of_parcel,
}
