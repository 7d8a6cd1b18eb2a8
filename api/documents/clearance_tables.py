"""
The figures of the clearance screen as tables: CSV and XLSX with the very values of the JSON.

A table names what it is about, its date and, where its colours are a rule, the rule; ratios are 0 to 1 in CSV
and shown as per cent in XLSX.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal

import xlsxwriter

from api.words import LANGS, say
from api.words.form import day
from layers.catalogue.cases import LAYER
from layers.export.about import heading
from layers.export.csv import BOM, inert
from layers.records.observations import QUANTITIES
from layers.records.stages import STAGES
from layers.rows import told_columns

Kind = Literal["text", "number", "count", "ratio", "day"]
_GROUPS = {code.value: code.title for code in STAGES}
_QUANTITIES = {code.value: code.title for code in QUANTITIES}


@dataclass(frozen=True)
class Table:
    """
    A table for people.

    Attributes
    ----------
    figure
        Which one: summary, curve, overdue, zones or cases.
    columns
        Heading and kind of each.
    about
        Lines of what and its words, under the title of the sheet about the table.
    """

    figure: str
    columns: Sequence[tuple[str, Kind]]
    rows: Sequence[Sequence[Any]]
    about: Sequence[tuple[str, str]] = field(default_factory=tuple[tuple[str, str], ...])


def table_of(figure: str, answer: Mapping[str, Any]) -> Table:
    """The table of a figure from its answer as JSON."""
    columns, rows = _TABLES[figure](answer)
    return Table(figure, columns, rows, _about(answer))


def as_csv(table: Table) -> bytes:
    """The table as CSV in UTF-8 with a mark that spreadsheets look for; no cell is a formula."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow([title for title, _ in table.columns])
    writer.writerows([[inert(value) for value in row] for row in table.rows])
    return (BOM + file.getvalue()).encode()


def as_xlsx(table: Table) -> bytes:
    """The table as a workbook with a second sheet that says what it is about."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(
        file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    book.set_properties({"author": "Didoi", "created": datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)})
    forms = {
        "head": book.add_format({"bold": True, "bg_color": "#F1EEE7", "border": 1, "text_wrap": True}),
        "number": book.add_format({"num_format": "#,##0.00"}),
        "count": book.add_format({"num_format": "#,##0"}),
        "ratio": book.add_format({"num_format": "0.0%"}),
        "day": book.add_format({"num_format": "dd/mm/yyyy"}),
    }
    sheet: Any = book.add_worksheet(say(f"clearance.title_{table.figure}", "vi")[:31])
    sheet.freeze_panes(1, 0)
    for at, (title, kind) in enumerate(table.columns):
        sheet.set_column(at, at, 28 if kind == "text" else 16)
        sheet.write_string(0, at, title, forms["head"])
    for line, row in enumerate(table.rows, 1):
        for at, ((_, kind), value) in enumerate(zip(table.columns, row, strict=True)):
            _write(sheet, line, at, value, forms.get(kind))
    if table.rows:
        sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)
    about: Any = book.add_worksheet("Thông tin")
    about.set_column(0, 0, 40)
    about.set_column(1, 1, 110)
    for line, (what, told) in enumerate(table.about):
        about.write_string(line, 0, what, forms["head"])
        about.write_string(line, 1, told)
    book.close()
    return file.getvalue()


def _write(sheet: Any, line: int, at: int, value: Any, form: Any) -> None:
    match value:
        case None | "":
            return
        case bool():
            sheet.write_boolean(line, at, value)
        case int() | float():
            sheet.write_number(line, at, value, *([form] if form else []))
        case date():
            sheet.write_datetime(line, at, value, form)
        case list():
            sheet.write_string(line, at, ", ".join(str(item) for item in value))
        case _:
            sheet.write_string(line, at, str(value))


# --- what each table holds -----------------------------------------------------------------------------


def _summary(told: Mapping[str, Any]) -> tuple[Any, Any]:
    columns = [(_col("figure"), "text"), (_col("value"), "number"), (_col("unit"), "text")]
    columns += [(_col("ratio"), "ratio"), (_col("of"), "text"), (_col("on"), "day")]
    disputed, state, money = told["disputed"], told["state_managed"], told["money"]
    on = date.fromisoformat(told["as_of"])

    def line(what: str, value: Any, unit: str, ratio: Any = None, of: str | None = None) -> list[Any]:
        return [what, value, _both(f"unit_{unit}"), ratio, None if of is None else _both(f"of_{of}"), on]

    rows = [
        line(_both("fig_to_recover"), told["to_recover"]["ha"], "ha"),
        line(_both("fig_to_recover"), told["to_recover"]["cases"], "cases"),
    ]
    rows += [
        line(_both("fig_handed_over"), share["cleared_ha"], "ha", share["ratio"], share["id"])
        for share in told["denominators"]
    ]
    rows += [
        line(_both("fig_change_ha"), told["handed_over"]["change_ha"], "ha"),
        line(_both("fig_by_case"), told["by_case"]["cases"], "cases", told["by_case"]["ratio"], "cases"),
        line(_both("fig_paid"), money["paid_vnd"], "vnd", money["ratio"], "approved"),
        line(_both("fig_disputed"), disputed["ha"], "ha", disputed["ratio_of_rest"], "rest"),
        line(_both("fig_disputed"), disputed["cases"], "cases"),
        line(_both("fig_state_managed"), state["ha"], "ha"),
        line(_both("fig_state_decided"), state["decided_ha"], "ha"),
        line(_both("fig_overdue"), told["overdue"]["ha"], "ha"),
        line(_both("fig_overdue"), told["overdue"]["cases"], "cases"),
        line(_both("fig_overdue_firms"), told["overdue"]["firms"], "firms"),
    ]
    for step in told["funnel"]:
        what = " / ".join(
            say("clearance.fig_stage", lang, group=getattr(_GROUPS[step["group"]], lang)) for lang in LANGS
        )
        rows += [line(what, step["ha"], "ha"), line(what, step["cases"], "cases")]
    for report in told["reported"]:
        title = _QUANTITIES[report["quantity"]]
        what = " / ".join(
            say("clearance.fig_reported", lang, quantity=getattr(title, lang)) for lang in LANGS
        )
        unit = "ha" if report["quantity"] == "cleared_ha" else "ratio"
        row = line(what, report["value"], unit, report["ratio"], report["of"])
        rows.append([*row[:4], row[4] or report["denominator"], date.fromisoformat(report["on"])])
    return columns, rows


def _curve(told: Mapping[str, Any]) -> tuple[Any, Any]:
    columns = [(_col("series"), "text"), (_col("on"), "day"), (_col("value"), "number")]
    actual = _both("series_actual")
    rows = [[actual, on, value] for on, value in told["actual"]]
    for roadmap in told["roadmaps"]:
        name = " / ".join(
            say("clearance.series_roadmap", lang, number=roadmap["decision_number"]).strip() for lang in LANGS
        )
        rows += [[name, on, value] for on, value in roadmap["points"]]
    forecast = told["forecast"] or {"days": ()}
    for level in ("p10", "p50", "p90") if forecast["days"] else ():
        name = " / ".join(say("clearance.series_forecast", lang, level=level.upper()) for lang in LANGS)
        rows += [[name, on, value] for on, value in zip(forecast["days"], forecast[level], strict=True)]
    return columns, rows


def _overdue(told: Mapping[str, Any]) -> tuple[Any, Any]:
    kinds: list[tuple[str, Kind]] = [
        ("title", "text"), ("place", "text"), ("stage", "text"), ("days_over", "count"), ("limit", "text"),
        ("blocker", "text"), ("office", "text"), ("firms", "text"), ("ha", "number"), ("cases", "count"),
        ("ha_per_case", "number"), ("lots", "text"), ("from_ha", "number"), ("to_ha", "number"),
        ("keys", "text"),
    ]  # fmt: skip
    rows: list[list[Any]] = []
    for row in told["rows"]:
        plot = row["unlocks"] or {"lots": [], "from_ha": None, "to_ha": None}
        limit = row["limit"]
        until = limit["source"] if limit["days"] is not None else limit["planned_on"]
        rows.append(
            [
                row["title"]["vi"], row["place"]["vi"], (row["stage_title"] or {"vi": None})["vi"],
                row["days_over"], until, row["blocker"] and row["blocker"]["title"]["vi"], row["office"],
                [firm["name"] for firm in row["firms"]], row["ha"], row["cases"], row["ha_per_case"],
                plot["lots"], plot["from_ha"], plot["to_ha"], row["case_keys"],
            ]
        )  # fmt: skip
    return [(_col(code), kind) for code, kind in kinds], rows


def _zones(told: Mapping[str, Any]) -> tuple[Any, Any]:
    kinds: list[tuple[str, Kind]] = [
        ("key", "text"), ("name", "text"), ("basis", "text"), ("to_recover_ha", "number"),
        ("handed_over_ha", "number"), ("ratio", "ratio"), ("of", "text"), ("cases", "count"),
        ("month_ha", "number"), ("plan_gap_ratio", "ratio"), ("rag", "text"), ("p10", "day"), ("p50", "day"),
        ("p90", "day"), ("largest_plot_ha", "number"),
    ]  # fmt: skip
    rows: list[list[Any]] = []
    for row in told["rows"]:
        done = row["done"] or {"p10": None, "p50": None, "p90": None}
        named = {
            "basis": _both(f"basis_{row['basis']}"),
            "of": _both(f"of_{row['of']}") if row["of"] in ("to_recover", "planned", "zone") else row["of"],
            "rag": row["rag"] and _both(f"rag_{row['rag']}"),
        }
        values = {**row, **done, **named}
        rows.append([values[code] for code, _ in kinds])
    return [(_col(code), kind) for code, kind in kinds], rows


def _cases(told: Mapping[str, Any]) -> tuple[Any, Any]:
    own = {name: heading(LAYER.columns()[name]) for name in told_columns(LAYER)}
    extra: dict[str, str] = {name: _col(name) for name in ("due_on", "days_over", "share_ha")}
    columns: list[tuple[str, Kind]] = [(title, _kind(name)) for name, title in {**own, **extra}.items()]
    return columns, [[row.get(name) for name in {**own, **extra}] for row in told["rows"]]


def _kind(name: str) -> Kind:
    if name.endswith("_on") or name in ("valid_from", "valid_to"):
        return "day"
    return "number" if name.endswith("_ha") else "count" if name == "days_over" else "text"


def _about(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    as_of = told["as_of"]
    on = as_of if isinstance(as_of, date) else date.fromisoformat(as_of)
    lines = [(_both("as_of"), day(on, "vi"))]
    scope = told.get("scope")
    if scope is not None:
        lines.append((_both("scope"), scope["name"] or _both("province")))
    if told.get("known_at"):
        lines.append((_both("known_at"), str(told["known_at"])))
    if told.get("illustrative") or any(
        row.get("illustrative") for row in told.get("rows", ()) if isinstance(row, dict)
    ):
        lines.append((_both("illustrative"), "✓"))
    if "rules" in told:
        limits = {
            name: f"{told['rules'][key]:.0%}" for name, key in (("amber", "amber_from"), ("red", "red_from"))
        }
        lines.append((_both("col_rag"), " / ".join(say("clearance.rule", lang, **limits) for lang in LANGS)))
    return lines


def _col(code: str) -> str:
    return _both(f"col_{code}")


def _both(code: str) -> str:
    vi, en = (say(f"clearance.{code}", lang) for lang in LANGS)
    return vi if vi == en else f"{vi} / {en}"


_TABLES: Mapping[str, Callable[[Mapping[str, Any]], tuple[Any, Any]]] = {
    "summary": _summary,
    "curve": _curve,
    "overdue": _overdue,
    "zones": _zones,
    "cases": _cases,
}
