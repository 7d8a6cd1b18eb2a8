"""What the rules find, with numbers worked out by hand on rectangles; what was decided stays."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.words import catalogue
from gis.crs import STORAGE_SRID
from gis.quality.plane import Plane
from layers.access import PUBLIC, Actor, Role
from layers.catalogue import layer
from layers.catalogue.faults import LAYER
from layers.catalogue.faults import TABLE as FAULTS
from layers.dates import today
from layers.folium_map import LayerNotOnSheet, Sheet, draw
from layers.quality import check, decide
from layers.quality.proposals import FaultNotRepairable, propose
from layers.quality_rules import QualityRuleUnknown, rule, rules
from layers.query import LayerForbidden, visible
from layers.records import rules as recorded
from layers.records.cases import TAKES
from layers.records.fault_decisions import DECISIONS
from layers.records.lineage import LINEAGE
from layers.records.stages import EVENTS
from layers.revisions import ReasonMissing
from tests.factories import (
    SINCE,
    a_case,
    a_feature,
    a_lot,
    a_parcel,
    a_stage,
    a_zone,
    an_enterprise,
    point,
    rectangle,
)

PLANNER = Actor(Role.PLANNER, name="an")
PARCELS, ZONES = layer("parcels").table, layer("zones").table


def faults(db: Connection, *, rule: str | None = None) -> list[Any]:
    """Faults that stand, by key."""
    query = select(FAULTS).where(FAULTS.c.valid_to.is_(None)).order_by(FAULTS.c.key)
    return list(db.execute(query if rule is None else query.where(FAULTS.c.rule == rule)))


def a_row_of_parcels(db: Connection, *shapes: Any) -> list[str]:
    return [a_parcel(db, "1", str(number), shape) for number, shape in enumerate(shapes, 1)]


def redraw(db: Connection, key: str, shape: Any) -> None:
    text = shapely.to_wkt(shapely.multipolygons([shape]), rounding_precision=-1)
    db.execute(update(PARCELS).where(PARCELS.c.key == key).values(geom=f"SRID={STORAGE_SRID};{text}"))


def a_commune(db: Connection, code: str, name: str, shape: Any, **columns: Any) -> None:
    a_feature(db, "admin_units", shape, level="commune", code=code, name=name, **columns)


# --- what is found ----------------------------------------------------------------------------------------


def test_parcels_that_meet_edge_to_edge_have_no_fault(db: Connection) -> None:
    a_row_of_parcels(db, *(rectangle(20 * i, 0, 20, 30) for i in range(4)))
    assert check(db, "parcels").found == 0
    assert faults(db) == []


def test_an_overlap_tells_both_parcels_and_the_shared_area(db: Connection) -> None:
    # the second begins 0.5 m before the first ends: 0.5 m × 30 m = 15 m²
    first, second = a_row_of_parcels(db, rectangle(0, 0, 50, 30), rectangle(49.5, 0, 50, 30))
    assert check(db, "parcels").found == 1
    (fault,) = faults(db)
    assert (fault.rule, fault.feature_key, fault.other_key) == ("overlap", first, second)
    assert fault.measure == pytest.approx(15, rel=1e-3)
    assert fault.message_vi == f"{first} và {second} chồng nhau 15 m² (ngưỡng 1 m²)"
    assert fault.message_en == f"{first} and {second} share 15 m² (tolerance 1 m²)"
    assert fault.valid_from == today()


def test_a_narrow_gap_is_found_with_its_neighbours_and_a_wide_one_is_a_road(db: Connection) -> None:
    # 0.3 m × 30 m = 9 m² between the first two; 6 m to the third is no gap
    first, second, _ = a_row_of_parcels(
        db, rectangle(0, 0, 50, 30), rectangle(50.3, 0, 50, 30), rectangle(106.3, 0, 50, 30)
    )
    check(db, "parcels")
    (fault,) = faults(db)
    assert (fault.rule, fault.feature_key, fault.other_key) == ("gap", first, second)
    assert fault.measure == pytest.approx(9, rel=0.01)


def test_a_strip_is_a_sliver_and_a_lane_is_not(db: Connection) -> None:
    # a strip of 40 m × 0.2 m is 2 × 8 / 80.4 = 0.199 m wide; a lane of 1.2 m is not under 0.3 m
    a_row_of_parcels(db, rectangle(0, 0, 40, 0.2), rectangle(0, 50, 40, 1.2))
    check(db, "parcels")
    (fault,) = faults(db)
    assert fault.rule == "sliver"
    assert fault.measure == pytest.approx(8, rel=1e-3)
    assert "0,2 m" in fault.message_vi


def test_a_boundary_that_touches_itself_is_shown_where(db: Connection) -> None:
    corner = rectangle(0, 0, 20, 20)
    east, north = shapely.get_coordinates(corner).max(axis=0)
    touching = shapely.MultiPolygon([corner, shapely.box(east, north, east + 0.0002, north + 0.0002)])
    a_row_of_parcels(db, touching)
    check(db, "parcels")
    (fault,) = faults(db, rule="self_touch")
    place = shapely.from_wkb(bytes(fault.geom.data))
    assert shapely.get_coordinates(place).tolist() == [[east, north]]


def test_a_lot_outside_its_zone_is_measured(db: Connection) -> None:
    a_zone(db, "Z", rectangle(0, 0, 200, 100))
    lot = a_lot(db, "Z", "A1", rectangle(150, 0, 60, 100))  # 10 m × 100 m lie outside
    a_lot(db, "Z", "A2", rectangle(0, 0, 150, 100))
    stray = a_lot(db, "Y", "B1", rectangle(0, 200, 10, 10))
    check(db, "lots")
    assert [(f.rule, f.feature_key) for f in faults(db)] == [
        ("lot_outside_zone", lot),
        ("lot_without_zone", stray),
    ]
    assert faults(db)[0].measure == pytest.approx(1000, rel=1e-3)


def test_a_parcel_that_a_case_divides_along_the_boundary_of_its_zone_is_no_fault(db: Connection) -> None:
    a_zone(db, "Z", rectangle(0, 0, 100, 100))
    parts = []
    for number in range(4):  # 30 of 60 m of each parcel lie in the zone
        shape, inside = rectangle(70, 20 * number, 60, 20), rectangle(70, 20 * number, 30, 20)
        of = {"zone_key": "Z"} if number > 1 else {}
        parts.append((a_parcel(db, "1", str(number + 1), shape, **of), inside))
    for key, inside in parts:
        a_case(db, f"HS-{key}", [key])
        taken = from_shape(shapely.multipolygons([inside]), srid=STORAGE_SRID)
        if key in (parts[0][0], parts[2][0]):  # of the others the land outside is taken as well
            db.execute(update(TAKES).where(TAKES.c.parcel_key == key).values(whole=False, geom=taken))
    check(db, "parcels")
    found = [(fault.rule, fault.feature_key, round(fault.measure)) for fault in faults(db)]
    assert found == [("parcel_outside_zone", "25747-1-4", 600), ("parcel_straddles_zone", "25747-1-2", 600)]


def test_a_phase_on_its_park_is_no_overlap_but_another_zone_is(db: Connection) -> None:
    a_zone(db, "P", rectangle(0, 0, 200, 100))
    a_zone(db, "P-1", rectangle(0, 0, 100, 100), parent_key="P")
    a_zone(db, "Q", rectangle(190, 0, 100, 100))  # 10 m × 100 m
    check(db, "zones")
    (fault,) = faults(db)
    assert (fault.rule, fault.feature_key, fault.other_key) == ("overlap", "P", "Q")
    assert fault.measure == pytest.approx(1000, rel=1e-3)
    assert not fault.repairable  # a strip of 10 m is for the records to settle


def test_declared_and_measured_area_are_compared_and_the_declared_one_stays(db: Connection) -> None:
    # 50 m × 20 m = 1,000 m² drawn; 1,200 m² declared is off by 200 / 1200 = 16.7 %
    a_parcel(db, "1", "1", rectangle(0, 0, 50, 20), area_legal_m2=1_200)
    a_parcel(db, "1", "2", rectangle(0, 40, 50, 20), area_legal_m2=1_030)
    check(db, "parcels")
    (fault,) = faults(db)
    assert (fault.rule, fault.unit) == ("area_disagrees", "percent")
    assert fault.measure == pytest.approx(16.7, abs=0.1)
    assert not fault.repairable
    assert db.execute(select(PARCELS.c.area_legal_m2).order_by(PARCELS.c.key)).scalars().all() == [
        1_200,
        1_030,
    ]


def test_a_firm_inside_a_working_zone_is_doubtful_and_on_planned_land_it_is_not(db: Connection) -> None:
    a_zone(db, "Z", rectangle(0, 0, 200, 200))
    a_zone(db, "P", rectangle(1000, 0, 200, 200), status="planned", clearance_basis="unknown")
    an_enterprise(db, "IN", point(100, 100))
    an_enterprise(db, "EDGE", point(195, 100))  # 5 m inside: within the tolerance of 20 m
    an_enterprise(db, "PLANNED", point(1100, 100))
    an_enterprise(db, "WHOLE", point(90, 90), origin_zone_key="Z")
    check(db, "enterprises")
    (fault,) = faults(db)
    assert (fault.rule, fault.feature_key, fault.other_key) == ("enterprise_in_zone", "IN", "Z")
    assert fault.measure == pytest.approx(100, rel=1e-3)


def test_a_tax_code_comes_once_however_it_is_written(db: Connection) -> None:
    an_enterprise(db, "A", point(0, 0), tax_code="3700 123 456")
    an_enterprise(db, "B", point(500, 0), tax_code="3700123456")
    an_enterprise(db, "C", point(900, 0), tax_code="3700123456-001")  # a branch is another
    an_enterprise(db, "D", point(1300, 0), tax_code=None)
    an_enterprise(db, "E", point(1600, 0), tax_code=None)
    check(db, "enterprises")
    assert [(f.feature_key, f.other_key) for f in faults(db, rule="duplicate_tax_code")] == [("A", "B")]


def test_many_firms_on_one_point_are_told_once(db: Connection) -> None:
    for number in range(5):
        an_enterprise(db, f"F{number}", point(0, 0))
    an_enterprise(db, "G", point(50, 0))
    check(db, "enterprises")
    (fault,) = faults(db, rule="crowded_point")
    assert (fault.feature_key, fault.measure) == ("F0", 5)


def test_sheet_and_parcel_come_once_in_a_commune_with_zeros_or_without(db: Connection) -> None:
    a_parcel(db, "7", "12", rectangle(0, 0, 20, 20))
    a_parcel(db, "07", "012", rectangle(500, 0, 20, 20))
    a_parcel(db, "7", "120", rectangle(900, 0, 20, 20))
    check(db, "parcels")
    (fault,) = faults(db)
    assert fault.rule == "duplicate_parcel"
    assert {fault.feature_key, fault.other_key} == {"25747-7-12", "25747-07-012"}


def test_a_parcel_under_the_old_and_the_new_commune_is_one_parcel_only_on_the_same_land(
    db: Connection,
) -> None:
    db.execute(
        insert(LINEAGE).values(
            old_key="commune-25747", new_key="commune-25760", kind="merge", effective_on=date(2025, 7, 1)
        )
    )
    same = rectangle(0, 0, 20, 20)
    a_parcel(db, "7", "12", same)
    a_parcel(db, "7", "12", same, commune_code="25760")
    a_parcel(db, "8", "1", rectangle(300, 0, 20, 20))
    a_parcel(db, "8", "1", rectangle(600, 0, 20, 20), commune_code="25760")  # another old commune's sheet 8
    check(db, "parcels")
    (fault,) = faults(db, rule="duplicate_parcel")
    assert {fault.feature_key, fault.other_key} == {"25747-7-12", "25760-7-12"}


def test_a_merged_commune_code_is_right_where_its_land_was(db: Connection) -> None:
    a_commune(db, "25747", "Phú Mỹ", rectangle(0, 0, 1000, 1000), valid_to=date(2025, 7, 1))
    a_commune(db, "25748", "Phú Tân", rectangle(1000, 0, 1000, 1000), valid_to=date(2025, 7, 1))
    a_commune(db, "25760", "Bình Dương", rectangle(0, 0, 2000, 1000), valid_from=date(2025, 7, 1))
    db.execute(
        insert(LINEAGE),
        [
            {"old_key": f"commune-{c}", "new_key": "commune-25760", "kind": "merge"}
            | {"effective_on": date(2025, 7, 1)}
            for c in ("25746", "25747", "25748")
        ],
    )
    a_parcel(db, "1", "1", rectangle(100, 100, 20, 20))  # old code, in its old land
    a_parcel(db, "1", "2", rectangle(1500, 100, 20, 20), commune_code="25746")  # boundary lost: by lineage
    a_parcel(db, "1", "3", rectangle(5000, 100, 20, 20))  # 3 km east of anything that 25747 means
    a_parcel(db, "1", "4", rectangle(100, 500, 20, 20), commune_code="99999")  # nobody knows this code
    check(db, "parcels")
    (fault,) = faults(db, rule="wrong_commune")
    assert fault.feature_key == "25747-1-3"
    assert fault.measure == pytest.approx(3010, rel=0.01)


def test_an_address_is_compared_with_the_point(db: Connection) -> None:
    a_commune(db, "1", "Phường An Phú", rectangle(0, 0, 1000, 1000))
    a_commune(db, "2", "Xã Tân Bình", rectangle(5000, 0, 1000, 1000))
    an_enterprise(db, "A", point(100, 200), address="12 Lê Lợi, phường An Phú, Thuận An")
    an_enterprise(db, "B", point(200, 300), address="Ấp 3, Xã Tân Bình, Bình Dương")
    an_enterprise(db, "C", point(300, 400), address="xã Không Ai Biết")
    check(db, "enterprises")
    (fault,) = faults(db, rule="wrong_commune_address")
    assert fault.feature_key == "B"
    assert fault.measure == pytest.approx(4800, rel=0.01)


def test_the_middle_of_a_commune_is_no_address(db: Connection) -> None:
    a_commune(db, "1", "An Phú", rectangle(0, 0, 1000, 1000))
    an_enterprise(db, "A", point(500, 500))
    an_enterprise(db, "B", point(300, 500))
    check(db, "enterprises")
    assert [f.feature_key for f in faults(db, rule="centre_point")] == ["A"]


def test_a_cluster_tells_what_the_decree_wants(db: Connection) -> None:
    a_zone(db, "C1", rectangle(0, 0, 100, 100), kind="CCN", area_legal_ha=1.0, permitted_vsic=None)
    a_zone(db, "K1", rectangle(500, 0, 100, 100), kind="KCN", area_legal_ha=None, permitted_vsic=None)
    check(db, "zones")
    (fault,) = faults(db, rule="ccn_incomplete")
    assert fault.feature_key == "C1"
    assert "ngành nghề" in fault.message_vi
    assert "sectors" in fault.message_en
    assert "diện tích" not in fault.message_vi


def test_a_tolerance_is_a_rule_that_an_office_can_change(db: Connection) -> None:
    a_row_of_parcels(db, rectangle(0, 0, 50, 30), rectangle(49.5, 0, 50, 30))  # 15 m²
    check(db, "parcels")
    recorded.record(db, "quality_overlap", 20, "QĐ 1", "an")
    assert check(db, "parcels").closed == 1
    assert faults(db) == []


def test_messages_never_tell_who_uses_the_land(db: Connection) -> None:
    for number, x_m in (("1", 0), ("2", 19)):
        a_parcel(db, "1", number, rectangle(x_m, 0, 20, 20), user_name="Nguyễn Thị Hoa", area_legal_m2=900)
    check(db, "parcels")
    assert len(faults(db)) == 3
    assert not [f for f in faults(db) if "Hoa" in f.message_vi + f.message_en]


# --- checked again ----------------------------------------------------------------------------------------


def test_checking_again_changes_nothing(db: Connection) -> None:
    a_row_of_parcels(db, rectangle(0, 0, 50, 30), rectangle(49.5, 0, 50, 30))
    check(db, "parcels")
    before = [tuple(row)[:-2] for row in db.execute(select(FAULTS))]
    again = check(db, "parcels")
    assert (again.found, again.closed) == (0, 0)
    assert [tuple(row)[:-2] for row in db.execute(select(FAULTS))] == before


def test_a_fault_that_is_gone_ends_on_that_day_and_stays_on_record(db: Connection) -> None:
    _, second = a_row_of_parcels(db, rectangle(0, 0, 50, 30), rectangle(49.5, 0, 50, 30))
    check(db, "parcels", as_of=today() - timedelta(days=3))
    redraw(db, second, rectangle(50, 0, 50, 30))
    assert check(db, "parcels").closed == 1
    (row,) = db.execute(select(FAULTS)).all()
    assert (row.state, row.valid_from, row.valid_to) == ("repaired", today() - timedelta(days=3), today())
    assert db.execute(visible(LAYER, PLANNER, today() - timedelta(days=1))).all()
    assert not db.execute(visible(LAYER, PLANNER, today())).all()


def test_changed_features_are_checked_with_their_neighbours_alone(db: Connection) -> None:
    first, second, third, fourth = a_row_of_parcels(
        db,
        rectangle(0, 0, 50, 30),
        rectangle(49.5, 0, 50, 30),
        rectangle(1000, 0, 50, 30),
        rectangle(1049.5, 0, 50, 30),
    )
    assert check(db, "parcels", [second]).found == 1
    assert faults(db)[0].feature_key == first
    assert check(db, "parcels").found == 1
    assert check(db, "parcels", [second]).closed == 0
    assert {f.feature_key for f in faults(db)} == {first, third}
    assert fourth not in {f.feature_key for f in faults(db)}


def test_an_accepted_fault_stays_accepted_until_it_grows(db: Connection) -> None:
    _, second = a_row_of_parcels(db, rectangle(0, 0, 50, 30), rectangle(49.5, 0, 50, 30))
    check(db, "parcels")
    (fault,) = faults(db)
    decide.accept(db, PLANNER, fault.key, "Đo hai lần, chờ cắm mốc")
    check(db, "parcels")
    (kept,) = faults(db)
    assert (kept.state, kept.reason, kept.decided_by) == ("accepted", "Đo hai lần, chờ cắm mốc", "an")

    def draw(x_m: float) -> None:
        redraw(db, second, rectangle(x_m, 0, 50, 30))
        check(db, "parcels")

    draw(50)  # gone
    assert faults(db) == []
    draw(49.6)  # back, smaller than accepted
    (kept,) = faults(db)
    assert (kept.state, kept.reason) == ("accepted", "Đo hai lần, chờ cắm mốc")
    draw(49)  # twice as large
    (grown,) = faults(db)
    assert (grown.state, grown.reason) == ("open", None)
    assert db.execute(select(DECISIONS.c.verb)).scalars().all() == ["accept"]


# --- repairs ----------------------------------------------------------------------------------------------


def _standing(db: Connection) -> Any:
    (fault,) = faults(db)
    return decide.standing(db, PLANNER, fault.key)


def test_a_narrow_overlap_is_cut_from_the_newer_parcel(db: Connection) -> None:
    first, second = a_row_of_parcels(db, rectangle(0, 0, 50, 30), rectangle(49.5, 0, 50, 30))
    db.execute(update(PARCELS).where(PARCELS.c.key == first).values(valid_from=date(2024, 1, 1)))
    check(db, "parcels")
    fault = _standing(db)
    proposal = propose(db, fault)
    assert proposal.feature == first  # the second holds since 2020
    assert proposal.area_before_ha == pytest.approx(0.15, rel=1e-3)
    assert proposal.area_after_ha == pytest.approx(0.1485, rel=1e-3)
    assert len(faults(db)) == 1  # nothing was changed yet

    decide.repair(db, PLANNER, fault.key)
    assert faults(db) == []
    versions = db.execute(
        select(PARCELS.c.valid_from, PARCELS.c.valid_to, PARCELS.c.area_measured_ha)
        .where(PARCELS.c.key == first)
        .order_by(PARCELS.c.valid_from)
    ).all()
    assert [(v.valid_from, v.valid_to) for v in versions] == [
        (date(2024, 1, 1), today()),
        (today(), None),
    ]
    assert [v.area_measured_ha for v in versions] == pytest.approx([0.15, 0.1485], rel=1e-3)
    assert db.execute(select(FAULTS.c.state, FAULTS.c.decided_by)).one() == ("repaired", "an")
    (kept,) = db.execute(select(DECISIONS)).all()
    assert (kept.verb, kept.feature_key, kept.actor) == ("repair", first, "an")
    assert shapely.from_wkb(kept.before_wkb).equals(proposal.before)
    assert second


def test_a_narrow_gap_goes_to_the_neighbour_with_the_longer_border(db: Connection) -> None:
    first, second = a_row_of_parcels(db, rectangle(0, 0, 50, 30), rectangle(50.3, 5, 50, 20))
    check(db, "parcels")
    fault = _standing(db)
    proposal = propose(db, fault)
    grown_ha = proposal.area_after_ha - proposal.area_before_ha  # type: ignore[operator]
    assert grown_ha == pytest.approx(fault.measure / 1e4, rel=0.05)
    decide.repair(db, PLANNER, fault.key)
    assert faults(db) == []
    total = sum(db.execute(select(PARCELS.c.area_measured_ha).where(PARCELS.c.valid_to.is_(None))).scalars())
    assert total == pytest.approx(0.15 + 0.10 + 0.0006, rel=1e-3)  # 0.3 m × 20 m = 6 m²
    assert {first, second} == set(db.execute(select(PARCELS.c.key)).scalars())


def test_a_wide_overlap_has_no_safe_repair(db: Connection) -> None:
    a_row_of_parcels(db, rectangle(0, 0, 50, 30), rectangle(30, 0, 50, 30))
    check(db, "parcels")
    with pytest.raises(FaultNotRepairable):
        propose(db, _standing(db))


def test_a_parcel_gets_its_right_commune_and_its_history_goes_with_it(db: Connection) -> None:
    a_commune(db, "25747", "Phú Mỹ", rectangle(0, 0, 1000, 1000))
    a_commune(db, "25748", "Phú Tân", rectangle(1000, 0, 1000, 1000))
    key = a_parcel(db, "1", "3", rectangle(1500, 100, 20, 20))
    a_stage(db, key, "paid", date(2024, 5, 1))
    check(db, "parcels")
    fault = _standing(db)
    assert dict(propose(db, fault).values) == {"commune_code": "25748"}
    decide.repair(db, PLANNER, fault.key)
    assert faults(db) == []
    open_ = db.execute(select(PARCELS.c.key).where(PARCELS.c.valid_to.is_(None))).scalars().all()
    assert open_ == ["25748-1-3"]
    told = db.execute(
        select(TAKES.c.parcel_key, EVENTS.c.stage, EVENTS.c.effective_on)
        .join(TAKES, TAKES.c.case_key == EVENTS.c.case_key)
        .order_by(TAKES.c.id)
    )
    assert set(told) == {("25748-1-3", "paid", date(2024, 5, 1))}


def test_an_area_that_disagrees_can_only_be_accepted(db: Connection) -> None:
    a_parcel(db, "1", "1", rectangle(0, 0, 50, 20), area_legal_m2=1_200)
    check(db, "parcels")
    fault = _standing(db)
    with pytest.raises(FaultNotRepairable):
        decide.repair(db, PLANNER, fault.key)
    with pytest.raises(decide.FaultNotStaged):
        decide.refuse(db, PLANNER, fault.key, "không")
    with pytest.raises(ReasonMissing):
        decide.accept(db, PLANNER, fault.key, "  ")
    decide.accept(db, PLANNER, fault.key, "Theo giấy chứng nhận")
    with pytest.raises(decide.FaultDecided):
        decide.repair(db, PLANNER, fault.key)


# --- what holds for all -----------------------------------------------------------------------------------


def test_only_planners_see_faults(db: Connection) -> None:
    a_row_of_parcels(db, rectangle(0, 0, 50, 30), rectangle(49.5, 0, 50, 30))
    check(db, "parcels")
    (fault,) = faults(db)
    with pytest.raises(LayerForbidden):
        visible(LAYER, PUBLIC, today())
    with pytest.raises(LayerForbidden):
        decide.standing(db, PUBLIC, fault.key)


@pytest.mark.parametrize(
    "draw",
    [
        lambda db, shape: a_zone(db, "B", shape),
        lambda db, shape: a_lot(db, "Z", "B", shape),
        lambda db, shape: a_parcel(db, "1", "1", shape),
    ],
    ids=["zones", "lots", "parcels"],
)
def test_no_table_takes_an_invalid_geometry(db: Connection, draw: Any) -> None:
    bow = shapely.Polygon([(106.7, 11), (106.71, 11.01), (106.71, 11), (106.7, 11.01)])
    with pytest.raises(IntegrityError):
        draw(db, bow)


def test_every_rule_says_in_both_languages_what_it_finds_and_why_it_matters() -> None:
    for each in rules().values():
        words = (each.title, each.explain, each.message)
        assert all(text.vi.strip() and text.en.strip() for text in words), each.id
        assert all(layer(layer_id) for layer_id in each.layers)
        assert each.find is not None or each.id.startswith("row_")
    with pytest.raises(QualityRuleUnknown):
        rule("nonsense")


def test_metres_of_the_plane_are_those_of_the_ellipsoid() -> None:
    square = shapely.box(106.7, 11.0, 106.7 + 1 / 109_301, 11.0 + 1 / 110_609)  # 1 m by 1 m
    plane = Plane.around(np.array([square], dtype=object))
    assert shapely.area(plane.metres(square)) == pytest.approx(1, rel=1e-3)
    assert shapely.equals_exact(plane.degrees(plane.metres(square)), square, 1e-12)
    assert today() > SINCE


def test_faults_are_not_drawn_on_a_sheet_that_is_given_away(db: Connection) -> None:
    a_zone(db, "Z", rectangle(0, 0, 200, 100))
    an_enterprise(db, "A", point(100, 50))
    check(db, "enterprises")
    assert faults(db)
    words = {**catalogue("vi")["ui"], **catalogue("vi")["sheet"], "as_of": ""}
    assert draw(db, PLANNER, today(), Sheet("vi", words))
    with pytest.raises(LayerNotOnSheet):
        draw(db, PLANNER, today(), Sheet("vi", words, ("faults",)))
