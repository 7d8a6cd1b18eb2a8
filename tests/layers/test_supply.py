"""Supply of zones over time, from records that a reader can add up by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy import Connection, insert, select, update

from api.actions.set_rule import set_rule
from gis.crs import STORAGE_SRID
from layers.access import PUBLIC, Actor, Role
from layers.catalogue import layer
from layers.filters import Wanted
from layers.records.cases import TAKES
from layers.records.data_versions import versions
from layers.records.observations import OBSERVATIONS
from layers.records.rules import RuleUnknown, RuleValueInvalid
from layers.rows import total
from layers.supply import refresh
from tests.factories import (
    a_lease,
    a_lot,
    a_parcel,
    a_reservation,
    a_stage,
    a_zone,
    rectangle,
)


def supply(db: Connection, as_of: date, key: str = "Z") -> Any:
    rows = layer("zone_supply").at(as_of).subquery()
    return db.execute(select(rows).where(rows.c.key == key)).one()


def plots(db: Connection, as_of: date) -> dict[str, float]:
    rows = layer("free_plots").at(as_of).subquery()
    return {
        ",".join(r.lot_numbers): r.area_ha for r in db.execute(select(rows).order_by(rows.c.area_ha.desc()))
    }


def geom(shape: Any) -> Any:
    return from_shape(shapely.MultiPolygon([shape]), srid=STORAGE_SRID)


def three_lots(db: Connection) -> None:
    """Three lots of 1 ha in a row, A and B sharing an edge, C beyond a road 12 m wide."""
    a_zone(db, "Z", rectangle(-20, -20, 400, 200))
    a_lot(db, "Z", "A", rectangle(0, 0, 100, 100))
    a_lot(db, "Z", "B", rectangle(100, 0, 100, 100))
    a_lot(db, "Z", "R", rectangle(200, 0, 12, 100), use="road")
    a_lot(db, "Z", "C", rectangle(212, 0, 100, 100))


def test_adjoining_free_lots_are_one_plot_and_a_road_parts_them(db: Connection) -> None:
    three_lots(db)
    refresh(db)
    row = supply(db, date(2024, 1, 1))
    assert row.basis == "derived"
    assert row.free_ha == pytest.approx(3.0, rel=1e-3)
    assert row.largest_plot_ha == pytest.approx(2.0, rel=1e-3)
    assert row.largest_plot_lots == ["A", "B"]
    assert plots(db, date(2024, 1, 1)) == pytest.approx({"A,B": 2.0, "C": 1.0}, rel=1e-3)


def test_the_edge_that_joins_lots_is_a_rule_that_an_office_can_change(db: Connection) -> None:
    a_zone(db, "Z", rectangle(-20, -20, 400, 300))
    a_lot(db, "Z", "A", rectangle(0, 0, 100, 100))
    a_lot(db, "Z", "B", rectangle(100, 80, 100, 100))  # 20 m of common edge
    planner = Actor(Role.PLANNER, name="an")
    for edge_m, largest_ha in ((5.0, 2.0), (30.0, 1.0), (15.0, 2.0)):
        set_rule(db, planner, "min_shared_edge_m", edge_m, "QĐ thử")
        assert supply(db, date(2024, 1, 1)).largest_plot_ha == pytest.approx(largest_ha, rel=1e-3)
    with pytest.raises(RuleValueInvalid):
        set_rule(db, planner, "min_shared_edge_m", -1.0, "QĐ thử")
    with pytest.raises(RuleUnknown):
        set_rule(db, planner, "nothing", 1.0, "QĐ thử")


def test_a_lease_takes_its_lot_until_it_is_revoked(db: Connection) -> None:
    three_lots(db)
    a_lease(db, "Z-A", date(2022, 1, 1), date(2025, 7, 1), reason_ended="thu hồi dự án")
    refresh(db)
    assert supply(db, date(2021, 12, 31)).free_ha == pytest.approx(3.0, rel=1e-3)
    leased = supply(db, date(2025, 6, 30))
    assert (leased.free_ha, leased.leased_ha) == pytest.approx((2.0, 1.0), rel=1e-3)
    assert leased.largest_plot_ha == pytest.approx(1.0, rel=1e-3)
    assert supply(db, date(2025, 7, 1)).free_ha == pytest.approx(3.0, rel=1e-3)


def test_half_a_lot_can_be_reserved(db: Connection) -> None:
    three_lots(db)
    a_reservation(db, "Z-C", date(2024, 1, 1), part=rectangle(212, 0, 50, 100))
    refresh(db)
    row = supply(db, date(2024, 6, 1))
    assert (row.free_ha, row.reserved_ha) == pytest.approx((2.5, 0.5), rel=1e-3)


def test_a_parcel_clears_its_land_on_the_day_of_its_hand_over(db: Connection) -> None:
    three_lots(db)
    a_zone(
        db,
        "T",
        rectangle(1000, 0, 300, 100),
        clearance_basis="parcels",
        handover_decision=None,
        handed_over_on=None,
    )
    a_lot(db, "T", "1", rectangle(1000, 0, 200, 100))
    west = a_parcel(db, "1", "1", rectangle(1000, 0, 100, 100))
    east = a_parcel(db, "1", "2", rectangle(1100, 0, 100, 100))
    for parcel, day in ((west, date(2023, 3, 1)), (east, date(2024, 3, 1))):
        a_stage(db, parcel, "notified", date(2022, 1, 1))
        a_stage(db, parcel, "handed_over", day)
    refresh(db)
    found = [supply(db, date(year, 6, 1), "T").free_ha for year in (2022, 2023, 2024)]
    assert found == pytest.approx([0.0, 1.0, 2.0], rel=1e-3)


def test_a_corrected_hand_over_no_longer_clears(db: Connection) -> None:
    a_zone(
        db,
        "T",
        rectangle(0, 0, 300, 100),
        clearance_basis="parcels",
        handover_decision=None,
        handed_over_on=None,
    )
    a_lot(db, "T", "1", rectangle(0, 0, 100, 100))
    parcel = a_parcel(db, "1", "1", rectangle(0, 0, 100, 100))
    a_stage(db, parcel, "handed_over", date(2023, 3, 1))
    a_stage(db, parcel, "paid", date(2023, 3, 1))
    refresh(db)
    assert supply(db, date(2024, 1, 1), "T").free_ha == 0.0


def test_land_taken_back_is_free_only_while_it_was_handed_over(db: Connection) -> None:
    a_zone(db, "T", rectangle(0, 0, 300, 100), clearance_basis="parcels")
    a_lot(db, "T", "1", rectangle(0, 0, 100, 100))
    parcel = a_parcel(db, "1", "1", rectangle(0, 0, 100, 100))
    a_stage(db, parcel, "handed_over", date(2023, 3, 1))
    a_stage(db, parcel, "paid", date(2023, 9, 1))
    a_stage(db, parcel, "handed_over", date(2024, 2, 1))
    refresh(db)
    days = (date(2023, 2, 28), date(2023, 3, 1), date(2023, 8, 31), date(2023, 9, 1), date(2024, 2, 1))
    found = [supply(db, day, "T").free_ha for day in days]
    assert found == pytest.approx([0, 1, 1, 0, 1], rel=1e-3)


def test_a_zone_of_unknown_clearance_has_no_figure_of_free_land(db: Connection) -> None:
    a_zone(
        db,
        "Z",
        rectangle(0, 0, 400, 200),
        clearance_basis="unknown",
        handover_decision=None,
        handed_over_on=None,
    )
    a_lot(db, "Z", "A", rectangle(0, 0, 100, 100))
    refresh(db)
    row = supply(db, date(2024, 1, 1))
    assert (row.basis, row.free_ha, row.largest_plot_ha) == ("unknown", None, None)
    assert plots(db, date(2024, 1, 1)) == {}


def test_an_operating_zone_without_lots_is_neither_empty_nor_full_nor_free(db: Connection) -> None:
    a_zone(db, "Z", rectangle(0, 0, 400, 200))
    refresh(db)
    row = supply(db, date(2024, 1, 1))
    assert (row.basis, row.free_ha, row.leased_ha) == ("unknown", None, None)


def test_a_reported_figure_holds_until_the_next_report_and_names_its_source(db: Connection) -> None:
    a_zone(db, "Z", rectangle(0, 0, 400, 200))
    for day, free in ((date(2021, 10, 1), 32.0), (date(2024, 6, 30), 30.5)):
        db.execute(
            insert(OBSERVATIONS).values(
                zone_key="Z", quantity="free_ha", value=free, observed_on=day, source="BQL"
            )
        )
    refresh(db)
    assert supply(db, date(2021, 1, 1)).basis == "unknown"
    row = supply(db, date(2024, 6, 29))
    assert (row.basis, row.free_ha, row.reported_on, row.reported_source) == (
        "reported",
        32.0,
        date(2021, 10, 1),
        "BQL",
    )
    assert row.largest_plot_ha is None
    assert supply(db, date(2025, 1, 1)).free_ha == 30.5


def test_a_park_counts_the_land_of_its_phases(db: Connection) -> None:
    a_zone(db, "P", rectangle(0, 0, 400, 200))
    a_zone(db, "P1", rectangle(0, 0, 200, 200), parent_key="P")
    a_zone(db, "P2", rectangle(200, 0, 200, 200), parent_key="P")
    a_lot(db, "P1", "A", rectangle(100, 0, 100, 100))
    a_lot(db, "P2", "A", rectangle(200, 0, 100, 100))
    refresh(db, ["P2"])
    day = date(2024, 1, 1)
    assert [supply(db, day, key).free_ha for key in ("P1", "P2", "P")] == pytest.approx([1, 1, 2], rel=1e-3)
    assert supply(db, day, "P").largest_plot_ha == pytest.approx(2, rel=1e-3)
    assert len(plots(db, day)) == 1  # two plots, both of lot A, listed once each under its phase
    everything = total(db, layer("zone_supply"), PUBLIC, day, Wanted())
    assert everything.count == 1  # the park, and not its phases again
    assert everything.sum == pytest.approx(2, rel=1e-3)
    phases = total(db, layer("zone_supply"), PUBLIC, day, Wanted(values={"parent_key": ("P",)}))
    assert phases.count == 2
    free = layer("free_plots").at(day).subquery()
    assert sorted(db.execute(select(free.c.zone_key)).scalars()) == ["P1", "P2"]


def test_a_phase_whose_park_keeps_the_lots_has_no_figures_of_its_own(db: Connection) -> None:
    three_lots(db)
    a_zone(db, "Z1", rectangle(-20, -20, 200, 200), parent_key="Z")
    refresh(db)
    rows = layer("zone_supply").at(date(2024, 1, 1)).subquery()
    assert db.execute(select(rows.c.key)).scalars().all() == ["Z"]


def test_refreshing_one_zone_leaves_the_others_and_raises_the_version(db: Connection) -> None:
    three_lots(db)
    a_zone(db, "Y", rectangle(2000, 0, 400, 200))
    a_lot(db, "Y", "A", rectangle(2000, 0, 100, 100))
    refresh(db)
    before = versions(db)["zone_supply"]
    other = supply(db, date(2024, 1, 1), "Y").id
    a_lease(db, "Z-A", date(2022, 1, 1))
    assert refresh(db, ["Z"]) == 1
    assert supply(db, date(2024, 1, 1), "Y").id == other
    assert supply(db, date(2024, 1, 1)).free_ha == pytest.approx(2.0, rel=1e-3)
    assert versions(db)["zone_supply"] == before + 1


def test_one_illustrative_lease_makes_the_figure_illustrative(db: Connection) -> None:
    three_lots(db)
    refresh(db)
    assert not supply(db, date(2024, 1, 1)).illustrative
    a_lease(db, "Z-A", date(2022, 1, 1), illustrative=True)
    refresh(db)
    assert supply(db, date(2024, 1, 1)).illustrative


def test_an_older_boundary_of_a_zone_is_drawn_for_older_dates(db: Connection) -> None:
    a_zone(db, "Z", rectangle(0, 0, 100, 100), valid_to=date(2022, 1, 1))
    a_zone(db, "Z", rectangle(500, 0, 100, 100), valid_from=date(2022, 1, 1))
    refresh(db)
    old, new = supply(db, date(2021, 1, 1)).geom, supply(db, date(2023, 1, 1)).geom
    assert old != new


def test_before_anybody_said_on_what_clearance_rests_there_is_no_data(db: Connection) -> None:
    nobody = {"clearance_basis": "unknown", "handover_decision": None, "handed_over_on": None}
    turn = date(2025, 1, 1)
    a_zone(db, "Z", rectangle(0, 0, 200, 100), valid_to=turn, **nobody)
    a_zone(db, "Z", rectangle(0, 0, 200, 100), valid_from=turn, handed_over_on=turn)
    a_lot(db, "Z", "A", rectangle(0, 0, 100, 100))
    refresh(db)
    before, after = supply(db, date(2024, 12, 31)), supply(db, turn)
    assert (before.basis, before.free_ha, before.largest_plot_ha) == ("unknown", None, None)
    assert (after.basis, after.free_ha) == ("derived", pytest.approx(1.0, rel=1e-3))


def test_a_younger_phase_hides_nothing_of_the_years_before_it(db: Connection) -> None:
    three_lots(db)
    phase = rectangle(-20, -20, 50, 50)
    a_zone(db, "Z1", phase, parent_key="Z", valid_from=date(2024, 1, 1), handed_over_on=date(2024, 1, 1))
    a_lot(db, "Z1", "P", rectangle(-20, -20, 10, 10), valid_from=date(2024, 1, 1))
    refresh(db)
    assert supply(db, date(2022, 1, 1)).free_ha == pytest.approx(3.0, rel=1e-3)


def test_a_zone_that_ended_has_no_free_plots_any_more(db: Connection) -> None:
    a_zone(db, "Z", rectangle(0, 0, 200, 100), valid_to=date(2025, 1, 1))
    a_lot(db, "Z", "A", rectangle(0, 0, 100, 100))
    refresh(db)
    assert plots(db, date(2024, 12, 31)) == {"A": pytest.approx(1.0, rel=1e-3)}
    assert plots(db, date(2025, 1, 1)) == {}


def test_a_parcel_clears_within_the_boundary_of_each_date(db: Connection) -> None:
    turn = date(2025, 1, 1)
    a_zone(db, "T", rectangle(0, 0, 300, 100), clearance_basis="parcels")
    a_lot(db, "T", "1", rectangle(0, 0, 100, 100))
    a_lot(db, "T", "2", rectangle(150, 0, 100, 100))
    parcel = a_parcel(db, "1", "1", rectangle(150, 0, 100, 100))
    a_stage(db, parcel, "handed_over", date(2023, 3, 1))
    later = db.execute(update(TAKES).values(valid_from=turn).returning(TAKES)).one()
    earlier = {name: getattr(later, name) for name in ("case_key", "parcel_key", "whole", "commune_code")}
    db.execute(
        insert(TAKES).values(
            **earlier, geom=geom(rectangle(0, 0, 100, 100)), valid_from=date(2020, 1, 1), valid_to=turn
        )
    )
    refresh(db)
    free = {day: list(plots(db, day)) for day in (date(2023, 2, 28), date(2024, 1, 1), turn)}
    assert free == {date(2023, 2, 28): [], date(2024, 1, 1): ["1"], turn: ["2"]}


def test_a_parcel_entered_after_its_hand_over_is_cleared_since_the_hand_over(db: Connection) -> None:
    a_zone(db, "T", rectangle(0, 0, 300, 100), clearance_basis="parcels")
    a_lot(db, "T", "1", rectangle(0, 0, 100, 100))
    parcel = a_parcel(db, "1", "1", rectangle(0, 0, 100, 100), valid_from=date(2025, 1, 1))
    a_stage(db, parcel, "handed_over", date(2023, 3, 1))
    refresh(db)
    assert list(plots(db, date(2024, 1, 1))) == ["1"]


def test_a_figure_is_never_told_newer_than_it_is(db: Connection) -> None:
    a_zone(db, "Z", rectangle(0, 0, 200, 100))
    for quantity, year, ha in (("free_ha", 2019, 30.0), ("leased_ha", 2025, 80.0)):
        told = {"zone_key": "Z", "quantity": quantity, "value": ha, "observed_on": date(year, 1, 1)}
        db.execute(insert(OBSERVATIONS).values(told | {"source": f"Báo cáo {year}"}))
    refresh(db)
    row = supply(db, date(2026, 1, 1))
    assert (row.free_ha, row.leased_ha) == (30.0, 80.0)
    assert (row.reported_on, row.reported_source) == (date(2019, 1, 1), "Báo cáo 2019")
