"""Roadmaps of clearance: cumulative hectares, cases and money by day; an adjusted one is a new one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, exists, insert, select

from gis.errors import BadInput, Conflict
from gis.text import nfc
from layers.access import Actor
from layers.clearance.documents import LONGEST_TEXT, DocumentTextInvalid
from layers.clearance.holding import DateInFuture
from layers.clearance.projects import need_zone
from layers.dates import today
from layers.records.data_versions import bump
from layers.records.roadmaps import ROADMAP_POINTS, ROADMAPS


class RoadmapEmpty(BadInput):
    """A roadmap without a point. Facts: zone."""


class RoadmapNotRising(BadInput):
    """A point that lies below the one before it, or on its day. Facts: zone, on, column."""


class RoadmapExists(Conflict):
    """The same decision's roadmap of the zone is recorded already. Facts: zone, on, number."""


class Point(NamedTuple):
    """What is to be handed over, handled and paid by a day, all of it since the start."""

    on_day: date
    area_ha: float
    cases: int | None = None
    amount_vnd: int | None = None


def record(
    db: Connection,
    actor: Actor,
    zone_key: str,
    decided_on: date,
    decision_number: str,
    points: Sequence[Point],
    *,
    title: str | None = None,
    source: str | None = None,
    illustrative: bool = False,
) -> int:
    """
    Record a roadmap, or its adjustment; earlier ones stay as they were decided.

    Returns
    -------
    id

    Raises
    ------
    RightMissing, OutsideTerritory, ZoneUnknown, DateInFuture, DocumentTextInvalid, RoadmapEmpty,
    RoadmapNotRising, RoadmapExists
    """
    need_zone(db, actor, zone_key)
    if decided_on > today():
        raise DateInFuture(column="decided_on", on=decided_on, today=today())
    number = nfc(decision_number).strip()
    if not 0 < len(number) <= LONGEST_TEXT or "\x00" in number:
        raise DocumentTextInvalid(column="decision_number", letters=LONGEST_TEXT)
    _refuse(zone_key, points)
    same = (
        ROADMAPS.c.zone_key == zone_key,
        ROADMAPS.c.decided_on == decided_on,
        ROADMAPS.c.decision_number == number,
    )
    if db.execute(select(exists().where(*same))).scalar_one():
        raise RoadmapExists(zone=zone_key, on=decided_on, number=number)
    said = {"title": title, "source": source, "recorded_by": actor.name, "illustrative": illustrative}
    named = {"zone_key": zone_key, "decided_on": decided_on, "decision_number": number}
    made = insert(ROADMAPS).values(named | said).returning(ROADMAPS.c.id)
    roadmap: int = db.execute(made).scalar_one()
    db.execute(insert(ROADMAP_POINTS), [{"roadmap_id": roadmap, **point._asdict()} for point in points])
    bump(db, [ROADMAPS.name])
    return roadmap


def _refuse(zone_key: str, points: Sequence[Point]) -> None:
    if not points:
        raise RoadmapEmpty(zone=zone_key)
    before = Point(date.min, 0.0, 0, 0)  # the last that was said of each column
    for point in points:
        if point.on_day <= before.on_day:
            raise RoadmapNotRising(zone=zone_key, on=point.on_day, column="on_day")
        said = {name: value for name, value in point._asdict().items() if value is not None}
        for name in ("area_ha", "cases", "amount_vnd"):
            if name in said and not said[name] >= getattr(before, name):  # NaN rises above nothing
                raise RoadmapNotRising(zone=zone_key, on=point.on_day, column=name)
        before = before._replace(**said)
