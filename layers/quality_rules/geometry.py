"""Rules about one shape by itself."""

from __future__ import annotations

import numpy as np
from sqlalchemy import and_, select

from gis.measure import HA_M2, area_ha
from gis.quality import shapes
from layers.catalogue import layer
from layers.layer import Text, holds
from layers.quality_rules.rule import Found, Rule, Tolerance
from layers.quality_rules.scene import Scene
from layers.records.imports import NOTES

LAND = ("zones", "lots", "parcels")
#: Notes of an import that changed what an area covers.
MENDED = (
    "self_intersection",
    "ring_self_intersection",
    "hole_lies_outside_shell",
    "holes_are_nested",
    "nested_shells",
    "duplicate_rings",
    "interior_is_disconnected",
    "invalid_geometry",
)


def _touches(scene: Scene, layer_id: str, _tolerance: float) -> Found:
    row, points = shapes.self_touches(scene.features(layer_id).geoms)
    return Found.of(row, points)


def _slivers(scene: Scene, layer_id: str, tolerance_m: float) -> Found:
    geoms = scene.features(layer_id).geoms
    row, width_m = shapes.narrow(geoms, tolerance_m)
    return Found.of(row, geoms[row], area_ha(geoms[row]) * HA_M2, width=width_m.tolist())


def _mended(scene: Scene, layer_id: str, tolerance_percent: float) -> Found:
    """Features whose stored version came from an invalid geometry that the import mended."""
    features, table = scene.features(layer_id), layer(layer_id).table
    of_version = and_(NOTES.c.run_id == table.c.import_run_id, NOTES.c.key == table.c.key)
    noted = and_(NOTES.c.code.in_(MENDED), ~NOTES.c.refused, holds(table, scene.as_of))
    query = select(table.c.key, NOTES.c.facts).join(NOTES, of_version).where(noted).order_by(table.c.key)
    # Nobody knows by how much a figure of eight was changed: its area was nothing.
    changed = {key: abs(facts.get("area_change_percent", np.nan)) for key, facts in scene.db.execute(query)}
    keys = [key for key, percent in changed.items() if not percent <= tolerance_percent]
    row = features.rows(keys)
    percent = np.array([changed[key] for key in keys], dtype=float)[row >= 0]
    row = row[row >= 0]
    return Found.of(row, features.geoms[row], percent)


RULES = (
    Rule(
        id="mended",
        title=Text("Ranh giới không hợp lệ đã sửa khi nhập", "Invalid boundary was mended on import"),
        explain=Text(
            "Ranh giới trong tệp tự cắt hoặc sai vòng; bản lưu là hình đã sửa và diện tích khác đi hơn "
            "ngưỡng "
            "hoặc không so được. Đối chiếu bản vẽ, rồi chấp nhận hoặc nhập lại.",
            "The boundary in the file crossed itself or had misplaced rings; what is stored is the mended "
            "shape, "
            "with another area. Compare it with the drawing, then accept it or import it anew.",
        ),
        message=Text(
            "{key}: ranh giới đã sửa khi nhập[, diện tích đổi {measure} % (ngưỡng {tolerance} %)]",
            "{key}: the boundary was mended on import[, its area changed by {measure} % (tolerance "
            "{tolerance} %)]",
        ),
        severity="warning",
        layers=LAND,
        unit="percent",
        tolerance=Tolerance(0.1, "percent", 0.0, 100.0),
        find=_mended,
    ),
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
