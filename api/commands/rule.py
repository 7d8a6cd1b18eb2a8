"""``didoi rule``: see or change the numbers on which derived figures rest."""

from __future__ import annotations

from typing import Annotated

import typer

from api.commands._door import door


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(rule)


def rule(
    name: Annotated[str | None, typer.Argument(help="Tên quy tắc / Name of the rule")] = None,
    value: Annotated[float | None, typer.Argument(help="Giá trị mới / New value")] = None,
    source: Annotated[str, typer.Option(help="Căn cứ: văn bản, ngày / Document that says so")] = "",
) -> None:
    """Xem hoặc đổi quy tắc tính / See or change a rule of the figures."""
    from api.actions.set_rule import set_rule
    from layers.access import system
    from layers.records import rules

    with door() as opened, opened.owner.begin() as db:
        if name is not None and value is not None:
            if not source.strip():
                raise typer.BadParameter("--source", param_hint="--source")
            set_rule(db, system("didoi rule"), name, value, source)
        for each in rules.RULES if name is None else (name,):
            said = rules.known(each).title
            typer.echo(f"{each} = {rules.value_of(db, each):g}   {said.vi} / {said.en}")
