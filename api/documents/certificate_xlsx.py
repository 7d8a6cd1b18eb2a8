"""The certificate as a workbook: figures as numbers, totals as formulas, and what it all rests on."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import xlsxwriter

from api.documents.certificate_parts import sector_names
from api.words import LANGS, say
from api.words.form import day
from gis.measure import HA_M2
from layers.ccn_certificate import Certificate, Cluster

#: Code of the heading and width of each column.
CLUSTERS = (
    ("key", 16), ("item_name", 26), ("option", 28), ("item_area_ha", 14), ("measured_ha", 16),
    ("item_commune", 34), ("lies_in", 34), ("verdict", 24), ("item_sectors", 46), ("item_investment", 22),
    ("complete", 12), ("lacks", 30), ("overlap_ha", 16), ("illustrative", 14), ("source", 34),
)  # fmt: skip
OVERLAPS = (
    ("key", 16), ("item_name", 26), ("layer", 34), ("feature", 38), ("overlap_ha", 16), ("share", 16),
    ("illustrative", 14),
)  # fmt: skip


def xlsx(found: Certificate) -> bytes:
    """The workbook; the same certificate gives the same bytes."""
    file = io.BytesIO()
    # Text is written as text: a name that begins with "=" is no formula.
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False})
    made = datetime.combine(found.as_of, datetime.min.time(), UTC).replace(tzinfo=None)
    book.set_properties({"title": say("certificate.title", "vi"), "author": "Didoi", "created": made})
    forms = _forms(book)
    rows = [_cluster(one) for one in found.clusters]
    _table(book.add_worksheet(_vi("sheet_clusters")), forms, CLUSTERS, rows, sums=(3, 4, 9, 12))
    laid = [_overlap(one, o) for one in found.clusters for o in one.overlaps]
    _table(book.add_worksheet(_vi("sheet_overlaps")), forms, OVERLAPS, laid, sums=(4,))
    _about(book.add_worksheet(_vi("sheet_about")), forms, found)
    book.close()
    return file.getvalue()


def _forms(book: Any) -> dict[str, Any]:
    wrapped = {"text_wrap": True, "valign": "top"}
    return {
        "head": book.add_format({"bold": True, "bg_color": "#F1EEE7", "border": 1, **wrapped}),
        "text": book.add_format(wrapped),
        "number": book.add_format({"num_format": "#,##0.00", "valign": "top"}),
        "percent": book.add_format({"num_format": "0.0%", "valign": "top"}),
        "total": book.add_format({"bold": True, "num_format": "#,##0.00", "top": 1}),
        "warn": book.add_format({"bold": True, "font_color": "#B3122A"}),
    }


def _cluster(one: Cluster) -> list[Any]:
    lies_in = "; ".join(f"{name} ({share:.0%})" for name, share in one.location.lies_in)
    lacks = ", ".join(_both(f"short_{name}") for name in one.missing)
    codes = [str(code) for code in one.items["sectors"].value or ()]
    named = "; ".join(f"{c} {n}" for c, n in zip(codes, sector_names(one), strict=True))
    area, investment = one.items["area_ha"].value, one.items["investment"].value
    return [
        one.key, one.name, one.option, area, one.measured_ha, one.location.filed, lies_in,
        _both(f"commune_{one.location.verdict}"), named, investment, _yes(yes=one.complete), lacks,
        one.overlap_ha, _yes(yes=one.illustrative), one.source,
    ]  # fmt: skip


def _overlap(one: Cluster, overlap: Any) -> list[Any]:
    title = f"{overlap.layer.title.vi} / {overlap.layer.title.en}"
    share = (overlap.share,)  # a tuple marks a ratio, shown as per cent
    return [one.key, one.name, title, overlap.label, overlap.area_ha, share, _yes(yes=overlap.illustrative)]


def _table(
    sheet: Any,
    forms: dict[str, Any],
    columns: Sequence[tuple[str, int]],
    rows: list[list[Any]],
    sums: Sequence[int],
) -> None:
    """Headings, rows and, where there are any, their sums."""
    sheet.freeze_panes(1, 2)
    for at, (code, width) in enumerate(columns):
        sheet.set_column(at, at, width)
        sheet.write_string(0, at, _both(code), forms["head"])
    for line, row in enumerate(rows, 1):
        for at, value in enumerate(row):
            _write(sheet, line, at, value, forms)
    if rows:
        last = len(rows) + 1
        sheet.write_string(last, 0, _both("total"), forms["total"])
        for at in sums:
            letter = chr(ord("A") + at)
            total = sum(row[at] for row in rows if row[at] is not None)
            sheet.write_formula(last, at, f"=SUM({letter}2:{letter}{last})", forms["total"], total)


def _write(sheet: Any, line: int, at: int, value: Any, forms: dict[str, Any]) -> None:
    match value:
        case None | "":
            return
        case (share,):
            sheet.write_number(line, at, share, forms["percent"])
        case int() | float():
            sheet.write_number(line, at, value, forms["number"])
        case _:
            sheet.write_string(line, at, str(value), forms["text"])


def _about(sheet: Any, forms: dict[str, Any], found: Certificate) -> None:
    sheet.set_column(0, 0, 46)
    sheet.set_column(1, 1, 90)
    lines: list[tuple[str, str]] = [
        (_both("title"), _both("subtitle")),
        (_both("as_of"), day(found.as_of, "vi")),
        (_both("option"), found.option or _both("every_option")),
        (_both("checked"), "; ".join(f"{one.title.vi} / {one.title.en}" for one in found.checked)),
    ]
    if found.unchecked:
        told = "; ".join(f"{one.title.vi} / {one.title.en}" for one in found.unchecked)
        lines.append((_both("not_checked"), told))
    lines += [
        (_both("tolerance"), f"{found.tolerance_m2 / HA_M2:g}"),
        (_both("method"), _both("method_told")),
    ]
    lines += [(_both("illustrative"), _both("yes"))] if found.illustrative else []
    for line, (what, told) in enumerate(lines):
        warn = found.illustrative and line == len(lines) - 1
        sheet.write_string(line, 0, what, forms["warn" if warn else "head"])
        sheet.write_string(line, 1, told, forms["warn" if warn else "text"])


def _yes(*, yes: bool) -> str:
    return _both("yes" if yes else "no")


def _vi(code: str) -> str:
    return say(f"certificate.{code}", "vi")


def _both(code: str) -> str:
    return " / ".join(say(f"certificate.{code}", lang) for lang in LANGS)
