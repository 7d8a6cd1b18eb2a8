"""``didoi firms``: pairs of firms that may be one, and what was decided of them."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from api.commands._door import door


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    verbs = typer.Typer(help="Doanh nghiệp trùng / Firms stored twice", no_args_is_help=True)
    verbs.command()(pairs)
    verbs.command()(decide)
    app.add_typer(verbs, name="firms")


def pairs(
    state: Annotated[str, typer.Option(help="open, same, different, all")] = "open",
    find: Annotated[
        bool, typer.Option("--find", help="Tìm trong toàn bảng / Look through the table")
    ] = False,
    limit: Annotated[int, typer.Option(help="Số cặp / How many")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="In JSON / Print JSON")] = False,
) -> None:
    """Các cặp có thể là một doanh nghiệp / Pairs that may be one firm."""
    from api.actions.same_firm import find_firm_pairs, read_firm_pairs

    with door() as opened, opened.owner.begin() as db:
        if find:
            typer.echo(f"+{find_firm_pairs(db)['found']}", err=True)
        told = read_firm_pairs(db, state=None if state == "all" else state, limit=limit)
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, default=str, indent=2))
        return
    for pair in told["pairs"]:
        why = "; ".join(reason["message"]["vi"] for reason in pair["reasons"])
        names = " = ".join(
            f"{pair[side]['key']} {pair[side].get('name') or ''}".strip() for side in ("a", "b")
        )
        typer.echo(f"{pair['id']:>6}  {pair['score']:.2f}  {pair['state']:<9}  {names}  ({why})")
    typer.echo(f"{len(told['pairs'])}/{told['total']}")


def decide(
    pair: Annotated[int, typer.Argument(help="Số của cặp / Number of the pair")],
    verdict: Annotated[str, typer.Argument(help="same | different")],
    by: Annotated[str, typer.Option(help="Người quyết định / Who decides")] = "didoi firms",
) -> None:
    """Xác nhận một cặp là một hay hai doanh nghiệp / Say whether a pair is one firm."""
    from api.actions.same_firm import decide_firm_pair
    from layers.access import system

    with door() as opened, opened.owner.begin() as db:
        told = decide_firm_pair(db, system(by), pair, verdict)  # type: ignore[arg-type]
    kept = told["kept_key"] or "–"
    typer.echo(f"{told['id']}: {told['state']}  → {kept}")
