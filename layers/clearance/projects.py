"""Clearance projects: what land is recovered for, by which decision, and when money was lacking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, exists, insert, select, update

from gis.errors import BadInput, Conflict, NotFound
from layers import revisions
from layers.access import Actor, Right
from layers.catalogue.zones import TABLE as ZONES
from layers.clearance.holding import DateInFuture, told
from layers.clearance.maintain import mark_forecasts
from layers.clearance.values import complete, typed
from layers.dates import today
from layers.records.cases import PROJECTS
from layers.records.data_versions import bump
from layers.territory import OutsideTerritory, inside

LAYER = "clearance_projects"


class ProjectUnknown(NotFound):
    """No project has this code. Facts: project."""


class ProjectExists(Conflict):
    """Another project has this code. Facts: project."""


class ProjectInvalid(BadInput):
    """A figure or a range of days that cannot be. Facts: project, column, value."""


class ZoneUnknown(NotFound):
    """No zone or phase has this code. Facts: zone."""


def project(db: Connection, key: str, *, lock: bool = False) -> Any:
    """
    A project by its code.

    Raises
    ------
    ProjectUnknown
    """
    chosen = select(PROJECTS).where(PROJECTS.c.key == key)
    row = db.execute(chosen.with_for_update() if lock else chosen).one_or_none()
    if row is None:
        raise ProjectUnknown(project=str(key)[:80])
    return row


def open_project(db: Connection, actor: Actor, key: str, values: Mapping[str, Any], reason: str) -> str:
    """
    Enter a project of a zone or phase.

    Returns
    -------
    key

    Raises
    ------
    RightMissing, OutsideTerritory, ReasonMissing, ProjectExists, ProjectInvalid, ZoneUnknown, DateInFuture,
    RecordColumnUnknown, RecordColumnMissing, ValueNotOfType
    """
    why = revisions.reasoned(reason)
    row = typed(PROJECTS, values, {})
    complete(PROJECTS, row)
    code = key.strip()
    if not code:
        raise ProjectInvalid(project="", column="key", value="")
    _refuse(code, row)
    need_zone(db, actor, row["zone_key"])
    if db.execute(select(exists().where(PROJECTS.c.key == code))).scalar_one():
        raise ProjectExists(project=code)
    db.execute(insert(PROJECTS).values(key=code, **row))
    mark_forecasts(db, [row["zone_key"]])
    both = {name: (None, told(value)) for name, value in row.items() if value is not None}
    revisions.keep(db, actor, LAYER, code, "1", both, why)
    bump(db, [LAYER])
    return code


def edit_project(db: Connection, actor: Actor, key: str, changes: Mapping[str, Any], reason: str) -> None:
    """
    Change a project; its zone stays, for its cases are there.

    Raises
    ------
    DidoiError
        Those of `open_project`; ProjectUnknown.
    """
    why = revisions.reasoned(reason)
    before = project(db, key, lock=True)
    need_zone(db, actor, before.zone_key)
    wanted = typed(PROJECTS, changes, {}, hidden=frozenset({"zone_key"}))
    new = {name: value for name, value in wanted.items() if value != getattr(before, name)}
    _refuse(key, {**before._asdict(), **new})
    if new:
        db.execute(update(PROJECTS).where(PROJECTS.c.key == key).values(new))
    if {"funding_stopped_on", "funding_resumed_on"} & set(new):
        mark_forecasts(db, [before.zone_key])
    both = {name: (told(getattr(before, name)), told(value)) for name, value in new.items()}
    revisions.keep(db, actor, LAYER, key, "1", both, why)
    bump(db, [LAYER])


def need_zone(db: Connection, actor: Actor, zone_key: str) -> None:
    """
    Refuse an actor who neither keeps cases where a zone lies nor edits zones, and a zone that is none.

    Raises
    ------
    RightMissing, OutsideTerritory, ZoneUnknown
    """
    if not actor.may(Right.EDIT_LAYERS):
        actor.need(Right.KEEP_CASES)
    mine = inside(None, ZONES.c.geom, actor)
    latest = select(mine).where(ZONES.c.key == zone_key).order_by(ZONES.c.valid_from.desc()).limit(1)
    held = db.execute(latest).scalar()
    if held is None:
        raise ZoneUnknown(zone=str(zone_key)[:80])
    if not held:
        raise OutsideTerritory(key=zone_key)


def _refuse(key: str, row: Mapping[str, Any]) -> None:
    for name in ("decided_on", "funding_stopped_on", "funding_resumed_on"):
        if row.get(name) is not None and row[name] > today():
            raise DateInFuture(column=name, on=row[name], today=today())
    planned_ha, stopped, resumed = (
        row.get(name) for name in ("planned_ha", "funding_stopped_on", "funding_resumed_on")
    )
    if planned_ha is not None and planned_ha <= 0:
        raise ProjectInvalid(project=key, column="planned_ha", value=planned_ha)
    if resumed is not None and (stopped is None or resumed <= stopped):
        raise ProjectInvalid(project=key, column="funding_resumed_on", value=resumed)
