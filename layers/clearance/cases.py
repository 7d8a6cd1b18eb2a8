"""Cases: opened, edited and ended; every change has a reason, and what was there before stays readable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, delete, exists, func, insert, select, update

from gis.clearance.stages import check_order
from gis.errors import BadInput, Conflict, DidoiError
from layers import revisions
from layers.access import Actor, Right
from layers.catalogue.admin_units import TABLE as UNITS
from layers.catalogue.cases import LAYER
from layers.catalogue.cases import TABLE as CASES
from layers.clearance import shares
from layers.clearance.case_records import add, change
from layers.clearance.holding import DateInFuture, hold, need_known, told
from layers.clearance.increments import settle
from layers.clearance.maintain import write_case_rows, write_runs
from layers.clearance.projects import project
from layers.clearance.stages import EventBeforeCase, begin
from layers.clearance.standing import Standing, read
from layers.clearance.takes import end_take, insert_take, take
from layers.clearance.values import complete, typed
from layers.codes.stage_models import stage_model_on, stage_models
from layers.dates import today
from layers.query import search_text
from layers.records.cases import TAKES

# All that is done to a case is found here.
__all__ = ["Draft", "add", "change", "edit", "end", "end_take", "open_case", "take"]

#: Written by the verbs, not by hand; the zone is that of the project.
_KEPT = frozenset({"zone_key", "area_ha", "disputed", "blocker", "source"})


class CaseExists(Conflict):
    """Another case has this code. Facts: case."""


class CasePathInvalid(BadInput):
    """A land user that land of this origin does not have. Facts: case, user_kind, origin."""


class CommuneUnknown(BadInput):
    """No commune ever had this code. Facts: commune."""


class CaseEndsTooSoon(BadInput):
    """A case that would end before it began, or before its last event. Facts: case, on, since."""


@dataclass(frozen=True)
class Draft:
    """
    A case to be opened.

    Attributes
    ----------
    key
        Made from the project's code where none is given.
    law
        That in force on the day of opening where it is not said.
    parcels
        Codes of the parcels that it takes, each with the part taken (a shape in degrees) or None for all.
    """

    project_key: str
    user_kind: str
    origin: str
    commune_code: str
    opened_on: date
    key: str | None = None
    user_name: str | None = None
    law: str | None = None
    office: str | None = None
    planned_on: date | None = None
    note: str | None = None
    parcels: tuple[tuple[str, Any], ...] = ()
    illustrative: bool = False


def open_case(db: Connection, actor: Actor, draft: Draft, *, reason: str = "Lập hồ sơ") -> str:
    """
    Open a case with the land that it takes.

    Returns
    -------
    key

    Raises
    ------
    RightMissing, OutsideTerritory, ProjectUnknown, CaseExists, CasePathInvalid, CommuneUnknown, DateInFuture,
    ValueNotOfType, RecordColumnMissing, and those of `takes.take`
    """
    actor.need(Right.KEEP_CASES)
    why = revisions.reasoned(reason)
    for_land = project(db, draft.project_key, lock=True)
    given = {k: v for k, v in asdict(draft).items() if k not in ("key", "parcels", "illustrative")}
    given["law"] = draft.law or stage_model_on(draft.opened_on).law
    values = typed(CASES, given, {}, hidden=_KEPT)
    complete(CASES, values, hidden=_KEPT)
    key = _key(db, draft)
    _refuse_values(db, key, values)
    values |= {
        "key": key,
        "zone_key": for_land.zone_key,
        "valid_from": draft.opened_on,
        "illustrative": draft.illustrative,
    }
    values["search_folded"] = search_text(LAYER, values)
    db.execute(insert(CASES).values(values))
    row = read(db, [key])[key].row
    for parcel_key, part in draft.parcels:
        insert_take(db, actor, row, parcel_key, part)
    shares.of_cases(db, [key])
    write_case_rows(db, [key])
    after = read(db, [key], money=True)
    need_known(db, actor, after, [key])  # where its land lies is known only now
    revision = settle(db, {}, after)[key]
    both = {name: (None, told(value)) for name, value in given.items() if value is not None}
    revisions.keep(db, actor, LAYER.id, key, str(revision), both, why)
    return key


def edit(
    db: Connection,
    actor: Actor,
    key: str,
    changes: Mapping[str, Any],
    reason: str,
    if_revision: str | int | None = None,
) -> int:
    """
    Change attributes of a case.

    Returns
    -------
    revision

    Raises
    ------
    DidoiError
        Those of `holding.hold`; ReasonMissing, RecordColumnUnknown, ValueNotOfType, CasePathInvalid,
        CommuneUnknown, ProjectUnknown, DateInFuture, EventBeforeCase, and those of `check_order` where the
        law, the origin or the land user changes.
    """
    why = revisions.reasoned(reason)
    wanted = typed(CASES, changes, {}, hidden=_KEPT)
    before = hold(db, actor, key, if_revision, {k: told(v) for k, v in wanted.items()}, money=True)
    new = {name: value for name, value in wanted.items() if value != getattr(before.row, name)}
    if new:
        _change(db, before, new)
    after = read(db, [key], money=True)
    need_known(db, actor, after, [key])
    revision = settle(db, {key: before}, after)[key]
    both = {name: (told(getattr(before.row, name)), told(value)) for name, value in new.items()}
    revisions.keep(db, actor, LAYER.id, key, str(revision), both, why)
    return revision


def end(
    db: Connection,
    actor: Actor,
    key: str,
    on: date,
    reason: str,
    if_revision: str | int | None = None,
) -> int:
    """
    End a case: from a day on, its land is no longer to be recovered. What was before stays.

    Returns
    -------
    revision

    Raises
    ------
    DidoiError
        Those of `holding.hold`; ReasonMissing, DateInFuture, CaseEndsTooSoon.
    """
    why = revisions.reasoned(reason)
    before = hold(db, actor, key, if_revision, {"valid_to": str(on)}, money=True)
    if on > today():
        raise DateInFuture(column="valid_to", on=on, today=today())
    since = max([before.row.valid_from, *(run.from_on for run in before.runs)])
    if on <= since:
        raise CaseEndsTooSoon(case=key, on=on, since=since)
    db.execute(update(CASES).where(CASES.c.key == key).values(valid_to=on))
    mine = (TAKES.c.case_key == key, TAKES.c.valid_to.is_(None))
    db.execute(delete(TAKES).where(*mine, TAKES.c.valid_from >= on))
    db.execute(update(TAKES).where(*mine).values(valid_to=on))
    write_case_rows(db, [key])
    revision = settle(db, {key: before}, read(db, [key], money=True))[key]
    revisions.keep(db, actor, LAYER.id, key, str(revision), {"valid_to": (None, str(on))}, why)
    return revision


def _change(db: Connection, before: Standing, new: dict[str, Any]) -> None:
    key, row = before.row.key, before.row
    _refuse_values(db, key, {**row._asdict(), **new})
    values = dict(new)
    if "project_key" in new:
        values["zone_key"] = None if new["project_key"] is None else project(db, new["project_key"]).zone_key
    if "opened_on" in new:
        # Neither its first event nor the end of what it took can be before the case.
        days = [run.from_on for run in before.runs[:1]]
        days += [take.valid_to - timedelta(days=1) for take in before.takes if take.valid_to]
        if days and min(days) < new["opened_on"]:
            raise EventBeforeCase(case=key, on=min(days), opened_on=new["opened_on"])
        begin(db, key, row.valid_from, values.pop("opened_on"))
    if {"law", "origin", "user_kind"} & set(new):
        _refuse_path(before, new)
    if values:
        db.execute(update(CASES).where(CASES.c.key == key).values(values))
    if "law" in new:
        write_runs(db, [key])  # the same codes may stand in other groups


def _refuse_path(before: Standing, new: Mapping[str, Any]) -> None:
    """Refuse another path on which the case could not have come where it is; a history that was odd stays."""
    row, happened = before.row, [(run.stage, run.from_on) for run in before.runs]

    def check(values: Mapping[str, Any]) -> None:
        model = stage_models()[values["law"]]
        check_order(model, values["origin"], values["user_kind"], happened, today=today(), strict=False)

    try:
        check(row._asdict())
    except DidoiError:
        for stage, _ in happened:
            stage_models()[new.get("law", row.law)].stage(stage)  # every stage must be one of the law
    else:
        check({**row._asdict(), **new})


def _refuse_values(db: Connection, key: str, values: Mapping[str, Any]) -> None:
    if values["opened_on"] > today():
        raise DateInFuture(column="opened_on", on=values["opened_on"], today=today())
    if values["user_kind"] == "state" and values["origin"] == "private":
        raise CasePathInvalid(case=key, user_kind=values["user_kind"], origin=values["origin"])
    communes = select(UNITS.c.id).where(UNITS.c.level == "commune")
    named = communes.where(UNITS.c.code == values["commune_code"])
    known, any_known = db.execute(select(exists(named), exists(communes))).one()
    if any_known and not known:
        raise CommuneUnknown(commune=values["commune_code"][:20])


def _key(db: Connection, draft: Draft) -> str:
    """The given code, or the next number of the project, whose row is locked."""
    if draft.key is not None:
        key = draft.key.strip()
        if db.execute(select(CASES.c.id).where(CASES.c.key == key)).first() is not None:
            raise CaseExists(case=key)
        return key
    like = func.substr(CASES.c.key, len(draft.project_key) + 2)
    numbered = (
        CASES.c.project_key == draft.project_key,
        CASES.c.key.startswith(f"{draft.project_key}-", autoescape=True),
        like.regexp_match("^[0-9]{1,8}$"),
    )
    last = db.execute(select(like).where(*numbered).order_by(func.length(like).desc(), like.desc()).limit(1))
    return f"{draft.project_key}-{int(last.scalar() or 0) + 1:04d}"
