"""A temporary copy of the versions that rows meet: an import that leaves nothing can be tried on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql
from sqlalchemy import Connection, MetaData, Table, insert, select, tuple_

if TYPE_CHECKING:
    from layers.ingest.targets import Target

NAME = "import_rehearsal"


def rehearsal_table(db: Connection, into: Target) -> Table:
    """An empty temporary table with the columns, defaults and conditions of the target's."""
    driver = db.connection.driver_connection
    assert driver is not None
    own, made = sql.Identifier(into.table.name), sql.Identifier(NAME)
    driver.execute(
        sql.SQL(
            "CREATE TEMPORARY TABLE {} (LIKE {} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED "
            "INCLUDING IDENTITY) ON COMMIT DROP"
        ).format(made, own)
    )
    # The copies keep their numbers, so new rows are numbered after them.
    driver.execute(
        sql.SQL("SELECT setval(pg_get_serial_sequence(%s, 'id'), COALESCE(max(id), 0) + 1) FROM {}").format(
            own
        ),
        [f"pg_temp.{NAME}"],
    )
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in _identity(into))
    driver.execute(sql.SQL("CREATE INDEX ON {} ({})").format(made, columns))
    return into.table.to_metadata(MetaData(), name=NAME)


def copy_met(db: Connection, into: Target, table: Table, staged: Table) -> None:
    """Copy what is stored under the keys of the staged rows, once for each key."""
    own, names = into.table, _identity(into)
    stored = tuple_(*(own.c[n] for n in names))
    kept = [c.name for c in own.c if c.computed is None]
    query = select(*(own.c[n] for n in kept)).where(
        stored.in_(select(*(staged.c[n] for n in names))),
        stored.not_in(select(*(table.c[n] for n in names))),
    )
    copied = insert(table).from_select(kept, query, include_defaults=False)
    db.execute(copied)


def _identity(into: Target) -> list[str]:
    if into.layer is not None:
        return ["key"]
    return [part for part in into.identity if part in into.table.c]
