"""
Write a migration from the difference between the migrations so far and the metadata.

    python scripts/generate_migration.py 0002 "Name the tables of cases"

It works on a scratch database of the private test cluster, which it drops again.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from layers.db.cluster import cluster, create_database, drop_database, provision
from layers.db.migrate import generate, pending, upgrade  # noqa: F401


def main(revision: str, message: str) -> None:
    """Migrate a scratch database as far as the migrations go, then compare it with the metadata."""
    with cluster(Path(tempfile.gettempdir()) / "didoi-migration", durable=False) as url:
        drop_database(url, "scratch")
        scratch = create_database(url, "scratch")
        provision(url, "scratch")
        try:
            upgrade(scratch)
            sys.stdout.write(f"{generate(scratch, message, revision)}\n")
        finally:
            drop_database(url, "scratch")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
