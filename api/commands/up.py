"""``didoi up``: the database, one server and one worker, until Ctrl-C; what ``./run`` runs."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(up)


def up(
    port: Annotated[int | None, typer.Option(help="Cổng web / Web port")] = None,
    demo: Annotated[
        bool | None, typer.Option(help="Nạp tỉnh minh họa khi trống / Load the demo when empty")
    ] = None,
) -> None:
    """Khởi động Didoi, Ctrl-C để dừng / Start Didoi; Ctrl-C stops it."""
    from api import serve
    from api.settings import read_settings

    serve.up(read_settings(port=port, demo=demo))
