"""``didoi migrate``: bring the database to this version."""

from __future__ import annotations

import typer

from api.commands._door import door


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(migrate)


def migrate() -> None:
    """Nâng cấp cơ sở dữ liệu / Bring the database to this version."""
    from layers.db.migrate import upgrade

    with door() as opened:
        upgrade(opened.url)
