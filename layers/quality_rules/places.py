"""Rules about where something is said to lie: its commune, and points that stand for a whole unit."""

from __future__ import annotations

import re

import numpy as np
import shapely
from sqlalchemy import LargeBinary, func, select, type_coerce

from gis.arrays import Floats, Geometries, Ints, Texts
from gis.measure import length_m
from gis.quality.columns import near_any
from gis.text import fold_all
from layers.catalogue.admin_units import TABLE as UNITS
from layers.layer import Text, holds
from layers.quality_rules.rule import Found, Rule, Tolerance
from layers.quality_rules.scene import Scene, Units

#: Points that geocoders and code lists give for the country as a whole: Google's, and ISO 3166's.
COUNTRY = ((108.277199, 14.058324), (108.0, 16.0), (106.0, 16.0))
_TYPE = r"(?:phuong|xa|thi tran|dac khu|p\.|x\.|tt\.)"
_NAMED = re.compile(_TYPE + r"\s*([a-z][a-z0-9' ]*?)\s*(?=[,;.()\-/]|$)")
_BARE = re.compile("^(?:phuong|xa|thi tran|dac khu) ")


def _codes(scene: Scene, layer_id: str, tolerance_m: float) -> Found:
    """Parcels whose commune code, of whatever date, means land elsewhere."""
    parcels, units = scene.features(layer_id), scene.communes
    codes = parcels.texts("commune_code")
    points = shapely.centroid(parcels.geoms)
    away_m = np.full(len(parcels), np.nan)
    for code in np.unique(codes.astype(str)):
        rows = np.flatnonzero(codes == code)
        away_m[rows] = _away_m(points[rows], units, units.meant_by(f"commune-{code}"))
    row = np.flatnonzero(away_m > tolerance_m)
    return _elsewhere(scene, units, row, parcels.geoms, points, away_m, codes)


def _addresses(scene: Scene, layer_id: str, tolerance_m: float) -> Found:
    """Firms whose address names a commune, of whatever date, that lies elsewhere."""
    firms, units = scene.features(layer_id), scene.communes
    folded = fold_all(firms.texts("address"))
    bare = np.array([_BARE.sub("", name or "") for name in fold_all(units.names)], dtype=object)
    away_m, told = np.full(len(firms), np.nan), np.full(len(firms), None, dtype=object)
    for row, text in enumerate(folded):
        names = _NAMED.findall(text or "")
        meant = np.flatnonzero(np.isin(bare.astype(str), names)) if names else []
        if len(meant):
            keys = {key for unit in meant for key in units.meant_by(units.keys[unit]).tolist()}
            away_m[row] = _away_m(firms.geoms[row : row + 1], units, np.array(sorted(keys)))[0]
            told[row] = units.names[meant[0]]
    row = np.flatnonzero(away_m > tolerance_m)
    return _elsewhere(scene, units, row, firms.geoms, firms.geoms, away_m, told, repairable=False)


def _elsewhere(
    scene: Scene,
    units: Units,
    row: Ints,
    geoms: Geometries,
    points: Geometries,
    away_m: Floats,
    told: Texts,
    *,
    repairable: bool = True,
) -> Found:
    at = units.at(points[row], scene.as_of)
    known = at >= 0
    here = [str(units.keys[unit]) if unit >= 0 else None for unit in at]
    name = [units.names[unit] if unit >= 0 else "–" for unit in at]
    return Found.of(
        row,
        geoms[row],
        away_m[row],
        other=here,
        repairable=known & repairable,
        told=told[row].tolist(),
        here=name,
    )


def _away_m(points: Geometries, units: Units, meant: Ints) -> Floats:
    """How far points lie from the nearest land that is meant; 0 inside, NaN where no boundary is known."""
    away_m = np.full(len(points), np.nan)
    if len(meant) == 0:
        return away_m
    land = shapely.union_all(units.geoms[meant])
    shapely.prepare(land)
    out = ~shapely.intersects(land, points)
    away_m[~out] = 0.0
    away_m[out] = length_m(shapely.shortest_line(points[out], land))
    away_m[shapely.is_missing(points)] = np.nan
    return away_m


def _middles(scene: Scene, layer_id: str, tolerance_m: float) -> Found:
    features = scene.features(layer_id)
    wkb = type_coerce(func.ST_AsBinary(UNITS.c.geom), LargeBinary)
    query = select(wkb, UNITS.c.name).where(holds(UNITS, scene.as_of), UNITS.c.geom.is_not(None))
    units = scene.db.execute(query.order_by(UNITS.c.key)).all()
    land = shapely.from_wkb(np.array([unit[0] for unit in units], dtype=object))
    boxes = shapely.box(*shapely.bounds(land).T) if len(land) else land
    places = np.concatenate([shapely.centroid(land), shapely.centroid(boxes), shapely.points(COUNTRY)])
    names = [unit[1] for unit in units] * 2 + ["Việt Nam"] * len(COUNTRY)
    near, place = near_any(features.geoms, places, tolerance_m)
    row = np.flatnonzero(near)
    return Found.of(row, features.geoms[row], unit=[names[at] for at in place[row]])


RULES = (
    Rule(
        id="wrong_commune",
        title=Text("Mã xã không đúng vị trí thửa", "Commune code does not fit the parcel's place"),
        explain=Text(
            "Mã xã (cũ hay mới, kể cả xã đã sáp nhập) chỉ một nơi khác với vị trí thửa trên bản đồ.",
            "The commune code, old or new and merged ones included, means another place than the map shows.",
        ),
        message=Text(
            "Thửa {key} ghi mã xã {told} nhưng nằm ở {here}, cách {measure} m",
            "Parcel {key} is filed under commune {told} but lies in {here}, {measure} m away",
        ),
        severity="error",
        layers=("parcels",),
        unit="m",
        tolerance=Tolerance(50.0, "m", 0.0, 10_000.0),
        find=_codes,
    ),
    Rule(
        id="wrong_commune_address",
        title=Text("Địa chỉ không đúng vị trí doanh nghiệp", "Address does not fit the firm's point"),
        explain=Text(
            "Xã, phường trong địa chỉ (cũ hay mới) không chứa vị trí của doanh nghiệp: sai điểm hoặc sai "
            "địa chỉ.",
            "The commune that the address names, old or new, does not hold the point: one of them is wrong.",
        ),
        message=Text(
            "{key}: địa chỉ ghi {told} nhưng vị trí ở {here}, cách {measure} m",
            "{key}: the address names {told}, the point lies in {here}, {measure} m away",
        ),
        severity="warning",
        layers=("enterprises",),
        unit="m",
        tolerance=Tolerance(500.0, "m", 0.0, 100_000.0),
        find=_addresses,
    ),
    Rule(
        id="centre_point",
        title=Text("Điểm ở tâm đơn vị hành chính", "Point in the middle of an administrative unit"),
        explain=Text(
            "Vị trí trùng tâm một xã, huyện, tỉnh hoặc cả nước: do phần mềm gán khi không tìm được địa chỉ.",
            "The point is the middle of a commune, district, province or the country: what geocoders answer "
            "when they do not find an address.",
        ),
        message=Text("{key}: vị trí là tâm của {unit}", "{key}: the point is the middle of {unit}"),
        severity="warning",
        layers=("enterprises",),
        tolerance=Tolerance(20.0, "m", 0.0, 1_000.0),
        find=_middles,
    ),
)
