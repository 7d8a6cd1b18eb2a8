"""The whole illustrative province, table by table: the same seed and scale give the same province."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import numpy as np
import shapely

from layers.demo.admin import admin_table, lineage_table, mesh, province_land
from layers.demo.clearance import clearance
from layers.demo.firms import firm_table
from layers.demo.highways import highways
from layers.demo.holds import awaited, hold_table, leases, reservations
from layers.demo.land import constraint_table, land, place_table, water_table
from layers.demo.lots import industrial_ha, lot_table, lots
from layers.demo.option import with_crossing, with_option
from layers.demo.parcels import parcel_table, tracts
from layers.demo.plane import Columns
from layers.demo.roads import network, road_table
from layers.demo.zones import entrances, observation_table, zone_table, zones

SEED = 20260630
EVER = date(2019, 1, 1)
#: Tables of the base map and others whose rows hold since the province begins.
UNDATED = ("roads", "constraints", "water", "places")


def province(seed: int = SEED, scale: float = 1.0) -> dict[str, Columns]:
    """
    Draw the province.

    Parameters
    ----------
    scale
        1 for the province that users see; 0.05 gives a few dozen firms, a thousand parcels and a dozen zones
        in about a second, for tests.

    Returns
    -------
    tables
        Columns by table name; geometries in longitude, latitude.
    """
    # One stream per theme: a change in one leaves the rest. Clearance has streams of its own behind them.
    *themes, of_clearance = np.random.SeedSequence(seed).spawn(17)
    rng, cases = _streams(themes), _streams(of_clearance.spawn(16))

    given = land(rng())
    main = highways()
    parks = zones(rng(), given.wet, shapely.union_all(main[0]), scale)
    outlines = np.array([zone.outline for zone in parks], dtype=object)
    gates = entrances(parks, shapely.union_all(main[0]))
    net = mesh(rng(), given.courses, scale)
    plan, at = rng(), rng()
    planned = [lot for zone in parks for holder in zone.holders() for lot in lots(plan, holder)]
    let = leases(at, planned)
    kept = reservations(at, planned, let)
    fields = tracts(rng(), parks, scale)
    files = clearance(cases, fields, parcel_table(rng(), fields, net), scale)
    ground = shapely.union_all([province_land(net, code) for code in ("BD", "DN")]).simplify(400)
    roads = network(rng(), given, outlines, main, gates, ground, scale)
    taken = shapely.union_all([given.wet.buffer(15), *shapely.buffer(outlines, 10)])
    open_land = shapely.difference(province_land(net, "BD"), taken)
    shapely.prepare(open_land)
    waiting = rng()
    firms = firm_table(rng(), roads, open_land, parks, scale)
    kept += awaited(waiting, planned, [*let, *kept], firms)
    tables: dict[str, Columns] = {
        "zones": with_option(_with_industrial(zone_table(parks, gates), industrial_ha(planned)), parks, net),
        "lots": lot_table(planned),
        "leases": hold_table(at, let, planned, "leases"),
        "reservations": hold_table(at, kept, planned, "reservations"),
        "zone_observations": observation_table(parks),
        **files,
        "enterprises": firms,
        "roads": road_table(roads),
        "constraints": with_crossing(constraint_table(rng(), scale, given, outlines), parks),
        "water": water_table(given),
        "places": place_table(),
        "admin_units": admin_table(net),
        "admin_lineage": lineage_table(net),
    }
    for name in UNDATED:
        n = len(tables[name]["key"])
        tables[name] = {"source": ["minh họa; gần đúng"] * n, "valid_from": [EVER] * n, **tables[name]}
    return tables


def _streams(seeds: list[np.random.SeedSequence]) -> Callable[[], np.random.Generator]:
    """What gives the generator of the next seed at every call."""
    left = iter(seeds)
    return lambda: np.random.Generator(np.random.PCG64(next(left)))


def fingerprint(tables: Mapping[str, Columns]) -> str:
    """A hash of every value of every table, geometries to the last bit."""
    digest = hashlib.sha256()
    for name in sorted(tables):
        for column, values in sorted(tables[name].items()):
            digest.update(f"{name}.{column}".encode())
            if column in ("geom", "part"):
                digest.update(b"".join(w or b"-" for w in shapely.to_wkb(np.asarray(values, dtype=object))))
            else:
                digest.update(repr(list(values)).encode())
    return digest.hexdigest()


def _with_industrial(table: Columns, known: dict[str, float]) -> Columns:
    """Industrial land of zones and phases from their lots, where no source tells it."""
    told: list[Any] = list(table["industrial_area_ha"])
    open_ = [until is None for until in table["valid_to"]]
    filled = [
        known.get(key) if value is None and now else value
        for key, value, now in zip(table["key"], told, open_, strict=True)
    ]
    return {**table, "industrial_area_ha": filled}
