"""
Zones: the names, areas and points of `zones.csv` (DOMAIN §8), with invented outlines of the right area.

An outline is a notched, leaning rectangle near its point, cut where a river, a main road or an earlier zone
runs through it, and scaled until its ellipsoidal area is the legal one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import shapely
from shapely import Polygon

from gis.arrays import Geometries
from layers.demo.files import read
from layers.demo.outlines import first_part, place, split_by_area
from layers.demo.plane import Columns, on_earth, to_sheet

#: What a kind of zone takes and refuses, VSIC 2018; a longer code wins over a shorter one.
SECTORS: dict[str, tuple[str, str]] = {
    "antay": ("10 21 22 25 26 27 28 32", "1020 13 17 2392 2395"),
    "general": ("10 14 15 16 18 22 25 27 28 31 32 33", "1511 1701 2592"),
    "modern": ("10 11 14 21 22 25 26 27 28 29 30 32", "1311 1312 1313 1511 17 2592"),
    "hitech": ("21 26 27 28 30 32", ""),
    "farm": ("10 11 16 31", "1020"),
    "heavy": ("17 20 22 23 24 25 28 29 30", "1701 2021"),
    "petro": ("17 19 20 22 23 24 25", "1701"),
    "textile": ("13 14 15 32", "1511"),
    "dyeing": ("13 14 15 16 22 25 31 32", "1511"),
    "wood": ("16 18 22 25 31 32", ""),
    "latex": ("13 16 22 25 31", "1313"),
    "locan": ("13 14 21 26 27 28", "1313"),
    "support": ("22 24 25 26 27 28 29 30", "2592"),
    "ceramics": ("23 16", "2394"),
}


@dataclass(frozen=True)
class Phase:
    """A part of a zone; one that states status and clearance of its own also holds its own lots."""

    area: float
    status: str | None
    basis: str | None
    outline: Any


@dataclass(frozen=True)
class Holder:
    """What lots belong to: a zone, or a phase with a status of its own. ``parts`` are its outlines."""

    key: str
    zone: Zone
    status: str
    basis: str
    parts: list[Any]


@dataclass(frozen=True)
class Zone:
    """
    One zone: its line of `zones.csv`, and its outline now and before, on the sheet.

    ``versions`` holds (valid_from, valid_to, status, area_ha, outline), oldest first; ``phases`` its
    parts.
    """

    told: dict[str, str]
    outline: Polygon
    versions: list[tuple[date, date | None, str, float, Any]] = field(default_factory=list)
    phases: list[Phase] = field(default_factory=list)

    @property
    def key(self) -> str:
        return f"MH-{self.told['key']}"

    @property
    def decided(self) -> date:
        return date.fromisoformat(self.told["decided"])

    @property
    def basis(self) -> str:
        return self.told["basis"]

    def holders(self) -> list[Holder]:
        """Who holds the lots of this zone; nobody where no 1/500 plan is told."""
        if self.told["lots"] != "yes":
            return []
        own = [
            Holder(f"{self.key}-GD{i}", self, part.status, part.basis or "unknown", [part.outline])
            for i, part in enumerate(self.phases, 1)
            if part.status
        ]
        outlines = [part.outline for part in self.phases] or [self.outline]
        return own or [Holder(self.key, self, self.told["status"], self.basis, outlines)]

    def number(self, column: str) -> float | None:
        return float(self.told[column]) if self.told[column] else None


def zones(rng: np.random.Generator, wet: Any, highways: Any, share: float = 1.0) -> list[Zone]:
    """
    Every zone with its outlines, largest drawn first, in the order of the file.

    Parameters
    ----------
    wet, highways
        Water and main roads on the sheet: no zone touches them.
    share
        Part of the file to draw; its first lines hold one zone of every kind.
    """
    lines = read("zones.csv")
    lines = lines[: max(round(len(lines) * share), 12)]
    taken = [shapely.buffer(wet, 35, quad_segs=2), shapely.buffer(highways, 24, quad_segs=2)]
    drawn: dict[str, Zone] = {}
    for told in sorted(lines, key=lambda line: (-float(line["area_ha"]), line["key"])):
        drawn[told["key"]] = zone = _draw(rng, told, taken)
        taken.append(shapely.buffer(zone.outline, 70, join_style="mitre"))
    moved = _moved(rng, drawn, taken)
    return [moved.get(told["key"], drawn[told["key"]]) for told in lines]


def _draw(rng: np.random.Generator, told: dict[str, str], taken: list[Any]) -> Zone:
    area = float(told["area_ha"])
    earlier = [line.split(":") for line in told["earlier"].split(";") if line]
    widest = max([area, *(float(e[2]) for e in earlier if e[2])])
    whole = place(rng, to_sheet((float(told["lon"]), float(told["lat"]))), widest, taken)
    outline = first_part(whole, area / widest)
    versions: list[tuple[date, date | None, str, float, Any]] = []
    start = date.fromisoformat(told["decided"])
    for until, status, old_area, *_ in earlier:
        old = float(old_area) if old_area else area
        versions.append((start, date.fromisoformat(until), status, old, first_part(whole, old / widest)))
        start = date.fromisoformat(until)
    versions.append((start, None, told["status"], area, outline))
    parts = [(line + "  ").split(" ")[:3] for line in told["phases"].split(";") if line]
    shapes = split_by_area(outline, [float(part[0]) for part in parts])
    phases = [Phase(float(a), s or None, b or None, g) for (a, s, b), g in zip(parts, shapes, strict=True)]
    return Zone(told, outline, versions, phases)


def _moved(rng: np.random.Generator, drawn: dict[str, Zone], taken: list[Any]) -> dict[str, Zone]:
    """Zones whose earlier version lay elsewhere (CCN An Viễn, which moved to xã Đồi 61)."""
    moved: dict[str, Zone] = {}
    for key, zone in drawn.items():
        fields = zone.told["earlier"].split(":")
        if len(fields) == 5:
            start, until, status, area, _ = zone.versions[0]
            old = place(rng, to_sheet((float(fields[3]), float(fields[4]))), area, taken)
            versions = [(start, until, status, area, old), *zone.versions[1:]]
            moved[key] = Zone(zone.told, zone.outline, versions, zone.phases)
    return moved


def entrances(given: list[Zone], highways: Any) -> Geometries:
    """The point of each zone's edge that is nearest to a main road, on the sheet."""
    edges = np.array([z.outline.boundary for z in given], dtype=object)
    return shapely.get_point(shapely.shortest_line(edges, highways), 0)


def zone_table(given: list[Zone], gates: Geometries) -> Columns:
    """Every version of every zone, and its phases as children."""
    rows: list[dict[str, Any]] = []
    for zone, gate in zip(given, gates, strict=True):
        common = _common(zone, gate)
        for start, until, status, area, outline in zone.versions:
            rows.append(common | {"valid_from": start, "valid_to": until, "status": status}
                        | {"area_legal_ha": area, "geom": outline})  # fmt: skip
        start = zone.versions[-1][0]
        rows += [
            common | {"key": f"{zone.key}-GD{i}", "name": f"{zone.told['name']} – {_part(zone)} {i}"}
            | {"other_names": None, "parent_key": zone.key, "valid_from": start, "valid_to": None}
            | {"status": part.status or zone.told["status"], "area_legal_ha": part.area}
            | {"industrial_area_ha": None, "wastewater_capacity_m3_day": None, "geom": part.outline}
            | _clearance(zone, part.basis or zone.basis)
            for i, part in enumerate(zone.phases, 1)
        ]  # fmt: skip
    columns: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in rows[0]}
    gates = on_earth(np.array(columns.pop("entrance"), dtype=object))
    return columns | {
        "geom": on_earth(np.array(columns["geom"], dtype=object)),
        "entrance_lon": [None if gate is None else shapely.get_x(gate) for gate in gates],
        "entrance_lat": [None if gate is None else shapely.get_y(gate) for gate in gates],
    }


def _common(zone: Zone, gate: Any) -> dict[str, Any]:
    told = zone.told
    permitted, refused = (
        (codes.split() or None for codes in SECTORS[told["sectors"]]) if told["sectors"] else (None, None)
    )
    number = _number(zone)
    return {
        "key": zone.key,
        "name": told["name"],
        "other_names": told["other_names"].split("; ") if told["other_names"] else None,
        "kind": told["kind"],
        "parent_key": None,
        "specialised": told["specialised"] == "yes",
        "vsic_scheme": "VSIC2018" if permitted else None,
        "permitted_vsic": permitted,
        "refused_vsic": refused,
        "industrial_area_ha": zone.number("industrial_ha"),
        "investor": told["investor"] or None,
        "decision_number": f"{number}/QĐ-MH" if told["status"] != "planned" else None,
        "decided_on": zone.decided if told["status"] != "planned" else None,
        "infrastructure_ratio": zone.number("infrastructure"),
        "wastewater_plant": None if told["sectors"] == "" else bool(told["wastewater_m3_day"]),
        "wastewater_capacity_m3_day": zone.number("wastewater_m3_day"),
        "rent_usd_m2_term": zone.number("rent_usd_m2"),
        "entrance": gate,
        "source": f"minh họa; tên, diện tích, vị trí gần đúng: {told['source']}",
    } | _clearance(zone, zone.basis)


def _part(zone: Zone) -> str:
    """What a part of a zone is called; a park that becomes a city is cleared area by area."""
    return "khu vực" if zone.told["status"] == "converting" else "giai đoạn"


def _clearance(zone: Zone, basis: str) -> dict[str, Any]:
    declared = basis == "declared"
    return {
        "clearance_basis": basis,
        "handover_decision": f"{_number(zone) + 17}/QĐ-MH (bàn giao đất)" if declared else None,
        "handed_over_on": zone.decided + timedelta(days=240) if declared else None,
    }


def _number(zone: Zone) -> int:
    """The invented number of a zone's decision."""
    return 1 + sum(map(ord, zone.key)) % 4800


def observation_table(given: list[Zone]) -> Columns:
    """What others reported of the zones, each with its date and source."""
    known = {zone.told["key"] for zone in given}
    known |= {f"{zone.told['key']}-GD{i}" for zone in given for i in range(1, len(zone.phases) + 1)}
    rows = [row for row in read("observations.csv") if row["zone"] in known]
    return {
        "zone_key": [f"MH-{row['zone']}" for row in rows],
        "quantity": [row["quantity"] for row in rows],
        "value": [float(row["value"]) for row in rows],
        "denominator": [row["denominator"] or None for row in rows],
        "observed_on": [date.fromisoformat(row["observed_on"]) for row in rows],
        "source": [f"minh họa; {row['source']}" for row in rows],
    }
