"""
Zones for one firm: every zone answered, the eligible ranked by distance, the others with why not.

Pure over arrays. `layers` asks PostGIS the same for the interactive case, and a test holds the two
together: distances are rounded to the millimetre before they are compared, ties go by zone code in
code-point order (``COLLATE "C"`` in PostgreSQL).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from gis.arrays import Bools, Floats, Ints, Texts, Verdicts
from gis.crs import COUNTRY_BOX
from gis.errors import BadInput
from gis.gates import FAIL, NO_DATA, PASS, Gate, plot, receiving, sector
from gis.measure import distance_m

_MILLIMETRES = 3


class NeedInvalid(BadInput):
    """An area needed that is missing, not finite, or not above 0. Facts: value."""


class PlaceInvalid(BadInput):
    """A firm's place that is missing or outside the country. Facts: lon, lat."""


@dataclass(frozen=True)
class Zones:
    """
    What matching knows of n zones on a date.

    Parameters
    ----------
    code
        Shape (n,), unique.
    status
        Shape (n,), lifecycle status for the reasons; None where not known.
    receiving
        Shape (n,): 1 the status lets the zone receive firms, 0 it does not, -1 not known.
    accepts, sector_rule
        Shape (n,): `gis.sectors.Acceptance` for the firm.
    largest_plot_ha
        Shape (n,), largest contiguous free plot; NaN where not known.
    basis
        Shape (n,): on what that figure rests (derived, reported, unknown).
    lon, lat
        Shape (n,), where the way ends; NaN where nothing is recorded.
    target_kind
        Shape (n,): what that point is: entrance, else a point on the largest free plot, else on the zone.
    """

    code: Texts
    status: Texts
    receiving: Verdicts
    accepts: Verdicts
    sector_rule: Texts
    largest_plot_ha: Floats
    basis: Texts
    lon: Floats
    lat: Floats
    target_kind: Texts


@dataclass(frozen=True)
class Reason:
    """Why a zone is not eligible: the gate, "fail" or "no_data", and the facts behind it."""

    gate: str
    verdict: str
    facts: dict[str, Any]


@dataclass(frozen=True)
class Step:
    """One step of the funnel: how many zones entered, and what became of them there."""

    gate: str
    entered: int
    passed: int
    failed: int
    no_data: int


@dataclass(frozen=True)
class Ranking:
    """
    The answer for n zones, in the order of the input.

    Parameters
    ----------
    distance_m
        Shape (n,), geodesic, to the millimetre; NaN where the zone has no place.
    eligible
        Shape (n,): every gate passed and the distance is known.
    withheld
        Shape (n,): nothing failed, but something is not known.
    rank
        Shape (n,): 1 … k for the eligible, 0 for the others.
    gates
        In the order of the funnel.
    funnel
        One step per gate; the last lets through the eligible.
    """

    zones: Zones
    distance_m: Floats
    eligible: Bools
    withheld: Bools
    rank: Ints
    gates: tuple[Gate, ...]
    funnel: tuple[Step, ...]

    def order(self) -> Ints:
        """Rows of the eligible, best first; then the others, nearest first, unknown distance last."""
        ranked = np.where(self.eligible, self.rank, len(self.rank) + 1)
        return np.lexsort((_codes(self.zones), self.distance_m, ranked))

    def reasons(self, row: int) -> tuple[Reason, ...]:
        """Why a zone is not eligible, in the order of the funnel; empty for an eligible one."""
        found = [self._reason(gate, row) for gate in self.gates if gate.verdict[row] != PASS]
        if math.isnan(self.distance_m[row]):
            found.append(Reason("place", "no_data", {}))
        return tuple(found)

    def _reason(self, gate: Gate, row: int) -> Reason:
        zones = self.zones
        facts: dict[str, Any] = {}
        if gate.code == "receiving":
            facts = {"status": zones.status[row]}
        elif gate.code == "sector":
            facts = {"rule": zones.sector_rule[row]}
        elif gate.code == "plot":
            facts = {"basis": zones.basis[row], "unit": gate.unit, "required": float(gate.required[row])}
            if gate.verdict[row] == FAIL:
                facts |= {"available": float(gate.available[row]), "shortfall": float(gate.shortfall[row])}
        return Reason(gate.code, "fail" if gate.verdict[row] == FAIL else "no_data", facts)


def rank(zones: Zones, *, lon: float, lat: float, need_ha: float) -> Ranking:
    """
    Answer every zone for one firm.

    Parameters
    ----------
    zones
        n zones, in any order: the order changes no zone's answer.
    lon, lat
        The firm's place.
    need_ha
        Area it needs in one piece.

    Returns
    -------
    ranking
        With n = 0, an empty one.

    Raises
    ------
    NeedInvalid, PlaceInvalid
    """
    if not (math.isfinite(need_ha) and need_ha > 0):
        raise NeedInvalid(value=need_ha)
    west, south, east, north = COUNTRY_BOX
    if not (west <= lon <= east and south <= lat <= north):
        raise PlaceInvalid(lon=lon, lat=lat)
    gates = (receiving(zones.receiving), sector(zones.accepts), plot(need_ha, zones.largest_plot_ha))
    away_m = np.round(distance_m(lon, lat, zones.lon, zones.lat), _MILLIMETRES)
    verdicts = np.stack([*(gate.verdict for gate in gates), np.where(np.isnan(away_m), NO_DATA, PASS)])
    eligible = (verdicts == PASS).all(axis=0)
    withheld = ~eligible & (verdicts != FAIL).all(axis=0)
    return Ranking(
        zones, away_m, eligible, withheld, _ranks(zones, away_m, eligible), gates, _funnel(gates, away_m)
    )


def _ranks(zones: Zones, away_m: Floats, eligible: Bools) -> Ints:
    rows = np.flatnonzero(eligible)
    best_first = rows[np.lexsort((_codes(zones)[rows], away_m[rows]))]
    ranks = np.zeros(len(eligible), dtype=np.int64)
    ranks[best_first] = np.arange(1, len(rows) + 1)
    return ranks


def _funnel(gates: tuple[Gate, ...], away_m: Floats) -> tuple[Step, ...]:
    here = np.ones(len(away_m), dtype=bool)
    steps: list[Step] = []
    for gate in gates:
        counts = [int((here & (gate.verdict == v)).sum()) for v in (PASS, FAIL, NO_DATA)]
        steps.append(Step(gate.code, int(here.sum()), *counts))
        here &= gate.verdict == PASS
    placed = int((here & ~np.isnan(away_m)).sum())
    entered = int(here.sum())
    return (*steps, Step("place", entered, placed, 0, entered - placed))


def _codes(zones: Zones) -> Texts:
    return zones.code.astype(str)
