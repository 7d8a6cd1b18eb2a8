"""Roadmaps of a zone, all baselines of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from layers.access import Actor
from layers.clearance import roadmaps
from layers.records.roadmaps import ROADMAP_POINTS, ROADMAPS


def read_roadmaps(db: Connection, zone: str) -> dict[str, Any]:
    """Roadmaps of a zone in the order of their decisions; the last one holds."""
    points: dict[int, list[dict[str, Any]]] = {}
    of_zone = select(ROADMAPS.c.id).where(ROADMAPS.c.zone_key == zone)
    told = select(ROADMAP_POINTS).where(ROADMAP_POINTS.c.roadmap_id.in_(of_zone))
    for row in db.execute(told.order_by(ROADMAP_POINTS.c.on_day)):
        point = {"on": row.on_day, "ha": row.area_ha, "cases": row.cases, "vnd": row.amount_vnd}
        points.setdefault(row.roadmap_id, []).append(point)
    query = select(ROADMAPS).where(ROADMAPS.c.zone_key == zone)
    rows = db.execute(query.order_by(ROADMAPS.c.decided_on, ROADMAPS.c.id)).mappings()
    return {
        "zone": zone,
        "rows": [
            {str(name): value for name, value in row.items()} | {"points": points.get(row["id"], [])}
            for row in rows
        ],
    }


def record_roadmap(
    db: Connection,
    actor: Actor,
    zone: str,
    decided_on: date,
    decision_number: str,
    points: Sequence[roadmaps.Point],
    title: str | None = None,
) -> dict[str, Any]:
    """
    Record a roadmap or its adjustment; earlier ones stay.

    Raises
    ------
    DidoiError
        Those of `layers.clearance.roadmaps.record`.
    """
    number = roadmaps.record(db, actor, zone, decided_on, decision_number, points, title=title)
    return {"id": number, "zone": zone}
