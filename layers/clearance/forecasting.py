"""
Forecasts of clearance, kept in step with what they rest on.

A verb that changes cases raises ``forecasts.changed`` of its zones; the forecast of a zone is stale until one
was computed of that number. All cases of the province are the history that every zone is forecast from; only
what is due is written. The arithmetic is :mod:`gis.clearance.forecast`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import (
    Connection,
    Date,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from gis.arrays import Bools, Floats, Ints
from gis.measure import MM2_PER_HA
from layers.catalogue.cases import TABLE as CASES
from layers.clearance.standing import EPOCH
from layers.dates import COUNTRY_TIME, today
from layers.records.cases import PROJECTS, SHARES, TAKES
from layers.records.data_versions import bump
from layers.records.roadmaps import CASE_FORECASTS, FORECASTS
from layers.records.stages import CLEARED_RANK, EVENTS, RUNS
from layers.supply import refresh_outlook

if TYPE_CHECKING:
    from gis.clearance.forecast import Forecast

DRAWS = 500
_NOT_STARTED = "not_started"
_FAR = 10**6
_LEVELS = ("p10", "p50", "p90")


@dataclass(frozen=True)
class Made:
    """Forecasts that were made and are to be written."""

    as_of: date
    #: By zone, the number of changes that its forecast was computed of.
    computed_of: Mapping[str, int]
    zones: Sequence[Mapping[str, Any]]
    cases: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class _Read:
    """The province's cases as arrays, with the names behind the numbers."""

    cases: Sequence[Any]
    areas: Sequence[str]
    clocks: Sequence[str]  # zones whose clock cases share
    kind: Ints
    zone: Ints
    over: Bools
    run: Ints  # (n, 4): case, stage, from_day, recorded_day (the far future where it is not known)
    rank: Ints
    share: Ints  # (k, 2): case, area
    share_ha: Floats
    stop: Ints  # (s, 3): zone, from_day, to_day


def due(db: Connection, as_of: date | None = None) -> dict[str, int]:
    """
    Zones whose forecast is stale or of an earlier day, with the number of changes known now.

    A day without an event is news too: cases have waited a day longer.
    """
    day = as_of or today()
    c = FORECASTS.c
    stale = or_(c.computed_of.is_(None), c.computed_of < c.changed, c.as_of.is_(None), c.as_of < day)
    return {row.zone_key: row.changed for row in db.execute(select(c.zone_key, c.changed).where(stale))}


def make(db: Connection, zones: Mapping[str, int], as_of: date | None = None) -> Made:
    """
    Forecast some zones; nothing is written.

    Parameters
    ----------
    zones
        As :func:`due` gives them. It was asked before the cases are read here, so that a change between the
        two leaves the zone due.
    """
    # numba is loaded by whoever forecasts, not by every process that imports this module.
    from gis.clearance.forecast import Cases, Runs, Shares, Stops, forecast

    day = as_of or today()
    read = _read(db, day)
    told = forecast(
        Cases(_numbers([case.key for case in read.cases]), read.kind, read.zone),
        Runs(*read.run.T),
        Shares(read.share[:, 0], read.share[:, 1], read.share_ha),
        read.rank,
        as_of=(day - EPOCH).days,
        draws=DRAWS,
        areas=len(read.areas),
        stops=Stops(*read.stop.T),
    )
    at = {key: number for number, key in enumerate(read.areas)}
    waiting = np.bincount(read.share[~read.over[read.share[:, 0]], 1], minlength=len(read.areas))
    rows = [_zone_row(key, at.get(key), told, day, waiting == 0) for key in sorted(zones)]
    return Made(day, zones, rows, _case_rows(told, read, zones))


def write(db: Connection, made: Made) -> None:
    """Put forecasts where they are read; they stay stale until :func:`settle`."""
    keys = sorted(made.computed_of)
    db.execute(delete(CASE_FORECASTS).where(CASE_FORECASTS.c.zone_key.in_(keys)))
    ours = [row["case_key"] for row in made.cases]
    db.execute(delete(CASE_FORECASTS).where(CASE_FORECASTS.c.case_key.in_(ours)))  # it was another zone's
    if made.cases:
        db.execute(insert(CASE_FORECASTS), made.cases)
    names = ("as_of", "status", "observed_cases", "p10_on", "p50_on", "p90_on", "curve")
    values: dict[str, Any] = {name: bindparam(name, type_=FORECASTS.c[name].type) for name in names}
    values |= {"computed_at": func.now(), "curve": bindparam("curve", type_=JSONB(none_as_null=True))}
    db.execute(update(FORECASTS).where(FORECASTS.c.zone_key == bindparam("zone")).values(values), made.zones)
    bump(db, (FORECASTS.name, CASE_FORECASTS.name))


def settle(db: Connection, made: Made) -> None:
    """Say that the forecasts, and all that follows from them, are of the changes they were computed of."""
    rows = [{"zone": key, "number": number} for key, number in sorted(made.computed_of.items())]
    of = update(FORECASTS).where(FORECASTS.c.zone_key == bindparam("zone"))
    db.execute(of.values(computed_of=bindparam("number")), rows)
    bump(db, (FORECASTS.name,))


def bring_up_to_date(db: Connection, as_of: date | None = None) -> int:
    """
    Forecast what is due, with the supply of days to come, in the caller's transaction.

    For loading and tests; the worker does the same in three short transactions, since :func:`write` and
    :func:`settle` hold rows that every verb on a zone's cases waits for.

    Returns
    -------
    count
        How many zones were due.
    """
    zones = due(db, as_of)
    if zones:
        made = make(db, zones, as_of)
        write(db, made)
        refresh_outlook(db, sorted(zones))
        settle(db, made)
    return len(zones)


# -- reading -------------------------------------------------------------------------------------------------


def _read(db: Connection, day: date) -> _Read:
    shares = _shares(db, day)
    cases = _cases(db, day)
    number = {case.key: row for row, case in enumerate(cases)}
    share = [row for row in shares if row.case_key in number]
    areas = sorted({row.zone_key for row in share})
    area = {key: at for at, key in enumerate(areas)}
    first_area: dict[str, str] = {}
    for row in share:
        first_area.setdefault(row.case_key, row.zone_key)
    clocks = [case.zone_key or first_area.get(case.key, "") for case in cases]
    clock = {key: at for at, key in enumerate(sorted(set(clocks)))}
    kinds = sorted({(case.user_kind, case.origin) for case in cases})
    runs, ranks = _runs(db, day, cases, number)
    return _Read(
        cases=cases,
        areas=areas,
        kind=np.array([kinds.index((case.user_kind, case.origin)) for case in cases], dtype=np.int64),
        clocks=sorted(clock),
        zone=np.array([clock[key] for key in clocks], dtype=np.int64),
        over=_over(runs, ranks, len(cases)),
        run=runs,
        rank=ranks,
        share=np.array([(number[r.case_key], area[r.zone_key]) for r in share], dtype=np.int64).reshape(
            -1, 2
        ),
        share_ha=np.array([float(row.area_mm2) / MM2_PER_HA for row in share]),
        stop=_stops(db, day, clock),
    )


def _cases(db: Connection, day: date) -> Sequence[Any]:
    """The last version of each case by a day; cases that ended otherwise than by hand-over are left out."""
    later = CASES.alias("later")
    is_last = ~(
        select(later.c.id)
        .where(later.c.key == CASES.c.key, later.c.valid_from > CASES.c.valid_from, later.c.valid_from <= day)
        .exists()
    )
    cleared = (
        select(RUNS.c.case_key)
        .where(RUNS.c.case_key == CASES.c.key, RUNS.c.stage_rank == CLEARED_RANK, RUNS.c.to_on.is_(None))
        .exists()
    )
    lasts = or_(CASES.c.valid_to.is_(None), CASES.c.valid_to > day, cleared)
    names = ("id", "key", "zone_key", "user_kind", "origin", "opened_on")
    query = select(*(CASES.c[name] for name in names)).where(is_last, CASES.c.valid_from <= day, lasts)
    return db.execute(query.order_by(CASES.c.key)).all()


def _runs(db: Connection, day: date, cases: Sequence[Any], number: Mapping[str, int]) -> tuple[Ints, Ints]:
    """Stages reached by a day, and when that was recorded; a file begins with what is before all events."""
    first_recorded = (
        select(func.min(EVENTS.c.recorded_at))
        .where(
            EVENTS.c.case_key == RUNS.c.case_key,
            EVENTS.c.stage == RUNS.c.stage,
            EVENTS.c.effective_on == RUNS.c.from_on,
            EVENTS.c.import_run_id.is_(None),  # files of years loaded at once say nothing of delays
        )
        .scalar_subquery()
    )
    query = select(
        RUNS.c.case_key,
        RUNS.c.stage,
        RUNS.c.stage_rank,
        (RUNS.c.from_on - literal(EPOCH, Date)).label("from_day"),
        (func.timezone(COUNTRY_TIME.key, first_recorded).cast(Date) - literal(EPOCH, Date)).label("recorded"),
    ).where(RUNS.c.from_on <= day)
    ranks = {_NOT_STARTED: 0}
    rows: list[tuple[int, str, int, int]] = []
    first: dict[int, int] = {}
    for run in db.execute(query):
        if (case := number.get(run.case_key)) is not None:
            ranks[run.stage] = run.stage_rank
            rows.append((case, run.stage, run.from_day, _FAR if run.recorded is None else run.recorded))
            first[case] = min(first.get(case, _FAR), run.from_day)
    for case, told in enumerate(cases):
        opened = (told.opened_on - EPOCH).days
        if opened < first.get(case, _FAR) and told.opened_on <= day:
            rows.append((case, _NOT_STARTED, opened, _FAR))
    ranks.setdefault("handed_over", CLEARED_RANK)
    stages = sorted(ranks)
    at = {stage: row for row, stage in enumerate(stages)}
    table = np.array([(case, at[stage], *days) for case, stage, *days in rows], dtype=np.int64)
    return table.reshape(-1, 4), np.array([ranks[stage] for stage in stages], dtype=np.int64)


def _over(runs: Ints, ranks: Ints, cases: int) -> Bools:
    """Shape (cases,): whether a case's last stage is the hand-over."""
    runs = runs[np.lexsort((runs[:, 2], runs[:, 0]))]
    last = np.append(runs[1:, 0] != runs[:-1, 0], np.ones(min(len(runs), 1), dtype=np.bool_))
    over = np.zeros(cases, dtype=np.bool_)
    over[runs[last, 0]] = ranks[runs[last, 1]] == CLEARED_RANK
    return over


def _numbers(keys: Sequence[str]) -> Ints:
    """A number for each key that stays the same whatever other keys there are."""
    digests = [hashlib.blake2b(key.encode(), digest_size=8).digest() for key in keys]
    return np.frombuffer(b"".join(digests), dtype=">i8").astype(np.int64)


def _shares(db: Connection, day: date) -> Sequence[Any]:
    holds = and_(TAKES.c.valid_from <= day, or_(TAKES.c.valid_to.is_(None), TAKES.c.valid_to > day))
    query = (
        select(TAKES.c.case_key, SHARES.c.zone_key, func.sum(SHARES.c.area_mm2).label("area_mm2"))
        .join_from(TAKES, SHARES, SHARES.c.take_id == TAKES.c.id)
        .where(holds)
        .group_by(TAKES.c.case_key, SHARES.c.zone_key)
        .order_by(TAKES.c.case_key, SHARES.c.zone_key)
    )
    return db.execute(query).all()


def _stops(db: Connection, day: date, clock: Mapping[str, int]) -> Ints:
    """Stops of funding on record; one that is not over has no end."""
    c = PROJECTS.c
    query = select(c.zone_key, c.funding_stopped_on, c.funding_resumed_on).where(c.funding_stopped_on <= day)
    rows = [
        (
            clock[stop.zone_key],
            (stop.funding_stopped_on - EPOCH).days,
            _FAR if stop.funding_resumed_on is None else (stop.funding_resumed_on - EPOCH).days,
        )
        for stop in db.execute(query)
        if stop.zone_key in clock
    ]
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


# -- writing -------------------------------------------------------------------------------------------------


def _zone_row(key: str, area: int | None, told: Forecast, day: date, done: Bools) -> dict[str, Any]:
    """A zone's forecast; without cases there is none, and that is what the row says."""
    row: dict[str, Any] = {"zone": key, "as_of": day, "observed_cases": told.finished_cases, "curve": None}
    row |= {f"{level}_on": None for level in _LEVELS}
    if area is None:
        return row | {"status": None}
    if done[area]:
        return row | {"status": "done"}
    if told.status == "too_little":
        return row | {"status": "too_little"}
    days = told.days[: _shown(told, area)]
    curve = {"days": [(EPOCH + timedelta(days=int(one))).isoformat() for one in days]}
    for name, bands in (("ha", told.ha[area]), ("cases", told.cases[area])):
        curve |= {name: _banded([np.round(band[: len(days)], 4).tolist() for band in bands])}
    last = _dates(told.done_day[area])
    return (
        row | {"status": "ready", "curve": curve} | {f"{name}_on": on for name, on in _banded(last).items()}
    )


def _shown(told: Forecast, area: int) -> int:
    """How many points of a zone's curves there are until nothing changes any more; a year at least."""
    moves = np.flatnonzero(np.any(np.diff(told.ha[area], axis=-1) > 0, axis=0))
    return min(max(13, int(moves[-1]) + 3 if len(moves) else 0), len(told.days))


def _case_rows(told: Forecast, read: _Read, zones: Mapping[str, int]) -> list[dict[str, Any]]:
    """Cases of the zones that are open and of which anything can be told."""
    if told.status == "too_little":
        return []
    rows: list[dict[str, Any]] = []
    for number in np.flatnonzero(~read.over & ~np.isnan(told.case_day[:, 0])).tolist():
        key = read.clocks[read.zone[number]]
        if key in zones:
            days = _banded(_dates(told.case_day[number]))
            case_key = read.cases[number].key
            rows.append({"case_key": case_key, "zone_key": key} | {f"{n}_on": on for n, on in days.items()})
    return rows


def _banded(values: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(_LEVELS, values, strict=True))


def _dates(days: Floats) -> list[date | None]:
    return [None if np.isnan(day) else EPOCH + timedelta(days=int(day)) for day in days]
