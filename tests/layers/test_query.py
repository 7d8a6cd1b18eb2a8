"""Permission and date stand in one place, and everything that reads goes through it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import Connection, func, select

from layers.access import PUBLIC, Actor, Right, Role, system
from layers.catalogue import layers
from layers.filters import Wanted
from layers.layer import Layer, about
from layers.query import ColumnMasked, ColumnUnknown, LayerForbidden, etag, history, masked, pick, visible
from layers.records.data_versions import bump, versions
from layers.rows import page, shares
from tests.factories import a_feature, a_parcel, a_stage, a_zone, an_enterprise, point, rectangle

PLANNER = Actor(Role.PLANNER, 1, "lan")
OFFICER = Actor(Role.LAND_OFFICER, 2, "mai", frozenset({"commune-25747"}))
EARLY, TURN, LATE = date(2024, 6, 1), date(2025, 7, 1), date(2026, 1, 1)
LAYERS = list(layers().values())


@pytest.fixture(params=LAYERS, ids=lambda item: item.id)
def each(request: pytest.FixtureRequest) -> Layer:
    return request.param


def test_a_household_is_known_to_its_land_office_and_a_firm_to_the_planner(db: Connection) -> None:
    a_parcel(db, "12", "345", rectangle(0, 0, 50, 50), user_name="Nguyễn Văn A")
    an_enterprise(db, "DN-1", point(0, 0), contact_phone="0903000001")
    elsewhere = replace(OFFICER, territory=frozenset({"commune-1"}))
    nowhere = replace(OFFICER, territory=frozenset())
    approver, local = Actor(Role.APPROVER, 3), replace(OFFICER, role=Role.APPROVER)
    who = (PUBLIC, PLANNER, OFFICER, elsewhere, nowhere, approver, local, Actor(Role.ADMINISTRATOR, 4))
    for layer_id, column, told in (
        ("parcels", "user_name", {OFFICER, approver, local}),
        ("enterprises", "contact_phone", {PLANNER, approver, local}),
    ):
        layer = layers()[layer_id]
        for actor, seen in ((one, one in told) for one in who):
            rows = visible(layer, actor, LATE).subquery()
            assert (db.execute(select(rows.c[column])).scalar_one() is not None) is seen


def test_a_masked_column_keeps_its_name_and_type(each: Layer) -> None:
    if each.access.view is not None:
        with pytest.raises(LayerForbidden):
            visible(each, PUBLIC, LATE)
        return
    whole = visible(each, system("test"), LATE).subquery().c
    for actor in (PUBLIC, PLANNER, OFFICER):
        seen = visible(each, actor, LATE).subquery().c
        assert seen.keys() == whole.keys()
        assert [type(c.type) for c in seen] == [type(c.type) for c in whole]


def test_what_is_masked_can_neither_be_picked_nor_found_by(each: Layer) -> None:
    hidden = masked(each, PUBLIC)
    for name in hidden:
        with pytest.raises(ColumnMasked):
            pick(each, PUBLIC, name)
        assert pick(each, system("test"), name).name == name
        if each.access.unmask is Right.SEE_HOUSEHOLDS:
            with pytest.raises(ColumnMasked):
                pick(each, PLANNER, name)
            assert pick(each, OFFICER, name).name == name
    # The folded text is the same for everybody, so nothing personal may go into it, nor into a tile's or
    # facet's columns, nor order or name anything.
    assert not hidden & {*each.search_columns(), *each.facets, *each.tile_columns, each.label, each.legend}
    told = [about(col) for col in each.columns().values()]
    assert not [t for t in told if t and t.masked and t.searched]


def test_the_folded_text_is_no_column(each: Layer) -> None:
    assert "search_folded" not in visible(each, PLANNER, LATE).subquery().c
    with pytest.raises(ColumnUnknown):
        pick(each, PLANNER, "search_folded")


def test_an_ended_version_is_in_the_history_alone(db: Connection) -> None:
    layer = layers()["admin_units"]
    a_feature(db, "admin_units", None, level="commune", code="1", name="Cũ", valid_to=TURN)
    a_feature(db, "admin_units", None, level="commune", code="1", name="Mới", valid_from=TURN)

    def names(when: date) -> tuple[list[str], list[str]]:
        now, ever = (f(layer, PUBLIC, when).subquery() for f in (visible, history))
        return (
            list(db.execute(select(now.c.name)).scalars()),
            sorted(db.execute(select(ever.c.name)).scalars()),
        )

    assert names(EARLY) == (["Cũ"], ["Cũ"])
    assert names(TURN) == (["Mới"], ["Cũ", "Mới"])


def test_a_stage_reached_later_is_not_yet_seen(db: Connection) -> None:
    key = a_parcel(db, "12", "345", rectangle(0, 0, 50, 50))
    a_stage(db, key, "notified", date(2024, 1, 1))
    a_stage(db, key, "handed_over", TURN)
    layer = layers()["parcels"]
    stages = [
        page(db, layer, PUBLIC, when, Wanted(), sort=None, limit=1, offset=0)[0]["stage"]
        for when in (date(2023, 12, 31), EARLY, TURN)
    ]
    assert stages == [None, "notified", "handed_over"]
    counted = shares(db, layer, PUBLIC, EARLY, Wanted({"stage": ["notified"]}), ["stage"])["stage"]
    assert [(share.value, share.count) for share in counted] == [("notified", 1)]


def test_an_etag_tells_scope_date_and_version_apart(each: Layer, db: Connection) -> None:
    neighbour = replace(OFFICER, territory=frozenset({"commune-1"}))
    who = (PUBLIC, PLANNER, OFFICER, neighbour)
    seen = {etag(db, each, actor, when) for actor in who for when in (EARLY, LATE)}
    assert len(seen) == 8
    # Two officers of one commune see the same.
    assert etag(db, each, OFFICER, LATE) == etag(db, each, replace(OFFICER, account_id=9), LATE)
    for name in {each.id, *each.composed_of}:
        before = etag(db, each, PUBLIC, LATE)
        bump(db, [name])
        assert etag(db, each, PUBLIC, LATE) != before
    # Where a territory ends is a part of what its officer sees, and of no other's answer.
    before, of_all = etag(db, each, OFFICER, LATE), etag(db, each, PUBLIC, LATE)
    bump(db, ["admin_lineage"])
    assert etag(db, each, OFFICER, LATE) != before
    assert etag(db, each, PUBLIC, LATE) == of_all


def test_a_filter_is_a_value_and_never_sql(db: Connection) -> None:
    a_zone(db, "A", rectangle(0, 0, 100, 100), name="KCN O'Brien")
    layer = layers()["zones"]
    for text in ("KCN O'Brien", "x' OR '1'='1", "'); DROP TABLE zones; --", "%", "_"):
        found = page(db, layer, PUBLIC, LATE, Wanted({"name": [text]}), sort=None, limit=9, offset=0)
        assert len(found) == (text == "KCN O'Brien")
        found = page(db, layer, PUBLIC, LATE, Wanted(q=text), sort=None, limit=9, offset=0)
        assert len(found) == (text == "KCN O'Brien")
    assert db.execute(select(func.count()).select_from(layer.table)).scalar_one() == 1


def test_a_database_made_anew_never_repeats_the_versions_of_the_one_before(db: Connection) -> None:
    bump(db, ["zones"])
    first = versions(db)["zones"]
    bump(db, ["zones"])
    assert versions(db)["zones"] == first + 1
    assert first >= 1_700_000_000  # seconds since 1970: later than any version of an earlier database
