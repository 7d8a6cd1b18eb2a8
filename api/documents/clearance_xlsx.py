"""The monthly clearance report as a workbook: figures as numbers, totals as formulas, charts of its own."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import xlsxwriter

from api.documents.clearance_pdf import summed
from api.words import say
from api.words.form import day
from layers.records.stages import STAGES
from layers.style import PALETTE

Cell = str | float | int | date | None


def xlsx(report: dict[str, Any]) -> bytes:
    """
    The workbook.

    Parameters
    ----------
    report
        What `api.actions.clearance_report.read_report` answers.
    """
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False})
    made = datetime.combine(report["as_of"], datetime.min.time())
    book.set_properties({"title": _say("title"), "author": "Didoi", "created": made})
    forms = {
        "head": book.add_format({"bold": True, "bg_color": "#F1EEE7", "border": 1, "text_wrap": True}),
        "text": book.add_format({"text_wrap": True, "valign": "top"}),
        "number": book.add_format({"num_format": "#,##0.00", "valign": "top"}),
        "whole": book.add_format({"num_format": "#,##0", "valign": "top"}),
        "percent": book.add_format({"num_format": "0.0%", "valign": "top"}),
        "date": book.add_format({"num_format": "dd/mm/yyyy", "valign": "top"}),
        "total": book.add_format({"bold": True, "num_format": "#,##0.00", "top": 1}),
        "share": book.add_format({"bold": True, "num_format": "0.0%", "top": 1}),
        "bold": book.add_format({"bold": True}),
    }
    content = report["content"]
    _figures(book, forms, report)
    _funnel(book, forms, content["summary"]["funnel"])
    _curve(book, forms, content["curve"])
    _zones(book, forms, content["zones"], content["summary"]["scope"]["level"])
    _overdue(book, forms, content["overdue"]["rows"])
    book.close()
    return file.getvalue()


def _figures(book: Any, forms: dict[str, Any], report: dict[str, Any]) -> None:
    sheet, told = book.add_worksheet(_say("sheet_figures")), report["content"]["summary"]
    sheet.set_column(0, 0, 44)
    sheet.set_column(1, 3, 20)
    place = report["content"]["scope_name"] or _say("province")
    sheet.write_string(0, 0, _say("title"), forms["bold"])
    sheet.write_string(1, 0, _say("subtitle", place=place, month=f"{report['month']:%m/%Y}"))
    sheet.write_string(2, 0, _say("as_of", on=day(report["as_of"], "vi")))
    if told["illustrative"]:
        sheet.write_string(3, 0, say("paper.illustrative_note", "vi"))
    for at, code in enumerate(("figure", "value", "denominator", "ratio")):
        sheet.write_string(5, at, _say(f"head_{code}"), forms["head"])
    over, cases, money = told["handed_over"], told["by_case"], told["money"]
    rest = None if over["ha"] is None else over["of_ha"] - over["ha"]
    rows: list[tuple[str, float | None, float | None]] = [
        ("handed_over", over["ha"], over["of_ha"]),
        ("by_case", cases["cases"], cases["of_cases"]),
        ("paid_vnd", money["paid_vnd"], money["approved_vnd"]),
        ("disputed", told["disputed"]["ha"], rest),
        ("state_managed", told["state_managed"]["ha"], over["of_ha"]),
        ("overdue", told["overdue"]["ha"], rest),
    ]
    for one in told["denominators"]:
        if one["id"] != "to_recover":
            part = None if one["ratio"] is None else one["ratio"] * one["ha"]
            rows.append((f"of_{one['id']}", part, one["ha"]))
    for line, (code, value, whole) in enumerate(rows, 6):
        sheet.write_string(line, 0, _say(f"figure_{code}"), forms["text"])
        _put(sheet, line, 1, value, forms["number"])
        _put(sheet, line, 2, whole, forms["number"])
        if value is not None and whole:
            # The share is computed in the sheet, so that everybody sees of what it is one.
            sheet.write_formula(line, 3, f"=B{line + 1}/C{line + 1}", forms["percent"], value / whole)


def _funnel(book: Any, forms: dict[str, Any], funnel: list[dict[str, Any]]) -> None:
    name = _say("sheet_funnel")
    sheet = book.add_worksheet(name)
    heads = ("stage", "ha", "cases", "median", "limit")
    rows = [
        (STAGES[o["rank"]].title.vi, o["ha"], o["cases"], o["median_days"], o["limit_days"]) for o in funnel
    ]
    last = _table(sheet, forms, heads, rows, ("text", "number", "whole", "whole", "whole"), sums=(1, 2))
    if not rows:
        return
    chart = book.add_chart({"type": "bar"})
    fills = [{"fill": {"color": PALETTE[code.token or "@nodata"]}} for code in STAGES]
    chart.add_series(
        {
            "name": _say("head_ha"),
            "categories": [name, 1, 0, last, 0],
            "values": [name, 1, 1, last, 1],
            "points": fills,
            "data_labels": {"value": True, "num_format": "#,##0.0"},
        }
    )
    chart.set_title({"name": _say("funnel_title")})
    chart.set_y_axis({"reverse": True})
    chart.set_legend({"none": True})
    sheet.insert_chart(1, 6, chart, {"x_scale": 1.3, "y_scale": 1.3})


def _curve(book: Any, forms: dict[str, Any], curve: dict[str, Any]) -> None:
    name = _say("sheet_curve")
    sheet = book.add_worksheet(name)
    forecast = curve["forecast"] or {"days": [], "p10": [], "p50": [], "p90": []}
    plan = curve["roadmaps"][-1]["points"] if curve["roadmaps"] else []
    series: list[tuple[str, list[Any]]] = [
        ("line_actual", curve["actual"]),
        ("line_plan", plan),
        *(
            (f"line_{p}", list(zip(forecast["days"], forecast[p], strict=False)))
            for p in ("p10", "p50", "p90")
        ),
    ]
    chart = book.add_chart({"type": "scatter", "subtype": "straight"})
    for number, (code, points) in enumerate(series):
        at = 2 * number
        sheet.set_column(at, at + 1, 13)
        sheet.write_string(0, at, _say("head_day"), forms["head"])
        sheet.write_string(0, at + 1, _say(code), forms["head"])
        for line, (on, value) in enumerate(points, 1):
            sheet.write_datetime(line, at, datetime.fromisoformat(on), forms["date"])
            sheet.write_number(line, at + 1, value, forms["number"])
        if points:
            last = len(points)
            chart.add_series(
                {
                    "name": _say(code),
                    "categories": [name, 1, at, last, at],
                    "values": [name, 1, at + 1, last, at + 1],
                }
            )
    chart.set_title({"name": _say("curve_title")})
    chart.set_x_axis({"date_axis": True, "num_format": "mm/yyyy"})
    chart.set_y_axis({"name": "ha", "min": 0})
    if any(points for _, points in series):
        sheet.insert_chart(1, 11, chart, {"x_scale": 1.8, "y_scale": 1.5})


def _zones(book: Any, forms: dict[str, Any], zones: dict[str, Any], level: str) -> None:
    name = _say("sheet_zones")
    sheet = book.add_worksheet(name)
    heads = ("zone", "to_recover", "handed_over", "ratio", "month", "gap", "done", "basis", "part_of")
    named = {one["key"]: one["name"] for one in zones["rows"]}
    rows: list[Sequence[Cell]] = []
    for one in zones["rows"]:
        done = (one["done"] or {}).get("p50")
        rows.append(
            (
                one["name"], one["to_recover_ha"], one["handed_over_ha"], one["ratio"], one["month_ha"],
                one["plan_gap_ratio"],
                date.fromisoformat(done) if done else None, _say(f"basis_{one['basis']}"),
                named.get(one["parent_key"]),
            )
        )  # fmt: skip
    kinds = ("text", "number", "number", "percent", "number", "percent", "date", "text", "text")
    last = _table(sheet, forms, heads, rows, kinds, sums=())
    if not rows:
        return
    # Phases stand in the list, but their park has counted them: what is part of a park is not summed.
    # A unit has no sum: parks that lie in it reach beyond it.
    whole = summed(zones["rows"])
    if level == "unit":
        return
    sheet.write_string(last + 1, 0, say("paper.total", "vi"), forms["total"])
    for at, name_ in ((1, "to_recover_ha"), (2, "handed_over_ha"), (4, "month_ha")):
        letter = chr(ord("A") + at)
        rows_of = [f"{letter}2:{letter}{last + 1}", f"I2:I{last + 1}", '""', f"H2:H{last + 1}"]
        formula = f'=SUMIFS({",".join(rows_of)},"{_say("basis_tracked")}")'
        sheet.write_formula(last + 1, at, formula, forms["total"], sum(one[name_] or 0.0 for one in whole))
    land = sum(one["to_recover_ha"] or 0.0 for one in whole)
    over = sum(one["handed_over_ha"] or 0.0 for one in whole)
    sheet.write_formula(last + 1, 3, f"=C{last + 2}/B{last + 2}", forms["share"], over / land if land else 0)
    chart = book.add_chart({"type": "column"})
    for at, code in ((1, "to_recover"), (2, "handed_over")):
        chart.add_series(
            {
                "name": _say(f"head_{code}"),
                "categories": [name, 1, 0, last, 0],
                "values": [name, 1, at, last, at],
            }
        )
    chart.set_title({"name": _say("zones_title")})
    chart.set_y_axis({"name": "ha", "min": 0})
    sheet.insert_chart(1, 10, chart, {"x_scale": 1.6, "y_scale": 1.4})


def _overdue(book: Any, forms: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    sheet = book.add_worksheet(_say("sheet_overdue"))
    heads = ("case", "place", "days_over", "blocker", "office", "own_ha", "unlocked", "per_case", "firms")
    told: list[Sequence[Cell]] = [
        (
            one["title"]["vi"], one["place"]["vi"], one["days_over"],
            one["blocker"]["title"]["vi"] if one["blocker"] else None, one["office"],
            one["own_ha"], one["ha"], one["ha_per_case"], len(one["firms"]),
        )
        for one in rows
    ]  # fmt: skip
    kinds = ("text", "text", "whole", "text", "text", "number", "number", "number", "whole")
    _table(sheet, forms, heads, told, kinds, sums=(5, 8))


def _table(
    sheet: Any,
    forms: dict[str, Any],
    heads: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    kinds: Sequence[str],
    sums: Sequence[int],
) -> int:
    """Headings, rows, and a line of sums as formulas; the number of the last row."""
    sheet.freeze_panes(1, 1)
    for at, code in enumerate(heads):
        sheet.set_column(at, at, 34 if kinds[at] == "text" else 16)
        sheet.write_string(0, at, _say(f"head_{code}"), forms["head"])
    for line, row in enumerate(rows, 1):
        for at, value in enumerate(row):
            _put(sheet, line, at, value, forms[kinds[at]])
    last = len(rows)
    if rows and sums:
        sheet.write_string(last + 1, 0, say("paper.total", "vi"), forms["total"])
        for at in sums:
            letter = chr(ord("A") + at)
            total = sum(row[at] for row in rows if isinstance(row[at], int | float))  # type: ignore[misc]
            sheet.write_formula(last + 1, at, f"=SUM({letter}2:{letter}{last + 1})", forms["total"], total)
    return last


def _put(sheet: Any, line: int, at: int, value: Cell, form: Any) -> None:
    match value:
        case None:
            return
        case str():
            sheet.write_string(line, at, value, form)
        case date():
            sheet.write_datetime(line, at, datetime.combine(value, datetime.min.time()), form)
        case _:
            sheet.write_number(line, at, value, form)


def _say(code: str, **facts: object) -> str:
    return say(f"clearance_paper.{code}", "vi", **facts)
