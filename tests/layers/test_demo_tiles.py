"""No tile of the illustrative province is heavy, at any zoom, of any layer."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import Connection, create_engine

from layers.access import PUBLIC
from layers.catalogue import layers
from layers.db.cluster import create_database, drop_database
from layers.demo.load import load
from layers.layer import Layer
from layers.rows import extent
from layers.tiles import MAX_GZIP_BYTES, tile

DAY = date(2026, 6, 1)
ZOOMS = range(6, 16)
MOST_TILES = 400
"""Per layer and zoom: of more, an evenly spread choice is cut."""


@pytest.fixture(scope="module")
def province(cluster_url: str, template_database: str) -> Iterator[Connection]:
    """The whole illustrative province."""
    name = f"demo_{uuid4().hex[:12]}"
    engine = create_engine(create_database(cluster_url, name, template_database))
    with engine.begin() as db:
        load(db)
    with engine.connect() as db:
        db.exec_driver_sql("ANALYZE")
        yield db
    engine.dispose()
    drop_database(cluster_url, name)


@pytest.mark.parametrize("layer", layers().values(), ids=lambda layer: layer.id)
def test_no_tile_of_the_province_is_heavy(province: Connection, layer: Layer) -> None:
    box = extent(province, layer, PUBLIC, DAY)
    assert box is not None
    for z in ZOOMS:
        where = [(x, y) for x in _columns(box, z) for y in _rows(box, z)]
        for x, y in where[:: max(1, len(where) // MOST_TILES)]:
            assert len(tile(province, layer, PUBLIC, DAY, z, x, y)) <= MAX_GZIP_BYTES, (z, x, y)


def _columns(box: list[float], z: int) -> range:
    return range(int((box[0] + 180) / 360 * 2**z), int((box[2] + 180) / 360 * 2**z) + 1)


def _rows(box: list[float], z: int) -> range:
    north, south = (
        int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**z) for lat in (box[3], box[1])
    )
    return range(north, south + 1)
