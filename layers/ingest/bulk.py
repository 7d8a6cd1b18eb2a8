"""Loading more rows than a table holds: its indexes are built once afterwards, not row by row."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from psycopg import sql
from sqlalchemy import Connection, Table, text
from sqlalchemy.exc import OperationalError

#: Below this the rows go in faster than two indexes can be taken away and built again.
MANY_ROWS = 50_000

_PLAIN = text(
    "SELECT c.relname, pg_get_indexdef(i.indexrelid) AS definition FROM pg_index i "
    "JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = to_regclass(:table) "
    "AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid) ORDER BY c.relname"
)
_OWNED = text(
    "SELECT pg_has_role(relowner, 'USAGE') AND reltuples < :rows FROM pg_class "
    "WHERE oid = to_regclass(:table)"
)


@contextmanager
def indexes_after(db: Connection, table: Table, rows: int) -> Generator[bool]:
    """
    Take the indexes that hold no constraint away while many rows go in, and build them again.

    Only for the table's owner, and only when the rows at least double the table. Readers wait meanwhile:
    the table is locked until the transaction ends. When somebody holds the table, nothing is taken away.
    """
    name = {"table": table.name}
    if rows < MANY_ROWS or not db.execute(_OWNED, {**name, "rows": rows}).scalar_one():
        yield False
        return
    definitions = db.execute(_PLAIN, name).all()
    try:
        with db.begin_nested():
            db.execute(text("SET LOCAL lock_timeout = '2s'"))
            for index in definitions:
                _execute(db, sql.SQL("DROP INDEX {}").format(sql.Identifier(index.relname)))
            db.execute(text("SET LOCAL lock_timeout = DEFAULT"))
    except OperationalError:
        yield False
        return
    yield True
    for index in definitions:
        db.exec_driver_sql(index.definition.replace("%", "%%"))


def _execute(db: Connection, statement: sql.Composed) -> None:
    driver = db.connection.driver_connection
    assert driver is not None
    driver.execute(statement)
