"""
Write a migration from the difference between the migrations so far and the metadata.

    python scripts/generate_migration.py 0002 "Name the tables of cases"

It works on a scratch database of a private cluster, which it drops again. A migration of the same number
that was not released yet is written anew. Read what it wrote: checks of existing tables, functions and
moved data are not in it.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from layers.db.cluster import APP, cluster, create_database, drop_database, provision
from layers.db.migrate import MIGRATIONS, generate, upgrade
from layers.db.schema import APPEND_ONLY


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
        finally:
            drop_database(url, "scratch")
    path.write_text(_finished(path.read_text(encoding="utf-8")), encoding="utf-8")
    for step in (["check", "-q", "--fix"], ["format", "-q"]):
        subprocess.run([sys.executable, "-m", "ruff", *step, str(path)], check=False)
    sys.stdout.write(f"{path}\n")


def _finished(text: str) -> str:
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
    lines = [f"    op.execute({statement!r})" for statement in rights]
    return "\n".join([text.rstrip(), *lines, ""])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
