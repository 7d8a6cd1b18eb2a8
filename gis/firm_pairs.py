"""
Which firms of one list may be firms of another, how likely, and why.

A pair is first proposed because the two share something rare (a tax code, a word of the proper name, the
front of the address) or lie side by side, then weighed by name, address and distance. The tax code decides
alone: two codes are two firms, whatever they are called.

The score runs from 0 to 1. Names that are not the same words stay below `SURE` whatever the place: only a
person says that a spelling is a slip. The bounds rest on the tricky pairs of tests/gis/test_firm_pairs.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from rapidfuzz import fuzz, process
from rapidfuzz.distance import Levenshtein
from scipy.sparse import csr_array
from scipy.spatial import KDTree

from gis.arrays import Bools, Floats, Ints, Texts
from gis.firm_names import Firms, checks
from gis.measure import distance_m

#: From here on two records are one firm without asking: same words, same place.
SURE = 0.9
#: From here on somebody is asked.
DOUBT = 0.6

#: The same place, whatever the address says: a factory is wider than this, its neighbour's gate is not.
NEAR_M = 100.0
#: No place in common any more; also beyond what a point set by the commune's name can be off.
FAR_M = 2_000.0
#: Neighbours are proposed up to here; further off something in the name must agree.
BESIDE_M = 200.0
#: Of one firm so many nearest neighbours are proposed.
NEIGHBOURS = 16

#: A name alone says this much, the place the rest; unknown places leave a same name in doubt.
_NAME_SHARE = 0.55
_PLACE_UNKNOWN = 0.8
#: The best score of names that are not the very same words.
_NOT_EXACT = 0.89
#: The same proper name in another legal form, with other numbers, or of another unit (branch, office).
_OTHER_FORM, _OTHER_NUMBERS, _OTHER_UNIT = 0.95, 0.6, 0.75
#: All words of the shorter name are in the longer: "Gỗ Trường Thành", "Kỹ nghệ Gỗ Trường Thành".
_CONTAINED = 0.72
_CONTAINED_LENGTH = 8
#: Names are unique in the country (Law on Enterprises 2020, articles 38 and 41): the same full name elsewhere
#: may be a firm that moved, so somebody is asked.
_SAME_FULL_NAME = 0.65
#: Addresses that agree this much are one place although a point lies far off: the point is wrong.
_SAME_ADDRESS = 0.8

#: What more firms than this share tells nothing.
_RARE_WORD, _RARE_PHRASE = 60, 250

Reason = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Pairs:
    """
    m pairs of a firm of one list (``a``) and a firm of another (``b``).

    Attributes
    ----------
    a, b
        Rows. Shape (m,).
    score
        0 to 1.
    name, address
        How alike, 0 to 1; address is NaN where one is not known.
    distance_m
        NaN where a point is not known.
    tax
        1 where both have the same tax code, -1 where the codes differ, 0 where one has none.
    """

    a: Ints
    b: Ints
    score: Floats
    name: Floats
    address: Floats
    distance_m: Floats
    tax: Ints

    def take(self, rows: Any) -> Pairs:
        """Some of the pairs."""
        return Pairs(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def pairs(a: Firms, b: Firms) -> Pairs:
    """
    Pairs of firms that may be one (`DOUBT` and above), in the order of ``a``, then best first, ties by row.

    Parameters
    ----------
    a, b
        The two lists; the same object twice finds the pairs within one list, each once.
    """
    at, to = _proposed(a, b)
    if a is b:
        at, to = at[at < to], to[at < to]
    core = _core_likeness(a, b, at, to)
    tax = _tax(a, b, at, to)
    worth = (tax > 0) | ((tax == 0) & (core >= DOUBT))  # no score is above the likeness of the names
    found = _weighed(a, b, at[worth], to[worth], core[worth], tax[worth])
    found = found.take(found.score >= DOUBT)
    return found.take(np.lexsort((found.b, -found.score, found.a)))


def _proposed(a: Firms, b: Firms) -> tuple[Ints, Ints]:
    """Pairs that share something rare or lie side by side, each once."""
    found = [_sharing(_words(a), _words(b), _RARE_WORD), _sharing(_phrases(a), _phrases(b), _RARE_PHRASE)]
    found.append(_beside(a, b))
    codes = np.concatenate([at * len(b) + to for at, to in found])
    codes.sort()
    codes = codes[np.diff(codes, prepend=-1) > 0]
    return codes // max(1, len(b)), codes % max(1, len(b))


def _words(firms: Firms) -> list[list[str]]:
    return [core.split() for core in firms.core]


def _phrases(firms: Firms) -> list[list[str]]:
    """Tax code, whole name and front of the address: rarer than any word."""
    rows = zip(firms.tax_code, firms.core, firms.front, strict=True)
    return [
        [f"{mark}{text.replace(' ', '')}" for mark, text in (("=", code), ("@", core), ("#", front)) if text]
        for code, core, front in rows
    ]


def _sharing(a: list[list[str]], b: list[list[str]], most: int) -> tuple[Ints, Ints]:
    """Pairs of rows that share a feature which at most ``most`` rows of each list have."""
    names: dict[str, int] = {}
    left, right = _incidence(a, names), _incidence(b, names)
    width = len(names)
    left, right = (csr_array(_entries(m), shape=(len(rows), width)) for m, rows in ((left, a), (right, b)))
    rare = (left.sum(axis=0) <= most) & (right.sum(axis=0) <= most)
    met = (left[:, rare] @ right[:, rare].T).tocoo()
    return met.coords[0].astype(np.int64), met.coords[1].astype(np.int64)


def _incidence(rows: list[list[str]], names: dict[str, int]) -> tuple[list[int], list[int]]:
    at: list[int] = []
    feature: list[int] = []
    for row, features in enumerate(rows):
        for name in set(features):
            at.append(row)
            feature.append(names.setdefault(name, len(names)))
    return at, feature


def _entries(places: tuple[list[int], list[int]]) -> tuple[Any, Any]:
    return np.ones(len(places[0]), dtype=np.int32), (np.array(places[0], int), np.array(places[1], int))


def _beside(a: Firms, b: Firms) -> tuple[Ints, Ints]:
    """Pairs no further apart than `BESIDE_M`; the plane is good to a percent at that length."""
    known_a, known_b = np.flatnonzero(np.isfinite(a.lon + a.lat)), np.flatnonzero(np.isfinite(b.lon + b.lat))
    nothing = np.empty(0, dtype=np.int64)
    if not len(known_a) or not len(known_b):
        return nothing, nothing
    tree = KDTree(_plane(b, known_b))
    count = min(NEIGHBOURS, len(known_b))
    _, near = tree.query(_plane(a, known_a), k=count, distance_upper_bound=BESIDE_M)
    near = near.reshape(len(known_a), count)
    row, place = np.nonzero(near < len(known_b))
    return known_a[row].astype(np.int64), known_b[near[row, place]].astype(np.int64)


def _plane(firms: Firms, rows: Ints) -> Floats:
    lon, lat = firms.lon[rows], firms.lat[rows]
    # One latitude for both lists: that of the middle of the country, 16° N, is off by 4 % at its ends.
    return np.column_stack((lon * 111_320.0 * np.cos(np.radians(16.0)), lat * 110_600.0))


def _core_likeness(a: Firms, b: Firms, at: Ints, to: Ints) -> Floats:
    """How alike the proper names are: 1 for the same letters in the same order, others at most 0.95."""
    if not len(at):
        return np.empty(0)
    one, other = _Cores.of(a), _Cores.of(b)
    # Letters that differ count double, so that short names do not meet.
    # What differs in more than a fifth of its letters is not alike at all: it is told as 1, sooner.
    apart = process.cpdist(
        one.ordered[at].tolist(),
        other.ordered[to].tolist(),
        scorer=Levenshtein.normalized_distance,
        score_cutoff=(1.0 - DOUBT) / 2.0,
        dtype=np.float64,
    )
    alike = np.clip(1.0 - 2.0 * apart, 0.0, 0.95)
    length = np.minimum(one.length[at], other.length[to])
    long = np.flatnonzero(
        (alike < _CONTAINED) & one.several[at] & other.several[to] & (length >= _CONTAINED_LENGTH)
    )
    within = process.cpdist(
        one.ordered[at[long]].tolist(),
        other.ordered[to[long]].tolist(),
        scorer=fuzz.token_set_ratio,
        score_cutoff=100.0,
        dtype=np.float64,
    )
    alike[long[within >= 100.0]] = _CONTAINED
    alike[one.glued[at] == other.glued[to]] = 1.0
    return np.where(length == 0, 0.0, alike)


@dataclass(frozen=True)
class _Cores:
    """Of each proper name its words in order of the alphabet, the name run together, and its length."""

    ordered: Texts
    glued: Texts
    length: Ints
    several: Bools

    @classmethod
    def of(cls, firms: Firms) -> _Cores:
        return cls(
            np.array([" ".join(sorted(core.split())) for core in firms.core], dtype=object),
            np.array([_glued(core) for core in firms.core], dtype=object),
            np.array([len(core) for core in firms.core], dtype=np.int64),
            np.array([" " in core for core in firms.core], dtype=bool),
        )


def _glued(core: str) -> str:
    """A name run together: "Hoàng Long" and "Hoanglong" are one, "Long Hoàng" is another."""
    return core.replace(" ", "")


def _tax(a: Firms, b: Firms, at: Ints, to: Ints) -> Ints:
    """1 for the same code, -1 for two that differ, 0 where one is missing or wrong by its own check digit."""
    left, right = a.tax_code[at], b.tax_code[to]
    known = _known(a.tax_code)[at] & _known(b.tax_code)[to]
    same = known & (left == right)
    wrong = _slipped(a.tax_code)[at] | _slipped(b.tax_code)[to]
    return np.where(same, 1, np.where(known & ~wrong, -1, 0)).astype(np.int64)


def _known(codes: Texts) -> Bools:
    return np.array([code is not None for code in codes], dtype=bool)


def _slipped(codes: Texts) -> Bools:
    return np.array([code is not None and checks(code) is False for code in codes], dtype=bool)


def _weighed(a: Firms, b: Firms, at: Ints, to: Ints, core: Floats, tax: Ints) -> Pairs:
    name = _name_likeness(a, b, at, to, core)
    address = np.array(
        [_address_likeness(a.address[i], b.address[j]) for i, j in zip(at, to, strict=True)], dtype=np.float64
    )
    apart = distance_m(a.lon[at], a.lat[at], b.lon[to], b.lat[to]) if len(at) else np.empty(0)
    near = 1.0 - np.clip((apart - NEAR_M) / (FAR_M - NEAR_M), 0.0, 1.0)
    place = np.fmax(address, near)  # what is known; NaN where neither is
    place = np.where((apart > FAR_M) & (address >= _SAME_ADDRESS), 0.7 * address, place)
    score = name * np.where(np.isnan(place), _PLACE_UNKNOWN, _NAME_SHARE + (1 - _NAME_SHARE) * place)
    full = (name >= 1.0) & np.array([" " in core for core in a.core[at]], dtype=bool)
    score = np.where(full, np.maximum(score, _SAME_FULL_NAME), score)
    score = np.where(name < 1.0, np.minimum(score, _NOT_EXACT), score)
    return Pairs(at, to, np.where(tax > 0, 1.0, score), name, address, apart, tax)


def _name_likeness(a: Firms, b: Firms, at: Ints, to: Ints, core: Floats) -> Floats:
    trade = np.array([_shared(x, y) for x, y in zip(a.trade[at], b.trade[to], strict=True)], dtype=np.float64)
    name = np.where(trade == 1.0, core, core * (0.8 + 0.15 * trade))
    forms = (a.form[at] != "") & (b.form[to] != "") & (a.form[at] != b.form[to])
    name = np.where(forms, name * _OTHER_FORM, name)
    name = np.where(a.numbers[at] != b.numbers[to], name * _OTHER_NUMBERS, name)
    return np.where(a.unit[at] != b.unit[to], name * _OTHER_UNIT, name)


def _shared(x: str, y: str) -> float:
    one, other = set(x.split()), set(y.split())
    return len(one & other) / len(one | other) if one | other else 1.0


def _address_likeness(x: dict[str, float], y: dict[str, float]) -> float:
    """Weight of the words that both have, against all; other numbers in front are another house."""
    if not x or not y:
        return np.nan
    both = sum(min(weight, y[word]) for word, weight in x.items() if word in y)
    alike = 2.0 * both / (sum(x.values()) + sum(y.values()))
    numbers = [{word for word, weight in side.items() if weight > 1.0} for side in (x, y)]
    if numbers[0] and numbers[1] and not numbers[0] & numbers[1]:
        return min(alike, 0.5)
    return alike


def reasons(a: Firms, b: Firms, found: Pairs, row: int) -> list[Reason]:
    """Why one pair scores as it does, the weightiest first; codes have words under ``firm_reason``."""
    at, to = int(found.a[row]), int(found.b[row])
    return list(_reasons(a, b, at, to, found, row))


def _reasons(a: Firms, b: Firms, at: int, to: int, found: Pairs, row: int) -> Iterable[Reason]:
    if found.tax[row] > 0:
        yield "tax_code_same", {"tax_code": a.tax_code[at]}
    elif a.tax_code[at] and b.tax_code[to]:
        yield "tax_code_slip", {"a": a.tax_code[at], "b": b.tax_code[to]}
    if a.core[at] and _glued(a.core[at]) == _glued(b.core[to]):
        yield "name_same", {}
    else:
        alike = fuzz.token_sort_ratio(a.core[at], b.core[to])
        yield ("name_similar" if alike >= 60 else "name_differs"), {"percent": round(alike)}
    for code, one, other in (
        ("trade_differs", a.trade[at], b.trade[to]),
        ("form_differs", a.form[at], b.form[to]),
        ("unit_differs", a.unit[at], b.unit[to]),
        ("numbers_differ", a.numbers[at], b.numbers[to]),
    ):
        if one != other and (code != "form_differs" or (one and other)):
            yield code, {"a": one.upper() or "–", "b": other.upper() or "–"}
    address, apart = float(found.address[row]), float(found.distance_m[row])
    if np.isnan(address) and np.isnan(apart):
        yield "place_unknown", {}
    if not np.isnan(address):
        code = (
            "address_same" if address > 0.99 else "address_similar" if address >= 0.5 else "address_differs"
        )
        yield code, {"percent": round(100 * address)}
    if not np.isnan(apart):
        yield ("near" if apart <= FAR_M else "far"), {"distance_m": round(apart)}
