"""Whatever is done to cases, in any order and by however many, the figures are those of the records."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, func, insert, select

from gis.clearance.ledger import Events, rank_at
from gis.errors import DidoiError
from layers.access import system
from layers.catalogue.cases import TABLE as CASES
from layers.clearance import cases, maintain, money
from layers.clearance.money import Approval, Payment
from layers.clearance.ranks import ranks
from layers.clearance.stages import NewEvent, append, append_many
from layers.codes.stage_models import stage_models
from layers.records.cases import CONTACTS, EDITS, SHARES, TAKES
from layers.records.stages import EVENTS, LEDGER, RUNS
from layers.revisions import RevisionChanged
from tests.factories import SINCE, a_case, a_parcel, a_zone, rectangle

OFFICE = system("test")
STAGES = tuple(stage_models()["LL2024"].stages)
FIRST = date(2021, 1, 1)
CASES_EACH = 8
EPOCH = date(2000, 1, 1)


def _land(db: Connection) -> None:
    """A park of two phases and a cluster, with eight cases over sixteen parcels that straddle them."""
    a_zone(db, "P", rectangle(0, 0, 800, 110), clearance_basis="parcels")
    a_zone(db, "P-1", rectangle(0, 0, 330, 110), parent_key="P", clearance_basis="parcels")
    a_zone(db, "P-2", rectangle(330, 0, 470, 110), parent_key="P", clearance_basis="parcels")
    a_zone(db, "C", rectangle(0, 110, 800, 150), clearance_basis="parcels")
    for n in range(CASES_EACH):
        zone = ("P", "P-1", "P-2", "C")[n % 4]
        a_parcel(db, "1", str(n), rectangle(100 * n + 3, 0, 97, 100), zone_key=zone)
        a_parcel(db, "2", str(n), rectangle(100 * n, 60 + 45, 100, 70), zone_key=zone)
        a_case(db, f"HS-{n}", [f"25747-1-{n}"], zone_key=zone, opened_on=SINCE)


def _kept(db: Connection) -> list[Any]:
    ledger = sorted(tuple(row) for row in db.execute(select(LEDGER)) if any(row[3:]))
    own = select(CASES.c.key, CASES.c.area_ha, CASES.c.disputed, CASES.c.blocker).order_by(CASES.c.key)
    tiles = select(TAKES.c.id, TAKES.c.runs).order_by(TAKES.c.id)
    tables = [sorted(map(tuple, db.execute(select(table)))) for table in (RUNS, SHARES)]
    return [ledger, *tables, *(list(map(tuple, db.execute(query))) for query in (own, tiles))]


def _anything(db: Connection, rng: np.random.Generator) -> None:
    """One thing that somebody may do to a case; much of it is refused."""
    n = int(rng.integers(CASES_EACH))
    key, day = f"HS-{n}", FIRST + timedelta(days=int(rng.integers(1800)))

    def stage() -> None:
        append_many(db, OFFICE, [NewEvent(key, str(rng.choice(STAGES)), day)], strict=False)

    def withdraw() -> None:
        ids = list(db.execute(select(EVENTS.c.id).where(EVENTS.c.case_key == key)).scalars())
        if ids:
            number = int(rng.choice(ids))
            append(db, OFFICE, key, None, day, replaces_id=number, withdraw=True, reason="nhầm")

    def take() -> None:
        whole = rectangle(100 * n, 105, 100, 70)
        part = rectangle(100 * n, 105, float(rng.uniform(10, 90)), 70)
        cases.take(db, OFFICE, key, f"25747-2-{n}", [None, part, whole][rng.integers(3)], on=day, reason="…")

    def leave() -> None:
        ids = list(db.execute(select(TAKES.c.id).where(TAKES.c.case_key == key)).scalars())
        cases.end_take(db, OFFICE, key, int(rng.choice([*ids, 0])), day, reason="…")

    def pay() -> None:
        payee, _ = money.approve(db, OFFICE, key, Approval("A", 900, day, "QĐ"), reason="QĐ")
        money.pay(db, OFFICE, key, Payment(payee, int(rng.integers(1, 1000)), day, "PC"), reason="chi")

    def complain() -> None:
        filed = {"filed_on": str(day), "subject": "giá", "office": "UBND"}
        cases.add(db, OFFICE, key, "complaints", filed, "đơn")

    def edit() -> None:
        kind = str(rng.choice(["household", "enterprise", "community"]))
        cases.edit(db, OFFICE, key, {"user_kind": kind, "opened_on": str(day)}, "…")

    def end() -> None:
        if rng.random() < 0.1:
            cases.end(db, OFFICE, key, day, "…")

    acts: list[Callable[[], None]] = [
        stage,
        stage,
        stage,
        stage,
        withdraw,
        take,
        leave,
        pay,
        complain,
        edit,
        end,
    ]
    with suppress(DidoiError), db.begin_nested():
        acts[rng.integers(len(acts))]()


@pytest.mark.parametrize("seed", range(8))
def test_what_verbs_keep_is_what_a_rebuild_writes(db: Connection, seed: int) -> None:
    _land(db)
    rng = np.random.default_rng(seed)
    for _ in range(70):
        _anything(db, rng)
    kept = _kept(db)
    assert all(kept[:3])  # something happened
    maintain.rebuild(db)
    assert _kept(db) == kept


@pytest.mark.parametrize("seed", range(3))
def test_the_ledger_of_a_zone_is_the_event_log_over_its_shares(db: Connection, seed: int) -> None:
    """Hectares by rank on random days, by the ledger and by `gis.clearance`, to 0.01 ha."""
    _land(db)
    rng = np.random.default_rng(100 + seed)
    _random_histories(db, rng)
    maintain.rebuild(db)
    keys = list(db.execute(select(CASES.c.key).order_by(CASES.c.key)).scalars())
    events = _events(db, keys)
    shares = list(
        db.execute(
            select(TAKES.c.case_key, SHARES.c.zone_key, SHARES.c.area_mm2).join(
                TAKES, TAKES.c.id == SHARES.c.take_id
            )
        )
    )
    for day in (FIRST + timedelta(days=int(n)) for n in rng.integers(-100, 2200, 25)):
        rank = np.maximum(rank_at(events, (day - EPOCH).days, len(keys)), 0)
        expected: dict[tuple[str, int], float] = {}
        for case_key, zone, area in shares:
            at = (zone, int(rank[keys.index(case_key)]))
            expected[at] = expected.get(at, 0) + area / 1e10
        sums = (
            select(LEDGER.c.zone_key, LEDGER.c.stage_rank, func.sum(LEDGER.c.area_mm2))
            .where(LEDGER.c.on_day <= day)
            .group_by(LEDGER.c.zone_key, LEDGER.c.stage_rank)
        )
        told = {(zone, rank): float(area) / 1e10 for zone, rank, area in db.execute(sums) if area}
        assert told == pytest.approx(expected, abs=0.01)


def _random_histories(db: Connection, rng: np.random.Generator) -> None:
    """Events as anybody might have recorded them: out of order, replaced, withdrawn, several on one day."""
    for n in range(CASES_EACH):
        ids: list[int] = []
        for _ in range(int(rng.integers(0, 12))):
            replaces = int(rng.choice(ids)) if ids and rng.random() < 0.3 else None
            stage = None if replaces is not None and rng.random() < 0.5 else str(rng.choice(STAGES))
            on = FIRST + timedelta(days=int(rng.integers(0, 40)) * 50)
            row = {"case_key": f"HS-{n}", "stage": stage, "effective_on": on, "replaces_id": replaces}
            made = insert(EVENTS).values(row).returning(EVENTS.c.id)
            ids.append(db.execute(made).scalar_one())


def _events(db: Connection, keys: list[str]) -> Events:
    rows = list(db.execute(select(EVENTS).where(EVENTS.c.case_key.in_(keys)).order_by(EVENTS.c.id)))
    row_of = {row.id: i for i, row in enumerate(rows)}
    known = ranks()
    begun = datetime(2000, 1, 1, tzinfo=UTC)
    return Events(
        np.array([keys.index(row.case_key) for row in rows], dtype=np.int64),
        np.array([-1 if row.stage is None else known["LL2024", row.stage] for row in rows], dtype=np.int8),
        np.array([(row.effective_on - EPOCH).days for row in rows], dtype=np.int32),
        np.array([(row.recorded_at - begun) // timedelta(microseconds=1) for row in rows], dtype=np.int64),
        np.array([row_of.get(row.replaces_id, -1) for row in rows], dtype=np.int64),
    )


WRITERS, EDITS_EACH = 8, 200
MET = {"kind": "call", "held_on": "2025-01-05", "outcome": "…"}


def test_eight_writers_with_two_hundred_edits_each_lose_nothing(database: Engine) -> None:
    """Each notes calls in one case that all share, and moves a case of its own in the same zones."""
    with database.begin() as db:
        _land(db)

    def write(writer: int) -> None:
        own = f"HS-{writer}"
        for n in range(EDITS_EACH // 2):
            with database.begin() as db:
                cases.add(db, OFFICE, "HS-0", "contacts", MET | {"by_whom": f"{writer}/{n}"}, "gọi")
            with database.begin() as db:
                # From the last notice back to the first: every event moves the days of the case's figures.
                on = FIRST - timedelta(days=n)
                append_many(db, OFFICE, [NewEvent(own, "notified", on)], strict=False)

    _all_at_once(write)
    with database.begin() as db:
        assert db.execute(select(func.count()).select_from(EVENTS)).scalar_one() == WRITERS * EDITS_EACH / 2
        noted = set(db.execute(select(CONTACTS.c.by_whom)).scalars())
        assert noted == {f"{w}/{n}" for w in range(WRITERS) for n in range(EDITS_EACH // 2)}
        revisions = select(CASES.c.revision).where(CASES.c.key == "HS-0")
        assert db.execute(revisions).scalar_one() == 1 + (WRITERS + 1) * EDITS_EACH / 2
        kept = _kept(db)
        maintain.rebuild(db)
        assert _kept(db) == kept


def test_of_several_who_edit_one_revision_one_wins_and_the_others_learn_it(database: Engine) -> None:
    with database.begin() as db:
        _land(db)
    told: list[str] = []

    def write(writer: int) -> None:
        try:
            with database.begin() as db:
                cases.edit(db, OFFICE, "HS-0", {"office": f"UBND {writer}"}, "giao", if_revision="1")
        except RevisionChanged as error:
            told.append(error.facts["now"])

    _all_at_once(write)
    assert told == ["2"] * (WRITERS - 1)
    with database.begin() as db:
        (edit,) = db.execute(select(EDITS)).all()
        assert (
            edit.changes["office"][1]
            == db.execute(select(CASES.c.office).where(CASES.c.key == "HS-0")).scalar_one()
        )


def _all_at_once(write: Callable[[int], None]) -> None:
    failed: list[BaseException] = []

    def run(writer: int) -> None:
        try:
            write(writer)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
