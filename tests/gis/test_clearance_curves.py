import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.clearance.curves import (
    Roadmap,
    RoadmapFalls,
    Rule,
    ThresholdsReversed,
    behind,
    cumulative,
    reached,
)


def days(*told: int) -> np.ndarray:
    return np.array(told, dtype=np.int32)


def test_a_curve_rises_with_every_hand_over_and_falls_with_a_correction() -> None:
    curve = cumulative(days(30, 10, 30, 50), [2.0, 1.5, 3.0, -1.0])
    assert curve.day.tolist() == [10, 30, 50]
    assert curve.value.tolist() == [1.5, 6.5, 5.5]
    assert curve.at([9, 10, 49, 50, 99]).tolist() == [0, 1.5, 6.5, 5.5, 5.5]


@given(told=st.lists(st.tuples(st.integers(0, 20), st.integers(-5, 5)), max_size=20), on=st.integers(-1, 21))
def test_a_curve_is_the_sum_of_what_happened_up_to_a_day(told: list[tuple[int, int]], on: int) -> None:
    curve = cumulative(days(*(day for day, _ in told)), np.array([amount for _, amount in told], dtype=float))
    assert curve.at(on) == sum(amount for day, amount in told if day <= on)


def test_a_roadmap_is_straight_between_its_points_and_silent_before_them() -> None:
    roadmap = Roadmap(days(100, 200, 300), np.array([0.0, 50.0, 80.0]))
    assert np.isnan(roadmap.at(99))
    assert roadmap.at([100, 150, 200, 250, 300, 400]).tolist() == [0, 25, 50, 65, 80, 80]
    assert np.isnan(Roadmap(days(), np.array([])).at([1, 2])).all()


@pytest.mark.parametrize(
    ("when", "value", "row", "what"),
    [((1, 1), (0.0, 1.0), 1, "day"), ((1, 2, 3), (0.0, 5.0, 4.0), 2, "value")],
)
def test_a_roadmap_that_falls_is_refused(
    when: tuple[int, ...], value: tuple[float, ...], row: int, what: str
) -> None:
    with pytest.raises(RoadmapFalls) as fault:
        Roadmap(days(*when), np.array(value))
    assert fault.value.facts == {"row": row, "what": what}


def test_how_far_behind_is_a_share_of_the_whole() -> None:
    # 65 of 200 ha wanted, 45 done: 20 ha, a tenth of the whole, are missing.
    assert behind(45, 65, 200) == pytest.approx(0.1)
    assert behind([45, 70, 1], [65, 65, np.nan], [200, 200, 200]).tolist()[:2] == [0.1, -0.025]
    assert np.isnan(behind(1, np.nan, 200))
    assert np.isnan(behind(0, 0, 0))


def test_a_zone_is_red_amber_or_green_by_the_printed_thresholds() -> None:
    gap = np.array([-0.2, 0.0499, 0.05, 0.1499, 0.15, np.nan])
    on_time = np.zeros(6, dtype=bool)
    assert Rule().colours(gap, on_time).tolist() == ["g", "g", "a", "a", "r", None]
    assert Rule().colours(gap, ~on_time).tolist() == ["r", "r", "r", "r", "r", None]
    assert Rule(0.01, 0.04).colours(gap, on_time).tolist() == ["g", "r", "r", "r", "r", None]


def test_thresholds_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ThresholdsReversed):
        Rule(0.2, 0.1)


def test_a_level_is_reached_on_the_first_day_of_a_straight_rise_that_has_it() -> None:
    # 0 ha on day 0, 10 ha on day 100, 20 ha on day 200: 95 % of 20 ha = 19 ha on day 190.
    assert reached([0, 100, 200], [0, 10, 20], 19.0) == 190
    assert reached([0, 100, 200], [0, 10, 20], 10.0) == 100
    assert reached([0, 100, 200], [5, 10, 20], 5.0) == 0
    assert reached([0, 100, 200], [0, 10, 18], 19.0) is None
    assert reached([], [], 1.0) is None
