"""
Lots of each zone's plan 1/500, and who leases or reserves them.

A zone is cut by a grid of roads into blocks, inside a green belt; blocks are cut into lots back to back. All
cuts are noded together, so lots, roads and green tile the zone and neighbours share their edges exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import shapely
from shapely import LineString

from gis.arrays import Floats, Geometries
from gis.measure import area_ha
from layers.demo.outlines import long_axis
from layers.demo.plane import Columns, faces, largest, merged_small, on_earth, turned
from layers.demo.zones import Holder

ANCHOR = date(2026, 6, 30)  # "today" of the illustrative province
LAST = date(2030, 12, 31)
LEAST_LOT_HA = 0.8


@dataclass(frozen=True)
class Lot:
    """One lot on the sheet; ``order`` is 0 at the end of the zone where works begin and 1 at the other."""

    holder: Holder
    number: str
    use: str
    polygon: Any
    area: float
    order: float
    serviced_on: date | None

    @property
    def key(self) -> str:
        return f"{self.holder.key}-{self.number}"


def order_along(holder: Holder, at: Floats) -> Floats:
    """How late points are reached by clearance and works, shape (n,), 0 to 1 along the zone's long axis."""
    whole = largest(shapely.union_all(holder.parts))
    flat = turned(at, -long_axis(whole))[:, 0]
    reach = turned(np.array(whole.exterior.coords), -long_axis(whole))[:, 0]
    return np.clip((flat - reach.min()) / np.ptp(reach), 0, 1)


def lots(rng: np.random.Generator, holder: Holder) -> list[Lot]:
    """Every lot of one holder, industrial ones first; uses sum to the zone's industrial land."""
    shapes: list[Any] = []
    uses: list[str] = []
    zone_ha = float(area_ha(on_earth(np.array(holder.parts, dtype=object))).sum())
    told = holder.zone.number("industrial_ha")
    share = told / holder.zone.versions[-1][3] if told else rng.uniform(0.6, 0.69)
    for part in holder.parts:
        polygons, kind = _plan(
            rng, part, holder.zone.outline, 3.4 if zone_ha > 250 else 2.2 if zone_ha > 90 else 1.35
        )
        shapes += list(polygons)
        uses += kind
    polygons = np.array(shapes, dtype=object)
    ha = area_ha(on_earth(polygons))
    middle = shapely.get_coordinates(shapely.point_on_surface(polygons))
    order = order_along(holder, middle)
    uses = _zoned(rng, uses, ha, order, polygons, share * zone_ha)
    served = _serviced(rng, holder, order)
    counts: dict[str, int] = {}
    made: list[Lot] = []
    rank = {"industrial": 0, "service": 1, "technical": 2, "green": 3, "road": 4}
    mark = {"industrial": "CN", "service": "DV", "technical": "HT", "green": "CX", "road": "GT"}
    for i in sorted(range(len(uses)), key=lambda i: (rank[uses[i]], i)):
        counts[uses[i]] = counts.get(uses[i], 0) + 1
        number = f"{mark[uses[i]]}-{counts[uses[i]]:02d}"
        on = served[i] if uses[i] in ("industrial", "service") else None
        made.append(Lot(holder, number, uses[i], polygons[i], float(ha[i]), float(order[i]), on))
    return made


def _plan(rng: np.random.Generator, outline: Any, zone: Any, lot_ha: float) -> tuple[Geometries, list[str]]:
    """Lots ("lot"), road and green faces of one outline; streets run along the axes of the whole zone."""
    angle, middle = long_axis(zone), np.array(zone.centroid.coords[0])
    flat = shapely.transform(outline, lambda xy: turned(xy - middle, -angle))
    belt_m, road_m = (10, 15) if flat.area < 1e6 else (16, 21)
    inner = largest(shapely.buffer(flat, -belt_m, join_style="mitre"))
    depth = np.sqrt(lot_ha * 1e4) * rng.uniform(0.85, 1.0)
    west, south, east, north = flat.bounds
    columns = _intervals(rng, west, east, depth * 3.6, road_m)
    rows = _intervals(rng, south, north, depth * 2.0, road_m)
    lines: list[Any] = [LineString([(x, south - 9), (x, north + 9)]) for x in columns.ravel()]
    lines += [LineString([(west - 9, y), (east + 9, y)]) for y in rows.ravel()]
    lines += [cut for x in columns for y in rows for cut in _cuts(rng, x, y)]
    # Lines end within the belt, so that the outline keeps its vertices: the next phase shares them.
    ended = shapely.intersection(np.array(lines, dtype=object), shapely.buffer(inner, belt_m / 2))
    cells = faces([flat.boundary, inner.exterior, *ended])
    at = shapely.get_coordinates(shapely.point_on_surface(cells))
    cells, at = cells[_inside(flat, at)], at[_inside(flat, at)]
    column, row = _which(columns, at[:, 0]), _which(rows, at[:, 1])
    within = _inside(inner, at)
    is_lot = within & (column >= 0) & (row >= 0)
    blocks = column[is_lot] * len(rows) + row[is_lot]
    plots, _ = merged_small(cells[is_lot], blocks, LEAST_LOT_HA * 1.04e4)
    slim = shapely.area(plots) < LEAST_LOT_HA * 1.01e4
    shapes = [*plots[~slim], shapely.coverage_union_all(np.concatenate([cells[~within], plots[slim]]))]
    uses = ["lot"] * int((~slim).sum()) + ["green"]
    if (within & ~is_lot).any():
        shapes.append(shapely.coverage_union_all(cells[within & ~is_lot]))
        uses.append("road")
    back = np.array(shapes, dtype=object)
    return shapely.transform(back, lambda xy: turned(xy, angle) + middle), uses


def _intervals(rng: np.random.Generator, low: float, high: float, block_m: float, road_m: float) -> Floats:
    """Blocks between parallel roads, shape (n, 2)."""
    n = max(round((high - low) / (block_m + road_m)), 1)
    share = rng.uniform(0.85, 1.15, n)
    ends = low + np.cumsum(share / share.sum()) * (high - low)
    starts = np.concatenate([[low], ends[:-1]])
    wide = np.where(np.arange(n + 1) == (n + 1) // 2, 1.7, 1.0) * road_m / 2  # one main street
    blocks = np.column_stack([starts + wide[:-1], ends - wide[1:]])
    blocks[0, 0], blocks[-1, 1] = low - 20, high + 20
    return blocks


def _cuts(rng: np.random.Generator, x: Floats, y: Floats) -> list[LineString]:
    """Cuts of one block: a spine along it, and fronts to both sides; they run half a metre into the road."""
    spine = 0.5 * (y[0] + y[1]) + rng.uniform(-0.06, 0.06) * (y[1] - y[0])
    halves = [(y[0], spine), (spine, y[1])] if rng.random() < 0.86 else [(y[0], y[1])]
    cuts = [LineString([(x[0] - 0.5, spine), (x[1] + 0.5, spine)])] if len(halves) == 2 else []
    for low, high in halves:
        most = int(np.ceil((x[1] - x[0]) * (high - low) / 8.5e4))  # so that no lot passes 12 ha
        n = max(int(rng.choice([1, 2, 3, 4, 5], p=[0.07, 0.23, 0.35, 0.25, 0.1])), most)
        share = rng.uniform(0.75, 1.25, n)
        at = x[0] + np.cumsum(share / share.sum())[:-1] * (x[1] - x[0])
        low, high = (low - 0.5 if low == y[0] else low), (high + 0.5 if high == y[1] else high)
        cuts += [LineString([(u, low), (u, high)]) for u in at]
    return cuts


def _which(blocks: Floats, at: Floats) -> Any:
    """Index of the block that holds each coordinate; −1 on a road."""
    found = np.searchsorted(blocks[:, 0], at) - 1
    return np.where((found >= 0) & (at < blocks[found, 1]), found, -1)


def _inside(area: Any, at: Floats) -> Any:
    shapely.prepare(area)
    return shapely.contains_xy(area, at)


def _zoned(
    rng: np.random.Generator, uses: list[str], ha: Floats, order: Floats, polygons: Any, wanted_ha: float
) -> list[str]:
    """Give lots their uses: services at the gate, works at the far end, green until the sum is right."""
    given = ["industrial" if use == "lot" else use for use in uses]
    free = [i for i, use in enumerate(given) if use == "industrial"]
    left = float(ha[free].sum()) - wanted_ha
    late = sorted(free, key=lambda i: order[i])
    for use, queue, most in (("technical", late[::-1], 0.018), ("service", late, 0.07)):
        spent = 0.0
        for i in queue:
            if given[i] == "industrial" and ha[i] <= left and spent + ha[i] <= most * wanted_ha / 0.65:
                given[i], spent, left = use, spent + float(ha[i]), left - float(ha[i])
    rough: Floats = shapely.area(polygons) / shapely.length(polygons) ** 2
    rough = rough + rng.uniform(0, 0.012, len(given))
    for i in np.array(free)[np.argsort(rough[free], kind="stable")].tolist():
        if given[i] == "industrial" and ha[i] <= left:
            given[i], left = "green", left - float(ha[i])
    return given


def _serviced(rng: np.random.Generator, holder: Holder, order: Floats) -> list[date]:
    """When roads, power and water reach each lot; beyond the works done so far, a plan up to 2030."""
    start = holder.zone.decided + timedelta(days=700)
    done = holder.zone.number("infrastructure") or 0.0
    if holder.status in ("operating", "full", "converting"):
        done = max(done, 0.9)
    elif len(holder.zone.phases) > 1:
        done *= 0.5
    late = np.clip(np.round((order + rng.normal(0, 0.03, len(order))) * 12) / 12, 0, 1)
    past, ahead = max((ANCHOR - start).days - 200, 30), (LAST - ANCHOR).days - 200
    past = min(past, 1500) if done > 0.85 else past
    days = np.where(late <= done, late / max(done, 0.01) * past, 0)
    plan = (late - done) / max(1 - done, 0.01) * ahead + 120
    return [
        start + timedelta(days=int(d)) if at <= done else ANCHOR + timedelta(days=int(p))
        for at, d, p in zip(late, days, plan, strict=True)
    ]


def lot_table(made: list[Lot]) -> Columns:
    return {
        "key": [lot.key for lot in made],
        "zone_key": [lot.holder.key for lot in made],
        "number": [lot.number for lot in made],
        "use": [lot.use for lot in made],
        "area_planned_ha": [round(lot.area, 2) for lot in made],
        # The old plan of a zone that becomes a city offers nothing: its works are to be taken down.
        "serviced_on": [None if lot.holder.status == "converting" else lot.serviced_on for lot in made],
        "valid_from": [_since(lot) for lot in made],
        "source": ["minh họa; quy hoạch 1/500 giả định"] * len(made),
        "geom": on_earth(np.array([lot.polygon for lot in made], dtype=object)),
    }


def _since(lot: Lot) -> date:
    """A lot is in the plan since the zone is, or since the extension in which it lies."""
    for start, _, _, _, outline in lot.holder.zone.versions:
        if shapely.intersects(outline, shapely.point_on_surface(lot.polygon)):
            return start
    return lot.holder.zone.versions[-1][0]


def industrial_ha(made: list[Lot]) -> dict[str, float]:
    """Industrial land by key of zone and phase, from the lots."""
    total: dict[str, float] = {}
    for lot in made:
        if lot.use == "industrial":
            for key in {lot.holder.key, lot.holder.zone.key}:
                total[key] = total.get(key, 0.0) + lot.area
    return {key: round(value, 2) for key, value in total.items()}
