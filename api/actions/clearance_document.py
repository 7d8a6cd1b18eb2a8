"""Documents of cases: what the paper is, and its file, which only the land office reads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from layers.access import Actor, Right
from layers.catalogue import layer
from layers.catalogue.cases import LAYER as CASES
from layers.clearance import documents
from layers.clearance.holding import hold
from layers.territory import need_within


@dataclass(frozen=True)
class Stored:
    """A file of a document: where it lies, under which name and of which kind it is given out."""

    path: Path
    name: str
    media_type: str
    sha256: str


def clearance_document(
    db: Connection,
    actor: Actor,
    key: str,
    draft: documents.Draft,
    reason: str,
    revision: str | None = None,
) -> dict[str, Any]:
    """
    Record a document of a case.

    Raises
    ------
    DidoiError
        Those of `layers.clearance.documents.add`.
    """
    del reason  # a document is its own reason: number, day and issuer
    number, now = documents.add(db, actor, key, draft, if_revision=revision)
    return {"key": key, "id": number, "revision": now}


def may_attach(db: Connection, actor: Actor, number: int, size_bytes: int) -> None:
    """
    Refuse a file before it is read: from who may not keep the case, or larger than a document may be.

    Raises
    ------
    RightMissing, OutsideTerritory, DocumentUnknown, DocumentFileTooLarge, CaseEnded
    """
    actor.need(Right.KEEP_CASES)
    row = documents.one(db, number)
    if row.layer == CASES.id:
        hold(db, actor, row.key)
    if size_bytes > documents.LARGEST_BYTES:
        limit_mb = documents.LARGEST_BYTES // 1_000_000
        raise documents.DocumentFileTooLarge(
            file=str(number), size_mb=size_bytes // 1_000_000, limit_mb=limit_mb
        )


def attach_file(
    db: Connection, actor: Actor, number: int, file: Path, name: str, home: Path
) -> dict[str, Any]:
    """
    Keep the file of a document by its digest.

    Raises
    ------
    DidoiError
        Those of `layers.clearance.documents.attach`.
    """
    digest = documents.attach(db, actor, number, file, name, home / documents.FOLDER)
    return {"id": number, "sha256": digest}


def document_file(db: Connection, actor: Actor, number: int, home: Path) -> Stored:
    """
    The file of a document.

    Raises
    ------
    RightMissing, OutsideTerritory
        Files of cases are read by who may see households there, others by who sees work.
    DocumentUnknown, DocumentFileGone
    """
    actor.need(Right.SEE_WORK)
    row = documents.one(db, number)
    if row.layer == CASES.id:
        need_within(db, actor, Right.SEE_HOUSEHOLDS, layer(row.layer), row.key)
    path = documents.file_of(row, home / documents.FOLDER)
    return Stored(
        path, row.file_name or str(number), row.media_type or "application/octet-stream", row.sha256
    )
