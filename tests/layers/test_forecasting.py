"""Forecasts are computed of what the cases' events say, are written whole, and follow a change."""

from __future__ import annotations

import subprocess
import sys
import time as clock
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, func, insert, select, text, update

from api.jobs_forecasts import follow
from layers.catalogue.cases import TABLE as CASES
from layers.clearance import forecasting, maintain
from layers.db.cluster import APP, database_url
from layers.records.roadmaps import CASE_FORECASTS, FORECASTS
from layers.records.stages import EVENTS
from tests.factories import a_case, a_parcel, a_zone, rectangle

AS_OF = date(2026, 6, 30)
STEPS = ("notified", "inventoried", "plan_published", "plan_approved", "paid", "handed_over")


def a_zone_under_clearance(db: Connection, key: str, cases: int, at_m: float, *, over: int) -> list[str]:
    """Cases of 0.01 ha each side by side; the first `over` were handed over, the others wait somewhere."""
    random = np.random.default_rng(len(key) + cases)
    a_zone(db, key, rectangle(at_m, 0, 10 * cases, 10), clearance_basis="parcels")
    keys: list[str] = []
    events: list[dict[str, Any]] = []
    for n in range(cases):
        parcel = a_parcel(db, key, str(n + 1), rectangle(at_m + 10 * n, 0, 10, 10), zone_key=key)
        steps = STEPS if n < over else STEPS[: 1 + n % 5]
        stays = random.integers(20, 120, len(steps))
        day = AS_OF - timedelta(days=int(stays.sum()) + (200 if n < over else 5))
        a_case(db, parcel, [parcel], opened_on=day - timedelta(days=1), zone_key=key)
        for step, stay in zip(steps, stays, strict=True):
            recorded = datetime.combine(day + timedelta(days=n % 9), time(9), UTC)
            events.append({"case_key": parcel, "stage": step, "effective_on": day, "recorded_at": recorded})
            day += timedelta(days=int(stay))
        keys.append(parcel)
    db.execute(insert(EVENTS), events)
    maintain.rebuild_cases(db, keys)
    return keys


def zone_row(db: Connection, key: str) -> Any:
    return db.execute(select(FORECASTS).where(FORECASTS.c.zone_key == key)).one()


@pytest.fixture
def province(db: Connection) -> Connection:
    """Zone A: 30 of 50 cases handed over. Zone B: all 3 handed over."""
    a_zone_under_clearance(db, "A", 50, 0, over=30)
    a_zone_under_clearance(db, "B", 3, 1_000, over=3)
    return db


def test_a_zone_gets_curves_from_what_is_cleared_to_what_is_to_recover(province: Connection):
    assert set(forecasting.due(province, AS_OF)) == {"A", "B"}
    assert forecasting.bring_up_to_date(province, AS_OF) == 2
    zone = zone_row(province, "A")
    assert (zone.status, zone.as_of, zone.observed_cases) == ("ready", AS_OF, 33)
    assert zone.computed_of == zone.changed
    assert zone.curve["days"][0] == AS_OF.isoformat()
    # 30 cases of 10 m × 10 m = 0.3 ha are handed over, 0.5 ha are to be recovered.
    for level in ("p10", "p50", "p90"):
        ha = zone.curve["ha"][level]
        assert 0.3 - 1e-3 <= ha[0] <= ha[-1] <= 0.5 + 1e-3
        assert zone.curve["cases"][level][0] >= 30
        assert len(ha) == len(zone.curve["days"])
    assert zone.curve["ha"]["p10"][5] <= zone.curve["ha"]["p90"][5]
    done = zone_row(province, "B")
    assert (done.status, done.curve, done.p50_on) == ("done", None, None)


def test_every_open_case_gets_its_days_and_none_that_is_handed_over(province: Connection):
    forecasting.bring_up_to_date(province, AS_OF)
    rows = province.execute(select(CASE_FORECASTS)).all()
    assert {row.zone_key for row in rows} == {"A"}
    assert len(rows) == 20
    for row in rows:
        days = [day or date.max for day in (row.p10_on, row.p50_on, row.p90_on)]
        assert days == sorted(days)
        assert days[0] >= AS_OF


def test_a_forecast_is_due_again_after_a_change_and_on_the_next_day_and_not_before(province: Connection):
    forecasting.bring_up_to_date(province, AS_OF)
    assert forecasting.due(province, AS_OF) == {}
    maintain.mark_forecasts(province, ["A"])
    assert set(forecasting.due(province, AS_OF)) == {"A"}
    assert forecasting.bring_up_to_date(province, AS_OF) == 1
    assert set(forecasting.due(province, AS_OF + timedelta(days=1))) == {"A", "B"}


def test_a_change_while_a_forecast_is_computed_leaves_it_stale(province: Connection):
    zones = forecasting.due(province, AS_OF)
    made = forecasting.make(province, zones, AS_OF)
    maintain.mark_forecasts(province, ["A"])
    forecasting.write(province, made)
    forecasting.settle(province, made)
    assert set(forecasting.due(province, AS_OF)) == {"A"}


def test_until_all_that_follows_is_written_the_forecast_stays_stale(province: Connection):
    zones = forecasting.due(province, AS_OF)
    forecasting.write(province, forecasting.make(province, zones, AS_OF))
    assert zone_row(province, "A").status == "ready"
    assert forecasting.due(province, AS_OF) == zones


def test_the_same_records_give_the_same_forecast(province: Connection):
    zones = forecasting.due(province, AS_OF)
    one, two = (forecasting.make(province, zones, AS_OF) for _ in range(2))
    assert one == two


def test_too_few_finished_cases_are_said_to_be_too_few(db: Connection):
    a_zone_under_clearance(db, "C", 12, 0, over=5)
    forecasting.bring_up_to_date(db, AS_OF)
    zone = zone_row(db, "C")
    assert (zone.status, zone.observed_cases, zone.curve) == ("too_little", 5, None)
    assert db.execute(select(func.count()).select_from(CASE_FORECASTS)).scalar_one() == 0


def test_a_case_that_ended_otherwise_is_forgotten(province: Connection):
    keys = forecasting.make(province, {"A": 1}, AS_OF).cases
    ended = keys[0]["case_key"]
    province.execute(update(CASES).where(CASES.c.key == ended).values(valid_to=AS_OF))
    forecasting.bring_up_to_date(province, AS_OF)
    told = set(province.execute(select(CASE_FORECASTS.c.case_key)).scalars())
    assert told == {row["case_key"] for row in keys} - {ended}


def test_the_worker_forecasts_what_is_due_as_the_servers_role_one_at_a_time(database: Engine):
    with database.begin() as db:
        a_zone_under_clearance(db, "A", 50, 0, over=30)
    url = database_url(database.url.render_as_string(hide_password=False), user=APP)
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as other:
        key = func.hashtextextended("didoi forecasts", 0)
        other.execute(select(func.pg_advisory_lock(key)))
        assert follow(url) == 0
        other.execute(select(func.pg_advisory_unlock(key)))
    assert follow(url) == 1
    assert follow(url) == 0
    with database.begin() as db:
        assert zone_row(db, "A").status == "ready"
        maintain.mark_forecasts(db, ["A"])
    assert follow(url) == 1


def test_what_a_killed_worker_was_at_is_done_by_the_next(database: Engine):
    with database.begin() as db:
        a_zone_under_clearance(db, "A", 50, 0, over=30)
    url = database_url(database.url.render_as_string(hide_password=False), user=APP)
    code = "import sys; from api.jobs_forecasts import follow; follow(sys.argv[1])"
    worker = subprocess.Popen([sys.executable, "-c", code, url])
    holds = text(
        "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database "
        "WHERE locktype = 'advisory' AND datname = current_database()"
    )
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as watch:
        while worker.poll() is None and watch.execute(holds).scalar_one() == 0:
            clock.sleep(0.01)
        worker.kill()
        worker.wait()
        while watch.execute(holds).scalar_one():
            clock.sleep(0.01)
    assert follow(url) == 1
    with database.connect() as db:
        zone = zone_row(db, "A")
        assert (zone.status, zone.computed_of) == ("ready", zone.changed)
