"""One stage edit against a whole refresh: the same rows, and no more written than differs."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Table, func, insert, select

from layers.catalogue.free_plots import TABLE as FREE_PLOTS
from layers.catalogue.zone_supply import TABLE as SUPPLY
from layers.clearance import maintain
from layers.records.cases import TAKES
from layers.records.data_versions import versions
from layers.records.stages import EVENTS
from layers.supply import refresh, window
from tests.factories import a_case, a_lease, a_lot, a_parcel, a_zone, rectangle

FIRST = date(2022, 1, 1)
STAGES = ("notified", "paid", "handed_over")
PARCELS = 12


def a_park(db: Connection) -> list[str]:
    """
    A park with a phase, six lots of 1 ha in two rows with a road of 20 m between, and parcels across them.

    Parcels are strips 50 m wide that run over both rows and the road; three lie in the phase.
    """
    a_zone(db, "P", rectangle(0, 0, 600, 300), clearance_basis="parcels")
    a_zone(db, "P1", rectangle(0, 0, 150, 300), clearance_basis="parcels", parent_key="P")
    for number, x in enumerate((0, 100, 200)):
        owner = "P1" if x == 0 else "P"
        a_lot(db, owner, f"A{number}", rectangle(x, 0, 100, 100))
        a_lot(db, owner, f"B{number}", rectangle(x, 120, 100, 100), serviced_on=date(2023, 6, 1))
    a_lease(db, "P-A2", date(2023, 1, 1), date(2030, 1, 1))
    keys = [a_parcel(db, "1", str(n), rectangle(50 * n, -10, 50, 250)) for n in range(PARCELS)]
    for key in keys:
        a_case(db, key, [key])
    early = [a_parcel(db, "2", str(n), rectangle(200 * n, 290, 50, 10)) for n in range(2)]  # off the lots
    for key in early:  # one in the phase and one in the park alone: from here on both are followed
        a_case(db, key, [key])
        db.execute(insert(EVENTS).values(case_key=key, stage="handed_over", effective_on=FIRST))
    maintain.rebuild_cases(db, early)
    refresh(db)
    return keys


def blocks(db: Connection, *, phased: bool) -> list[str]:
    """
    A park with six blocks of two lots, 20 m of road between; over each block one parcel per lot.

    Each block is 5 m deeper than the one before; where ``phased``, the first two are a phase's.
    """
    a_zone(db, "P", rectangle(0, 0, 800, 100), clearance_basis="parcels")
    if phased:
        a_zone(db, "P1", rectangle(0, 0, 230, 100), clearance_basis="parcels", parent_key="P")
    keys: list[str] = []
    for n in range(PARCELS // 2):
        owner, x, depth = "P1" if phased and n < 2 else "P", 120 * n, 40 + 5 * n
        a_lot(db, owner, f"{n}W", rectangle(x, 0, 50, depth))
        a_lot(db, owner, f"{n}E", rectangle(x + 50, 0, 50, depth))
        keys += [a_parcel(db, "1", f"{n}W", rectangle(x - 5, -5, 55, depth + 10))]
        keys += [a_parcel(db, "1", f"{n}E", rectangle(x + 50, -5, 55, depth + 10))]
    for key in keys:
        a_case(db, key, [key])
    early = [a_parcel(db, "2", str(n), rectangle(x, 90, 50, 10)) for n, x in enumerate((0, 700))]
    for key in early:
        a_case(db, key, [key])
        db.execute(insert(EVENTS).values(case_key=key, stage="handed_over", effective_on=FIRST))
    maintain.rebuild_cases(db, early)
    refresh(db)
    return keys


def event(db: Connection, case_key: str, stage: str, effective_on: date) -> int:
    """What a verb does; supply follows the takes of the case."""
    db.execute(insert(EVENTS).values(case_key=case_key, stage=stage, effective_on=effective_on))
    maintain.rebuild_cases(db, [case_key])
    takes = db.execute(select(TAKES.c.id).where(TAKES.c.case_key == case_key)).scalars()
    return refresh(db, changed_takes=takes)


def rows(db: Connection, table: Table) -> list[Any]:
    """All rows, without their numbers, geometry to the last digit."""
    plain = [c for c in table.c if c.name not in ("id", "geom", "geom_tile")]
    shape = [func.encode(func.ST_AsBinary(table.c.geom), "hex")] if "geom" in table.c else []
    found = [tuple(row) for row in db.execute(select(*plain, *shape))]
    return sorted(found, key=repr)


def ids(db: Connection, table: Table) -> set[int]:
    return set(db.execute(select(table.c.id)).scalars())


edits = st.tuples(st.integers(0, PARCELS - 1), st.sampled_from(STAGES), st.integers(0, 60))


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(edits, min_size=1, max_size=7))
def test_following_single_edits_gives_what_a_whole_refresh_gives(
    db: Connection, asked: list[tuple[int, str, int]]
) -> None:
    with db.begin_nested() as point:
        keys = a_park(db)
        for number, stage, fortnight in asked:
            event(db, keys[number], stage, FIRST + timedelta(days=14 * fortnight))
        followed = rows(db, FREE_PLOTS), rows(db, SUPPLY)
        refresh(db)
        assert followed == (rows(db, FREE_PLOTS), rows(db, SUPPLY))
        point.rollback()


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(edits, min_size=1, max_size=7), st.booleans())
def test_following_a_block_of_lots_gives_what_a_whole_refresh_gives(
    db: Connection, asked: list[tuple[int, str, int]], phased: bool
) -> None:
    with db.begin_nested() as point:
        keys = blocks(db, phased=phased)
        for number, stage, fortnight in asked:
            event(db, keys[number], stage, FIRST + timedelta(days=14 * fortnight))
        followed = rows(db, FREE_PLOTS), rows(db, SUPPLY)
        refresh(db)
        assert followed == (rows(db, FREE_PLOTS), rows(db, SUPPLY))
        point.rollback()


def test_a_hand_over_looks_at_its_block_of_lots_alone(
    db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = blocks(db, phased=False)

    def never(*_: Any) -> None:
        raise AssertionError("the whole zone was looked at")

    monkeypatch.setattr(window, "_follow_whole", never)
    for n, key in enumerate(keys):
        event(db, key, "handed_over", date(2024, 1, 1) + timedelta(days=30 * n))
    last = select(SUPPLY.c.free_ha, SUPPLY.c.largest_plot_ha, SUPPLY.c.largest_plot_lots)
    (row,) = db.execute(last.where(SUPPLY.c.key == "P", SUPPLY.c.valid_to.is_(None)))
    # Six blocks, each of two lots of 50 m × 40 m … 50 m × 65 m: 0.40 + 0.45 + … + 0.65 = 3.15 ha.
    assert (row.free_ha, row.largest_plot_ha) == pytest.approx((3.15, 0.65), rel=1e-3)
    assert row.largest_plot_lots == ["5E", "5W"]


def test_an_event_before_the_hand_over_changes_no_supply(db: Connection) -> None:
    keys = a_park(db)
    before = versions(db)["zone_supply"]
    assert event(db, keys[0], "notified", date(2023, 1, 1)) == 0
    assert versions(db)["zone_supply"] == before


def test_a_hand_over_leaves_the_rows_of_earlier_days_as_they_are(db: Connection) -> None:
    keys = a_park(db)
    event(db, keys[4], "handed_over", date(2023, 1, 1))
    early = set(db.execute(select(SUPPLY.c.id).where(SUPPLY.c.valid_from < date(2024, 1, 1))).scalars())
    assert event(db, keys[5], "handed_over", date(2024, 1, 1)) == 1  # the park; the phase has nothing of it
    assert early <= ids(db, SUPPLY)
    row = db.execute(select(SUPPLY).where(SUPPLY.c.key == "P", SUPPLY.c.valid_from == date(2024, 1, 1))).one()
    # Parcels 4 and 5 are 100 m wide and cover lots A2 (leased) and B2 (serviced since June 2023).
    assert (row.cleared_ha, row.free_ha) == pytest.approx((2.0, 1.0), rel=1e-3)


def test_the_park_follows_a_hand_over_in_its_phase(db: Connection) -> None:
    keys = a_park(db)
    assert event(db, keys[0], "handed_over", date(2024, 1, 1)) == 2
    last = select(SUPPLY.c.key, SUPPLY.c.free_ha).where(SUPPLY.c.valid_to.is_(None))
    # Parcel 0 covers the western halves of A0 and B0, 0.5 ha each, both of the phase.
    free = {key: pytest.approx(ha, rel=1e-3) for key, ha in (("P", 1.0), ("P1", 1.0))}
    assert {row.key: row.free_ha for row in db.execute(last)} == free


def test_rows_that_the_records_do_not_explain_are_written_anew(db: Connection) -> None:
    keys = a_park(db)
    event(db, keys[4], "handed_over", date(2023, 1, 1))
    db.execute(SUPPLY.update().where(SUPPLY.c.key == "P").values(free_ha=77.0))
    event(db, keys[5], "handed_over", date(2024, 1, 1))
    followed = rows(db, FREE_PLOTS), rows(db, SUPPLY)
    refresh(db)
    assert followed == (rows(db, FREE_PLOTS), rows(db, SUPPLY))


def test_a_take_that_is_removed_clears_nothing_any_more(db: Connection) -> None:
    keys = a_park(db)
    event(db, keys[4], "handed_over", date(2024, 1, 1))
    gone = select(TAKES.c.id).where(TAKES.c.case_key == keys[4])
    takes = list(db.execute(gone).scalars())
    db.execute(TAKES.delete().where(TAKES.c.case_key == keys[4]))
    assert refresh(db, changed_takes=takes) == 1
    followed = rows(db, FREE_PLOTS), rows(db, SUPPLY)
    refresh(db)
    assert followed == (rows(db, FREE_PLOTS), rows(db, SUPPLY))
