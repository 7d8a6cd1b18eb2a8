"""
Kernels of clearance beside their peers: exact shares, figures at a date, series, both times.

    python -m tests.bench.bench_clearance [--zones 200] [--nation 3000] [--events 1200000]

Prints medians and ratios and asserts no time, but every peer must come to the same figures as ours.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from datetime import date
from functools import partial
from typing import Any

import geopandas
import numpy as np
import shapely
from sqlalchemy import Connection, text

from gis.arrays import Floats, Geometries, Ints
from gis.clearance.figures import Changes, Holdings, Totals, changes_of
from gis.clearance.ledger import OPEN_DAY, Events, Runs, rank_at, runs_of
from gis.clearance.resident import Resident
from gis.clearance.shares import Shares, split
from gis.measure import MM2_PER_HA, area_ha
from tests.bench._run import Line, database, table, timed

SIDE = 32
MONTHS = 120
UNTIL = date(2025, 12, 31)
LAST_DAY = (UNTIL - date(2000, 1, 1)).days
ON_DAY = LAST_DAY - 400
EQUAL_AREA = 6933
METRES_PER_DEG = 110_600.0


def main() -> None:
    """Run each part: split, figures of a province and of a nation, both times."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--zones", type=int, default=200, help="zones of the province, 1,024 parcels each")
    asked.add_argument("--nation", type=int, default=3000, help="zones of the nation; 0 leaves it out")
    asked.add_argument("--events", type=int, default=1_200_000, help="events known in both times")
    asked.add_argument("--times", type=int, default=5, help="measured runs of each")
    given = asked.parse_args()
    rng = np.random.default_rng(2026)
    with database() as engine, engine.begin() as db:
        bench_split(db, rng, given.zones, given.times)
        for zones in (given.zones, given.nation):
            if zones:
                bench_figures(db, rng, zones, given.times)
        bench_both_times(db, rng, given.events, given.times)


# --- Shares ------------------------------------------------------------------------------------------


def blocks(rng: np.random.Generator, zones: int) -> tuple[Geometries, Geometries]:
    """Cadastral blocks of jittered parcels with common borders; a zone is its block shrunk by 7 %."""
    parcels: list[Any] = []
    outlines: list[Any] = []
    fine = 2 * SIDE + 1
    place = np.stack(np.meshgrid(np.arange(fine), np.arange(fine), indexing="ij"), axis=-1) / 2 - SIDE / 2
    i, j = np.meshgrid(np.arange(SIDE) * 2, np.arange(SIDE) * 2, indexing="ij")
    ring = np.array([(0, 0), (1, 0), (2, 0), (2, 1), (2, 2), (1, 2), (0, 2), (0, 1), (0, 0)])
    along = np.arange(fine)
    low, high = np.zeros(fine, dtype=int), np.full(fine, fine - 1)
    rim = np.concatenate(
        [np.c_[along, low], np.c_[high, along][1:], np.c_[along[::-1], high][1:], np.c_[low, along[::-1]][1:]]
    )
    for _ in range(zones):
        middle = rng.uniform((106.3, 10.6), (107.5, 11.6))
        turn = rng.uniform(0, np.pi / 2)
        spin = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        jittered = place + rng.uniform(-0.18, 0.18, place.shape)
        corner = jittered * rng.uniform(30, 60) / METRES_PER_DEG @ spin
        parcels.append(
            shapely.polygons(
                middle + corner[i.ravel()[:, None] + ring[:, 0], j.ravel()[:, None] + ring[:, 1]]
            )
        )
        outlines.append(shapely.Polygon(middle + 0.93 * corner[rim[:, 0], rim[:, 1]]))
    return np.concatenate(parcels), np.array(outlines, dtype=object)


def bench_split(db: Connection, rng: np.random.Generator, zones: int, times: int) -> None:
    """Which land of which parcel lies in which zone."""
    parcels, outlines = blocks(rng, zones)
    parcel_ha = area_ha(parcels)
    ours = split(parcels, parcel_ha, outlines)
    by_tree = straddlers(parcels, parcel_ha, outlines)
    agree(ours, *by_tree)
    store(db, "parcel_shape", parcels)
    store(db, "zone_shape", outlines)
    part = max(zones // 10, 1)
    few, few_zones = parcels[: part * SIDE * SIDE], outlines[:part]
    name = "shapely: STRtree, only straddlers cut, ellipsoid"
    lines = [
        Line("gis.clearance.shares.split", timed(lambda: split(parcels, parcel_ha, outlines), times=times)),
        Line(name, timed(lambda: straddlers(parcels, parcel_ha, outlines), times=times)),
        Line(
            f"geopandas: overlay, plane ({part} zones × {zones // part})",
            [s * zones / part for s in timed(lambda: overlay(few, few_zones), times=1, warm=False)],
        ),
        Line(
            "PostGIS: only straddlers cut, ellipsoid",
            timed(lambda: db.execute(CUT).all(), times=1, warm=False),
        ),
    ]
    table(f"{len(parcels):,} parcels × {zones} zones: {len(ours.parcel):,} shares", lines, against=name)


def straddlers(parcels: Geometries, parcel_ha: Floats, zones: Geometries) -> tuple[Ints, Ints, Floats]:
    """The best that shapely alone does."""
    zone, parcel = shapely.STRtree(parcels).query(zones, predicate="intersects")
    shapely.prepare(zones)
    found = parcel_ha[parcel].copy()
    cut = ~shapely.contains_properly(zones[zone], parcels[parcel])
    found[cut] = area_ha(shapely.intersection(parcels[parcel[cut]], zones[zone[cut]]))
    return parcel, zone, found


def overlay(parcels: Geometries, zones: Geometries) -> Any:
    """The same in one call, on a plane of equal areas."""
    left = geopandas.GeoDataFrame(geometry=parcels, crs=4326).to_crs(EQUAL_AREA)
    right = geopandas.GeoDataFrame({"zone": np.arange(len(zones))}, geometry=zones, crs=4326)
    return geopandas.overlay(left, right.to_crs(EQUAL_AREA)).area


def agree(ours: Shares, parcel: Ints, zone: Ints, share_ha: Floats) -> None:
    """Every share is the other's within a hundredth of a square metre."""
    both = np.concatenate([ours.parcel, parcel]) * 100_000 + np.concatenate([ours.zone, zone])
    pair, row = np.unique(both, return_inverse=True)
    gap = np.bincount(row, np.concatenate([ours.area_ha, -share_ha]), minlength=len(pair))
    assert np.abs(gap).max() < 1e-6


CUT = text("""
    SELECT z.id, p.id, CASE WHEN ST_Covers(z.geom, p.geom) THEN ST_Area(geography(p.geom))
        ELSE ST_Area(geography(ST_Intersection(z.geom, p.geom))) END
    FROM zone_shape z JOIN parcel_shape p ON ST_Intersects(z.geom, p.geom)
""")
CREATE = {
    "parcel_shape": text("CREATE TEMP TABLE parcel_shape (id integer, geom geometry(Polygon, 4326))"),
    "zone_shape": text("CREATE TEMP TABLE zone_shape (id integer, geom geometry(Polygon, 4326))"),
    "holding": text("CREATE TEMP TABLE holding (zone integer, handed_on integer, area_mm2 bigint)"),
    "event": text(
        "CREATE TEMP TABLE event (id integer, case_id integer, rank smallint,"
        " effective integer, recorded bigint, replaces integer)"
    ),
}
DROP = {name: text("DROP TABLE IF EXISTS " + name) for name in CREATE}
COPY = {name: "COPY " + name + " FROM STDIN" for name in CREATE}
ANALYZE = {name: text("ANALYZE " + name) for name in CREATE}


def store(db: Connection, name: str, shapes: Geometries) -> None:
    """Shapes with an index."""
    load(db, name, enumerate(shapely.to_wkb(shapes, hex=True, include_srid=True)))
    if name == "parcel_shape":
        db.execute(text("CREATE INDEX ON parcel_shape USING gist (geom)"))


def load(db: Connection, name: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """A table of the session, filled and analysed."""
    db.execute(DROP[name])
    db.execute(CREATE[name])
    driver: Any = db.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(COPY[name]) as copy:
        for row in rows:
            copy.write_row(row)
    db.execute(ANALYZE[name])


# --- Figures -----------------------------------------------------------------------------------------


def bench_figures(db: Connection, rng: np.random.Generator, zones: int, times: int) -> None:
    """All zones at a date, and month by month for ten years; every parcel is a case of up to four stages."""
    n = zones * SIDE * SIDE
    zone = np.repeat(np.arange(zones), SIDE * SIDE)
    area_mm2 = rng.integers(9 * 10**8, 36 * 10**8, n)
    opened = rng.integers(LAST_DAY - 3650, LAST_DAY - 1500, n).astype(np.int32)
    steps = np.cumsum(rng.integers(20, 700, (n, 3)), axis=1)
    day = np.column_stack([opened, opened[:, None] + steps]).astype(np.int32)
    come = day <= LAST_DAY
    to_day = np.column_stack([np.where(come[:, 1:], day[:, 1:], OPEN_DAY), np.full(n, OPEN_DAY, np.int32)])
    periods = Runs(
        np.repeat(np.arange(n), 4)[come.ravel()],
        np.tile(np.array([0, 1, 4, 6], dtype=np.int8), n)[come.ravel()],
        day.ravel()[come.ravel()],
        to_day.ravel()[come.ravel()],
        np.zeros(come.sum(), dtype=np.int64),
    )
    holdings = Holdings(np.arange(n), zone, area_mm2, np.ones(n, dtype=bool))
    handed_on = np.where(come[:, 3], day[:, 3], OPEN_DAY)
    changes = changes_of(periods, holdings)
    built = timed(lambda: Resident.of(changes, zones, UNTIL), times=1, warm=False)
    arrays = Resident.of(changes, zones, UNTIL)
    load(db, "holding", zip(zone.tolist(), handed_on.tolist(), area_mm2.tolist(), strict=True))
    _one_day(db, arrays, zone, handed_on, area_mm2, zones, times)
    _series(db, arrays, zone, handed_on, area_mm2, zones, times)
    one = Changes(*(column[:4] for column in (changes.zone, changes.day, changes.column, changes.amount)))
    table(
        f"{n:,} parcels, {len(changes):,} changes: keeping the arrays",
        [
            Line("Resident.of: all of it anew", built),
            Line("Resident.with_changes: one edit", timed(lambda: arrays.with_changes(one), times=times)),
        ],
    )


AT_DAY = text("""
    SELECT zone, sum(area_mm2) AS whole, coalesce(sum(area_mm2) FILTER (WHERE handed_on <= :day), 0) AS done
    FROM holding GROUP BY zone ORDER BY zone
""")
BY_MONTH = text("""
    WITH part AS (SELECT zone, width_bucket(handed_on, CAST(:starts AS integer[])) AS at,
        sum(area_mm2) AS area FROM holding WHERE handed_on <= :last GROUP BY 1, 2),
    grid AS (SELECT zone, at FROM (SELECT DISTINCT zone FROM holding) AS z,
        generate_series(0, :months - 1) AS at)
    SELECT zone, at, sum(coalesce(area, 0)) OVER (PARTITION BY zone ORDER BY at)
    FROM grid LEFT JOIN part USING (zone, at) ORDER BY zone, at
""")


def _one_day(
    db: Connection, arrays: Resident, zone: Ints, handed_on: Ints, area_mm2: Ints, zones: int, times: int
) -> None:
    def numpy_sums() -> Floats:
        return np.bincount(zone, area_mm2 * (handed_on <= ON_DAY), minlength=zones)

    def sql() -> Any:
        return db.execute(AT_DAY, {"day": ON_DAY}).all()

    done = arrays.at(ON_DAY).handed_over_ha
    assert np.allclose(done, numpy_sums() / MM2_PER_HA)
    assert np.allclose(done, np.array([int(row.done) for row in sql()]) / MM2_PER_HA)
    name = "PostgreSQL: GROUP BY over stored shares, hand-over only"
    table(
        f"{len(zone):,} parcels, {zones:,} zones: figures at a date",
        [
            Line(
                "Resident.at: land and cases by rank, money",
                timed(lambda: arrays.at(ON_DAY), times=times * 5),
            ),
            Line("numpy: bincount, hand-over only", timed(numpy_sums, times=times)),
            Line(name, timed(sql, times=times)),
        ],
        against=name,
    )


def _series(
    db: Connection, arrays: Resident, zone: Ints, handed_on: Ints, area_mm2: Ints, zones: int, times: int
) -> None:
    ends, totals = arrays.series(MONTHS)

    def numpy_cube() -> Floats:
        month = np.searchsorted(ends, handed_on)
        cube = np.bincount(zone * (MONTHS + 1) + month, area_mm2, minlength=zones * (MONTHS + 1))
        return np.cumsum(cube.reshape(zones, -1)[:, :MONTHS], axis=1)

    starts = (ends[:-1] + 1).tolist()
    given = {"starts": starts, "last": int(ends[-1]), "months": MONTHS}

    def sql() -> Any:
        return db.execute(BY_MONTH, given).all()

    ours = totals.handed_over_ha.T
    assert np.allclose(ours, numpy_cube() / MM2_PER_HA)
    assert np.allclose(ours.ravel(), np.array([int(row[2]) for row in sql()]) / MM2_PER_HA)
    name = "PostgreSQL: months and a window, hand-over only"

    def cleared() -> Floats:
        return arrays.series(MONTHS)[1].handed_over_ha

    def all_figures() -> Totals:
        _, found = arrays.series(MONTHS)
        return Totals(found.values.copy())

    table(
        f"{len(zone):,} parcels, {zones:,} zones: {MONTHS} months",
        [
            Line("Resident.series: land and cases by rank, money, copied", timed(all_figures, times=times)),
            Line("Resident.series: hand-over in ha", timed(cleared, times=times)),
            Line("numpy: searchsorted, bincount, cumsum, hand-over only", timed(numpy_cube, times=times)),
            Line(name, timed(sql, times=times)),
        ],
        against=name,
    )


# --- Both times --------------------------------------------------------------------------------------


KNOWN = text("""
    SELECT DISTINCT ON (case_id) case_id, rank FROM event e
    WHERE recorded <= :known AND effective <= :day AND rank >= 0
        AND NOT EXISTS (SELECT FROM event r WHERE r.replaces = e.id AND r.recorded <= :known)
    ORDER BY case_id, effective DESC, id DESC
""")


def bench_both_times(db: Connection, rng: np.random.Generator, n: int, times: int) -> None:
    """What was known on one day about another; every tenth event corrects an earlier one of its case."""
    cases = max(n // 6, 1)
    case = rng.integers(0, cases, n)
    effective = rng.integers(LAST_DAY - 3650, LAST_DAY, n).astype(np.int32)
    rank = rng.integers(0, 7, n).astype(np.int8)
    recorded = np.sort(rng.integers(0, 10**15, n))
    order = np.argsort(case, kind="stable")
    pair = np.flatnonzero((case[order][1:] == case[order][:-1]) & (rng.random(n - 1) < 0.1))
    replaces = np.full(n, -1)
    replaces[order[1:][pair]] = order[:-1][pair]
    events = Events(case, rank, effective, recorded, replaces)
    columns = (np.arange(n), case, rank, effective, recorded, replaces)
    load(db, "event", zip(*(column.tolist() for column in columns), strict=True))
    db.execute(text("CREATE INDEX ON event (replaces) WHERE replaces >= 0"))
    known = int(6e14)

    def sql() -> Any:
        return db.execute(KNOWN, {"known": known, "day": ON_DAY}).all()

    def in_full() -> Events:
        return Events(case, rank, effective, recorded, replaces)

    ours = rank_at(events, ON_DAY, cases, known)
    theirs = np.full(cases, -1)
    for row in sql():
        theirs[row.case_id] = row.rank
    assert (ours == theirs).all()
    name = "PostgreSQL: DISTINCT ON with NOT EXISTS"
    ask = partial(rank_at, events, ON_DAY, cases, known)
    stretches = partial(runs_of, events, known)
    table(
        f"{n:,} events of {cases:,} cases: what was known on one day about another",
        [
            Line("gis.clearance.ledger.rank_at", timed(ask, times=times)),
            Line("Events: checked on the way in", timed(in_full, times=times)),
            Line("gis.clearance.ledger.runs_of: all stretches", timed(stretches, times=times)),
            Line(name, timed(sql, times=times)),
        ],
        against=name,
    )


if __name__ == "__main__":
    main()
