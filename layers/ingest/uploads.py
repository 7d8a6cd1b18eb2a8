"""
Where uploaded bytes lie: one folder per import under the settings' home, gone when nobody needs it.

A file is written under another name and renamed when it is whole: what has its own name is complete.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from uuid import UUID, uuid4

from gis.errors import BadInput, Unavailable
from gis.text import nfc

FOLDER = "uploads"
FILES = "files"
PREVIEW = "preview.parquet"
LONGEST_NAME = 120
SPARED_BYTES = 1_000_000_000
"""What an upload leaves free on the disk, for the database beside it."""


class FileNameInvalid(BadInput):
    """A name that no file can have. Facts: name."""


class UploadSpaceFull(Unavailable):
    """The disk has no room for the file. Facts: size_mb, free_mb."""


def folder_of(home: Path, import_id: UUID) -> Path:
    """The folder of an import."""
    return home / FOLDER / str(import_id)


def files_of(home: Path, import_id: UUID) -> Path:
    """Where the files of an import are: the one file, or the folder of its loose parts."""
    folder = folder_of(home, import_id) / FILES
    inside = sorted(folder.iterdir()) if folder.is_dir() else []
    return inside[0] if len(inside) == 1 else folder


def preview_of(home: Path, import_id: UUID) -> Path:
    """The rows of the preview."""
    return folder_of(home, import_id) / PREVIEW


def safe_name(name: str) -> str:
    """
    The last part of a name, without what a file system or a terminal would take for more than a name.

    Raises
    ------
    FileNameInvalid
    """
    last = re.split(r"[/\\]", nfc(name))[-1]
    kept = re.sub(r"[^\w .()+,@=-]", "_", last).strip(" ")
    stem, dot, suffix = kept.rpartition(".")
    if not dot or not stem.strip(". ") or kept.startswith(".") or len(kept.encode()) > LONGEST_NAME * 2:
        raise FileNameInvalid(name=name[:LONGEST_NAME])
    return f"{stem[:LONGEST_NAME]}.{suffix}"


def check_room(home: Path, size_bytes: int) -> None:
    """
    Refuse bytes for which the disk has no room.

    Raises
    ------
    UploadSpaceFull
    """
    (home / FOLDER).mkdir(mode=0o700, parents=True, exist_ok=True)
    free = shutil.disk_usage(home / FOLDER).free
    if free - size_bytes < SPARED_BYTES:
        raise UploadSpaceFull(
            size_mb=size_bytes // 1_000_000, free_mb=max(0, free - SPARED_BYTES) // 1_000_000
        )


def begin(home: Path, import_id: UUID) -> Path:
    """A name for bytes that are still coming."""
    folder = folder_of(home, import_id)
    (folder / FILES).mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / f"{uuid4().hex}.part"


def finish(home: Path, import_id: UUID, part: Path, name: str) -> None:
    """Give the bytes that came whole their name; they are on the disk before they have it."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.rename(folder_of(home, import_id) / FILES / name)


def keep_only(home: Path, import_id: UUID, names: list[str]) -> None:
    """Delete files that were renamed but never recorded: whoever sent them was not answered."""
    for stray in (folder_of(home, import_id) / FILES).glob("*"):
        if stray.name not in names:
            stray.unlink(missing_ok=True)


def forget_files(home: Path, import_id: UUID) -> None:
    """Delete the uploaded bytes; the preview's rows stay."""
    folder = folder_of(home, import_id)
    shutil.rmtree(folder / FILES, ignore_errors=True)
    for part in folder.glob("*.part"):
        part.unlink(missing_ok=True)


def forget(home: Path, import_id: UUID) -> None:
    """Delete all that is kept of an import."""
    shutil.rmtree(folder_of(home, import_id), ignore_errors=True)


def kept(home: Path) -> list[UUID]:
    """Imports of which something is kept."""
    root = home / FOLDER
    named = [entry.name for entry in root.iterdir()] if root.is_dir() else []
    return [UUID(name) for name in named if re.fullmatch(r"[0-9a-f-]{36}", name)]
