"""
Parcels that tile the land under clearance; along two stretches of its edge they reach beyond it.

Fields lie in a bent grid; each is cut into strips, some of them across, as rice land, gardens and house plots
are. Cuts end on vertices of the field's edge, so all noding is exact and neighbours share their edges.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely
from shapely import LineString

from gis.arrays import Bools, Floats, Geometries, Ints
from gis.measure import area_ha
from layers.demo.admin import Mesh, commune_of
from layers.demo.outlines import long_axis
from layers.demo.plane import Columns, faces, largest, merged_small, on_earth, turned
from layers.demo.zones import Holder, Zone

COUNT = 20_000
LEAST_M2 = 300.0
PER_FIELD = 13.3  # parcels of a field on average, from the ranges in `_field_lines`
SURVEYED = date(2016, 1, 1)
BEYOND_M = 26.0
"""How far parcels reach beyond the zone where its edge does not follow theirs."""
APART_M = 60.0


@dataclass(frozen=True)
class Tract:
    """
    Parcels of one zone or phase: polygons on the sheet, the field of each, and the field's use.

    ``taken`` is what lies in the zone: the polygon itself, or a part of it where ``partial``.
    """

    holder: Holder
    polygons: Geometries
    field: Ints
    use: list[str]
    taken: Geometries
    partial: Bools


def tracts(rng: np.random.Generator, zones: list[Zone], scale: float) -> list[Tract]:
    """Every zone or phase whose clearance is tracked by parcel, tiled."""
    held = [h for zone in zones for h in zone.holders() if h.basis == "parcels"]
    total_m2 = sum(part.area for h in held for part in h.parts)
    mean_m2 = max(total_m2 / max(COUNT * scale, 1), 500.0)
    others = [[z.outline for z in zones if z is not h.zone] for h in held]
    for rest, holder in zip(others, held, strict=True):
        rest += [p.outline for p in holder.zone.phases if not any(p.outline is q for q in holder.parts)]
    return [_tract(rng, holder, mean_m2, rest) for holder, rest in zip(held, others, strict=True)]


def _tract(rng: np.random.Generator, holder: Holder, mean_m2: float, others: list[Any]) -> Tract:
    whole = largest(shapely.coverage_union_all(holder.parts))
    angle, middle = long_axis(whole) + rng.uniform(-0.25, 0.25), np.array(whole.centroid.coords[0])
    flat = shapely.transform(whole, lambda xy: turned(xy - middle, -angle))
    beyond = shapely.transform(_beyond(rng, whole, others), lambda xy: turned(xy - middle, -angle))
    spread = largest(shapely.union_all([flat, beyond]))
    wide, deep = np.sqrt(mean_m2 * PER_FIELD * 1.45), np.sqrt(mean_m2 * PER_FIELD / 1.45)
    west, south, east, north = flat.bounds
    nu, nv = int((east - west) / wide) + 3, int((north - south) / deep) + 3
    i, j = np.meshgrid(np.arange(nu + 1), np.arange(nv + 1), indexing="ij")
    nodes = np.stack([west - wide + i * wide, south - deep + j * deep], axis=-1)
    bend = np.stack([np.sin(j * 0.5) * 0.3 * wide, np.sin(i * 0.4) * 0.3 * deep], axis=-1)
    nodes = nodes + bend + rng.normal(0, 0.1, nodes.shape) * (wide, deep)
    kinds = rng.choice(["strips", "houses", "garden"], (nu, nv), p=[0.68, 0.14, 0.18])
    cells = faces([spread.boundary, *_field_lines(rng, nodes, kinds)])
    at = shapely.get_coordinates(shapely.point_on_surface(cells))
    shapely.prepare(spread)
    cells = cells[shapely.contains_xy(spread, at)]
    cells = cells[shapely.area(shapely.intersection(cells, flat)) > 1]
    cells, _ = merged_small(cells, np.zeros(len(cells), dtype=int), LEAST_M2 * 1.02)
    at = shapely.get_coordinates(shapely.point_on_surface(cells))
    column = np.clip(((at[:, 0] - west) / wide + 1).astype(int), 0, nu - 1)
    row = np.clip(((at[:, 1] - south) / deep + 1).astype(int), 0, nv - 1)
    partial = shapely.area(shapely.difference(cells, flat)) > 1
    taken = cells.copy()
    taken[partial] = [largest(cell) for cell in shapely.intersection(cells[partial], flat)]
    polygons, taken = (shapely.transform(g, lambda xy: turned(xy, angle) + middle) for g in (cells, taken))
    taken[~partial] = polygons[~partial]
    use = [str(kinds[c, r]) for c, r in zip(column, row, strict=True)]
    return Tract(holder, polygons, column * nv + row, use, taken, partial)


def _beyond(rng: np.random.Generator, whole: Any, others: list[Any]) -> Any:
    """Land just outside two stretches of a zone's edge, away from other zones and phases."""
    stretch_m = max(0.11 * np.sqrt(whole.area), 60.0)
    middles = [whole.exterior.interpolate(t, normalized=True) for t in rng.random(2)]
    near = shapely.union_all([m.buffer(stretch_m) for m in middles])
    close = [other for other in others if other.distance(whole) < BEYOND_M + APART_M]
    kept = shapely.union_all(shapely.buffer(np.array(close, dtype=object), APART_M)) if close else None
    land = shapely.intersection(whole.buffer(BEYOND_M, join_style="mitre"), near)
    return land if kept is None else shapely.difference(land, kept)


def _field_lines(rng: np.random.Generator, nodes: Floats, kinds: Any) -> list[LineString]:
    """Edges of all fields with the ends of cuts as vertices, and the cuts."""
    nu, nv = kinds.shape
    along: dict[tuple[str, int, int], list[float]] = {}
    cuts: list[LineString] = []
    for i in range(nu):
        for j in range(nv):
            n = {"strips": (8, 15), "houses": (12, 17), "garden": (5, 8)}[str(kinds[i, j])]
            flip = rng.random() < 0.22
            # A field's cuts run from its lower to its upper edge, or from left to right.
            ends = [("v", i, j), ("v", i + 1, j)] if flip else [("u", i, j), ("u", i, j + 1)]
            share = rng.uniform(0.55, 1.5, int(rng.integers(*n)))
            t = np.cumsum(share / share.sum())[:-1]
            s = np.clip(t + rng.normal(0, 0.012, len(t)), 0.01, 0.99)
            s.sort()
            for end, at in zip(ends, (t, s), strict=True):
                along.setdefault(end, []).extend(at.tolist())
            low = np.array([_on(nodes, ends[0], x) for x in (0.0, *t, 1.0)])
            high = np.array([_on(nodes, ends[1], x) for x in (0.0, *s, 1.0)])
            cuts += _strips(rng, low, high, across=0.9 if kinds[i, j] == "houses" else 0.12)
    edges = [("u", i, j) for i in range(nu) for j in range(nv + 1)]
    edges += [("v", i, j) for i in range(nu + 1) for j in range(nv)]
    return cuts + [
        LineString([_on(nodes, e, t) for t in sorted({0.0, *along.get(e, []), 1.0})]) for e in edges
    ]


def _on(nodes: Floats, edge: tuple[str, int, int], t: float) -> Floats:
    """A point of a field's edge; the same edge and ``t`` give the same bits from both sides."""
    way, i, j = edge
    a, b = nodes[i, j], nodes[i + 1, j] if way == "u" else nodes[i, j + 1]
    return a if t == 0.0 else b if t == 1.0 else a + t * (b - a)


def _strips(rng: np.random.Generator, low: Floats, high: Floats, across: float) -> list[LineString]:
    """Cuts between strips, and cuts across some strips that end on vertices of their neighbours."""
    sides: list[list[Floats]] = [[a, b] for a, b in zip(low, high, strict=True)]
    crossing: list[LineString] = []
    for k in range(1, len(low) - 2):  # the outermost strips border on other fields
        if rng.random() < across:
            s = rng.uniform(0.3, 0.7)
            left = low[k] + s * (high[k] - low[k])
            right = low[k + 1] + s * (high[k + 1] - low[k + 1])
            sides[k].insert(-1, left)
            sides[k + 1].insert(-1, right)
            crossing.append(LineString([left, right]))
    lines = [
        LineString(sorted(map(tuple, side), key=lambda p, a=side[0]: float(np.hypot(*(np.array(p) - a)))))
        for side in sides[1:-1]
    ]
    return lines + crossing


def parcel_table(rng: np.random.Generator, made: list[Tract], net: Mesh) -> Columns:
    """Cadastral columns without the users; sheets and numbers restart in every commune."""
    polygons = np.concatenate([t.polygons for t in made])
    tract = np.repeat(np.arange(len(made)), [len(t.polygons) for t in made])
    partial = np.concatenate([t.partial for t in made])
    n = len(polygons)
    at = shapely.get_coordinates(shapely.point_on_surface(polygons))
    commune = commune_of(net, at)
    block = np.concatenate([t.field // 9 for t in made]) + tract * 100_000
    sheet, number = _numbered(commune, block, at)
    use = [u for t in made for u in t.use]
    state = np.concatenate([_state(rng, t) for t in made])
    geom = on_earth(polygons)
    ha = area_ha(geom)
    types = {
        "strips": ["LUC", "LUC", "LUK", "BHK", "NTS"],
        "houses": ["ONT", "ONT", "ODT", "CLN"],
        "garden": ["CLN", "CLN", "RSX", "BHK"],
    }
    pick = rng.random(n)
    land = [types[u][int(p * len(types[u]))] for u, p in zip(use, pick, strict=True)]
    return {
        "commune_code": commune,
        "sheet_number": sheet,
        "parcel_number": number,
        "area_legal_m2": np.round(ha * 1e4 * rng.normal(1, 0.006, n), 1).tolist(),
        "land_type": land,
        "land_type_vintage": ["TT25-2014"] * n,
        "state_managed": state.tolist(),
        # A parcel that reaches beyond the zone is not under clearance as a whole: its case takes a part.
        "zone_key": [None if p else made[t].holder.key for t, p in zip(tract, partial, strict=True)],
        "valid_from": [SURVEYED] * n,
        "source": ["minh họa; thửa đất và người sử dụng giả định"] * n,
        "geom": geom,
    }


def parcel_keys(parcels: Columns) -> list[str]:
    """The keys that the database will generate."""
    names = ("commune_code", "sheet_number", "parcel_number")
    return ["-".join(parts) for parts in zip(*(parcels[name] for name in names), strict=True)]


def _numbered(commune: list[str], block: Ints, at: Floats) -> tuple[list[str], list[str]]:
    """Map sheets counted within their commune, parcels within their sheet, from north to south."""
    sheets: dict[tuple[str, int], int] = {}
    per_commune: dict[str, int] = {}
    per_sheet: dict[tuple[str, int], int] = {}
    sheet, number = [""] * len(commune), [""] * len(commune)
    for i in np.lexsort((at[:, 0], -at[:, 1], block)):
        code, key = commune[i], (commune[i], int(block[i]))
        if key not in sheets:
            per_commune[code] = per_commune.get(code, 0) + 1
            sheets[key] = per_commune[code]
        per_sheet[key] = per_sheet.get(key, 0) + 1
        sheet[i], number[i] = str(sheets[key]), str(per_sheet[key])
    return sheet, number


def _state(rng: np.random.Generator, tract: Tract) -> Any:
    """State-managed parcels, by share of area: one stretch of land, with a little more strewn about."""
    share = tract.holder.zone.number("state_share") or 0.0
    area = shapely.area(tract.polygons)
    at = shapely.get_coordinates(shapely.point_on_surface(tract.polygons))
    turn = rng.uniform(0, 2 * np.pi)
    rank = at @ np.array([np.cos(turn), np.sin(turn)]) + rng.normal(0, 40, len(at))
    order = np.argsort(rank, kind="stable")
    state = np.zeros(len(at), dtype=bool)
    state[order] = np.cumsum(area[order]) <= share * area.sum() * 1.0005
    return state
