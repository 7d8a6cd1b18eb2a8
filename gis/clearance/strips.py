"""
Polygons as the strips under their edges; compiled, for a boundary meets many thousands of parcels.

Coordinates are plane. Edges run from left to right; their sign is 1 where land lies below them and -1 where
it lies above, so that the signed strips down to any line add up to the polygon (:mod:`gis.clearance.shares`).
"""

# numba reads these functions itself; the checker sees none of its types.
# pyright: reportUntypedFunctionDecorator=false

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

OUTSIDE, INSIDE, ACROSS = 0, 1, 2
_MOST_BINS = 4096


@njit(cache=True, nogil=True)
def edges_of(xy: Any, ring: Any, hole: Any, owner: Any, polygons: Any) -> Any:
    """
    Edges of polygons from their rings.

    Parameters
    ----------
    xy, ring
        Vertices (v, 2) and the ring of each; rings are closed and in order.
    hole, owner
        Per ring: whether it is a hole, and which polygon it belongs to, in order.

    Returns
    -------
    edges, sign, start
        (e, 4), (e,), (polygons + 1,): those of polygon i are start[i]:start[i + 1].
    """
    turn = np.zeros(len(hole))
    start = np.zeros(polygons + 1, dtype=np.int64)
    first = 0
    for v in range(1, len(xy)):
        r = ring[v]
        if ring[v - 1] != r:
            first = v
            continue
        start[owner[r] + 1] += 1
        ax, ay, bx, by = xy[v - 1, 0], xy[v - 1, 1], xy[v, 0], xy[v, 1]
        turn[r] += (ax - xy[first, 0]) * (by - xy[first, 1]) - (bx - xy[first, 0]) * (ay - xy[first, 1])
    start = np.cumsum(start)
    edges, sign = np.empty((start[-1], 4)), np.empty(start[-1])
    e = 0
    for v in range(1, len(xy)):
        r = ring[v]
        if ring[v - 1] != r:
            continue
        ax, ay, bx, by = xy[v - 1, 0], xy[v - 1, 1], xy[v, 0], xy[v, 1]
        back = ax > bx or (ax == bx and ay > by)
        edges[e] = (bx, by, ax, ay) if back else (ax, ay, bx, by)
        # Land lies left of a shell that turns left and of a hole that turns right.
        sign[e] = 1.0 if back == ((turn[r] > 0.0) != hole[r]) else -1.0
        e += 1
    return edges, sign, start


@njit(cache=True, nogil=True)
def bins_of(xy: Any, start: Any) -> Any:
    """
    Columns of each polygon with the edges that reach into them.

    Parameters
    ----------
    xy, start
        Edges (e, 4); those of polygon i are start[i]:start[i + 1].

    Returns
    -------
    left, step, first, stop, edge
        Polygon i has the columns first[i]:first[i + 1], each `step[i]` wide from `left[i]` on; column c
        holds edge[stop[c]:stop[c + 1]].
    """
    polygons = len(start) - 1
    left, step = np.zeros(polygons), np.ones(polygons)
    first = np.zeros(polygons + 1, dtype=np.int64)
    for i in range(polygons):
        columns = min(max(start[i + 1] - start[i], 1), _MOST_BINS)
        first[i + 1] = first[i] + columns
        if start[i + 1] > start[i]:
            left[i] = xy[start[i] : start[i + 1], 0].min()
            step[i] = max((xy[start[i] : start[i + 1], 2].max() - left[i]) / columns, 1e-300)
    stop = np.zeros(first[-1] + 1, dtype=np.int64)
    edge = put = stop
    for fill in range(2):
        if fill:
            stop = np.cumsum(stop)
            edge = np.empty(stop[-1], dtype=np.int64)
            put = stop[:-1].copy()
        for i in range(polygons):
            for e in range(start[i], start[i + 1]):
                low = _column(xy[e, 0], i, left, step, first)
                for c in range(low, _column(xy[e, 2], i, left, step, first) + 1):
                    if fill:
                        edge[put[c]] = e
                        put[c] += 1
                    else:
                        stop[c + 1] += 1
    return left, step, first, stop, edge


@njit(cache=True, nogil=True)
def _column(x: Any, i: Any, left: Any, step: Any, first: Any) -> Any:
    c = int((x - left[i]) / step[i])
    return first[i] + min(max(c, 0), first[i + 1] - first[i] - 1)


@njit(cache=True, nogil=True)
def classify(
    row: Any, polygon: Any, box: Any, xy: Any, left: Any, step: Any, first: Any, stop: Any, edge: Any
) -> Any:
    """Whether box[row] lies outside its polygon, inside it, or across an edge of it; touching is across."""
    found = np.empty(len(row), dtype=np.int8)
    for k in range(len(row)):
        x0, y0, x1, y1 = box[row[k]]
        i = polygon[k]
        low = _column(x0, i, left, step, first)
        below = 0
        across = False
        for c in range(low, _column(x1, i, left, step, first) + 1):
            for at in range(stop[c], stop[c + 1]):
                e = edge[at]
                a, ya, b, yb = xy[e]
                if b < x0 or a > x1 or max(ya, yb) < y0:
                    continue
                if min(ya, yb) > y1:
                    below += a <= x0 < b and c == max(low, _column(a, i, left, step, first))
                    continue
                rise = (yb - ya) / (b - a) if b > a else 0.0
                yl = ya + rise * (x0 - a) if a < x0 else ya  # the part of the edge that is over the box
                yr = yb - rise * (b - x1) if b > x1 else yb
                if max(yl, yr) >= y0 and min(yl, yr) <= y1:
                    across = True
                    break
                if min(yl, yr) > y1:
                    below += a <= x0 < b and c == max(low, _column(a, i, left, step, first))
            if across:
                break
        found[k] = ACROSS if across else (INSIDE if below % 2 == 1 else OUTSIDE)
    return found


@njit(cache=True, nogil=True)
def shared_fraction(
    row: Any,
    polygon: Any,
    mine: Any,
    mine_sign: Any,
    mine_start: Any,
    xy: Any,
    sign: Any,
    left: Any,
    step: Any,
    first: Any,
    stop: Any,
    edge: Any,
) -> Any:
    """
    Share of the area of a piece of land that lies in a polygon, 0 to 1.

    Parameters
    ----------
    row, polygon
        Shape (k,): which piece of land, and which polygon.
    mine, mine_sign, mine_start
        Edges of the land.
    xy, sign, left, step, first, stop, edge
        Edges of the polygons, and their columns (`bins_of`).
    """
    found = np.zeros(len(row))
    for k in range(len(row)):
        here = mine[mine_start[row[k]] : mine_start[row[k] + 1]]
        here_sign = mine_sign[mine_start[row[k]] : mine_start[row[k] + 1]]
        if len(here) == 0:
            continue
        x0, x1 = here[:, 0].min(), here[:, 2].max()
        base = min(here[:, 1].min(), here[:, 3].min())
        whole = 0.0
        for m in range(len(here)):
            width = here[m, 2] - here[m, 0]
            whole += here_sign[m] * width * 0.5 * ((here[m, 1] - base) + (here[m, 3] - base))
        i = polygon[k]
        low = _column(x0, i, left, step, first)
        both = 0.0
        for c in range(low, _column(x1, i, left, step, first) + 1):
            for at in range(stop[c], stop[c + 1]):
                e = edge[at]
                a, b = max(xy[e, 0], x0), min(xy[e, 2], x1)
                if b <= a or max(xy[e, 1], xy[e, 3]) <= base:
                    continue
                if c != max(low, _column(xy[e, 0], i, left, step, first)):
                    continue
                for m in range(len(here)):
                    if here[m, 0] < b and here[m, 2] > a:
                        both += sign[e] * here_sign[m] * _lower(here[m], xy[e], base)
        found[k] = min(max(both / whole, 0.0), 1.0) if whole > 0.0 else 0.0  # rounding alone goes beyond
    return found


@njit(cache=True, nogil=True)
def _lower(p: Any, q: Any, base: Any) -> Any:
    """Area under both of two edges and above the base, which no part of `p` is below."""
    a, b = max(p[0], q[0]), min(p[2], q[2])
    if b <= a:
        return 0.0
    rise_p, rise_q = (p[3] - p[1]) / (p[2] - p[0]), (q[3] - q[1]) / (q[2] - q[0])
    p0, p1 = (p[1] - base) + rise_p * (a - p[0]), (p[1] - base) + rise_p * (b - p[0])
    q0, q1 = (q[1] - base) + rise_q * (a - q[0]), (q[1] - base) + rise_q * (b - q[0])
    if q0 <= 0.0 and q1 <= 0.0:
        return 0.0
    width = b - a
    if q0 < 0.0:
        part = q1 / (q1 - q0)
        p0 = p1 + (p0 - p1) * part
        q0, width = 0.0, width * part
    elif q1 < 0.0:
        part = q0 / (q0 - q1)
        p1 = p0 + (p1 - p0) * part
        q1, width = 0.0, width * part
    d0, d1 = q0 - p0, q1 - p1
    if d0 >= 0.0 and d1 >= 0.0:
        return 0.5 * width * (p0 + p1)
    if d0 <= 0.0 and d1 <= 0.0:
        return 0.5 * width * (q0 + q1)
    part = d0 / (d0 - d1)
    cross = p0 + (p1 - p0) * part
    if d0 > 0.0:
        return 0.5 * width * (part * (p0 + cross) + (1.0 - part) * (cross + q1))
    return 0.5 * width * (part * (q0 + cross) + (1.0 - part) * (cross + p1))
