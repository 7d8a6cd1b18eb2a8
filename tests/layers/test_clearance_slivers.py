"""Slivers between drawings are no land: a phase that a case merely brushes does not count it."""

from __future__ import annotations

from sqlalchemy import Connection, select

from layers.records.cases import SHARES
from tests.factories import a_case, a_parcel, a_zone, rectangle


def test_a_zone_that_a_take_merely_brushes_has_no_share_of_it(db: Connection) -> None:
    a_zone(db, "A", rectangle(0, 0, 1000, 1000))
    # 0.00005 m × 100 m = 0.005 m² lie in B, 0.05 m × 100 m = 5 m² in C.
    a_zone(db, "B", rectangle(199.99995, 0, 500, 100))
    a_zone(db, "C", rectangle(-500, 0, 500.05, 100))
    key = a_parcel(db, "1", "1", rectangle(0, 0, 200, 100))
    a_case(db, "HS-1", [key])
    shares = {row.zone_key: row.area_mm2 for row in db.execute(select(SHARES.c.zone_key, SHARES.c.area_mm2))}
    assert set(shares) == {"A", "C"}
    assert 4.9e6 < shares["C"] < 5.1e6
