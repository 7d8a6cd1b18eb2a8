"""
The road network: the main roads, and streets that join them as towns and villages grow.

Junctions lie on bent grids in the towns and strewn in the fields; streets are the Gabriel graph of the
junctions, thinned, cut where water or a zone lies between. What is left is one connected network; the
shortest ways between towns are its district roads.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra, minimum_spanning_tree
from scipy.spatial import Delaunay, KDTree
from shapely.ops import substring

from gis.arrays import Bools, Floats, Geometries, Ints
from layers.demo.highways import SPEED_KMH
from layers.demo.land import PLACES, Land, town_density
from layers.demo.plane import Columns, on_earth, to_sheet, turned


@dataclass(frozen=True)
class Network:
    """Junctions, shape (m, 2), and edges between them: (n, 2) rows of junctions, lines, classes, names."""

    nodes: Floats
    ends: Ints
    lines: Geometries
    classes: list[str]
    names: list[str | None]


def network(
    rng: np.random.Generator,
    given: Land,
    zones: Geometries,
    main: tuple[Geometries, list[str], list[str]],
    gates: Geometries,
    land: Any,
    scale: float,
) -> Network:
    """The whole network on the sheet, one connected component; villages lie on ``land`` alone."""
    taken = shapely.union_all([given.wet.buffer(30, quad_segs=2), *shapely.buffer(zones, 15, quad_segs=2)])
    shapely.prepare(taken)
    nodes, ends, lines, classes, names = _main(main)
    street_nodes = _street_nodes(rng, taken, main[0], land, scale)
    slow = np.array([c != "motorway" for c in classes])
    joint = np.unique(ends[slow])  # one cannot turn off a motorway but where it meets a main road
    local = np.vstack([nodes[joint], street_nodes])
    index = np.concatenate([joint, len(nodes) + np.arange(len(street_nodes))])
    pairs = _gabriel(local)
    streets = _streets(rng, local, pairs)
    keep = _clear(streets, taken, lines[slow]) & (shapely.length(streets) < 3000 / min(np.sqrt(scale), 1))
    pairs, streets = pairs[keep], streets[keep]
    keep = _thinned(rng, local, pairs, streets)
    nodes = np.vstack([nodes, street_nodes])
    ends = np.vstack([ends, index[pairs[keep]]])
    lines = np.concatenate([lines, streets[keep]])
    net = _ranked(
        Network(
            nodes, ends, lines, classes + ["residential"] * int(keep.sum()), names + [None] * int(keep.sum())
        )
    )
    return _largest(_with_gates(net, gates, zones, given.wet))


def _main(
    main: tuple[Geometries, list[str], list[str]],
) -> tuple[Floats, Ints, Geometries, list[str], list[str | None]]:
    """Main roads cut into edges of about 420 m."""
    seen: dict[tuple[float, float], int] = {}
    ends: list[tuple[int, int]] = []
    lines: list[Any] = []
    classes: list[str] = []
    names: list[str | None] = []
    for line, name, kind in zip(*main, strict=True):
        n = max(round(line.length / 420), 1)
        stops = np.linspace(0, line.length, n + 1)
        for a, b in pairwise(stops):
            piece = substring(line, a, b)
            key = [tuple(np.round(piece.coords[k], 3)) for k in (0, -1)]
            ends.append((seen.setdefault(key[0], len(seen)), seen.setdefault(key[1], len(seen))))
            lines.append(piece)
            classes.append(kind)
            names.append(name)
    return np.array(list(seen)), np.array(ends), np.array(lines, dtype=object), classes, names


def _street_nodes(rng: np.random.Generator, taken: Any, main: Geometries, land: Any, scale: float) -> Floats:
    """Junctions: a bent grid of its own direction in each town, thinning outwards, and strewn elsewhere."""
    centre = to_sheet([(lon, lat) for _, lon, lat, *_ in PLACES])
    coarse = 1 / np.sqrt(scale)
    groups: list[Floats] = []
    for i, (_, _, _, rank, reach) in enumerate(PLACES):
        step = {1: 270, 2: 290, 3: 310, 4: 345}[rank] * coarse
        side = np.arange(-1.5 * reach, 1.5 * reach, step)
        u, v = np.meshgrid(side, side * rng.uniform(0.8, 1.1))
        grid = np.column_stack([u.ravel(), v.ravel()]) + rng.normal(0, 0.13 * step, (u.size, 2))
        grid[:, 1] += 0.08 * reach * np.sin(grid[:, 0] / reach * 2.2)
        grid = turned(grid, rng.uniform(0, np.pi / 2))
        away = np.hypot(*grid.T) / reach
        grid = grid[rng.random(len(grid)) < np.clip(1.25 * np.exp(-(away**2)), 0, 1)] + centre[i]
        own = KDTree(centre).query(grid)[1] == i
        groups.append(grid[own])
    low, high = to_sheet([(106.33, 10.6), (107.56, 11.47)])
    step = 1500 * coarse
    u, v = np.meshgrid(np.arange(low[0], high[0], step), np.arange(low[1], high[1], step))
    fields = np.column_stack([u.ravel(), v.ravel()]) + rng.uniform(-0.45, 0.45, (u.size, 2)) * step
    built = town_density(fields)
    shapely.prepare(land)
    groups.append(fields[(built < 0.3) & ((built > 0.02) | shapely.contains_xy(land, fields))])
    nodes = np.vstack(groups)
    far = KDTree(shapely.get_coordinates(shapely.segmentize(main, 60))).query(nodes)[0] > 105
    nodes = nodes[far & ~shapely.intersects_xy(taken, nodes)]
    crowd = KDTree(nodes).query_pairs(70, output_type="ndarray")
    return np.delete(nodes, np.unique(crowd[:, 1]), axis=0)


def _gabriel(points: Floats) -> Ints:
    """Pairs of points with no other point in the circle over them, shape (n, 2), sorted."""
    triangles = Delaunay(points).simplices
    pairs, blocked = [], []
    for a, b, c in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        p, q, r = (points[triangles[:, k]] for k in (a, b, c))
        pairs.append(np.sort(triangles[:, [a, b]], axis=1))
        blocked.append(((p - r) * (q - r)).sum(axis=1) < 0)
    edge, inverse = np.unique(np.vstack(pairs), axis=0, return_inverse=True)
    hit = np.bincount(inverse.ravel(), weights=np.concatenate(blocked)) > 0
    return edge[~hit]


def _streets(rng: np.random.Generator, points: Floats, pairs: Ints) -> Geometries:
    """A line for each pair, with a slight bend."""
    a, b = points[pairs[:, 0]], points[pairs[:, 1]]
    across = np.column_stack([a[:, 1] - b[:, 1], b[:, 0] - a[:, 0]])
    bend = 0.5 * (a + b) + across * np.clip(rng.normal(0, 0.05, (len(pairs), 1)), -0.1, 0.1)
    return np.asarray(shapely.linestrings(np.stack([a, bend, b], axis=1)), dtype=object)


def _clear(streets: Geometries, taken: Any, main: Geometries) -> Bools:
    """Which streets neither enter water or a zone nor cross a main road between its junctions."""
    ahead = shapely.line_interpolate_point(streets, 0.02, normalized=True)
    back = shapely.line_interpolate_point(streets, 0.98, normalized=True)
    middle = shapely.get_point(streets, 1)
    inner = shapely.linestrings(np.stack([shapely.get_coordinates(g) for g in (ahead, middle, back)], axis=1))
    crossing = np.zeros(len(streets), dtype=bool)
    crossing[np.unique(shapely.STRtree(main).query(inner, predicate="intersects")[0])] = True
    return ~crossing & ~shapely.intersects(taken, inner)


def _thinned(rng: np.random.Generator, points: Floats, pairs: Ints, streets: Geometries) -> Bools:
    """Drop one street in six, never one on which a connection hangs."""
    length = shapely.length(streets)
    graph = coo_array((length, (pairs[:, 0], pairs[:, 1])), shape=(len(points), len(points)))
    tree = minimum_spanning_tree(graph.tocsr()).tocoo()
    needed = {(min(a, b), max(a, b)) for a, b in zip(tree.row.tolist(), tree.col.tolist(), strict=True)}
    held = np.array([(a, b) in needed for a, b in pairs.tolist()])
    return held | (rng.random(len(pairs)) > 0.17)


def _ranked(net: Network) -> Network:
    """Make district roads of the shortest ways between towns, and commune roads of those to villages."""
    speed = np.array([SPEED_KMH.get(c, 30.0) for c in net.classes])
    cost = shapely.length(net.lines) / np.minimum(speed, 60)
    m = len(net.nodes)
    graph = coo_array(
        (np.r_[cost, cost], (np.r_[net.ends[:, 0], net.ends[:, 1]], np.r_[net.ends[:, 1], net.ends[:, 0]])),
        shape=(m, m),
    ).tocsr()
    centre = to_sheet([(lon, lat) for _, lon, lat, *_ in PLACES])
    rank = np.array([r for *_, r, _ in PLACES])
    at = np.asarray(KDTree(net.nodes).query(centre)[1])
    _, before = dijkstra(graph, indices=at, return_predecessors=True)
    near = np.asarray(KDTree(centre).query(centre, k=5)[1])
    order = {tuple(sorted(e)): i for i, e in enumerate(net.ends.tolist())}
    classes, names = list(net.classes), list(net.names)
    for i in range(len(at)):
        for j in near[i, 1:]:
            kind = "secondary" if max(rank[i], rank[j]) <= 3 else "tertiary"
            name = f"ĐH.{401 + (i * 7 + int(j)) % 190}" if kind == "secondary" else None
            step = int(at[j])
            while before[i, step] >= 0:
                edge = order[tuple(sorted((int(before[i, step]), step)))]
                if classes[edge] == "residential" or (classes[edge], kind) == ("tertiary", "secondary"):
                    classes[edge], names[edge] = kind, name
                step = int(before[i, step])
    return Network(net.nodes, net.ends, net.lines, classes, names)


def _with_gates(net: Network, gates: Geometries, zones: Geometries, wet: Any) -> Network:
    """An access road from each zone's gate to the nearest junction that no zone or water hides."""
    at = shapely.get_coordinates(gates)
    near = np.asarray(KDTree(net.nodes).query(at, k=40)[1])
    wall = shapely.union_all([wet, *shapely.buffer(zones, -1.0)])
    shapely.prepare(wall)
    ends, lines = [], []
    for i, point in enumerate(at):
        ways = np.asarray(
            shapely.linestrings(np.stack([np.broadcast_to(point, (40, 2)), net.nodes[near[i]]], axis=1)),
            dtype=object,
        )
        open_ = np.flatnonzero(~shapely.intersects(wall, ways))
        best = int(open_[0]) if len(open_) else 0
        ends.append((len(net.nodes) + i, int(near[i, best])))
        lines.append(ways[best])
    return Network(
        np.vstack([net.nodes, at]),
        np.vstack([net.ends, ends]),
        np.concatenate([net.lines, np.array(lines, dtype=object)]),
        [*net.classes, *["service"] * len(ends)],
        [*net.names, *[None] * len(ends)],
    )


def _largest(net: Network) -> Network:
    m = len(net.nodes)
    graph = coo_array((np.ones(len(net.ends)), (net.ends[:, 0], net.ends[:, 1])), shape=(m, m))
    label = connected_components(graph, directed=False)[1]
    main = np.argmax(np.bincount(label[net.ends[:, 0]]))
    keep = np.flatnonzero(label[net.ends[:, 0]] == main)
    return Network(
        net.nodes,
        net.ends[keep],
        net.lines[keep],
        [net.classes[i] for i in keep],
        [net.names[i] for i in keep],
    )


def road_table(net: Network) -> Columns:
    n = len(net.lines)
    return {
        "key": [f"MH-D-{i:05d}" for i in range(1, n + 1)],
        "name": net.names,
        "road_class": net.classes,
        "is_oneway": [False] * n,
        "speed_limit_kmh": [SPEED_KMH.get(c, 30.0) for c in net.classes],
        "source": ["minh họa; tuyến chính gần đúng, đường khác giả định"] * n,
        "geom": on_earth(net.lines),
    }
