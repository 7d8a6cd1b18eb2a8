"""The rows of cases and of the land that each takes."""

from __future__ import annotations

import numpy as np

from gis.arrays import Bools, Ints
from gis.measure import area_ha
from layers.demo.histories import Days, last_rank
from layers.demo.holdings import Holdings
from layers.demo.lots import ANCHOR
from layers.demo.parcels import Tract
from layers.demo.plane import Columns, on_earth
from layers.demo.projects import Project
from layers.demo.stages import law_of

SOURCE = "minh họa; hồ sơ và người sử dụng đất giả định"


def case_keys(every: list[Project], project: Ints) -> list[str]:
    """Codes counted within each project, shape (n,)."""
    counts: dict[int, int] = {}
    keys: list[str] = []
    for row in project.tolist():
        counts[row] = counts.get(row, 0) + 1
        keys.append(f"{every[row].zone_key}-HS{counts[row]:04d}")
    return keys


def case_table(
    rng: np.random.Generator,
    held: Holdings,
    every: list[Project],
    project: Ints,
    keys: list[str],
    days: Days,
    communes: list[str],
) -> Columns:
    """Attributes of the cases; ``communes`` are those of the parcels."""
    _, first = np.unique(held.case_of, return_index=True)
    over, rank = days[:, 6], last_rank(days)
    slack = rng.integers(-50, 91, held.n)
    ahead = np.maximum((6 - rank) * 110 + rng.integers(-60, 200, held.n), 30)
    planned = np.where(np.isnat(over), np.datetime64(ANCHOR) + ahead - 90, over + slack)
    opened = days[:, 0].astype(object).tolist()
    return {
        "key": keys,
        "project_key": [every[p].key for p in project],
        "zone_key": [every[p].zone_key for p in project],
        "user_kind": held.user_kind.tolist(),
        "origin": held.origin.tolist(),
        "user_name": held.user_name,
        "law": law_of(days).tolist(),
        "commune_code": [communes[i] for i in first],
        "office": [f"Trung tâm Phát triển quỹ đất {every[p].district}" for p in project],
        "opened_on": opened,
        "planned_on": planned.astype(object).tolist(),
        "note": ["Hồ sơ minh họa" if r < 6 and i % 9 == 0 else None for i, r in enumerate(rank.tolist())],
        "valid_from": opened,
        "source": [SOURCE] * held.n,
    }


def take_table(
    made: list[Tract],
    held: Holdings,
    keys: list[str],
    days: Days,
    parcels: Columns,
    codes: list[str],
    state: Bools,
) -> Columns:
    """What each case takes of its parcels (their keys are ``codes``): the whole, or the part in the zone."""
    whole = ~np.concatenate([t.partial for t in made])
    taken = on_earth(np.concatenate([t.taken for t in made]))
    all_ha, taken_ha = area_ha(np.asarray(parcels["geom"], dtype=object)), area_ha(taken)
    opened = days[held.case_of, 0]
    return {
        "case_key": [keys[c] for c in held.case_of],
        "parcel_key": codes,
        "whole": whole.tolist(),
        "geom": np.where(whole, np.asarray(parcels["geom"], dtype=object), taken),
        "residual_ha": np.where(whole, 0.0, np.round(np.maximum(all_ha - taken_ha, 0.0), 6)).tolist(),
        "state_managed": state.tolist(),
        "commune_code": list(parcels["commune_code"]),
        "valid_from": opened.astype(object).tolist(),
    }
