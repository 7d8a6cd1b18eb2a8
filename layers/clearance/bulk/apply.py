"""What an approved submission does: events, payments or assets of its rows; figures are kept once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, insert

from layers.access import Actor
from layers.clearance import stages
from layers.clearance.bulk.verdicts import Row, event_of
from layers.clearance.increments import settle
from layers.clearance.standing import read
from layers.records.cases import ASSETS, PAYMENTS


def apply(db: Connection, actor: Actor, kind: str, rows: Sequence[Row], submission_id: int) -> None:
    """
    Carry out rows without faults, in the transaction of the approval.

    Raises
    ------
    DidoiError
        Those of `layers.clearance.stages.append_many`.
    """
    match kind:
        case "payments":
            _pay(db, actor, rows, submission_id)
        case "inventory":
            _count(db, actor, rows, submission_id)
        case _:
            stages.append_many(db, actor, [event_of(row) for row in rows], submission_id=submission_id)


def _pay(db: Connection, actor: Actor, rows: Sequence[Row], submission_id: int) -> None:
    keys = sorted({row.told["case_key"] for row in rows})
    before = read(db, keys, money=True)
    values = [
        {
            "case_key": row.told["case_key"],
            "payee_id": row.told["payee_id"],
            "amount_vnd": row.told["amount_vnd"],
            "paid_on": date.fromisoformat(row.told["paid_on"]),
            "voucher": row.told["voucher"],
            "recorded_by": actor.name,
            "submission_id": submission_id,
            "illustrative": before[row.told["case_key"]].row.illustrative,
        }
        for row in rows
    ]
    db.execute(insert(PAYMENTS), values)
    settle(db, before, read(db, keys, money=True))


def _count(db: Connection, actor: Actor, rows: Sequence[Row], submission_id: int) -> None:
    standing = read(db, sorted({row.told["case_key"] for row in rows}))
    values = [
        {
            **{name: row.told[name] for name in ("case_key", "kind", "description", "quantity", "unit")},
            "inventoried_on": date.fromisoformat(row.told["inventoried_on"]),
            "recorded_by": actor.name,
            "submission_id": submission_id,
            "illustrative": standing[row.told["case_key"]].row.illustrative,
        }
        for row in rows
    ]
    db.execute(insert(ASSETS), values)
    settle(db, standing, standing)
