"""Money of cases: what a decision approves for a payee, and what was paid of it, in whole đồng."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, insert, select

from gis.errors import BadInput
from gis.text import nfc
from layers import revisions
from layers.access import Actor
from layers.clearance.documents import LONGEST_TEXT, DocumentTextInvalid
from layers.clearance.holding import DateInFuture, hold
from layers.clearance.increments import settle
from layers.clearance.standing import Standing, among, read
from layers.dates import today
from layers.records.cases import PAYEES, PAYMENTS, VALUATIONS


class AmountInvalid(BadInput):
    """An amount that is no whole number of đồng, or none at all. Facts: amount."""


class PayeeUnknown(BadInput):
    """The case has no such payee. Facts: case, payee."""


class PayeeOfStateLand(BadInput):
    """Money for state-managed land beyond what stands on it. Facts: case, allowed_vnd."""


class PaymentOverApproved(BadInput):
    """More than was approved. Facts: payee, amount_vnd, approved_vnd, paid_vnd."""


class PaymentBelowZero(BadInput):
    """More taken back than was paid. Facts: payee, amount_vnd, paid_vnd."""


class PaymentBeforeApproval(BadInput):
    """A payment dated before its approval. Facts: on, approved_on."""


@dataclass(frozen=True)
class Approval:
    """What a decision approves for a payee."""

    name: str
    approved_vnd: int
    approved_on: date
    decision_number: str
    account_number: str | None = None


@dataclass(frozen=True)
class Payment:
    """What was paid to a payee; below zero it takes back what was entered or paid wrongly."""

    payee_id: int
    amount_vnd: int
    paid_on: date
    voucher: str


def approve(
    db: Connection,
    actor: Actor,
    case_key: str,
    approval: Approval,
    *,
    reason: str,
    if_revision: str | int | None = None,
    submission_id: int | None = None,
) -> tuple[int, int]:
    """
    Record what was approved for a payee; a further decision is a further row.

    Returns
    -------
    payee_id, revision

    Raises
    ------
    DidoiError
        Those of `holding.hold`; ReasonMissing, AmountInvalid, DateInFuture, DocumentTextInvalid,
        PayeeOfStateLand.
    """
    why = revisions.reasoned(reason)
    before = hold(db, actor, case_key, if_revision, {"approved_vnd": approval.approved_vnd}, money=True)
    _refuse_approval(db, before, approval)
    values = {
        "case_key": case_key,
        "name": nfc(approval.name).strip(),
        "account_number": approval.account_number,
        "approved_vnd": approval.approved_vnd,
        "approved_on": approval.approved_on,
        "decision_number": nfc(approval.decision_number).strip(),
    }
    number = db.execute(
        insert(PAYEES).values(values | _mark(actor, before, submission_id)).returning(PAYEES.c.id)
    )
    payee: int = number.scalar_one()
    said = {k: v if isinstance(v, int | None) else str(v) for k, v in values.items() if k != "case_key"}
    return payee, _settle(db, actor, before, {f"payees/{payee}": (None, said)}, why)


def pay(
    db: Connection,
    actor: Actor,
    case_key: str,
    payment: Payment,
    *,
    reason: str,
    if_revision: str | int | None = None,
    submission_id: int | None = None,
) -> tuple[int, int]:
    """
    Record a payment; payments are never changed, a wrong one is taken back by one below zero.

    Returns
    -------
    payment_id, revision

    Raises
    ------
    DidoiError
        Those of `holding.hold`; ReasonMissing, AmountInvalid, PayeeUnknown, DateInFuture,
        DocumentTextInvalid, PaymentOverApproved, PaymentBelowZero, PaymentBeforeApproval.
    """
    why = revisions.reasoned(reason)
    before = hold(db, actor, case_key, if_revision, {"amount_vnd": payment.amount_vnd}, money=True)
    _refuse_payment(db, before, payment)
    values = {
        "case_key": case_key,
        "payee_id": payment.payee_id,
        "amount_vnd": payment.amount_vnd,
        "paid_on": payment.paid_on,
        "voucher": nfc(payment.voucher).strip(),
    }
    made = insert(PAYMENTS).values(values | _mark(actor, before, submission_id)).returning(PAYMENTS.c.id)
    number: int = db.execute(made).scalar_one()
    said = {k: v if isinstance(v, int) else str(v) for k, v in values.items() if k != "case_key"}
    return number, _settle(db, actor, before, {f"payments/{number}": (None, said)}, why)


def _refuse_approval(db: Connection, case: Standing, approval: Approval) -> None:
    _whole(approval.approved_vnd, lowest=1)
    _past("approved_on", approval.approved_on)
    _text("name", approval.name)
    _text("decision_number", approval.decision_number)
    if case.row.origin != "state":
        return
    # Nothing is paid for land that the State manages; what stands on it is valued line by line.
    lines = select(func.coalesce(func.sum(VALUATIONS.c.amount_vnd), 0))
    of_case = lines.where(VALUATIONS.c.case_key == case.row.key, VALUATIONS.c.kind != "land")
    allowed = int(db.execute(of_case).scalar_one())
    before = sum(approved for approved, _ in case.money.values())
    if before + approval.approved_vnd > allowed:
        raise PayeeOfStateLand(case=case.row.key, allowed_vnd=allowed)


@dataclass
class Account:
    """
    What a payee may be paid, and what was.

    Attributes
    ----------
    paid
        Day and amount of each payment, in any order.
    """

    number: int
    name: str
    approved_vnd: int
    approved_on: date
    paid: list[tuple[date, int]] = field(default_factory=list[tuple[date, int]])

    def book(self, amount_vnd: int, on: date) -> None:
        """
        Add a payment. What was paid by a day lies between nothing and what was approved, on every day.

        Raises
        ------
        PaymentOverApproved, PaymentBelowZero, PaymentBeforeApproval
        """
        days = {on, *(day for day, _ in self.paid if day > on)}
        by_then = [sum(paid for at, paid in self.paid if at <= day) for day in days]
        told: dict[str, Any] = {"payee": self.name, "amount_vnd": abs(amount_vnd)}
        if max(by_then) + amount_vnd > self.approved_vnd:
            raise PaymentOverApproved(approved_vnd=self.approved_vnd, paid_vnd=max(by_then), **told)
        if min(by_then) + amount_vnd < 0:
            raise PaymentBelowZero(paid_vnd=min(by_then), **told)
        if on < self.approved_on:
            raise PaymentBeforeApproval(on=on, approved_on=self.approved_on)
        self.paid.append((on, amount_vnd))


def accounts(db: Connection, case_keys: Iterable[str]) -> dict[str, list[Account]]:
    """The payees of some cases with what was paid to them, by case and in the order of their decisions."""
    keys = list(case_keys)
    of_cases = select(PAYEES).where(among(PAYEES.c.case_key, keys)).order_by(PAYEES.c.id)
    found = {
        row.id: (row.case_key, Account(row.id, row.name, row.approved_vnd, row.approved_on))
        for row in db.execute(of_cases)
    }
    paid = select(PAYMENTS.c.payee_id, PAYMENTS.c.paid_on, PAYMENTS.c.amount_vnd)
    for payee, on, amount_vnd in db.execute(paid.where(among(PAYMENTS.c.case_key, keys))):
        found[payee][1].paid.append((on, amount_vnd))
    by_case: dict[str, list[Account]] = {}
    for key, account in found.values():
        by_case.setdefault(key, []).append(account)
    return by_case


def _refuse_payment(db: Connection, case: Standing, payment: Payment) -> None:
    _whole(payment.amount_vnd)
    _past("paid_on", payment.paid_on)
    _text("voucher", payment.voucher)
    mine = [a for a in accounts(db, [case.row.key]).get(case.row.key, []) if a.number == payment.payee_id]
    if not mine:
        raise PayeeUnknown(case=case.row.key, payee=payment.payee_id)
    mine[0].book(payment.amount_vnd, payment.paid_on)


def _mark(actor: Actor, case: Standing, submission_id: int | None) -> dict[str, Any]:
    return {
        "recorded_by": actor.name,
        "submission_id": submission_id,
        "illustrative": case.row.illustrative,
    }


def _settle(
    db: Connection, actor: Actor, before: Standing, both: dict[str, tuple[Any, Any]], why: str
) -> int:
    key = before.row.key
    revision = settle(db, {key: before}, read(db, [key], money=True))[key]
    revisions.keep(db, actor, "cases", key, str(revision), both, why)
    return revision


def _whole(amount: Any, lowest: int | None = None) -> None:
    whole = isinstance(amount, int) and not isinstance(amount, bool) and 0 < abs(amount) < 2**53
    if not whole or (lowest is not None and amount < lowest):
        raise AmountInvalid(amount=str(amount)[:40])


def _past(column: str, on: date) -> None:
    if on > today():
        raise DateInFuture(column=column, on=on, today=today())


def _text(column: str, text: str) -> None:
    if not 0 < len(text.strip()) <= LONGEST_TEXT or "\x00" in text:
        raise DocumentTextInvalid(column=column, letters=LONGEST_TEXT)
