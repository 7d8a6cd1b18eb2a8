"""Rows that are stored against rows that should be: only what differs is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from geoalchemy2.elements import WKBElement
from sqlalchemy import (
    Connection,
    CursorResult,
    Date,
    Table,
    bindparam,
    cast,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT

from gis.crs import STORAGE_SRID
from layers.catalogue.free_plots import TABLE as FREE_PLOTS
from layers.catalogue.zone_supply import TABLE as SUPPLY
from layers.layer import Rows
from layers.supply.rows import Stored
from layers.supply.units import of_keys, wkb

#: Rows as they stand, each with its ``id``, and rows as they should be.
Pair = tuple[list[Stored], list[Stored]]


@dataclass
class Written:
    """Names of the tables in which rows were written."""

    tables: set[str] = field(default_factory=set[str])

    def count(self, table: str, done: CursorResult[Any]) -> None:
        """Remember a table if a statement touched any of its rows."""
        if done.rowcount:
            self.tables.add(table)

    def __iadd__(self, other: Written) -> Written:
        self.tables |= other.tables
        return self


def store(
    db: Connection,
    keys: Sequence[str],
    outlook: str,
    plots: Sequence[Stored],
    supply: Sequence[Stored],
) -> Written:
    """Make the rows of some zones at one outlook be those that are given."""
    written = Written()
    for table, wanted in ((FREE_PLOTS, plots), (SUPPLY, supply)):
        write(db, table, outlook, (stored(db, table, keys, outlook), list(wanted)), written)
    return written


def stored(
    db: Connection, table: Table, keys: Sequence[str], outlook: str, since: date | None = None
) -> list[Stored]:
    """
    Rows of some zones as they stand, each with its ``id``, in order.

    ``since`` leaves out those that had ended before that day.
    """
    given = {"keys": list(keys), "outlook": outlook, "since": since or date.min}
    return [dict(row) for row in db.execute(_standing(table), given).mappings()]


@cache
def _standing(table: Table) -> Rows:
    lasting = or_(table.c.valid_to.is_(None), table.c.valid_to >= bindparam("since", type_=Date))
    plain = [c for c in table.c if c.name not in ("geom", "geom_tile", "outlook")]
    shapes = [wkb(table.c.geom)] if "geom" in table.c else []
    of_zones = of_keys(table.c.zone_key if table is FREE_PLOTS else table.c.key)
    query = select(*plain, *shapes).where(of_zones, table.c.outlook == bindparam("outlook"), lasting)
    return query.order_by(table.c.valid_from, table.c.id)


def write(db: Connection, table: Table, outlook: str, rows: Pair, written: Written) -> None:
    """Write what differs between two lists of rows."""
    found, wanted = rows
    same: dict[Any, list[Stored]] = defaultdict(list)
    for row in found:
        same[_identity(row)].append(row)
    new: list[dict[str, Any]] = []
    ended: list[dict[str, Any]] = []
    for row in wanted:
        if not (standing := same[_identity(row)]):
            new.append(_values(row) | {"outlook": outlook})
        elif (kept := standing.pop())["valid_to"] != row["valid_to"]:
            ended.append({"row_id": kept["id"], "ends": row["valid_to"]})
    gone = [row["id"] for rows in same.values() for row in rows]
    if gone:
        some = table.c.id == func.any(cast(gone, ARRAY(BIGINT)))
        db.execute(delete(table).where(some))
    if ended:
        one = update(table).where(table.c.id == bindparam("row_id")).values(valid_to=bindparam("ends"))
        db.execute(one, ended)
    if new:
        db.execute(insert(table), new)
    if gone or ended or new:
        written.tables.add(table.name)


def _identity(row: Stored) -> tuple[Any, ...]:
    """Everything but the number of the row and its end."""
    return tuple(
        (name, tuple(value) if isinstance(value, list) else bytes(value) if name == "wkb" else value)
        for name, value in sorted(row.items())
        if name not in ("id", "valid_to")
    )


def _values(row: Stored) -> dict[str, Any]:
    if "wkb" not in row:
        return row
    geom = WKBElement(row["wkb"], srid=STORAGE_SRID)
    return {name: value for name, value in row.items() if name not in ("wkb", "id")} | {"geom": geom}
