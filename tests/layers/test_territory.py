"""Where a territory ends: communes below, communes before, and divided ones by the point."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from api.actions.sign_in import account_of
from layers.access import PUBLIC, RIGHTS, Actor, Right, RightMissing, Role, system
from layers.catalogue import layers
from layers.clearance import cases, projects, takes
from layers.filters import Wanted
from layers.query import masked_of, visible
from layers.records.accounts import TERRITORIES
from layers.records.lineage import LINEAGE
from layers.rows import count, page, shares
from layers.territory import OutsideTerritory, may_edit, need_within
from tests.accounts import an_account
from tests.factories import a_case, a_feature, a_parcel, a_zone, an_enterprise, point, rectangle

TURN, LATE = date(2025, 7, 1), date(2026, 1, 1)
PARCELS = layers()["parcels"]


def a_unit(db: Connection, code: str, shape: Any = None, level: str = "commune", **columns: Any) -> None:
    a_feature(db, "admin_units", shape, level=level, code=code, name=f"{level} {code}", **columns)


def a_step(db: Connection, old: str, new: str, on: date = TURN, kind: str = "merge", **columns: Any) -> None:
    row = {"old_key": f"commune-{old}", "new_key": f"commune-{new}", "kind": kind, "effective_on": on}
    db.execute(insert(LINEAGE).values(row | columns))


def officer(*units: str, role: Role = Role.LAND_OFFICER) -> Actor:
    return Actor(role, 7, "mai", frozenset(units))


def seen_by(db: Connection, actor: Actor) -> set[str]:
    """Names of land users that an actor reads."""
    rows = visible(PARCELS, actor, LATE).subquery()
    return {name for name in db.execute(select(rows.c.user_name)).scalars() if name is not None}


def parcels_of(db: Connection, *communes: str) -> None:
    """One parcel in each commune, its user named after it, 1 km apart from west to east."""
    for i, code in enumerate(communes):
        shape = rectangle(1000 * i, 0, 50, 50)
        a_parcel(db, "1", str(i), shape, commune_code=code, user_name=code)


def test_a_commune_holds_the_earlier_ones_that_became_it_wholly(db: Connection) -> None:
    # 1 and 2 were merged into 3 in 2020, 3 and 4 into 10 in 2025; 5 went into 11.
    for code in ("1", "2", "3", "4", "5"):
        a_unit(db, code, valid_to=TURN)
    for code in ("10", "11"):
        a_unit(db, code, valid_from=TURN)
    a_step(db, "1", "3", date(2020, 1, 1))
    a_step(db, "2", "3", date(2020, 1, 1))
    a_step(db, "3", "10")
    a_step(db, "4", "10", kind="rename")
    a_step(db, "5", "11")
    parcels_of(db, "1", "2", "3", "4", "5", "10", "11", "99")
    assert seen_by(db, officer("commune-10")) == {"1", "2", "3", "4", "10"}
    assert seen_by(db, officer("commune-11")) == {"5", "11"}
    assert seen_by(db, officer("commune-10", "commune-11")) == {"1", "2", "3", "4", "5", "10", "11"}
    # Of a commune that no list knows nothing says where it went.
    assert seen_by(db, officer("commune-99")) == {"99"}


def test_a_divided_commune_is_told_by_the_point(db: Connection) -> None:
    """Commune 1 was divided at x = 1000 m: its west became 10, its east 11; 0 had become 1 before."""
    a_unit(db, "0", valid_from=date(2010, 1, 1), valid_to=date(2020, 1, 1))
    a_unit(db, "1", rectangle(0, 0, 2000, 1000), valid_to=TURN)
    a_unit(db, "10", rectangle(0, 0, 1000, 1000), valid_from=TURN)
    a_unit(db, "11", rectangle(1000, 0, 1000, 1000), valid_from=TURN)
    a_step(db, "0", "1", date(2020, 1, 1))
    a_step(db, "1", "10", share=0.5)
    a_step(db, "1", "11", share=0.5)
    for name, code, x_m in (
        ("tây", "1", 100),
        ("đông", "1", 1500),
        ("xưa tây", "0", 300),
        ("ngoài", "1", 5000),
    ):
        a_parcel(db, "1", name, rectangle(x_m, 0, 50, 50), commune_code=code, user_name=name)
    assert seen_by(db, officer("commune-10")) == {"tây", "xưa tây"}
    assert seen_by(db, officer("commune-11")) == {"đông"}
    # Registered by the new commune itself, a parcel is its own wherever it is drawn.
    a_parcel(db, "1", "mới", rectangle(1600, 0, 50, 50), commune_code="10", user_name="mới")
    assert "mới" in seen_by(db, officer("commune-10"))
    assert "mới" not in seen_by(db, officer("commune-11"))


def test_a_code_kept_by_one_of_the_parts_tells_nothing_by_itself(db: Connection) -> None:
    """Commune 1 gave its east to 11 and kept its code: land under code 1 may lie in either."""
    a_unit(db, "1", rectangle(0, 0, 2000, 1000), valid_to=TURN)
    a_unit(db, "1", rectangle(0, 0, 1000, 1000), valid_from=TURN)
    a_unit(db, "11", rectangle(1000, 0, 1000, 1000), valid_from=TURN)
    a_unit(db, "2", valid_to=TURN)
    a_step(db, "1", "1", kind="split")
    a_step(db, "1", "11", kind="split")
    a_step(db, "2", "1")  # went wholly into what 1 is today
    for name, code, x_m in (("tây", "1", 100), ("đông", "1", 1500), ("hai", "2", 5000)):
        a_parcel(db, "1", name, rectangle(x_m, 0, 50, 50), commune_code=code, user_name=name)
    assert seen_by(db, officer("commune-1")) == {"tây", "hai"}
    assert seen_by(db, officer("commune-11")) == {"đông"}


def test_without_a_boundary_a_divided_commune_is_nobodys(db: Connection) -> None:
    a_unit(db, "1", valid_to=TURN)
    for code in ("10", "11"):
        a_unit(db, code, valid_from=TURN)
        a_step(db, "1", code, kind="split")
    parcels_of(db, "1", "10")
    assert seen_by(db, officer("commune-10")) == {"10"}


def test_a_province_holds_its_communes_and_what_they_were(db: Connection) -> None:
    """Province 74 became a part of 79 in 2025, its commune 1 the commune 10; 80 is another province."""
    a_unit(db, "74", level="province", valid_to=TURN)
    a_unit(db, "79", level="province")
    a_unit(db, "80", level="province")
    a_unit(db, "720", level="district", parent_key="province-74", valid_to=TURN)
    a_unit(db, "1", parent_key="district-720", valid_to=TURN)
    a_unit(db, "10", parent_key="province-79", valid_from=TURN)
    a_unit(db, "20", parent_key="province-80")
    a_step(db, "1", "10")
    parcels_of(db, "1", "10", "20")
    assert seen_by(db, officer("province-79")) == {"1", "10"}
    assert seen_by(db, officer("province-80")) == {"20"}
    # Who was given a district that is gone still works for what was registered in it, and no more.
    assert seen_by(db, officer("district-720")) == {"1"}


def test_a_commune_that_moved_belongs_where_it_is_today(db: Connection) -> None:
    a_unit(db, "70", level="district")
    a_unit(db, "71", level="district")
    a_unit(db, "1", parent_key="district-70", valid_to=TURN)
    a_unit(db, "1", parent_key="district-71", valid_from=TURN)
    parcels_of(db, "1")
    assert seen_by(db, officer("district-70")) == set()
    assert seen_by(db, officer("district-71")) == {"1"}


def test_counts_and_filters_see_nothing_elsewhere(db: Connection) -> None:
    parcels_of(db, "1", "2")
    mine = officer("commune-1")
    assert count(db, PARCELS, mine, LATE, Wanted({"user_name": ["2"]})) == 0
    assert count(db, PARCELS, mine, LATE, Wanted({"user_name": ["1"]})) == 1
    counted = shares(db, PARCELS, mine, LATE, Wanted(), ["user_name"])["user_name"]
    assert {share.value: share.count for share in counted} == {"1": 1, None: 1}
    rows = page(db, PARCELS, mine, LATE, Wanted(), sort="-user_name", limit=9, offset=0)
    assert [row["user_name"] for row in rows] == ["1", None]
    assert masked_of(db, PARCELS, mine, LATE, "1-1-0") == frozenset()
    assert masked_of(db, PARCELS, mine, LATE, "2-1-1") == {"user_name"}


def test_an_approver_without_units_works_for_all_of_them_and_an_officer_for_none(db: Connection) -> None:
    parcels_of(db, "1", "2")
    assert seen_by(db, officer(role=Role.APPROVER)) == {"1", "2"}
    assert seen_by(db, officer("commune-1", role=Role.APPROVER)) == {"1"}
    assert seen_by(db, officer()) == set()
    assert seen_by(db, system("test")) == {"1", "2"}
    for role in (Role.PUBLIC, Role.PLANNER, Role.ADMINISTRATOR):
        assert seen_by(db, officer("commune-1", role=role)) == set()


def test_an_officer_edits_parcels_at_home_and_nothing_else(db: Connection) -> None:
    parcels_of(db, "1", "2")
    an_enterprise(db, "DN-1", point(0, 0))
    mine, planner = officer("commune-1"), Actor(Role.PLANNER, 1)
    assert may_edit(db, mine, PARCELS, "1-1-0")
    assert not may_edit(db, mine, PARCELS, "2-1-1")
    assert not may_edit(db, mine, PARCELS, "nowhere")
    assert not may_edit(db, mine, layers()["enterprises"], "DN-1")
    assert may_edit(db, planner, PARCELS, "2-1-1")
    assert not may_edit(db, PUBLIC, PARCELS, "1-1-0")
    need_within(db, mine, Right.KEEP_CASES, PARCELS, "1-1-0")
    with pytest.raises(OutsideTerritory):
        need_within(db, mine, Right.KEEP_CASES, PARCELS, "2-1-1")
    with pytest.raises(RightMissing):
        need_within(db, planner, Right.KEEP_CASES, PARCELS, "1-1-0")


def test_a_unit_counts_between_its_dates(db: Connection) -> None:
    a_unit(db, "1")
    a_unit(db, "2")
    actor = an_account(db, "mai", "land_officer", units=["commune-1"])
    ended = {"account_id": actor.account_id, "unit_key": "commune-2", "valid_from": date(2020, 1, 1)}
    db.execute(insert(TERRITORIES).values(ended | {"valid_to": TURN}))
    found = account_of(db, actor.account_id)
    assert found is not None
    assert found.actor.territory == {"commune-1"}


def test_no_role_but_the_machines_holds_all_rights() -> None:
    assert not [
        role for role, rights in RIGHTS.items() if rights >= frozenset(Right) and role is not Role.SYSTEM
    ]
    # Who makes accounts sees no household and changes no figure.
    assert RIGHTS[Role.ADMINISTRATOR] == {Right.MANAGE_ACCOUNTS}
    # Nobody both submits and approves.
    assert not [r for r in Role if {Right.SUBMIT, Right.APPROVE} <= RIGHTS[r] and r is not Role.SYSTEM]


def test_a_case_at_home_takes_no_land_elsewhere(db: Connection) -> None:
    for code in ("1", "2"):
        a_unit(db, code)
    parcels_of(db, "1", "2")
    a_zone(db, "A", rectangle(0, 0, 2000, 50))
    projects.open_project(db, system("test"), "DA", {"zone_key": "A", "name": "KCN A"}, "mở")
    a_case(db, "HS-1", commune_code="1", zone_key="A")
    there, here = "2-1-1", "1-1-0"
    with pytest.raises(OutsideTerritory) as caught:
        takes.take(db, officer("commune-1"), "HS-1", there, reason="bổ sung")
    assert caught.value.facts["key"] == there
    draft = cases.Draft("DA", "household", "private", "1", TURN, parcels=((there, None),))
    with pytest.raises(OutsideTerritory), db.begin_nested():
        cases.open_case(db, officer("commune-1"), draft)
    takes.take(db, officer("commune-1"), "HS-1", here, reason="bổ sung")
    takes.take(db, officer("commune-1", "commune-2"), "HS-1", there, reason="bổ sung")
