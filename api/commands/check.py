"""``didoi check``: look for faults, and tell how many stand by rule."""

from __future__ import annotations

from typing import Annotated

import typer

from api.commands._door import door


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(check)


def check(
    layer: Annotated[str | None, typer.Argument(help="Lớp; bỏ trống để soát mọi lớp / All layers")] = None,
) -> None:
    """Soát lỗi dữ liệu theo các quy tắc / Look for faults by the rules of quality."""
    from api.actions.check_quality import check_quality
    from api.words import say
    from layers.access import system
    from layers.quality_rules import rules

    with door() as opened, opened.owner.begin() as db:
        reports = check_quality(db, system("didoi check"), layer)
    for report in reports:
        facts = {"layer": report.layer, "checked": report.checked}
        facts |= {"found": report.found, "closed": report.closed}
        typer.echo(f"{say('verb.checked', 'vi', **facts)} / {say('verb.checked', 'en', **facts)}")
        for rule_id, count in report.counts.items():
            rule = rules()[rule_id]
            typer.echo(f"  {count:>7}  {rule.severity:<8}{rule_id:<24}{rule.title.vi} / {rule.title.en}")
        for rule_id in report.unanswered:
            told = {"rule": rule_id}
            typer.echo(f"  {say('verb.rule_unanswered', 'vi', **told)}")
            typer.echo(f"  {say('verb.rule_unanswered', 'en', **told)}")
