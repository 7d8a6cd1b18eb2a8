"""
Who asks, and what a role may see or change.

Roles are ordered: a higher one may do all that a lower one may. Territories and further roles hang on
:class:`Actor`; nothing but :func:`layers.query.visible` turns an actor into a filter.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Role(IntEnum):
    """What an actor may do, in rising order."""

    PUBLIC = 0
    PLANNER = 10

    @property
    def scope(self) -> str:
        """Name of the access scope in an ETag and a cache key."""
        return self.name.lower()


@dataclass(frozen=True)
class Actor:
    """
    Somebody who reads or writes.

    Attributes
    ----------
    role
        What they may do.
    account_id
        Their account; None for the anonymous public.
    name
        The name under which a record of their act is kept.
    """

    role: Role
    account_id: int | None = None
    name: str = ""


PUBLIC = Actor(Role.PUBLIC)


@dataclass(frozen=True)
class Access:
    """The least role that may see a layer, see its masked columns, and change it."""

    view: Role = Role.PUBLIC
    unmask: Role = Role.PLANNER
    edit: Role = Role.PLANNER
