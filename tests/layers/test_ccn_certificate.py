"""What Decree 32/2024 asks of clusters, on rows and rectangles worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from layers import ccn_certificate
from layers.access import PUBLIC, Access, Actor, Right, Role
from layers.catalogue import layers
from layers.ccn_certificate import Cluster, OptionUnknown, certify
from layers.records.lineage import LINEAGE
from layers.rows import FeatureUnknown
from tests.factories import a_feature, a_zone, rectangle

TODAY, TURN = date(2026, 1, 1), date(2025, 7, 1)
PLANNER = Actor(Role.PLANNER, 1, "lan")
OPTION = "Phương án 2021–2030"


def a_cluster(db: Connection, key: str = "C", shape: Any = None, **columns: Any) -> None:
    """A cluster of 50 ha of which everything is told."""
    told = {
        "name": f"CCN {key}",
        "kind": "CCN",
        "area_legal_ha": 50.0,
        "location": "xã Thiện Tân, huyện Vĩnh Cửu",
        "infrastructure_investment_billion_vnd": 600.0,
        "option_name": OPTION,
    }
    a_zone(db, key, shape or rectangle(0, 0, 1000, 500), **(told | columns))


def communes(db: Connection) -> None:
    """Thiện Tân in the west, Trị An from 700 m east on; before the reform all of it was Đại An."""
    for code, name, x in (("1", "Thiện Tân", -5000), ("2", "Trị An", 700)):
        told = {"level": "commune", "code": code, "name": name, "unit_type": "xã", "valid_from": TURN}
        a_feature(db, "admin_units", rectangle(x, -5000, 5700, 10000), **told)
    old = {"level": "commune", "code": "9", "name": "Đại An", "unit_type": "xã", "valid_to": TURN}
    a_feature(db, "admin_units", rectangle(-5000, -5000, 20000, 10000), **old)


def the_one(db: Connection, as_of: date = TODAY, actor: Actor = PUBLIC) -> Cluster:
    (one,) = certify(db, actor, as_of).clusters
    return one


def test_a_cluster_of_which_everything_is_told_is_complete(db: Connection) -> None:
    communes(db)
    a_cluster(db, location="Xã Thiện Tân và xã Trị An")
    one = the_one(db)
    assert {name: item.ok for name, item in one.items.items()} == dict.fromkeys(ccn_certificate.ITEMS, True)
    assert one.complete
    assert one.clear
    assert one.measured_ha == pytest.approx(50, rel=2e-3)


@pytest.mark.parametrize(
    ("column", "value", "item"),
    [
        ("name", " ", "name"),
        ("area_legal_ha", None, "area_ha"),
        ("permitted_vsic", None, "sectors"),
        ("permitted_vsic", [], "sectors"),
        ("infrastructure_investment_billion_vnd", None, "investment"),
        ("infrastructure_investment_billion_vnd", 0.0, "investment"),
        ("location", None, "commune"),
        ("location", "huyện Vĩnh Cửu", "commune"),
    ],
)
def test_what_is_missing_is_named(db: Connection, column: str, value: Any, item: str) -> None:
    a_cluster(db, **{column: value})
    one = the_one(db)
    assert [name for name, told in one.items.items() if not told.ok] == [item]
    assert not one.complete


@pytest.mark.parametrize(
    ("filed", "verdict", "ok"),
    [
        ("xã Thiện Tân, xã Trị An", "agrees", True),
        ("X. THIỆN TÂN - TRỊ AN, tỉnh Đồng Nai", "agrees", True),
        ("xã Thiện Tân", "partly", False),
        ("xã Đại An, huyện Vĩnh Cửu", "old_name", True),
        ("xã Tân An", "differs", False),
        ("huyện Trị An", "no_commune", False),
        ("", "missing", False),
    ],
)
def test_a_place_is_compared_with_its_boundary(db: Connection, filed: str, verdict: str, ok: bool) -> None:
    communes(db)
    a_cluster(db, location=filed)  # 1,000 m wide: 700 m in Thiện Tân, 300 m in Trị An
    location = the_one(db).location
    assert (location.verdict, location.ok) == (verdict, ok)
    names, shares = zip(*location.lies_in, strict=True)
    assert names == ("xã Thiện Tân", "xã Trị An")
    assert shares == pytest.approx((0.7, 0.3), abs=1e-6)


def test_an_old_name_is_known_by_the_records_where_its_boundary_is_not(db: Connection) -> None:
    communes(db)
    a_feature(db, "admin_units", None, level="commune", code="8", name="Tân Bình", valid_to=TURN)
    for new in ("1", "2"):
        step = {"old_key": "commune-8", "new_key": f"commune-{new}", "kind": "split", "effective_on": TURN}
        db.execute(insert(LINEAGE).values(step))
    a_cluster(db, location="xã Tân Bình")
    assert the_one(db).location.verdict == "old_name"


def test_without_boundaries_a_named_commune_is_taken_as_told(db: Connection) -> None:
    a_cluster(db)
    assert the_one(db).location.verdict == "unchecked"


def test_each_overlap_is_told_in_hectares_and_land_under_two_counts_once(db: Connection) -> None:
    a_cluster(db)  # x 0–1,000 m, y 0–500 m
    a_feature(
        db, "constraints", rectangle(800, 0, 1000, 500), key="Q", kind="other_plan", name="Đường vành đai"
    )
    a_feature(db, "water", rectangle(900, 0, 1000, 500), key="W", name="Sông")
    a_zone(db, "K", rectangle(-950, 0, 1000, 500))  # a park over the western 50 m
    a_zone(db, "K-1", rectangle(-950, 0, 1000, 500), parent_key="K")  # its phase is the same land
    one = the_one(db)
    told = [(o.layer.id, o.key) for o in one.overlaps]
    assert told == [("constraints", "Q"), ("water", "W"), ("zones", "K")]
    assert [o.area_ha for o in one.overlaps] == pytest.approx([10.0, 5.0, 2.5], rel=2e-3)
    assert [o.share for o in one.overlaps] == pytest.approx([0.2, 0.1, 0.05], rel=1e-6)
    assert one.overlap_ha == pytest.approx(12.5, rel=2e-3)  # the 5 ha of river lie under the road plan
    assert one.complete
    assert not one.clear


def test_a_neighbour_that_touches_or_laps_over_by_a_hair_is_no_overlap(db: Connection) -> None:
    a_cluster(db)
    a_feature(db, "constraints", rectangle(999.9, 0, 500, 500), key="Q", kind="homes")  # 50 m²
    one = the_one(db)
    assert (one.overlaps, one.overlap_ha, one.slivers) == ((), 0.0, 1)
    assert [near.key for near in one.near] == ["Q"]


def test_two_clusters_that_overlap_say_so_of_each_other(db: Connection) -> None:
    a_cluster(db, "C1")
    a_cluster(db, "C2", rectangle(900, 0, 1000, 500))
    first, second = certify(db, PUBLIC, TODAY).clusters
    assert ([o.key for o in first.overlaps], [o.key for o in second.overlaps]) == (["C2"], ["C1"])


def test_only_clusters_of_the_option_and_of_the_date_are_asked(db: Connection) -> None:
    a_cluster(db, "C1")
    a_cluster(db, "C2", rectangle(5000, 0, 1000, 500), option_name=None)
    a_cluster(db, "C3", rectangle(7000, 0, 1000, 500), valid_from=date(2027, 1, 1))
    a_cluster(db, "C4", rectangle(9000, 0, 1000, 500), status="removed_from_plan")
    a_zone(db, "K", rectangle(11000, 0, 100, 100))

    def keys(**asked: Any) -> list[str]:
        return [one.key for one in certify(db, PUBLIC, TODAY, **asked).clusters]

    assert keys() == ["C1", "C2"]
    assert keys(option=OPTION) == ["C1"]
    assert keys(key="C2") == ["C2"]
    with pytest.raises(OptionUnknown):
        keys(option="Phương án khác")
    with pytest.raises(FeatureUnknown):
        keys(key="K")


def test_no_cluster_is_an_empty_certificate(db: Connection) -> None:
    assert certify(db, PUBLIC, TODAY).clusters == ()


def test_a_layer_that_may_not_be_seen_is_neither_compared_nor_passed_over_silently(
    db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_cluster(db)
    a_feature(db, "constraints", rectangle(0, 0, 1000, 500), key="Q", kind="other_plan")
    secret = {**layers(), "constraints": replace(layers()["constraints"], access=Access(view=Right.SEE_WORK))}
    monkeypatch.setattr(ccn_certificate, "layers", lambda: secret)
    seen, all_of_it = certify(db, PUBLIC, TODAY), certify(db, PLANNER, TODAY)
    assert [one.id for one in seen.unchecked] == ["constraints"]
    assert seen.clusters[0].overlaps == ()
    assert seen.clusters[0].near == ()
    assert all_of_it.unchecked == ()
    assert all_of_it.clusters[0].overlap_ha == pytest.approx(50, rel=2e-3)


def test_layers_say_themselves_that_they_restrict() -> None:
    assert {layer.id for layer in layers().values() if layer.restricts} >= {"constraints", "water", "zones"}
