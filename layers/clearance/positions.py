"""Where each case of a scope stands on a date: its stage, since when, and when it should have left it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    TEXT,
    ColumnElement,
    Integer,
    SmallInteger,
    Subquery,
    and_,
    case,
    cast,
    column,
    exists,
    false,
    func,
    or_,
    select,
    union,
)
from sqlalchemy.dialects.postgresql import distinct_on

from layers.catalogue.cases import TABLE as CASES
from layers.clearance.scope import Scope, counted, weights
from layers.codes.stage_models import stage_models
from layers.layer import Rows, holds
from layers.records.cases import BLOCKERS, COMPLAINTS
from layers.records.stages import CLEARED_RANK, EVENTS, RUNS


@dataclass(frozen=True)
class Moment:
    """
    The date that is asked about, and when it is asked from.

    Attributes
    ----------
    known_at
        Only stages that were recorded by then count; None for all that is known now. Cases and their land are
        those of the date as they are known now: what was corrected later is their stage.
    """

    as_of: date
    known_at: datetime | None = None


def positions(scope: Scope, moment: Moment) -> Subquery:
    """
    Cases of a scope on a date, one row each.

    Returns
    -------
    rows
        Columns of the case; ``counted`` (whether it is one of the scope's cases), ``area_mm2``,
        ``state_mm2``; ``stage`` (null before the first event), ``rank``, ``since``; ``limit_days`` and
        ``due_on`` (the earlier of the limit of its stage and of the planned hand-over; null where there is
        neither), ``disputed``.
    """
    as_of = moment.as_of
    land = weights(scope, as_of).cte("land").prefix_with("MATERIALIZED")
    state = (_known_now(as_of) if moment.known_at is None else known_stages(moment)).subquery("state")
    step = steps()
    since = func.coalesce(state.c.since, CASES.c.opened_on)
    rank = func.coalesce(step.c.rank, cast(0, SmallInteger))
    limit_on = since + step.c.limit_days
    due_on = case((rank < CLEARED_RANK, func.least(limit_on, CASES.c.planned_on)))
    names = ("key", "zone_key", "project_key", "user_kind", "origin", "law", "office", "commune_code")
    told = [
        *(CASES.c[name] for name in names),
        CASES.c.planned_on,
        CASES.c.illustrative,
        func.coalesce(counted(scope), false()).label("counted"),
        func.coalesce(land.c.area_mm2, 0).label("area_mm2"),
        func.coalesce(land.c.state_mm2, 0).label("state_mm2"),
        state.c.stage,
        rank.label("rank"),
        since.label("since"),
        step.c.limit_days,
        due_on.label("due_on"),
        disputed(CASES.c.key, as_of).label("disputed"),
    ]
    joined = (
        CASES.outerjoin(land, land.c.case_key == CASES.c.key)
        .outerjoin(state, state.c.case_key == CASES.c.key)
        .outerjoin(step, and_(step.c.law == CASES.c.law, step.c.stage == state.c.stage))
    )
    query = select(*told).select_from(joined).where(holds(CASES, as_of))
    if scope.level != "province":  # keys first: else every case of the province is looked at
        inside = select(land.c.case_key)
        whole = select(CASES.c.key).where(holds(CASES, as_of), counted(scope)).correlate(None)
        query = query.where(CASES.c.key.in_(union(inside, whole)))
    return query.subquery("positions")


@cache
def steps() -> Subquery:
    """Every stage of every law's model: ``law, stage, rank, limit_days``."""
    rows = [
        (law, stage.code, stage.rank, stage.limit_days)
        for law, model in stage_models().items()
        for stage in model.stages.values()
    ]
    types = {"law": TEXT, "stage": TEXT, "rank": SmallInteger, "limit_days": Integer}
    told = [
        cast(list(values), ARRAY(type_))
        for values, type_ in zip(zip(*rows, strict=True), types.values(), strict=True)
    ]
    named = [column(name, type_) for name, type_ in types.items()]
    step = func.unnest(*told).table_valued(*named).render_derived("step")
    return select(*(step.c[name] for name in types)).subquery("steps")


def _known_now(as_of: date) -> Rows:
    held = and_(RUNS.c.from_on <= as_of, or_(RUNS.c.to_on.is_(None), RUNS.c.to_on > as_of))
    return select(RUNS.c.case_key, RUNS.c.stage, RUNS.c.from_on.label("since")).where(held)


def known_stages(moment: Moment) -> Rows:
    """
    The stage of every case on a date by what was recorded until a time: ``case_key, stage, since``.

    Of the events that nothing recorded by then replaces, the latest by day; of one day, the last recorded.
    """
    later = EVENTS.alias("later")
    replaced = exists().where(later.c.replaces_id == EVENTS.c.id, later.c.recorded_at <= moment.known_at)
    return (
        select(EVENTS.c.case_key, EVENTS.c.stage, EVENTS.c.effective_on.label("since"))
        .where(EVENTS.c.effective_on <= moment.as_of, EVENTS.c.recorded_at <= moment.known_at)
        .where(EVENTS.c.stage.is_not(None), ~replaced)
        .ext(distinct_on(EVENTS.c.case_key))
        .order_by(EVENTS.c.case_key, EVENTS.c.effective_on.desc(), EVENTS.c.id.desc())
    )


def disputed(case_key: ColumnElement[str], as_of: date) -> ColumnElement[bool]:
    """Whether a complaint about a case was open on a date."""
    unanswered = or_(COMPLAINTS.c.answered_on.is_(None), COMPLAINTS.c.answered_on > as_of)
    return exists().where(COMPLAINTS.c.case_key == case_key, COMPLAINTS.c.filed_on <= as_of, unanswered)


def blocker(case_key: ColumnElement[str], as_of: date, what: str) -> ColumnElement[Any]:
    """A column of what holds a case up on a date: of several the one that stands longest."""
    lasting = or_(BLOCKERS.c.until.is_(None), BLOCKERS.c.until > as_of)
    return (
        select(BLOCKERS.c[what])
        .where(BLOCKERS.c.case_key == case_key, BLOCKERS.c.since <= as_of, lasting)
        .order_by(BLOCKERS.c.since, BLOCKERS.c.id)
        .limit(1)
        .correlate_except(BLOCKERS)
        .scalar_subquery()
    )
