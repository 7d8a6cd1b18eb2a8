"""Free land of days to come: as it is known, and as forecasts of clearance make it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from layers.access import PUBLIC
from layers.catalogue import free_plots, layer, zone_supply
from layers.dates import today
from layers.growth import grows
from layers.matching import load
from layers.records.roadmaps import CASE_FORECASTS, FORECASTS
from layers.supply import refresh, refresh_outlook
from tests.factories import a_case, a_lease, a_lot, a_parcel, a_stage, a_zone, rectangle

TODAY = today()


def ahead(days: int) -> date:
    return TODAY + timedelta(days=days)


def three_lots(db: Connection) -> list[str]:
    """
    Lots 1, 2 and 3 of 1 ha side by side, with a parcel and a case on each.

    Lot 1 is handed over. Case 2 is foreseen in 30, 100 or 300 days, case 3 in 60 days or not at all.
    """
    a_zone(db, "T", rectangle(0, 0, 300, 100), clearance_basis="parcels")
    keys: list[str] = []
    for n in range(3):
        a_lot(db, "T", str(n + 1), rectangle(100 * n, 0, 100, 100))
        keys.append(a_parcel(db, "1", str(n + 1), rectangle(100 * n, 0, 100, 100)))
        a_case(db, keys[n], [keys[n]], zone_key="T")
    a_stage(db, keys[0], "handed_over", date(2023, 3, 1))
    db.execute(
        insert(CASE_FORECASTS),
        [
            {
                "case_key": keys[1],
                "zone_key": "T",
                "p10_on": ahead(30),
                "p50_on": ahead(100),
                "p90_on": ahead(300),
            },
            {"case_key": keys[2], "zone_key": "T", "p10_on": ahead(60), "p50_on": None, "p90_on": None},
        ],
    )
    told = {"as_of": ahead(-10), "status": "ready"}
    if not db.execute(update(FORECASTS).where(FORECASTS.c.zone_key == "T").values(told)).rowcount:
        db.execute(insert(FORECASTS).values(zone_key="T", **told))
    refresh(db)
    return keys


def free_ha(db: Connection, day: date, outlook: str | None = None) -> Any:
    rows = layer("zone_supply").at(day) if outlook is None else zone_supply.at_outlook(day, outlook)
    found = rows.subquery()
    return db.execute(select(found.c.free_ha).where(found.c.key == "T")).scalar_one()


def plots(db: Connection, day: date, outlook: str = "p50") -> list[list[str]]:
    found = free_plots.at_outlook(day, outlook).subquery()
    return list(db.execute(select(found.c.lot_numbers).order_by(found.c.key)).scalars())


def test_the_past_and_today_are_told_as_known_and_days_to_come_as_foreseen(db: Connection) -> None:
    three_lots(db)
    told = [free_ha(db, day) for day in (date(2023, 2, 28), TODAY, ahead(99), ahead(100), ahead(4000))]
    assert told == pytest.approx([0, 1, 1, 2, 2], rel=1e-3)
    assert plots(db, ahead(100)) == [["1", "2"]]


@pytest.mark.parametrize(
    ("outlook", "in_days"),  # days after which 2 ha and 3 ha are free
    [("known", (None, None)), ("p10", (30, 60)), ("p50", (100, None)), ("p90", (300, None))],
)
def test_each_level_of_certainty_has_its_own_days(
    db: Connection, outlook: str, in_days: tuple[int | None, int | None]
) -> None:
    three_lots(db)
    told = [(round(g.free_ha, 2), g.on) for g in grows(db, "T", TODAY, outlook)]
    expected = [(ha, ahead(n)) for ha, n in zip((2.0, 3.0), in_days, strict=True) if n is not None]
    assert [(round(ha), on) for ha, on in told] == [(round(ha), on) for ha, on in expected]
    assert free_ha(db, ahead(4000), outlook) == pytest.approx(1 + len(expected), rel=1e-3)


def test_the_cases_that_stand_between_are_those_on_the_lots_that_become_free(db: Connection) -> None:
    keys = three_lots(db)
    first, second = grows(db, "T", TODAY, "p10")
    assert (first.cases, second.cases) == ((keys[1],), (keys[2],))
    assert second.largest_plot_ha == pytest.approx(3.0, rel=1e-3)
    assert len(grows(db, "T", TODAY, "p10", limit=1)) == 1


def test_looking_back_the_cases_that_stood_between_are_told(db: Connection) -> None:
    keys = three_lots(db)
    (grown,) = grows(db, "T", date(2023, 1, 1), "known")
    assert (grown.on, grown.cases) == (date(2023, 3, 1), (keys[0],))


def test_a_lease_that_ends_frees_land_without_a_case(db: Connection) -> None:
    three_lots(db)
    a_lease(db, "T-1", date(2024, 1, 1), ahead(50))
    refresh(db)
    first, second = grows(db, "T", TODAY)
    assert (first.on, first.cases) == (ahead(50), ())
    assert (second.on, len(second.cases)) == (ahead(100), 1)


def test_a_zone_without_a_forecast_is_told_as_it_is_known(db: Connection) -> None:
    three_lots(db)
    db.execute(update(FORECASTS).values(status="too_little"))
    assert refresh_outlook(db, ["T"]) == 0
    assert free_ha(db, ahead(4000)) == pytest.approx(1.0, rel=1e-3)
    assert (
        db.execute(select(zone_supply.TABLE.c.id).where(zone_supply.TABLE.c.outlook != "known")).all() == []
    )


def test_a_later_forecast_takes_the_place_of_the_one_before(db: Connection) -> None:
    keys = three_lots(db)
    db.execute(update(CASE_FORECASTS).where(CASE_FORECASTS.c.case_key == keys[1]).values(p50_on=ahead(5)))
    assert refresh_outlook(db, ["T"]) == 1
    assert free_ha(db, ahead(5)) == pytest.approx(2.0, rel=1e-3)


def test_matching_at_a_day_to_come_reads_the_middle_forecast_and_each_zone_once(db: Connection) -> None:
    three_lots(db)
    for day, ha in ((TODAY, 1.0), (ahead(99), 1.0), (ahead(100), 2.0)):
        (row,) = load(db, PUBLIC, day)
        assert (row.key, row.largest_plot_ha) == ("T", pytest.approx(ha, rel=1e-3))
