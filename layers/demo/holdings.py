"""
Who holds the land under clearance: each case is one land user with a few parcels that lie side by side.

Parcels are taken field by field, in the order in which strips lie beside each other, and cut into runs. A
park that becomes a city has few households and many firms; state-managed land comes in runs of its own, now
and then with a household's parcel beside it (mixed origin).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from gis.arrays import Bools, Floats, Ints, Texts
from gis.measure import area_ha
from layers.demo.names import companies, people
from layers.demo.parcels import Tract
from layers.demo.plane import Columns, on_earth

#: Parcels of a household, one to six, and their share of households.
SIZES, SIZE_SHARE = np.arange(1, 7), np.array([0.38, 0.26, 0.16, 0.1, 0.06, 0.04])
MARK = "(minh họa)"
#: Households of a park that becomes a city (DOMAIN §3.6: 355 in Biên Hòa 1).
HOUSEHOLDS = 355
#: Divisions of firms whose land is taken.
CRAFTS = ("10", "16", "22", "25", "31", "23")
MANAGERS = {"UBQ": "UBND xã quản lý", "TPQ": "Trung tâm phát triển quỹ đất", "TCN": "Cơ quan nhà nước"}
USER_TYPES = {"household": "GDC", "enterprise": "TKT", "organisation": "TSN", "community": "CDS"}
ORIGINS = {
    "household": "Công nhận quyền sử dụng đất",
    "enterprise": "Nhà nước cho thuê",
    "organisation": "Nhà nước giao đất",
    "community": "Công nhận quyền sử dụng đất",
}
STATE = "Nhà nước quản lý"


@dataclass(frozen=True)
class Holdings:
    """
    Parcels by case.

    Attributes
    ----------
    case_of
        Shape (m,), the case of each parcel; the cases of a tract follow each other.
    tract, area
        Shape (n,), row of the tract and of the phase (−1 where the tract is one) of each case.
    user_kind, origin, user_name
        Shape (n,), as the layer of cases names them.
    at
        Shape (n, 2), a point of the case's first parcel, on the sheet.
    area_ha, state_ha
        Shape (n,), what is taken, and what of it the state manages.
    homes
        Shape (n,), parcels with a house.
    """

    case_of: Ints
    tract: Ints
    area: Ints
    user_kind: Texts
    origin: Texts
    user_name: list[str]
    at: Floats
    area_ha: Floats
    state_ha: Floats
    homes: Ints

    @property
    def n(self) -> int:
        return len(self.tract)


def holdings(rng: np.random.Generator, made: list[Tract], state: Bools, scale: float) -> Holdings:
    """The land users of all parcels; ``state`` says which of these the state manages, shape (m,)."""
    case_of = np.full(len(state), -1)
    tract: list[int] = []
    area: list[int] = []
    kinds: list[str] = []
    start = 0
    for row, each in enumerate(made):
        rows = np.arange(start, start + len(each.polygons))
        part = _areas(each)
        for members, kind in _runs(rng, each, part, state[rows], scale):
            case_of[rows[members]] = len(kinds)
            tract.append(row)
            area.append(int(part[members[0]]))
            kinds.append(kind)
        start += len(rows)
    n = len(kinds)
    ha = area_ha(on_earth(np.concatenate([t.taken for t in made])))
    whole_ha, state_ha = np.zeros(n), np.zeros(n)
    np.add.at(whole_ha, case_of, ha)
    np.add.at(state_ha, case_of, ha * state)
    middle = shapely.get_coordinates(shapely.point_on_surface(np.concatenate([t.polygons for t in made])))
    user_kind = np.array(kinds, dtype=object)
    house = np.concatenate([np.array(t.use) == "houses" for t in made])
    origin = np.where(state_ha == 0, "private", np.where(user_kind == "state", "state", "mixed")).astype(
        object
    )
    _, first = np.unique(case_of, return_index=True)
    names = _names(rng, user_kind)
    homes = np.bincount(case_of, weights=house & ~state, minlength=n).astype(int)
    return Holdings(
        case_of, np.array(tract), np.array(area), user_kind, origin, names, middle[first], whole_ha,
        state_ha, homes,
    )  # fmt: skip


def with_users(rng: np.random.Generator, parcels: Columns, held: Holdings, state: Bools) -> Columns:
    """The table of parcels with the users that their cases name; managers where the state holds the land."""
    kind = held.user_kind[held.case_of]
    manager = rng.choice(list(MANAGERS), len(state), p=[0.6, 0.3, 0.1])
    return {
        **parcels,
        "user_type": [str(m) if s else USER_TYPES[k] for k, m, s in zip(kind, manager, state, strict=True)],
        "user_name": [
            f"{MANAGERS[str(m)]} {MARK}" if s else held.user_name[c]
            for c, m, s in zip(held.case_of, manager, state, strict=True)
        ],
        "origin": [STATE if s else ORIGINS[k] for k, s in zip(kind, state, strict=True)],
    }


def _areas(tract: Tract) -> Ints:
    """Row of the phase in which each parcel of a tract lies; −1 where the tract has none of its own."""
    if len(tract.holder.parts) < 2 or tract.holder.status != "converting":
        return np.full(len(tract.polygons), -1)
    at = shapely.point_on_surface(tract.taken)
    return shapely.STRtree(tract.holder.parts).nearest(at)


def _runs(
    rng: np.random.Generator, tract: Tract, part: Ints, state: Bools, scale: float
) -> list[tuple[Ints, str]]:
    """Rows of the parcels of each case, and the kind of its land user."""
    at = shapely.get_coordinates(shapely.point_on_surface(tract.polygons))
    fields = [_side_by_side(at, rows) for rows in _split(np.lexsort((part, tract.field)), tract.field, part)]
    city = tract.holder.status == "converting"
    left = round(HOUSEHOLDS * scale) if city else None
    runs: list[tuple[Ints, str]] = []
    for number in rng.permutation(len(fields)) if city else range(len(fields)):
        for rows in _split(fields[int(number)], state, state):
            if state[rows[0]]:
                runs += [(cut, "state") for cut in _cut(rows, rng.integers(2, 9, len(rows)))]
            elif left == 0:
                runs += [(cut, _tenant(rng)) for cut in _cut(rows, rng.integers(8, 16, len(rows)))]
            else:
                cuts = _households(rng, rows, alone=city)[:left]
                left = None if left is None else left - len(cuts)
                runs += cuts
                rest = rows[sum(len(cut) for cut, _ in cuts) :]
                runs += [(rest, "enterprise")] if len(rest) else []
    return _mixed(rng, runs, tract, part)


def _split(order: Ints, *keys: Any) -> list[Ints]:
    """Runs of an order of rows in which every key stays the same."""
    change = np.any([key[order[1:]] != key[order[:-1]] for key in keys], axis=0)
    return np.split(order, np.flatnonzero(change) + 1)


def _side_by_side(at: Floats, rows: Ints) -> Ints:
    """Rows of one field in the order in which its strips lie beside each other."""
    off = at[rows] - at[rows].mean(axis=0)
    along = np.linalg.svd(off, full_matrices=False)[2][0] if len(rows) > 1 else np.array([1.0, 0.0])
    along = along if along[0] >= 0 else -along  # the decomposition knows the line, not its direction
    return rows[np.argsort(np.round(off @ along, 3), kind="stable")]


def _cut(rows: Ints, sizes: Any) -> list[Ints]:
    """Rows in pieces of given sizes, the last one as long as there are rows."""
    ends = np.cumsum(sizes)
    return np.split(rows, ends[ends < len(rows)])


def _households(rng: np.random.Generator, rows: Ints, *, alone: bool) -> list[tuple[Ints, str]]:
    """Runs of a field by land user: nearly all households, a few firms, organisations and communities."""
    sizes = rng.choice(SIZES[:2] if alone else SIZES, len(rows), p=[0.55, 0.45] if alone else SIZE_SHARE)
    cuts = _cut(rows, sizes)
    if alone:
        return [(cut, "household") for cut in cuts]
    kinds = rng.choice(
        ["household", "enterprise", "organisation", "community"], len(cuts), p=[0.953, 0.028, 0.012, 0.007]
    )
    return [(cut, str(kind)) for cut, kind in zip(cuts, kinds, strict=True)]


def _tenant(rng: np.random.Generator) -> str:
    return "enterprise" if rng.random() < 0.94 else "organisation"


def _mixed(
    rng: np.random.Generator, runs: list[tuple[Ints, str]], tract: Tract, part: Ints
) -> list[tuple[Ints, str]]:
    """Some households use a little state-managed land beside their own: the two runs become one case."""
    joined: list[tuple[Ints, str]] = []
    for rows, kind in runs:
        before, of = joined[-1] if joined else (rows, "")
        near = tract.field[before[-1]] == tract.field[rows[0]] and part[before[-1]] == part[rows[0]]
        few = len(before) + len(rows) <= SIZES[-1]
        if near and few and {of, kind} == {"state", "household"} and rng.random() < 0.35:
            joined[-1] = (np.concatenate([before, rows]), "household")
        else:
            joined.append((rows, kind))
    return joined


def _names(rng: np.random.Generator, kinds: Texts) -> list[str]:
    """Invented names of land users, each marked as such."""
    n = len(kinds)
    person = people(rng, n)
    crafts = [str(c) for c in rng.choice(CRAFTS, n)]
    firm = companies(rng, crafts, [False] * n)
    number = rng.integers(1, 12, n)
    called = {
        "household": [f"Hộ {name}" for name in person],
        "enterprise": firm,
        "organisation": [f"Trường, trạm số {k}" for k in number],
        "community": [f"Cộng đồng dân cư ấp {k}" for k in number],
        "state": ["Đất do Nhà nước quản lý"] * n,
    }
    return [f"{called[str(kind)][i]} {MARK}" for i, kind in enumerate(kinds)]
