"""What Decree 32/2024/NĐ-CP wants to be told of every industrial cluster (CCN)."""

from __future__ import annotations

import numpy as np

from layers.layer import Text
from layers.quality_rules.rule import Found, Rule
from layers.quality_rules.scene import Features, Scene, absent

#: Each item, and the columns of which one must be filled; an item whose columns do not exist is not asked.
ITEMS: tuple[tuple[Text, tuple[str, ...]], ...] = (
    (Text("tên", "name"), ("name",)),
    (Text("diện tích", "area"), ("area_legal_ha",)),
    (
        Text("địa điểm đến cấp xã", "location to the commune"),
        ("commune_keys", "commune_key", "commune_codes", "commune_code", "communes", "commune", "location"),
    ),
    (Text("ngành nghề", "sectors"), ("permitted_vsic", "sectors")),
    (
        Text("vốn đầu tư hạ tầng", "infrastructure investment"),
        (
            "investment_billion_vnd",
            "investment_million_vnd",
            "investment_vnd",
            "infrastructure_investment_billion_vnd",
            "infrastructure_investment_vnd",
        ),
    ),
)


def _incomplete(scene: Scene, layer_id: str, _tolerance: float) -> Found:
    zones = scene.features(layer_id)
    clusters = (zones.texts("kind") == "CCN") & absent(zones.texts("parent_key"))
    asked = [(item, held) for item, columns in ITEMS if (held := [c for c in columns if c in zones.columns])]
    missing = np.array([_none_told(zones, held) for _, held in asked]).T.reshape(len(zones), len(asked))
    row = np.flatnonzero(clusters & missing.any(axis=1))
    names = [[item for (item, _), gone in zip(asked, missing[at], strict=True) if gone] for at in row]
    return Found.of(
        row,
        zones.geoms[row],
        missing[row].sum(axis=1).astype(float),
        name=zones.texts("name")[row].tolist(),
        items=[Text(", ".join(i.vi for i in each), ", ".join(i.en for i in each)) for each in names],
    )


def _none_told(zones: Features, columns: list[str]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    told = np.zeros(len(zones), dtype=bool)
    for column in columns:
        told |= np.array([value not in (None, "", []) for value in zones.texts(column)], dtype=bool)
    return ~told


RULES = (
    Rule(
        id="ccn_incomplete",
        title=Text("CCN thiếu nội dung bắt buộc", "Cluster lacks what the decree wants"),
        explain=Text(
            "Nghị định 32/2024/NĐ-CP yêu cầu mỗi cụm có tên, diện tích, địa điểm đến cấp xã, ngành nghề và "
            "dự kiến vốn đầu tư hạ tầng.",
            "Decree 32/2024/ND-CP wants the name, area, location to the commune, sectors and expected "
            "infrastructure investment of every cluster.",
        ),
        message=Text("{name} ({key}) thiếu: {items}", "{name} ({key}) lacks: {items}"),
        severity="warning",
        layers=("zones",),
        unit="count",
        find=_incomplete,
    ),
)
