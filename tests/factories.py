"""Rows for tests, each with what the test does not care about filled in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy import Connection, Table, insert, literal, select, true

from gis.crs import STORAGE_SRID
from layers.catalogue import layer
from layers.catalogue.cases import TABLE as CASES
from layers.catalogue.parcels import TABLE as PARCELS
from layers.clearance import maintain
from layers.query import search_text
from layers.records.cases import TAKES
from layers.records.occupations import LEASES, RESERVATIONS
from layers.records.stages import EVENTS

LON, LAT = 106.70, 11.00
#: Degrees of one metre near LAT 11.00 on the WGS 84 ellipsoid: 109.30 km and 110.61 km to the degree.
LON_PER_M, LAT_PER_M = 1 / 109_301.0, 1 / 110_609.0
SINCE = date(2020, 1, 1)


def rectangle(x_m: float, y_m: float, width_m: float, height_m: float) -> shapely.Polygon:
    """A rectangle by metres east and north of a corner near Thủ Dầu Một."""
    west, south = LON + x_m * LON_PER_M, LAT + y_m * LAT_PER_M
    return shapely.box(west, south, west + width_m * LON_PER_M, south + height_m * LAT_PER_M)


def point(x_m: float, y_m: float) -> shapely.Point:
    """A point by metres east and north of the same corner."""
    return shapely.Point(LON + x_m * LON_PER_M, LAT + y_m * LAT_PER_M)


def _geom(shape: Any) -> Any:
    if shape is None:
        return None
    if shape.geom_type in ("Polygon", "LineString"):
        shape = (
            shapely.multipolygons([shape])
            if shape.geom_type == "Polygon"
            else shapely.multilinestrings([shape])
        )
    return from_shape(shape, srid=STORAGE_SRID)


def a_feature(db: Connection, layer_id: str, shape: Any, **columns: Any) -> None:
    """One version of a feature of a base layer."""
    item = layer(layer_id)
    values = {"valid_from": SINCE, **columns, "geom": _geom(shape)}
    values["search_folded"] = search_text(item, values)
    db.execute(insert(item.table).values(values))


def a_zone(db: Connection, key: str, shape: Any, **columns: Any) -> None:
    """An operating park handed over by a decision, unless told otherwise."""
    usual: dict[str, Any] = {
        "name": f"KCN {key}",
        "kind": "KCN",
        "status": "operating",
        "clearance_basis": "declared",
        "vsic_scheme": "VSIC2018",
        "permitted_vsic": ["13", "14", "25"],
    }
    if (entrance := columns.pop("entrance", None)) is not None:
        columns |= {"entrance_lon": entrance.x, "entrance_lat": entrance.y}
    if columns.get("clearance_basis", "declared") == "declared":
        usual |= {"handover_decision": "QĐ 1/QĐ-UBND", "handed_over_on": SINCE}
    a_feature(db, "zones", shape, key=key, **(usual | columns))


def a_lot(db: Connection, zone: str, number: str, shape: Any, **columns: Any) -> str:
    """An industrial lot with services since the start; returns its key."""
    key = f"{zone}-{number}"
    usual = {"use": "industrial", "serviced_on": SINCE}
    a_feature(db, "lots", shape, key=key, zone_key=zone, number=number, **(usual | columns))
    return key


def a_lease(db: Connection, lot_key: str, from_on: date, to_on: date | None = None, **columns: Any) -> None:
    """A land lease of a whole lot."""
    _hold(db, LEASES, lot_key, from_on, to_on, columns)


def a_reservation(
    db: Connection, lot_key: str, from_on: date, to_on: date | None = None, **columns: Any
) -> None:
    """A reservation of a whole lot."""
    _hold(db, RESERVATIONS, lot_key, from_on, to_on, columns)


def _hold(
    db: Connection, table: Table, lot_key: str, from_on: date, to_on: date | None, columns: dict[str, Any]
) -> None:
    part = _geom(columns.pop("part", None))
    held = {"lot_key": lot_key, "holder": "Công ty A", "from_on": from_on, "to_on": to_on, "part": part}
    db.execute(insert(table).values(held | columns))


def a_parcel(db: Connection, sheet: str, number: str, shape: Any, **columns: Any) -> str:
    """A parcel of commune 25747; returns its key."""
    usual = {"commune_code": "25747", "sheet_number": sheet, "parcel_number": number}
    a_feature(db, "parcels", shape, **(usual | columns))
    return f"25747-{sheet}-{number}"


def a_stage(db: Connection, parcel_key: str, stage: str, effective_on: date) -> None:
    """A clearance event of the case that takes a whole parcel and has its key."""
    if not db.execute(select(CASES.c.id).where(CASES.c.key == parcel_key)).first():
        a_case(db, parcel_key, [parcel_key], opened_on=min(SINCE, effective_on))
    db.execute(insert(EVENTS).values(case_key=parcel_key, stage=stage, effective_on=effective_on))
    maintain.rebuild_cases(db, [parcel_key])


def a_case(
    db: Connection, key: str, parcel_keys: Sequence[str] = (), opened_on: date = SINCE, **columns: Any
) -> None:
    """A household's case that takes parcels as they are now, whole; under the Land Law 2024."""
    usual: dict[str, Any] = {"user_kind": "household", "origin": "private", "law": "LL2024"}
    usual |= {"commune_code": "25747", "opened_on": opened_on, "valid_from": opened_on}
    if "zone_key" not in columns and parcel_keys:
        of_parcel = select(PARCELS.c.zone_key).where(PARCELS.c.key == parcel_keys[0])
        usual["zone_key"] = db.execute(of_parcel.limit(1)).scalar()
    db.execute(insert(CASES).values(usual | {"key": key} | columns))
    for parcel_key in parcel_keys:
        taken = select(
            literal(key), PARCELS.c.key, true(), PARCELS.c.geom, PARCELS.c.commune_code, literal(opened_on)
        ).where(PARCELS.c.key == parcel_key, PARCELS.c.valid_to.is_(None))
        names = ["case_key", "parcel_key", "whole", "geom", "commune_code", "valid_from"]
        db.execute(insert(TAKES).from_select(names, taken))
    maintain.rebuild_cases(db, [key])


def an_enterprise(db: Connection, key: str, shape: Any, **columns: Any) -> None:
    """A weaver (VSIC 2018 1312) that needs one hectare."""
    usual = {"name": f"Công ty {key}", "vsic_scheme": "VSIC2018", "vsic_code": "1312", "area_needed_ha": 1.0}
    a_feature(db, "enterprises", shape, key=key, **(usual | columns))
