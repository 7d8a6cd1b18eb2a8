"""Accounts over HTTP: for the administrator alone."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.actions import accounts
from api.http.answers import JSON, dumps
from api.http.deps import Ask, acting, asking_with
from layers.access import Right
from layers.dates import today

router = APIRouter(prefix="/accounts", tags=["accounts"])

MOST_UNITS = 1_000

Word = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^\x00]*$")]
Number = Annotated[int, Path(ge=1, lt=2**63)]


class UnitBody(BaseModel):
    """A unit that somebody works for; from today where no day is told."""

    model_config = ConfigDict(extra="forbid")
    key: Word
    valid_from: date | None = None
    valid_to: date | None = None


Units = Annotated[list[UnitBody], Field(max_length=MOST_UNITS)]


class NewAccount(BaseModel):
    """Who somebody is, and for which units."""

    model_config = ConfigDict(extra="forbid")
    name: Word
    full_name: Word
    role: Word
    units: Units = Field(default_factory=list[UnitBody])


class Changes(BaseModel):
    """What changes of an account; ``password_token`` asks for a new one-time token."""

    model_config = ConfigDict(extra="forbid")
    full_name: Word | None = None
    role: Word | None = None
    disabled: bool | None = None
    units: Units | None = None
    password_token: bool = False


@router.get("")
def every(request: Request) -> Response:
    """Every account, and the roles that can be given."""
    with asking_with(request, Right.MANAGE_ACCOUNTS) as ask:
        told = accounts.read_accounts(ask.db, ask.actor)
        return _answer({"accounts": told, "roles": accounts.roles_told()})


@router.post("", status_code=201)
def add(request: Request, body: NewAccount) -> Response:
    """A new account, with the one-time token by which the person sets a password; it is told only now."""
    with acting(request, Right.MANAGE_ACCOUNTS) as ask:
        told, token = accounts.add_account(
            ask.db, ask.actor, body.name, body.full_name, body.role, _units(body.units)
        )
        return _answer({"account": told, "token": token}, 201)


@router.patch("/{account_id}")
def change(request: Request, account_id: Number, body: Changes) -> Response:
    """Change a role, units or a name, disable an account, or have a new password set."""
    with acting(request, Right.MANAGE_ACCOUNTS) as ask:
        return _answer(_changed(ask, account_id, body))


def _changed(ask: Ask, account_id: int, body: Changes) -> dict[str, Any]:
    told = accounts.change_account(
        ask.db,
        ask.actor,
        account_id,
        full_name=body.full_name,
        role=body.role,
        disabled=body.disabled,
        units=None if body.units is None else _units(body.units),
    )
    if not body.password_token:
        return {"account": told, "token": None}
    told, token = accounts.new_password_token(ask.db, ask.actor, account_id)
    return {"account": told, "token": token}


def _units(told: list[UnitBody]) -> list[accounts.Unit]:
    return [accounts.Unit(unit.key, unit.valid_from or today(), unit.valid_to) for unit in told]


def _answer(told: dict[str, Any], status: int = 200) -> Response:
    return Response(dumps(told), status, {"Cache-Control": "no-store"}, JSON)
