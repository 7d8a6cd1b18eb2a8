"""Ledgers in memory say what the ledger says, whoever changes it and whether the change lasts or not."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, event, func, insert, select

from layers.clearance import ledgers, maintain
from layers.clearance.contributions import MONEY_RANK
from layers.clearance.ledgers import AREA, CASES, changes, totals
from layers.records.stages import EVENTS, LEDGER
from tests.factories import a_case, a_parcel, a_zone, rectangle

OPENED = date(2024, 1, 1)


def a_hectare(db: Connection, zone: str, east_m: float) -> str:
    """A zone of one parcel of 100 m × 100 m, with one case on it; its key."""
    a_zone(db, zone, rectangle(east_m, 0, 100, 100), clearance_basis="parcels")
    parcel = a_parcel(db, zone, "1", rectangle(east_m, 0, 100, 100), zone_key=zone)
    a_case(db, f"{zone}-1", [parcel], OPENED, zone_key=zone)
    return f"{zone}-1"


def handed_over(db: Connection, case: str, on: date) -> None:
    db.execute(insert(EVENTS).values(case_key=case, stage="handed_over", effective_on=on))
    maintain.rebuild_cases(db, [case])


def cleared(db: Connection, on: date, *zones: str) -> tuple[int, int]:
    """Cases handed over and hectares, rounded."""
    sums = totals(ledgers.ledgers(db, zones).values(), on)
    return int(sums[6, CASES]), round(sums[6, AREA] / 1e10)


def test_a_day_before_the_hand_over_nothing_is_cleared(db: Connection) -> None:
    handed_over(db, a_hectare(db, "A", 0), date(2025, 3, 1))
    handed_over(db, a_hectare(db, "B", 200), date(2025, 4, 1))
    assert cleared(db, date(2025, 2, 28), "A", "B") == (0, 0)
    assert cleared(db, date(2025, 3, 1), "A", "B") == (1, 1)
    assert cleared(db, date(2025, 4, 1), "A", "B") == (2, 2)
    assert cleared(db, date(2025, 4, 1), "B", "nowhere") == (1, 1)
    held = list(ledgers.ledgers(db, ["A", "B"]).values())
    assert changes(held, 6, CASES, date(2025, 3, 31)) == [(date(2025, 3, 1), 1)]
    assert [day for day, _ in changes(held, 6, AREA, date(2030, 1, 1))] == [
        date(2025, 3, 1),
        date(2025, 4, 1),
    ]


def test_before_its_first_case_a_zone_has_no_days(db: Connection) -> None:
    a_hectare(db, "A", 0)
    one = ledgers.ledgers(db, ["A"])["A"]
    opened = ledgers.day_number(OPENED)
    assert one.first_and_last(opened - 1) is None
    assert one.first_and_last(opened) == (opened, opened)


def test_what_was_taken_back_was_never_remembered(db: Connection) -> None:
    case = a_hectare(db, "A", 0)
    assert cleared(db, date(2026, 1, 1), "A") == (0, 0)
    tried = db.begin_nested()
    handed_over(db, case, date(2025, 3, 1))
    assert cleared(db, date(2026, 1, 1), "A") == (1, 1)
    tried.rollback()
    assert cleared(db, date(2026, 1, 1), "A") == (0, 0)
    handed_over(db, case, date(2025, 9, 1))  # the count of changes is now what it was in what was taken back
    assert cleared(db, date(2025, 8, 31), "A") == (0, 0)
    assert cleared(db, date(2025, 9, 1), "A") == (1, 1)


def test_an_edit_makes_one_zone_be_read_again(db: Connection) -> None:
    case = a_hectare(db, "A", 0)
    a_hectare(db, "B", 200)
    cleared(db, OPENED, "A", "B")
    assert _read_from_the_table(db, "A", "B") == []
    handed_over(db, case, date(2025, 3, 1))
    assert _read_from_the_table(db, "A", "B") == ["A"]


@pytest.mark.parametrize("seed", range(3))
def test_sums_are_those_of_the_table(db: Connection, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = {
        (zone, OPENED + timedelta(days=int(rng.integers(40))), int(rng.integers(-1, 7)))
        for zone in "ABC" * 60
    }
    maintain.mark_forecasts(db, "ABC")
    names = ("area_mm2", "cases", "approved_vnd", "paid_vnd")
    for zone, day, rank in sorted(rows):
        values = dict(zip(names, rng.integers(-(10**14), 10**14, 4).tolist(), strict=True))
        db.execute(insert(LEDGER).values(zone_key=zone, on_day=day, stage_rank=rank, **values))
    for day in (OPENED - timedelta(days=1), OPENED + timedelta(days=17), OPENED + timedelta(days=99)):
        sums = totals(ledgers.ledgers(db, "ABC").values(), day)
        for rank in range(MONEY_RANK, 7):
            asked = select(*(func.coalesce(func.sum(LEDGER.c[name]), 0) for name in names))
            told = db.execute(asked.where(LEDGER.c.on_day <= day, LEDGER.c.stage_rank == rank)).one()
            assert sums[rank].tolist() == [int(value) for value in told]


def _read_from_the_table(db: Connection, *zones: str) -> list[str]:
    """Of which zones the ledger's table is asked."""
    asked: list[str] = []

    def heard(_c: object, _k: object, statement: str, given: dict[str, Any], *_: object) -> None:
        if "FROM clearance_ledger" in statement:
            asked.extend(next(value for value in given.values() if isinstance(value, list)))

    engine: Engine = db.engine
    event.listen(engine, "before_cursor_execute", heard)
    try:
        ledgers.ledgers(db, zones)
    finally:
        event.remove(engine, "before_cursor_execute", heard)
    return asked
