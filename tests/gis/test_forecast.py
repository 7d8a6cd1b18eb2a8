"""Durations of stages, and forecasts of hand-over drawn from them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.clearance import durations, paces, tempo
from gis.clearance.durations import hazards, kaplan_meier, pooled, quantile_day, reporting_lag
from gis.clearance.forecast import Cases, Forecast, Runs, RunsOutOfOrder, Shares, Stops, forecast
from tests.gis.backtest import backtest
from tests.gis.made_histories import AS_OF, RANKS, made

#: Seven stays in one stage, in days; + is not over yet: 10, 20, 20+, 30, 40+, 50, 60+.
STAYS = np.array([30.0, 10.0, 20.0, 60.0, 20.0, 50.0, 40.0])
OVER = np.array([True, True, False, False, True, True, False])


def test_a_curve_by_kaplan_and_meier_is_the_one_worked_out_by_hand():
    curve = kaplan_meier(STAYS, OVER)
    # day 10: 7 are there, 1 ends: 6/7; day 20: 6 there (the one cut off on day 20 too), 1 ends: 6/7 · 5/6 =
    # 5/7; day 30: 4 there: 5/7 · 3/4 = 15/28; day 50: 2 there: 15/28 · 1/2 = 15/56. Day 60 is not an end.
    assert curve.day.tolist() == [10, 20, 30, 50]
    assert curve.at_risk.tolist() == [7, 6, 4, 2]
    assert curve.survival == pytest.approx([6 / 7, 5 / 7, 15 / 28, 15 / 56])
    assert curve.at(np.array([0.0, 9.9, 10.0, 35.0, 900.0])) == pytest.approx([1, 1, 6 / 7, 15 / 28, 15 / 56])


def test_a_share_of_stays_that_was_never_seen_to_end_has_no_day():
    curve = kaplan_meier(STAYS, OVER)
    assert quantile_day(curve, 0.4) == 30  # 1 − 15/28 = 46 % have ended by then, 29 % before
    assert np.isnan(quantile_day(curve, 0.9))  # 15/56 = 27 % last longer than anything seen


def test_a_stay_that_ends_before_it_begins_is_refused():
    with pytest.raises(durations.DurationNegative):
        kaplan_meier(np.array([-1.0]), np.array([True]))


def test_hazards_of_a_pool_multiply_to_the_same_curve():
    zero = np.zeros(7, dtype=np.int64)
    pools = pooled(zero, zero, np.array([0, 6]), 1, STAYS, OVER, np.arange(7.0))
    each = hazards(pools, OVER, np.ones(7), np.ones(7))
    first = slice(pools.start[0], pools.stop[0])
    assert STAYS[pools.row[first]].tolist() == [10, 20, 20, 30, 40, 50, 60]
    assert np.cumprod(1 - each[first]) == pytest.approx(
        [6 / 7, 5 / 7, 5 / 7, 15 / 28, 15 / 28, 15 / 56, 15 / 56]
    )


def test_cases_of_half_the_pace_count_as_half_a_case_waiting():
    zero = np.zeros(2, dtype=np.int64)
    pools = pooled(
        zero, zero, np.array([0, 6]), 1, np.array([5.0, 9.0]), np.array([True, False]), np.zeros(2)
    )
    each = hazards(pools, np.array([True, False]), np.ones(2), np.array([1.0, 0.5]))
    assert each[pools.start[0]] == pytest.approx(1 / 1.5)


def test_thin_types_are_read_from_the_stage_then_the_group_then_all():
    enough = durations.MIN_FINISHED_STAYS
    # Stage 0, type 0: enough; stage 0, type 1: one stay, so all of stage 0; stage 1: two stays, so the group
    # that it shares with stage 0; stage 2 (a group of its own): one stay, so all.
    stage = np.array([0] * enough + [0] + [1, 1] + [2])
    kind = np.array([0] * enough + [1] + [0, 0] + [0])
    n = len(stage)
    pools = pooled(
        stage, kind, np.array([0, 0, 1, 2]), 2, np.arange(n, dtype=float), np.ones(n, bool), np.zeros(n)
    )
    size = (pools.stop - pools.start)[pools.of]
    assert size[:3].tolist() == [[enough, enough + 1], [enough + 3, enough + 3], [enough + 4, enough + 4]]


def test_delays_of_recording_are_not_taken_for_shorter_because_the_longer_ones_are_still_to_come():
    # 100 days, an event each; every other is recorded at once, the others after 30 days. On day 100 all of
    # the first kind are known, but the late ones of the last 30 days are not.
    effective = np.arange(100)
    recorded = effective + np.where(effective % 2 == 0, 0, 30)
    known = recorded <= 100
    naive = np.mean((recorded - effective)[known] > 0)
    lag = reporting_lag(effective[known], recorded[known], 100)
    assert naive == pytest.approx(35 / 85)
    assert lag.at(np.array([0.0, 29.0]))[0] == pytest.approx(0.5, abs=0.01)
    assert lag.at(np.array([30.0]))[0] == 0


def test_nothing_on_record_means_no_delay():
    none = np.zeros(0, dtype=np.int64)
    assert reporting_lag(none, none, 0).at(np.array([0.0])) == 0


def test_a_zone_in_which_nothing_ends_stands_still():
    expected = np.full((2, 12), 3.0)
    ended = np.array([[3.0] * 12, [3.0] * 6 + [0.0] * 6])
    learnt = tempo.usual(2, 0, 12)
    for _ in range(4):
        learnt = tempo.learn(learnt, ended, expected, np.zeros((2, 12)))
    assert learnt.speed[1, -1] < 0.3 * learnt.speed[0, -1]
    assert learnt.now[1, 0] > 0.5  # the level of a standstill


def test_a_case_that_waits_through_three_times_the_usual_hazard_is_slow():
    finished = np.concatenate([np.full(200, 5.0), np.full(40, 1.0)])
    exposed = np.concatenate([np.full(200, 4.0), np.full(40, 6.0)])
    learnt = paces.learn(paces.usual(240), finished, exposed)
    assert learnt.mean[-1] < 0.5 * learnt.mean[0]
    assert learnt.share @ learnt.levels == pytest.approx(1)


# -- forecasts -----------------------------------------------------------------------------------------------


def told(seed: int = 3, draws: int = 60, **more: object) -> Forecast:
    history = made(seed)
    return forecast(history.cases, history.known, history.shares, RANKS, as_of=AS_OF, draws=draws, **more)  # type: ignore[arg-type]


def test_fewer_than_twenty_finished_cases_are_too_little_to_foretell():
    # 19 cases went 0 → hand-over, one is open.
    case = np.concatenate([np.arange(20), np.arange(19)])
    stage = np.concatenate([np.zeros(20, int), np.ones(19, int)])
    day = np.concatenate([np.zeros(20, int), np.full(19, 50)])
    answer = forecast(
        Cases(np.arange(20), np.zeros(20, int), np.zeros(20, int)),
        Runs(case, stage, day, day),
        Shares(np.arange(20), np.zeros(20, int), np.ones(20)),
        np.array([0, 6]),
        as_of=100,
    )
    assert (answer.status, answer.finished_cases) == ("too_little", 19)
    assert np.isnan(answer.case_day[19]).all()
    assert answer.case_day[0].tolist() == [50, 50, 50]
    assert answer.ha[0, :, -1].tolist() == [19, 19, 19]


def test_what_lies_beyond_all_that_was_seen_has_no_day():
    # 30 cases took 10 … 300 days, 15 others wait for 400 days and more: a third of the mass is not seen to
    # end.
    over, waiting = np.arange(30), np.arange(30, 46)
    begun = np.where(np.arange(46) < 30, 500, 0)
    begun[45] = 1000
    case = np.concatenate([np.arange(46), over])
    stage = np.concatenate([np.zeros(46, int), np.ones(30, int)])
    day = np.concatenate([begun, begun[over] + 10 * (over + 1)])
    answer = forecast(
        Cases(np.arange(46), np.zeros(46, int), np.zeros(46, int)),
        Runs(case, stage, day, day),
        Shares(np.arange(46), np.zeros(46, int), np.ones(46)),
        np.array([0, 6]),
        as_of=1000,
    )
    assert answer.status == "ready"
    assert np.isnan(answer.case_day[waiting[0]]).all()  # nobody was seen to wait longer and end
    assert np.isfinite(answer.case_day[45, 0])  # begun today: likely to end as others did
    assert np.isnan(answer.case_day[45, 2])
    assert np.isnan(answer.done_day[0]).all()


def test_two_stages_on_one_day_are_refused():
    with pytest.raises(RunsOutOfOrder):
        forecast(
            Cases(np.zeros(1, int), np.zeros(1, int), np.zeros(1, int)),
            Runs(np.zeros(2, int), np.array([0, 1]), np.array([5, 5]), np.array([5, 5])),
            Shares(np.zeros(1, int), np.zeros(1, int), np.ones(1)),
            np.array([0, 6]),
            as_of=10,
        )


def test_a_stop_of_funding_on_record_delays_the_zone():
    history = made(3)
    free = told(draws=200)
    stops = Stops(np.array([0]), np.array([AS_OF - 90]), np.array([AS_OF + 9999]))
    held = told(draws=200, stops=stops)
    assert held.ha[0, 1, 6] <= free.ha[0, 1, 6]
    assert np.nansum(held.ha[0, 1]) < np.nansum(free.ha[0, 1])
    assert len(history.cases.key) == len(free.case_day)


def test_the_same_seed_gives_the_same_forecast():
    one, two = told(seed=5), told(seed=5)
    assert np.array_equal(one.case_day, two.case_day, equal_nan=True)
    assert np.array_equal(one.ha, two.ha)


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_levels_are_in_order_and_curves_rise_between_what_is_cleared_and_what_is_to_recover(seed: int):
    history = made(seed)
    answer = forecast(history.cases, history.known, history.shares, RANKS, as_of=AS_OF, draws=40, seed=seed)
    for early, late in ((0, 1), (1, 2)):
        days = np.where(np.isnan(answer.case_day), np.inf, answer.case_day)
        assert (days[:, early] <= days[:, late]).all()
        assert (answer.ha[:, early] <= answer.ha[:, late] + 1e-9).all()
        assert (answer.cases[:, early] <= answer.cases[:, late]).all()
    assert (np.diff(answer.ha, axis=-1) >= -1e-9).all()
    area, area_ha = history.shares.area, history.shares.area_ha
    known_over = np.zeros(len(history.cases.key), dtype=bool)
    known_over[history.known.case[RANKS[history.known.stage] == 6]] = True
    cleared = np.bincount(area, area_ha * known_over, len(answer.ha))
    assert (answer.ha[:, 0, 0] >= cleared - 1e-9).all()
    assert (answer.ha[:, 2, -1] <= np.bincount(area, area_ha, len(answer.ha)) + 1e-9).all()
    assert np.nanmin(answer.case_day[history.known_open], initial=np.inf) >= AS_OF


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_order_of_cases_and_of_their_rows_changes_nothing(seed: int):
    history = made(seed)
    random = np.random.default_rng(seed)
    count, rows, parts = len(history.cases.key), len(history.known.case), len(history.shares.case)
    to = random.permutation(count)  # where each case goes
    back = np.argsort(to)
    row, part = random.permutation(rows), random.permutation(parts)
    cases = Cases(*(getattr(history.cases, name)[back] for name in ("key", "kind", "zone")))
    known, shares = history.known, history.shares
    runs = Runs(to[known.case[row]], known.stage[row], known.from_day[row], known.recorded_day[row])
    land = Shares(to[shares.case[part]], shares.area[part], shares.area_ha[part])
    plain = forecast(history.cases, known, shares, RANKS, as_of=AS_OF, draws=30)
    other = forecast(cases, runs, land, RANKS, as_of=AS_OF, draws=30)
    assert np.array_equal(other.case_day[to], plain.case_day, equal_nan=True)
    assert np.array_equal(other.ha, plain.ha)
    assert np.array_equal(other.cases, plain.cases)
    assert np.array_equal(other.done_day, plain.done_day, equal_nan=True)


def test_the_band_of_80_percent_holds_75_to_85_percent_of_what_then_happened():
    for held in backtest(range(200), draws=100):
        assert held.outcomes > 2_000
        assert 0.75 <= held.inside <= 0.85
