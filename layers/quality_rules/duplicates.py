"""Rules about things that should come once: tax codes, sheet and parcel numbers, points."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import shapely

from gis.arrays import Bools, Geometries, Ints, Texts
from gis.measure import HA_M2, area_ha
from gis.quality import coverage
from gis.quality.columns import crowds, repeats, sizes
from layers.layer import Text
from layers.quality_rules.rule import Found, Rule, Tolerance
from layers.quality_rules.scene import Features, Scene

_NO_DIGIT = re.compile(r"\D")
_LEADING_ZEROS = re.compile(r"\b0+(?=\w)")
SAME_POINT_M = 1.0
#: Two parcels with one number are the same land when they share this part of the smaller.
SAME_LAND = 0.5


def _tax_codes(scene: Scene, layer_id: str, _tolerance: float) -> Found:
    firms = scene.features(layer_id)
    codes = np.array([_NO_DIGIT.sub("", text or "") for text in firms.texts("tax_code")], dtype=object)
    again, first = repeats(codes)
    names = firms.texts("name")
    return Found.of(
        first,
        _both(firms, first, again),
        other=firms.keys[again].tolist(),
        tax_code=firms.texts("tax_code")[again].tolist(),
        name=names[first].tolist(),
        other_name=names[again].tolist(),
    )


def _parcels(scene: Scene, layer_id: str, _tolerance: float) -> Found:
    parcels = scene.features(layer_id)
    number = _numbers(parcels)
    codes = parcels.texts("commune_code")
    here = np.array([f"{code}/{text}" for code, text in zip(codes, number, strict=True)], dtype=object)
    again, first = repeats(here)
    older, newer = _across_communes(scene, parcels, number)
    first, again = np.concatenate([first, older]), np.concatenate([again, newer])
    return Found.of(
        first,
        _both(parcels, first, again),
        other=parcels.keys[again].tolist(),
        sheet=parcels.texts("sheet_number")[again].tolist(),
        number=parcels.texts("parcel_number")[again].tolist(),
    )


def _numbers(parcels: Features) -> Texts:
    """Sheet and parcel as people mean them: "07" is 7 and "12A" is 12a."""
    pairs = zip(parcels.texts("sheet_number"), parcels.texts("parcel_number"), strict=True)
    return np.array([_LEADING_ZEROS.sub("", f"{a}/{b}".casefold()) for a, b in pairs], dtype=object)


def _across_communes(scene: Scene, parcels: Features, number: Texts) -> tuple[Ints, Ints]:
    """
    Parcels with one number on one piece of land, once under an old commune and once under its successor.

    Merged communes keep each its own sheets, so equal numbers alone say nothing.
    """
    codes = parcels.texts("commune_code").astype(str)
    after = scene.communes.after
    old = np.isin(codes, [key.removeprefix("commune-") for key in after])
    if not old.any():
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    met, row = shapely.STRtree(parcels.geoms).query(parcels.geoms[old], predicate="intersects")
    first, second = np.flatnonzero(old)[met], row
    same = (first != second) & (number[first] == number[second]) & (codes[first] != codes[second])
    same &= _became(codes[first], codes[second], after)
    first, second = first[same], second[same]
    shared_ha = area_ha(coverage.shared(parcels.geoms[first], parcels.geoms[second]))
    least_ha = np.minimum(area_ha(parcels.geoms[first]), area_ha(parcels.geoms[second]))
    one = shared_ha * HA_M2 > SAME_LAND * least_ha * HA_M2
    return first[one].astype(np.int64), second[one].astype(np.int64)


def _became(old: Texts, new: Texts, after: Mapping[str, frozenset[str]]) -> Bools:
    pairs = zip(old, new, strict=True)
    return np.array([f"commune-{b}" in after.get(f"commune-{a}", ()) for a, b in pairs], dtype=bool)


def _crowded(scene: Scene, layer_id: str, most: float) -> Found:
    features = scene.features(layer_id)
    group = crowds(features.geoms, SAME_POINT_M)
    count = sizes(group)
    _, first = np.unique(group, return_index=True)  # keys are in order, so the first by key stands for all
    row = np.sort(first[(count[first] > most) & (group[first] >= 0)])
    return Found.of(row, features.geoms[row], count[row].astype(float))


def _both(features: Features, first: Ints, second: Ints) -> Geometries:
    """A line from one to the other, or their point where they lie on one another."""
    one, other = (shapely.point_on_surface(features.geoms[rows]) for rows in (first, second))
    places: Geometries = np.array(one, dtype=object)
    apart = np.flatnonzero(
        ~shapely.equals(one, other) & ~shapely.is_missing(one) & ~shapely.is_missing(other)
    )
    if len(apart):
        ends = [shapely.get_coordinates(points[apart]) for points in (one, other)]
        places[apart] = shapely.linestrings(np.stack(ends, axis=1))
    return places


RULES = (
    Rule(
        id="duplicate_tax_code",
        title=Text("Trùng mã số thuế", "Tax code comes twice"),
        explain=Text(
            "Hai dòng cùng mã số thuế thường là một doanh nghiệp và bị đếm hai lần. Xác nhận ở mục “Trùng "
            "doanh "
            "nghiệp”, hoặc chấp nhận kèm lý do.",
            "Two rows with one tax code are mostly one firm counted twice. Confirm it under “Same firm”, or "
            "accept it with a reason.",
        ),
        message=Text(
            "{name} ({key}) và {other_name} ({other}) cùng mã số thuế {tax_code}",
            "{name} ({key}) and {other_name} ({other}) have one tax code, {tax_code}",
        ),
        severity="error",
        layers=("enterprises",),
        find=_tax_codes,
        alone=False,
    ),
    Rule(
        id="duplicate_parcel",
        title=Text("Trùng số tờ, số thửa", "Sheet and parcel number come twice"),
        explain=Text(
            "Trong một xã, số tờ và số thửa chỉ một thửa; thửa cũng có thể nằm dưới cả mã xã cũ và mã xã "
            "mới.",
            "Within a commune a sheet and parcel number mean one parcel; the same parcel may also stand "
            "under "
            "the commune's old code and its new one.",
        ),
        message=Text(
            "{key} và {other} cùng tờ {sheet}, thửa {number}",
            "{key} and {other} are both sheet {sheet}, parcel {number}",
        ),
        severity="error",
        layers=("parcels",),
        find=_parcels,
        alone=False,
    ),
    Rule(
        id="crowded_point",
        title=Text("Nhiều doanh nghiệp cùng một điểm", "Many firms on one point"),
        explain=Text(
            "Nhiều doanh nghiệp trùng một điểm thường là vị trí gán theo tên đường hoặc xã, không phải vị "
            "trí thật.",
            "Many firms on the same point mostly come from geocoding a road or commune, not from the ground.",
        ),
        message=Text(
            "{measure} doanh nghiệp nằm cùng một điểm với {key} (ngưỡng {tolerance})",
            "{measure} firms lie on one point with {key} (tolerance {tolerance})",
        ),
        severity="warning",
        layers=("enterprises",),
        unit="count",
        tolerance=Tolerance(3.0, "count", 1.0, 1_000.0),
        find=_crowded,
        alone=False,
    ),
)
