"""Rules about what papers declare and what the map measures; what is legal stays as declared."""

from __future__ import annotations

import numpy as np

from gis.measure import HA_M2
from gis.quality.columns import disagreement_percent
from layers.layer import Text
from layers.quality_rules.rule import Found, Rule, Tolerance
from layers.quality_rules.scene import Scene

#: Declared column, its square metres, and the difference in m² that drawing alone explains.
DECLARED = {
    "zones": ("area_legal_ha", HA_M2, 100.0),
    "lots": ("area_planned_ha", HA_M2, 20.0),
    "parcels": ("area_legal_m2", 1.0, 10.0),
}


def _disagree(scene: Scene, layer_id: str, tolerance_percent: float) -> Found:
    features = scene.features(layer_id)
    column, in_m2, least_m2 = DECLARED[layer_id]
    declared_m2 = features.numbers(column) * in_m2
    measured_m2 = features.numbers("area_measured_ha") * HA_M2
    off = disagreement_percent(declared_m2, measured_m2, least_m2)
    row = np.flatnonzero(off > tolerance_percent)
    return Found.of(
        row,
        features.geoms[row],
        off[row],
        declared=declared_m2[row].tolist(),
        measured=measured_m2[row].tolist(),
    )


RULES = (
    Rule(
        id="area_disagrees",
        title=Text("Diện tích hồ sơ khác diện tích đo", "Declared and measured area disagree"),
        explain=Text(
            "Diện tích pháp lý vẫn giữ theo hồ sơ; sai khác lớn cho thấy ranh giới vẽ sai, sai hệ tọa độ "
            "hoặc "
            "sai đơn vị. Không tự sửa: chỉ chấp nhận kèm lý do hoặc nhập lại ranh giới.",
            "The legal area stays as declared; a large difference points to a wrong boundary, coordinate "
            "system "
            "or unit. There is no repair: accept it with a reason, or import the boundary anew.",
        ),
        message=Text(
            "{key}: hồ sơ {declared} m², đo {measured} m², lệch {measure} % (ngưỡng {tolerance} %)",
            "{key}: declared {declared} m², measured {measured} m², off by {measure} % (tolerance "
            "{tolerance} %)",
        ),
        severity="warning",
        layers=tuple(DECLARED),
        unit="percent",
        tolerance=Tolerance(5.0, "percent", 0.0, 100.0),
        find=_disagree,
    ),
)
