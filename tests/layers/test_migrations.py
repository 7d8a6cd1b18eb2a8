"""The migrations and the metadata say the same."""

from __future__ import annotations

import re
import subprocess
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import make_url

from gis.errors import Conflict
from layers.db.cluster import BIN, create_database, drop_database, provision
from layers.db.migrate import DatabaseNewer, pending, upgrade
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
