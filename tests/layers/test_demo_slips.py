"""The illustrative province shows a fault of each kind that was put in, and no other."""

from __future__ import annotations

from sqlalchemy import Connection, select

from layers.catalogue.faults import TABLE as FAULTS
from layers.demo.load import drop, load


def test_the_province_shows_what_was_put_in_and_nothing_else_is_wrong(db: Connection) -> None:
    load(db, scale=0.05)
    found = {row.rule for row in db.execute(select(FAULTS))} - {"ccn_incomplete"}
    assert found == {"area_disagrees", "overlap", "gap", "enterprise_in_zone", "duplicate_tax_code"}
    assert all(db.execute(select(FAULTS.c.illustrative)).scalars())
    drop(db)
    assert db.execute(select(FAULTS)).all() == []
