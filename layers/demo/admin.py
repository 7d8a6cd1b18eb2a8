"""
Provinces, districts and communes before and after 1 July 2025, and what became of each.

One fine mesh of cells covers the land; every unit of either date is a union of its cells, so all borders
agree exactly. Along rivers the cells lie in pairs, one on either bank: the borders follow the water.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely
from scipy.spatial import KDTree
from shapely import MultiPoint, Point, Polygon

from gis.arrays import Floats, Geometries, Ints
from layers.demo.files import courses, read
from layers.demo.plane import Columns, on_earth, spaced, to_sheet

SINCE, CHANGE = date(2019, 1, 1), date(2025, 7, 1)
SOURCE = "minh họa; ranh giới giả định, tên gần đúng"
#: Old districts that were cities.
CITIES = ("Thủ Dầu Một", "Thuận An", "Dĩ An", "Tân Uyên", "Bến Cát", "Biên Hòa", "Long Khánh")
#: Old commune shared between two new ones, to have a split: (old, new that takes the other part).
SPLIT = ("Tân Đông Hiệp Tây", "Đông Hòa")


@dataclass(frozen=True)
class Mesh:
    """Fine cells on the sheet, and the old and the new commune of each (rows of the two lists)."""

    cells: Geometries
    old: Ints
    new: Ints
    old_units: list[tuple[str, str, str]]  # name, district, province
    new_units: list[dict[str, str]]

    def old_code(self, row: int) -> str:
        return f"MH{10001 + 3 * row}"

    def new_code(self, row: int) -> str:
        return f"MH{20001 + 3 * row}"


def mesh(rng: np.random.Generator, rivers: dict[str, Floats], scale: float) -> Mesh:
    west, east = _provinces(rivers)
    points = _mesh_points(rng, rivers, shapely.union_all([west, east]), scale)
    cells = shapely.get_parts(shapely.voronoi_polygons(MultiPoint(points), ordered=True))
    home = np.where(_within(west, points), 0, np.where(_within(east, points), 1, -1))
    cells, points, home = cells[home >= 0], points[home >= 0], home[home >= 0]
    units = read("communes.csv")
    bent = _bent(rng, points)
    new = np.full(len(points), -1)
    for side, code in enumerate(("BD", "DN")):
        rows = np.array([i for i, u in enumerate(units) if u["province"] == code])
        seeds = to_sheet([(float(units[i]["lon"]), float(units[i]["lat"])) for i in rows])
        here = np.flatnonzero(home == side)
        new[here] = rows[KDTree(seeds).query(bent[here])[1]]
    old_units, old = _old(rng, units, points, new)
    return Mesh(cells, old, new, old_units, units)


def _provinces(rivers: dict[str, Floats]) -> tuple[Any, Any]:
    """Bình Dương between the two rivers, Đồng Nai beyond the second."""
    saigon, dongnai, be = (rivers[f"Sông {name}"] for name in ("Sài Gòn", "Đồng Nai", "Bé"))
    south = to_sheet([(106.712, 10.866)])[0]
    upper = saigon[: np.argmin(np.hypot(*(saigon - south).T)) + 1]
    corner = to_sheet([(106.832, 10.893)])[0]
    joint = dongnai[np.argmin(np.hypot(*(dongnai - be[-1]).T))]
    first = int(np.argmin(np.hypot(*(dongnai - corner).T)))
    last = int(np.argmin(np.hypot(*(dongnai - joint).T)))
    bank = dongnai[last:first]
    (_, north), (_, sunrise) = courses("border")
    lower = to_sheet([(106.815, 10.885), (106.765, 10.868)])
    west = Polygon(np.vstack([upper, lower[::-1], bank[::-1], north[::-1]]))
    east = Polygon(np.vstack([dongnai[last:], sunrise, north[3:]]))
    return west.buffer(0), east.buffer(0).difference(west.buffer(0))


def _mesh_points(rng: np.random.Generator, rivers: dict[str, Floats], land: Any, scale: float) -> Floats:
    low, high = np.array(land.bounds[:2]) - 3000, np.array(land.bounds[2:]) + 3000
    n = max(int(15000 * scale), 3000)
    points = rng.uniform(low, high, (n, 2))
    built = KDTree(to_sheet([(float(u["lon"]), float(u["lat"])) for u in read("communes.csv")]))
    near = built.query(points)[0]  # finer where communes are small, and only there
    more = points[near < 4000]
    points = np.vstack([points, more + rng.normal(0, 350, more.shape), more + rng.normal(0, 500, more.shape)])
    pairs: list[Floats] = []
    for name in ("Sông Sài Gòn", "Sông Đồng Nai"):
        line = spaced(rivers[name], 260)
        step = np.gradient(line, axis=0)
        across = np.column_stack([-step[:, 1], step[:, 0]]) / np.hypot(step[:, 0], step[:, 1])[:, None]
        free = KDTree(line).query(points)[0] > 420
        points = points[free]
        pairs += [line + 150 * across, line - 150 * across]
    both = np.vstack(pairs)
    alone = KDTree(both).query(both, k=2)[0][:, 1] > 30
    return np.vstack([points, both[alone]])


def _within(area: Any, points: Floats) -> Any:
    shapely.prepare(area)
    return shapely.contains_xy(area, points)


def _bent(rng: np.random.Generator, points: Floats) -> Floats:
    """Points moved by slow waves, so that borders between seeds are not straight."""
    moved = points.copy()
    for wave_m, swing_m in ((9000, 550), (3800, 320), (1900, 170)):
        turn = rng.uniform(0, 2 * np.pi, 2)
        phase = rng.uniform(0, 2 * np.pi, 2)
        for axis in (0, 1):
            along = points @ np.array([np.cos(turn[axis]), np.sin(turn[axis])])
            moved[:, axis] += swing_m * np.sin(2 * np.pi * along / wave_m + phase[axis])
    return moved


def _old(
    rng: np.random.Generator, units: list[dict[str, str]], points: Floats, new: Ints
) -> tuple[list[tuple[str, str, str]], Ints]:
    """The communes that each new one was made of: parts of its cells, around seeds of their own."""
    listed: list[tuple[str, str, str]] = []
    old = np.full(len(points), -1)
    for row, unit in enumerate(units):
        here = np.flatnonzero(new == row)
        names = unit["old"].split(";")
        middle = points[here].mean(axis=0)
        reach = np.sqrt(np.var(points[here], axis=0).sum()) * 0.8
        turn = rng.uniform(0, 2 * np.pi) + np.arange(len(names)) * 2 * np.pi / len(names)
        seeds = middle + reach * np.column_stack([np.cos(turn), np.sin(turn)])
        old[here] = len(listed) + KDTree(seeds).query(points[here])[1]
        listed += [(name, unit["district"], unit["province"]) for name in names]
    shared = next(i for i, (name, *_) in enumerate(listed) if name == SPLIT[0])
    taker = next(i for i, unit in enumerate(units) if unit["name"] == SPLIT[1])
    mine, theirs = points[old == shared].mean(axis=0), np.flatnonzero(new == taker)
    nearest = theirs[
        np.argsort(np.hypot(*(points[theirs] - mine).T), kind="stable")[: max(len(theirs) // 5, 1)]
    ]
    old[nearest] = shared
    return listed, old


def admin_table(net: Mesh) -> Columns:
    """Units of both dates; a province that goes on has two versions."""
    rows: list[dict[str, Any]] = []
    province = {"BD": "MH74", "DN": "MH75"}
    district = sorted({(d, p) for _, d, p in net.old_units})
    district_code = {d: f"MH7{i:02d}" for i, (d, _) in enumerate(district, 1)}

    def add(
        level: str, code: str, name: str, kind: str, parent: str | None, cells: Any, *, old: bool
    ) -> None:
        if not cells.any():  # only where a coarse mesh has no cell for a small unit
            return
        rows.append({"level": level, "code": code, "name": name, "unit_type": kind, "parent_key": parent,
                     "valid_from": SINCE if old else CHANGE, "valid_to": CHANGE if old else None,
                     "geom": shapely.coverage_union_all(net.cells[cells])})  # fmt: skip

    old_side = np.array([p for *_, p in net.old_units])[net.old]
    for side, name, later in (("BD", "Bình Dương", ("MH79", "Thành phố Hồ Chí Minh", "thành phố")),
                              ("DN", "Đồng Nai", ("MH75", "Đồng Nai", "tỉnh"))):  # fmt: skip
        add("province", province[side], name, "tỉnh", None, old_side == side, old=True)
        add("province", later[0], later[1], later[2], None, old_side == side, old=False)
    old_district = np.array([d for _, d, _ in net.old_units])[net.old]
    for name, side in district:
        kind = "thành phố" if name in CITIES else "huyện"
        add(
            "district",
            district_code[name],
            name,
            kind,
            f"province-{province[side]}",
            old_district == name,
            old=True,
        )
    for row, (name, parent, _) in enumerate(net.old_units):
        kind = "thị trấn" if name.startswith("Thị trấn") else "xã/phường"
        add(
            "commune",
            net.old_code(row),
            name.removeprefix("Thị trấn "),
            kind,
            f"district-{district_code[parent]}",
            net.old == row,
            old=True,
        )
    after = {"BD": "MH79", "DN": "MH75"}
    for row, unit in enumerate(net.new_units):
        add(
            "commune",
            net.new_code(row),
            unit["name"],
            unit["type"],
            f"province-{after[unit['province']]}",
            net.new == row,
            old=False,
        )
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    geom = on_earth(np.array(columns["geom"], dtype=object))
    return columns | {"geom": geom, "source": [SOURCE] * len(rows)}


def lineage_table(net: Mesh) -> Columns:
    """Old → new with the share of the old unit's land: merged, split or renamed."""
    area = shapely.area(net.cells)
    pair, inverse = np.unique(np.column_stack([net.old, net.new]), axis=0, return_inverse=True)
    land = np.bincount(inverse, weights=area)
    whole = np.bincount(net.old, weights=area)
    takers, makers = np.bincount(pair[:, 0]), np.bincount(pair[:, 1])
    kind = np.where(takers[pair[:, 0]] > 1, "split", np.where(makers[pair[:, 1]] > 1, "merge", "rename"))
    n = len(pair) + 2
    return {
        "old_key": [f"commune-{net.old_code(o)}" for o in pair[:, 0]] + ["province-MH74", "province-MH75"],
        "new_key": [f"commune-{net.new_code(b)}" for b in pair[:, 1]] + ["province-MH79", "province-MH75"],
        "kind": [*kind.tolist(), "merge", "merge"],
        "share": [*np.minimum(land / whole[pair[:, 0]], 1.0).tolist(), 1.0, 1.0],
        "effective_on": [CHANGE] * n,
        "decision": ["Nghị quyết sắp xếp đơn vị hành chính (minh họa)"] * n,
        "source": [SOURCE] * n,
    }


def commune_of(net: Mesh, at: Floats) -> list[str]:
    """Code of the old commune in which each point lies, shape (n,): parcels keep the code of their time."""
    row = shapely.STRtree(net.cells).nearest(np.array([Point(p) for p in at], dtype=object))
    return [net.old_code(int(net.old[r])) for r in row]


def province_land(net: Mesh, code: str) -> Any:
    """The land of an old province ("BD", "DN"), on the sheet."""
    side = np.array([p for *_, p in net.old_units])[net.old]
    return shapely.coverage_union_all(net.cells[side == code])
