"""In which system the numbers of a file are: every reading that could be, weighed, with its reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gis.arrays import Floats, Geometries
from gis.crs.declarations import declaration
from gis.crs.evidence import Reference, Source
from gis.crs.landing import landings
from gis.crs.odds import weigh
from gis.crs.provinces import Box, Province
from gis.crs.readings import Reading
from gis.crs.reasons import Reason, reasons
from gis.crs.sampling import sample
from gis.measure import GEOD

#: Below this nothing is taken without asking.
SURE = 0.95
#: What a doubt leaves of any confidence.
DOUBTED = 0.94
_SHOWN = 12
_COMPASS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")


@dataclass(frozen=True)
class Candidate:
    """
    One reading that the numbers could have.

    Attributes
    ----------
    reading
        How they would be read.
    confidence
        0 to 1; those of all candidates sum to at most 1.
    reasons
        What speaks for and against it, the weightiest first.
    moved_m, moved_towards
        How far, and towards which of eight points of the compass, data lies from where the best candidate
        puts it; 0 and None for the best itself.
    box
        West, south, east, north of where the data lands.
    """

    reading: Reading
    confidence: float
    reasons: tuple[Reason, ...]
    moved_m: float
    moved_towards: str | None
    box: Box

    def to_json(self) -> dict[str, Any]:
        """The candidate as plans and HTTP carry it."""
        return {
            "crs": str(self.reading),
            "name": self.reading.name,
            "confidence": round(self.confidence, 4),
            "reasons": [reason.to_json() for reason in self.reasons],
            "moved_m": round(self.moved_m, 2),
            "moved_towards": self.moved_towards,
            "box": [round(side, 6) for side in self.box],
        }


@dataclass(frozen=True)
class Detection:
    """Candidates, the likeliest first, and whether the first may be taken without asking."""

    candidates: tuple[Candidate, ...]
    sure: bool

    @property
    def best(self) -> Candidate | None:
        """The likeliest, sure or not."""
        return self.candidates[0] if self.candidates else None

    def to_json(self) -> dict[str, Any]:
        """As plans and HTTP carry it."""
        return {"sure": self.sure, "candidates": [one.to_json() for one in self.candidates]}


def detect(
    geoms: Geometries,
    *,
    declared: Any = None,
    province: Province | None = None,
    extent: Box | None = None,
    lines: Geometries | None = None,
    areas: Geometries | None = None,
) -> Detection:
    """
    Weigh every system that numbers as received could be in.

    Tried are all TM-3 meridians, both 6° zones (on VN-2000 and on WGS 84), geographic coordinates on both
    datums and Web Mercator, each in both orders of the axes, and for projected ones what goes wrong on the
    way: no datum shift, 0.9996 for 0.9999, and, where the declaration shows it, the wrong signs of the
    rotations. A layer of any size is judged by a sample of its rows.

    Parameters
    ----------
    geoms
        Shape (n,), as received; None and empty are passed over.
    declared
        What the file declares (WKT, PROJ string, EPSG text or number); None where nothing.
    province
        Where the data is said to lie.
    extent
        West, south, east, north of where it is known to lie, by any other knowledge.
    lines, areas
        Shape (k,), longitude, latitude: what is already known near by from other sources. Empty is
        the same as None; given ones that settle nothing are a reason to ask.

    Returns
    -------
    detection
        `sure` where the first candidate has at least 0.95 and nothing contradicts it. Without candidates
        where the numbers fit no system inside the country, or there are none.
    """
    taken = sample(geoms)
    told = declaration(declared)
    landed = landings(taken, told.said, province, extent)
    if not landed:
        return Detection((), sure=False)
    known: tuple[tuple[Geometries | None, Source], ...] = ((areas, "areas"), (lines, "lines"))
    references = [Reference(given, source) for given, source in known if given is not None and len(given)]
    weighed = weigh(landed, told, province, references, taken.dimension)
    best = weighed.landings[0]
    confidence = weighed.confidence
    if weighed.doubts:
        confidence = confidence * min(1.0, DOUBTED / confidence[0])
    candidates: list[Candidate] = []
    for at, one in enumerate(weighed.landings[:_SHOWN]):
        moved_m, towards = _moved(best.lonlat, one.lonlat) if at else (0.0, None)
        doubts = [Reason(code, facts) for code, facts in weighed.doubts] if at == 0 else []
        why = (*doubts, *reasons(one, told, province, weighed.matches.get(one.place, []), taken))
        candidates.append(Candidate(one.reading, float(confidence[at]), why, moved_m, towards, one.box))
    return Detection(tuple(candidates), sure=candidates[0].confidence >= SURE)


def _moved(best: Floats, other: Floats) -> tuple[float, str | None]:
    """Median distance, and direction, from where the best puts the data to where another does."""
    some = slice(None, None, max(1, len(best) // 100))
    azimuth, _, distance = GEOD.inv(*best[some].T, *other[some].T)
    known = np.isfinite(distance)
    if not known.any():
        return np.inf, None
    middle = np.argsort(distance[known])[known.sum() // 2]
    moved_m = float(distance[known][middle])
    towards = _COMPASS[round(float(azimuth[known][middle]) / 45) % 8]
    return (moved_m, towards) if moved_m >= 0.005 else (0.0, None)
