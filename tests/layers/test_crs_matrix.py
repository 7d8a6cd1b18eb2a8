"""
Real communes as files of every make: is their system found, and is a wrong one ever taken unasked?

Boundaries come from the folder that DIDOI_REAL_DATA names; each reference is of another source than the data
that it is compared with.
"""

from __future__ import annotations

import os
import warnings
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gis.crs import SUPPORTED, TM3_SRIDS, Detection, Province, Reading, Shift, detect
from layers import codes
from tests.made_crs import numbers, proj_string

FOLDER = Path(os.environ.get("DIDOI_REAL_DATA") or "absent")
PRESENT = FOLDER.is_dir()
TESTS = 3
if not PRESENT:
    warnings.warn(f"DIDOI_REAL_DATA names no folder: {TESTS} tests on real files DID NOT RUN", stacklevel=1)
pytestmark = [
    pytest.mark.real_files,
    pytest.mark.skipif(not PRESENT, reason=f"DIDOI_REAL_DATA names no folder ({TESTS} tests did not run)"),
]
OLD = {"74": 9210, "75": 5899, "24": 9214, "62": 9216}
NEAR_DEG = 0.02


@cache
def rows(file: str, layer: str) -> gpd.GeoDataFrame:
    return gpd.read_file(FOLDER / file, layer=layer)


def communes() -> gpd.GeoDataFrame:
    return rows("admin/admin_vn_2025.gpkg", "communes_four_old_provinces")


@cache
def provinces() -> dict[str, Province]:
    """The four old provinces, with the boundary that another publisher gives them."""
    old = rows("admin/admin_vn_pre2025.gpkg", "provinces_63").set_index("code").geometry
    named = {one.code: one for one in codes.provinces() if one.era == "old"}
    return {code: replace(named[code], boundary=old[code]) for code in OLD}


def of(row: Any) -> str:
    return next(code for code in row.old_province_codes.split(";") if code in OLD)


def near(known: np.ndarray, place: Any) -> np.ndarray:
    """Features whose lines pass near the place."""
    box = shapely.box(*(np.array(place.bounds) + np.array([-1, -1, 1, 1]) * NEAR_DEG))
    some = known[shapely.intersects(known, box)]
    return some[shapely.intersects(shapely.boundary(some) if shapely.area(some).any() else some, box)]


def sound_inside(found: Detection) -> int:
    """How many sound readings put more than half of the data into the province."""
    return sum(
        one.reading.shift == "epsg6960"
        and one.reading.k is None
        and any(why.code == "inside" and why.facts["inside"] for why in one.reasons)
        for one in found.candidates
    )


def tell(tally: Counter[tuple[str, ...]]) -> None:
    for told, count in sorted(tally.items()):
        print(f"{count:4d}  {', '.join(told)}")


def test_with_the_provinces_name_alone_the_one_that_lands_inside_is_right_else_it_asks() -> None:
    """
    Communes and whole provinces in all systems, undeclared.

    A single commune fits its province on several meridians, a layer of all communes on one only.
    """
    rng = np.random.default_rng(2025)
    data, tally = communes(), Counter[tuple[str, ...]]()
    others = [srid for srid in SUPPORTED if srid not in TM3_SRIDS]
    cases: list[tuple[str, np.ndarray, Reading]] = []
    for code, own in OLD.items():
        mine = data[[of(row) == code for _, row in data.iterrows()]].geometry.simplify(0.0005).to_numpy()
        systems = [own, own, *rng.permutation(TM3_SRIDS)[:8].tolist(), *others]
        for srid in systems:
            for swapped in (False, True):
                how = Reading(int(srid), swapped)
                cases.append((code, mine, how))
                cases.append((code, mine[rng.integers(len(mine), size=1)], how))
    assert len(cases) >= 200
    for code, geoms, truth in cases:
        found = detect(numbers(geoms, truth), province=provinces()[code])
        right = found.best is not None and found.best.reading == truth
        assert right or not found.sure, (code, truth, found.candidates[:2])
        size = "one commune" if len(geoms) == 1 else "all communes"
        inside = {0: "none inside", 1: "one inside"}.get(sound_inside(found), "several inside")
        tally[size, inside, "right" if right else "wrong", "sure" if found.sure else "asks"] += 1
    tell(tally)
    one = {told: count for told, count in tally.items() if told[1] == "one inside"}
    assert sum(count for told, count in one.items() if told[2] == "right") >= 0.99 * sum(one.values())
    assert sum(count for told, count in one.items() if told[3] == "sure") >= 0.9 * sum(one.values())


@pytest.mark.parametrize("declared", ["nothing", "what it says"])
def test_boundaries_of_another_source_tell_the_missing_shift_and_the_wrong_scale(declared: str) -> None:
    """
    Communes of 2025 (sapnhap.bando.com.vn) against districts of before (gis.chinhphu.vn).

    Cases are the communes near which a district ends. A file that declares what it was made with is asked for
    where that shows a fault that nothing on the map can tell.
    """
    rng = np.random.default_rng(7)
    data, tally = communes(), Counter[tuple[str, ...]]()
    districts = rows("admin/admin_vn_pre2025.gpkg", "districts_692").geometry.to_numpy()
    faults: list[tuple[Shift, float | None]] = [
        ("epsg6960", None),
        ("none", None),
        ("epsg6960", 0.9996),
        ("none", 0.9996),
        ("sign_fault", None),
    ]
    for case, at in enumerate(rng.permutation(len(data))[:110]):
        row = data.iloc[at]
        known = near(districts, row.geometry)
        if len(known) == 0:
            continue
        code = of(row)
        shift, k = faults[case % (4 if declared == "nothing" else 5)]
        truth = Reading(OLD[code], bool(case % 2), shift, k)
        said = proj_string(truth) if declared != "nothing" else None
        found = detect(
            numbers(np.array([row.geometry]), truth), declared=said, province=provinces()[code], areas=known
        )
        right = found.best is not None and found.best.reading == truth
        assert right or not found.sure, (row.full_name, truth, found.candidates[:2])
        tally[f"shift={shift}, k={k}", "right" if right else "wrong", "sure" if found.sure else "asks"] += 1
    tell(tally)
    settled = sum(count for told, count in tally.items() if told[2] == "sure" or "sign_fault" in told[0])
    assert sum(tally.values()) >= 100
    assert settled >= 0.85 * sum(tally.values())
    assert all(told[1] == "right" for told in tally if "sign_fault" in told[0])
