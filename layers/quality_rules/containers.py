"""Rules about what should lie inside something, and what should not."""

from __future__ import annotations

import numpy as np
import shapely

from gis.arrays import Bools, Geometries, Ints
from gis.measure import HA_M2, area_ha, length_m
from gis.quality import coverage
from layers.layer import Text
from layers.quality_rules.rule import Found, Rule, Tolerance
from layers.quality_rules.scene import Scene, absent

#: Zones that exist on the ground: a firm inside one of them is not outside zones. Land of a zone that is
#: planned or being cleared still has firms on it.
ON_THE_GROUND = ("building", "operating", "full", "converting")


def _outside(scene: Scene, layer_id: str, column: str, tolerance_m2: float) -> Found:
    features, zones = scene.features(layer_id), scene.features("zones")
    home = zones.rows(features.texts(column))
    row = np.flatnonzero(home >= 0)
    left, area_m2 = coverage.outside(features.geoms[row], zones.geoms[home[row]])
    out = area_m2 > tolerance_m2
    return Found.of(row[out], left[out], area_m2[out], zones.keys[home[row[out]]].tolist())


def _lots(scene: Scene, layer_id: str, tolerance_m2: float) -> Found:
    return _outside(scene, layer_id, "zone_key", tolerance_m2)


def _parcels(scene: Scene, layer_id: str, tolerance_m2: float) -> Found:
    found = _outside(scene, layer_id, "zone_key", tolerance_m2)
    zones = scene.features("zones")
    return found.where(~_cut_at_the_rim(scene, layer_id, found.row, zones.rows(found.other), tolerance_m2))


def _phases(scene: Scene, layer_id: str, tolerance_m2: float) -> Found:
    return _outside(scene, layer_id, "parent_key", tolerance_m2)


def _homeless(scene: Scene, layer_id: str, _tolerance: float) -> Found:
    features, zones = scene.features(layer_id), scene.features("zones")
    row = np.flatnonzero(zones.rows(features.texts("zone_key")) < 0)
    return Found.of(row, features.geoms[row], zone=features.texts("zone_key")[row].tolist())


def _straddling(scene: Scene, layer_id: str, tolerance_m2: float) -> Found:
    """Parcels that name no zone and lie partly on one, and that no case divides along its boundary."""
    parcels, zones = scene.features(layer_id), scene.features("zones")
    free = np.flatnonzero(absent(parcels.texts("zone_key")))
    whole = np.flatnonzero(absent(zones.texts("parent_key")))
    rims = shapely.boundary(zones.geoms[whole])
    zone, parcel = shapely.STRtree(parcels.geoms[free]).query(rims, predicate="intersects")
    row, zone = free[parcel], whole[zone]
    inside = coverage.shared(parcels.geoms[row], zones.geoms[zone])
    inside_m2 = area_ha(inside) * HA_M2
    outside_m2 = area_ha(parcels.geoms[row]) * HA_M2 - inside_m2
    both = (inside_m2 > tolerance_m2) & (outside_m2 > tolerance_m2)
    row, zone = row[both], zone[both]
    found = Found.of(row, inside[both], inside_m2[both], zones.keys[zone].tolist())
    return found.where(~_cut_at_the_rim(scene, layer_id, row, zone, tolerance_m2))


def _cut_at_the_rim(scene: Scene, layer_id: str, parcel: Ints, zone: Ints, tolerance_m2: float) -> Bools:
    """Whether cases take of each parcel what lies in its zone, and leave what lies outside."""
    parcels, zones = scene.features(layer_id), scene.features("zones")
    parts = scene.partly_taken(parcels.keys[parcel].tolist())
    shapes = [parts.get(key) for key in parcels.keys[parcel]]
    cut = np.array([shape is not None for shape in shapes], dtype=bool)
    taken = np.array(shapes, dtype=object)[cut]
    inside = coverage.shared(parcels.geoms[parcel[cut]], zones.geoms[zone[cut]])
    differs_m2 = area_ha(shapely.symmetric_difference(inside, taken)) * HA_M2
    cut[cut] = differs_m2 <= tolerance_m2
    return cut


def _inside(scene: Scene, layer_id: str, tolerance_m: float) -> Found:
    firms, zones = scene.features(layer_id), scene.features("zones")
    there = np.flatnonzero(np.isin(zones.texts("status").astype(str), ON_THE_GROUND))
    firm, zone = shapely.STRtree(zones.geoms[there]).query(firms.geoms, predicate="intersects")
    zone = there[zone]
    names, origin = zones.texts("name"), firms.texts("origin_zone_key")
    deep_m = _depth_m(firms.geoms[firm], zones.geoms[zone])
    stray = absent(origin[firm]) & (deep_m > tolerance_m)
    firm, zone, deep_m = _once(firm[stray], zone[stray], deep_m[stray], zones.texts("parent_key"))
    return Found.of(
        firm,
        firms.geoms[firm],
        deep_m,
        zones.keys[zone].tolist(),
        name=firms.texts("name")[firm].tolist(),
        zone=names[zone].tolist(),
    )


def _depth_m(points: Geometries, polygons: Geometries) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """How far inside its polygon each point lies; a degree of longitude is taken at its own latitude."""
    near = shapely.shortest_line(points, shapely.boundary(polygons))
    return length_m(near)


def _once(firm: Ints, zone: Ints, deep_m: np.ndarray, parents: np.ndarray) -> tuple[Ints, Ints, np.ndarray]:
    """One zone per firm: the park before its phase."""
    is_phase = ~absent(parents[zone])
    order = np.lexsort((zone, is_phase, firm))
    firm, zone, deep_m = firm[order], zone[order], deep_m[order]
    first = np.ones(len(firm), dtype=bool)
    first[1:] = firm[1:] != firm[:-1]
    return firm[first], zone[first], deep_m[first]


AREA = Tolerance(10.0, "m2", 0.0, 100_000.0)

RULES = (
    Rule(
        id="lot_outside_zone",
        title=Text("Lô đất ra ngoài khu", "Lot reaches outside its zone"),
        explain=Text(
            "Phần lô nằm ngoài ranh giới khu không thể cho thuê trong khu. Kiểm tra ranh giới khu và bản "
            "vẽ 1/500.",
            "The part outside cannot be let within the zone. Compare the zone's boundary with the 1/500 "
            "plan.",
        ),
        message=Text(
            "Lô {key} ra ngoài khu {other} {measure} m² (ngưỡng {tolerance} m²)",
            "Lot {key} lies outside zone {other} by {measure} m² (tolerance {tolerance} m²)",
        ),
        severity="error",
        layers=("lots",),
        unit="m2",
        tolerance=AREA,
        find=_lots,
    ),
    Rule(
        id="lot_without_zone",
        title=Text("Lô đất không có khu", "Lot of an unknown zone"),
        explain=Text(
            "Mã khu của lô không có trong lớp khu, cụm nên lô không vào được số liệu nào.",
            "The zone that the lot names is not among the zones, so the lot counts in no figure.",
        ),
        message=Text("Lô {key}: không có khu {zone}", "Lot {key}: there is no zone {zone}"),
        severity="error",
        layers=("lots",),
        find=_homeless,
    ),
    Rule(
        id="phase_outside_park",
        title=Text("Giai đoạn ra ngoài khu mẹ", "Phase reaches outside its park"),
        explain=Text(
            "Giai đoạn phải nằm trong ranh giới khu mẹ; kiểm tra quyết định mở rộng.",
            "A phase lies within its park; see whether a decision enlarged the park.",
        ),
        message=Text(
            "Giai đoạn {key} ra ngoài khu {other} {measure} m² (ngưỡng {tolerance} m²)",
            "Phase {key} lies outside park {other} by {measure} m² (tolerance {tolerance} m²)",
        ),
        severity="warning",
        layers=("zones",),
        unit="m2",
        tolerance=AREA,
        find=_phases,
        alone=False,
    ),
    Rule(
        id="parcel_outside_zone",
        title=Text("Thửa đất ra ngoài khu thu hồi", "Parcel reaches outside the zone under clearance"),
        explain=Text(
            "Thửa được ghi là thu hồi cho khu nhưng có phần nằm ngoài ranh giới khu, và không có hồ sơ nào "
            "chỉ thu hồi phần trong khu.",
            "The parcel is recorded as cleared for the zone, yet part of it lies outside, and no case takes "
            "the part inside alone.",
        ),
        message=Text(
            "Thửa {key} ra ngoài khu {other} {measure} m² (ngưỡng {tolerance} m²)",
            "Parcel {key} lies outside zone {other} by {measure} m² (tolerance {tolerance} m²)",
        ),
        severity="warning",
        layers=("parcels",),
        unit="m2",
        tolerance=AREA,
        find=_parcels,
    ),
    Rule(
        id="parcel_straddles_zone",
        title=Text("Thửa đất nằm vắt ngang ranh giới khu", "Parcel straddles the boundary of a zone"),
        explain=Text(
            "Thửa không ghi thuộc khu thu hồi nào nhưng có phần nằm trong khu, và không có hồ sơ nào thu hồi "
            "phần đó: có thể phải tách thửa.",
            "The parcel names no zone under clearance, yet part of it lies on one that no case takes: it may "
            "have to be divided.",
        ),
        message=Text(
            "Thửa {key} có {measure} m² nằm trong khu {other}",
            "{measure} m² of parcel {key} lie on zone {other}",
        ),
        severity="info",
        layers=("parcels",),
        unit="m2",
        tolerance=AREA,
        find=_straddling,
    ),
    Rule(
        id="enterprise_in_zone",
        title=Text(
            "Doanh nghiệp ngoài khu lại nằm trong khu", "Enterprise claimed outside zones but inside one"
        ),
        explain=Text(
            "Doanh nghiệp trong danh sách ngoài khu, cụm nhưng vị trí nằm trong một khu đang hoạt động: "
            "sai vị trí hoặc sai danh sách.",
            "Listed as outside zones, yet its point lies in a zone that exists: the point or the list is "
            "wrong.",
        ),
        message=Text(
            "{name} ({key}) nằm trong {zone}, cách ranh giới {measure} m",
            "{name} ({key}) lies in {zone}, {measure} m from its boundary",
        ),
        severity="warning",
        layers=("enterprises",),
        unit="m",
        tolerance=Tolerance(20.0, "m", 0.0, 1_000.0),
        find=_inside,
    ),
)
