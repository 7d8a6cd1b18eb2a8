"""Stages from files, and boundaries that change: cases are found or made, shares follow the edited land."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import shapely
from sqlalchemy import Connection, select, update

from layers.catalogue import layer
from layers.catalogue.cases import TABLE as CASES
from layers.clearance import maintain
from layers.quality.versions import replace
from layers.records.cases import SHARES, TAKES
from layers.records.stages import EVENTS, LEDGER, RUNS
from tests.factories import SINCE, a_case, a_parcel, a_stage, a_zone, rectangle
from tests.layers.test_ingest import counts, csv, notes, run

HEAD = "Mã thửa,Giai đoạn,Ngày\n"


def _kept(db: Connection) -> list[Any]:
    ledger = sorted(tuple(row) for row in db.execute(select(LEDGER)) if any(row[3:]))
    return [ledger, *(sorted(map(tuple, db.execute(select(table)))) for table in (RUNS, SHARES))]


def _as_rebuilt(db: Connection) -> bool:
    kept = _kept(db)
    maintain.rebuild(db)
    return _kept(db) == kept


def test_a_parcel_without_a_case_gets_one_with_its_code_and_all_its_land(
    db: Connection, tmp_path: Path
) -> None:
    a_zone(db, "A", rectangle(0, 0, 50, 100), clearance_basis="parcels")
    key = a_parcel(db, "1", "1", rectangle(0, 0, 100, 100), zone_key="A", user_type="UBQ")
    body = f"{key},inventoried,05/02/2025\n"
    assert counts(run(db, "stage_events", csv(tmp_path, HEAD + body, "a.csv"))) == (1, 1, 0, 0)
    case = db.execute(select(CASES)).one()
    assert (case.key, case.zone_key, case.origin, case.user_kind) == (key, "A", "state", "state")
    assert (case.law, case.opened_on) == ("LL2024", date(2025, 2, 5))
    assert case.area_ha == pytest.approx(1, rel=1e-3)
    assert db.execute(select(SHARES.c.area_mm2)).scalar_one() == pytest.approx(0.5e10, rel=1e-3)
    assert _as_rebuilt(db)


def test_a_row_of_a_parcel_is_an_event_of_the_case_that_takes_it(db: Connection, tmp_path: Path) -> None:
    key = a_parcel(db, "1", "1", rectangle(0, 0, 100, 100))
    a_case(db, "HS-1", [key])
    body = f"{key},notified,05/02/2025\nHS-1,handed_over,05/06/2025\nX,paid,05/06/2025\n"
    done = run(db, "stage_events", csv(tmp_path, HEAD + body, "a.csv"))
    assert counts(done) == (3, 2, 0, 1)
    assert [(row, code) for row, code, *_ in notes(db, done["id"])] == [(3, "case_unknown")]
    assert set(db.execute(select(EVENTS.c.case_key)).scalars()) == {"HS-1"}
    assert run(db, "stage_events", csv(tmp_path, HEAD + body + "\n", "b.csv"))["loaded_count"] == 2
    assert len(db.execute(select(EVENTS)).all()) == 2  # told twice, stored once


def test_a_file_that_contradicts_the_order_of_the_law_is_refused_row_by_row(
    db: Connection, tmp_path: Path
) -> None:
    key = a_parcel(db, "1", "1", rectangle(0, 0, 100, 100))
    rows = [("notified", "05/01/2025"), ("handed_over", "05/06/2025"), ("inventoried", "05/07/2025")]
    rows += [("handed_over", "05/08/2025"), ("lease_ended", "05/03/2025"), ("paid", "05/03/2099")]
    body = "".join(f"{key},{stage},{on}\n" for stage, on in rows)
    done = run(db, "stage_events", csv(tmp_path, HEAD + body, "a.csv"))
    assert counts(done) == (6, 2, 0, 4)
    assert sorted((row, code) for row, code, *_ in notes(db, done["id"])) == [
        (3, "stage_order_impossible"),
        (4, "handed_over_twice"),
        (5, "stage_not_on_path"),
        (6, "event_in_future"),
    ]
    assert _as_rebuilt(db)


def test_what_is_taken_whole_follows_a_repaired_parcel_from_its_day(db: Connection) -> None:
    a_zone(db, "A", rectangle(0, 0, 50, 100), clearance_basis="parcels")
    other = a_parcel(db, "1", "2", rectangle(0, 200, 100, 100))
    key = a_parcel(db, "1", "1", rectangle(0, 0, 100, 100), zone_key="A")
    for parcel in (key, other):
        a_stage(db, parcel, "handed_over", date(2024, 1, 1))
    replace(db, layer("parcels"), key, date(2025, 1, 1), geom=_multi(rectangle(25, 0, 75, 100)))
    told = select(TAKES.c.valid_from, TAKES.c.valid_to, TAKES.c.area_ha).where(TAKES.c.parcel_key == key)
    before, after = db.execute(told.order_by(TAKES.c.valid_from)).all()
    assert (before.valid_from, before.valid_to) == (SINCE, date(2025, 1, 1))
    assert after.area_ha == pytest.approx(0.75, rel=1e-3)
    assert db.execute(select(CASES.c.area_ha).where(CASES.c.key == key)).scalar_one() == after.area_ha
    assert _as_rebuilt(db)


def test_shares_follow_a_zone_whose_boundary_was_drawn_anew(db: Connection) -> None:
    a_zone(db, "A", rectangle(0, 0, 50, 100), clearance_basis="parcels")
    a_zone(db, "B", rectangle(50, 0, 50, 100), clearance_basis="parcels")
    a_stage(db, a_parcel(db, "1", "1", rectangle(0, 0, 100, 100), zone_key="A"), "paid", date(2024, 1, 1))
    db.execute(update(SHARES).where(SHARES.c.zone_key == "B").values(area_mm2=1))  # not looked at again
    replace(db, layer("zones"), "A", date(2025, 1, 1), geom=_multi(rectangle(0, 0, 25, 100)))
    shares = dict(tuple(row) for row in db.execute(select(SHARES.c.zone_key, SHARES.c.area_mm2)))
    assert shares == {"A": pytest.approx(0.25e10, rel=1e-3), "B": 1}
    assert not _as_rebuilt(db)
    assert _as_rebuilt(db)


def _multi(shape: Any) -> Any:
    return shapely.multipolygons([shape])
