"""One number per table of data, raised in the transaction that writes it; caches are keyed by it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import TEXT, BigInteger, Column, Connection, Table, select
from sqlalchemy.dialects.postgresql import insert

from layers.layer import metadata

VERSIONS = Table(
    "data_versions",
    metadata,
    Column("name", TEXT, primary_key=True),
    Column("version", BigInteger, nullable=False),
)


def bump(db: Connection, names: Iterable[str]) -> None:
    """Raise the version of the named tables, within the writer's transaction."""
    for name in sorted(set(names)):
        row = insert(VERSIONS).values(name=name, version=1)
        db.execute(
            row.on_conflict_do_update(index_elements=["name"], set_={"version": VERSIONS.c.version + 1})
        )


def versions(db: Connection) -> dict[str, int]:
    """Version of every table that was ever written."""
    return {row.name: row.version for row in db.execute(select(VERSIONS.c.name, VERSIONS.c.version))}
