"""
Accounts, made and kept by the administrator: who somebody is, for which units, and since when.

Nobody learns another's password: a new account comes with a one-time token by which the person sets their
own. One account has one role; what changed, by whom and when, stands in ``edits``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from api.actions.sign_in import AccountExists, administrators, password_token, read_name
from gis.errors import BadInput, Conflict, NotFound
from gis.text import nfc
from layers.access import RIGHTS, TERRITORIAL, Actor, Right, Role
from layers.catalogue.admin_units import TABLE as UNITS
from layers.dates import today
from layers.layer import holds
from layers.records.accounts import ACCOUNTS, SESSIONS, SETUP_TOKENS, TERRITORIES
from layers.records.cases import EDITS

#: Roles that an account may have, in the order in which they are offered.
GIVEN = (Role.PLANNER, Role.LAND_OFFICER, Role.APPROVER, Role.ADMINISTRATOR)


class AccountUnknown(NotFound):
    """No account has this number or name. Facts: account."""


class RoleUnknown(BadInput):
    """An account cannot have this role. Facts: role, known."""


class UnitUnknown(BadInput):
    """No administrative unit of any date has this key. Facts: unit."""


class UnitRangeInvalid(BadInput):
    """A unit that is worked for until a day before it begins. Facts: unit, valid_from, valid_to."""


class TerritoryNotOfRole(BadInput):
    """Only land officers and approvers work for units. Facts: role."""


class LastAdministrator(Conflict):
    """Nobody could make accounts any more. Facts: account."""


class AdministratorExists(Conflict):
    """A token for the first account, where somebody administers already: they make the others."""


@dataclass(frozen=True)
class Unit:
    """A unit that an account works for, from a day until another; open where there is no end."""

    key: str
    valid_from: date
    valid_to: date | None = None


def read_accounts(db: Connection, actor: Actor) -> list[dict[str, Any]]:
    """
    Every account with its role, rights and territory, in order of name.

    Raises
    ------
    RightMissing
    """
    actor.need(Right.MANAGE_ACCOUNTS)
    rows = db.execute(select(ACCOUNTS).order_by(ACCOUNTS.c.name)).all()
    return [_told(db, row) for row in rows]


def read_account(db: Connection, actor: Actor, account: int | str) -> dict[str, Any]:
    """
    One account, by number or name.

    Raises
    ------
    RightMissing, AccountUnknown
    """
    actor.need(Right.MANAGE_ACCOUNTS)
    return _told(db, _found(db, account))


def add_account(
    db: Connection, actor: Actor, name: str, full_name: str, role: str, units: Sequence[Unit] = ()
) -> tuple[dict[str, Any], str]:
    """
    A new account, and the one-time token by which its person sets a password.

    Raises
    ------
    RightMissing, AccountNameInvalid, AccountExists, RoleUnknown, UnitUnknown, UnitRangeInvalid,
    TerritoryNotOfRole
    """
    actor.need(Right.MANAGE_ACCOUNTS)
    name, wanted = read_name(name), read_role(role)
    row = upsert(ACCOUNTS).values(name=name, full_name=nfc(full_name).strip() or name, role=wanted.value)
    account_id = db.execute(row.on_conflict_do_nothing().returning(ACCOUNTS.c.id)).scalar_one_or_none()
    if account_id is None:
        raise AccountExists(name=name)
    _set_units(db, account_id, wanted, units)
    told = read_account(db, actor, account_id)
    _remember(db, actor, name, {key: [None, told[key]] for key in ("full_name", "role", "units")})
    return told, password_token(db, account_id)


def change_account(
    db: Connection,
    actor: Actor,
    account: int | str,
    *,
    full_name: str | None = None,
    role: str | None = None,
    disabled: bool | None = None,
    units: Sequence[Unit] | None = None,
) -> dict[str, Any]:
    """
    Change what an account is; what is None stays. A disabled account is signed out everywhere at once.

    A role that knows no territory drops the units of the earlier one.

    Raises
    ------
    RightMissing, AccountUnknown, RoleUnknown, UnitUnknown, UnitRangeInvalid, TerritoryNotOfRole,
    LastAdministrator
    """
    actor.need(Right.MANAGE_ACCOUNTS)
    # One at a time: two administrators who disable each other must not both succeed.
    db.execute(select(func.pg_advisory_xact_lock(func.hashtext("didoi accounts"))))
    row = _found(db, account)
    before = _told(db, row)
    wanted = read_role(role) if role is not None else Role(row.role)
    values: dict[str, Any] = {"role": wanted.value}
    if full_name is not None:
        values["full_name"] = nfc(full_name).strip() or row.name
    if disabled is not None:
        values["disabled"] = disabled
    was = bool(db.execute(administrators().where(ACCOUNTS.c.id == row.id)).scalar())
    db.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == row.id).values(values))
    if was and db.execute(administrators().limit(1)).scalar() is None:
        raise LastAdministrator(account=row.name)
    if units is not None or wanted not in TERRITORIAL:
        _set_units(db, row.id, wanted, units or ())
    if disabled:
        db.execute(delete(SESSIONS).where(SESSIONS.c.account_id == row.id))
        db.execute(delete(SETUP_TOKENS).where(SETUP_TOKENS.c.account_id == row.id))
    told = read_account(db, actor, row.id)
    changed = {name: [before[name], told[name]] for name in _KEPT if before[name] != told[name]}
    if changed:
        _remember(db, actor, row.name, changed)
    return told


def new_password_token(db: Connection, actor: Actor, account: int | str) -> tuple[dict[str, Any], str]:
    """
    A one-time token by which the person of an account sets a new password; the old one holds until then.

    Raises
    ------
    RightMissing, AccountUnknown
    """
    actor.need(Right.MANAGE_ACCOUNTS)
    row = _found(db, account)
    _remember(db, actor, row.name, {"password_token": [None, "issued"]})
    return _told(db, row), password_token(db, row.id)


def roles_told() -> list[dict[str, Any]]:
    """Roles that can be given, with what each may do and whether it has a territory."""
    return [{"id": r.value, "rights": rights_of(r), "territorial": r in TERRITORIAL} for r in GIVEN]


def rights_of(role: Role) -> list[str]:
    """Rights of a role, in the order of `Right`."""
    return [right.value for right in Right if right in RIGHTS[role]]


def read_role(text: str) -> Role:
    """
    A role that an account may have.

    Raises
    ------
    RoleUnknown
    """
    known = {role.value: role for role in GIVEN}
    if text not in known:
        raise RoleUnknown(role=text[:80], known=", ".join(known))
    return known[text]


def units_told(db: Connection, account_id: int) -> list[dict[str, Any]]:
    """Units of an account with their dates, each by its latest name."""
    newest = (
        select(UNITS.c.name)
        .where(UNITS.c.key == TERRITORIES.c.unit_key)
        .order_by(UNITS.c.valid_from.desc())
        .limit(1)
    )
    own = TERRITORIES.c
    chosen = (
        select(
            own.unit_key.label("key"),
            newest.scalar_subquery().label("name"),
            own.valid_from,
            own.valid_to,
            holds(TERRITORIES, today()).label("holds"),
        )
        .where(own.account_id == account_id)
        .order_by(own.unit_key, own.valid_from)
    )
    return [dict(row) for row in db.execute(chosen).mappings()]


_KEPT = ("full_name", "role", "disabled", "units")


def _found(db: Connection, account: int | str) -> Row[Any]:
    own = ACCOUNTS.c
    which = own.id == account if isinstance(account, int) else own.name == nfc(account).strip().lower()
    row = db.execute(select(ACCOUNTS).where(which)).one_or_none()
    if row is None:
        raise AccountUnknown(account=str(account)[:80])
    return row


def _told(db: Connection, row: Row[Any]) -> dict[str, Any]:
    seen = select(func.max(SESSIONS.c.created_at)).where(SESSIONS.c.account_id == row.id)
    return {
        "id": row.id,
        "name": row.name,
        "full_name": row.full_name,
        "role": row.role,
        "rights": rights_of(Role(row.role)),
        "disabled": row.disabled,
        "password_set": row.password_hash is not None,
        "created_at": row.created_at,
        "session_since": db.execute(seen).scalar(),
        "units": units_told(db, row.id),
    }


def _set_units(db: Connection, account_id: int, role: Role, units: Sequence[Unit]) -> None:
    if units and role not in TERRITORIAL:
        raise TerritoryNotOfRole(role=role.value)
    known = set(db.execute(select(UNITS.c.key).where(UNITS.c.key.in_({u.key for u in units}))).scalars())
    for unit in units:
        if unit.key not in known:
            raise UnitUnknown(unit=unit.key[:80])
        if unit.valid_to is not None and unit.valid_to <= unit.valid_from:
            dates = {"valid_from": unit.valid_from.isoformat(), "valid_to": unit.valid_to.isoformat()}
            raise UnitRangeInvalid(unit=unit.key[:80], **dates)
    db.execute(delete(TERRITORIES).where(TERRITORIES.c.account_id == account_id))
    # Of a unit told twice from one day the last counts.
    rows = {(unit.key, unit.valid_from): unit for unit in units}
    if rows:
        db.execute(
            insert(TERRITORIES),
            [
                {
                    "account_id": account_id,
                    "unit_key": u.key,
                    "valid_from": u.valid_from,
                    "valid_to": u.valid_to,
                }
                for u in rows.values()
            ],
        )


def _remember(db: Connection, actor: Actor, name: str, changes: Mapping[str, Any]) -> None:
    """Keep what was changed of an account; dates as ISO text."""
    plain = {field: [_plain(before), _plain(after)] for field, (before, after) in changes.items()}
    db.execute(
        insert(EDITS).values(
            layer=ACCOUNTS.name,
            key=name,
            revision="",
            changes=plain,
            reason="",
            edited_by=actor.name or actor.role.value,
            account_id=actor.account_id,
        )
    )


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
