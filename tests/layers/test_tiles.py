"""Tiles: what they hold at which zoom, who sees it, and that they stay light."""

from __future__ import annotations

import math
from datetime import date

import pytest
import shapely
from isal import igzip
from sqlalchemy import Connection, text

from layers.access import PUBLIC, Actor, Role
from layers.catalogue import layer, layers
from layers.layer import Layer
from layers.tiles import (
    MAX_ZOOM,
    WORLD_M,
    TileOutOfRange,
    bounds_m,
    parameters,
    statement,
    tile,
)
from tests.factories import LAT, LON, a_feature, a_lot, a_parcel, a_zone, an_enterprise, point, rectangle

DAY = date(2026, 1, 1)
PLANNER = Actor(Role.PLANNER, 1)


def place(z: int, lon: float = LON, lat: float = LAT) -> tuple[int, int, int]:
    """Tile of a point: the formula of Web Mercator, as everybody writes it."""
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return z, int((lon + 180) / 360 * 2**z), int(y * 2**z)


def cut(db: Connection, layer_id: str, z: int, when: date = DAY, who: Actor = PUBLIC) -> bytes:
    packed = tile(db, layer(layer_id), who, when, *place(z))
    return igzip.decompress(packed) if packed else b""


def test_bounds_of_a_tile_are_those_of_the_standard() -> None:
    half_m = WORLD_M / 2
    assert bounds_m(0, 0, 0) == (-half_m, -half_m, half_m, half_m)
    assert bounds_m(1, 1, 0) == (0, 0, half_m, half_m)
    west, south, east, north = bounds_m(*place(14))
    x_m = math.radians(LON) * 6_378_137
    assert west <= x_m <= east
    assert north - south == pytest.approx(WORLD_M / 2**14)


@pytest.mark.parametrize("where", [(-1, 0, 0), (3, 8, 0), (3, 0, 8), (MAX_ZOOM + 1, 0, 0)])
def test_a_tile_outside_the_world_is_no_tile(db: Connection, where: tuple[int, int, int]) -> None:
    with pytest.raises(TileOutOfRange):
        tile(db, layer("zones"), PUBLIC, DAY, *where)


def test_a_tile_holds_the_rows_of_its_date(db: Connection) -> None:
    a_zone(db, "A", rectangle(0, 0, 900, 900), name="KCN Cũ", valid_to=date(2025, 7, 1))
    a_zone(db, "A", rectangle(0, 0, 900, 900), name="KCN Mới", valid_from=date(2025, 7, 1))
    assert "KCN Cũ".encode() in cut(db, "zones", 12, date(2025, 6, 30))
    assert "KCN Mới".encode() in cut(db, "zones", 12, date(2025, 7, 1))
    assert cut(db, "zones", 12, date(2019, 1, 1)) == b""


def test_columns_come_with_their_zoom(db: Connection) -> None:
    a_lot(db, "A", "L-77", rectangle(0, 0, 300, 300))
    assert cut(db, "lots", 11) == b""  # lots begin at zoom 12, their numbers at 14
    assert b"industrial" in cut(db, "lots", 12)
    assert b"number" not in cut(db, "lots", 13)
    assert b"number" in cut(db, "lots", 14)


def test_no_tile_holds_a_person(db: Connection) -> None:
    a_parcel(db, "12", "345", rectangle(0, 0, 50, 50), user_name="Nguyễn Văn A")
    an_enterprise(db, "DN-1", point(5, 5), contact_phone="0903000001")
    for who in (PUBLIC, PLANNER):
        assert "Nguyễn".encode() not in cut(db, "parcels", 16, who=who)
        assert b"0903000001" not in cut(db, "enterprises", 16, who=who)


def test_what_is_smaller_than_a_pixel_is_left_out(db: Connection) -> None:
    # A pixel at zoom 10 is 40,075,017 m / 1024 / 512 = 76 m of the projection, 75 m on the ground at 11° N.
    a_zone(db, "small", rectangle(0, 0, 60, 60))
    a_zone(db, "large", rectangle(200, 0, 90, 90))
    assert b"small" not in cut(db, "zones", 10)
    assert b"large" in cut(db, "zones", 10)
    assert b"small" in cut(db, "zones", 11)


def test_points_on_one_another_are_thinned_by_class_and_always_alike(db: Connection) -> None:
    for number in range(40):
        disposition = "relocate" if number % 2 else "encouraged"
        an_enterprise(
            db, f"DN-{number:02d}", point(number % 5, number % 7), name="x", disposition=disposition
        )
    low = cut(db, "enterprises", 8)
    assert low.count(b"DN-") == 2
    assert b"DN-00" in low
    assert b"DN-01" in low
    assert cut(db, "enterprises", 8) == low
    assert cut(db, "enterprises", 14).count(b"DN-") == 40


def test_minor_roads_wait_for_their_zoom(db: Connection) -> None:
    for number, road_class in enumerate(("trunk", "residential")):
        line = rectangle(0, 50 * number, 900, 10).exterior
        a_feature(db, "roads", _line(line), key=road_class, road_class=road_class)
    assert b"residential" not in cut(db, "roads", 11)
    assert b"residential" in cut(db, "roads", 12)


def test_a_tile_that_is_too_heavy_is_cut_again_coarser(
    db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for x in range(20):
        for y in range(20):
            a_parcel(db, str(x), str(y), rectangle(5 * x, 5 * y, 5, 5), land_type="LUC")
    whole = tile(db, layer("parcels"), PUBLIC, DAY, *place(16))
    monkeypatch.setattr("layers.tiles.MAX_GZIP_BYTES", 1_500)
    light = tile(db, layer("parcels"), PUBLIC, DAY, *place(16))
    assert len(light) <= 1_500 < len(whole)


# The supply has the shapes of its zones, by key: of so few rows the planner may take either index.
SHAPED = [layer for layer in layers().values() if layer.id != "zone_supply"]
#: Whose shapes a layer shows, where it has none of its own.
SHAPES_OF = {"clearance_by_zone": "zones", "clearance_stage": "takes"}


@pytest.mark.parametrize("each", SHAPED, ids=lambda item: item.id)
def test_a_tile_is_found_by_the_spatial_index(db: Connection, each: Layer) -> None:
    db.execute(text("SET LOCAL enable_seqscan = off"))
    z = max(each.minzoom, 14)
    made = statement(each.id, PLANNER, DAY, z)
    compiled = made.compile(db.engine, compile_kwargs={"render_postcompile": True})
    asked = compiled.construct_params(parameters(*place(z)))
    plan = "\n".join(db.exec_driver_sql(f"EXPLAIN {compiled}", asked).scalars())
    assert f"ix_{SHAPES_OF.get(each.id, each.id)}_geom" in plan


def _line(ring: object) -> object:

    return shapely.LineString(shapely.get_coordinates(ring)[:3])
