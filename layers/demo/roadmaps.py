"""Roadmaps of the zones under clearance: what was planned at first, and what it was adjusted to."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np

from gis.arrays import Ints
from layers.demo.histories import Days
from layers.demo.holdings import Holdings
from layers.demo.lots import ANCHOR
from layers.demo.plane import Columns
from layers.demo.projects import Project

#: How far an adjusted roadmap reaches, in days from today, and by how much the first one was too hopeful.
FURTHER_DAYS, HOPE = (400, 1000), (0.55, 0.75)
ADJUSTED = date(2025, 12, 30)
STEPS = 13


def tables(
    rng: np.random.Generator, held: Holdings, every: list[Project], project: Ints, days: Days
) -> dict[str, Columns]:
    """
    A first and an adjusted roadmap of every zone, phase and area with cases, and of parks with several.

    The adjusted one begins with what was handed over when it was decided.
    """
    zones: dict[str, list[int]] = {}
    for row, each in enumerate(every):
        zones.setdefault(each.zone_key, []).append(row)
        zones.setdefault(each.holder.zone.key, []).append(row)
    heads: list[dict[str, Any]] = []
    points: list[dict[str, Any]] = []
    for key, rows in zones.items():
        cases = np.flatnonzero(np.isin(project, sorted(set(rows))))
        if len(cases) == 0:
            continue
        first = every[rows[0]]
        for made in _two(rng, held.area_ha[cases], days[cases, 6], first.decided + timedelta(days=180)):
            number = f"{100 + len(heads) * 7}/KH-UBND-MH"
            named = {
                "decision_number": number,
                "title": f"{made[0]} {first.holder.zone.told['name']} (minh họa)",
            }
            heads.append({"id": len(heads), "zone_key": key, "decided_on": made[1]} | named)
            points += [{"roadmap_id": len(heads) - 1} | point for point in made[2]]
    head = {name: [one[name] for one in heads] for name in heads[0]}
    moments = [f"{on} 10:00:00+07" for on in head["decided_on"]]
    marks = {"recorded_at": moments, "source": ["minh họa; lộ trình giả định"] * len(heads)}
    return {
        "roadmaps": head | marks,
        "roadmap_points": {name: [p[name] for p in points] for name in points[0]},
    }


def _two(
    rng: np.random.Generator, area_ha: Any, over: Days, begin: date
) -> list[tuple[str, date, list[dict[str, Any]]]]:
    """The first and the adjusted roadmap of one zone: title, day, points."""
    whole, n = float(area_ha.sum()), len(area_ha)
    done = ~np.isnat(over) & (over <= np.datetime64(ADJUSTED))
    end = ANCHOR + timedelta(days=int(rng.integers(*FURTHER_DAYS)))
    hoped = begin + (ADJUSTED - begin) * float(rng.uniform(*HOPE)) + timedelta(days=200)
    return [
        ("Lộ trình GPMB", begin, _points(begin, hoped, (0.0, 0), (whole, n))),
        (
            "Điều chỉnh lộ trình GPMB",
            ADJUSTED,
            _points(ADJUSTED, end, (float(area_ha[done].sum()), int(done.sum())), (whole, n)),
        ),
    ]


def _points(begin: date, end: date, have: tuple[float, int], want: tuple[float, int]) -> list[dict[str, Any]]:
    """An S-curve between two days, from what there is to what there is to be."""
    way = np.linspace(0, 1, STEPS)
    share = way * way * (3 - 2 * way)
    return [
        {
            "on_day": begin + timedelta(days=round((end - begin).days * float(w))),
            "area_ha": round(have[0] + (want[0] - have[0]) * float(s), 4),
            "cases": round(have[1] + (want[1] - have[1]) * float(s)),
        }
        for w, s in zip(way, share, strict=True)
    ]
