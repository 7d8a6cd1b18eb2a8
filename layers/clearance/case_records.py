"""What hangs on a case: people, assets, valuation lines, resettlement, contacts, complaints, blockers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from psycopg import errors as postgres
from sqlalchemy import Connection, Table, insert, select, update
from sqlalchemy.exc import IntegrityError

from gis.errors import BadInput, NotFound
from layers import revisions
from layers.access import Actor
from layers.clearance.holding import DateInFuture, hold, told
from layers.clearance.increments import settle
from layers.clearance.maintain import mark_forecasts, write_case_rows
from layers.clearance.standing import Standing, read
from layers.clearance.values import complete, typed
from layers.dates import today
from layers.layer import Code
from layers.records import cases as records


class RecordKindUnknown(BadInput):
    """A case has no records of this name. Facts: table, known."""


class RecordUnknown(NotFound):
    """The case has no such record. Facts: case, table, id."""


class RecordContradictory(BadInput):
    """Values that contradict each other. Facts: table, rule."""


class BlockerUnknown(BadInput):
    """No kind of blocker that is in use has this code. Facts: code, known."""


class LandOfStateValued(BadInput):
    """Compensation for land of a case that is state-managed. Facts: case."""


@dataclass(frozen=True)
class _Kind:
    table: Table
    codes: Mapping[str, tuple[Code, ...]] = field(default_factory=dict[str, "tuple[Code, ...]"])


#: Records by the name under which doors know them.
KINDS: Mapping[str, _Kind] = {
    "people": _Kind(records.PEOPLE, {"role": records.PERSON_ROLES}),
    "assets": _Kind(records.ASSETS, {"kind": records.ASSET_KINDS}),
    "valuations": _Kind(records.VALUATIONS, {"kind": records.VALUATION_KINDS}),
    "resettlements": _Kind(records.RESETTLEMENTS),
    "contacts": _Kind(records.CONTACTS, {"kind": records.CONTACT_KINDS}),
    "complaints": _Kind(records.COMPLAINTS),
    "blockers": _Kind(records.BLOCKERS),
}
#: Records on which columns of the case rest.
_SHOWN = ("complaints", "blockers")


def add(
    db: Connection,
    actor: Actor,
    key: str,
    kind: str,
    values: Mapping[str, Any],
    reason: str,
    if_revision: str | int | None = None,
    *,
    submission_id: int | None = None,
) -> tuple[int, int]:
    """
    Add a record to a case; ``kind`` is one of :data:`KINDS`.

    Returns
    -------
    id, revision
        Of the record; of the case as it is now.

    Raises
    ------
    DidoiError
        Those of `holding.hold`; ReasonMissing, RecordKindUnknown, RecordColumnUnknown, RecordColumnMissing,
        ValueNotOfType, DateInFuture, BlockerUnknown, LandOfStateValued, RecordContradictory.
    """
    why = revisions.reasoned(reason)
    before = hold(db, actor, key, if_revision, values)
    row = checked(db, before, kind, values)
    table = KINDS[kind].table
    stored = {
        **row,
        "case_key": key,
        "recorded_by": actor.name,
        "submission_id": submission_id,
        "illustrative": before.row.illustrative,
    }
    number: int = _written(db, table, insert(table).values(stored).returning(table.c.id))
    return number, _settle(db, actor, before, kind, {f"{kind}/{number}": (None, _plain(row))}, why)


def change(
    db: Connection,
    actor: Actor,
    key: str,
    kind: str,
    number: int,
    values: Mapping[str, Any],
    reason: str,
    if_revision: str | int | None = None,
) -> int:
    """
    Change a record of a case: a complaint that was answered, a blocker that is gone.

    Returns
    -------
    revision

    Raises
    ------
    DidoiError
        Those of `add`; RecordUnknown.
    """
    why = revisions.reasoned(reason)
    before = hold(db, actor, key, if_revision, values)
    table = _kind(kind).table
    mine = (table.c.id == number, table.c.case_key == key)
    stored = db.execute(select(table).where(*mine)).mappings().one_or_none()
    if stored is None:
        raise RecordUnknown(case=key, table=kind, id=number)
    row = checked(db, before, kind, values, stored=stored)
    new = {name: value for name, value in row.items() if value != stored[name]}
    if new:
        _written(db, table, update(table).where(*mine).values(new).returning(table.c.id))
    both = {f"{kind}/{number}": (_plain({name: stored[name] for name in new}), _plain(new))}
    return _settle(db, actor, before, kind, both, why)


def checked(
    db: Connection,
    case: Standing,
    kind: str,
    values: Mapping[str, Any],
    stored: Mapping[Any, Any] | None = None,
) -> dict[str, Any]:
    """Values of a record as its table takes them; what cannot be is refused, nothing is written."""
    known = _kind(kind)
    row = typed(known.table, values, known.codes)
    for name, value in row.items():
        if isinstance(value, date) and value > today():
            raise DateInFuture(column=name, on=value, today=today())
    if kind == "valuations":
        _value(case, row, stored or {})
    if kind == "blockers" and "code" in row:
        _refuse_blocker(db, row["code"])
    if stored is None:
        complete(known.table, row)
    return row


def _kind(name: str) -> _Kind:
    if name not in KINDS:
        raise RecordKindUnknown(table=name[:40], known=", ".join(KINDS))
    return KINDS[name]


def _value(case: Standing, row: dict[str, Any], stored: Mapping[Any, Any]) -> None:
    """Work an amount out where none is given; state-managed land is not paid for."""
    line = {**stored, **row}
    if case.row.origin == "state" and line.get("kind") == "land":
        raise LandOfStateValued(case=case.row.key)
    given = row.get("amount_vnd") is not None
    if not given and {"quantity", "unit_price_vnd"} & set(row):
        quantity, price = line.get("quantity"), line.get("unit_price_vnd")
        if quantity is not None and price is not None:
            row["amount_vnd"] = int((Decimal(quantity) * price).to_integral_value())


def _refuse_blocker(db: Connection, code: str) -> None:
    codes = records.BLOCKER_CODES
    known = list(db.execute(select(codes.c.code).where(~codes.c.retired).order_by(codes.c.code)).scalars())
    if code not in known:
        raise BlockerUnknown(code=str(code)[:40], known=", ".join(known) or "–")


def _written(db: Connection, table: Table, statement: Any) -> int:
    try:
        with db.begin_nested():
            return db.execute(statement).scalar_one()
    except IntegrityError as error:
        if not isinstance(error.orig, postgres.CheckViolation):
            raise
        raise RecordContradictory(table=table.name, rule=error.orig.diag.constraint_name or "") from error


def _settle(
    db: Connection, actor: Actor, before: Standing, kind: str, both: dict[str, tuple[Any, Any]], why: str
) -> int:
    key = before.row.key
    after = before
    if kind in _SHOWN:
        write_case_rows(db, [key])
        after = read(db, [key])[key]
        mark_forecasts(db, before.zones())
    revision = settle(db, {key: before}, {key: after})[key]
    revisions.keep(db, actor, "cases", key, str(revision), both, why)
    return revision


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: told(value) for name, value in values.items()}
