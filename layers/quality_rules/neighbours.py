"""Rules between neighbours of one layer: land claimed twice, and narrow land that belongs to none."""

from __future__ import annotations

import numpy as np

from gis import geometry
from gis.arrays import Geometries, Ints
from gis.quality import coverage, repair
from layers.layer import Text
from layers.quality_rules.rule import Found, Rule, Tolerance
from layers.quality_rules.scene import Features, Scene, absent

#: Gaps up to this area are drawing noise, however long.
LEAST_GAP_M2 = 1.0


def _overlaps(scene: Scene, layer_id: str, tolerance_m2: float) -> Found:
    features = scene.features(layer_id)
    if layer_id == "zones":  # phases lie on their park: no partition to start from
        first, second, area_m2 = geometry.overlaps(features.geoms, tolerance_m2)
        apart = ~_family(features, first, second)
        first, second, area_m2 = first[apart], second[apart], area_m2[apart]
        shared = coverage.shared(features.geoms[first], features.geoms[second])
    else:
        found = coverage.overlaps(features.geoms, tolerance_m2, scene.loose_edges(layer_id))
        first, second, shared, area_m2 = found.first, found.second, found.geoms, found.area_m2
    smaller = repair.safe(shared, features.geoms[first]) & repair.safe(shared, features.geoms[second])
    return Found.of(first, shared, area_m2, features.keys[second].tolist(), smaller)


def _gaps(scene: Scene, layer_id: str, width_m: float) -> Found:
    features = scene.features(layer_id)
    if layer_id != "zones":
        return _between(
            features, coverage.gaps(features.geoms, width_m, LEAST_GAP_M2, scene.loose_edges(layer_id))
        )
    # A park and its phases lie on one another, so each is a cover of its own.
    whole: Geometries = features.geoms.copy()
    whole[~absent(features.texts("parent_key"))] = None
    return _between(features, coverage.gaps(whole, width_m, LEAST_GAP_M2))


def _between(features: Features, found: coverage.Gaps) -> Found:
    beside = found.first >= 0
    first, second, geoms = found.first[beside], found.second[beside], found.geoms[beside]
    keys = features.keys
    swapped = (second >= 0) & (keys[first].astype(str) > keys[second].astype(str))
    low, high = np.where(swapped, second, first), np.where(swapped, first, second)
    other = [None if row < 0 else str(keys[row]) for row in high]
    return Found.of(low, geoms, found.area_m2[beside], other, repair.safe(geoms, features.geoms[first]))


def _family(features: Features, first: Ints, second: Ints) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether one of a pair is the park of the other."""
    keys, parents = features.keys, features.texts("parent_key")
    return (parents[first] == keys[second]) | (parents[second] == keys[first])


LAND = ("zones", "lots", "parcels")

RULES = (
    Rule(
        id="overlap",
        title=Text("Hai hình chồng lên nhau", "Two features share land"),
        explain=Text(
            "Cùng một mảnh đất thuộc hai đối tượng nên bị tính hai lần. Phần chồng hẹp có thể cắt khỏi "
            "hình mới "
            "hơn; phần lớn phải đối chiếu hồ sơ.",
            "The same land belongs to both and is counted twice. A narrow overlap can be cut from the newer "
            "feature; a large one must be settled from the records.",
        ),
        message=Text(
            "{key} và {other} chồng nhau {measure} m² (ngưỡng {tolerance} m²)",
            "{key} and {other} share {measure} m² (tolerance {tolerance} m²)",
        ),
        severity="error",
        layers=LAND,
        unit="m2",
        tolerance=Tolerance(1.0, "m2", 0.0, 100_000.0),
        find=_overlaps,
    ),
    Rule(
        id="gap",
        title=Text("Khe hở hẹp giữa hai hình", "Narrow gap between neighbours"),
        explain=Text(
            "Khe hẹp hơn ngưỡng giữa hai hình kề nhau: thường do hai lần đo lệch nhau. Có thể nối khe vào "
            "hình "
            "kề bên có cạnh chung dài hơn.",
            "Land narrower than the tolerance between neighbours: mostly two surveys that do not meet. It "
            "can "
            "be given to the neighbour with the longer border.",
        ),
        message=Text(
            "Khe hở {measure} m² giữa {key} và {other}, hẹp hơn {tolerance} m",
            "A gap of {measure} m² between {key} and {other}, narrower than {tolerance} m",
        ),
        severity="warning",
        layers=LAND,
        unit="m2",
        tolerance=Tolerance(0.5, "m", 0.0, 20.0),
        find=_gaps,
    ),
)
