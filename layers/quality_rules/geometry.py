"""Rules about one shape by itself."""

from __future__ import annotations

import numpy as np

from gis.measure import HA_M2, area_ha
from gis.quality import shapes
from layers.layer import Text
from layers.quality_rules.rule import Found, Rule, Tolerance
from layers.quality_rules.scene import Scene

LAND = ("zones", "lots", "parcels")


def _touches(scene: Scene, layer_id: str, _tolerance: float) -> Found:
    row, points = shapes.self_touches(scene.features(layer_id).geoms)
    return Found.of(row, points)


def _slivers(scene: Scene, layer_id: str, tolerance_m: float) -> Found:
    geoms = scene.features(layer_id).geoms
    width_m = shapes.mean_width_m(geoms)
    row = np.flatnonzero(width_m < tolerance_m)
    return Found.of(row, geoms[row], area_ha(geoms[row]) * HA_M2, width=width_m[row].tolist())


RULES = (
    Rule(
        id="self_touch",
        title=Text("Ranh giới tự chạm tại một điểm", "Boundary touches itself in a point"),
        explain=Text(
            "Hình hợp lệ nhưng chỉ liền nhau qua một đỉnh; thường là lỗi số hóa. Kiểm tra bản vẽ gốc.",
            "Valid, yet held together by a corner alone; mostly a slip of digitising. Look at the drawing.",
        ),
        message=Text("{key}: ranh giới tự chạm tại đỉnh", "{key}: the boundary touches itself in a corner"),
        severity="info",
        layers=LAND,
        find=_touches,
    ),
    Rule(
        id="sliver",
        title=Text("Hình quá hẹp (mảnh vụn)", "Sliver: far too thin"),
        explain=Text(
            "Bề rộng trung bình nhỏ hơn ngưỡng: thường là khe thừa khi chồng bản đồ, không phải thửa thật.",
            "Narrower on average than the tolerance: mostly left over where maps were laid on one another.",
        ),
        message=Text(
            "{key}: rộng trung bình {width} m, dưới {tolerance} m; diện tích {measure} m²",
            "{key}: {width} m wide on average, under {tolerance} m; area {measure} m²",
        ),
        severity="warning",
        layers=LAND,
        unit="m2",
        tolerance=Tolerance(0.3, "m", 0.0, 20.0),
        find=_slivers,
    ),
)
