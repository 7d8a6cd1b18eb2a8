"""The migrations and the metadata say the same."""

from __future__ import annotations

import re
import subprocess
from uuid import uuid4

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import make_url

from gis.errors import Conflict
from layers.db.cluster import BIN, create_database, drop_database, provision
from layers.db.migrate import MIGRATIONS, DatabaseNewer, pending, upgrade
from layers.db.schema import create_all, load


def _dump(url: str) -> str:
    """Schema of a database as pg_dump tells it, without what differs between any two dumps."""
    address = make_url(url)
    done = subprocess.run(
        [
            str(BIN / "pg_dump"),
            "--schema-only",
            "--no-comments",
            "--exclude-table=alembic_version",
            f"--host={address.query['host']}",
            f"--username={address.username}",
            str(address.database),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line for line in done.stdout.splitlines() if line and not line.startswith(("--", "\\"))]
    return "\n".join(lines)


def test_a_migrated_database_equals_one_built_from_the_metadata(database: Engine, cluster_url: str) -> None:
    name = f"metadata_{uuid4().hex[:8]}"
    url = create_database(cluster_url, name)
    provision(cluster_url, name)
    try:
        engine = create_engine(url)
        with engine.begin() as db:
            create_all(db)
        engine.dispose()
        built, migrated = _dump(url), _dump(str(database.url.render_as_string(hide_password=False)))
    finally:
        drop_database(cluster_url, name)
    assert "CREATE TABLE public.zones" in built
    assert "GRANT SELECT" in built
    assert migrated == built


def test_nothing_is_left_to_generate(db: Connection) -> None:
    def ours(item: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
        table = name if kind == "table" else getattr(getattr(item, "table", None), "name", "")
        return not re.match("spatial_ref_sys|procrastinate_|alembic", table or "")

    context = MigrationContext.configure(db, opts={"include_object": ours, "compare_type": True})
    assert compare_metadata(context, load()) == []


def test_migrating_twice_changes_nothing(database: Engine) -> None:
    assert upgrade(database.url.render_as_string(hide_password=False)) is False


def test_a_database_of_a_newer_version_is_refused(db: Connection) -> None:
    db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseNewer) as caught:
        pending(db)
    assert isinstance(caught.value, Conflict)
    assert caught.value.facts["found"] == "9999"


def test_the_server_role_owns_nothing_and_changes_no_event(database: Engine) -> None:
    with database.connect() as db:
        owned = db.execute(text("SELECT count(*) FROM pg_class WHERE relowner = 'didoi_app'::regrole"))
        assert owned.scalar_one() == 0
        rights = text(
            "SELECT privilege_type FROM information_schema.role_table_grants "
            "WHERE grantee = 'didoi_app' AND table_name = 'stage_events'"
        )
        assert set(db.execute(rights).scalars()) == {"SELECT", "INSERT"}


def test_events_of_parcels_become_events_of_cases(cluster_url: str) -> None:
    name = f"earlier_{uuid4().hex[:8]}"
    url = create_database(cluster_url, name)
    provision(cluster_url, name)
    engine = create_engine(url)
    try:
        with engine.begin() as db:
            _migrate_to(db, "0002")
            db.execute(text(OLD_ROWS))
        assert upgrade(url)
        with engine.connect() as db:
            told = "SELECT case_key, stage, effective_on::text, source FROM stage_events ORDER BY id"
            assert [tuple(row) for row in db.execute(text(told))] == [
                ("25747-1-1", "notified", "2024-01-05", "sổ"),
                ("25747-9-9", "paid", "2025-01-05", "sổ"),
                ("25747-1-1", "handed_over", "2024-03-01", "sổ"),
            ]
            told = "SELECT key, project_key, zone_key, user_kind, origin, law, opened_on::text FROM cases"
            assert sorted(map(tuple, db.execute(text(told)))) == [
                ("25747-1-1", "nhap-A", "A", "household", "private", "LL2013", "2024-01-05"),
                ("25747-9-9", None, None, "household", "private", "LL2024", "2025-01-05"),
            ]
            recorded = text("SELECT DISTINCT recorded_at::date::text FROM stage_events")
            assert db.execute(recorded).scalars().all() == ["2024-05-01"]
            told = "SELECT on_day::text, stage_rank, sign(area_mm2)::int, cases FROM clearance_ledger"
            ledger = sorted(map(tuple, db.execute(text(told))))
            assert ledger == [("2024-01-05", 1, 1, 1), ("2024-03-01", 1, -1, -1), ("2024-03-01", 6, 1, 1)]
            role = text("SELECT role FROM accounts WHERE name = 'an'")
            assert db.execute(role).scalar_one() == "planner"
    finally:
        engine.dispose()
        drop_database(cluster_url, name)


#: As a database of the second migration holds them.
OLD_ROWS = """
    INSERT INTO accounts (name, full_name, password_hash, role) VALUES ('an', 'An', 'x', 'planner');
    INSERT INTO zones (key, name, kind, valid_from, geom) VALUES ('A', 'KCN A', 'KCN', '2020-01-01',
        ST_Multi(ST_MakeEnvelope(106.7, 11, 106.71, 11.01, 4326)));
    INSERT INTO parcels (commune_code, sheet_number, parcel_number, zone_key, valid_from, geom) VALUES
        ('25747', '1', '1', 'A', '2020-01-01', ST_Multi(ST_MakeEnvelope(106.7, 11, 106.701, 11.001, 4326)));
    INSERT INTO parcel_stage_events (parcel_key, stage, effective_on, recorded_at, source) VALUES
        ('25747-1-1', 'notified', '2024-01-05', '2024-05-01', 'sổ'),
        ('25747-9-9', 'paid', '2025-01-05', '2024-05-01', 'sổ'),
        ('25747-1-1', 'handed_over', '2024-03-01', '2024-05-01', 'sổ');
"""


def _migrate_to(db: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = db
    command.upgrade(config, revision)
