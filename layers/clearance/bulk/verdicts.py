"""Row by row: what a submission would do, and why some of it cannot be done."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from sqlalchemy import Connection, select

from gis.clearance.stages import Stage, StageModel
from gis.errors import BadInput, DidoiError
from gis.text import fold
from layers.access import Actor
from layers.catalogue.cases import TABLE as CASES
from layers.clearance import money, stages
from layers.clearance.bulk.kinds import COLUMNS, BulkColumn
from layers.clearance.documents import Draft
from layers.codes.stage_models import stage_models
from layers.ingest.sheets import period, serial
from layers.layer import Text
from layers.records.stages import STAGES
from layers.territory import inside

Verdict = Literal["ok", "noted", "refused"]
MOST_VND = 10**15
_WHOLE = re.compile(r"\d+|\d{1,3}([. ,]\d{3})+")


class BulkCellMissing(BadInput):
    """A row without a value that it needs. Facts: column."""


class BulkCellUnreadable(BadInput):
    """A value that cannot be read. Facts: column, value, wanted."""


class BulkCaseUnknown(BadInput):
    """A row of a case that is not there, or not in the territory. Facts: case."""


class BulkRowRepeated(BadInput):
    """The same row twice in one workbook, or one that is stored already. Facts: case, row."""


class BulkPayeeUnknown(BadInput):
    """A payment to somebody who is no payee of the case. Facts: case, payee, known."""


class BulkPayeeTwice(BadInput):
    """A name that two payees of a case have. Facts: case, payee."""


class BulkOverApproved(BadInput):
    """More paid than was approved. Facts: case, payee, approved_vnd, paid_vnd, amount_vnd."""


class BulkDateInFuture(BadInput):
    """A day after today. Facts: column, value, today."""


class BulkDocumentIncomplete(BadInput):
    """A document without kind, number, date or issuer. Facts: missing."""


@dataclass
class Row:
    """A row, what was understood of it, and what is wrong with it or worth knowing."""

    number: int
    given: Mapping[str, str]
    told: dict[str, Any] = field(default_factory=dict[str, Any])
    faults: list[DidoiError] = field(default_factory=list[DidoiError])
    notes: list[DidoiError] = field(default_factory=list[DidoiError])

    @property
    def verdict(self) -> Verdict:
        """Refused with a fault, noted with a note alone."""
        return "refused" if self.faults else "noted" if self.notes else "ok"


@dataclass(frozen=True)
class _Case:
    """What a row is held against."""

    key: str
    model: StageModel
    payees: list[money.Account]


def judge(
    db: Connection, actor: Actor, kind: str, rows: Iterable[tuple[int, Mapping[str, str]]], today: date
) -> list[Row]:
    """
    The verdict of every row; rows of one case are held against each other as well, in their order.

    Nothing is written. The actor keeps cases; one outside their territory is unknown to them.
    """
    judged = [Row(number, given) for number, given in rows]
    keys = {row.given["case_key"] for row in judged if "case_key" in row.given}
    known = _cases(db, actor, keys)
    seen: dict[tuple[str, ...], int] = {}
    for row in judged:
        _read(row, kind, today)
        case = known.get(row.given.get("case_key", ""))
        if case is None:
            if "case_key" in row.given:
                row.faults.append(BulkCaseUnknown(case=row.given["case_key"][:80]))
            continue
        same = tuple(sorted(f"{name}={fold(value)}" for name, value in row.given.items() if name != "note"))
        if same in seen:
            row.faults.append(BulkRowRepeated(case=case.key, row=seen[same]))
        seen.setdefault(same, row.number)
        if row.faults:
            continue
        if kind == "payments":
            _hold_payment(row, case)
        elif kind != "inventory":
            _name_stage(row, case)
    if kind in ("stages", "handover"):
        able = [row for row in judged if not row.faults]
        found = stages.faults(db, actor, [event_of(row) for row in able])
        for row, fault in zip(able, found, strict=True):
            row.faults += [] if fault is None else [fault]
    return judged


def event_of(row: Row) -> stages.NewEvent:
    """The event that a row without faults says."""
    told = row.told
    document = (
        Draft(
            told["document_kind"],
            told["document_number"],
            date.fromisoformat(told["document_on"]),
            told["document_issuer"],
        )
        if "document_kind" in told
        else None
    )
    on = date.fromisoformat(told["effective_on"])
    return stages.NewEvent(told["case_key"], told["stage"], on, document=document, reason=told.get("note"))


def _read(row: Row, kind: str, today: date) -> None:
    for column in COLUMNS[kind]:
        text = row.given.get(column.name, "")
        if not text:
            if column.required:
                row.faults.append(BulkCellMissing(column=column.title.vi))
            continue
        value = _value(column, text)
        if value is None:
            row.faults.append(
                BulkCellUnreadable(column=column.title.vi, value=text[:80], wanted=_wanted(column))
            )
            continue
        if column.type == "date" and value > today:
            row.faults.append(BulkDateInFuture(column=column.title.vi, value=value, today=today))
        row.told[column.name] = value.isoformat() if isinstance(value, date) else value
    parts = {name for name in row.told if name.startswith("document_")}
    needed = {"document_kind", "document_number", "document_on", "document_issuer"}
    if parts and parts != needed:
        titles = {column.name: column.title.vi for column in COLUMNS[kind]}
        missing = ", ".join(titles[name] for name in sorted(needed - parts) if name in titles)
        row.faults.append(BulkDocumentIncomplete(missing=missing))


def _value(column: BulkColumn, text: str) -> Any:
    match column.type:
        case "date":
            found = period(text)
            if found is not None and found.precision == "day":
                return found.first
            return serial(text)
        case "money":
            bare = text.replace("đ", "").strip()
            whole = int(re.sub(r"\D", "", bare)) if _WHOLE.fullmatch(bare) else None
            return whole if whole is not None and 0 < whole <= MOST_VND else None
        case "quantity":
            return _quantity(text)
        case "code":
            return _coded(column, text)
        case "stage" | "text":
            return text if len(text) <= 500 and "\x00" not in text else None


def _quantity(text: str) -> float | None:
    """ "1.234,5", "1234.5" or "12"; "1.234" is a thousand, as offices here write it."""
    bare = text.replace(" ", "")
    if re.fullmatch(r"\d{1,3}(\.\d{3})+(,\d+)?", bare):
        bare = bare.replace(".", "")
    bare = bare.replace(",", ".")
    found = float(bare) if re.fullmatch(r"\d+(\.\d+)?", bare) else 0.0
    return found if 0 < found < 1e9 else None


def _coded(column: BulkColumn, text: str) -> str | None:
    said = fold(text)
    for code in column.codes:
        if said in (fold(code.value), fold(code.title.vi), fold(code.title.en)):
            return code.value
    return None


def _wanted(column: BulkColumn) -> str:
    match column.type:
        case "date":
            return "dd/mm/yyyy"
        case "money":
            return "1.234.000"
        case "quantity":
            return "1.234,5"
        case "code":
            return ", ".join(code.title.vi for code in column.codes)
        case "stage" | "text":
            return "≤ 500"


# --- against what is stored --------------------------------------------------------------------------


def _name_stage(row: Row, case: _Case) -> None:
    said, known = fold(row.told["stage"]), list(case.model.stages.values())
    groups = {group.value: group.title for group in STAGES}
    found = [stage for stage in known if said in _names(stage, groups.get(stage.code))]
    if not found:
        value, allowed = row.told["stage"][:80], ", ".join(stage.title.vi for stage in known)
        row.faults.append(BulkCellUnreadable(column="Giai đoạn", value=value, wanted=allowed))
        return
    row.told["stage"] = found[0].code


def _names(stage: Stage, group: Text | None) -> set[str]:
    """What a stage is called: by the law, by its code, and by the group that has its code."""
    told = {stage.code, stage.title.vi, stage.title.en}
    return {fold(name) for name in (told if group is None else {*told, group.vi, group.en})}


def _hold_payment(row: Row, case: _Case) -> None:
    said = fold(row.told["payee"])
    named = [payee for payee in case.payees if fold(payee.name) == said]
    if not named:
        known = ", ".join(payee.name for payee in case.payees) or "–"
        row.faults.append(BulkPayeeUnknown(case=case.key, payee=row.told["payee"][:80], known=known[:300]))
        return
    if len(named) > 1:
        row.faults.append(BulkPayeeTwice(case=case.key, payee=row.told["payee"][:80]))
        return
    try:
        named[0].book(row.told["amount_vnd"], date.fromisoformat(row.told["paid_on"]))
    except money.PaymentOverApproved as over:
        row.faults.append(BulkOverApproved(case=case.key, **over.facts))
    except DidoiError as fault:
        row.faults.append(fault)
    else:
        row.told["payee_id"] = named[0].number


def _cases(db: Connection, actor: Actor, keys: set[str]) -> dict[str, _Case]:
    told = CASES.c
    mine = inside(told.commune_code, told.geom, actor)
    chosen = select(told.key, told.law).where(told.key.in_(keys), told.valid_to.is_(None), mine)
    models = stage_models()
    laws = {row.key: models[row.law] for row in db.execute(chosen)}
    payees = money.accounts(db, laws)
    return {key: _Case(key, model, payees.get(key, [])) for key, model in laws.items()}
