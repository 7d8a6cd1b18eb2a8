"""Read and edit the list of what may hold a case up."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from layers.access import Actor
from layers.clearance import blockers


def read_blocker_codes(db: Connection) -> dict[str, Any]:
    """Codes with their words, retired ones last."""
    return {
        "rows": [
            {
                "code": row["code"],
                "title": {"vi": row["title_vi"], "en": row["title_en"]},
                "retired": row["retired"],
            }
            for row in blockers.listed(db)
        ]
    }


def put_blocker_code(
    db: Connection, actor: Actor, code: str, title_vi: str, title_en: str, *, retired: bool
) -> dict[str, Any]:
    """
    Add a code or change its words; the list afterwards.

    Raises
    ------
    RightMissing, BlockerCodeInvalid
    """
    blockers.put(db, actor, code, title_vi, title_en, retired=retired)
    return read_blocker_codes(db)
