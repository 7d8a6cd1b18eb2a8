"""
All rules over 200,000 stored parcels; beside PostGIS and geopandas, which answer overlaps and validity alone.

    python -m tests.bench.bench_quality [--rows 200000] [--runs 3] [--shifted 400]

``ours`` reads the parcels, asks every rule (mended on import, touching, slivers, overlaps, gaps, areas,
sheet and parcel numbers, communes, zones) and stores the faults. PostGIS runs ``ST_IsValid`` and one
self-join for overlaps, geopandas one overlay of the layer with itself. ``--shifted`` parcels lie 0.3 m off,
so that each overlaps one neighbour and leaves a gap to another.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from sqlalchemy import Connection, Engine, create_engine, delete, select, text, update

from gis.crs import STORAGE_SRID
from layers.catalogue import layer
from layers.catalogue.faults import TABLE as FAULTS
from layers.db.cluster import cluster, create_database, drop_database, provision
from layers.db.migrate import upgrade
from layers.db.statistics import analyze
from layers.ingest.load import load
from layers.ingest.request import Request
from layers.quality import check
from tests.bench.bench_import import parcels

DATABASE = "bench_quality"
LIMIT_S = 15.0
PARCELS = layer("parcels").table


def ours(engine: Engine) -> int:
    """Every rule; faults are stored."""
    with engine.begin() as db:
        db.execute(delete(FAULTS))
        return check(db, "parcels").counts.get("overlap", 0)


def postgis(engine: Engine) -> int:
    """Validity, and pairs that share more than 1 m²; no gaps, slivers, areas or numbers."""
    asked = text(
        "WITH bad AS (SELECT count(*) FROM parcels WHERE NOT ST_IsValid(geom)) "
        "SELECT count(*) + (SELECT * FROM bad) FROM parcels a JOIN parcels b "
        "ON a.id < b.id AND a.geom && b.geom AND ST_Intersects(a.geom, b.geom) "
        "WHERE ST_Area(geography(ST_Intersection(a.geom, b.geom))) > 1"
    )
    with engine.begin() as db:
        return db.execute(asked).scalar_one()


def overlay(engine: Engine) -> int:
    """Pairs that share more than 1 m², by geopandas; areas in VN-2000."""
    with engine.begin() as db:
        frame = gpd.read_postgis("SELECT key, geom FROM parcels", db, geom_col="geom").to_crs(5899)
    met = gpd.overlay(frame, frame, how="intersection", keep_geom_type=True)
    return int(((met.key_1 < met.key_2) & (met.area > 1)).sum())


def shift(db: Connection, count: int) -> None:
    """Move some parcels 0.3 m to the east."""
    chosen = select(PARCELS.c.id).order_by(PARCELS.c.id % 487, PARCELS.c.id).limit(count)
    rows = db.execute(
        select(PARCELS.c.id, text("ST_AsBinary(geom)")).where(PARCELS.c.id.in_(chosen.scalar_subquery()))
    ).all()
    geoms = shapely.from_wkb(np.array([bytes(row[1]) for row in rows], dtype=object))
    moved = shapely.set_srid(
        shapely.transform(geoms, lambda xy: xy + np.array([0.3 / 109_301, 0])), STORAGE_SRID
    )
    for row, wkb in zip(rows, shapely.to_wkb(moved, hex=True, include_srid=True), strict=True):
        db.execute(update(PARCELS).where(PARCELS.c.id == row[0]).values(geom=wkb))


def main() -> None:
    """Print the medians."""
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("--rows", type=int, default=200_000)
    told.add_argument("--runs", type=int, default=3)
    told.add_argument("--shifted", type=int, default=400)
    told.add_argument("--peers", action=argparse.BooleanOptionalAction, default=True)
    said = told.parse_args()
    with tempfile.TemporaryDirectory(prefix="didoi-bench-") as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "parcels.gpkg"
        parcels(path, said.rows)
        with cluster(Path(tempfile.gettempdir()) / "didoi-bench") as url:
            drop_database(url, DATABASE)
            address = create_database(url, DATABASE)
            provision(url, DATABASE)
            upgrade(address)
            engine = create_engine(address)
            with engine.begin() as db:
                load(db, "bench", Request("parcels", path, valid_from=date(2025, 1, 1)))
                shift(db, said.shifted)
                analyze(db, ["parcels"])
            work: dict[str, Callable[[Engine], int]] = {"didoi check": ours}
            if said.peers:
                work |= {"PostGIS ST_IsValid + self-join": postgis, "geopandas overlay": overlay}
            for name, run in work.items():
                times, found = [], 0
                for _ in range(said.runs):
                    started = time.perf_counter()
                    found = run(engine)
                    times.append(time.perf_counter() - started)
                spread = ", ".join(f"{each:.1f}" for each in times)
                print(f"{name:32s} median {statistics.median(times):6.1f} s ({spread}); overlaps: {found:,}")
            engine.dispose()
            drop_database(url, DATABASE)
    print(f"limit {LIMIT_S:g} s for 200,000 parcels on two idle cores")


if __name__ == "__main__":
    main()
