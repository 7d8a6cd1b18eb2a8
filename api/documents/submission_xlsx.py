"""The workbook of a submission: a template with dropdowns, and the rows that were refused, with why."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter

from api.words import LANGS, say
from layers.clearance.bulk.kinds import COLUMNS, BulkColumn
from layers.clearance.bulk.reading import MOST_ROWS, SHEET
from layers.codes.stage_models import stage_models

#: The sheet that the dropdowns read.
LISTS = "Danh mục"


def template(kind: str, cases: Sequence[tuple[str, str, str]]) -> bytes:
    """
    An empty workbook of a kind, with the cases that one may fill in.

    Parameters
    ----------
    cases
        Key, land user ("" where it may not be told) and present stage of each; they are listed beside the
        dropdown, for whoever looks a case up.
    """
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False})
    forms = _forms(book)
    sheet, lists = book.add_worksheet(SHEET), book.add_worksheet(LISTS)
    listed = 0
    for at, column in enumerate(COLUMNS[kind]):
        sheet.set_column(at, at, column.width, forms[column.type])
        sheet.write_string(0, at, column.title.vi + (" *" if column.required else ""), forms["head"])
        offered = [key for key, _, _ in cases] if column.name == "case_key" else _offered(column)
        rule = _rule(column)
        if offered:
            lists.write_string(0, listed, column.title.vi, forms["head"])
            lists.write_column(1, listed, offered)
            letter = chr(ord("A") + listed)
            source = f"='{LISTS}'!${letter}$2:${letter}${len(offered) + 1}"
            rule = {"validate": "list", "source": source}
            listed += 1
        if rule:
            told = {"error_title": say("bulk.wrong_title", "vi"), "error_message": _hint(column)}
            sheet.data_validation(1, at, MOST_ROWS, at, rule | told)
    _cases(lists, listed + 1, cases, forms)
    sheet.freeze_panes(1, 1)
    book.close()
    return file.getvalue()


def refused(kind: str, rows: Sequence[dict[str, Any]]) -> bytes:
    """Refused rows under the headings of the template, which takes them again; the reasons come last."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False})
    forms = _forms(book)
    sheet = book.add_worksheet(SHEET)
    columns = COLUMNS[kind]
    for at, column in enumerate(columns):
        sheet.set_column(at, at, column.width)
        sheet.write_string(0, at, column.title.vi + (" *" if column.required else ""), forms["head"])
    for at, lang in enumerate(LANGS, len(columns)):
        sheet.set_column(at, at, 60)
        sheet.write_string(0, at, say("bulk.why", lang), forms["head"])
    for line, row in enumerate(rows, 1):
        for at, column in enumerate(columns):
            sheet.write_string(line, at, row["given"].get(column.name, ""))
        for at, lang in enumerate(LANGS, len(columns)):
            why = [say(f"error.{fault['code']}", lang, **fault["facts"]) for fault in row["faults"]]
            sheet.write_string(line, at, " ".join(why), forms["why"])
    sheet.freeze_panes(1, 1)
    book.close()
    return file.getvalue()


def _forms(book: Any) -> dict[str, Any]:
    text = {"num_format": "@"}
    return {
        "head": book.add_format({"bold": True, "bg_color": "#F1EEE7", "border": 1, "text_wrap": True}),
        "text": book.add_format(text),
        "code": book.add_format(text),
        "stage": book.add_format(text),
        "date": book.add_format({"num_format": "dd/mm/yyyy"}),
        "money": book.add_format({"num_format": "#,##0"}),
        "quantity": book.add_format({"num_format": "#,##0.##"}),
        "why": book.add_format({"text_wrap": True, "font_color": "#B3122A", "valign": "top"}),
    }


def _offered(column: BulkColumn) -> list[str]:
    if column.type == "stage":
        titles = (stage.title.vi for model in stage_models().values() for stage in model.stages.values())
        return list(dict.fromkeys(titles))
    return [code.title.vi for code in column.codes]


def _rule(column: BulkColumn) -> dict[str, Any] | None:
    match column.type:
        case "date":
            # A formula of Excel's, so that a date as text is refused where it is typed.
            return {"validate": "date", "criteria": "<=", "value": "=TODAY()"}
        case "money":
            return {"validate": "integer", "criteria": ">", "value": 0}
        case "quantity":
            return {"validate": "decimal", "criteria": ">", "value": 0}
        case _:
            return None


def _hint(column: BulkColumn) -> str:
    return say(f"bulk.hint_{column.type}", "vi")


def _cases(lists: Any, at: int, cases: Sequence[tuple[str, str, str]], forms: dict[str, Any]) -> None:
    for step, title in enumerate(("case", "user", "stage")):
        lists.write_string(0, at + step, say(f"bulk.list_{title}", "vi"), forms["head"])
        lists.set_column(at + step, at + step, 26)
        lists.write_column(1, at + step, [case[step] for case in cases])
