"""Projects that land is recovered for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from layers.access import Actor
from layers.catalogue.cases import TABLE as CASES
from layers.clearance.projects import edit_project, open_project
from layers.records.cases import PROJECTS


def read_projects(db: Connection, zone: str | None = None) -> dict[str, Any]:
    """Projects, of one zone or of all, with how many cases each has."""
    cases = select(func.count()).where(CASES.c.project_key == PROJECTS.c.key, CASES.c.valid_to.is_(None))
    query = select(PROJECTS, cases.scalar_subquery().label("cases")).order_by(PROJECTS.c.key)
    rows = db.execute(query if zone is None else query.where(PROJECTS.c.zone_key == zone)).mappings()
    return {"rows": [{str(name): value for name, value in row.items()} for row in rows]}


def clearance_open_project(
    db: Connection, actor: Actor, key: str, values: Mapping[str, Any], reason: str
) -> dict[str, Any]:
    """
    Enter a project of a zone.

    Raises
    ------
    DidoiError
        Those of `layers.clearance.projects.open_project`.
    """
    return {"key": open_project(db, actor, key, values, reason)}


def clearance_edit_project(
    db: Connection, actor: Actor, key: str, changes: Mapping[str, Any], reason: str
) -> dict[str, Any]:
    """
    Change a project: planned land, or since when money is lacking.

    Raises
    ------
    DidoiError
        Those of `layers.clearance.projects.edit_project`.
    """
    edit_project(db, actor, key, changes, reason)
    return {"key": key}
