"""Bring a database to this version of the schema; forward only."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, create_engine, inspect
from sqlalchemy.pool import NullPool

from gis.errors import Conflict
from layers.clearance import maintain
from layers.clearance.blockers import seed

OLD_EVENTS = "parcel_stage_events"
"""Clearance events before there were cases."""
MIGRATIONS = Path(__file__).with_name("migrations")


class DatabaseNewer(Conflict):
    """The database was migrated by a newer version of the program than this one."""


def upgrade(url: str) -> bool:
    """
    Migrate the database at an address to the newest version.

    Returns
    -------
    changed
        Whether there was anything to do.

    Raises
    ------
    DatabaseNewer
    """
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as db:
        db.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('didoi migrations'))")
        if not pending(db):
            return False
        config = _config()
        config.attributes["connection"] = db
        before = set(inspect(db).get_table_names())
        command.upgrade(config, "head")
        now = set(inspect(db).get_table_names())
        if "blocker_codes" in now:  # the migrations that a new one is made from have fewer tables
            seed(db)
        if OLD_EVENTS in before - now:
            maintain.rebuild(db)  # what follows from the events that were moved
    return True


def pending(db: Connection) -> bool:
    """
    Whether a migration waits.

    Raises
    ------
    DatabaseNewer
        If the database stands at a revision that this program does not know.
    """
    script = ScriptDirectory.from_config(_config())
    current = MigrationContext.configure(db).get_current_revision()
    head = script.get_current_head()
    if current is not None:
        try:
            script.get_revision(current)
        except CommandError as error:
            raise DatabaseNewer(found=current, known=head) from error
    return current != head


def generate(url: str, message: str, revision: str) -> Path:
    """Write the migration that takes the database at an address to the metadata; read it before use."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as db:
        config = _config()
        config.attributes["connection"] = db
        made = command.revision(config, message, autogenerate=True, rev_id=revision)
    assert made is not None
    assert not isinstance(made, list)
    return Path(made.path)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config
