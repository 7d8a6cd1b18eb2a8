"""Find features by what people type."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection

from layers import search as finding
from layers.access import Actor
from layers.layer import Text


def search(db: Connection, actor: Actor, as_of: date, q: str, limit: int = 20) -> dict[str, Any]:
    """Hits in groups by layer, the group with the best hit first; nothing for an empty text."""
    groups = finding.search(db, actor, as_of, q, limit)
    return {
        "q": q,
        "groups": [
            {"layer": g.layer, "title": _words(g.title), "hits": [_told(hit) for hit in g.hits]}
            for g in groups
        ],
    }


def _told(hit: finding.Hit) -> dict[str, Any]:
    return {
        "layer": hit.layer,
        "key": hit.key,
        "name": hit.name,
        "detail": _words(hit.detail),
        "point": hit.point,
        "bbox": hit.box,
        "valid": hit.valid,
        "exact": hit.exact,
    }


def _words(text: Text) -> dict[str, str]:
    return {"vi": text.vi, "en": text.en}
