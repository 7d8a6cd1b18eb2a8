"""
What the province's development option says of its clusters, and a plan drawn over two of them.

Some of it is left out on purpose, as in real papers: a certificate must find what is missing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from layers.demo.admin import CITIES, Mesh
from layers.demo.plane import Columns, on_earth
from layers.demo.zones import Zone

NAME = "Phương án phát triển cụm công nghiệp 2021–2030, tầm nhìn 2050 (minh họa)"
INVESTMENT_BILLION_VND_PER_HA = 11.5  # invented, of the order of published totals of such clusters
LEAST_SHARE = 0.05  # a commune with less of a cluster is not named

NOT_IN_OPTION = {"TAN-AN"}
WITHOUT_INVESTMENT = {"LONG-GIAO", "TRI-AN"}
WITHOUT_LOCATION = {"TAM-LAP-2"}
DISTRICT_ALONE = {"VINH-TAN"}

#: Clusters that the invented road plan runs over, and the share of their width that it takes.
CROSSED = {"LONG-PHUOC-1": 0.1, "THIEN-TAN": 0.06}


def with_option(table: Columns, parks: list[Zone], net: Mesh) -> Columns:
    """The table of zones with option, location and expected investment of the clusters."""
    told = {zone.key: _told(zone, net) for zone in parks if zone.told["kind"] == "CCN"}
    nothing: tuple[Any, Any, Any] = (None, None, None)
    rows = [told.get(key, nothing) for key in table["key"]]
    names = ("option_name", "location", "infrastructure_investment_billion_vnd")
    return {**table, **{name: [row[at] for row in rows] for at, name in enumerate(names)}}


def with_crossing(table: Columns, parks: list[Zone]) -> Columns:
    """The table of constraints with a road plan that nobody moved off the clusters."""
    strips = [
        _strip(zone.outline, CROSSED[zone.told["key"]]) for zone in parks if zone.told["key"] in CROSSED
    ]
    if not strips:
        return table
    more: dict[str, list[Any]] = {
        "key": [f"MH-QH-1{i}" for i in range(len(strips))],
        "name": [f"Quy hoạch đường vành đai, đoạn {i} (minh họa)" for i in range(1, len(strips) + 1)],
        "kind": ["other_plan"] * len(strips),
    }
    drawn = on_earth(np.array(strips, dtype=object))
    joined = np.concatenate([np.asarray(table["geom"], dtype=object), drawn])
    return {**{name: [*table[name], *more[name]] for name in more}, "geom": joined}


def _told(zone: Zone, net: Mesh) -> tuple[str | None, str | None, float | None]:
    key, area = zone.told["key"], float(zone.told["area_ha"])
    invested = None if key in WITHOUT_INVESTMENT else round(area * INVESTMENT_BILLION_VND_PER_HA)
    option = None if key in NOT_IN_OPTION else NAME
    return option, _location(zone, net), None if invested is None else float(invested)


def _location(zone: Zone, net: Mesh) -> str | None:
    """The communes as the decision named them, most of the land first."""
    key = zone.told["key"]
    if key in WITHOUT_LOCATION:
        return None
    if key in DISTRICT_ALONE:
        return f"Huyện {zone.told['old_district']}"
    cells = shapely.STRtree(net.cells).query(zone.outline, predicate="intersects")
    land = shapely.area(shapely.intersection(net.cells[cells], zone.outline))
    by_unit = np.bincount(net.old[cells], weights=land, minlength=len(net.old_units)) / land.sum()
    units = [int(unit) for unit in np.argsort(-by_unit, kind="stable") if by_unit[unit] >= LEAST_SHARE]
    names = [net.old_units[unit][0] for unit in units]
    placed = [name if name.startswith("Thị trấn") else f"Xã {name}" for name in names]
    district = net.old_units[units[0]][1]
    return f"{', '.join(placed)}, {'thành phố' if district in CITIES else 'huyện'} {district}"


def _strip(outline: Any, share: float) -> Any:
    """A band along the western side of a cluster, as wide outside it as inside."""
    west, south, east, north = outline.bounds
    width = share * (east - west)
    return shapely.box(west - width, south - 400, west + width, north + 400)
