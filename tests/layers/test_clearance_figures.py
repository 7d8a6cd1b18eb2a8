"""The figures of clearance, worked out by hand on a zone of five parcels of one hectare."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from layers import places
from layers.access import PUBLIC
from layers.catalogue.cases import TABLE as CASES
from layers.clearance import maintain, memory
from layers.clearance.compare import compare, rules
from layers.clearance.curves import curve, thinned
from layers.clearance.figures import case_by_case, ranked, report_day_before, summary
from layers.clearance.overdue import overdue
from layers.clearance.positions import Moment
from layers.clearance.reported import reports
from layers.clearance.scope import PROVINCE, ScopeTwice, ScopeUnknown, UnitNotDrawn, scope_of
from layers.records.cases import COMPLAINTS, PAYEES, PAYMENTS, PROJECTS, TAKES
from layers.records.lineage import LINEAGE
from layers.records.observations import OBSERVATIONS
from layers.records.roadmaps import ROADMAP_POINTS, ROADMAPS
from layers.records.rules import record
from layers.records.stages import EVENTS
from layers.supply import refresh
from tests.factories import (
    a_case,
    a_feature,
    a_lease,
    a_lot,
    a_parcel,
    a_reservation,
    a_zone,
    rectangle,
)

D = date(2025, 9, 30)
OPENED = date(2024, 1, 1)


def five_hectares(db: Connection) -> list[str]:
    """Zone A of 500 m × 100 m, cut into five parcels of 100 m × 100 m with a case each, from west to east."""
    a_zone(db, "A", rectangle(0, 0, 500, 100), clearance_basis="parcels", area_legal_ha=10.0)
    db.execute(insert(PROJECTS).values(key="P", zone_key="A", name="Dự án A", planned_ha=8.0))
    keys = []
    for n in range(5):
        parcel = a_parcel(db, "12", str(n + 1), rectangle(100 * n, 0, 100, 100), zone_key="A")
        a_case(db, f"C{n + 1}", [parcel], OPENED, zone_key="A", project_key="P")
        keys.append(f"C{n + 1}")
    return keys


@pytest.fixture(autouse=True)
def _fresh_gazetteer() -> None:
    """Units of a test that was rolled back are not those of the next, at whatever version."""
    places._kept.clear()
    memory._kept.clear()


def stage(db: Connection, case: str, stage: str, on: date, **more: Any) -> int:
    """An event of a case; its number."""
    values = {"case_key": case, "stage": stage, "effective_on": on} | more
    made = db.execute(insert(EVENTS).values(values).returning(EVENTS.c.id)).scalar_one()
    maintain.rebuild_cases(db, [case])
    return made


def zone(db: Connection, key: str = "A", on: date = D) -> Any:
    return scope_of(db, PUBLIC, on, zone=key)


def test_three_of_five_hectares_handed_over_are_shares_of_four_denominators(db: Connection) -> None:
    for key in five_hectares(db)[:3]:
        stage(db, key, "notified", date(2025, 1, 10))
        stage(db, key, "handed_over", date(2025, 9, 15))
    told = summary(db, zone(db), Moment(D))
    assert told["basis"] == "tracked"
    assert told["to_recover"]["ha"] == pytest.approx(5.0, rel=1e-3)
    assert told["handed_over"]["ha"] == pytest.approx(3.0, rel=1e-3)
    assert told["handed_over"]["ratio"] == pytest.approx(3 / 5, abs=1e-3)
    assert (told["by_case"]["cases"], told["by_case"]["of_cases"], told["by_case"]["ratio"]) == (3, 5, 0.6)
    shares = {row["id"]: row["ratio"] for row in told["denominators"]}
    # 3 ha of 5 to be recovered, of 8 planned, of 10 of the zone's decision; there are no lots.
    assert shares["to_recover"] == pytest.approx(0.6, abs=1e-3)
    assert shares["planned"] == pytest.approx(3 / 8, abs=1e-3)
    assert shares["zone"] == pytest.approx(0.3, abs=1e-3)
    assert shares["industrial"] is None


def test_the_change_is_counted_from_the_end_of_the_month_before(db: Connection) -> None:
    keys = five_hectares(db)
    for key, on in zip(keys, (date(2025, 8, 31), date(2025, 9, 1), D), strict=False):
        stage(db, key, "handed_over", on)
    told = summary(db, zone(db), Moment(D))
    assert told["previous_on"] == "2025-08-31"
    assert told["handed_over"]["change_ha"] == pytest.approx(2.0, rel=1e-3)
    assert told["by_case"]["change"] == 2
    assert report_day_before(date(2025, 10, 1)) == D


def test_money_is_paid_of_approved_by_the_day(db: Connection) -> None:
    five_hectares(db)
    payee = {"case_key": "C1", "name": "Bà Tám", "decision_number": "1", "approved_on": date(2025, 2, 1)}
    made = insert(PAYEES).values(payee | {"approved_vnd": 900_000_000}).returning(PAYEES.c.id)
    paid = {"case_key": "C1", "payee_id": db.execute(made).scalar_one(), "voucher": "1"}
    db.execute(insert(PAYMENTS).values(paid | {"amount_vnd": 300_000_000, "paid_on": date(2025, 3, 1)}))
    db.execute(insert(PAYMENTS).values(paid | {"amount_vnd": 600_000_000, "paid_on": date(2025, 10, 1)}))
    maintain.rebuild_cases(db, ["C1"])
    money = summary(db, zone(db), Moment(D))["money"]
    assert money == {"paid_vnd": 300_000_000, "approved_vnd": 900_000_000, "ratio": pytest.approx(1 / 3)}


def test_disputed_and_state_managed_land_and_what_is_decided_of_it(db: Connection) -> None:
    five_hectares(db)
    filed = {"subject": "giá", "office": "UBND"}
    db.execute(insert(COMPLAINTS).values(case_key="C1", filed_on=date(2025, 5, 1), **filed))
    answered = {"filed_on": date(2025, 5, 1), "answered_on": date(2025, 6, 1)}
    db.execute(insert(COMPLAINTS).values(case_key="C2", **answered, **filed))
    db.execute(update(TAKES).where(TAKES.c.case_key.in_(["C4", "C5"])).values(state_managed=True))
    db.execute(update(CASES).where(CASES.c.key.in_(["C4", "C5"])).values(origin="state", user_kind="state"))
    stage(db, "C4", "plan_approved", date(2025, 4, 1))
    told = summary(db, zone(db), Moment(D))
    assert told["disputed"]["cases"] == 1
    assert told["disputed"]["ratio_of_rest"] == pytest.approx(1 / 5, abs=1e-3)
    assert told["state_managed"]["cases"] == 2
    assert told["state_managed"]["ha"] == pytest.approx(2.0, rel=1e-3)
    assert told["state_managed"]["decided_ha"] == pytest.approx(1.0, rel=1e-3)
    assert summary(db, zone(db), Moment(date(2025, 5, 15)))["disputed"]["cases"] == 2


def test_the_funnel_tells_land_cases_and_median_days_in_each_group(db: Connection) -> None:
    keys = five_hectares(db)
    for key, on in zip(keys, (date(2025, 9, 20), date(2025, 9, 10), date(2025, 8, 1)), strict=False):
        stage(db, key, "notified", on)
    funnel = {row["group"]: row for row in summary(db, zone(db), Moment(D))["funnel"]}
    assert len(funnel) == 7
    assert funnel["not_started"]["cases"] == 2
    # 10, 20 and 60 days: the one in the middle is 20; a notice holds for 365 days.
    assert (funnel["notified"]["cases"], funnel["notified"]["median_days"]) == (3, 20)
    assert (funnel["notified"]["limit_days"], funnel["notified"]["over"]) == (365, False)
    late = {row["group"]: row for row in summary(db, zone(db), Moment(date(2026, 12, 1)))["funnel"]}
    assert late["notified"]["over"] is True


def test_the_ledger_and_the_cases_give_the_same_figures(db: Connection) -> None:
    keys = five_hectares(db)
    a_zone(db, "A-1", rectangle(0, 0, 250, 100), parent_key="A", clearance_basis="parcels")
    maintain.rebuild(db)
    for n, key in enumerate(keys):
        stage(db, key, "notified", date(2025, 1, 1 + n))
        stage(db, key, ("inventoried", "paid", "handed_over")[n % 3], date(2025, 6, 1 + n))
    for on in (date(2023, 1, 1), OPENED, date(2025, 1, 3), date(2025, 6, 4), D):
        for scope in (zone(db), zone(db, "A-1"), PROVINCE):
            assert ranked(db, scope, Moment(on)) == case_by_case(db, scope, Moment(on)), (scope.key, on)


def test_a_late_correction_changes_the_past_but_not_what_was_known(db: Connection) -> None:
    five_hectares(db)
    told_in_march = datetime(2025, 3, 3, tzinfo=UTC)
    wrong = stage(db, "C1", "handed_over", date(2025, 3, 1), recorded_at=told_in_march)
    corrected_in_may = datetime(2025, 5, 5, tzinfo=UTC)
    right = {"replaces_id": wrong, "recorded_at": corrected_in_may}
    stage(db, "C1", "paid", date(2025, 3, 1), **right)
    april = date(2025, 4, 1)

    def cleared(known_at: datetime | None) -> int:
        return ranked(db, zone(db), Moment(april, known_at)).cases[6]

    assert cleared(None) == 0
    assert cleared(datetime(2025, 3, 2, tzinfo=UTC)) == 0
    assert cleared(datetime(2025, 4, 1, tzinfo=UTC)) == 1
    assert cleared(datetime(2025, 5, 6, tzinfo=UTC)) == 0


def test_what_is_kept_in_memory_answers_both_times_as_the_records_do(db: Connection) -> None:
    keys = five_hectares(db)
    a_zone(db, "A-1", rectangle(0, 0, 250, 100), parent_key="A", clearance_basis="parcels")
    maintain.rebuild(db)
    for n, key in enumerate(keys):
        told = datetime(2025, 2, 1 + n, tzinfo=UTC)
        first = stage(db, key, "notified", date(2025, 1, 1 + n), recorded_at=told)
        stage(db, key, "handed_over", date(2025, 1, 20), recorded_at=told.replace(month=3))
        if n % 2:
            moved = {"replaces_id": first, "recorded_at": told.replace(month=4)}
            stage(db, key, "inventoried", date(2025, 1, 10), **moved)
    for known_at in (datetime(2025, month, 3, tzinfo=UTC) for month in range(1, 6)):
        for on in (date(2023, 1, 1), date(2025, 1, 3), date(2025, 1, 12), date(2025, 1, 20), D):
            for scope in (zone(db), zone(db, "A-1"), PROVINCE):
                moment = Moment(on, known_at)
                assert ranked(db, scope, moment) == case_by_case(db, scope, moment), (scope.key, moment)


def test_a_zone_without_cases_has_no_figures_rather_than_none_cleared(db: Connection) -> None:
    a_zone(db, "B", rectangle(0, 500, 100, 100), clearance_basis="unknown")
    told = summary(db, zone(db, "B"), Moment(D))
    assert told["basis"] == "none"
    assert (told["to_recover"]["ha"], told["handed_over"]["ha"], told["handed_over"]["ratio"]) == (None,) * 3
    assert compare(db, PUBLIC, zone(db, "B"), D) == []


def test_on_a_day_that_has_not_come_nothing_more_is_known_than_today(db: Connection) -> None:
    five_hectares(db)
    stage(db, "C1", "handed_over", date(2025, 9, 1))
    ahead = date(2040, 1, 1)
    told = summary(db, zone(db, on=ahead), Moment(ahead), today=D)
    assert told["ahead_of"] == D.isoformat()
    assert told["by_case"]["cases"] == 1
    drawn = curve(db, zone(db, on=ahead), ahead, "cases", today=D)
    assert drawn.actual[-1] == (D, 1.0)


# --- Biên Hòa 1: what the press said, and of what it was a share --------------------------------------

PRESS = (
    # (date, hectares, share, denominator as the source has it): DOMAIN §3.6
    (date(2025, 8, 1), 129.0, 0.39, "329 ha"),
    (date(2025, 8, 1), None, 323 / 355, "355 hộ"),
    (date(2025, 10, 29), 135.0, 0.45, "không nêu"),
    (date(2025, 12, 15), 154.5, None, "329 ha (ba khu vực)"),
    (date(2026, 2, 6), 227.4, None, "236 ha phải thu hồi"),
)


def bien_hoa_1(db: Connection) -> None:
    """KCN Biên Hòa 1 as the press reported it: 329 ha to be recovered, no parcels."""
    a_zone(db, "BH1", rectangle(0, 0, 1800, 1800), clearance_basis="unknown", area_legal_ha=335.0)
    db.execute(insert(PROJECTS).values(key="P-BH1", zone_key="BH1", name="Chuyển đổi", planned_ha=329.0))
    for on, ha, share, of in PRESS:
        usual = {"zone_key": "BH1", "observed_on": on, "denominator": of, "source": "báo chí"}
        if ha is not None:
            db.execute(insert(OBSERVATIONS).values(usual | {"quantity": "cleared_ha", "value": ha}))
        if share is not None:
            db.execute(insert(OBSERVATIONS).values(usual | {"quantity": "cleared_ratio", "value": share}))


def test_the_four_press_dates_of_bien_hoa_1_are_shares_of_329_hectares(db: Connection) -> None:
    bien_hoa_1(db)
    told = reports(db, "BH1", date(2026, 6, 30))
    land = {row["on"]: row for row in told if row["quantity"] == "cleared_ha"}
    # 129/329, 135/329, 154.5/329 and 227.4/329.
    assert {on: round(row["ratio"], 2) for on, row in land.items()} == {
        "2025-08-01": 0.39,
        "2025-10-29": 0.41,
        "2025-12-15": 0.47,
        "2026-02-06": 0.69,
    }
    assert {row["of"] for row in land.values()} == {"planned"}
    assert land["2026-02-06"]["denominator"] == "236 ha phải thu hồi"


def test_each_press_share_is_told_with_its_own_denominator_and_what_its_hectares_imply(
    db: Connection,
) -> None:
    bien_hoa_1(db)
    told = {
        (r["on"], r["denominator"]): r for r in reports(db, "BH1", D.replace(year=2026)) if "implied" in r
    }
    by_area = told["2025-08-01", "329 ha"]
    assert (round(by_area["ratio"], 2), by_area["implied"]) == (0.39, "planned")  # 129/0.39 = 330.8 ≈ 329
    by_household = told["2025-08-01", "355 hộ"]
    assert round(by_household["ratio"], 2) == 0.91
    assert by_household["implied"] is None  # 129 ha are no part of 355 households
    autumn = told["2025-10-29", "không nêu"]
    assert autumn["implied_ha"] == pytest.approx(300.0)  # "over 45 %" of what is neither 329 nor 335 ha
    assert autumn["implied"] is None


def test_a_reported_zone_shows_its_last_report_and_is_never_taken_for_tracked(db: Connection) -> None:
    bien_hoa_1(db)
    (row,) = compare(db, PUBLIC, zone(db, "BH1", date(2026, 6, 30)), date(2026, 6, 30))
    assert (row.basis, row.to_recover_ha, row.handed_over_ha) == ("reported", None, 227.4)
    assert (round(row.ratio or 0, 2), row.of, row.rag) == (0.69, "planned", None)
    earlier = compare(db, PUBLIC, zone(db, "BH1", date(2025, 7, 1)), date(2025, 7, 1))
    assert earlier == []
    assert summary(db, zone(db, "BH1"), Moment(D))["to_recover"]["ha"] is None


# --- scopes ---------------------------------------------------------------------------------------------


def test_a_commune_counts_the_land_inside_it_and_each_case_once(db: Connection) -> None:
    for key in five_hectares(db):
        stage(db, key, "handed_over", date(2025, 3, 1))
    # The border runs through the middle of the third parcel: 2.5 ha on either side.
    west = {"level": "commune", "code": "1", "name": "Xã Tây"}
    a_feature(db, "admin_units", rectangle(-500, -500, 750, 2000), **west)
    a_feature(db, "admin_units", rectangle(250, -500, 2000, 2000), level="commune", code="2", name="Xã Đông")
    told = [ranked(db, scope_of(db, PUBLIC, D, unit=f"commune-{c}"), Moment(D)) for c in "12"]
    assert [round(one.cleared_ha, 2) for one in told] == [2.5, 2.5]
    assert sum(one.cases[6] for one in told) == 5


def test_a_merged_commune_without_boundary_is_counted_by_those_it_was_made_of(db: Connection) -> None:
    five_hectares(db)
    turn = date(2025, 7, 1)
    old = {"level": "commune", "valid_to": turn}
    a_feature(db, "admin_units", rectangle(-500, -500, 750, 2000), code="1", name="Xã Tây", **old)
    a_feature(db, "admin_units", rectangle(250, -500, 2000, 2000), code="2", name="Xã Đông", **old)
    a_feature(db, "admin_units", None, level="commune", code="3", name="Xã Mới", valid_from=turn)
    for code in "12":
        step = {"old_key": f"commune-{code}", "new_key": "commune-3", "kind": "merge"}
        db.execute(insert(LINEAGE).values(step | {"effective_on": turn}))
    merged = scope_of(db, PUBLIC, D, unit="commune-3")
    assert ranked(db, merged, Moment(D)).land_ha == pytest.approx(5.0, rel=1e-3)
    gone = scope_of(db, PUBLIC, D, unit="commune-1")  # a unit of another date keeps its own land
    assert ranked(db, gone, Moment(D)).land_ha == pytest.approx(2.5, rel=1e-3)


def test_a_unit_that_nobody_drew_cannot_be_told(db: Connection) -> None:
    five_hectares(db)
    a_feature(db, "admin_units", None, level="commune", code="9", name="Xã Chưa Vẽ")
    with pytest.raises(UnitNotDrawn):
        scope_of(db, PUBLIC, D, unit="commune-9")


def test_a_scope_is_one_and_known(db: Connection) -> None:
    five_hectares(db)
    with pytest.raises(ScopeTwice):
        scope_of(db, PUBLIC, D, zone="A", unit="commune-1")
    with pytest.raises(ScopeUnknown):
        scope_of(db, PUBLIC, D, zone="Z")
    project = scope_of(db, PUBLIC, D, project="P")
    assert sum(ranked(db, project, Moment(D)).cases) == 5
    assert case_by_case(db, project, Moment(D)).land_ha == pytest.approx(5.0, rel=1e-3)


# --- curve and comparison -----------------------------------------------------------------------------


def a_roadmap(db: Connection, decided_on: date, number: str, *points: tuple[date, float]) -> None:
    made = insert(ROADMAPS).values(zone_key="A", decided_on=decided_on, decision_number=number)
    key = db.execute(made.returning(ROADMAPS.c.id)).scalar_one()
    rows = [{"roadmap_id": key, "on_day": day, "area_ha": ha, "cases": round(ha)} for day, ha in points]
    db.execute(insert(ROADMAP_POINTS), rows)


def test_the_curve_starts_at_nothing_and_ends_on_the_day(db: Connection) -> None:
    keys = five_hectares(db)
    stage(db, keys[0], "handed_over", date(2025, 3, 1))
    stage(db, keys[1], "handed_over", date(2025, 9, 1))
    drawn = curve(db, zone(db), D, "cases", today=D)
    assert drawn.actual == ((OPENED, 0.0), (date(2025, 3, 1), 1.0), (date(2025, 9, 1), 2.0), (D, 2.0))
    assert drawn.total == 5
    by_project = curve(db, scope_of(db, PUBLIC, D, project="P"), D, "cases", today=D)
    assert by_project.actual == drawn.actual


def test_the_gap_is_to_the_roadmap_that_holds_and_earlier_ones_are_kept(db: Connection) -> None:
    five_hectares(db)
    stage(db, "C1", "handed_over", date(2025, 3, 1))
    a_roadmap(db, OPENED, "1", (OPENED, 0.0), (date(2025, 12, 31), 5.0))
    a_roadmap(db, date(2025, 6, 1), "2", (date(2025, 6, 1), 1.0), (date(2026, 1, 28), 5.0))
    a_roadmap(db, date(2025, 12, 1), "3", (date(2026, 1, 1), 1.0), (date(2026, 12, 31), 5.0))
    drawn = curve(db, zone(db), D, "ha", today=D)
    assert [one.decision_number for one in drawn.roadmaps] == ["1", "2"]
    # Of 241 days from 1 June 2025 to 28 January 2026, 121 are gone on 30 September: 1 + 4 · 121/241 = 3.008.
    assert drawn.roadmaps[-1].planned(D) == pytest.approx(1 + 4 * 121 / 241)
    assert drawn.gap is not None
    assert drawn.gap[0] == pytest.approx(1.0 - (1 + 4 * 121 / 241), abs=1e-2)
    assert drawn.roadmaps[-1].planned(date(2025, 5, 1)) is None


def test_a_zone_behind_its_roadmap_is_red_from_ten_hundredths(db: Connection) -> None:
    five_hectares(db)
    stage(db, "C1", "handed_over", date(2025, 3, 1))
    stage(db, "C2", "handed_over", date(2025, 9, 2))
    a_roadmap(db, OPENED, "1", (OPENED, 0.0), (D, 3.0), (date(2025, 12, 31), 5.0))
    (row,) = compare(db, PUBLIC, PROVINCE, D)
    assert row.ratio == pytest.approx(0.4, abs=1e-3)
    assert row.plan_gap_ratio == pytest.approx((2 - 3) / 5, abs=1e-3)
    assert row.rag == "r"
    assert row.month_ha == pytest.approx(1.0, rel=1e-3)
    assert [None if v is None else round(v, 1) for v in row.spark] == [0.0] * 5 + [0.2] * 6 + [0.4]


def test_the_thresholds_of_the_colours_are_data(db: Connection) -> None:
    assert (rules(db).amber_from, rules(db).red_from) == (0.02, 0.1)
    record(db, "clearance_red_ratio", 0.25, "QĐ 1", "test")
    assert rules(db).red_from == 0.25


def test_a_long_curve_is_thinned_to_weeks_and_keeps_both_ends() -> None:
    points = [(date.fromordinal(739_000 + n), float(n)) for n in range(1_000)]
    kept = thinned(points)
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    assert len(kept) <= 145


# --- overdue ----------------------------------------------------------------------------------------------


def test_two_cases_between_two_free_plots_unlock_more_than_their_own_land(db: Connection) -> None:
    """Five parcels in one lot: 1, 2 and 5 are handed over, 3 and 4 lie between them and are late."""
    keys = five_hectares(db)
    a_lot(db, "A", "CN-1", rectangle(0, 0, 500, 100), serviced_on=OPENED)
    for key in (keys[0], keys[1], keys[4]):
        stage(db, key, "handed_over", date(2025, 3, 1))
    for key in (keys[2], keys[3]):
        stage(db, key, "notified", date(2024, 2, 1))  # the notice ran out on 31 January 2025
    refresh(db, ["A"])
    (knot,) = overdue(db, zone(db), Moment(D))
    assert knot.case_keys == ("C3", "C4")
    assert (knot.days_over, knot.limit.days) == ((D - date(2025, 1, 31)).days, 365)
    assert knot.own_ha == pytest.approx(2.0, rel=1e-3)
    # The largest plot was 2 ha; with both it is all 5 ha: 3 ha are unlocked by two cases.
    assert knot.plot is not None
    assert (knot.plot.from_ha, knot.plot.to_ha) == (
        pytest.approx(2.0, rel=1e-3),
        pytest.approx(5.0, rel=1e-3),
    )
    assert knot.ha_per_case == pytest.approx(1.5, rel=1e-3)
    assert (knot.lots, knot.sheets, knot.parcels) == (("CN-1",), ("12",), ("3", "4"))


def test_the_case_that_unlocks_most_per_case_comes_first_with_the_firms_that_wait(db: Connection) -> None:
    keys = five_hectares(db)
    a_lot(db, "A", "1", rectangle(0, 0, 200, 100), serviced_on=OPENED)
    east = a_lot(db, "A", "2", rectangle(200, 0, 300, 100), serviced_on=OPENED)
    stage(db, keys[1], "handed_over", date(2025, 3, 1))
    stage(db, keys[3], "handed_over", date(2025, 3, 1))
    stage(db, keys[4], "handed_over", date(2025, 3, 1))
    for key in (keys[0], keys[2]):
        stage(db, key, "notified", date(2024, 2, 1))
    a_reservation(db, east, date(2026, 1, 1), holder="Công ty Dệt", enterprise_key="DN-1")
    refresh(db, ["A"])
    first, second = overdue(db, zone(db), Moment(D))
    # C3 joins the free hectare of the western lot and the two of its own lot; C1 adds its own to the former.
    assert first.case_keys == ("C3",)
    assert first.firms == (("DN-1", "Công ty Dệt"),)
    assert second.case_keys == ("C1",)
    assert second.firms == ()
    strip = summary(db, zone(db), Moment(D))["overdue"]
    assert (strip["cases"], strip["firms"]) == (2, 1)
    assert strip["ha"] == pytest.approx(2.0, rel=1e-3)


def test_land_that_is_kept_for_a_firm_grows_for_it_as_free_land_does(db: Connection) -> None:
    keys = five_hectares(db)
    lot = a_lot(db, "A", "CN-1", rectangle(0, 0, 500, 100), serviced_on=OPENED)
    a_reservation(db, lot, OPENED, holder="Công ty Dệt")
    for key in (keys[0], keys[1], keys[4]):
        stage(db, key, "handed_over", date(2025, 3, 1))
    for key in (keys[2], keys[3]):
        stage(db, key, "notified", date(2024, 2, 1))
    refresh(db, ["A"])  # nothing is free, but 1, 2 and 5 are ready for who reserved the lot
    (knot,) = overdue(db, zone(db), Moment(D))
    assert knot.plot is not None
    assert knot.plot.to_ha == pytest.approx(5.0, rel=1e-3)
    assert knot.firms == ((None, "Công ty Dệt"),)


def test_leased_or_unserviced_land_is_not_unlocked_and_counts_as_its_own_ground(db: Connection) -> None:
    keys = five_hectares(db)
    lot = a_lot(db, "A", "1", rectangle(0, 0, 100, 100), serviced_on=OPENED)
    a_lease(db, lot, OPENED)
    a_lot(db, "A", "2", rectangle(100, 0, 100, 100), serviced_on=None)
    for key in keys[:2]:
        stage(db, key, "notified", date(2024, 2, 1))
    found = overdue(db, zone(db), Moment(D))
    assert [knot.plot for knot in found] == [None, None]
    assert [round(knot.ha, 2) for knot in found] == [1.0, 1.0]


def test_a_planned_day_that_is_past_makes_a_case_overdue_until_it_hands_over(db: Connection) -> None:
    keys = five_hectares(db)
    db.execute(update(CASES).where(CASES.c.key == keys[0]).values(planned_on=date(2025, 9, 20)))
    (knot,) = overdue(db, zone(db), Moment(D))
    assert (knot.days_over, knot.limit.planned_on, knot.limit.days) == (10, date(2025, 9, 20), None)
    stage(db, keys[0], "handed_over", date(2025, 9, 25))
    assert overdue(db, zone(db), Moment(D)) == []
    assert len(overdue(db, zone(db), Moment(date(2025, 9, 22)))) == 1
    assert db.execute(select(CASES.c.key)).first() is not None


def test_what_was_paid_stays_paid_in_every_scope_when_its_case_ends(db: Connection) -> None:
    # Of 1: 500 approved, 200 paid by March; it ends in June, its land is recovered no more. 2 goes on.
    a_zone(db, "A", rectangle(0, 0, 200, 100))
    db.execute(insert(PROJECTS).values(key="DA", zone_key="A", name="KCN A"))
    parcel = a_parcel(db, "1", "1", rectangle(0, 0, 100, 100), zone_key="A")
    ended = {"project_key": "DA", "valid_to": date(2025, 6, 1)}
    a_case(db, "HS-1", [parcel], opened_on=date(2024, 9, 1), **ended)
    db.execute(update(TAKES).values(valid_to=ended["valid_to"]))
    beside = a_parcel(db, "1", "2", rectangle(100, 0, 100, 100), zone_key="A")
    a_case(db, "HS-2", [beside], opened_on=date(2024, 9, 1), project_key="DA")
    told = {"case_key": "HS-1", "name": "Ông A", "decision_number": "QĐ 1", "approved_on": date(2025, 2, 1)}
    payee = db.execute(
        insert(PAYEES).values(told | {"approved_vnd": 500}).returning(PAYEES.c.id)
    ).scalar_one()
    paid = {"case_key": "HS-1", "payee_id": payee, "amount_vnd": 200, "voucher": "PC 1"}
    db.execute(insert(PAYMENTS).values(paid | {"paid_on": date(2025, 3, 1)}))
    maintain.rebuild(db)
    july, later = date(2025, 7, 1), datetime(2100, 1, 1, tzinfo=UTC)
    zone = scope_of(db, PUBLIC, july, zone="A")
    project = scope_of(db, PUBLIC, july, project="DA")
    ways = [ranked(db, zone, Moment(july)), ranked(db, zone, Moment(july, later))]
    for one in (*ways, ranked(db, project, Moment(july)), ranked(db, project, Moment(july, later))):
        assert sum(one.cases) == 1
        assert (one.approved_vnd, one.paid_vnd) == (500, 200)
    for scope in (zone, project):
        assert curve(db, scope, july, "vnd", today=july).actual[-1][1] == 200
