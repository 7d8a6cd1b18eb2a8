"""
The whole schema as metadata, with what metadata cannot say: the VN-2000 rows, the job queue, the grants.

A test builds one database from here and one by the migrations and compares their dumps.
"""

from __future__ import annotations

from procrastinate.schema import SchemaManager
from psycopg import sql
from sqlalchemy import Connection, MetaData, bindparam, text

from gis.crs import spatial_ref_rows
from layers import records
from layers.catalogue import layers
from layers.clearance.blockers import seed
from layers.db.cluster import APP
from layers.layer import metadata

#: Tables whose rows the server never changes or removes: a correction is a new row.
APPEND_ONLY = (
    "stage_events",
    "payments",
    "edits",
    "roadmaps",
    "roadmap_points",
    "reports",
    "duty_marks",
    "rules",
    "fault_decisions",
    "firm_pair_decisions",
)

#: Tables of the job queue, which the worker reads and writes as the server's role.
QUEUE = (
    "procrastinate_jobs",
    "procrastinate_events",
    "procrastinate_periodic_defers",
    "procrastinate_workers",
)


def load() -> MetaData:
    """The metadata with every layer and record table in it."""
    layers()
    records.load()
    return metadata


def create_all(db: Connection) -> None:
    """Build an empty, provisioned database from the metadata, without migrations."""
    load().create_all(db)
    pin_vn2000(db)
    install_queue(db)
    grant(db)
    seed(db)


def pin_vn2000(db: Connection) -> None:
    """
    Bind every VN-2000 system to the one operation EPSG:6960.

    PostGIS asks EPSG's database for rows whose authority is EPSG, and PROJ then picks between two
    operations point by point; rows with an authority of our own are used as written.
    """
    db.execute(
        text(
            "INSERT INTO spatial_ref_sys (srid, auth_name, auth_srid, srtext, proj4text) "
            "VALUES (:srid, :auth_name, :srid, :srtext, :proj4text) ON CONFLICT (srid) DO UPDATE SET "
            "auth_name = excluded.auth_name, srtext = excluded.srtext, proj4text = excluded.proj4text"
        ).bindparams(bindparam("srid")),
        [
            {"srid": srid, "auth_name": name, "srtext": srtext, "proj4text": proj4}
            for srid, name, srtext, proj4 in spatial_ref_rows()
        ],
    )


def install_queue(db: Connection) -> None:
    """The job queue's own tables and functions."""
    driver = db.connection.driver_connection
    assert driver is not None
    driver.execute(SchemaManager.get_schema())  # many statements with % in them: past the parameter style


def grant(db: Connection) -> None:
    """Give the server's role what it needs and nothing more; it owns no table."""
    changing = [t.name for t in load().sorted_tables if t.name not in APPEND_ONLY]
    driver = db.connection.driver_connection
    assert driver is not None
    for rights, tables in (
        (sql.SQL("SELECT, INSERT, UPDATE, DELETE"), [*changing, *QUEUE]),
        (sql.SQL("SELECT, INSERT"), APPEND_ONLY),
    ):
        names = sql.SQL(", ").join(map(sql.Identifier, tables))
        driver.execute(sql.SQL("GRANT {} ON {} TO {}").format(rights, names, sql.Identifier(APP)))
    driver.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(sql.Identifier(APP)))
    driver.execute(sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {}").format(sql.Identifier(APP)))
