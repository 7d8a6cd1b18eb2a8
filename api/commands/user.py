"""``didoi user token``: a one-time token by which an account is made in the browser."""

from __future__ import annotations

import typer

from api.commands._door import door


def register(app: typer.Typer) -> None:
    """Add the verb with its own verbs."""
    group = typer.Typer(help="Tài khoản / Accounts", no_args_is_help=True)
    group.callback()(_several_verbs)
    group.command()(token)
    app.add_typer(group, name="user")


def token() -> None:
    """In mã một lần để tạo tài khoản / Print a one-time token to make an account with."""
    from api.actions.sign_in import make_token

    with door() as opened, opened.app.begin() as db:
        made = make_token(db)
    typer.echo(made)


def _several_verbs() -> None:
    """Makes typer ask for a verb even while there is one only."""
