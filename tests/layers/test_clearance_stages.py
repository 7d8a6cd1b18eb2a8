"""Stages: what the law makes impossible is refused, what was wrong is replaced, figures follow each event."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from gis.clearance.stages import (
    EventInFuture,
    HandedOverTwice,
    StageBeforeNotice,
    StageNotOnPath,
    StageOrderImpossible,
    StagePrerequisiteMissing,
    StageUnknown,
)
from gis.errors import DidoiError
from layers.access import PUBLIC, Actor, RightMissing, Role, system
from layers.clearance import maintain
from layers.clearance.documents import Draft
from layers.clearance.holding import CaseUnknown
from layers.clearance.stages import (
    EventBeforeCase,
    EventReplaced,
    EventUnknown,
    NewEvent,
    StageDocumentMissing,
    append,
    append_many,
    faults,
)
from layers.dates import today
from layers.records.cases import TAKES
from layers.records.stages import EVENTS, LEDGER, RUNS
from layers.revisions import RevisionChanged
from layers.territory import OutsideTerritory
from tests.factories import a_case, a_parcel, a_zone, rectangle

OFFICE = system("test")
#: A household's way through the Land Law 2024, with the document that each step needs.
WAY = (
    ("notified", date(2025, 1, 5), "recovery_notice"),
    ("inventoried", date(2025, 2, 5), "inventory_record"),
    ("plan_published", date(2025, 3, 5), "plan_posting"),
    ("plan_approved", date(2025, 4, 5), "plan_approval"),
    ("paid", date(2025, 5, 5), "payment_record"),
    ("handed_over", date(2025, 6, 5), "handover_record"),
)


@pytest.fixture
def case(db: Connection) -> str:
    """A household's case over a parcel of which half lies in zone A."""
    a_zone(db, "A", rectangle(0, 0, 100, 100), clearance_basis="parcels")
    a_case(db, "HS-1", [a_parcel(db, "1", "1", rectangle(50, 0, 100, 100), zone_key="A")])
    return "HS-1"


def _event(step: int, case_key: str = "HS-1", **more: Any) -> NewEvent:
    stage, on, kind = WAY[step]
    return NewEvent(case_key, stage, on, document=Draft(kind, f"{step}/QĐ", on, "UBND"), **more)


def _kept(db: Connection) -> list[Any]:
    """What is kept of cases, but for rows of the ledger that add up to nothing."""
    rows = {table: sorted(tuple(row) for row in db.execute(select(table))) for table in (RUNS, LEDGER)}
    rows[LEDGER] = [row for row in rows[LEDGER] if any(row[3:])]
    return [*rows.values(), sorted(map(tuple, db.execute(select(TAKES.c.id, TAKES.c.runs))))]


def test_every_step_of_a_case_raises_its_revision_and_is_kept_as_a_rebuild_would(
    db: Connection, case: str
) -> None:
    for step in range(len(WAY)):
        assert append_many(db, OFFICE, [_event(step)]) == {case: step + 2}
        kept = _kept(db)
        maintain.rebuild(db)
        assert _kept(db) == kept
    stages = list(db.execute(select(RUNS.c.stage).order_by(RUNS.c.from_on)).scalars())
    assert stages == [stage for stage, _, _ in WAY]


def test_a_wrong_hand_over_is_taken_back_by_an_event_that_replaces_it(db: Connection, case: str) -> None:
    append_many(db, OFFICE, [_event(step) for step in range(6)])
    wrong = db.execute(select(EVENTS.c.id).where(EVENTS.c.stage == "handed_over")).scalar_one()
    append(db, OFFICE, case, None, date(2025, 6, 5), replaces_id=wrong, withdraw=True, reason="nhầm thửa")
    assert db.execute(select(RUNS.c.stage).where(RUNS.c.to_on.is_(None))).scalar_one() == "paid"
    kept = _kept(db)
    maintain.rebuild(db)
    assert _kept(db) == kept
    with pytest.raises(EventReplaced):
        append(db, OFFICE, case, None, date(2025, 6, 5), replaces_id=wrong, withdraw=True, reason="nữa")


def test_late_recording_puts_a_step_where_it_belongs(db: Connection, case: str) -> None:
    append_many(db, OFFICE, [_event(0), _event(1), _event(3)], strict=False)
    append_many(db, OFFICE, [_event(2)])
    stages = list(db.execute(select(RUNS.c.stage).order_by(RUNS.c.from_on)).scalars())
    assert stages == ["notified", "inventoried", "plan_published", "plan_approved"]


REFUSED: dict[str, tuple[type[DidoiError], dict[str, Any]]] = {
    "a stage that no law knows": (StageUnknown, {"stage": "cleared"}),
    "a day that has not come": (EventInFuture, {"effective_on": today() + timedelta(days=1)}),
    "a day before the notice": (StageBeforeNotice, {"effective_on": date(2024, 12, 5)}),
    "a day before the case": (EventBeforeCase, {"effective_on": date(2019, 12, 5)}),
    "an earlier stage after a later one": (StageOrderImpossible, {"stage": "notified"}),
    "a hand-over without payment": (StagePrerequisiteMissing, {"stage": "handed_over"}),
    "an enterprise's stage of a household": (StageNotOnPath, {"stage": "lease_ended"}),
    "a stage without its document": (StageDocumentMissing, {"document": None}),
    "a case that is not there": (CaseUnknown, {"case_key": "HS-2"}),
    "a replaced event of nobody": (EventUnknown, {"replaces_id": 0, "reason": "nhầm"}),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_is_refused_and_nothing_is_written(db: Connection, case: str, what: str) -> None:
    wanted, changes = REFUSED[what]
    append_many(db, OFFICE, [_event(0), _event(1)])
    good = {"stage": "plan_published", "effective_on": date(2025, 3, 5)}
    told: dict[str, Any] = {"case_key": case, "document": _event(2).document, **good, **changes}
    before = _kept(db)
    (fault,) = faults(db, OFFICE, [NewEvent(**told)])
    assert type(fault) is wanted
    with pytest.raises(wanted), db.begin_nested():
        append_many(db, OFFICE, [NewEvent(**told)])
    assert _kept(db) == before


def test_land_is_handed_over_once_until_it_was_taken_back(db: Connection, case: str) -> None:
    append_many(db, OFFICE, [_event(step) for step in range(6)])
    again = NewEvent(
        case,
        "handed_over",
        date(2025, 8, 1),
        document=Draft("handover_record", "9", date(2025, 8, 1), "UBND"),
    )
    with pytest.raises(HandedOverTwice):
        append_many(db, OFFICE, [again])
    append(db, OFFICE, case, "handover_reversed", date(2025, 7, 1))
    append_many(db, OFFICE, [again])


def test_two_people_at_one_case_the_second_learns_what_differs(db: Connection, case: str) -> None:
    append(db, OFFICE, case, *WAY[0][:2], document=_event(0).document, if_revision="1")
    with pytest.raises(RevisionChanged) as caught:
        append(db, OFFICE, case, *WAY[1][:2], document=_event(1).document, if_revision="1")
    assert caught.value.facts["now"] == "2"
    assert caught.value.facts["differs"]["stage"] == ["inventoried", "notified"]


def test_only_the_land_office_of_the_place_keeps_cases(db: Connection, case: str) -> None:
    elsewhere = Actor(Role.LAND_OFFICER, 1, "A", frozenset({"commune-00001"}))
    with pytest.raises(OutsideTerritory):
        append_many(db, elsewhere, [_event(0)])
    for role in (PUBLIC, Actor(Role.PLANNER), Actor(Role.APPROVER), Actor(Role.ADMINISTRATOR)):
        with pytest.raises(RightMissing):
            append_many(db, role, [_event(0)])


def test_each_of_many_rows_is_judged_after_the_good_ones_before_it(db: Connection, case: str) -> None:
    rows = [_event(0), _event(2), _event(1), _event(2)]
    verdicts = [type(fault) for fault in faults(db, OFFICE, rows)]
    assert verdicts == [type(None), StagePrerequisiteMissing, type(None), type(None)]
