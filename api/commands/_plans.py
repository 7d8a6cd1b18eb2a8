"""Plans on the command line: proposed from options, asked about, printed and applied."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.words import LANGS, say
from gis.errors import BadInput

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from layers.ingest.plan import Plan


class CrsUnsure(BadInput):
    """The coordinate system is not certain, and nobody said it. Facts: file, candidates."""


class PlanUnreadable(BadInput):
    """The plan is no JSON, or its file is not there. Facts: plan, reason."""


def proposed(db: Connection, path: Path, target_id: str, said: dict[str, Any]) -> Plan:
    """What is proposed for a file, with what the options say."""
    from layers.ingest.plan import Plan, digest
    from layers.ingest.propose import propose
    from layers.ingest.rasters import band_of, look

    found = look(path, band_of(said.get("layer_in_file")))
    file = digest(path)
    return propose(db, path, file, found, target_id=target_id, said=replace(Plan(file), **said))


def reviewed(plan: Plan, path: Path) -> Plan:
    """
    A kept plan with what is open in it now: what was filled in answers its question.

    Raises
    ------
    PlanOfOtherFile
    """
    from layers.ingest.plan import check_file, with_questions
    from layers.ingest.propose import lasting, open_questions
    from layers.ingest.rasters import look

    check_file(plan, path)
    found = look(path, (plan.coverage or {}).get("band") or 1)
    return with_questions(plan, [*open_questions(plan, found), *lasting(plan)])


def answered(plan: Plan) -> Plan:
    """
    The plan, where it leaves nothing open.

    Raises
    ------
    CrsUnsure, PlanUnanswered
    """
    from layers.ingest.plan import PlanUnanswered

    codes = {question["code"] for question in plan.questions}
    if codes and codes <= {"crs_unsure", "province_missing"}:
        raise CrsUnsure(file=plan.file.name, candidates=candidates(plan))
    if codes:
        raise PlanUnanswered(questions="; ".join(dict.fromkeys(q["code"] for q in plan.questions)))
    return plan


def candidates(plan: Plan) -> str:
    """Systems that it may be in, with how sure each is and how far it would move the data from the first."""
    told = [
        f"{one['crs']} ({one['confidence']:.2f}; {one['moved_m']:,.0f} m {one['moved_towards'] or ''})"
        for one in plan.evidence.get("crs", [])[:5]
    ]
    return ", ".join(told).replace(" )", ")") or "–"


def asked(plan: Plan) -> list[str]:
    """The open questions as people read them, Vietnamese first."""
    return [
        f"? {say('question.' + question['code'], lang, **question['facts'])}"
        for lang in LANGS
        for question in plan.questions
    ]


def read_plan(name: Path) -> Plan:
    """
    A plan from its file.

    Raises
    ------
    PlanUnreadable, PlanInvalid
    """
    from layers.ingest.plan import from_json

    try:
        return from_json(json.loads(name.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise PlanUnreadable(plan=str(name), reason=str(error)) from error
