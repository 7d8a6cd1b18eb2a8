"""Firms that may be one: list the pairs, find those within the table, decide one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from api.words import LANGS, say
from layers import same_firm
from layers.access import Actor


def read_firm_pairs(
    db: Connection, *, state: str | None = "open", limit: int = 50, offset: int = 0
) -> dict[str, Any]:
    """A page of pairs, the likeliest first; every state where ``state`` is None."""
    total, rows = same_firm.read_pairs(db, state=state, limit=limit, offset=offset)
    return {"total": total, "pairs": [_told(row) for row in rows]}


def find_firm_pairs(db: Connection) -> dict[str, Any]:
    """Look for firms that are stored twice; how many pairs are new."""
    return {"found": same_firm.pairs_within(db)}


def decide_firm_pair(
    db: Connection, actor: Actor, pair_id: int, verdict: same_firm.Verdict
) -> dict[str, Any]:
    """
    Say whether a pair is one firm, and answer it as it is then.

    Raises
    ------
    FirmPairUnknown, FirmVerdictUnknown
    """
    same_firm.decide(db, actor, pair_id, verdict)
    return _told(same_firm.read_pair(db, pair_id))


def _told(row: dict[str, Any]) -> dict[str, Any]:
    reasons = [
        {
            **reason,
            "message": {
                lang: say(f"firm_reason.{reason['code']}", lang, **reason["facts"]) for lang in LANGS
            },
        }
        for reason in row["reasons"]
    ]
    kept = ("id", "score", "a", "b", "state", "decided_by", "decided_at", "found_at")
    ended = ("kept_key", "closed_key", "closed_on")
    return {**{name: row[name] for name in (*kept, *ended)}, "reasons": reasons}
