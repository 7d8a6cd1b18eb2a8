"""The array functions and the PostGIS query give one answer."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from layers.access import PUBLIC
from layers.matching import Need, load
from layers.records.observations import OBSERVATIONS
from layers.supply import refresh
from tests.factories import a_lease, a_lot, a_zone, point, rectangle
from tests.two_ways import assert_agree, both

DAY = date(2024, 6, 1)
CROSSWALK = {
    ("VSIC2018", "VSIC2025"): {"1312": ("1312",), "2610": ("2611", "2619")},
    ("VSIC2025", "VSIC2018"): {"1312": ("1312",)},
}


def province(db: Connection) -> None:
    """Zones that differ in every gate, at a few kilometres from the corner."""

    def zone(key: str, x_m: float, lots: int = 2, **columns: Any) -> None:
        a_zone(db, key, rectangle(x_m, 0, 900, 300), **columns)
        for number in range(lots):
            a_lot(db, key, f"{number}", rectangle(x_m + 100 * number, 0, 100, 100))

    zone("near", 1000, entrance=point(1000, 0))
    zone("far", 9000)
    zone("twin-b", 5000, entrance=point(7000, 7000))
    zone("twin-a", 5000 + 20000, entrance=point(7000, 7000))
    zone("refuses", 3000, permitted_vsic=["13"], refused_vsic=["1312"])
    zone("refines", 3000 + 1000, permitted_vsic=["1312"], refused_vsic=["13"])
    zone("others", 11000, permitted_vsic=["26"], refused_vsic=None)
    zone("silent", 13000, permitted_vsic=None, vsic_scheme=None)
    zone("refuses-only", 14000, permitted_vsic=None, refused_vsic=["20"])
    zone("scheme-2025", 15000, vsic_scheme="VSIC2025")
    zone("planned", 17000, status="planned")
    zone("statusless", 19000, status=None)
    zone("small", 21000, lots=1)
    zone("leased", 23000)
    a_lease(db, "leased-0", date(2021, 1, 1))
    zone("reported-little", 25000, lots=0)
    zone("reported-much", 27000, lots=0)
    zone("unknown", 29000, clearance_basis="unknown")
    for key, free in (("reported-little", 0.4), ("reported-much", 40.0)):
        db.execute(
            insert(OBSERVATIONS).values(
                zone_key=key, quantity="free_ha", value=free, observed_on=date(2023, 1, 1), source="BQL"
            )
        )
    a_zone(db, "park", rectangle(31000, 0, 900, 300))
    a_zone(
        db, "park-1", rectangle(31000, 0, 400, 300), parent_key="park", permitted_vsic=None, vsic_scheme=None
    )
    a_lot(db, "park-1", "A", rectangle(31000, 0, 200, 100))
    refresh(db)


@pytest.mark.parametrize("need_ha", [0.3, 1.0, 1.5, 2.5])
@pytest.mark.parametrize(
    ("scheme", "code"),
    [("VSIC2018", "1312"), ("VSIC2018", "13"), ("VSIC2018", "2610"), ("VSIC2025", "1312"), (None, None)],
)
def test_arrays_and_postgis_agree_on_every_verdict_rank_and_centimetre(
    db: Connection, need_ha: float, scheme: str | None, code: str | None
) -> None:
    province(db)
    spot = point(-500, 300)
    arrays, postgis = both(db, Need(spot.x, spot.y, scheme, code, need_ha), DAY, CROSSWALK)
    assert_agree(arrays, postgis)


def test_each_zone_is_answered_with_its_own_reason(db: Connection) -> None:
    province(db)
    spot = point(-500, 300)
    arrays, _ = both(db, Need(spot.x, spot.y, "VSIC2018", "1312", 1.5), DAY, CROSSWALK)
    verdicts = {key: value[:3] for key, value in arrays.items()}
    assert verdicts == {
        "near": (1, 1, 1),
        "far": (1, 1, 1),
        "twin-a": (1, 1, 1),
        "twin-b": (1, 1, 1),
        "refuses": (1, 0, 1),
        "refines": (1, 1, 1),
        "others": (1, 0, 1),
        "silent": (1, -1, 1),
        "refuses-only": (1, -1, 1),
        "scheme-2025": (1, 1, 1),
        "planned": (0, 1, 1),
        "statusless": (-1, 1, 1),
        "small": (1, 1, 0),
        "leased": (1, 1, 0),
        "reported-little": (1, 1, 0),
        "reported-much": (1, 1, -1),
        "unknown": (1, 1, -1),
        "park-1": (1, 1, 1),  # the park is answered by its phase, which inherits its sectors
    }
    ranked = sorted((value[3], key) for key, value in arrays.items() if value[3])
    order = [key for _, key in ranked]
    assert order[:2] == ["near", "refines"]
    assert order.index("twin-a") + 1 == order.index("twin-b")  # one entrance: the tie breaks by code


def test_the_way_ends_at_the_entrance_else_on_the_largest_plot_else_on_the_zone(db: Connection) -> None:
    province(db)
    kinds = {row.key: row.target_kind for row in load(db, PUBLIC, DAY)}
    assert (kinds["near"], kinds["far"], kinds["reported-much"]) == ("entrance", "largest_plot", "zone")


@pytest.mark.parametrize("column", ["permitted_vsic", "refused_vsic"])
@pytest.mark.parametrize("code", ["1312", "13", "2610", " 13 "])
def test_both_read_odd_rules_alike(db: Connection, column: str, code: str) -> None:
    odd: list[list[str | None]] = [
        [],
        [""],
        [" 13"],
        ["13 "],
        ["13\n"],
        ["\uff11\uff13"],  # digits of full width
        ["\u0661\u0663"],  # Arabic digits
        ["13", None],
        ["1"],
        ["131200"],
        ["C13"],
        ["13", "1312", "1312"],
        ["13", "x"],
    ]
    for number, rules in enumerate(odd):
        key = f"z{number:02d}"
        a_zone(
            db, key, rectangle(1000 * number, 0, 900, 300), **({"permitted_vsic": ["13"]} | {column: rules})
        )
        a_lot(db, key, "1", rectangle(1000 * number, 0, 100, 100))
    refresh(db)
    spot = point(-500, 300)
    arrays, postgis = both(db, Need(spot.x, spot.y, "VSIC2018", code, 0.5), DAY, CROSSWALK)
    assert {k: v[:4] for k, v in arrays.items()} == {k: v[:4] for k, v in postgis.items()}


def test_a_phase_with_an_empty_list_of_sectors_takes_those_of_its_park(db: Connection) -> None:
    a_zone(db, "park", rectangle(0, 0, 900, 300), permitted_vsic=["13"])
    a_zone(db, "park-1", rectangle(0, 0, 400, 300), parent_key="park", permitted_vsic=[], refused_vsic=[])
    a_lot(db, "park-1", "A", rectangle(0, 0, 200, 100))
    refresh(db)
    spot = point(-500, 300)
    arrays, postgis = both(db, Need(spot.x, spot.y, "VSIC2018", "1312", 1.0), DAY, CROSSWALK)
    assert arrays["park-1"][:4] == postgis["park-1"][:4] == (1, 1, 1, 1)
