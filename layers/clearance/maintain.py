"""
What verbs keep in step with the records of cases: runs of stages, shares of zones, ledger, the cases' rows.

Nothing here is a trigger. :func:`rebuild` writes all of it anew from the records; a verb that changes a case
writes the difference (:mod:`layers.clearance.increments`). A test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    TEXT,
    Boolean,
    ColumnElement,
    Connection,
    Date,
    and_,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    union,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert

from layers.catalogue.cases import TABLE as CASES
from layers.catalogue.zones import TABLE as ZONES
from layers.clearance import shares
from layers.clearance.contributions import COLUMNS, latest_zones, ledger, rank_periods
from layers.clearance.ranks import rank_of
from layers.db.statistics import analyze
from layers.records.cases import BLOCKERS, COMPLAINTS, SHARES, TAKES
from layers.records.data_versions import bump
from layers.records.roadmaps import FORECASTS
from layers.records.stages import EVENTS, LEDGER, RUNS

#: Tables whose data version rises with every change of a case.
VERSIONED = ("cases", "takes", "stage_events", "clearance_ledger")
#: Day 0 of the days that tiles carry.
EPOCH_DAY = "2000-01-01"


def rebuild(db: Connection, zone_keys: Iterable[str] | None = None) -> int:
    """
    Write all that is kept of cases anew from their records; land supply is refreshed by the caller.

    Parameters
    ----------
    zone_keys
        Zones or phases whose cases are done, with their parks and phases; None means all cases.

    Returns
    -------
    count
        How many cases were done.
    """
    if zone_keys is not None:
        zones = family(db, zone_keys)
        return rebuild_cases(db, _cases_of(db, zones), zones)
    analyze(db, (CASES.name, TAKES.name, EVENTS.name, ZONES.name))
    _write(db, None, None)
    return db.execute(select(func.count()).select_from(CASES)).scalar_one()


def rebuild_cases(db: Connection, keys: Sequence[str], zones: Iterable[str] = ()) -> int:
    """The same for some cases, with the whole ledger of the zones that they are in or were in."""
    keys = sorted(set(keys))
    before = zones_of(db, keys)
    _write(db, keys, {*zones, *before})
    return len(keys)


def _write(db: Connection, keys: list[str] | None, zones: set[str] | None) -> None:
    _lock(db, keys)
    write_runs(db, keys)
    shares.of_cases(db, keys)
    write_case_rows(db, keys)
    write_take_runs(db, keys)
    if keys is not None and zones is not None:
        zones = {*zones, *zones_of(db, keys)}
    mark_forecasts(db, _all_zones(db) if zones is None else zones)
    write_ledger(db, zones if zones is None else sorted(zones))
    bump(db, VERSIONED)


def write_runs(db: Connection, keys: list[str] | None) -> None:
    """``case_stages`` from the events that count now: the last of each day that was not replaced."""
    db.execute(_of(delete(RUNS), RUNS.c.case_key, keys))
    replacing = EVENTS.alias("replacing")
    law = CASES.c.law
    counting = (
        select(EVENTS.c.case_key, EVENTS.c.effective_on, EVENTS.c.stage, law)
        .join(CASES, CASES.c.key == EVENTS.c.case_key)
        .where(EVENTS.c.stage.is_not(None), ~exists().where(replacing.c.replaces_id == EVENTS.c.id))
        .ext(distinct_on(EVENTS.c.case_key, EVENTS.c.effective_on))
        .order_by(EVENTS.c.case_key, EVENTS.c.effective_on, EVENTS.c.id.desc())
    )
    said = _of(counting, EVENTS.c.case_key, keys).subquery("said")
    by_day: dict[str, Any] = {"partition_by": said.c.case_key, "order_by": said.c.effective_on}
    before = func.lag(said.c.stage).over(**by_day).label("before")
    seen = select(said, before).subquery("seen")
    begun = select(seen).where(seen.c.stage.is_distinct_from(seen.c.before)).subquery("begun")
    until = func.lead(begun.c.effective_on).over(partition_by=begun.c.case_key, order_by=begun.c.effective_on)
    rank = rank_of(begun.c.law, begun.c.stage)
    rows = select(begun.c.case_key, begun.c.effective_on, until, begun.c.stage, rank)
    db.execute(insert(RUNS).from_select(["case_key", "from_on", "to_on", "stage", "stage_rank"], rows))


def write_take_runs(db: Connection, keys: list[str] | None) -> None:
    """``takes.runs``: the days on which the rank of the case changes, as tiles carry them."""
    periods = rank_periods().subquery("period")
    by_day: dict[str, Any] = {"partition_by": periods.c.case_key, "order_by": periods.c.from_on}
    before = func.lag(periods.c.stage_rank).over(**by_day).label("before")
    seen = _of(select(periods, before), periods.c.case_key, keys).subquery("seen")
    changed = select(
        seen, func.row_number().over(partition_by=seen.c.case_key, order_by=seen.c.from_on).label("n")
    )
    step = changed.where(seen.c.stage_rank.is_distinct_from(seen.c.before)).subquery("step")
    day = step.c.from_on - cast(literal(EPOCH_DAY), Date)
    told = (
        select(
            step.c.case_key,
            func.jsonb_object_agg(func.concat("d", step.c.n), day).label("days"),
            func.jsonb_object_agg(func.concat("c", step.c.n), step.c.stage_rank).label("ranks"),
        )
        .group_by(step.c.case_key)
        .subquery("told")
    )
    disputed = case(
        (CASES.c.disputed, func.jsonb_build_object("disputed", True)), else_=func.jsonb_build_object()
    )
    runs = cast(told.c.days, JSONB).concat(told.c.ranks).concat(disputed)
    fits = and_(TAKES.c.case_key == told.c.case_key, CASES.c.key == told.c.case_key)
    db.execute(
        _of(update(TAKES).values(runs=runs).where(fits), TAKES.c.case_key, keys).where(
            TAKES.c.runs.is_distinct_from(runs)
        )
    )


def write_case_rows(db: Connection, keys: list[str] | None) -> None:
    """The columns of a case that follow from its records: area, outline, dispute, blocker."""
    lasts = TAKES.c.valid_to.is_not_distinct_from(CASES.c.valid_to)  # to the end of an ended case
    held = (
        select(
            TAKES.c.case_key,
            func.sum(TAKES.c.area_ha).label("area_ha"),
            func.ST_Multi(func.ST_Union(TAKES.c.geom)).label("geom"),
        )
        .join(CASES, and_(CASES.c.key == TAKES.c.case_key, lasts))
        .group_by(TAKES.c.case_key)
    )
    land = _of(held, TAKES.c.case_key, keys).subquery("land")
    own = CASES.alias("own")
    rows = select(
        own.c.id,
        land.c.area_ha,
        land.c.geom,
        _disputed(own).label("disputed"),
        _blocker(own).label("blocker"),
    ).outerjoin(land, land.c.case_key == own.c.key)
    told = _of(rows, own.c.key, keys).subquery("told")
    values = {name: told.c[name] for name in ("area_ha", "geom", "disputed", "blocker")}
    db.execute(update(CASES).where(CASES.c.id == told.c.id).values(values))


def _disputed(own: Any) -> ColumnElement[bool]:
    waits = exists().where(COMPLAINTS.c.case_key == own.c.key, COMPLAINTS.c.answered_on.is_(None))
    return cast(waits, Boolean)


def _blocker(own: Any) -> ColumnElement[Any]:
    """What has held the case up longest, of what still does."""
    holding = select(BLOCKERS.c.code).where(BLOCKERS.c.case_key == own.c.key, BLOCKERS.c.until.is_(None))
    return holding.order_by(BLOCKERS.c.since, BLOCKERS.c.id).limit(1).scalar_subquery()


def write_ledger(db: Connection, zones: list[str] | None) -> None:
    """The ledger of some zones, or of all, from the records it rests on."""
    rows = ledger().subquery("rows")
    chosen = select(*(rows.c[name] for name in COLUMNS))
    if zones is None:
        db.execute(delete(LEDGER))
    else:
        db.execute(delete(LEDGER).where(LEDGER.c.zone_key.in_(zones)))
        chosen = chosen.where(rows.c.zone_key.in_(zones))
    db.execute(insert(LEDGER).from_select(list(COLUMNS), chosen))


def mark_forecasts(db: Connection, zones: Iterable[str]) -> None:
    """
    Say that what the forecasts of some zones rest on has changed.

    The rows are also the locks under which the zones' ledger is written: in order, held to the end.
    """
    keys = sorted(set(zones))
    if not keys:
        return
    told = func.unnest(cast(keys, ARRAY(TEXT))).column_valued("told")
    made = upsert(FORECASTS).from_select(["zone_key"], select(told))
    raised = {"changed": FORECASTS.c.changed + 1}
    db.execute(made.on_conflict_do_update(index_elements=["zone_key"], set_=raised))


def family(db: Connection, zone_keys: Iterable[str]) -> list[str]:
    """The named zones, the parks they are phases of, and all phases of those; also keys that no zone has."""
    keys = sorted(set(zone_keys))
    parents = select(ZONES.c.parent_key).where(ZONES.c.key.in_(keys), ZONES.c.parent_key.is_not(None))
    heads = set(db.execute(parents).scalars()) | set(keys)
    phases = select(ZONES.c.key).where(ZONES.c.parent_key.in_(heads))
    return sorted(heads | set(db.execute(phases).scalars()))


def _cases_of(db: Connection, zones: list[str]) -> list[str]:
    """Cases of some zones: by what they are for, by the shares of their takes, and by where those lie now."""
    belongs = select(CASES.c.key).where(CASES.c.zone_key.in_(zones))
    shared = select(TAKES.c.case_key).join(SHARES, SHARES.c.take_id == TAKES.c.id)
    near = latest_zones("key", "geom").where(ZONES.c.key.in_(zones)).subquery("near")
    meets = select(TAKES.c.case_key).join_from(TAKES, near, func.ST_Intersects(near.c.geom, TAKES.c.geom))
    found = union(belongs, shared.where(SHARES.c.zone_key.in_(zones)), meets)
    return sorted(db.execute(found).scalars())


def zones_of(db: Connection, keys: list[str]) -> list[str]:
    """Zones whose ledger the cases are in."""
    shared = select(SHARES.c.zone_key).join(TAKES, TAKES.c.id == SHARES.c.take_id)
    own = select(CASES.c.zone_key).where(CASES.c.key.in_(keys), CASES.c.zone_key.is_not(None))
    return family(db, list(db.execute(union(own, shared.where(TAKES.c.case_key.in_(keys)))).scalars()))


def _all_zones(db: Connection) -> list[str]:
    own = select(CASES.c.zone_key).where(CASES.c.zone_key.is_not(None))
    known = union(own, select(SHARES.c.zone_key), select(FORECASTS.c.zone_key))
    return family(db, db.execute(known).scalars())


def _lock(db: Connection, keys: list[str] | None) -> None:
    """Cases first, in order, then zones: no two writers wait for each other."""
    db.execute(_of(select(CASES.c.id), CASES.c.key, keys).order_by(CASES.c.key).with_for_update())


def _of(statement: Any, column: ColumnElement[Any], keys: list[str] | None) -> Any:
    """A statement about some cases, or about all."""
    return statement if keys is None else statement.where(column == func.any(cast(keys, ARRAY(TEXT))))
