"""
Copy the rooms of a checkout to where another user can read them, and drop what vanished.

    mirror.py CHECKOUT TARGET USER

What is built or fetched inside the target (packages, the built web, caches) is left alone. Only files
that differ in size, time or mode are copied, so a second call does next to nothing.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

ROOMS = ("gis", "layers", "api", "web", "notebooks", "tests", "scripts")
NOT_SOURCE = {"api/static", "tests/web/screenshots", "web/dist", "web/.svelte-kit"}
NOT_SOURCE_ANYWHERE = {"node_modules", "__pycache__", ".ipynb_checkpoints", ".pytest_cache", ".ruff_cache"}


def sources(root: Path) -> Iterator[Path]:
    """Every file of the rooms and of the root itself, relative to the root."""
    if not root.exists():
        return
    yield from (Path(entry.name) for entry in os.scandir(root) if entry.is_file())
    for room in (*ROOMS, ".ci", ".github"):
        for folder, names, files in os.walk(root / room):
            here = Path(folder).relative_to(root)
            names[:] = [
                name
                for name in names
                if name not in NOT_SOURCE_ANYWHERE and (here / name).as_posix() not in NOT_SOURCE
            ]
            yield from (Path(folder, file).relative_to(root) for file in files)


def same(one: Path, other: Path) -> bool:
    """Whether two files look alike without reading them."""
    if not other.exists():
        return False
    a, b = one.stat(), other.stat()
    return (a.st_size, int(a.st_mtime), a.st_mode) == (b.st_size, int(b.st_mtime), b.st_mode)


def mirror(checkout: Path, target: Path, user: str) -> None:
    """Make the target's sources equal to the checkout's, all owned by the user."""
    wanted = set(sources(checkout))
    for gone in set(sources(target)) - wanted:
        (target / gone).unlink()
    for path in sorted(wanted):
        if same(checkout / path, target / path):
            continue
        for folder in reversed((target / path).parents):
            if not folder.exists():
                folder.mkdir(mode=0o755)
                shutil.chown(folder, user, user)
        (target / path).unlink(missing_ok=True)
        shutil.copy2(checkout / path, target / path)
        shutil.chown(target / path, user, user)
    (target / "api" / "static").mkdir(exist_ok=True)
    shutil.chown(target / "api" / "static", user, user)


if __name__ == "__main__":
    mirror(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
