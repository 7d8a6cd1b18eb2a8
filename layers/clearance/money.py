"""Money of cases: what a decision approves for a payee, and what was paid of it, in whole đồng."""

from __future__ import annotations

from dataclasses import dataclass
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
from layers.clearance.standing import Standing, read
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
    refuse_approval(db, before, approval)
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
    refuse_payment(db, before, payment)
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


def refuse_approval(db: Connection, case: Standing, approval: Approval) -> None:
    """Refuse an approval that cannot be; nothing is written."""
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


def refuse_payment(db: Connection, case: Standing, payment: Payment, *, also_vnd: int = 0) -> None:
    """Refuse a payment that cannot be, after ``also_vnd`` that is about to be paid; nothing is written."""
    _whole(payment.amount_vnd)
    _past("paid_on", payment.paid_on)
    _text("voucher", payment.voucher)
    mine = select(PAYEES).where(PAYEES.c.id == payment.payee_id, PAYEES.c.case_key == case.row.key)
    payee = db.execute(mine).one_or_none()
    if payee is None:
        raise PayeeUnknown(case=case.row.key, payee=payment.payee_id)
    sums = select(func.coalesce(func.sum(PAYMENTS.c.amount_vnd), 0))
    paid = int(db.execute(sums.where(PAYMENTS.c.payee_id == payee.id)).scalar_one()) + also_vnd
    told: dict[str, Any] = {"payee": payee.name, "amount_vnd": abs(payment.amount_vnd), "paid_vnd": paid}
    if paid + payment.amount_vnd > payee.approved_vnd:
        raise PaymentOverApproved(approved_vnd=payee.approved_vnd, **told)
    if paid + payment.amount_vnd < 0:
        raise PaymentBelowZero(**told)
    if payment.paid_on < payee.approved_on:
        raise PaymentBeforeApproval(on=payment.paid_on, approved_on=payee.approved_on)


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
