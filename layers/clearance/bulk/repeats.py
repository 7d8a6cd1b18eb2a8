"""Payments and assets that are stored already: a file that was saved again is not carried out again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Table, select

from layers.clearance.bulk.verdicts import BulkRowRepeated, Row
from layers.clearance.standing import among
from layers.records.cases import ASSETS, PAYMENTS

#: Table of a kind, and what makes two of its records the same.
_SAME: Mapping[str, tuple[Table, tuple[str, ...]]] = {
    "payments": (PAYMENTS, ("case_key", "payee_id", "amount_vnd", "paid_on", "voucher")),
    "inventory": (ASSETS, ("case_key", "kind", "description", "quantity", "unit", "inventoried_on")),
}


def refuse_stored(db: Connection, kind: str, rows: Iterable[Row]) -> None:
    """Give each row without faults that is stored already its fault; stages refuse that by their order."""
    if kind not in _SAME:
        return
    table, names = _SAME[kind]
    able = [row for row in rows if not row.faults]
    keys = sorted({row.told["case_key"] for row in able})
    chosen = select(*(table.c[name] for name in names)).where(among(table.c.case_key, keys))
    stored = {tuple(_told(value) for value in row) for row in db.execute(chosen)}
    for row in able:
        if tuple(row.told[name] for name in names) in stored:
            row.faults.append(BulkRowRepeated(case=row.told["case_key"], row="–"))


def _told(value: Any) -> Any:
    """A stored value as a row tells it."""
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value
