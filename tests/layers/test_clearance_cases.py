"""Cases: opened with their land, given records and money, edited and ended; bad input is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import shapely
from sqlalchemy import Connection, select

from api.words import LANGS, say_error
from gis.clearance.stages import StageNotOnPath
from gis.errors import DidoiError
from layers.access import system
from layers.catalogue.cases import TABLE as CASES
from layers.clearance import cases, documents, maintain, money, projects, roadmaps, takes
from layers.clearance.case_records import (
    BlockerUnknown,
    LandOfStateValued,
    RecordContradictory,
    RecordKindUnknown,
    RecordUnknown,
)
from layers.clearance.documents import Draft as Document
from layers.clearance.holding import CaseEnded, CaseUnknown, DateInFuture
from layers.clearance.money import Approval, Payment
from layers.clearance.roadmaps import Point
from layers.clearance.stages import EventBeforeCase, NewEvent, append_many
from layers.clearance.values import RecordColumnMissing, RecordColumnUnknown
from layers.dates import today
from layers.editing import ValueNotOfType
from layers.ingest.uploads import FileNameInvalid
from layers.records.cases import EDITS, SHARES, TAKES
from layers.records.stages import LEDGER, RUNS
from layers.revisions import ReasonMissing, RevisionChanged
from tests.factories import a_feature, a_parcel, a_zone, rectangle

OFFICE = system("test")
OPENED = date(2024, 9, 2)
TOMORROW = today() + timedelta(days=1)


@pytest.fixture
def place(db: Connection) -> None:
    """A zone under clearance with two parcels of 1 ha, and the project that recovers them."""
    a_zone(db, "A", rectangle(0, 0, 200, 100), clearance_basis="parcels")
    a_parcel(db, "1", "1", rectangle(0, 0, 100, 100), zone_key="A")
    a_parcel(db, "1", "2", rectangle(100, 0, 100, 100), zone_key="A")
    projects.open_project(db, OFFICE, "DA-1", {"zone_key": "A", "name": "KCN A", "planned_ha": 2.0}, "mở")


def _draft(**more: Any) -> cases.Draft:
    usual: dict[str, Any] = {"user_kind": "household", "origin": "private", "commune_code": "25747"}
    usual |= {"project_key": "DA-1", "opened_on": OPENED, "parcels": (("25747-1-1", None),)}
    return cases.Draft(**(usual | more))


def _ledger(db: Connection) -> list[Any]:
    return sorted(tuple(row) for row in db.execute(select(LEDGER)) if any(row[3:]))


def _as_rebuilt(db: Connection) -> bool:
    """Whether what the verbs kept is what a rebuild writes."""
    told = (RUNS, SHARES)
    own = select(CASES.c.key, CASES.c.area_ha, CASES.c.disputed, CASES.c.blocker)
    runs = select(TAKES.c.id, TAKES.c.runs)

    def all_() -> list[Any]:
        kept = [sorted(map(tuple, db.execute(select(table)))) for table in told]
        rows = [sorted(map(tuple, db.execute(query)), key=str) for query in (own, runs)]
        return [_ledger(db), *kept, *rows]

    kept = all_()
    maintain.rebuild(db)
    return all_() == kept


@pytest.mark.usefixtures("place")
def test_a_case_is_opened_with_its_land_and_counts_from_that_day(db: Connection) -> None:
    assert cases.open_case(db, OFFICE, _draft()) == "DA-1-0001"
    assert cases.open_case(db, OFFICE, _draft(parcels=(("25747-1-2", None),))) == "DA-1-0002"
    row = db.execute(select(CASES).where(CASES.c.key == "DA-1-0001")).one()
    assert (row.law, row.zone_key) == ("LL2024", "A")  # the law in force on the day of opening
    assert row.area_ha == pytest.approx(1, rel=1e-3)
    ((zone, day, rank, area, count, *_),) = _ledger(db)
    assert (zone, day, rank, count) == ("A", OPENED, 0, 2)
    assert area == pytest.approx(2e10, rel=1e-3)
    assert _as_rebuilt(db)


@pytest.mark.usefixtures("place")
def test_a_part_leaves_the_rest_and_the_rest_can_be_of_another_case(db: Connection) -> None:
    west, east = rectangle(0, 0, 40, 100), rectangle(40, 0, 60, 100)
    cases.open_case(db, OFFICE, _draft(parcels=(("25747-1-1", west),)))
    cases.open_case(db, OFFICE, _draft(parcels=(("25747-1-1", east),)))
    told = select(TAKES.c.whole, TAKES.c.area_ha, TAKES.c.residual_ha).order_by(TAKES.c.id)
    first, second = db.execute(told).all()
    assert (first.whole, second.whole) == (False, False)
    assert first.area_ha == pytest.approx(0.4, rel=1e-3)
    assert first.residual_ha == pytest.approx(second.area_ha, abs=1e-9)
    assert _as_rebuilt(db)


@pytest.mark.usefixtures("place")
def test_land_that_leaves_a_case_no_longer_counts_from_that_day(db: Connection) -> None:
    key = cases.open_case(db, OFFICE, _draft())
    number, revision = cases.take(db, OFFICE, key, "25747-1-2", reason="bổ sung", if_revision="2")
    assert cases.end_take(db, OFFICE, key, number, date(2025, 1, 1), reason="điều chỉnh ranh") == revision + 1
    days = {(row[1], row[4]) for row in _ledger(db)}
    assert days == {(OPENED, 1), (date(2025, 1, 1), 0)}
    assert _as_rebuilt(db)
    assert cases.end(db, OFFICE, key, date(2025, 6, 1), "không thu hồi nữa")
    assert sum(row[3] for row in _ledger(db)) == 0
    assert _as_rebuilt(db)
    with pytest.raises(CaseEnded):
        cases.edit(db, OFFICE, key, {"note": "…"}, "ghi chú")


@pytest.mark.usefixtures("place")
def test_money_adds_up_and_what_was_paid_wrongly_is_taken_back(db: Connection) -> None:
    key = cases.open_case(db, OFFICE, _draft())
    payee, _ = money.approve(db, OFFICE, key, Approval("Ông A", 500, date(2025, 1, 5), "QĐ 1"), reason="QĐ 1")
    money.pay(db, OFFICE, key, Payment(payee, 450, date(2025, 2, 1), "PC 1"), reason="chi")
    money.pay(db, OFFICE, key, Payment(payee, -50, date(2025, 2, 3), "PC 2"), reason="thu lại")
    told = [(day, approved, paid) for _, day, rank, _, _, approved, paid in _ledger(db) if rank == -1]
    assert told == [(date(2025, 1, 5), 500, 0), (date(2025, 2, 1), 0, 450), (date(2025, 2, 3), 0, -50)]
    assert _as_rebuilt(db)


@pytest.mark.usefixtures("place")
def test_on_no_day_more_is_paid_than_was_approved_or_less_than_nothing(db: Connection) -> None:
    key = cases.open_case(db, OFFICE, _draft())
    payee, _ = money.approve(db, OFFICE, key, Approval("Ông A", 500, date(2025, 1, 5), "QĐ 1"), reason="QĐ 1")
    february, march, june = date(2025, 2, 1), date(2025, 3, 1), date(2025, 6, 1)
    money.pay(db, OFFICE, key, Payment(payee, 500, march, "PC 1"), reason="chi")
    with pytest.raises(money.PaymentBelowZero):  # it was not paid yet
        money.pay(db, OFFICE, key, Payment(payee, -500, february, "PC 2"), reason="thu lại")
    money.pay(db, OFFICE, key, Payment(payee, -500, june, "PC 2"), reason="thu lại")
    for on in (february, march):  # 500 + 500 of 500 until June
        with pytest.raises(money.PaymentOverApproved):
            money.pay(db, OFFICE, key, Payment(payee, 1, on, "PC 3"), reason="chi lại")
    money.pay(db, OFFICE, key, Payment(payee, 500, june, "PC 3"), reason="chi lại")


@pytest.mark.usefixtures("place")
def test_complaints_and_blockers_show_on_the_case_while_they_last(db: Connection) -> None:
    key = cases.open_case(db, OFFICE, _draft())
    filed = {"filed_on": "2025-01-05", "subject": "giá đất", "office": "UBND xã"}
    complaint, _ = cases.add(db, OFFICE, key, "complaints", filed, "đơn")
    blocked = {"code": "price", "since": "2025-01-05", "office": "UBND xã"}
    blocker, _ = cases.add(db, OFFICE, key, "blockers", blocked, "họp")
    own = select(CASES.c.disputed, CASES.c.blocker)
    assert tuple(db.execute(own).one()) == (True, "price")
    assert db.execute(select(TAKES.c.runs)).scalar_one()["disputed"] is True
    cases.change(db, OFFICE, key, "complaints", complaint, {"answered_on": "2025-02-01"}, "trả lời")
    cases.change(db, OFFICE, key, "blockers", blocker, {"until": "2025-02-01"}, "xong")
    assert tuple(db.execute(own).one()) == (False, None)
    assert _as_rebuilt(db)


@pytest.mark.usefixtures("place")
def test_every_change_stays_readable_with_its_reason(db: Connection) -> None:
    key = cases.open_case(db, OFFICE, _draft())
    cases.edit(db, OFFICE, key, {"office": "UBND xã A"}, "giao việc", if_revision="2")
    edit = db.execute(select(EDITS).where(EDITS.c.key == key).order_by(EDITS.c.id.desc()).limit(1)).one()
    assert (edit.changes, edit.reason, edit.revision) == ({"office": [None, "UBND xã A"]}, "giao việc", "3")
    with pytest.raises(RevisionChanged) as caught:
        cases.edit(db, OFFICE, key, {"office": "UBND xã B"}, "giao lại", if_revision="2")
    assert caught.value.facts["differs"] == {"office": ["UBND xã B", "UBND xã A"]}
    with pytest.raises(ReasonMissing):
        cases.edit(db, OFFICE, key, {"office": "UBND xã B"}, " ")


@pytest.mark.usefixtures("place")
def test_the_opening_moves_with_what_was_taken_on_it_but_not_behind_an_event(db: Connection) -> None:
    key = cases.open_case(db, OFFICE, _draft())
    append_many(db, OFFICE, [NewEvent(key, "notified", date(2024, 10, 1))], strict=False)
    cases.edit(db, OFFICE, key, {"opened_on": "2024-09-20"}, "nhầm ngày")
    assert _as_rebuilt(db)
    assert db.execute(select(TAKES.c.valid_from)).scalar_one() == date(2024, 9, 20)
    with pytest.raises(EventBeforeCase):
        cases.edit(db, OFFICE, key, {"opened_on": "2024-10-02"}, "nhầm ngày")


@pytest.mark.usefixtures("place")
def test_a_case_does_not_change_to_a_path_on_which_it_cannot_have_come(db: Connection) -> None:
    key = cases.open_case(db, OFFICE, _draft(user_kind="enterprise"))
    append_many(db, OFFICE, [NewEvent(key, "lease_ended", date(2025, 1, 1))], strict=False)
    with pytest.raises(StageNotOnPath):
        cases.edit(db, OFFICE, key, {"user_kind": "household"}, "nhầm đối tượng")


@pytest.mark.usefixtures("place")
def test_nothing_is_paid_for_land_of_the_state_but_what_stands_on_it(db: Connection) -> None:
    key = cases.open_case(db, OFFICE, _draft(user_kind="state", origin="state"))
    line = {"kind": "asset", "description": "Nhà kho", "quantity": 10.5, "unit": "m²", "unit_price_vnd": 100}
    with pytest.raises(LandOfStateValued):
        cases.add(db, OFFICE, key, "valuations", line | {"kind": "land"}, "lập phương án")
    with pytest.raises(money.PayeeOfStateLand):
        money.approve(db, OFFICE, key, Approval("UBND xã", 1, date(2025, 1, 5), "QĐ"), reason="QĐ")
    cases.add(db, OFFICE, key, "valuations", line, "lập phương án")
    money.approve(db, OFFICE, key, Approval("UBND xã", 1050, date(2025, 1, 5), "QĐ"), reason="QĐ")
    with pytest.raises(money.PayeeOfStateLand):
        money.approve(db, OFFICE, key, Approval("UBND xã", 1, date(2025, 1, 5), "QĐ"), reason="QĐ")


def _pay(
    db: Connection, key: str, amount: Any, on: date = date(2025, 2, 1), payee: int | None = None
) -> None:
    number, _ = money.approve(db, OFFICE, key, Approval("Ông A", 500, date(2025, 1, 5), "QĐ"), reason="QĐ")
    money.pay(db, OFFICE, key, Payment(payee or number, amount, on, "PC"), reason="chi")


def _add(records: str, /, **values: Any) -> Callable[[Connection, str], Any]:
    return lambda db, key: cases.add(db, OFFICE, key, records, values, "ghi")


def _take(parcel: str, part: Any = None) -> Callable[[Connection, str], Any]:
    return lambda db, key: cases.take(db, OFFICE, key, parcel, part, reason="thu hồi")


def _open(**more: Any) -> Callable[[Connection, str], Any]:
    return lambda db, _: cases.open_case(db, OFFICE, _draft(**({"parcels": ()} | more)))


def _road(*points: Point, zone: str = "A", on: date = OPENED) -> Callable[[Connection, str], Any]:
    return lambda db, _: roadmaps.record(db, OFFICE, zone, on, "KH 1", points)


CROSSED = shapely.Polygon([(0, 0), (0, 0), (0, 0), (0, 0)])
MET = {"kind": "meeting", "held_on": "2025-01-05", "by_whom": "A", "outcome": "đồng ý"}
REFUSED: dict[str, tuple[type[DidoiError], Callable[[Connection, str], Any]]] = {
    "a take that leaves its parcel": (
        takes.TakeLargerThanParcel,
        _take("25747-1-2", rectangle(90, 0, 50, 100)),
    ),
    "a take larger than its parcel": (
        takes.TakeLargerThanParcel,
        _take("25747-1-2", rectangle(90, -10, 120, 120)),
    ),
    "a take of no land": (takes.TakeInvalid, _take("25747-1-2", CROSSED)),
    "a parcel in two cases": (takes.ParcelInTwoCases, _open(parcels=(("25747-1-1", None),))),
    "a parcel twice in its own case": (takes.ParcelInTwoCases, _take("25747-1-1")),
    "a parcel that is not there": (takes.ParcelUnknown, _take("25747-9-9")),
    "a case of no project": (projects.ProjectUnknown, _open(project_key="DA-2")),
    "a second case of a code": (cases.CaseExists, _open(key="DA-1-0001")),
    "a kind of user that is none": (ValueNotOfType, _open(user_kind="firm")),
    "the State as a private user": (cases.CasePathInvalid, _open(user_kind="state")),
    "a case of tomorrow": (DateInFuture, _open(opened_on=TOMORROW)),
    "a case without a commune": (ValueNotOfType, _open(commune_code="")),
    "a case that is not there": (CaseUnknown, lambda db, _: cases.edit(db, OFFICE, "X", {}, "…")),
    "a column that is kept by itself": (
        RecordColumnUnknown,
        lambda db, key: cases.edit(db, OFFICE, key, {"area_ha": 1.0}, "…"),
    ),
    "a blocker that is none": (
        BlockerUnknown,
        _add("blockers", code="x", since="2025-01-01", office="A"),
    ),
    "a record without what it must say": (
        RecordColumnMissing,
        _add("contacts", kind="meeting", held_on="2025-01-05", by_whom="A"),
    ),
    "a meeting of tomorrow": (DateInFuture, _add("contacts", **(MET | {"held_on": str(TOMORROW)}))),
    "a kind of meeting that is none": (ValueNotOfType, _add("contacts", **(MET | {"kind": "duel"}))),
    "records of no kind": (RecordKindUnknown, _add("payments", amount_vnd=1)),
    "an answer before its complaint": (
        RecordContradictory,
        _add("complaints", filed_on="2025-02-01", answered_on="2025-01-01", subject="giá", office="A"),
    ),
    "a record that is not there": (
        RecordUnknown,
        lambda db, key: cases.change(db, OFFICE, key, "assets", 0, {"unit": "cây"}, "…"),
    ),
    "a payment over the approved amount": (
        money.PaymentOverApproved,
        lambda db, key: _pay(db, key, 501),
    ),
    "more taken back than paid": (money.PaymentBelowZero, lambda db, key: _pay(db, key, -1)),
    "a payment of nothing": (money.AmountInvalid, lambda db, key: _pay(db, key, 0)),
    "a payment of half a đồng": (money.AmountInvalid, lambda db, key: _pay(db, key, 0.5)),
    "a payment before its approval": (
        money.PaymentBeforeApproval,
        lambda db, key: _pay(db, key, 1, date(2025, 1, 4)),
    ),
    "a payment of tomorrow": (DateInFuture, lambda db, key: _pay(db, key, 1, TOMORROW)),
    "a payment to nobody": (money.PayeeUnknown, lambda db, key: _pay(db, key, 1, payee=-1)),
    "an end before the beginning": (
        cases.CaseEndsTooSoon,
        lambda db, key: cases.end(db, OFFICE, key, OPENED, "…"),
    ),
    "a project of no zone": (
        projects.ZoneUnknown,
        lambda db, _: projects.open_project(db, OFFICE, "DA-2", {"zone_key": "Z", "name": "Z"}, "…"),
    ),
    "a second project of a code": (
        projects.ProjectExists,
        lambda db, _: projects.open_project(db, OFFICE, "DA-1", {"zone_key": "A", "name": "A"}, "…"),
    ),
    "a project of no land": (
        projects.ProjectInvalid,
        lambda db, _: projects.edit_project(db, OFFICE, "DA-1", {"planned_ha": 0.0}, "…"),
    ),
    "a roadmap without a day": (roadmaps.RoadmapEmpty, _road()),
    "a roadmap that falls": (
        roadmaps.RoadmapNotRising,
        _road(Point(date(2025, 1, 1), 2), Point(date(2025, 2, 1), 1)),
    ),
    "a roadmap that falls after a day without a figure": (
        roadmaps.RoadmapNotRising,
        _road(Point(date(2025, 1, 1), 1, 5), Point(date(2025, 2, 1), 2), Point(date(2025, 3, 1), 3, 4)),
    ),
    "a roadmap that stands still": (
        roadmaps.RoadmapNotRising,
        _road(Point(date(2025, 1, 1), 1), Point(date(2025, 1, 1), 2)),
    ),
    "a roadmap of tomorrow's decision": (DateInFuture, _road(Point(TOMORROW, 1), on=TOMORROW)),
}


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("what", REFUSED)
def test_bad_input_is_refused_in_words_and_nothing_is_written(db: Connection, what: str) -> None:
    key = cases.open_case(db, OFFICE, _draft())
    before = _ledger(db)
    wanted, act = REFUSED[what]
    with pytest.raises(wanted) as caught, db.begin_nested():
        act(db, key)
    assert _ledger(db) == before
    for lang in LANGS:
        assert "{" not in say_error(caught.value, lang)


@pytest.mark.usefixtures("place")
def test_a_commune_that_never_was_is_refused_once_communes_are_known(db: Connection) -> None:
    cases.open_case(db, OFFICE, _draft())
    a_feature(db, "admin_units", rectangle(0, 0, 900, 900), level="commune", code="25750", name="Phú An")
    with pytest.raises(cases.CommuneUnknown):
        cases.open_case(db, OFFICE, _draft(parcels=(("25747-1-2", None),)))


@pytest.mark.usefixtures("place")
def test_an_adjusted_roadmap_stands_beside_the_one_before(db: Connection) -> None:
    points = [Point(date(2025, 6, 30), 0.5, 3, 10), Point(date(2025, 12, 31), 2, 9, 40)]
    roadmaps.record(db, OFFICE, "A", OPENED, "KH 1", points)
    roadmaps.record(db, OFFICE, "A", OPENED, "KH 2", points[1:])
    with pytest.raises(roadmaps.RoadmapExists):
        roadmaps.record(db, OFFICE, "A", OPENED, " KH 1 ", points)


@pytest.mark.usefixtures("place")
def test_the_file_of_a_document_is_kept_once_by_its_digest(db: Connection, tmp_path: Path) -> None:
    key = cases.open_case(db, OFFICE, _draft())
    draft = Document("recovery_notice", "12/TB", date(2024, 10, 1), "UBND")
    first, _ = documents.add(db, OFFICE, key, draft)
    second, _ = documents.add(db, OFFICE, key, draft, if_revision="3")
    scan, page, store = tmp_path / "a.pdf", tmp_path / "b.pdf", tmp_path / "store"
    scan.write_bytes(b"%PDF-1.7 ...")
    page.write_bytes(b"<html><script>")
    digest = documents.attach(db, OFFICE, first, scan, "Thông báo 12.pdf", store)
    assert documents.attach(db, OFFICE, second, scan, "Bản sao.pdf", store) == digest
    assert [path.name for path in store.rglob("*") if path.is_file()] == [digest]
    assert documents.file_of(documents.one(db, first), store).read_bytes() == scan.read_bytes()
    with pytest.raises(documents.DocumentFileRefused):
        documents.attach(db, OFFICE, first, page, "trang.pdf", store)
    with pytest.raises(FileNameInvalid):
        documents.attach(db, OFFICE, first, scan, "..", store)
    with pytest.raises(documents.DocumentFileGone):
        documents.file_of(documents.one(db, first), tmp_path)
