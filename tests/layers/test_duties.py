"""The calendar of duties: due dates by the documents, overdue ones first, and marks that stay."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, insert

from layers.access import Actor, Role
from layers.clearance import duties
from layers.codes import duties as every_duty
from layers.records.cases import PROJECTS
from tests.factories import a_zone, rectangle

LAN = Actor(Role.PLANNER, None, "lan")
DAY = date(2026, 1, 10)
BY_NAME = {duty.duty: duty for duty in every_duty()}


def found(db: Connection, duty: str, as_of: date = DAY) -> list[tuple[date, str, str]]:
    rows = duties.calendar_of(db, as_of)
    return [(row.due_on, row.subject_key, row.state) for row in rows if row.duty.duty == duty]


def test_departments_report_by_15_december_and_the_authority_by_31_december() -> None:
    year = (date(2025, 1, 1), date(2025, 12, 31))
    assert list(duties.due_days(BY_NAME["report_to_board"], *year)) == [date(2025, 12, 15)]
    assert list(duties.due_days(BY_NAME["report_to_council"], *year)) == [date(2025, 12, 31)]


def test_a_quarter_ends_on_its_last_day_and_a_month_on_its_own() -> None:
    quarters = list(duties.due_days(BY_NAME["projects_quarter"], date(2024, 1, 1), date(2024, 12, 31)))
    assert quarters == [date(2024, 3, 31), date(2024, 6, 30), date(2024, 9, 30), date(2024, 12, 31)]
    months = list(duties.due_days(BY_NAME["investor_meeting"], date(2024, 2, 1), date(2024, 3, 31)))
    assert months == [date(2024, 2, 29), date(2024, 3, 31)]


@given(st.sampled_from(every_duty()), st.dates(date(2000, 1, 1), date(2050, 1, 1)), st.integers(0, 900))
def test_due_days_are_in_order_within_their_bounds_and_do_not_depend_on_them(
    duty: duties.codes.Duty, since: date, length: int
) -> None:
    until = date.fromordinal(since.toordinal() + length)
    days = list(duties.due_days(duty, since, until))
    assert days == sorted(set(days))
    wide = duties.due_days(duty, date(since.year - 1, 1, 1), date(until.year + 1, 1, 1))
    assert days == [day for day in wide if since <= day <= until]


def test_what_was_not_done_by_its_day_is_overdue_and_comes_first(db: Connection) -> None:
    told = found(db, "report_to_board")
    assert told[0] == (date(2025, 12, 15), "", "overdue")
    assert duties.calendar_of(db, DAY)[0].state == "overdue"
    assert found(db, "report_to_board", date(2025, 12, 15))[0][2] == "due"


def test_done_in_time_and_done_late_are_told_apart(db: Connection) -> None:
    duties.mark(db, LAN, "report_to_board", date(2025, 12, 15), date(2025, 12, 12), DAY, document="BC 95")
    duties.mark(db, LAN, "report_to_council", date(2025, 12, 31), date(2026, 1, 4), DAY)
    states = {row.duty.duty: row for row in duties.calendar_of(db, DAY) if row.done_on}
    assert (states["report_to_board"].state, states["report_to_council"].state) == ("done", "late")
    assert states["report_to_council"].days_over(DAY) == 4
    # Before the day on which it was done it was not done.
    assert (date(2025, 12, 31), "", "overdue") in found(db, "report_to_council", date(2026, 1, 2))


def test_each_zone_under_clearance_that_has_an_investor_is_met_monthly(db: Connection) -> None:
    a_zone(db, "A", rectangle(0, 0, 1000, 1000), investor="Công ty B")
    a_zone(db, "B", rectangle(3000, 0, 1000, 1000), investor="Công ty C")
    a_zone(db, "C", rectangle(6000, 0, 1000, 1000))
    for key in ("A", "C"):
        project = {"key": f"P-{key}", "zone_key": key, "name": "DA", "decided_on": date(2025, 11, 15)}
        db.execute(insert(PROJECTS).values(project))
    overdue = [line for line in found(db, "investor_meeting") if line[2] == "overdue"]
    assert overdue == [(date(2025, 11, 30), "A", "overdue"), (date(2025, 12, 31), "A", "overdue")]
    duties.mark(db, LAN, "investor_meeting", date(2025, 11, 30), date(2025, 11, 20), DAY, subject_key="A")
    with pytest.raises(duties.DutyDateUnknown):
        duties.mark(db, LAN, "investor_meeting", date(2025, 11, 30), date(2025, 11, 20), DAY, subject_key="B")


def test_what_cannot_be_marked_is_told(db: Connection) -> None:
    on = date(2025, 12, 15)
    with pytest.raises(duties.DutyUnknown):
        duties.mark(db, LAN, "tea", on, on, DAY)
    with pytest.raises(duties.DutyDateUnknown):
        duties.mark(db, LAN, "report_to_board", date(2025, 12, 16), on, DAY)
    with pytest.raises(duties.DutyDoneInFuture):
        duties.mark(db, LAN, "report_to_board", on, date(2026, 1, 11), DAY)
    duties.mark(db, LAN, "report_to_board", on, on, DAY)
    with pytest.raises(duties.DutyDone):
        duties.mark(db, LAN, "report_to_board", on, on, DAY)
