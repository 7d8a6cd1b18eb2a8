"""
Who asks, and what their role may see or change.

A role is a set of rights, and no role holds all of another's: a planner edits zones but does not learn the
names of households, a land officer learns them in the units they work for and nowhere else. Nothing but
:func:`layers.query.visible` turns an actor into a filter, nothing but :mod:`layers.territory` a territory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256

from gis.errors import Forbidden


class RightMissing(Forbidden):
    """The role does not hold the right that an act needs. Facts: right, role."""


class Right(Enum):
    """One thing that an actor may do."""

    #: Faults, uploads, pairs of firms, drafts: work that is not yet fact.
    SEE_WORK = "see_work"
    EDIT_LAYERS = "edit_layers"
    #: Parcels alone; held within the territory.
    EDIT_PARCELS = "edit_parcels"
    KEEP_CASES = "keep_cases"
    SEE_HOUSEHOLDS = "see_households"
    SEE_FIRM_CONTACTS = "see_firm_contacts"
    SUBMIT = "submit"
    APPROVE = "approve"
    MANAGE_ACCOUNTS = "manage_accounts"


class Role(Enum):
    """What somebody is; `RIGHTS` says what follows from it."""

    PUBLIC = "public"
    PLANNER = "planner"
    LAND_OFFICER = "land_officer"
    APPROVER = "approver"
    ADMINISTRATOR = "administrator"
    #: The person at the machine, who owns the database; no account has this role.
    SYSTEM = "system"


RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.PUBLIC: frozenset(),
    Role.PLANNER: frozenset({Right.SEE_WORK, Right.EDIT_LAYERS, Right.EDIT_PARCELS, Right.SEE_FIRM_CONTACTS}),
    Role.LAND_OFFICER: frozenset(
        {Right.SEE_WORK, Right.EDIT_PARCELS, Right.KEEP_CASES, Right.SEE_HOUSEHOLDS, Right.SUBMIT}
    ),
    Role.APPROVER: frozenset({Right.SEE_WORK, Right.SEE_HOUSEHOLDS, Right.SEE_FIRM_CONTACTS, Right.APPROVE}),
    Role.ADMINISTRATOR: frozenset({Right.MANAGE_ACCOUNTS}),
    Role.SYSTEM: frozenset(Right),
}

#: Roles that work for units: a land officer for those named alone, an approver for all where none is named.
TERRITORIAL = frozenset({Role.LAND_OFFICER, Role.APPROVER})


@dataclass(frozen=True)
class Actor:
    """
    Somebody who reads or writes.

    Attributes
    ----------
    role
        What they are.
    account_id
        Their account; None for the anonymous public and the system.
    name
        The name under which a record of their act is kept.
    territory
        Keys of the administrative units that they work for today; empty for roles that have none.
    """

    role: Role
    account_id: int | None = None
    name: str = ""
    territory: frozenset[str] = frozenset()

    def may(self, right: Right | None) -> bool:
        """Whether the role holds a right, somewhere at least; None is a right that everybody holds."""
        return right is None or right in RIGHTS[self.role]

    def need(self, right: Right | None) -> None:
        """
        Refuse an actor without a right.

        Raises
        ------
        RightMissing
        """
        if right is not None and not self.may(right):
            raise RightMissing(right=right.value, role=self.role.value)

    @property
    def bounded(self) -> bool:
        """Whether what they hold by their role ends at the border of their territory."""
        return self.role is Role.LAND_OFFICER or (self.role is Role.APPROVER and bool(self.territory))

    @property
    def scope(self) -> str:
        """Name of the access scope in an ETag and a cache key: the role, and the territory where bounded."""
        if not self.bounded:
            return self.role.value
        units = "|".join(sorted(self.territory))
        return f"{self.role.value}-{sha256(units.encode()).hexdigest()[:12]}"


PUBLIC = Actor(Role.PUBLIC)


def system(name: str) -> Actor:
    """The person at the machine, acting by a verb of this name."""
    return Actor(Role.SYSTEM, name=name)


@dataclass(frozen=True)
class Access:
    """The right to see a layer (None: everybody), to see its masked columns, and to change it."""

    view: Right | None = None
    unmask: Right = Right.SEE_HOUSEHOLDS
    edit: Right = Right.EDIT_LAYERS
