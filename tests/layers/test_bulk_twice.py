"""What is in two files, two drafts or two approvals at once takes effect once."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from time import monotonic, sleep

import pytest
from sqlalchemy import Connection, Engine, func, insert, select, text

from layers.access import Actor, Role
from layers.catalogue.cases import TABLE as CASES
from layers.clearance import maintain
from layers.clearance.bulk import submissions
from layers.records.accounts import ACCOUNTS
from layers.records.cases import ASSETS, PAYEES, PAYMENTS
from tests.factories import a_case

TODAY = date(2026, 6, 1)


def account(db: Connection, name: str, role: Role) -> Actor:
    row = insert(ACCOUNTS).values(name=name, full_name=name, password_hash="-", role=role.value)
    return Actor(role, db.execute(row.returning(ACCOUNTS.c.id)).scalar_one(), name)


def a_payee(db: Connection) -> None:
    """HS-1, an invented case, has 100 million đồng approved; nothing is paid yet."""
    a_case(db, "HS-1", opened_on=date(2024, 9, 1), illustrative=True)
    approved = {"approved_vnd": 100_000_000, "approved_on": date(2025, 5, 5), "decision_number": "QĐ 5"}
    db.execute(insert(PAYEES).values(case_key="HS-1", name="Nguyễn Văn Á", **approved))
    maintain.rebuild_cases(db, ["HS-1"])


def keeper(db: Connection) -> Actor:
    """Somebody who submits; all land is theirs, so that no boundary need be drawn."""
    made = account(db, "hoa", Role.LAND_OFFICER)
    return Actor(Role.SYSTEM, made.account_id, made.name)


def payment(amount: str, voucher: str) -> dict[str, str]:
    told = {"case_key": "HS-1", "payee": "Nguyễn Văn Á", "amount_vnd": amount}
    return {**told, "paid_on": "03/04/2026", "voucher": voucher}


TREES = {
    "case_key": "HS-1", "kind": "Cây trồng", "description": "Cao su 8 năm", "quantity": "1.250,5",
    "unit": "cây", "inventoried_on": "01/04/2026",
}  # fmt: skip


def draft(db: Connection, actor: Actor, kind: str, row: dict[str, str], sha256: str | None = None) -> int:
    number = submissions.create(db, actor, kind, "Tháng 4")
    submissions.fill(db, actor, number, [(2, row)], TODAY, file_name="a.xlsx", sha256=sha256)
    return number


def handed_in(db: Connection, actor: Actor, kind: str, row: dict[str, str]) -> int:
    number = draft(db, actor, kind, row)
    submissions.submit(db, actor, number)
    return number


def test_of_two_drafts_of_one_file_only_one_is_handed_in(db: Connection) -> None:
    a_payee(db)
    officer = keeper(db)
    first, second = (draft(db, officer, "payments", payment("20000000", "PC 1"), "f" * 64) for _ in "ab")
    submissions.submit(db, officer, first)
    with pytest.raises(submissions.SubmissionTwice) as caught:
        submissions.submit(db, officer, second)
    assert caught.value.facts["id"] == first


@pytest.mark.parametrize(("kind", "row"), [("payments", payment("20.000.000", "PC 1")), ("inventory", TREES)])
def test_what_is_stored_is_not_stored_again_from_another_file(
    db: Connection, kind: str, row: dict[str, str]
) -> None:
    # Twice 20 million would still be within the 100 million approved.
    a_payee(db)
    officer, approver = keeper(db), account(db, "binh", Role.APPROVER)
    first, second = (handed_in(db, officer, kind, row) for _ in "ab")
    submissions.approve(db, approver, [first], TODAY)
    with pytest.raises(submissions.SubmissionStale) as caught, db.begin_nested():
        submissions.approve(db, approver, [second], TODAY)
    assert caught.value.facts["reason"] == "bulk_row_repeated"
    third = draft(db, officer, kind, row)
    (refused,) = submissions.rows_of(db, officer, third)
    assert (refused["verdict"], refused["faults"][0]["code"]) == ("refused", "bulk_row_repeated")
    table = {"payments": PAYMENTS, "inventory": ASSETS}[kind]
    # One row, marked invented as its case is.
    assert db.execute(select(table.c.illustrative)).scalars().all() == [True]


def test_two_approvers_at_once_do_not_pay_more_than_was_approved(database: Engine) -> None:
    # 60 + 60 million of 100: whoever comes second is refused.
    with database.begin() as db:
        a_payee(db)
        officer = keeper(db)
        approvers = [account(db, name, Role.APPROVER) for name in ("binh", "chi")]
        numbers = [handed_in(db, officer, "payments", payment("60000000", v)) for v in ("PC 1", "PC 2")]

    def approve(at: int) -> int:
        with database.begin() as db:
            return submissions.approve(db, approvers[at], [numbers[at]], TODAY)

    with ThreadPoolExecutor(2) as pool:
        with database.begin() as db:
            db.execute(select(CASES.c.id).where(CASES.c.key == "HS-1").with_for_update())
            both = [pool.submit(approve, at) for at in (0, 1)]
            _both_wait(database)
        found = [_outcome(one) for one in both]
    assert sorted(found) == ["1", "SubmissionStale"]
    with database.begin() as db:
        assert db.execute(select(func.sum(PAYMENTS.c.amount_vnd))).scalar_one() == 60_000_000


def _both_wait(database: Engine) -> None:
    """Until two sessions wait for a lock."""
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    end = monotonic() + 20
    while monotonic() < end:
        with database.connect() as db:
            if db.execute(waiting).scalar_one() >= 2:
                return
        sleep(0.05)
    raise AssertionError("nobody waits")


def _outcome(one: Future[int]) -> str:
    try:
        return str(one.result(30))
    except submissions.SubmissionStale as error:
        return type(error).__name__
