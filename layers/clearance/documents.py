"""
Documents of cases, projects and zones: number, date, issuer; the file, where there is one, by its digest.

A file is written beside and renamed when it is whole, so that what has its own name is complete. The same
bytes are kept once, however many documents name them.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, insert, select, update

from gis.errors import BadInput, NotFound, Unavailable
from gis.text import nfc
from layers.access import Actor, Right
from layers.clearance.holding import DateInFuture, hold
from layers.clearance.increments import settle
from layers.dates import today
from layers.ingest.uploads import safe_name
from layers.records.data_versions import bump
from layers.records.documents import DOCUMENTS, KINDS

FOLDER = "documents"
"""Under the settings' home."""
LONGEST_TEXT = 300
LARGEST_BYTES = 50_000_000
#: First bytes of the files that are kept; what a browser would run (HTML, SVG) is none of them.
_MAGIC = {
    "application/pdf": (b"%PDF-",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/tiff": (b"II*\x00", b"MM\x00*"),
    "application/zip": (b"PK\x03\x04",),
}
#: Office files are ZIP archives; the name says which.
_OFFICE = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
}


class DocumentUnknown(NotFound):
    """No document has this number. Facts: id."""


class DocumentFileGone(Unavailable):
    """The document's file is not in its folder. Facts: id."""


class DocumentKindUnknown(BadInput):
    """No kind of document is called so. Facts: kind, known."""


class DocumentTextInvalid(BadInput):
    """A number, issuer or title that is missing or too long. Facts: column, letters."""


class DocumentFileRefused(BadInput):
    """A file of a kind that is not kept. Facts: file, known."""


class DocumentFileTooLarge(BadInput):
    """A file larger than a document may be. Facts: file, size_mb, limit_mb."""


@dataclass(frozen=True)
class Draft:
    """What is said of a document."""

    kind: str
    number: str
    issued_on: date
    issuer: str
    title: str | None = None


def add(
    db: Connection, actor: Actor, case_key: str, draft: Draft, *, if_revision: str | int | None = None
) -> tuple[int, int]:
    """
    Record a document of a case.

    Returns
    -------
    id, revision
        Of the document; of the case as it is now.

    Raises
    ------
    DidoiError
        Those of `holding.hold` and of `record`.
    """
    before = hold(db, actor, case_key, if_revision)
    number = record(db, actor, "cases", case_key, draft)
    return number, settle(db, {case_key: before}, {case_key: before})[case_key]


def record(
    db: Connection, actor: Actor, layer: str, key: str, draft: Draft, *, illustrative: bool = False
) -> int:
    """
    Record a document of any feature; who may do so is asked by the verb that calls this.

    Raises
    ------
    DocumentKindUnknown, DocumentTextInvalid, DateInFuture
    """
    check(draft)
    values = {
        "layer": layer,
        "key": key,
        "kind": draft.kind,
        "number": nfc(draft.number).strip(),
        "issued_on": draft.issued_on,
        "issuer": nfc(draft.issuer).strip(),
        "title": None if draft.title is None else nfc(draft.title).strip() or None,
        "recorded_by": actor.name,
        "illustrative": illustrative,
    }
    return db.execute(insert(DOCUMENTS).values(values).returning(DOCUMENTS.c.id)).scalar_one()


def check(draft: Draft) -> None:
    """
    Refuse what cannot be recorded.

    Raises
    ------
    DocumentKindUnknown, DocumentTextInvalid, DateInFuture
    """
    known = [code.value for code in KINDS]
    if draft.kind not in known:
        raise DocumentKindUnknown(kind=draft.kind[:40], known=", ".join(known))
    for column, text in (("number", draft.number), ("issuer", draft.issuer), ("title", draft.title or "–")):
        if not 0 < len(text.strip()) <= LONGEST_TEXT or "\x00" in text:
            raise DocumentTextInvalid(column=column, letters=LONGEST_TEXT)
    if draft.issued_on > today():
        raise DateInFuture(column="issued_on", on=draft.issued_on, today=today())


def one(db: Connection, number: int) -> Row[Any]:
    """
    A document by its number.

    Raises
    ------
    DocumentUnknown
    """
    row = db.execute(select(DOCUMENTS).where(DOCUMENTS.c.id == number)).one_or_none()
    if row is None:
        raise DocumentUnknown(id=number)
    return row


def of(db: Connection, layer: str, key: str) -> list[Row[Any]]:
    """Documents of a feature, the latest first."""
    mine = select(DOCUMENTS).where(DOCUMENTS.c.layer == layer, DOCUMENTS.c.key == key)
    return list(db.execute(mine.order_by(DOCUMENTS.c.issued_on.desc(), DOCUMENTS.c.id.desc())))


def attach(db: Connection, actor: Actor, number: int, file: Path, name: str, folder: Path) -> str:
    """
    Keep the file of a document under its digest; another file takes the place of the one before.

    Parameters
    ----------
    file
        The bytes as they came; copied, never moved.
    folder
        Where files of documents lie: ``settings.home / documents.FOLDER``.

    Returns
    -------
    sha256

    Raises
    ------
    RightMissing, DocumentUnknown, DocumentFileRefused, DocumentFileTooLarge, FileNameInvalid
        And for a document of a case those of `holding.hold`.
    """
    actor.need(Right.KEEP_CASES)
    row = one(db, number)
    before = hold(db, actor, row.key) if row.layer == "cases" else None
    told = safe_name(name)
    size = file.stat().st_size
    if size > LARGEST_BYTES:
        raise DocumentFileTooLarge(file=told, size_mb=size // 1_000_000, limit_mb=LARGEST_BYTES // 1_000_000)
    media = _media_type(file, told)
    digest = store(file, folder)
    values = {"sha256": digest, "file_name": told, "media_type": media, "size_bytes": size}
    db.execute(update(DOCUMENTS).where(DOCUMENTS.c.id == number).values(values))
    if before is not None:
        settle(db, {row.key: before}, {row.key: before})
    else:
        bump(db, [DOCUMENTS.name])
    return digest


def store(file: Path, folder: Path) -> str:
    """Copy a file to its place by its digest, whole or not at all; the digest."""
    with file.open("rb") as bytes_:
        digest = hashlib.file_digest(bytes_, "sha256").hexdigest()
    place = path_of(digest, folder)
    if place.is_file():
        return digest
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = place.parent / f".{uuid4().hex}"
    try:
        shutil.copyfile(file, beside)
        with beside.open("rb+") as copy:
            os.fsync(copy.fileno())
        beside.replace(place)
    finally:
        beside.unlink(missing_ok=True)
    return digest


def path_of(digest: str, folder: Path) -> Path:
    """Where a file of this digest lies."""
    return folder / digest[:2] / digest


def file_of(row: Row[Any], folder: Path) -> Path:
    """
    The file of a document.

    Raises
    ------
    DocumentFileGone
        Also where only the paper exists.
    """
    place = path_of(row.sha256 or "none", folder)
    if not place.is_file():
        raise DocumentFileGone(id=row.id)
    return place


def _media_type(file: Path, name: str) -> str:
    with file.open("rb") as bytes_:
        head = bytes_.read(8)
    found = next((media for media, marks in _MAGIC.items() if head.startswith(marks)), None)
    if found == "application/zip":
        found = _OFFICE.get(Path(name).suffix.lower())
    if found is None:
        raise DocumentFileRefused(file=name, known="PDF, PNG, JPEG, TIFF, DOCX, XLSX, ODT, ODS")
    return found
