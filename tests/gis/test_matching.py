from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.matching import NeedInvalid, PlaceInvalid, Ranking, Zones, rank
from gis.measure import distance_m

LON, LAT = 106.70, 10.90


def zones(**columns: list[Any]) -> Zones:
    n = len(columns["code"])
    facts: dict[str, list[Any]] = {
        "status": ["operating"] * n,
        "receiving": [1] * n,
        "accepts": [1] * n,
        "sector_rule": ["13"] * n,
        "largest_plot_ha": [10.0] * n,
        "basis": ["derived"] * n,
        "lon": [LON + 0.01 * (i + 1) for i in range(n)],
        "lat": [LAT] * n,
        "target_kind": ["entrance"] * n,
    } | columns
    kinds = {"receiving": np.int8, "accepts": np.int8, "largest_plot_ha": float, "lon": float, "lat": float}
    return Zones(**{name: np.array(column, dtype=kinds.get(name, object)) for name, column in facts.items()})


def match(found: Zones, need_ha: float = 3.0) -> Ranking:
    return rank(found, lon=LON, lat=LAT, need_ha=need_ha)


def test_the_nearest_zone_that_passes_every_gate_is_first() -> None:
    answer = match(zones(code=["A", "B", "C"], lon=[106.73, 106.71, 106.72]))
    assert answer.rank.tolist() == [3, 1, 2]
    assert answer.distance_m[1] == round(distance_m(LON, LAT, 106.71, LAT).item(), 3)
    assert answer.order().tolist() == [1, 2, 0]
    assert answer.reasons(0) == ()


def test_equal_distances_go_by_code() -> None:
    # The same place to less than a millimetre: 1e-9° is 0.1 mm.
    answer = match(zones(code=["KCN-10", "KCN-09"], lon=[106.71, 106.71 + 1e-9]))
    assert answer.rank.tolist() == [2, 1]


def test_every_zone_that_fails_says_why_and_by_how_much() -> None:
    answer = match(
        zones(
            code=["A", "B", "C", "D"],
            status=["planned", "operating", "operating", None],
            receiving=[0, 1, 1, -1],
            accepts=[1, 0, 1, 1],
            sector_rule=["13", "1313", "13", "13"],
            largest_plot_ha=[10, 10, 1.8, math.nan],
            basis=["derived", "derived", "reported", "unknown"],
        )
    )
    assert answer.rank.tolist() == [0, 0, 0, 0]
    told = [[(r.gate, r.verdict, r.facts) for r in answer.reasons(row)] for row in range(4)]
    assert told[0] == [("receiving", "fail", {"status": "planned"})]
    assert told[1] == [("sector", "fail", {"rule": "1313"})]
    (land,) = told[2]
    assert land[2] == {
        "basis": "reported",
        "unit": "ha",
        "required": 3.0,
        "available": 1.8,
        "shortfall": pytest.approx(1.2),
    }
    assert told[3] == [
        ("receiving", "no_data", {"status": None}),
        ("plot", "no_data", {"basis": "unknown", "unit": "ha", "required": 3.0}),
    ]


def test_no_data_withholds_and_never_passes() -> None:
    answer = match(zones(code=["A", "B"], receiving=[1, 0], largest_plot_ha=[math.nan, math.nan]))
    assert answer.eligible.tolist() == [False, False]
    assert answer.withheld.tolist() == [True, False]  # B fails for certain


def test_a_plot_of_exactly_the_need_is_enough() -> None:
    assert match(zones(code=["A"], largest_plot_ha=[3.0])).rank.tolist() == [1]


def test_a_zone_without_a_place_is_answered_and_not_ranked() -> None:
    answer = match(zones(code=["A", "B"], lon=[math.nan, 106.71]))
    assert answer.rank.tolist() == [0, 1]
    assert answer.reasons(0)[0].gate == "place"
    assert answer.order().tolist() == [1, 0]


def test_the_funnel_counts_down_to_the_eligible() -> None:
    answer = match(
        zones(
            code=list("ABCDEF"),
            receiving=[1, 1, 1, 1, 0, -1],
            accepts=[1, 1, 0, -1, 1, 1],
            largest_plot_ha=[5, 1, 5, 5, 5, 5],
        )
    )
    steps = [(s.gate, s.entered, s.passed, s.failed, s.no_data) for s in answer.funnel]
    assert steps == [
        ("receiving", 6, 4, 1, 1),
        ("sector", 4, 2, 1, 1),
        ("plot", 2, 1, 1, 0),
        ("place", 1, 1, 0, 0),
    ]
    assert answer.eligible.sum() == 1


@pytest.mark.parametrize("need_ha", [0, -1, math.nan, math.inf])
def test_a_firm_that_needs_nothing_is_bad_input(need_ha: float) -> None:
    with pytest.raises(NeedInvalid):
        match(zones(code=["A"]), need_ha)


@pytest.mark.parametrize(("lon", "lat"), [(LAT, LON), (math.nan, LAT), (2.35, 48.85)])
def test_a_place_outside_the_country_is_bad_input(lon: float, lat: float) -> None:
    with pytest.raises(PlaceInvalid):
        rank(zones(code=["A"]), lon=lon, lat=lat, need_ha=1)


def test_no_zones_is_an_empty_answer() -> None:
    answer = match(zones(code=[]))
    assert answer.rank.tolist() == []
    assert answer.funnel[0].entered == 0


@given(st.data())
def test_the_order_of_the_zones_changes_no_answer(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 12))
    verdict = st.lists(st.sampled_from([-1, 0, 1, 1, 1]), min_size=n, max_size=n)
    columns = {
        "code": [f"Z{i:02}" for i in range(n)],
        "receiving": data.draw(verdict),
        "accepts": data.draw(verdict),
        "largest_plot_ha": data.draw(st.lists(st.sampled_from([1.0, 5.0, math.nan]), min_size=n, max_size=n)),
        "lon": data.draw(st.lists(st.sampled_from([106.71, 106.72, math.nan]), min_size=n, max_size=n)),
    }
    turned = data.draw(st.permutations(range(n)))
    answer = match(zones(**columns))
    other = match(zones(**{name: [column[i] for i in turned] for name, column in columns.items()}))
    assert other.rank.tolist() == answer.rank[turned].tolist()
    assert [other.reasons(i) for i in range(n)] == [answer.reasons(i) for i in turned]
    assert other.funnel == answer.funnel
    assert sorted(answer.rank[answer.eligible]) == list(range(1, int(answer.eligible.sum()) + 1))


def test_3000_zones_are_ranked_in_a_few_milliseconds() -> None:
    rng = np.random.default_rng(5)
    many = zones(
        code=[f"Z{i:04}" for i in range(3000)],
        lon=rng.uniform(105, 108, 3000).tolist(),
        lat=rng.uniform(10, 22, 3000).tolist(),
    )
    match(many)
    start = time.perf_counter()
    match(many)
    assert time.perf_counter() - start < 0.1  # measured 4 ms; the machine may be shared
