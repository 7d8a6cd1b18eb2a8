"""What is kept of cases follows from their events and takes, worked out by hand."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import pytest
from isal import igzip
from sqlalchemy import Connection, Table, insert, select

from layers.access import PUBLIC
from layers.catalogue import layer
from layers.clearance import maintain
from layers.query import visible
from layers.records.cases import COMPLAINTS, PAYEES, PAYMENTS, SHARES, TAKES
from layers.records.observations import OBSERVATIONS
from layers.records.stages import EVENTS, LEDGER, RUNS
from layers.tiles import tile
from tests.factories import LAT, LON, SINCE, a_case, a_parcel, a_stage, a_zone, rectangle


def _rows(db: Connection, table: Table, *names: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(row) for row in db.execute(select(*(table.c[name] for name in names))))


def test_a_stage_lasts_until_the_next_and_a_correction_of_the_day_counts(db: Connection) -> None:
    parcel = a_parcel(db, "1", "1", rectangle(0, 0, 100, 100))
    a_stage(db, parcel, "notified", date(2024, 1, 5))
    a_stage(db, parcel, "paid", date(2024, 3, 1))
    a_stage(db, parcel, "inventoried", date(2024, 3, 1))
    a_stage(db, parcel, "inventoried", date(2024, 4, 1))  # told twice: reached once
    runs = _rows(db, RUNS, "from_on", "to_on", "stage", "stage_rank")
    assert runs == [
        (date(2024, 1, 5), date(2024, 3, 1), "notified", 1),
        (date(2024, 3, 1), None, "inventoried", 2),
    ]


def test_an_event_that_was_replaced_never_was(db: Connection) -> None:
    parcel = a_parcel(db, "1", "1", rectangle(0, 0, 100, 100))
    a_stage(db, parcel, "notified", date(2024, 1, 5))
    a_stage(db, parcel, "handed_over", date(2024, 3, 1))
    wrong = db.execute(select(EVENTS.c.id).where(EVENTS.c.stage == "handed_over")).scalar_one()
    taken_back = {"case_key": parcel, "effective_on": date(2024, 3, 1), "replaces_id": wrong}
    db.execute(insert(EVENTS).values(taken_back))
    maintain.rebuild_cases(db, [parcel])
    assert _rows(db, RUNS, "from_on", "to_on", "stage") == [(date(2024, 1, 5), None, "notified")]


def test_the_land_of_a_zone_is_the_sum_of_the_ledger_up_to_a_day(db: Connection) -> None:
    # Half of the 2 ha parcel lies in zone A, half in B; 1 ha = 10,000 m² = 1e10 mm².
    a_zone(db, "A", rectangle(0, 0, 100, 200), clearance_basis="parcels")
    a_zone(db, "B", rectangle(100, 0, 100, 200), clearance_basis="parcels")
    parcel = a_parcel(db, "1", "1", rectangle(50, 0, 100, 200), zone_key="A")
    a_stage(db, parcel, "notified", date(2024, 1, 5))
    a_stage(db, parcel, "handed_over", date(2024, 3, 1))
    whole = db.execute(select(TAKES.c.area_ha)).scalar_one()
    shares = dict(_rows(db, SHARES, "zone_key", "area_mm2"))
    assert shares["A"] == pytest.approx(1e10, rel=1e-3)
    assert shares["A"] + shares["B"] == pytest.approx(whole * 1e10, abs=10)
    a, b = shares["A"], shares["B"]
    assert _rows(db, LEDGER, "zone_key", "on_day", "stage_rank", "area_mm2", "cases") == [
        ("A", SINCE, 0, a, 1),
        ("A", date(2024, 1, 5), 0, -a, -1),
        ("A", date(2024, 1, 5), 1, a, 1),
        ("A", date(2024, 3, 1), 1, -a, -1),
        ("A", date(2024, 3, 1), 6, a, 1),
        ("B", SINCE, 0, b, 0),
        ("B", date(2024, 1, 5), 0, -b, 0),
        ("B", date(2024, 1, 5), 1, b, 0),
        ("B", date(2024, 3, 1), 1, -b, 0),
        ("B", date(2024, 3, 1), 6, b, 0),
    ]


def test_a_case_of_a_park_counts_once_in_the_phase_with_most_of_its_land(db: Connection) -> None:
    a_zone(db, "P", rectangle(0, 0, 300, 100))
    a_zone(db, "P-1", rectangle(0, 0, 100, 100), parent_key="P")
    a_zone(db, "P-2", rectangle(100, 0, 200, 100), parent_key="P")
    a_case(db, "C", [a_parcel(db, "1", "1", rectangle(70, 0, 100, 100))], zone_key="P")
    a_case(db, "D", [a_parcel(db, "1", "2", rectangle(170, 0, 50, 100))], zone_key="P-1")
    counts = dict(_rows(db, LEDGER, "zone_key", "cases"))
    assert counts == {"P": 2, "P-1": 1, "P-2": 1}  # D was told to be of phase 1


def test_money_counts_on_the_day_of_its_approval_and_payment(db: Connection) -> None:
    a_zone(db, "A", rectangle(0, 0, 100, 100))
    a_case(db, "C", zone_key="A")
    approved = {"name": "Ông A", "approved_vnd": 500, "approved_on": date(2024, 2, 1), "decision_number": "1"}
    payee = db.execute(insert(PAYEES).values(case_key="C", **approved).returning(PAYEES.c.id)).scalar_one()
    paid = {
        "case_key": "C",
        "payee_id": payee,
        "amount_vnd": 200,
        "paid_on": date(2024, 3, 1),
        "voucher": "1",
    }
    db.execute(insert(PAYMENTS).values(paid))
    maintain.rebuild_cases(db, ["C"])
    money = _rows(db, LEDGER, "on_day", "stage_rank", "approved_vnd", "paid_vnd")
    assert money == [(SINCE, 0, 0, 0), (date(2024, 2, 1), -1, 500, 0), (date(2024, 3, 1), -1, 0, 200)]


def test_tiles_carry_the_days_on_which_the_rank_changes(db: Connection) -> None:
    parcel = a_parcel(db, "1", "1", rectangle(0, 0, 100, 100))
    a_stage(db, parcel, "notified", date(2024, 1, 5))
    db.execute(insert(COMPLAINTS).values(case_key=parcel, filed_on=SINCE, subject="giá", office="UBND"))
    maintain.rebuild_cases(db, [parcel])
    # 2020-01-01 is 20 years of 365 days and 5 leap days after 2000-01-01: day 7305; 2024-01-05 is day 8770.
    runs = db.execute(select(TAKES.c.runs)).scalar_one()
    assert runs == {"d1": 7305, "c1": 0, "d2": 8770, "c2": 1, "disputed": True}


def test_rebuilding_all_writes_what_rebuilding_a_case_wrote(db: Connection) -> None:
    a_zone(db, "A", rectangle(0, 0, 100, 200))
    parcel = a_parcel(db, "1", "1", rectangle(50, 0, 100, 200), zone_key="A")
    a_stage(db, parcel, "notified", date(2024, 1, 5))
    kept = [(t, _rows(db, t, *t.c.keys())) for t in (RUNS, LEDGER, SHARES)]
    assert maintain.rebuild(db) == 1
    assert [(t, _rows(db, t, *t.c.keys())) for t in (RUNS, LEDGER, SHARES)] == kept
    assert maintain.rebuild(db, ["A"]) == 1
    assert [(t, _rows(db, t, *t.c.keys())) for t in (RUNS, LEDGER, SHARES)] == kept


def _features(db: Connection, layer_id: str, as_of: date) -> list[Any]:
    rows = visible(layer(layer_id), PUBLIC, as_of).subquery()
    return list(db.execute(select(rows).order_by(rows.c.key)))


def test_a_zone_shows_its_share_with_what_it_is_a_share_of(db: Connection) -> None:
    a_zone(db, "A", rectangle(0, 0, 100, 200))
    a_zone(db, "B", rectangle(500, 0, 100, 100))
    a_zone(db, "C", rectangle(900, 0, 100, 100))
    a_stage(db, a_parcel(db, "1", "1", rectangle(0, 0, 100, 50), zone_key="A"), "notified", date(2024, 1, 5))
    cleared = a_parcel(db, "1", "2", rectangle(0, 50, 100, 150), zone_key="A")
    a_stage(db, cleared, "handed_over", date(2024, 3, 1))
    told = {"zone_key": "B", "quantity": "cleared_ratio", "value": 0.41, "denominator": "329 ha"}
    db.execute(insert(OBSERVATIONS).values(**told, observed_on=date(2024, 2, 1), source="báo"))
    before = _features(db, "clearance_by_zone", date(2024, 2, 1))
    assert [(r.basis, r.band, r.handed_over_ratio) for r in before] == [
        ("tracked", "below_25", 0),
        ("reported", "below_50", 0.41),
        ("unknown", "unknown", None),
    ]
    a, b, _ = _features(db, "clearance_by_zone", date(2024, 3, 1))
    assert a.handed_over_ratio == pytest.approx(0.75, abs=1e-6)  # 1.5 ha of 2 ha
    assert (a.cases_count, a.handed_over_count, a.denominator) == (2, 1, "to_recover")
    assert (b.denominator, b.reported_source, b.to_recover_ha) == ("329 ha", "báo", None)


def test_a_take_shows_the_stage_of_its_case_on_a_date(db: Connection) -> None:
    parcel = a_parcel(db, "1", "1", rectangle(0, 0, 100, 100))
    a_stage(db, parcel, "notified", date(2024, 1, 5))
    a_stage(db, parcel, "handed_over", date(2024, 3, 1))
    days = (date(2024, 1, 4), date(2024, 1, 5), date(2024, 3, 1))
    assert [_features(db, "clearance_stage", day)[0].stage for day in days] == [
        "not_started",
        "notified",
        "handed_over",
    ]


def test_a_tile_carries_every_stage_of_a_take_with_its_day(db: Connection) -> None:
    parcel = a_parcel(db, "1", "1", rectangle(0, 0, 100, 100))
    a_stage(db, parcel, "notified", date(2024, 1, 5))

    def cut(z: int) -> bytes:
        row = (1 - math.asinh(math.tan(math.radians(LAT))) / math.pi) / 2 * 2**z
        place = (z, int((LON + 180) / 360 * 2**z), int(row))
        return igzip.decompress(tile(db, layer("clearance_stage"), PUBLIC, date(2024, 6, 1), *place))

    assert all(name in cut(14) for name in (b"d1", b"c1", b"d2", b"c2", b"notified"))
    assert b"case_key" not in cut(14)
    assert b"case_key" in cut(15)
