"""``didoi clearance …``: figures, overdue knots, curves and cases of site clearance, and what is recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from api.commands._door import door
from api.words import Lang, say
from api.words.form import day, number
from layers.catalogue.cases import LAYER
from layers.dates import as_date, today
from layers.export.about import heading

Zone = Annotated[str | None, typer.Option(help="Mã khu / Key of a zone")]
Project = Annotated[str | None, typer.Option(help="Mã dự án / Key of a project")]
Unit = Annotated[str | None, typer.Option(help="Khóa đơn vị / Key of a unit, commune-25975")]
AsOf = Annotated[str | None, typer.Option(help="Tính đến ngày / As of, YYYY-MM-DD")]
Format = Annotated[str, typer.Option("--format", help="text | json | csv | xlsx")]
Out = Annotated[str | None, typer.Option("--out", help="Ghi ra tệp / Write to a file")]
Language = Annotated[str, typer.Option("--lang", help="vi | en")]
By = Annotated[str, typer.Option("--as", help="Người thực hiện / Who acts")]
Reason = Annotated[str, typer.Option(help="Lý do / Why")]
Key = Annotated[str, typer.Argument(help="Mã hồ sơ / Key of the case")]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    verbs = typer.Typer(help="Giải phóng mặt bằng / Site clearance", no_args_is_help=True)
    for verb in (figures, overdue, curve, zones, cases, case, stage, approve, pay):
        verbs.command()(verb)
    app.add_typer(verbs, name="clearance")


def figures(
    zone: Zone = None,
    project: Project = None,
    unit: Unit = None,
    as_of: AsOf = None,
    known_at: Annotated[str | None, typer.Option(help="Theo những gì biết hết ngày / As known on")] = None,
    form: Format = "text",
    out: Out = None,
    lang: Language = "vi",
) -> None:
    """Diện tích, hồ sơ, tiền: mỗi số kèm mẫu số / Land, cases and money, each with its denominator."""
    from api.actions.clearance_figures import ScopeRequest, clearance_figures, end_of
    from layers.access import PUBLIC

    asked, on = ScopeRequest(zone, project, unit), _day(as_of)
    known = end_of(as_date(known_at)) if known_at else None
    told = _read(lambda db: clearance_figures(db, PUBLIC, on, asked, known))
    _tell("summary", told, form, out, lang)


def overdue(
    zone: Zone = None,
    project: Project = None,
    unit: Unit = None,
    as_of: AsOf = None,
    limit: Annotated[int, typer.Option(help="Số dòng / Rows")] = 20,
    form: Format = "text",
    out: Out = None,
    lang: Language = "vi",
) -> None:
    """Hồ sơ quá hạn theo ha mở khóa mỗi hồ sơ / Overdue cases by hectares unlocked per case."""
    from api.actions.clearance_figures import ScopeRequest
    from api.actions.clearance_overdue import clearance_overdue
    from layers.access import PUBLIC

    asked, on = ScopeRequest(zone, project, unit), _day(as_of)
    _tell("overdue", _read(lambda db: clearance_overdue(db, PUBLIC, on, asked, limit)), form, out, lang)


def curve(
    zone: Zone = None,
    project: Project = None,
    unit: Unit = None,
    as_of: AsOf = None,
    measure: Annotated[str, typer.Option(help="ha | cases | vnd")] = "ha",
    form: Format = "text",
    out: Out = None,
    lang: Language = "vi",
) -> None:
    """Lộ trình, thực tế, dự báo lũy kế / Cumulative plan, actual and forecast."""
    from api.actions.clearance_curve import clearance_curve
    from api.actions.clearance_figures import ScopeRequest
    from layers.access import PUBLIC

    if measure not in ("ha", "cases", "vnd"):
        raise typer.BadParameter("ha | cases | vnd", param_hint="--measure")
    asked, on = ScopeRequest(zone, project, unit), _day(as_of)
    _tell("curve", _read(lambda db: clearance_curve(db, PUBLIC, on, asked, measure)), form, out, lang)


def zones(
    zone: Zone = None,
    unit: Unit = None,
    as_of: AsOf = None,
    form: Format = "text",
    out: Out = None,
    lang: Language = "vi",
) -> None:
    """So sánh khu / Zones side by side."""
    from api.actions.clearance_figures import ScopeRequest
    from api.actions.clearance_zones import clearance_zones
    from layers.access import PUBLIC

    asked, on = ScopeRequest(zone, None, unit), _day(as_of)
    _tell("zones", _read(lambda db: clearance_zones(db, PUBLIC, on, asked)), form, out, lang)


def cases(
    zone: Zone = None,
    project: Project = None,
    unit: Unit = None,
    as_of: AsOf = None,
    late: Annotated[bool, typer.Option("--overdue", help="Chỉ hồ sơ quá hạn / Overdue ones alone")] = False,
    limit: Annotated[int, typer.Option(help="Số dòng / Rows")] = 100,
    form: Format = "text",
    out: Out = None,
    lang: Language = "vi",
) -> None:
    """Danh sách hồ sơ / Cases."""
    from api.actions.clearance_cases import clearance_cases
    from api.actions.clearance_figures import ScopeRequest
    from layers.access import PUBLIC
    from layers.filters import Wanted

    asked, on = ScopeRequest(zone, project, unit), _day(as_of)
    told = _read(lambda db: clearance_cases(db, PUBLIC, on, asked, Wanted(), overdue=late, limit=limit))
    _tell("cases", told, form, out, lang)


def case(key: Key, as_of: AsOf = None) -> None:
    """Một hồ sơ, mọi điều được lưu, dạng JSON / One case, all that is kept of it, as JSON."""
    from api.actions.clearance_case import clearance_case
    from layers.access import system

    on = _day(as_of)
    _json(_read(lambda db: clearance_case(db, system("didoi clearance case"), on, key)))


def stage(
    key: Key,
    code: Annotated[str, typer.Argument(help="Mã giai đoạn theo luật / Stage of the law's model")],
    on: Annotated[str, typer.Option(help="Ngày / Day, YYYY-MM-DD")],
    kind: Annotated[str | None, typer.Option(help="Loại văn bản / Kind of the document")] = None,
    paper: Annotated[str | None, typer.Option("--number", help="Số văn bản / Its number")] = None,
    issued_on: Annotated[str | None, typer.Option(help="Ngày văn bản / Its day")] = None,
    issuer: Annotated[str | None, typer.Option(help="Cơ quan ban hành / Its issuer")] = None,
    replaces: Annotated[int | None, typer.Option(help="Số sự kiện bị thay / Event that it replaces")] = None,
    reason: Annotated[str | None, typer.Option(help="Lý do / Why")] = None,
    by: By = "didoi clearance",
) -> None:
    """Ghi giai đoạn của hồ sơ / Record a stage of a case."""
    from api.actions.clearance_stage import clearance_stage
    from layers.access import system
    from layers.clearance.documents import Draft
    from layers.clearance.stages import NewEvent

    document = None
    if kind is not None:
        if paper is None or issuer is None:
            raise typer.BadParameter("--number --issuer", param_hint="--kind")
        document = Draft(kind, paper, as_date(issued_on or on), issuer)
    event = NewEvent(key, code, as_date(on), None, document, replaces, reason)
    _write(lambda db: clearance_stage(db, system(by), event))


def approve(
    key: Key,
    name: Annotated[str, typer.Option(help="Người nhận / Payee")],
    vnd: Annotated[int, typer.Option(help="Số tiền / Amount")],
    on: Annotated[str, typer.Option(help="Ngày phê duyệt / Day of the approval")],
    decision: Annotated[str, typer.Option(help="Số quyết định / Number of the decision")],
    reason: Reason,
    by: By = "didoi clearance",
) -> None:
    """Ghi số tiền được phê duyệt / Record an amount approved for a payee."""
    from api.actions.clearance_pay import clearance_approve
    from layers.access import system
    from layers.clearance.money import Approval

    approval = Approval(name, vnd, as_date(on), decision)
    _write(lambda db: clearance_approve(db, system(by), key, approval, reason))


def pay(
    key: Key,
    payee: Annotated[int, typer.Option(help="Số của người nhận / Number of the payee")],
    vnd: Annotated[int, typer.Option(help="Số tiền; âm để rút lại / Amount; below zero takes back")],
    on: Annotated[str, typer.Option(help="Ngày chi / Day of the payment")],
    voucher: Annotated[str, typer.Option(help="Chứng từ / Voucher")],
    reason: Reason,
    by: By = "didoi clearance",
) -> None:
    """Ghi một lần chi trả / Record a payment."""
    from api.actions.clearance_pay import clearance_pay
    from layers.access import system
    from layers.clearance.money import Payment

    payment = Payment(payee, vnd, as_date(on), voucher)
    _write(lambda db: clearance_pay(db, system(by), key, payment, reason))


#: Columns that fit a terminal, by figure; files hold all of them.
_SHORT = {
    "overdue": ("title", "place", "days_over", "firms", "ha_per_case"),
    "zones": ("name", "ratio", "month_ha", "plan_gap_ratio", "rag", "p50"),
    "cases": ("due_on", "days_over", "share_ha"),
}
_SHORT_CASES = tuple(heading(LAYER.columns()[name]) for name in ("key", "stage", "zone_key"))


# --- the door's own part ------------------------------------------------------------------------------


def _day(text: str | None) -> date:
    return as_date(text) if text else today()


def _read(make: Callable[[Connection], dict[str, Any]]) -> dict[str, Any]:
    with door() as opened, opened.owner.connect() as db:
        db.exec_driver_sql("SET TRANSACTION READ ONLY")
        return make(db)


def _write(make: Callable[[Connection], dict[str, Any]]) -> None:
    with door() as opened, opened.owner.begin() as db:
        _json(make(db))


def _json(told: Mapping[str, Any]) -> None:
    import orjson

    typer.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2))


def _tell(figure: str, told: dict[str, Any], form: str, out: str | None, lang: str) -> None:
    """A figure in one of its forms, on the terminal or in a file."""
    from pathlib import Path

    import orjson

    from api.documents.clearance_tables import as_csv, as_xlsx, table_of

    if form not in ("text", "json", "csv", "xlsx"):
        raise typer.BadParameter("text | json | csv | xlsx", param_hint="--format")
    if form == "text":
        _print(figure, told, "en" if lang == "en" else "vi")
        return
    if form == "json":
        made = orjson.dumps(told, option=orjson.OPT_INDENT_2)
    else:
        made = (as_csv if form == "csv" else as_xlsx)(table_of(figure, told))
    if out is not None:
        Path(out).write_bytes(made)
    elif form == "xlsx":
        raise typer.BadParameter("--out", param_hint="--format xlsx")
    else:
        typer.echo(made)


def _print(figure: str, told: dict[str, Any], lang: Lang) -> None:
    from rich.console import Console
    from rich.table import Table

    from api.documents.clearance_tables import table_of

    made = table_of(figure, told)
    place = (told.get("scope") or {}).get("name") or say("clearance.province", lang)
    as_of = told["as_of"]
    on = as_of if isinstance(as_of, date) else date.fromisoformat(as_of)
    table = Table(title=f"{say(f'clearance.title_{figure}', lang)} · {place} · {day(on, lang)}")
    short = {say(f"clearance.col_{code}", "vi") for code in _SHORT.get(figure, ())}
    short |= set(_SHORT_CASES) if figure == "cases" else set()
    shown = [at for at, (title, _) in enumerate(made.columns) if title.partition(" / ")[0] in short]
    shown = shown or list(range(len(made.columns)))
    for at in shown:
        vi, _, en = made.columns[at][0].partition(" / ")
        table.add_column(en if lang == "en" and en else vi)
    for row in made.rows:
        table.add_row(*(_cell(row[at], made.columns[at][1], lang) for at in shown))
    Console().print(table)


def _cell(value: Any, kind: str, lang: Lang) -> str:
    match value:
        case None:
            return ""
        case date():
            return day(value, lang)
        case bool():
            return "✓" if value else ""
        case int() | float():
            return f"{number(value * 100, lang, 1)} %" if kind == "ratio" else number(value, lang)
        case list():
            return ", ".join(str(item) for item in value)
        case _:
            vi, cut, en = str(value).partition(" / ")
            return en if lang == "en" and cut else vi
