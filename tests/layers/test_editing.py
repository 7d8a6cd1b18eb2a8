"""Editing a feature on its card: the earlier version stays, and nobody writes over what they did not see."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import shapely
from sqlalchemy import Connection, select

from layers import editing, revisions
from layers.access import Actor, Role
from layers.catalogue.zone_supply import TABLE as SUPPLY
from layers.catalogue.zones import TABLE as ZONES
from layers.supply import refresh
from tests.factories import a_lot, a_parcel, a_zone, rectangle

LAN = Actor(Role.PLANNER, None, "lan")
DAY = date(2026, 3, 1)


def edit(db: Connection, key: str, revision: str | None = None, **more: Any) -> str:
    now = editing.editable(db, LAN, "zones", key).revision if revision is None else revision
    asked: dict[str, Any] = {"on": DAY, "revision": now, "reason": "QĐ 12/QĐ-UBND", **more}
    return editing.edit(db, LAN, "zones", key, **asked)


@pytest.fixture
def zone(db: Connection) -> str:
    a_zone(db, "A", rectangle(0, 0, 1000, 1000), name="KCN Đồng An", area_legal_ha=100.0)
    return "A"


def test_an_edit_keeps_what_was_there_before_as_an_earlier_version(db: Connection, zone: str) -> None:
    edit(db, zone, changes={"name": "KCN Đồng An 2", "wastewater_plant": True})
    told = ZONES.c
    rows = db.execute(select(told.name, told.valid_from, told.valid_to).order_by(told.valid_from)).all()
    assert [(row.name, row.valid_to) for row in rows] == [("KCN Đồng An", DAY), ("KCN Đồng An 2", None)]
    assert rows[1].valid_from == DAY
    (told_edit,) = editing.editable(db, LAN, "zones", zone).edits
    assert told_edit["changes"] == {
        "name": ["KCN Đồng An", "KCN Đồng An 2"],
        "wastewater_plant": [None, True],
    }
    assert (told_edit["edited_by"], told_edit["reason"]) == ("lan", "QĐ 12/QĐ-UBND")


def test_an_edited_name_is_found_by_search(db: Connection, zone: str) -> None:
    edit(db, zone, changes={"name": "KCN Sông Hậu"})
    folded = select(ZONES.c.search_folded).where(ZONES.c.valid_to.is_(None))
    assert "song hau" in db.execute(folded).scalar_one()


def test_who_saw_an_older_version_learns_what_differs_and_changes_nothing(db: Connection, zone: str) -> None:
    seen = editing.editable(db, LAN, "zones", zone).revision
    edit(db, zone, changes={"name": "KCN Một", "investor": "Công ty B"})
    with pytest.raises(revisions.RevisionChanged) as caught:
        edit(db, zone, seen, changes={"name": "KCN Hai", "investor": "Công ty B"})
    assert caught.value.facts["differs"] == {"name": ["KCN Hai", "KCN Một"]}
    assert editing.editable(db, LAN, "zones", zone).values["name"] == "KCN Một"


def test_two_edits_of_one_day_are_two_revisions(db: Connection, zone: str) -> None:
    first = editing.editable(db, LAN, "zones", zone).revision
    edit(db, zone, changes={"name": "KCN Một"})
    second = editing.editable(db, LAN, "zones", zone).revision
    edit(db, zone, changes={"name": "KCN Hai"})
    third = editing.editable(db, LAN, "zones", zone).revision
    assert len({first, second, third}) == 3
    assert len(editing.editable(db, LAN, "zones", zone).edits) == 2


def test_an_edit_without_a_revision_is_refused(db: Connection, zone: str) -> None:
    with pytest.raises(revisions.RevisionMissing):
        editing.edit(db, LAN, "zones", zone, on=DAY, revision=None, reason="x", changes={"name": "B"})


@pytest.mark.parametrize("reason", ["", "   ", "a" * 2001])
def test_an_edit_needs_a_reason(db: Connection, zone: str, reason: str) -> None:
    with pytest.raises(revisions.ReasonMissing):
        edit(db, zone, changes={"name": "B"}, reason=reason)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("area_legal_ha", "100"),
        ("area_legal_ha", float("nan")),
        ("area_legal_ha", True),
        ("decided_on", "31/12/2025"),
        ("status", "closed"),
        ("wastewater_plant", "true"),
        ("permitted_vsic", "13"),
        ("permitted_vsic", [13]),
        ("name", None),
        ("name", "  "),
        ("name", "a\x00b"),
    ],
)
def test_a_value_that_the_column_cannot_hold_is_refused(
    db: Connection, zone: str, column: str, value: Any
) -> None:
    with pytest.raises(editing.ValueNotOfType) as caught:
        edit(db, zone, changes={column: value})
    assert caught.value.facts["column"] == column


@pytest.mark.parametrize("column", ["key", "id", "area_measured_ha", "valid_from", "geom", "hectares"])
def test_what_the_database_computes_is_not_edited(db: Connection, zone: str, column: str) -> None:
    with pytest.raises(editing.ColumnNotEditable):
        edit(db, zone, changes={column: "1"})


def test_values_that_break_a_rule_of_the_table_are_refused_and_nothing_is_stored(
    db: Connection, zone: str
) -> None:
    with pytest.raises(editing.EditNotStored) as caught:
        edit(db, zone, changes={"infrastructure_ratio": 1.5, "name": "B"})
    assert "infrastructure_ratio" in caught.value.facts["rule"]
    assert editing.editable(db, LAN, "zones", zone).values["name"] == "KCN Đồng An"
    assert editing.editable(db, LAN, "zones", zone).edits == []


def test_an_edit_that_changes_nothing_is_refused(db: Connection, zone: str) -> None:
    with pytest.raises(editing.EditEmpty):
        edit(db, zone, changes={"name": "KCN Đồng An"}, geom=_drawn(rectangle(0, 0, 1000, 1000)))


def test_a_drawn_boundary_becomes_the_next_version_and_supply_follows(db: Connection, zone: str) -> None:
    lot = a_lot(db, "A", "1", rectangle(100, 100, 200, 100), serviced_on=date(2024, 1, 1))
    decided = {
        "clearance_basis": "declared",
        "handover_decision": "QĐ 1",
        "handed_over_on": "2024-01-01",
    }
    edit(db, zone, changes=decided)
    refresh(db, ["A"])
    revision = editing.editable(db, LAN, "lots", lot).revision
    half = _drawn(rectangle(100, 100, 100, 100))
    editing.edit(db, LAN, "lots", lot, on=date(2026, 4, 1), revision=revision, reason="đo lại", geom=half)
    held = select(SUPPLY.c.industrial_ha, SUPPLY.c.valid_from).where(SUPPLY.c.valid_to.is_(None))
    row = db.execute(held).one()
    # 100 m × 100 m = 1 ha is left of 2 ha.
    assert (round(row.industrial_ha, 3), row.valid_from) == (1.0, date(2026, 4, 1))


@pytest.mark.parametrize(
    "shape",
    [
        shapely.Polygon([(106, 11), (106.01, 11.01), (106.01, 11), (106, 11.01)]),
        shapely.Point(106, 11),
        shapely.Polygon(),
        shapely.Polygon([(206, 11), (206.01, 11), (206.01, 11.01)]),
    ],
)
def test_a_boundary_that_encloses_no_land_is_refused(db: Connection, zone: str, shape: Any) -> None:
    with pytest.raises(editing.EditGeometryRefused):
        edit(db, zone, geom=_drawn(shape))


def test_a_layer_that_is_computed_is_not_edited(db: Connection) -> None:
    with pytest.raises(editing.LayerNotEditable):
        editing.editable(db, LAN, "free_plots", "A/1")


@pytest.mark.parametrize("role", [Role.PUBLIC, Role.LAND_OFFICER, Role.APPROVER, Role.ADMINISTRATOR])
def test_only_a_planner_edits_zones(db: Connection, zone: str, role: Role) -> None:
    with pytest.raises(editing.EditForbidden):
        editing.editable(db, Actor(role, 1, "minh"), "zones", zone)


def test_a_planner_edits_a_parcel_but_not_the_name_that_they_may_not_see(db: Connection) -> None:
    key = a_parcel(db, "1", "7", rectangle(0, 0, 50, 30), user_name="Nguyễn Thị Hoa")
    seen = editing.editable(db, LAN, "parcels", key)
    assert "user_name" not in seen.values
    with pytest.raises(editing.ColumnNotEditable):
        editing.edit(
            db, LAN, "parcels", key, on=DAY, revision=seen.revision, reason="x", changes={"user_name": "B"}
        )


def _drawn(shape: Any) -> Any:
    return shapely.geometry.mapping(shape)
