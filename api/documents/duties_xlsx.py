"""The list of reminders: what is overdue, whose it is, and since when; counted by office."""

from __future__ import annotations

import io
from typing import Any

import xlsxwriter

from api.words import say
from api.words.form import day

COLUMNS = (
    ("lead", 44), ("title", 60), ("subject", 30), ("due_on", 14), ("days_over", 12), ("to", 40),
    ("source", 50),
)  # fmt: skip


def xlsx(told: dict[str, Any]) -> bytes:
    """
    The workbook.

    Parameters
    ----------
    told
        What `api.actions.duties.read_duties` answers.
    """
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False})
    head = book.add_format({"bold": True, "bg_color": "#F1EEE7", "border": 1, "text_wrap": True})
    text = book.add_format({"text_wrap": True, "valign": "top"})
    bold = book.add_format({"bold": True})
    sheet = book.add_worksheet(say("duty.sheet_overdue", "vi"))
    sheet.write_string(0, 0, say("duty.reminders_title", "vi", on=day(told["as_of"], "vi")), bold)
    for at, (code, width) in enumerate(COLUMNS):
        sheet.set_column(at, at, width)
        sheet.write_string(2, at, say(f"duty.{code}", "vi"), head)
    overdue = [row for row in told["rows"] if row["state"] == "overdue"]
    for line, row in enumerate(overdue, 3):
        values = (
            row["lead"]["vi"], row["title"]["vi"], row["subject_name"], day(row["due_on"], "vi"),
            row["days_over"], row["to"]["vi"], row["source"],
        )  # fmt: skip
        for at, value in enumerate(values):
            if isinstance(value, int):
                sheet.write_number(line, at, value, text)
            else:
                sheet.write_string(line, at, value, text)
    sheet.freeze_panes(3, 0)
    counts = book.add_worksheet(say("duty.sheet_offices", "vi"))
    counts.set_column(0, 0, 60)
    counts.write_string(0, 0, say("duty.lead", "vi"), head)
    counts.write_string(0, 1, say("duty.overdue_count", "vi"), head)
    for line, row in enumerate(told["reminders"], 1):
        counts.write_string(line, 0, row["lead"]["vi"], text)
        counts.write_number(line, 1, row["overdue"], text)
    if told["reminders"]:
        last = len(told["reminders"]) + 1
        counts.write_string(last, 0, say("duty.total", "vi"), bold)
        total = sum(row["overdue"] for row in told["reminders"])
        counts.write_formula(last, 1, f"=SUM(B2:B{last})", bold, total)
    book.close()
    return file.getvalue()
