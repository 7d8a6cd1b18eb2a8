"""The private cluster: started when needed, stopped when nobody needs it, never lost."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, text


def test_every_test_works_on_real_postgis(db: Connection):
    assert db.scalar(text("SELECT ST_SRID(ST_GeomFromText('POINT(106.6 10.8)', 9210))")) == 9210


def test_a_copy_belongs_to_the_owner_who_is_no_superuser(database: Engine):
    with database.begin() as db:
        assert db.scalar(text("SELECT current_user")) == "didoi_owner"
        assert db.scalar(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")) is False
        db.execute(text("CREATE TABLE owned (id integer)"))
