"""Work in bulk: every row has its verdict, another person approves, and all of it holds or none."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import shapely
import xlsxwriter
from sqlalchemy import Connection, func, insert, select, update

from api.documents import submission_xlsx
from layers.access import Actor, Right, RightMissing, Role
from layers.catalogue.cases import TABLE as CASES
from layers.clearance import maintain
from layers.clearance.bulk import reading, submissions
from layers.clearance.bulk.kinds import COLUMNS
from layers.clearance.bulk.verdicts import Row, judge
from layers.records.accounts import ACCOUNTS
from layers.records.cases import ASSETS, PAYEES, PAYMENTS
from layers.records.documents import DOCUMENTS
from layers.records.stages import EVENTS, RUNS
from layers.records.submissions import SUBMISSION_ROWS, SUBMISSIONS
from tests.factories import a_case, a_feature, a_parcel, a_zone, rectangle

TODAY = date(2026, 6, 1)
NOTICE = {
    "document_kind": "Thông báo thu hồi đất",
    "document_number": "12/TB-UBND",
    "document_on": "02/03/2026",
    "document_issuer": "UBND xã Trừ Văn Thố",
}


def account(db: Connection, name: str, role: Role) -> Actor:
    row = insert(ACCOUNTS).values(name=name, full_name=name, password_hash="-", role=role.value)
    number = db.execute(row.returning(ACCOUNTS.c.id)).scalar_one()
    territory = frozenset({"commune-25747"}) if role is Role.LAND_OFFICER else frozenset[str]()
    return Actor(role, number, name, territory)


@pytest.fixture
def officer(db: Connection) -> Actor:
    return account(db, "hoa", Role.LAND_OFFICER)


@pytest.fixture
def approver(db: Connection) -> Actor:
    return account(db, "binh", Role.APPROVER)


@pytest.fixture
def cases(db: Connection) -> list[str]:
    """Three cases of one parcel each, 1 ha, side by side in commune 25747, opened in 2024."""
    unit = rectangle(-5000, -5000, 10_000, 10_000)
    a_feature(db, "admin_units", unit, level="commune", code="25747", name="Xã A")
    a_zone(db, "A", rectangle(0, 0, 300, 100))
    keys = ["HS-1", "HS-2", "HS-3"]
    for at, key in enumerate(keys):
        parcel = a_parcel(db, "1", str(at), rectangle(100 * at, 0, 100, 100), zone_key="A")
        a_case(db, key, [parcel], opened_on=date(2024, 9, 1))
    return keys


def stage(case: str, title: str = "Thông báo thu hồi", on: str = "05/03/2026", **more: str) -> dict[str, str]:
    return {"case_key": case, "stage": title, "effective_on": on, **NOTICE, **more}


def judged(db: Connection, actor: Actor, kind: str, *rows: dict[str, str]) -> list[Row]:
    return judge(db, actor, kind, list(enumerate(rows, 2)), TODAY)


def codes(row: Row) -> list[str]:
    return [fault.code for fault in row.faults]


def drafted(db: Connection, actor: Actor, kind: str, *rows: dict[str, str]) -> int:
    number = submissions.create(db, actor, kind, "Tháng 3")
    submissions.fill(db, actor, number, list(enumerate(rows, 2)), TODAY)
    return number


def handed_in(db: Connection, actor: Actor, kind: str, *rows: dict[str, str]) -> int:
    number = drafted(db, actor, kind, *rows)
    submissions.submit(db, actor, number)
    return number


def count(db: Connection, table: Any) -> int:
    return db.execute(select(func.count()).select_from(table)).scalar_one()


# --- verdicts ----------------------------------------------------------------------------------------


def test_a_stage_is_met_by_its_words_in_either_language_or_its_code(
    db: Connection, officer: Actor, cases: list[str]
) -> None:
    named = ("Thông báo thu hồi", "RECOVERY NOTICE", "notified")
    rows = [stage(key, title) for key, title in zip(cases, named, strict=True)]
    found = judged(db, officer, "stages", *rows)
    assert [(row.verdict, row.told["stage"]) for row in found] == [("ok", "notified")] * 3


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (stage("HS-9"), "bulk_case_unknown"),
        ({"stage": "notified", "effective_on": "05/03/2026"}, "bulk_cell_missing"),
        (stage("HS-1", on="32/13/2026"), "bulk_cell_unreadable"),
        (stage("HS-1", "Đã đền bù xong"), "bulk_cell_unreadable"),
        (stage("HS-1", on="05/07/2026"), "bulk_date_in_future"),
        (stage("HS-1", document_number=""), "bulk_document_incomplete"),
        (stage("HS-1", "Đã bàn giao mặt bằng"), "stage_prerequisite_missing"),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_reason(
    db: Connection, officer: Actor, cases: list[str], row: dict[str, str], code: str
) -> None:
    (found,) = judged(db, officer, "stages", {name: value for name, value in row.items() if value})
    assert code in codes(found)


def test_rows_of_one_case_are_held_against_each_other_in_their_order(
    db: Connection, officer: Actor, cases: list[str]
) -> None:
    first, again, same = judged(
        db, officer, "stages", stage("HS-1"), stage("HS-1", "inventoried", "01/02/2026"), stage("HS-1")
    )
    assert first.verdict == "ok"
    assert codes(again) == ["stage_before_notice"]
    assert codes(same) == ["bulk_row_repeated"]


def test_a_case_outside_the_territory_is_unknown_to_the_officer(db: Connection, cases: list[str]) -> None:
    stranger = Actor(Role.LAND_OFFICER, 99, "xa", frozenset({"commune-99999"}))
    (row,) = judged(db, stranger, "stages", stage("HS-1"))
    assert codes(row) == ["bulk_case_unknown"]


@pytest.fixture
def payee(db: Connection, cases: list[str]) -> int:
    """HS-1 has 100 million đồng approved, of which 40 million are paid."""
    approved = {"case_key": "HS-1", "name": "Nguyễn Văn Á", "decision_number": "QĐ 5"}
    row = insert(PAYEES).values({**approved, "approved_vnd": 100_000_000, "approved_on": date(2025, 5, 5)})
    number = db.execute(row.returning(PAYEES.c.id)).scalar_one()
    paid = {"case_key": "HS-1", "payee_id": number, "amount_vnd": 40_000_000, "voucher": "1"}
    db.execute(insert(PAYMENTS).values({**paid, "paid_on": date(2025, 6, 1)}))
    maintain.rebuild_cases(db, ["HS-1"])
    return number


def payment(amount: str, voucher: str = "PC 2", payee: str = "nguyễn văn á") -> dict[str, str]:
    told = {"case_key": "HS-1", "payee": payee, "amount_vnd": amount}
    return {**told, "paid_on": "03/04/2026", "voucher": voucher}


@pytest.mark.usefixtures("payee")
def test_payments_may_reach_what_was_approved_and_not_a_dong_more(db: Connection, officer: Actor) -> None:
    # 40 + 35 + 25 = 100 million; then 1 đồng is too much.
    rows = [payment("35.000.000"), payment("25000000", "PC 3"), payment("1", "PC 4")]
    found = judged(db, officer, "payments", *rows)
    assert [row.verdict for row in found] == ["ok", "ok", "refused"]
    assert codes(found[2]) == ["bulk_over_approved"]
    assert found[2].faults[0].facts["paid_vnd"] == 100_000_000


@pytest.mark.usefixtures("payee")
@pytest.mark.parametrize("amount", ["0", "-5", "1,5", "một triệu", "1.23.456"])
def test_an_amount_is_a_whole_number_of_dong(db: Connection, officer: Actor, amount: str) -> None:
    (row,) = judged(db, officer, "payments", payment(amount))
    assert codes(row) == ["bulk_cell_unreadable"]


@pytest.mark.usefixtures("payee")
def test_nobody_is_paid_who_is_no_payee(db: Connection, officer: Actor) -> None:
    (row,) = judged(db, officer, "payments", payment("1000", payee="Trần B"))
    assert codes(row) == ["bulk_payee_unknown"]


# --- the way of a submission -------------------------------------------------------------------------


def test_nothing_holds_before_a_second_person_has_approved(
    db: Connection, officer: Actor, approver: Actor, cases: list[str]
) -> None:
    number = handed_in(db, officer, "stages", *(stage(key) for key in cases), stage("HS-9"))
    assert count(db, EVENTS) == 0
    assert submissions.approve(db, approver, [number], TODAY) == 3
    told = db.execute(select(EVENTS.c.case_key, EVENTS.c.recorded_by, EVENTS.c.submission_id)).all()
    assert sorted(told) == [(key, "hoa", number) for key in cases]
    assert set(db.execute(select(RUNS.c.stage_rank)).scalars()) == {1}
    assert count(db, DOCUMENTS) == 3
    (row,) = submissions.listed(db, approver, "approved")
    assert (row["ok"], row["refused"], row["decided_by"]) == (3, 1, "binh")


def test_nobody_approves_or_turns_down_their_own(db: Connection, cases: list[str]) -> None:
    both = account(db, "chi", Role.LAND_OFFICER)
    number = handed_in(db, both, "stages", stage("HS-1"))
    promoted = Actor(Role.APPROVER, both.account_id, "chi")
    with pytest.raises(submissions.SelfApproval):
        submissions.approve(db, promoted, [number], TODAY)
    with pytest.raises(submissions.SelfApproval):
        submissions.reject(db, promoted, number, "x")


@pytest.mark.parametrize("role", [Role.PUBLIC, Role.PLANNER, Role.LAND_OFFICER, Role.ADMINISTRATOR])
def test_only_an_approver_approves(db: Connection, officer: Actor, cases: list[str], role: Role) -> None:
    number = handed_in(db, officer, "stages", stage("HS-1"))
    with pytest.raises(RightMissing):
        submissions.approve(db, Actor(role, 77, "x"), [number], TODAY)


def test_an_approver_of_another_territory_does_not_see_it(
    db: Connection, officer: Actor, cases: list[str]
) -> None:
    number = handed_in(db, officer, "stages", stage("HS-1"))
    far = Actor(Role.APPROVER, 77, "x", frozenset({"commune-99999"}))
    near = replace(account(db, "tam", Role.APPROVER), territory=frozenset({"commune-25747"}))
    assert (submissions.listed(db, far), len(submissions.listed(db, near))) == ([], 1)
    with pytest.raises(submissions.SubmissionUnknown):
        submissions.approve(db, far, [number], TODAY)
    assert submissions.approve(db, near, [number], TODAY) == 1


def test_several_are_approved_together_or_not_at_all(
    db: Connection, officer: Actor, approver: Actor, cases: list[str]
) -> None:
    good = handed_in(db, officer, "stages", stage("HS-1"))
    stale = handed_in(db, officer, "stages", stage("HS-2"))
    db.execute(update(CASES).where(CASES.c.key == "HS-2").values(valid_to=date(2026, 5, 1)))
    with pytest.raises(submissions.SubmissionStale) as caught, db.begin_nested():
        submissions.approve(db, approver, [good, stale], TODAY)
    assert caught.value.facts["id"] == stale
    assert count(db, EVENTS) == 0
    states = select(SUBMISSIONS.c.state).where(SUBMISSIONS.c.id.in_([good, stale]))
    assert db.execute(states).scalars().all() == ["submitted", "submitted"]


@pytest.mark.parametrize("verb", [submissions.submit, submissions.withdraw])
def test_what_was_decided_is_not_decided_again(
    db: Connection,
    officer: Actor,
    approver: Actor,
    cases: list[str],
    verb: Callable[[Connection, Actor, int], None],
) -> None:
    number = handed_in(db, officer, "stages", stage("HS-1"))
    submissions.approve(db, approver, [number], TODAY)
    with pytest.raises(submissions.SubmissionStateWrong):
        verb(db, officer, number)
    with pytest.raises(submissions.SubmissionStateWrong):
        submissions.approve(db, approver, [number], TODAY)
    assert count(db, EVENTS) == 1


def test_a_submission_without_a_row_that_can_be_done_is_not_handed_in(
    db: Connection, officer: Actor, cases: list[str]
) -> None:
    number = drafted(db, officer, "stages", stage("HS-9"))
    with pytest.raises(submissions.SubmissionEmpty):
        submissions.submit(db, officer, number)


def test_the_same_file_is_not_taken_in_twice(
    db: Connection, officer: Actor, approver: Actor, cases: list[str]
) -> None:
    number = submissions.create(db, officer, "stages", "Tháng 3")
    rows = [(2, stage("HS-1"))]
    submissions.fill(db, officer, number, rows, TODAY, file_name="a.xlsx", sha256="f" * 64)
    submissions.submit(db, officer, number)
    submissions.approve(db, approver, [number], TODAY)
    again = submissions.create(db, officer, "stages", "Tháng 3")
    with pytest.raises(submissions.SubmissionTwice):
        submissions.fill(db, officer, again, rows, TODAY, file_name="b.xlsx", sha256="f" * 64)


@pytest.mark.usefixtures("payee")
def test_a_payment_of_a_workbook_is_no_earlier_than_its_approval(db: Connection, officer: Actor) -> None:
    early = payment("1000") | {"paid_on": "01/01/2001"}
    (row,) = judged(db, officer, "payments", early)
    assert codes(row) == ["payment_before_approval"]


@pytest.mark.usefixtures("payee")
def test_approved_payments_are_paid_once(db: Connection, officer: Actor, approver: Actor) -> None:
    number = handed_in(db, officer, "payments", payment("60.000.000"))
    submissions.approve(db, approver, [number], TODAY)
    assert db.execute(select(func.sum(PAYMENTS.c.amount_vnd))).scalar_one() == 100_000_000


def test_an_approved_inventory_counts_what_stands_on_the_land(
    db: Connection, officer: Actor, approver: Actor, cases: list[str]
) -> None:
    row = {"case_key": "HS-1", "kind": "Cây trồng", "description": "Cao su 8 năm", "quantity": "1.250,5"}
    told = {**row, "unit": "cây", "inventoried_on": "01/04/2026"}
    number = handed_in(db, officer, "inventory", told)
    submissions.approve(db, approver, [number], TODAY)
    asset = db.execute(select(ASSETS)).one()
    assert (asset.kind, asset.quantity, asset.inventoried_on) == ("crop", 1250.5, date(2026, 4, 1))


# --- a drawn area ------------------------------------------------------------------------------------


def through(db: Connection, approver: Actor, officer: Actor, keys: list[str]) -> None:
    """Bring cases to where they can be handed over."""
    steps = ("notified", "inventoried", "plan_published", "plan_approved", "paid")
    for day, step in enumerate(steps, 1):
        for key in keys:
            db.execute(insert(EVENTS).values(case_key=key, stage=step, effective_on=date(2026, 1, day)))
    maintain.rebuild_cases(db, keys)


def test_a_drawing_hands_over_the_cases_that_lie_in_it(
    db: Connection, officer: Actor, approver: Actor, cases: list[str]
) -> None:
    through(db, approver, officer, cases)
    number = submissions.create(db, officer, "handover", "Bàn giao đợt 1")
    # HS-1 wholly, HS-2 to 60 %, HS-3 not at all.
    area = rectangle(-10, -10, 170, 120)
    handed = {"document_kind": "handover_record", "document_number": "1/BB", "document_on": "2026-05-02"}
    document = {**handed, "document_issuer": "UBND xã"}
    found = submissions.fill_area(db, officer, number, area, date(2026, 5, 2), TODAY, **document)
    assert [(row.given["case_key"], row.verdict) for row in found] == [("HS-1", "ok"), ("HS-2", "noted")]
    assert found[1].notes[0].facts["inside"] == "60%"
    submissions.submit(db, officer, number)
    assert submissions.approve(db, approver, [number], TODAY) == 2
    over = select(RUNS.c.case_key).where(RUNS.c.stage_rank == 6)
    assert sorted(db.execute(over).scalars()) == ["HS-1", "HS-2"]


def test_a_drawing_over_no_case_is_told(db: Connection, officer: Actor, cases: list[str]) -> None:
    number = submissions.create(db, officer, "handover", "Bàn giao")
    far = shapely.box(105.0, 10.0, 105.001, 10.001)
    with pytest.raises(reading.BulkRowsNone):
        submissions.fill_area(db, officer, number, far, date(2026, 5, 2), TODAY)


# --- workbooks ---------------------------------------------------------------------------------------


def workbook(path: Path, headings: list[str], *rows: list[Any], sheet: str = reading.SHEET) -> Path:
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet(sheet)
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    page.write_row(0, 0, headings)
    for line, row in enumerate(rows, 1):
        for at, value in enumerate(row):
            if isinstance(value, date):
                page.write_datetime(line, at, datetime.combine(value, time()), day)
            else:
                page.write(line, at, value)
    book.close()
    return path


@pytest.mark.parametrize("kind", list(COLUMNS))
def test_a_template_that_was_filled_in_is_read_back(tmp_path: Path, kind: str) -> None:
    headings = [column.title.vi + (" *" if column.required else "") for column in COLUMNS[kind]]
    values: dict[str, Any] = {"date": date(2026, 3, 5), "money": 1_250_000, "quantity": 2.5}
    row = [values.get(column.type, f"x {column.name}") for column in COLUMNS[kind]]
    path = workbook(tmp_path / "a.xlsx", headings, row, [], row)
    (first, told), (second, _) = reading.rows_of(path, kind)
    assert (first, second) == (2, 4)
    assert set(told) == {column.name for column in COLUMNS[kind]}


def test_a_template_lists_the_cases_and_the_stages_for_its_dropdowns(tmp_path: Path) -> None:
    path = tmp_path / "mau.xlsx"
    path.write_bytes(submission_xlsx.template("stages", [("HS-1", "", "Đã chi trả")]))
    from layers.ingest import guard

    named = {layer["name"] for layer in guard.inspect(path).layers}
    assert submission_xlsx.LISTS in named


def test_refused_rows_go_back_in_a_workbook_that_can_be_sent_again(
    tmp_path: Path, db: Connection, officer: Actor, cases: list[str]
) -> None:
    number = drafted(db, officer, "stages", stage("HS-1"), stage("HS-9", note="xem lại"))
    rows = submissions.rows_of(db, officer, number, verdict="refused")
    path = tmp_path / "tra.xlsx"
    path.write_bytes(submission_xlsx.refused("stages", rows))
    ((_, told),) = reading.rows_of(path, "stages")
    assert told == stage("HS-9", note="xem lại")


def test_a_workbook_without_its_columns_is_told_what_it_lacks(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["Mã hồ sơ", "Ngày"], ["HS-1", "05/03/2026"])
    with pytest.raises(reading.BulkColumnsMissing) as caught:
        reading.rows_of(path, "stages")
    assert caught.value.facts["missing"] == "Giai đoạn"


def test_a_submission_is_seen_by_whoever_made_it_and_those_who_approve(
    db: Connection, officer: Actor, approver: Actor, cases: list[str]
) -> None:
    number = drafted(db, officer, "stages", stage("HS-1"))
    assert [row["id"] for row in submissions.listed(db, officer)] == [number]
    assert submissions.listed(db, approver) == []  # a draft is nobody else's
    with pytest.raises(RightMissing):
        submissions.listed(db, Actor(Role.PLANNER, 5, "lan"))
    assert Right.SUBMIT not in {right for right in Right if approver.may(right)}
    assert count(db, SUBMISSION_ROWS) == 1
    assert io.BytesIO(submission_xlsx.template("payments", [])).read(2) == b"PK"
