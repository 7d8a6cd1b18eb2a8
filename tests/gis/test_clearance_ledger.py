from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.clearance.ledger import OPEN_DAY, Events, EventsInvalid, days_in_stage, rank_at, runs_of

CASES = 4


class Told(NamedTuple):
    """One event as an office would write it down; its place in the list is its id."""

    case: int
    rank: int
    day: int
    recorded: int
    replaces: int


def events(told: Sequence[Told]) -> Events:
    table = np.array(told, dtype=np.int64).reshape(-1, 5)
    return Events(
        table[:, 0], table[:, 1].astype(np.int8), table[:, 2].astype(np.int32), table[:, 3], table[:, 4]
    )


def by_hand(told: Sequence[Told], case: int, day: int, known: int | None) -> int:
    """The rule of truth, word for word."""
    heard = [(at, one) for at, one in enumerate(told) if known is None or one.recorded <= known]
    replaced = {one.replaces for _, one in heard}
    counting = [
        (one.day, at, one.rank)
        for at, one in heard
        if one.case == case and one.rank >= 0 and at not in replaced and one.day <= day
    ]
    return max(counting)[2] if counting else -1


@st.composite
def histories(draw: st.DrawFn) -> list[Told]:
    told: list[Told] = []
    for at in range(draw(st.integers(0, 14))):
        case = draw(st.integers(0, CASES - 1))
        mine = [row for row, one in enumerate(told) if one.case == case]
        replaces = draw(st.sampled_from([-1, *mine])) if mine else -1
        rank = draw(st.integers(-1 if replaces >= 0 else 0, 6))
        told.append(Told(case, rank, draw(st.integers(-3, 6)), at // 2 * 10, replaces))
    return told


@settings(max_examples=300, deadline=None)
@given(told=histories(), day=st.integers(-4, 7), known=st.none() | st.integers(-5, 80))
def test_the_stage_on_a_day_as_known_at_a_moment_is_what_the_rule_says(
    told: list[Told], day: int, known: int | None
) -> None:
    expected = [by_hand(told, case, day, known) for case in range(CASES)]
    assert rank_at(events(told), day, CASES, known).tolist() == expected
    assert rank_at(runs_of(events(told), known), day, CASES).tolist() == expected


@settings(max_examples=100, deadline=None)
@given(told=histories(), known=st.none() | st.integers(-5, 80))
def test_runs_of_a_case_follow_one_another_without_a_gap(told: list[Told], known: int | None) -> None:
    runs = runs_of(events(told), known)
    for case in range(CASES):
        mine = runs.case == case
        assert runs.to_day[mine].tolist()[:-1] == runs.from_day[mine].tolist()[1:]
        assert not mine.any() or runs.to_day[mine][-1] == OPEN_DAY
        assert (runs.from_day[mine] < runs.to_day[mine]).all()


@settings(max_examples=100, deadline=None)
@given(told=histories(), shift=st.integers(1, 3), day=st.integers(-4, 7))
def test_the_numbers_of_cases_do_not_matter(told: list[Told], shift: int, day: int) -> None:
    turned = [one._replace(case=(one.case + shift) % CASES) for one in told]
    expected = np.roll(rank_at(events(told), day, CASES), shift)
    assert rank_at(events(turned), day, CASES).tolist() == expected.tolist()


@settings(max_examples=100, deadline=None)
@given(told=histories(), day=st.integers(-4, 7), known=st.integers(-5, 80))
def test_what_is_recorded_later_changes_nothing_of_what_was_known(
    told: list[Told], day: int, known: int
) -> None:
    heard = [one for one in told if one.recorded <= known]
    assert rank_at(events(told), day, CASES, known).tolist() == rank_at(events(heard), day, CASES).tolist()


def test_a_late_correction_changes_the_past_but_not_what_was_known_of_it() -> None:
    # Handed over on day 10, as recorded on 11; on 50 the office learns that it was day 30.
    told = [Told(0, 1, 0, 1, -1), Told(0, 6, 10, 11, -1), Told(0, 6, 30, 50, 1)]
    assert [rank_at(events(told), 20, 1, known)[0] for known in (5, 11, 49, 50)] == [1, 6, 6, 1]
    assert rank_at(events(told), 30, 1)[0] == 6


def test_a_withdrawn_event_leaves_what_was_before_it() -> None:
    told = [Told(0, 1, 0, 1, -1), Told(0, 6, 10, 11, -1), Told(0, -1, 12, 12, 1)]
    runs = runs_of(events(told))
    assert (runs.rank.tolist(), runs.from_day.tolist(), runs.to_day.tolist()) == ([1], [0], [OPEN_DAY])
    assert runs.event.tolist() == [0]


def test_of_two_events_on_one_day_the_later_recorded_counts() -> None:
    told = [Told(0, 2, 5, 1, -1), Told(0, 3, 5, 2, -1)]
    assert rank_at(events(told), 5, 1)[0] == 3
    assert len(runs_of(events(told))) == 1


def test_days_in_a_stage_are_counted_from_the_day_it_was_reached() -> None:
    runs = runs_of(events([Told(0, 1, 0, 0, -1), Told(0, 2, 40, 40, -1)]))
    assert days_in_stage(runs, 100).tolist()[1] == 60
    assert np.isnan(days_in_stage(runs, 100)[0])


def test_no_events_are_no_runs() -> None:
    assert len(runs_of(events([]))) == 0
    assert rank_at(events([]), 0, 2).tolist() == [-1, -1]


@pytest.mark.parametrize(
    ("told", "what"),
    [
        ([Told(0, 1, 0, 0, 0)], "replaces"),
        ([Told(0, 1, 0, 0, -1), Told(1, 2, 0, 0, 0)], "replaces"),
        ([Told(0, 7, 0, 0, -1)], "rank"),
    ],
)
def test_events_that_make_no_sense_are_refused(told: list[Told], what: str) -> None:
    with pytest.raises(EventsInvalid) as fault:
        events(told)
    assert fault.value.facts["what"] == what
