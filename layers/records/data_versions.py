"""One number per table of data, raised in the transaction that writes it; caches are keyed by it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from sqlalchemy import ARRAY, TEXT, BigInteger, Column, Connection, Table, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import Insert, insert

from layers.layer import metadata

VERSIONS = Table(
    "data_versions",
    metadata,
    Column("name", TEXT, primary_key=True),
    Column("version", BigInteger, nullable=False),
)


def bump(db: Connection, names: Iterable[str]) -> None:
    """
    Raise the version of the named tables, within the writer's transaction.

    The first is the time in seconds: what browsers keep of one database is then never taken for the same
    version of another that was made later at the same address.
    """
    db.execute(_raising(), {"names": sorted(set(names))})


def versions(db: Connection) -> dict[str, int]:
    """Version of every table that was ever written."""
    return {row.name: row.version for row in db.execute(select(VERSIONS.c.name, VERSIONS.c.version))}


@cache
def _raising() -> Insert:
    first = cast(func.extract("epoch", func.clock_timestamp()), BigInteger)
    told = func.unnest(bindparam("names", type_=ARRAY(TEXT))).column_valued("told")
    rows = insert(VERSIONS).from_select(["name", "version"], select(told, first))
    return rows.on_conflict_do_update(index_elements=["name"], set_={"version": VERSIONS.c.version + 1})
