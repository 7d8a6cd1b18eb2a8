"""
Tiles as the server cuts them, beside ST_AsMVT over the stored degrees: medians per layer and zoom.

    python -m tests.bench.bench_tiles [--scale 1.0]

Ours reads Web Mercator copies through their index, leaves out what is smaller than a pixel and compresses;
the plain one transforms every geometry while it cuts, which is what a view over the table would do.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections.abc import Callable
from datetime import date

from geoalchemy2 import Geometry
from isal import igzip
from sqlalchemy import (
    TEXT,
    Column,
    Connection,
    MetaData,
    Table,
    insert,
    select,
    text,
    type_coerce,
)
from sqlalchemy.types import NullType

from api.actions.load_demo import load_demo
from layers.access import PUBLIC
from layers.catalogue import layers
from layers.layer import Layer
from layers.query import visible
from layers.rows import extent
from layers.tiles import tile
from tests.bench._run import database

DAY = date(2026, 6, 1)
ZOOMS = (8, 10, 12, 14)
TILES = 30
PLAIN = text("""
    WITH cut AS (
        SELECT key, ST_AsMVTGeom(ST_Transform(geom, 3857), ST_TileEnvelope(:z, :x, :y)) AS geom
        FROM plain
        WHERE ST_Intersects(geom, ST_Transform(ST_TileEnvelope(:z, :x, :y), 4326))
    )
    SELECT ST_AsMVT(cut, 'plain') FROM cut WHERE geom IS NOT NULL
""")


def main() -> None:
    """Print a table of medians over the illustrative province."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--scale", type=float, default=1.0, help="size of the illustrative province, 0 to 1")
    given = asked.parse_args()
    with database() as engine:
        with engine.begin() as db:
            load_demo(db, scale=given.scale)
        with engine.connect() as db:
            _compare_all(db)


def _compare_all(db: Connection) -> None:
    print(f"{'layer':<12} {'zoom':>4} {'ours ms':>8} {'plain ms':>9} {'ours kB':>8} {'plain kB':>9}")
    for layer in layers().values():
        box = extent(db, layer, PUBLIC, DAY)
        if box is None:
            continue
        _make_plain(db, layer)
        for z in (z for z in ZOOMS if z >= layer.minzoom):
            _compare(db, layer, box, z)


def _make_plain(db: Connection, layer: Layer) -> None:
    """The rows of the date as a table of their own, with an index on the stored geometry."""
    rows = visible(layer, PUBLIC, DAY).subquery()
    plain = Table("plain", MetaData(), Column("key", TEXT), Column("geom", Geometry(spatial_index=False)))
    db.exec_driver_sql("DROP TABLE IF EXISTS plain")
    db.exec_driver_sql("CREATE TEMP TABLE plain (key text, geom geometry)")
    db.execute(
        insert(plain).from_select(["key", "geom"], select(rows.c.key, type_coerce(rows.c.geom, NullType)))
    )
    db.exec_driver_sql("CREATE INDEX ON plain USING gist (geom)")
    db.exec_driver_sql("ANALYZE plain")


def _compare(db: Connection, layer: Layer, box: list[float], z: int) -> None:
    where = _spread(box, z)

    def ours(x: int, y: int) -> bytes:
        return tile(db, layer, PUBLIC, DAY, z, x, y)

    def plain(x: int, y: int) -> bytes:
        cut = bytes(db.execute(PLAIN, {"z": z, "x": x, "y": y}).scalar_one())
        return igzip.compress(cut, 2) if cut else b""

    (ours_ms, ours_kb), (plain_ms, plain_kb) = _median(ours, where), _median(plain, where)
    print(
        f"{layer.id:<12} {z:>4} {ours_ms:>8.2f} {plain_ms:>9.2f} {ours_kb:>8.1f} {plain_kb:>9.1f}", flush=True
    )


def _median(make: Callable[[int, int], bytes], where: list[tuple[int, int]]) -> tuple[float, float]:
    """Milliseconds and greatest kilobytes over the tiles that hold anything, after one round to warm up."""
    held = [place for place in where if make(*place)]
    took_ms: list[float] = []
    most = 0
    for place in held:
        begun_s = time.perf_counter()
        made = make(*place)
        took_ms.append((time.perf_counter() - begun_s) * 1000)
        most = max(most, len(made))
    return (statistics.median(took_ms) if took_ms else math.nan), most / 1000


def _spread(box: list[float], z: int) -> list[tuple[int, int]]:
    """Tiles spread evenly over a box."""

    def at(lon: float, lat: float) -> tuple[int, int]:
        y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
        return int((lon + 180) / 360 * 2**z), int(y * 2**z)

    (west, south), (east, north) = at(box[0], box[1]), at(box[2], box[3])
    every = [(x, y) for x in range(west, east + 1) for y in range(north, south + 1)]
    return every[:: max(1, len(every) // TILES)]


if __name__ == "__main__":
    main()
