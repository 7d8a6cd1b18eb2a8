"""The list of what may hold a case up: a new database begins with ours, offices edit theirs."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert as upsert

from gis.errors import BadInput
from gis.text import nfc
from layers.access import Actor, Right
from layers.codes import blocker_codes
from layers.records.cases import BLOCKER_CODES
from layers.records.data_versions import bump

_CODE = re.compile(r"[a-z][a-z0-9_]{1,39}")
TITLE_LETTERS = 200


class BlockerCodeInvalid(BadInput):
    """A code that is no short name, or a title that is missing or too long. Facts: code, letters."""


def listed(db: Connection) -> list[dict[str, Any]]:
    """Codes with their words, retired ones last."""
    told = BLOCKER_CODES.c
    return [dict(row) for row in db.execute(select(*told).order_by(told.retired, told.code)).mappings()]


def put(
    db: Connection, actor: Actor, code: str, title_vi: str, title_en: str, *, retired: bool = False
) -> None:
    """
    Add a code, or change its words; a retired one stays for the cases that have it.

    Raises
    ------
    RightMissing, BlockerCodeInvalid
    """
    actor.need(Right.KEEP_CASES)
    vi, en = nfc(title_vi).strip(), nfc(title_en).strip()
    if not _CODE.fullmatch(code) or not 0 < len(vi) <= TITLE_LETTERS or not 0 < len(en) <= TITLE_LETTERS:
        raise BlockerCodeInvalid(code=code[:80], letters=TITLE_LETTERS)
    words = {"title_vi": vi, "title_en": en, "retired": retired}
    row = upsert(BLOCKER_CODES).values(code=code, **words)
    db.execute(row.on_conflict_do_update(index_elements=["code"], set_=words))
    bump(db, [BLOCKER_CODES.name])


def seed(db: Connection) -> None:
    """Give a database the codes that it begins with; those of the office stay as they are."""
    rows = [{"code": code, "title_vi": vi, "title_en": en} for code, vi, en in blocker_codes()]
    db.execute(upsert(BLOCKER_CODES).values(rows).on_conflict_do_nothing())
