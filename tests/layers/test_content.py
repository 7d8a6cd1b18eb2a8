"""An empty database is given the illustrative province; one with a single row of anything is not."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, insert

from layers.catalogue import layer
from layers.db.content import is_empty


def test_a_migrated_database_is_empty_until_the_first_row(db: Connection):
    assert is_empty(db)
    row = {
        "key": "P1",
        "name": "Lái Thiêu",
        "valid_from": date(2025, 7, 1),
        "source": "a test",
        "geom": "SRID=4326;POINT(106.69 10.90)",
    }
    db.execute(insert(layer("places").table).values(row))
    assert not is_empty(db)
