"""People with accounts, made the way the administrator makes them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import Connection

from api.actions.accounts import Unit, add_account
from api.actions.sign_in import set_up
from layers.access import Actor, Role, system

PASSWORD = "bảy con sông dài"
SINCE = date(2020, 1, 1)


def an_account(
    db: Connection,
    name: str = "lan",
    role: str = "planner",
    *,
    full_name: str = "Nguyễn Thị Lan",
    units: Iterable[str] = (),
    password: str = PASSWORD,
) -> Actor:
    """An account with its password set, and for land officers and approvers the units they work for."""
    worked_for = [Unit(key, SINCE) for key in units]
    told, token = add_account(db, system("test"), name, full_name, role, worked_for)
    set_up(db, token, name, None, password)
    return Actor(Role(role), told["id"], name, frozenset(units))
