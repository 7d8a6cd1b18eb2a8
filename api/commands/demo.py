"""``didoi demo load`` and ``didoi demo drop``: the illustrative province."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter

import typer

from api.commands._door import door


def register(app: typer.Typer) -> None:
    """Add the verb with its own verbs."""
    group = typer.Typer(help="Tỉnh minh họa / The illustrative province", no_args_is_help=True)
    group.command()(load)
    group.command()(drop)
    app.add_typer(group, name="demo")


def load() -> None:
    """Nạp tỉnh minh họa / Load the illustrative province."""
    from api.actions.load_demo import load_demo

    started = perf_counter()
    with door() as opened, opened.owner.begin() as db:
        counts = load_demo(db, coverages=opened.settings.coverages)
    _tell(counts, perf_counter() - started)


def drop() -> None:
    """Xoá mọi dòng minh họa / Remove every illustrative row."""
    from api.actions.load_demo import drop_demo

    started = perf_counter()
    with door() as opened, opened.owner.begin() as db:
        counts = drop_demo(db)
    _tell(counts, perf_counter() - started)


def _tell(counts: Mapping[str, int], seconds: float) -> None:
    for name, count in counts.items():
        typer.echo(f"  {name:<22} {count:>8}")
    typer.echo(f"  {seconds:.1f} s")
