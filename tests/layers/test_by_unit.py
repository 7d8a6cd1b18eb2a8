"""A layer by units of any date: by boundary, else by undivided lineage, else it is said to be unknown."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Connection

from layers.access import PUBLIC, Actor, Role
from layers.by_unit import ByUnit, by_unit
from layers.catalogue import layer, layers
from layers.filters import Wanted
from layers.records.data_versions import bump
from tests.factories import a_lot, a_parcel, a_zone, an_enterprise, point, rectangle
from tests.layers.test_places import OLD, TODAY, TURN, _link, _unit


@pytest.fixture
def province(db: Connection) -> Connection:
    """
    Two new communes side by side; the western one was made of two, the eastern one is an old one renamed.

    Old communes have no boundary, the old district has.
    """
    _unit(db, "district", "737", "Huyện Trảng Bom", "province-75", OLD, TURN, rectangle(0, 0, 2000, 1000))
    _unit(db, "commune", "1", "Xã Đồi 61", "district-737", OLD, TURN)
    _unit(db, "commune", "2", "Xã An Viễn", "district-737", OLD, TURN)
    _unit(db, "commune", "3", "Xã Bắc Sơn", "district-737", OLD, TURN)
    _unit(db, "commune", "2", "Xã An Viễn", "province-75", TURN, shape=rectangle(0, 0, 1000, 1000))
    _unit(db, "commune", "9", "Phường Hố Nai", "province-75", TURN, shape=rectangle(1000, 0, 1000, 1000))
    _link(db, "1", "2", "merge")
    _link(db, "2", "2", "merge")
    _link(db, "3", "9", "rename")
    for number, x_m in enumerate((100, 200, 300, 1500, 5000)):
        an_enterprise(db, f"DN-{number}", point(x_m, 500), area_needed_ha=float(number + 1))
    bump(db, ["admin_units", "admin_lineage", "enterprises"])
    return db


def _by(db: Connection, layer_id: str, level: str, units_on: date) -> ByUnit:
    return by_unit(db, layer(layer_id), PUBLIC, TODAY, level, units_on, Wanted())


def _rows(told: ByUnit) -> dict[str, tuple[int, float | None]]:
    return {row.name: (row.count, row.sum) for row in told.rows}


def test_units_of_today_count_what_lies_in_them(province: Connection) -> None:
    told = _by(province, "enterprises", "commune", TODAY)
    assert told.basis == "boundary"
    assert _rows(told) == {"Xã An Viễn": (3, 1.0 + 2 + 3), "Phường Hố Nai": (1, 4.0)}
    assert (told.untold_count, told.untold_sum) == (1, 5.0)


def test_a_district_that_is_gone_still_counts_by_its_boundary(province: Connection) -> None:
    told = _by(province, "enterprises", "district", date(2025, 6, 30))
    assert told.basis == "boundary"
    assert _rows(told) == {"Huyện Trảng Bom": (4, 10.0)}


def test_old_communes_without_boundary_are_told_where_nothing_was_joined(province: Connection) -> None:
    told = _by(province, "enterprises", "commune", date(2025, 6, 30))
    assert told.basis == "lineage"
    assert told.boundaries_of == TURN
    # Which of two old communes the three western firms lay in cannot be told.
    assert _rows(told) == {"Xã Bắc Sơn": (1, 4.0)}
    assert (told.untold_count, told.untold_sum) == (4, 1.0 + 2 + 3 + 5)


def test_without_any_boundary_nothing_is_told(db: Connection) -> None:
    _unit(db, "commune", "1", "Xã Đồi 61", None, OLD)
    an_enterprise(db, "DN-1", point(0, 0))
    bump(db, ["admin_units"])
    told = _by(db, "enterprises", "commune", TODAY)
    assert told.basis == "none"
    assert told.rows == ()
    assert told.untold_count == 1


def test_an_area_over_two_communes_is_split_by_its_ground(province: Connection) -> None:
    # 400 m of 1,000 m lie in the western commune: 40 of 100 ha.
    a_zone(province, "A", rectangle(600, 0, 1000, 1000), area_legal_ha=100.0)
    bump(province, ["zones"])
    told = _by(province, "zones", "commune", TODAY)
    sums = {name: total for name, (_, total) in _rows(told).items()}
    assert sums["Xã An Viễn"] == pytest.approx(40, abs=0.05)
    assert sums["Phường Hố Nai"] == pytest.approx(60, abs=0.05)
    counts = {name: count for name, (count, _) in _rows(told).items()}
    assert counts == {"Xã An Viễn": 0, "Phường Hố Nai": 1}


def test_what_is_shared_out_and_what_cannot_be_told_make_the_whole(province: Connection) -> None:
    a_zone(province, "A", rectangle(1500, 0, 1000, 1000))
    a_lot(province, "A", "1", rectangle(1800, 100, 400, 200))
    a_parcel(province, "1", "1", rectangle(900, 100, 200, 100))
    for layer_id in ("zones", "lots", "parcels", "enterprises"):
        whole = _by(province, layer_id, "district", TODAY)
        told = _by(province, layer_id, "commune", TODAY)
        total = sum(row.sum or 0 for row in told.rows) + (told.untold_sum or 0)
        assert sum(row.count for row in told.rows) + told.untold_count == whole.untold_count
        assert total == pytest.approx(whole.untold_sum or 0, rel=1e-6)


@pytest.mark.parametrize("layer_id", layers())
def test_every_layer_is_counted_by_units_whatever_it_measures_and_wherever_its_shape_is_kept(
    province: Connection, layer_id: str
) -> None:
    planner = Actor(Role.PLANNER, name="by unit")
    told = by_unit(province, layer(layer_id), planner, TODAY, "commune", TODAY, Wanted())
    assert told.basis == "boundary"
    if layer(layer_id).measure is None:
        assert all(row.sum is None for row in told.rows)
        assert told.untold_sum is None
