"""Loading more rows than a table holds: its indexes are built once afterwards, not row by row."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import LiteralString, cast

from psycopg import errors as postgres
from psycopg import sql
from sqlalchemy import Connection, Table, text

#: Below this the rows go in faster than two indexes can be taken away and built again.
MANY_ROWS = 50_000

_PLAIN = text(
    "SELECT c.relname, pg_get_indexdef(i.indexrelid) AS definition FROM pg_index i "
    "JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = to_regclass(:table) "
    "AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid) ORDER BY c.relname"
)
_UNIQUE = text(
    "SELECT conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint "
    "WHERE conrelid = to_regclass(:table) AND contype = 'u' "
    "AND NOT EXISTS (SELECT 1 FROM pg_constraint f "
    "WHERE f.contype = 'f' AND f.confrelid = to_regclass(:table)) "
    "ORDER BY conname"
)
_OWNED = text(
    "SELECT pg_has_role(relowner, 'USAGE') AND reltuples < :rows FROM pg_class "
    "WHERE oid = to_regclass(:table)"
)


@contextmanager
def indexes_after(db: Connection, table: Table, rows: int) -> Generator[bool]:
    """
    Take the indexes but the primary key away while many rows go in, and build them again.

    Unique constraints go and come back with them: two rows that break one are found at the end.

    Only for the table's owner, and only when the rows at least double the table. Readers wait meanwhile:
    the table is locked until the transaction ends. When somebody holds the table, nothing is taken away.
    """
    name = {"table": table.name}
    if rows < MANY_ROWS or not db.execute(_OWNED, {**name, "rows": rows}).scalar_one():
        yield False
        return
    definitions = db.execute(_PLAIN, name).all()
    uniques = db.execute(_UNIQUE, name).all()
    changed = sql.SQL("ALTER TABLE {} ").format(sql.Identifier(table.name))
    try:
        with db.begin_nested():
            db.execute(text("SET LOCAL lock_timeout = '2s'"))
            for index in definitions:
                _execute(db, sql.SQL("DROP INDEX {}").format(sql.Identifier(index.relname)))
            for unique in uniques:
                _execute(db, changed + sql.SQL("DROP CONSTRAINT {}").format(sql.Identifier(unique.conname)))
            db.execute(text("SET LOCAL lock_timeout = DEFAULT"))
    except postgres.LockNotAvailable:
        yield False
        return
    yield True
    for index in definitions:
        _execute(db, _as_written(index.definition).format())
    for unique in uniques:
        added = sql.SQL("ADD CONSTRAINT {} ").format(sql.Identifier(unique.conname))
        _execute(db, changed + added + _as_written(unique.definition).format())


def _as_written(definition: str) -> sql.SQL:
    """A definition that PostgreSQL itself wrote, as a piece of SQL."""
    return sql.SQL(cast(LiteralString, definition.replace("{", "{{").replace("}", "}}")))


def _execute(db: Connection, statement: sql.Composed) -> None:
    driver = db.connection.driver_connection
    assert driver is not None
    driver.execute(statement)
