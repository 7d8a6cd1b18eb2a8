"""``didoi match FIRM``: which zones could take a firm, and why the others could not."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import typer

from api.commands._door import door
from api.words import Lang, say
from api.words.form import day, number
from layers.dates import as_date, today


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(match)


def match(
    firm: Annotated[
        str | None, typer.Argument(help="Mã doanh nghiệp / Code of an enterprise", show_default=False)
    ] = None,
    at: Annotated[
        str | None, typer.Option(help="KINH_ĐỘ,VĨ_ĐỘ nếu không có trong sổ / LON,LAT of an ad-hoc firm")
    ] = None,
    sector: Annotated[str | None, typer.Option(help="Mã ngành / Sector code, VSIC2018:1313")] = None,
    need: Annotated[float | None, typer.Option(help="Số ha cần / Hectares needed")] = None,
    as_of: Annotated[str | None, typer.Option(help="Tính đến ngày / As of, YYYY-MM-DD")] = None,
    lang: Annotated[str, typer.Option(help="vi | en")] = "vi",
    top: Annotated[int, typer.Option(help="Số khu mỗi nhóm / Zones shown per group")] = 10,
    json: Annotated[bool, typer.Option("--json", help="In JSON / Print JSON")] = False,
) -> None:
    """Tìm khu có thể tiếp nhận một doanh nghiệp / Match a firm with zones."""
    import orjson

    from api.actions.match_firm import FirmRequest, match_firm
    from layers.access import PUBLIC

    scheme, _, code = (sector or "").rpartition(":")
    request = FirmRequest(
        firm=firm,
        point=_point(at),
        vsic_scheme=scheme or None,
        vsic_code=code or None,
        area_needed_ha=need,
    )
    day_asked = as_date(as_of) if as_of else today()
    with door() as opened, opened.app.connect() as db:
        db.exec_driver_sql("SET TRANSACTION READ ONLY")
        report = match_firm(db, PUBLIC, day_asked, request)
    answer = report.as_json()
    if json:
        typer.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2))
    else:
        _print(answer, "en" if lang == "en" else "vi", top)


def _point(at: str | None) -> tuple[float, float] | None:
    if at is None:
        return None
    try:
        west_east, south_north = (float(part) for part in at.split(","))
    except ValueError as error:
        raise typer.BadParameter("LON,LAT: 106.7,11.0", param_hint="--at") from error
    return west_east, south_north


def _print(answer: dict[str, Any], lang: Lang, top: int) -> None:
    from rich.console import Console
    from rich.table import Table

    firm = answer["firm"]
    console = Console()
    lon, lat = firm["point"]
    name = firm["name"] or say("reason.ad_hoc", lang, lon=lon, lat=lat)
    told = {"name": name, "need": number(firm["area_needed_ha"], lang), "sector": firm["vsic_code"] or "?"}
    console.print(
        say("reason.match_title", lang, **told, as_of=day(date.fromisoformat(answer["as_of"]), lang))
    )
    if answer["illustrative"]:
        console.print(f"[yellow]{say('reason.illustrative', lang)}[/yellow]")
    for step in answer["funnel"]:
        console.print(f"  {step['remaining']:>5}  {step['title'][lang]}")
    for group in ("ranked", "withheld", "rejected"):
        zones = answer[group]
        if not zones:
            continue
        names = ("rank", "zone", "km", "plot", "why")
        table = Table(title=say(f"reason.match_{group}", lang, count=len(zones)), title_justify="left")
        for column in names:
            table.add_column(say(f"reason.column_{column}", lang))
        for zone in zones[:top]:
            table.add_row(*_cells(zone, lang))
        console.print(table)


def _cells(zone: dict[str, Any], lang: Lang) -> list[str]:
    away, plot = zone["distance_m"], zone["largest_plot_ha"]
    return [
        str(zone["rank"] or ""),
        zone["zone"]["name"],
        "" if away is None else number(away / 1000, lang, 1),
        "" if plot is None else number(plot, lang),
        zone["reason"][lang],
    ]
