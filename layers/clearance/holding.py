"""Hold cases for a change: known, open, in the actor's territory, and as the actor saw them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, select

from gis.errors import BadInput, Conflict, NotFound
from layers import revisions
from layers.access import Actor, Right
from layers.catalogue.cases import TABLE as CASES
from layers.clearance.standing import Standing, among, read
from layers.territory import OutsideTerritory, inside


class CaseUnknown(NotFound):
    """No case has this key. Facts: case."""


class CaseEnded(Conflict):
    """The case was ended, nothing is added to it any more. Facts: case, on."""


class DateInFuture(BadInput):
    """A day that has not come yet. Facts: column, on, today."""


def hold(
    db: Connection,
    actor: Actor,
    key: str,
    if_revision: str | int | None = None,
    wanted: Mapping[str, Any] | None = None,
    *,
    money: bool = False,
) -> Standing:
    """
    One case, locked until the transaction ends.

    Parameters
    ----------
    if_revision
        The revision that the actor saw; None where a verb of our own reads the case itself.
    wanted
        Values that the actor wants, for telling what differs.

    Raises
    ------
    RightMissing, OutsideTerritory, CaseUnknown, CaseEnded, RevisionChanged
    """
    actor.need(Right.KEEP_CASES)
    found = read(db, [key], money=money)
    need_known(db, actor, found, [key])
    row = found[key].row
    if if_revision is not None:
        stored = {name: told(getattr(row, name, None)) for name in wanted or {}}
        revisions.hold("cases", key, str(if_revision), str(row.revision), wanted or {}, stored)
    if row.valid_to is not None:
        raise CaseEnded(case=key, on=row.valid_to)
    return found[key]


def need_known(db: Connection, actor: Actor, found: Mapping[str, Standing], wanted: Iterable[str]) -> None:
    """
    Refuse cases that are not there, or not in the actor's territory.

    Raises
    ------
    CaseUnknown, OutsideTerritory
    """
    for key in wanted:
        if key not in found:
            raise CaseUnknown(case=key)
    for key in sorted(outside(db, actor, found)):
        raise OutsideTerritory(key=key)


def outside(db: Connection, actor: Actor, keys: Iterable[str]) -> set[str]:
    """Cases that do not lie in an actor's territory."""
    wanted = set(keys)
    if not actor.bounded or not wanted:
        return set()
    lies_in = inside(CASES.c.commune_code, CASES.c.geom, actor)
    held = select(CASES.c.key).where(among(CASES.c.key, sorted(wanted)), lies_in)
    return wanted - set(db.execute(held).scalars())


def told(value: Any) -> Any:
    """A value as JSON says it."""
    return value if value is None or isinstance(value, str | int | float | bool | list | dict) else str(value)
