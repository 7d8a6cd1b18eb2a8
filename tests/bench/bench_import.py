"""
200,000 parcels from GeoPackage into the indexed, checked, dated table; beside geopandas' ``to_postgis``.

    python -m tests.bench.bench_import [--rows 200000] [--runs 3]

``to_postgis`` gets a bare table without index, check or date: it is the yardstick of speed, not an equal.
Both read the same file in VN-2000; each run starts from a fresh database, and both commit.
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
import pyogrio
import shapely
from sqlalchemy import Engine, create_engine, func, select

from layers.catalogue import layer
from layers.db.cluster import cluster, create_database, drop_database, provision
from layers.db.migrate import upgrade
from layers.ingest.load import load
from layers.ingest.request import Request

TEMPLATE, COPY = "bench_import_template", "bench_import"
LIMIT_S = 6.0


def parcels(path: Path, rows: int) -> None:
    """Parcels of about 24 m × 24 m that share their corners, in VN-2000 107°45′."""
    wide = 500
    shifts = np.random.default_rng(1).uniform(-2, 2, (wide + 1, rows // wide + 2, 2))
    at = np.arange(rows)
    i, j = at % wide, at // wide

    def corner(i: np.ndarray, j: np.ndarray) -> np.ndarray:
        return np.stack([400_000 + 24.0 * i, 1_220_000 + 24.0 * j], axis=1) + shifts[i, j]

    ring = [corner(i, j), corner(i + 1, j), corner(i + 1, j + 1), corner(i, j + 1), corner(i, j)]
    shapes = shapely.polygons(np.stack(ring, axis=1))
    frame = gpd.GeoDataFrame(
        {
            "ma_xa": [f"{25_741 + k // 20_000:05d}" for k in range(rows)],
            "so_to": [str(1 + k // 500 % 40) for k in range(rows)],
            "so_thua": [str(1 + k % 500) for k in range(rows)],
            "dien_tich": shapely.area(shapes).round(1),
            "loai_dat": np.array(["ONT", "CLN", "LUC", "SKC"])[at % 4],
            "ten_chu": [f"Nguyễn Văn {k}" for k in range(rows)],
        },
        geometry=shapes,
        crs=5899,
    )
    pyogrio.write_dataframe(frame, path)


def ours(engine: Engine, path: Path) -> int:
    """Read, check, load, commit."""
    with engine.begin() as db:
        load(db, "bench", Request("parcels", path, valid_from=date(2025, 1, 1)))
        return db.execute(select(func.count()).select_from(layer("parcels").table)).scalar_one()


def theirs(engine: Engine, path: Path) -> int:
    """Read, transform with PROJ's default operation, write."""
    frame = gpd.read_file(path, use_arrow=True).to_crs(4326)
    frame.to_postgis("bare_parcels", engine, chunksize=20_000)
    return len(frame)


def timed(url: str, path: Path, work: Callable[[Engine, Path], int], rows: int) -> float:
    """Seconds of one run on a fresh copy of the migrated database."""
    engine = create_engine(create_database(url, COPY, TEMPLATE))
    try:
        started = time.perf_counter()
        done = work(engine, path)
        took = time.perf_counter() - started
        assert done == rows
        return took
    finally:
        engine.dispose()
        drop_database(url, COPY)


def main() -> None:
    """Print the medians and their ratio."""
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("--rows", type=int, default=200_000)
    told.add_argument("--runs", type=int, default=3)
    said = told.parse_args()
    with tempfile.TemporaryDirectory(prefix="didoi-bench-") as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "parcels.gpkg"
        parcels(path, said.rows)
        with cluster(Path(tempfile.gettempdir()) / "didoi-bench") as url:
            drop_database(url, TEMPLATE)
            template = create_database(url, TEMPLATE)
            provision(url, TEMPLATE)
            upgrade(template)
            times: dict[str, list[float]] = {"didoi import": [], "geopandas to_postgis": []}
            for _ in range(said.runs):
                times["didoi import"].append(timed(url, path, ours, said.rows))
                times["geopandas to_postgis"].append(timed(url, path, theirs, said.rows))
            drop_database(url, TEMPLATE)
    medians = {name: statistics.median(runs) for name, runs in times.items()}
    for name, runs in times.items():
        spread = ", ".join(f"{run:.2f}" for run in runs)
        print(f"{name:22s} median {medians[name]:.2f} s ({spread}), {said.rows / medians[name]:,.0f} rows/s")
    ratio = medians["didoi import"] / medians["geopandas to_postgis"]
    print(f"ratio {ratio:.2f}; limit {LIMIT_S:g} s for 200,000 rows on two idle cores")


if __name__ == "__main__":
    main()
