"""
One stage edit in a province of 205,000 takes in 200 zones: the verb, land supply, and what is read after it.

    python -m tests.bench.bench_edit [--zones 200] [--takes 1025] [--edits 30]

Every zone has 112 lots in blocks of four between roads, over takes of 40 m × 40 m that do not keep to them,
one case each; seven in ten are handed over, on days of four years. The verb is timed to its commit, in a
process that computed the zone before. Beside it: a plain UPDATE of one row of a table as large, and ST_AsMVT
over the same takes without a date.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Engine, event, select, text

from layers import supply
from layers.access import PUBLIC, system
from layers.catalogue import layer
from layers.clearance import maintain
from layers.clearance.compare import compare
from layers.clearance.curves import curve
from layers.clearance.documents import Draft
from layers.clearance.figures import ranked, summary
from layers.clearance.positions import Moment
from layers.clearance.scope import PROVINCE, scope_of
from layers.clearance.stages import append
from layers.dates import today
from layers.db.statistics import analyze
from layers.query import visible
from layers.tiles import tile
from tests.bench._run import Line, database, table, timed

TODAY = today()
OFFICE = system("bench")
WAY = ("notified", "inventoried", "plan_published", "plan_approved", "paid", "handed_over")
RECORDS = (
    "recovery_notice",
    "inventory_record",
    "plan_posting",
    "plan_approval",
    "payment_record",
    "handover_record",
)

#: Zones 2 km apart in rows of 20, near Thủ Dầu Một; one metre is 1/109301° east and 1/110609° north.
PLACE = """
    CREATE TEMP TABLE place AS
    SELECT z, 106.5 + (z % 20) * 2200 / 109301.0 AS x0, 10.9 + (z / 20) * 1700 / 110609.0 AS y0
    FROM generate_series(0, :zones - 1) AS z
"""
BOX = """
    ST_Multi(ST_MakeEnvelope({0} + ({1}) / 109301.0, {2} + ({3}) / 110609.0,
        {0} + ({4}) / 109301.0, {2} + ({5}) / 110609.0, 4326))
"""
MADE = {
    "zones": """
        INSERT INTO zones (key, name, kind, status, clearance_basis, valid_from, geom)
        SELECT 'Z' || z, 'KCN ' || z, 'KCN', 'operating', 'parcels', '2019-01-01', {zone} FROM place
    """,
    "lots": """
        INSERT INTO lots (key, zone_key, number, use, serviced_on, valid_from, geom)
        SELECT 'Z' || z || '-' || i || '-' || j, 'Z' || z, i || '-' || j, 'industrial', '2020-01-01',
            '2019-01-01', {lot}
        FROM place, generate_series(0, 13) AS i, generate_series(0, 7) AS j
    """,
    "cases": """
        INSERT INTO cases (key, project_key, zone_key, user_kind, origin, law, commune_code, opened_on,
            valid_from)
        SELECT 'Z' || z || '/' || n, 'P' || z, 'Z' || z, 'household', 'private', 'LL2024', '25747',
            '2020-01-01', '2020-01-01'
        FROM place, generate_series(0, :takes - 1) AS n
    """,
    "takes": """
        INSERT INTO takes (case_key, parcel_key, whole, commune_code, valid_from, geom)
        SELECT 'Z' || z || '/' || n, 'Z' || z || '/' || n, true, '25747', '2020-01-01', {take}
        FROM place, generate_series(0, :takes - 1) AS n
    """,
    #: Seven in ten have gone the whole way; first day and pace of a case follow from its number.
    "stage_events": """
        INSERT INTO stage_events (case_key, stage, effective_on, recorded_at)
        SELECT 'Z' || z || '/' || n, way.stage,
            date '2021-01-01' + (n * 7919 + z * 104729) % 900 + (way.step * (20 + n % 60))::int, now()
        FROM place, generate_series(0, :takes - 1) AS n,
            unnest(CAST(:way AS text[])) WITH ORDINALITY AS way (stage, step)
        WHERE way.step <= CASE WHEN n % 10 < 7 THEN 6 ELSE n % 10 - 4 END
    """,
}


#: What figures at a date are, asked of the table.
SUMMED = """
    SELECT zone_key, stage_rank, sum(area_mm2), sum(cases) FROM clearance_ledger
    WHERE on_day <= :day GROUP BY zone_key, stage_rank
"""


def main() -> None:
    """Print the times of one edit, and of what is read after it."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--zones", type=int, default=200)
    asked.add_argument("--takes", type=int, default=1025, help="in each zone")
    asked.add_argument("--edits", type=int, default=30)
    given = asked.parse_args()
    with database() as engine:
        with engine.begin() as db:
            _make(db, given.zones, given.takes)
        _edits(engine, given.zones, given.edits)
        _reads(engine, given.zones)


def _make(db: Connection, zones: int, takes: int) -> None:
    db.execute(text(PLACE), {"zones": zones})
    boxes = {
        "zone": BOX.format("x0", "-20", "y0", "-20", "1720", "1120"),
        "lot": BOX.format("x0", "i*110+i/2*20", "y0", "j*130+j/2*10", "i*110+i/2*20+110", "j*130+j/2*10+125"),
        "take": BOX.format("x0", "n%41*41", "y0", "n/41*41", "n%41*41+41", "n/41*41+41"),
    }
    for statement in MADE.values():
        db.execute(text(statement.format(**boxes)), {"takes": takes, "way": list(WAY)})
    analyze(db, MADE)
    for name, run in (("cases", maintain.rebuild), ("supply", supply.refresh)):
        begun = time.perf_counter()
        count = run(db)
        print(f"{name} of the whole province: {count} in {time.perf_counter() - begun:.1f} s", flush=True)
    analyze(
        db,
        [
            "takes",
            "case_stages",
            "take_shares",
            "clearance_ledger",
            "supply_handovers",
            "free_plots",
            "zone_supply",
        ],
    )


def _edits(engine: Engine, zones: int, edits: int) -> None:
    lines: list[Line] = []
    for name, remainder in (("a stage before the hand-over", 8), ("a hand-over", 9)):
        step = 4 if remainder == 8 else 5
        for zone, label in ((None, "each in another zone"), (zones // 2, "all in one zone")):
            took: dict[str, list[float]] = {"verb": [], "supply": [], "database": []}
            for n in range(edits):
                z = zone if zone is not None else n % zones
                key = f"Z{z}/{(n + (0 if zone is None else 40)) * 10 + remainder}"
                _edit(engine, key, step, took)
            lines.append(Line(f"{name}, {label}: the verb with its commit", took["verb"]))
            lines.append(Line("    of this land supply", took["supply"]))
            lines.append(Line("    of this waiting for the database", took["database"]))
    with engine.begin() as db:
        db.execute(text("CREATE TABLE plain AS SELECT key, 0 AS stage, geom FROM cases"))
        db.execute(text("CREATE UNIQUE INDEX ON plain (key)"))
    lines.append(
        Line("peer: plain UPDATE of one row, with its commit", timed(_plain_update(engine), times=30))
    )
    table(f"one stage edit in a province of {zones} zones", lines)


def _edit(engine: Engine, key: str, step: int, took: dict[str, list[float]]) -> None:
    paper = Draft(RECORDS[step], "1/BB", TODAY, "Trung tâm PTQĐ")
    with _watched(engine) as spent:
        begun = time.perf_counter()
        with engine.begin() as db:
            append(db, OFFICE, key, WAY[step], TODAY - timedelta(days=1), document=paper)
        took["verb"].append(time.perf_counter() - begun)
    for name, seconds in spent.items():
        took[name].append(seconds)


@contextmanager
def _watched(engine: Engine) -> Generator[dict[str, float]]:
    """Seconds spent in land supply, and waiting for answers of the database."""
    spent = {"supply": 0.0, "database": 0.0}
    refresh = supply.refresh
    began: list[float] = []

    def refreshing(*args: Any, **kwargs: Any) -> int:
        begun = time.perf_counter()
        try:
            return refresh(*args, **kwargs)
        finally:
            spent["supply"] += time.perf_counter() - begun

    def before(*_: Any) -> None:
        began.append(time.perf_counter())

    def after(*_: Any) -> None:
        spent["database"] += time.perf_counter() - began.pop()

    supply.refresh = refreshing
    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    try:
        yield spent
    finally:
        supply.refresh = refresh
        event.remove(engine, "before_cursor_execute", before)
        event.remove(engine, "after_cursor_execute", after)


def _plain_update(engine: Engine) -> Callable[[], None]:
    def run() -> None:
        with engine.begin() as db:
            db.execute(text("UPDATE plain SET stage = stage + 1 WHERE key = 'Z7/77'"))

    return run


def _reads(engine: Engine, zones: int) -> None:
    key = f"Z{zones // 2}"
    with engine.connect() as db:
        place = text(
            "SELECT ST_X(c), ST_Y(c) FROM (SELECT ST_Centroid(geom) AS c FROM zones WHERE key = :key) AS z"
        )
        lon, lat = db.execute(place, {"key": key}).one()
        x, y = _tile_of(lon, lat, 14)
        stages = layer("clearance_stage")
        scope = scope_of(db, PUBLIC, TODAY, zone=key)

        def supply_of_zone() -> object:
            rows = visible(layer("zone_supply"), PUBLIC, TODAY).subquery()
            return db.execute(select(rows).where(rows.c.key == key)).one()

        days = iter(range(10**6))

        def any_day() -> bytes:
            return tile(db, stages, PUBLIC, TODAY - timedelta(days=next(days) % 300), 14, x, y)

        lines = [
            Line("zone_supply of the zone", timed(supply_of_zone, times=20)),
            Line("summary of the zone", timed(lambda: summary(db, scope, Moment(TODAY)), times=20)),
            Line("curve of the zone", timed(lambda: curve(db, scope, TODAY, "ha", TODAY), times=20)),
            Line(
                "tile z14 of clearance_stage, today",
                timed(lambda: tile(db, stages, PUBLIC, TODAY, 14, x, y), times=20),
            ),
            Line("tile z14 of clearance_stage, another day each time", timed(any_day, times=20)),
            Line("peer: ST_AsMVT of the same takes without a date", timed(_plain_tile(db, x, y), times=20)),
        ]
        table("read after the edit", lines, against="peer: ST_AsMVT of the same takes without a date")
        _province(db)


def _province(db: Connection) -> None:
    """All zones at once: what is kept in memory of their ledgers, beside sums over the table."""

    def at_a_date() -> object:
        return ranked(db, PROVINCE, Moment(TODAY))

    def summed() -> object:
        return db.execute(text(SUMMED), {"day": TODAY}).all()

    lines = [
        Line("ledgers of all zones, read for the first time", timed(at_a_date, times=1, warm=False)),
        Line("    at a date after that", timed(at_a_date, times=20)),
        Line("summary of the province", timed(lambda: summary(db, PROVINCE, Moment(TODAY)), times=5)),
        Line("curve of the province", timed(lambda: curve(db, PROVINCE, TODAY, "ha", TODAY), times=20)),
        Line("zones compared", timed(lambda: compare(db, PUBLIC, PROVINCE, TODAY), times=20)),
        Line("peer: GROUP BY of the ledger at a date", timed(summed, times=5)),
    ]
    table("the province", lines, against="peer: GROUP BY of the ledger at a date")


def _plain_tile(db: Connection, x: int, y: int) -> Callable[[], object]:
    cut = text("""
        SELECT ST_AsMVT(cut, 'plain') FROM (
            SELECT id, commune_code, ST_AsMVTGeom(geom_tile, ST_TileEnvelope(14, :x, :y)) AS geom
            FROM takes WHERE geom_tile && ST_TileEnvelope(14, :x, :y)
        ) AS cut
    """)
    return lambda: bytes(db.execute(cut, {"x": x, "y": y}).scalar_one())


def _tile_of(lon: float, lat: float, z: int) -> tuple[int, int]:
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return int((lon + 180) / 360 * 2**z), int(y * 2**z)


if __name__ == "__main__":
    main()
