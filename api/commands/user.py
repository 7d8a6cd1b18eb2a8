"""``didoi user``: accounts, their roles and units, and one-time tokens for passwords."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.commands._door import door
from layers.dates import as_date, today

Name = Annotated[str, typer.Argument(help="Tên đăng nhập / Account name")]
RoleName = Annotated[
    str, typer.Argument(help="planner | land_officer | approver | administrator", metavar="ROLE")
]
Units = Annotated[
    list[str] | None,
    typer.Option(
        "--unit", help="Địa bàn, ghi nhiều lần được / Unit: commune-25975, commune-25975@2025-07-01[..DATE]"
    ),
]


def register(app: typer.Typer) -> None:
    """Add the verb with its own verbs."""
    group = typer.Typer(
        help="Tài khoản, vai trò, địa bàn / Accounts, roles, territories", no_args_is_help=True
    )
    for verb in (add, role, disable, enable, token):
        group.command()(verb)
    group.command("list")(list_accounts)
    app.add_typer(group, name="user")


def add(
    name: Name,
    role: RoleName,
    full_name: Annotated[str, typer.Option(help="Họ và tên / Full name")] = "",
    unit: Units = None,
) -> None:
    """Tạo tài khoản và in mã một lần để đặt mật khẩu / Make an account; print its one-time token."""
    from api.actions.accounts import add_account
    from layers.access import system

    with door() as opened, opened.app.begin() as db:
        _, made = add_account(db, system("didoi user"), name, full_name or name, role, _units(unit))
    typer.echo(made)


def list_accounts() -> None:
    """Liệt kê tài khoản / List accounts."""
    from api.actions.accounts import read_accounts
    from layers.access import system

    with door() as opened, opened.app.begin() as db:
        for told in read_accounts(db, system("didoi user")):
            typer.echo(_line(told))


def role(name: Name, role: RoleName, unit: Units = None) -> None:
    """Đổi vai trò và địa bàn / Change the role, and the units where they are named."""
    from api.actions.accounts import change_account
    from layers.access import system

    units = None if unit is None else _units(unit)
    with door() as opened, opened.app.begin() as db:
        typer.echo(_line(change_account(db, system("didoi user"), name, role=role, units=units)))


def disable(name: Name) -> None:
    """Khóa tài khoản, đăng xuất ngay / Disable an account and end its sessions."""
    _able(name, disabled=True)


def enable(name: Name) -> None:
    """Mở khóa tài khoản / Enable an account again."""
    _able(name, disabled=False)


def token(
    name: Annotated[
        str | None, typer.Argument(help="Bỏ trống: quản trị viên đầu tiên / First account")
    ] = None,
) -> None:
    """In mã một lần để đặt mật khẩu / Print a one-time token to set a password with."""
    from api.actions.accounts import AdministratorExists, new_password_token
    from api.actions.sign_in import ensure_setup_token
    from layers.access import system

    with door() as opened, opened.app.begin() as db:
        if name is None:
            made = ensure_setup_token(db)
            if made is None:
                raise AdministratorExists()
        else:
            _, made = new_password_token(db, system("didoi user"), name)
    typer.echo(made)


def _able(name: str, *, disabled: bool) -> None:
    from api.actions.accounts import change_account
    from layers.access import system

    with door() as opened, opened.app.begin() as db:
        typer.echo(_line(change_account(db, system("didoi user"), name, disabled=disabled)))


def _units(told: list[str] | None) -> list[Any]:
    """``key[@from[..to]]`` as units; from today where no day is told."""
    from api.actions.accounts import Unit

    units: list[Unit] = []
    for text in told or ():
        key, _, days = text.partition("@")
        first, _, last = days.partition("..")
        units.append(Unit(key, as_date(first) if first else today(), as_date(last) if last else None))
    return units


def _line(told: dict[str, Any]) -> str:
    from api.words import say

    role_words = " / ".join(say(f"role.{told['role']}", lang) for lang in ("vi", "en"))
    state = "disabled" if told["disabled"] else "ready" if told["password_set"] else "no_password"
    state_words = " / ".join(say(f"verb.account_{state}", lang) for lang in ("vi", "en"))
    units = ", ".join(f"{unit['key']} {unit['name'] or ''}".strip() for unit in told["units"])
    return f"{told['name']:<20} {told['full_name']:<24} {role_words:<36} {state_words}  {units}".rstrip()
