"""
The programme's 2,900 firms: scattered along the streets of five towns, one of them a whole zone.

Counts and towns are of DOMAIN §7 (about 2,900 firms and 289,000 workers); everything else is invented.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import shapely
from shapely import Point

from gis.arrays import Floats
from layers.demo.files import read
from layers.demo.names import companies, people
from layers.demo.plane import Columns, on_earth, to_lonlat, to_sheet
from layers.demo.roads import Network
from layers.demo.zones import Zone

COUNT = 2900
#: Town, lon, lat, reach (m), share of the firms, divisions that are its own crafts.
TOWNS: list[tuple[str, float, float, float, float, tuple[str, ...]]] = [
    ("Thuận An", 106.71, 10.93, 4200, 0.34, ("14", "15", "22", "23", "25")),
    ("Dĩ An", 106.768, 10.906, 3200, 0.22, ("25", "14", "22", "28")),
    ("Thủ Dầu Một", 106.66, 11.0, 4200, 0.13, ("32", "10", "16", "25")),
    ("Tân Uyên", 106.755, 11.035, 4300, 0.2, ("16", "31", "23", "31")),
    ("Bến Cát", 106.61, 11.12, 4600, 0.11, ("16", "31", "13", "22")),
]
#: VSIC 2018 code → weight, workers per hectare, wastewater m³/day per hectare.
SECTORS = {
    row["vsic_2018"]: (
        float(row["weight"]),
        float(row["workers_per_ha"]),
        float(row["discharge_m3_day_per_ha"]),
    )
    for row in read("firm_sectors.csv")
}
NATIONS = ["Đài Loan", "Hàn Quốc", "Trung Quốc", "Nhật Bản", "Singapore", "Hoa Kỳ", "Thái Lan", "Đức"]
NATION_SHARE = [0.31, 0.25, 0.2, 0.11, 0.05, 0.03, 0.03, 0.02]
DISPOSITIONS = [
    "relocate",
    "encouraged",
    "convert",
    "change_technology",
    "upgrade_in_place",
    "not_subject",
    "closed",
]
DISPOSITION_SHARE = [0.43, 0.25, 0.12, 0.08, 0.06, 0.045, 0.015]
REVIEWED = date(2024, 9, 1)
SOURCE = "minh họa; số lượng theo DOMAIN §7, doanh nghiệp và mã số thuế giả định"


def firm_table(rng: np.random.Generator, net: Network, land: Any, zones: list[Zone], scale: float) -> Columns:
    """
    All firms, open versions first, then the versions before the review of 2024.

    ``land`` is where a firm may stand: the province without water and zones, prepared, on the sheet.
    """
    n = max(round(COUNT * scale), 60)
    town = rng.choice(len(TOWNS), n, p=[t[4] for t in TOWNS])
    at = _points(rng, net, land, town)
    code = _codes(rng, town)
    division = [c[:2] for c in code]
    ratio = np.array([SECTORS[c][1:] for c in code])
    now_ha = np.clip(rng.lognormal(np.log(0.62), 0.85, n), 0.08, 11)
    need_ha = np.clip(now_ha * rng.uniform(1.05, 2.1, n), 0.3, 12)
    fdi = rng.random(n) < np.clip(0.1 + 0.12 * now_ha, 0, 0.7)
    disposition = rng.choice(DISPOSITIONS, n, p=DISPOSITION_SHARE)
    moves = np.isin(disposition, ["relocate", "encouraged"])
    staying = np.isin(disposition, ["not_subject", "closed"])
    wave = np.where(rng.random(n) < 0.22, "Đợt 1", np.where(rng.random(n) < 0.45, "Đợt 2", "Đợt 3"))
    flag = {"1313": "has_dyeing", "1511": "has_tanning", "2592": "has_plating"}
    tax = [f"37{v:08d}" for v in rng.choice(90_000_000, n, replace=False)]
    known = rng.random(n) > 0.01
    columns: dict[str, list[Any]] = {
        "key": [f"MH-DN-{i:04d}" for i in range(1, n + 1)],
        "tax_code": [t if k else None for t, k in zip(tax, known, strict=True)],
        "name": companies(rng, division, fdi.tolist()),
        "address": [
            f"{int(k)} {_street(i)}, {TOWNS[t][0]} (minh họa)"
            for i, (k, t) in enumerate(zip(rng.integers(1, 400, n), town, strict=True))
        ],
        "vsic_scheme": ["VSIC2018"] * n,
        "vsic_code": code,
        "process_flags": [
            [flag[c]] if c in flag else (["has_dyeing"] if c == "1410" and i % 23 == 0 else None)
            for i, c in enumerate(code)
        ],
        "workers_count": np.maximum(now_ha * ratio[:, 0] * rng.lognormal(0, 0.4, n), 5).astype(int).tolist(),
        "area_current_ha": np.round(now_ha, 2).tolist(),
        "area_needed_ha": [None if s else round(float(x), 2) for x, s in zip(need_ha, staying, strict=True)],
        "discharge_m3_day": np.round(now_ha * ratio[:, 1] * rng.lognormal(0, 0.35, n), 1).tolist(),
        "is_fdi": fdi.tolist(),
        "nationality": [
            x if f else "Việt Nam" for x, f in zip(rng.choice(NATIONS, n, p=NATION_SHARE), fdi, strict=True)
        ],
        "managed_by": np.where(rng.random(n) < 0.03, "centre", "province").tolist(),
        "disposition": disposition.tolist(),
        "wave": [w if m else None for w, m in zip(wave.tolist(), moves, strict=True)],
        "origin_zone_key": [None] * n,
        "contact_name": people(rng, n),
        "contact_phone": [f"0900 {v:06d}" for v in rng.integers(0, 10**6, n)],
        "valid_from": [date(2019, 1, 1)] * n,
        "valid_to": [None] * n,
        "geom": [Point(p) for p in to_lonlat(at)],
    }
    _whole_zone(columns, zones)
    _before_review(columns, rng.choice(n, n // 8, replace=False))
    columns["source"] = [SOURCE] * len(columns["key"])
    return columns | {"geom": np.array(columns["geom"], dtype=object)}


def _points(rng: np.random.Generator, net: Network, land: Any, town: Any) -> Floats:
    """Beside streets, in knots as workshops grew, each in its town; none in water or a zone."""
    at = np.full((len(town), 2), np.nan)
    for t, (_, lon, lat, reach, *_) in enumerate(TOWNS):
        off = np.hypot(*(net.nodes - to_sheet((lon, lat))).T) / reach
        weight = np.exp(-(off**2)) * (off < 1.9)
        knots = net.nodes[rng.choice(len(net.nodes), 26, p=weight / weight.sum())]
        rows = np.flatnonzero(town == t)
        while len(rows):
            single = net.nodes[rng.choice(len(net.nodes), len(rows), p=weight / weight.sum())]
            knot = knots[rng.integers(0, len(knots), len(rows))] + rng.normal(0, 420, (len(rows), 2))
            at[rows] = np.where(
                rng.random((len(rows), 1)) < 0.6, knot, single + rng.normal(0, 65, single.shape)
            )
            rows = rows[~shapely.contains_xy(land, at[rows])]
    return at


def _codes(rng: np.random.Generator, town: Any) -> list[str]:
    """VSIC codes; a town's own crafts weigh three times as much there."""
    known = list(SECTORS)
    code = np.empty(len(town), dtype=object)
    for t, (*_, crafts) in enumerate(TOWNS):
        weight = np.array([SECTORS[c][0] * (3.0 if c[:2] in crafts else 1.0) for c in known])
        here = np.flatnonzero(town == t)
        code[here] = rng.choice(known, len(here), p=weight / weight.sum())
    return [str(c) for c in code]


def _street(i: int) -> str:
    return f"ĐX {i * 37 % 140 + 1:03d}"


def _whole_zone(columns: dict[str, list[Any]], zones: list[Zone]) -> None:
    """KCN Bình Đường, the pilot: a whole zone is one origin (16.5 ha, more than 2,000 workers)."""
    pilot = next(zone for zone in zones if zone.told["key"] == "BINH-DUONG")
    told = {"tax_code": None, "name": "KCN Bình Đường (cả khu, thí điểm)", "address": "Dĩ An (minh họa)",
            "vsic_code": "1410", "process_flags": None, "workers_count": 2000, "area_current_ha": 16.5,
            "area_needed_ha": 12.0, "discharge_m3_day": 260.0, "is_fdi": False, "nationality": "Việt Nam",
            "managed_by": "province",
            "disposition": "relocate", "wave": "Đợt 1", "origin_zone_key": pilot.key,
            "geom": on_earth(pilot.outline.representative_point())}  # fmt: skip
    for name, value in told.items():
        columns[name][0] = value


def _before_review(columns: dict[str, list[Any]], rows: Any) -> None:
    """Some firms were listed before they were reviewed: an older version without disposition and wave."""
    for row in sorted(int(r) for r in rows):
        for values in columns.values():
            values.append(values[row])
        columns["valid_to"][-1] = REVIEWED
        columns["valid_from"][row] = REVIEWED
        columns["disposition"][-1] = columns["wave"][-1] = None
