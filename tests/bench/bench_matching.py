"""
How long one firm's match takes end to end, and the nearest zone of many firms beside geopandas.

Prints medians and ratios and asserts no time: a budget belongs to a machine, a ratio to the code.
"""

from __future__ import annotations

import argparse
from datetime import date

import geopandas
import numpy as np
import orjson
from sqlalchemy import Connection, select

from api.actions.load_demo import load_demo
from api.actions.match_firm import FirmRequest, match_firm
from gis.arrays import Floats
from gis.crs import COUNTRY_BOX
from gis.gates import PASS
from gis.matching import Zones, rank
from layers.access import PUBLIC
from layers.catalogue import layer
from layers.codes import sector_crosswalk
from layers.matching import Need, load, ranked_in_postgis
from tests.bench._run import Line, database, table, timed

AS_OF = date(2026, 6, 30)
#: A metric system for geopandas, whose join is planar: WGS 84 / UTM 48N covers the south.
METRIC = "EPSG:32648"


def main() -> None:
    """Run both benchmarks on the illustrative province."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--scale", type=float, default=1.0, help="size of the illustrative province, 0 to 1")
    asked.add_argument("--firms", type=int, default=2_900, help="firms of the bulk comparison")
    asked.add_argument("--zones", type=int, default=62, help="zones of the bulk comparison")
    asked.add_argument("--times", type=int, default=5, help="measured runs of each")
    given = asked.parse_args()
    with database() as engine:
        with engine.begin() as db:
            counts = load_demo(db, scale=given.scale)
        print(f"province: {counts['zones']} zones, {counts['lots']} lots, {counts['enterprises']} firms")
        with engine.connect() as db:
            one_firm(db, given.times)
    many_firms(given.firms, given.zones, given.times)


def one_firm(db: Connection, times: int) -> None:
    """One firm: from its code to the answer as bytes, and what the parts of that take."""
    firms = layer("enterprises").table
    known = firms.c.area_needed_ha.is_not(None) & firms.c.valid_to.is_(None)
    keys = list(db.execute(select(firms.c.key).where(known).order_by(firms.c.key)).scalars())
    keys = keys[:: max(1, len(keys) // 20)][:20]

    def answers() -> None:
        for key in keys:
            orjson.dumps(match_firm(db, PUBLIC, AS_OF, FirmRequest(firm=key)).as_json())

    report = match_firm(db, PUBLIC, AS_OF, FirmRequest(firm=keys[0]))
    need = report.firm.need
    zones = report.ranking.zones
    in_sql = ranked_in_postgis(PUBLIC, AS_OF, Need(**vars(need)), sector_crosswalk())
    place = {"lon": need.lon, "lat": need.lat, "need_ha": need.area_needed_ha}
    table(
        f"one firm, every one of {len(zones.code)} zones answered (budget: 100 ms)",
        [
            Line("match_firm, code → JSON bytes (20 firms, each)", timed(answers, times=times), len(keys)),
            Line("  of that: candidates from PostGIS", timed(lambda: load(db, PUBLIC, AS_OF), times=times)),
            Line(
                "  of that: gates, distances, ranks (gis.matching)",
                timed(lambda: rank(zones, **place), times=times),
            ),
            Line(
                "the same as one query (ranked_in_postgis)",
                timed(lambda: db.execute(in_sql).all(), times=times),
            ),
        ],
    )


def many_firms(firms: int, zones: int, times: int) -> None:
    """The nearest zone of many firms, and every zone of each ranked, beside geopandas' sjoin_nearest."""
    rng = np.random.default_rng(2026)
    box = np.array([106.4, 10.7, 107.2, 11.4])
    assert COUNTRY_BOX[0] < box[0] < box[2] < COUNTRY_BOX[2]
    lon, lat = rng.uniform(box[0], box[2], firms), rng.uniform(box[1], box[3], firms)
    open_to_all = _open_zones(rng.uniform(box[0], box[2], zones), rng.uniform(box[1], box[3], zones))

    def ours() -> list[int]:
        return [
            int(np.argmax(rank(open_to_all, lon=x, lat=y, need_ha=1.0).rank == 1))
            for x, y in zip(lon.tolist(), lat.tolist(), strict=True)
        ]

    left = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(lon, lat, crs="EPSG:4326"))
    right = geopandas.GeoDataFrame(
        geometry=geopandas.points_from_xy(open_to_all.lon, open_to_all.lat, crs="EPSG:4326")
    )

    def theirs() -> Floats:
        joined = geopandas.sjoin_nearest(left.to_crs(METRIC), right.to_crs(METRIC), distance_col="away_m")
        return np.asarray(joined[~joined.index.duplicated()].sort_index()["index_right"])

    agreed = np.mean(np.array(ours()) == theirs())
    name = "geopandas: to_crs + sjoin_nearest, the nearest only"
    table(
        f"{firms:,} firms × {zones} zones; the same nearest zone for {agreed:.1%} of them",
        [
            Line(name, timed(theirs, times=times)),
            Line("gis.matching.rank per firm: gates, geodesics, all ranks", timed(ours, times=times)),
        ],
        against=name,
    )


def _open_zones(lon: Floats, lat: Floats) -> Zones:
    """Zones that let everybody pass, so that the first in rank is the nearest."""
    n = len(lon)
    passed = np.full(n, PASS, dtype=np.int8)
    texts = {name: np.full(n, "", dtype=object) for name in ("status", "sector_rule", "basis", "target_kind")}
    code = np.array([f"Z{i:04d}" for i in range(n)], dtype=object)
    return Zones(
        code=code,
        receiving=passed,
        accepts=passed,
        largest_plot_ha=np.full(n, 100.0),
        lon=lon,
        lat=lat,
        **texts,
    )


if __name__ == "__main__":
    main()
