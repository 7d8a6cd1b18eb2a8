"""Evidence for coordinates out of the database: what is near, what is left out, and what it tells."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy import Connection, insert

from gis.crs import STORAGE_SRID, Reading, transform_xy
from layers import codes
from layers.catalogue.admin_units import TABLE as ADMIN_UNITS
from layers.catalogue.roads import TABLE as ROADS
from layers.ingest.arrow import pa
from layers.ingest.evidence import gather, locate
from layers.ingest.guard import Received
from layers.ingest.placing import CrsAgainstProvince, ProvinceUnknown, coordinate_evidence, province
from layers.ingest.plan import File, Plan
from tests.gis.test_crs_detection import BLOCKS, STREETS
from tests.made_crs import numbers

BOX = (106.65, 11.04, 106.71, 11.10)


def stored(geom: shapely.Geometry, kind: type) -> object:
    return from_shape(kind([geom]), srid=STORAGE_SRID)


def add_streets(db: Connection, *, illustrative: bool = False) -> None:
    db.execute(
        insert(ROADS),
        [
            {
                "key": f"d{at}",
                "valid_from": "2020-01-01",
                "illustrative": illustrative,
                "geom": stored(street, shapely.MultiLineString),
            }
            for at, street in enumerate(STREETS)
        ],
    )


def add_province(db: Connection, side: float) -> None:
    area = shapely.box(106.68 - side, 11.07 - side, 106.68 + side, 11.07 + side)
    db.execute(
        insert(ADMIN_UNITS).values(
            level="province",
            code="74",
            name="Bình Dương",
            valid_from="1997-01-01",
            valid_to="2025-07-01",
            geom=stored(area, shapely.MultiPolygon),
        )
    )


def test_roads_near_by_find_the_missing_shift_of_a_file(db: Connection) -> None:
    add_streets(db)
    truth = Reading(9210, shift="none")
    found = locate(db, numbers(BLOCKS, truth), "parcels", None, codes.province("74"))
    assert found.sure
    assert found.candidates[0].reading == truth


def test_what_a_layer_holds_already_and_what_is_only_drawn_are_no_evidence(db: Connection) -> None:
    add_streets(db)
    assert len(gather(db, "parcels", [BOX], None).lines) == len(STREETS)
    assert len(gather(db, "parcels", [(105.0, 21.0, 105.1, 21.1)], None).lines) == 0
    assert len(gather(db, "roads", [BOX], None).lines) == 0
    assert len(gather(db, "parcels", [], None).lines) == 0


def test_illustrative_streets_are_left_out(db: Connection) -> None:
    add_streets(db, illustrative=True)
    assert len(gather(db, "parcels", [BOX], None).lines) == 0


def test_the_boundary_of_the_provinces_own_era_is_taken_and_is_evidence_only_where_it_runs(
    db: Connection,
) -> None:
    add_province(db, 0.4)
    near = gather(db, "parcels", [BOX], codes.province("74"))
    assert near.province is not None
    assert near.province.boundary is not None
    assert np.isclose(shapely.area(near.province.boundary), 0.64)
    assert len(near.areas) == 0  # it contains the place and ends far from it


def test_a_neighbours_code_finds_no_boundary(db: Connection) -> None:
    add_province(db, 0.4)
    near = gather(db, "parcels", [BOX], codes.province("75"))
    assert near.province is not None
    assert near.province.boundary is None


def _received(meridian_srid: int) -> Received:
    """Two firms near Thủ Dầu Một as numbers of a TM-3 zone, without a word about the zone."""
    x, y = transform_xy(np.array([106.66, 106.67]), np.array([11.0, 11.01]), STORAGE_SRID, meridian_srid)
    points = pa.array(shapely.to_wkb(shapely.points(x, y)), pa.binary())
    return Received(pa.table({"name": ["A", "B"]}), points, None, "dn")


def test_a_chosen_system_that_misses_the_named_province_is_refused(db: Connection) -> None:
    plan = Plan(File("dn.gpkg", "0", 1), "enterprises", crs="EPSG:5899", province="74")
    with pytest.raises(CrsAgainstProvince) as caught:  # two degrees of meridian: 219 km to the east
        coordinate_evidence(db, _received(9210), plan)
    assert caught.value.facts["inside"] == 0
    chosen, _ = coordinate_evidence(db, _received(9210), replace(plan, crs="EPSG:9210"))
    assert chosen == "EPSG:9210"


def test_a_province_that_there_never_was_is_an_error_and_not_no_province() -> None:
    assert province(None) is None
    with pytest.raises(ProvinceUnknown):
        province("999")
