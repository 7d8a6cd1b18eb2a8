"""Rivers and lakes, place names, and what limits industry: homes, a protected forest, other plans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely import LineString, Polygon

from gis.arrays import Floats, Geometries
from layers.demo.files import courses, read
from layers.demo.plane import Columns, largest, on_earth, smoothed, spaced, to_sheet, turned

#: Name, lon, lat, rank 1–4, and how far houses reach from the centre (metres).
PLACES = [
    (row["name"], float(row["lon"]), float(row["lat"]), int(row["rank"]), float(row["reach_m"]))
    for row in read("places.csv")
]

GRAIN_M = 0.05  # leftovers of a cut are snapped to it: thinner slivers turn invalid in degrees


@dataclass(frozen=True)
class Land:
    """
    What nature and the towns give, on the sheet.

    Attributes
    ----------
    water
        Names and polygons.
    courses
        Centre lines of the rivers, for boundaries that follow them.
    wet
        All water as one geometry, prepared.
    """

    water: dict[str, Any]
    courses: dict[str, Floats]
    wet: Any


def land(rng: np.random.Generator) -> Land:
    """Rivers whose width grows towards the mouth, and lakes with a ragged shore."""
    rows = courses("river")
    lines = {row["name"]: _meandering(rng, points) for row, points in rows}
    water = {
        row["name"]: _ribbon(lines[row["name"]], float(row["first_m"]), float(row["last_m"]))
        for row, _ in rows
    }
    lakes = {row["name"]: _ragged(rng, points, 260) for row, points in courses("lake")}
    rivers = shapely.union_all(list(lakes.values()))
    water = {
        name: shapely.set_precision(shapely.difference(shape, rivers), GRAIN_M)
        for name, shape in water.items()
    }
    water |= lakes
    wet = shapely.union_all(list(water.values()))
    shapely.prepare(wet)
    return Land(water, lines, wet)


def _meandering(rng: np.random.Generator, points: Floats) -> Floats:
    line = spaced(smoothed(points), 700)
    step = np.gradient(line, axis=0)
    across = np.column_stack([-step[:, 1], step[:, 0]]) / np.hypot(step[:, 0], step[:, 1])[:, None]
    swing = np.convolve(rng.normal(0, 190, len(line)), [0.25, 0.5, 0.25], mode="same")
    swing[[0, -1]] = 0
    return smoothed(line + across * swing[:, None], 3)


def _ribbon(course: Floats, first_m: float, last_m: float) -> Any:
    pieces = np.array_split(np.arange(len(course)), max(len(course) // 24, 1))
    widths = np.linspace(first_m, last_m, len(pieces))
    reach = [
        shapely.buffer(LineString(course[p[0] : p[-1] + 2]), w / 2, quad_segs=4)
        for p, w in zip(pieces, widths, strict=True)
    ]
    return shapely.simplify(shapely.union_all(reach), 4)


def _ragged(rng: np.random.Generator, ring: Floats, jitter_m: float) -> Polygon:
    line = spaced(np.vstack([ring, ring[:1]]), 500)[:-1]
    rough = line + rng.normal(0, jitter_m, line.shape)
    closed = smoothed(np.vstack([rough, rough[:2]]), 3)[4:]
    return largest(shapely.set_precision(shapely.make_valid(Polygon(closed)), GRAIN_M))


def water_table(given: Land) -> Columns:
    names = list(given.water)
    return {
        "key": [f"MH-NUOC-{i:02d}" for i in range(1, len(names) + 1)],
        "name": names,
        "geom": on_earth(np.array(list(given.water.values()), dtype=object)),
    }


def place_table() -> Columns:
    return {
        "key": [f"MH-DD-{i:03d}" for i in range(1, len(PLACES) + 1)],
        "name": [name for name, *_ in PLACES],
        "rank": [rank for *_, rank, _ in PLACES],
        "geom": shapely.points([(lon, lat) for _, lon, lat, *_ in PLACES]),
    }


def town_density(xy: Floats) -> Floats:
    """How built-up a place is, shape (n,), 0 in the fields to about 1 in a town's centre."""
    centre = to_sheet([(lon, lat) for _, lon, lat, *_ in PLACES])
    reach_m = np.array([reach for *_, reach in PLACES])
    weight = np.array([{1: 1.0, 2: 0.9, 3: 0.75, 4: 0.6}[rank] for *_, rank, _ in PLACES])
    off = np.hypot(xy[:, None, 0] - centre[None, :, 0], xy[:, None, 1] - centre[None, :, 1])
    return (weight * np.exp(-((off / reach_m) ** 2))).max(axis=1)


def homes(rng: np.random.Generator, scale: float, forbidden: Any) -> Geometries:
    """Blocks of homes in and around towns, clear of water and zones, none overlapping."""
    reach = np.array([reach for *_, reach in PLACES])
    count = np.maximum((reach / 1000 * 30 * scale).astype(int), 2)
    town = np.repeat(np.arange(len(PLACES)), count)
    centre = to_sheet([PLACES[i][1:3] for i in town])
    off = rng.normal(0, 0.5, (len(town), 2)) * reach[town, None]
    blocks = [
        _block(rng, at, size) for at, size in zip(centre + off, rng.uniform(90, 280, len(town)), strict=True)
    ]
    joined = shapely.union_all(blocks)
    clear = shapely.get_parts(shapely.set_precision(shapely.difference(joined, forbidden), GRAIN_M))
    return clear[shapely.area(clear) > 4000]


def _block(rng: np.random.Generator, at: Floats, size_m: float) -> Polygon:
    half = size_m * np.array([1.0, rng.uniform(0.5, 1.0)])
    corners = np.array([[-1, -1], [0.1, -1.15], [1, -1], [1, 1], [-0.3, 1.1], [-1, 1]]) * half
    return Polygon(turned(corners + rng.normal(0, 0.08 * size_m, corners.shape), rng.uniform(0, np.pi)) + at)


def constraint_table(rng: np.random.Generator, scale: float, given: Land, zones: Geometries) -> Columns:
    """Homes, one protected forest and two other plans."""
    taken = shapely.union_all([given.wet.buffer(25), *(shapely.buffer(zones, 60))])
    built = homes(rng, scale, taken)
    (_, wood), (_, bank) = courses("forest", "park")
    airport = turned([[-2100, -3100], [2100, -3100], [2100, 3100], [-2100, 3100]], 0.9)
    drawn = (_ragged(rng, wood, 600), Polygon(airport + to_sheet((107.042, 10.772))), _ragged(rng, bank, 60))
    left = [shapely.difference(shape, taken) for shape in drawn]
    others = [largest(shapely.set_precision(shape, GRAIN_M)) for shape in left]
    return {
        "key": [f"MH-DC-{i:04d}" for i in range(1, len(built) + 1)] + ["MH-BT-01", "MH-QH-01", "MH-QH-02"],
        "name": [f"Khu dân cư {i}" for i in range(1, len(built) + 1)]
        + ["Rừng bảo tồn (minh họa)", "Quy hoạch cảng hàng không (minh họa)", "Quy hoạch công viên ven sông"],
        "kind": ["homes"] * len(built) + ["protected", "other_plan", "other_plan"],
        "geom": on_earth(np.concatenate([built, np.array(others, dtype=object)])),
    }
