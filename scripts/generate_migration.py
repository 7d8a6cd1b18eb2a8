"""
Write a migration from the difference between the migrations so far and the metadata.

    python scripts/generate_migration.py 0002 "Name the tables of cases"

It works on a scratch database of a private cluster, which it drops again. A migration of the same number
that was not released yet is written anew. A check of an existing table is compared by its name: who changes
one renames it. Read what it wrote: functions and moved data are not in it.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import CheckConstraint, create_engine, inspect

from layers.db.cluster import APP, cluster, create_database, drop_database, provision
from layers.db.migrate import MIGRATIONS, generate, upgrade
from layers.db.schema import APPEND_ONLY
from layers.layer import metadata


def main(revision: str, message: str) -> None:
    """Migrate a scratch database as far as the migrations go, then compare it with the metadata."""
    for earlier in (MIGRATIONS / "versions").glob(f"{revision}_*.py"):
        earlier.unlink()
    with cluster(Path(tempfile.gettempdir()) / "didoi-migration", durable=False) as url:
        drop_database(url, "scratch")
        scratch = create_database(url, "scratch")
        provision(url, "scratch")
        try:
            upgrade(scratch)
            path = generate(scratch, message, revision)
            checks = _checks(scratch)
        finally:
            drop_database(url, "scratch")
    path.write_text(_finished(path.read_text(encoding="utf-8"), checks), encoding="utf-8")
    for step in (["check", "-q", "--fix"], ["format", "-q"]):
        subprocess.run([sys.executable, "-m", "ruff", *step, str(path)], check=False)
    sys.stdout.write(f"{path}\n")


def _checks(url: str) -> list[str]:
    """Steps that drop and make the checks of tables that exist: Alembic does not compare them."""
    engine, steps = create_engine(url), list[str]()
    found = inspect(engine)
    for name in sorted({*metadata.tables} & {*found.get_table_names()}):
        wanted = {
            str(check.name): str(check.sqltext)
            for check in metadata.tables[name].constraints
            if isinstance(check, CheckConstraint)
        }
        stored = {str(check["name"]) for check in found.get_check_constraints(name)}
        steps += [
            f"op.drop_constraint(op.f({one!r}), {name!r}, type_='check')"
            for one in sorted(stored - {*wanted})
        ]
        steps += [
            f"op.create_check_constraint(op.f({one!r}), {name!r}, {wanted[one]!r})"
            for one in sorted({*wanted} - stored)
        ]
    engine.dispose()
    return steps


def _finished(text: str, checks: Sequence[str]) -> str:
    """What Alembic wrote, with the storage system by its name and the rights of the server's role."""
    text = re.sub(r" *# ### .*\n", "", text)
    if "srid=4326" in text:
        text = text.replace("srid=4326", "srid=STORAGE_SRID")
        text = text.replace("\nrevision = ", "\nfrom gis.crs import STORAGE_SRID\n\nrevision = ", 1)
    tables = sorted(re.findall(r"op\.create_table\(\s*['\"](\w+)['\"]", text))
    rights: list[str] = []
    for granted, names in (
        ("SELECT, INSERT, UPDATE, DELETE", [name for name in tables if name not in APPEND_ONLY]),
        ("SELECT, INSERT", [name for name in tables if name in APPEND_ONLY]),
    ):
        if names:
            rights.append(f"GRANT {granted} ON {', '.join(names)} TO {APP}")
    if tables:
        rights.append(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {APP}")
    lines = [*(f"    {step}" for step in checks), *(f"    op.execute({statement!r})" for statement in rights)]
    return "\n".join([text.rstrip(), *lines, ""])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
