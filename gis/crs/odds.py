"""How likely each reading is, and what makes the likeliest doubtful."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gis.arrays import Floats
from gis.crs.declarations import Declaration
from gis.crs.evidence import SAME_PLACE_M, Match, Reference
from gis.crs.landing import Landing, place
from gis.crs.provinces import Province
from gis.crs.readings import K_TM3, K_UTM, Reading
from gis.crs.systems import STORAGE_SRID, SUPPORTED, VN2000_SRID

#: How often a system is met where nobody says which. On WGS 84 and VN-2000 the same degrees are 225 m apart,
#: and only a person can tell a list of one from a list of the other.
_UNDECLARED = {STORAGE_SRID: 0.85, VN2000_SRID: 0.15, 3405: 0.2, 3406: 0.2, 32648: 0.1, 32649: 0.1}
_FOREIGN_MERIDIAN = 0.1
#: What went wrong on the way, against the sound reading of the same system, where nothing hints at it.
_NO_SHIFT, _WRONG_SCALE, _BOTH = 0.02, 0.01, 0.002
#: A sound reading against the faulty one that obeys a faulty declaration to the letter. D_WGS_1984 mostly
#: stands over true VN-2000 numbers; a wrong scale or shift as often as not made the numbers too.
_SOUND_AGAINST = {"wgs84_datum": 1.5, "zero_shift": 1.5, "scale": 0.8, "sign_fault": 0.7}
#: A readable declaration is wrong about its meridian about this rarely, for each other meridian.
_ELSEWHERE = 1e-3
_OUTSIDE = 1e-5
_PLACES_COMPARED = 6
#: How far a comparison moves the odds at most, as powers of e: one that settles a place, one that hints.
_SETTLED, _HINTED = 12.0, 5.0


@dataclass(frozen=True)
class Weighed:
    """
    Landings with their confidence, the likeliest first.

    Attributes
    ----------
    confidence
        Shape (n,), sums to less than 1.
    matches
        For each place, its comparisons with the references near it.
    doubts
        Codes and facts of what keeps the first from being taken without asking.
    """

    landings: list[Landing]
    confidence: Floats
    matches: dict[tuple[float, bool], list[PlaceMatch]]
    doubts: list[tuple[str, dict[str, Any]]]


@dataclass(frozen=True)
class PlaceMatch:
    """A comparison with one reference, and the readings it is of, in its order."""

    match: Match
    readings: list[Reading]

    def height(self, how: Reading) -> float:
        """How far a reading stands above other offsets, in spreads."""
        return float(self.match.height[self.readings.index(how)])

    def median_m(self, how: Reading) -> float:
        """Median distance of the nearby points to the reference."""
        return float(self.match.median_m[self.readings.index(how)])

    def near(self, how: Reading, other: Reading) -> bool:
        """Whether two readings lie too close for any reference to tell them apart."""
        return bool(self.match.apart_m[self.readings.index(how), self.readings.index(other)] <= SAME_PLACE_M)

    @property
    def best(self) -> Reading:
        """The reading that stands highest."""
        return self.readings[int(np.argmax(self.match.height))]

    def fits(self, how: Reading) -> bool:
        """Whether a reading lies where the best does."""
        return self.near(how, self.best)


def weigh(
    landed: list[Landing],
    told: Declaration,
    province: Province | None,
    references: list[Reference],
    dimension: int,
) -> Weighed:
    """
    Give every landing its confidence.

    Parameters
    ----------
    landed
        At least one.
    dimension
        Of the data: points lie near roads and zones without running along them.
    """
    weight = np.array([_prior(one.reading, told, province) * _fit(one, province) for one in landed])
    matches = _compare(landed, weight, references)
    weight *= [_evidence(one, matches.get(one.place, [])) for one in landed]
    order = sorted(range(len(landed)), key=lambda at: (-weight[at], str(landed[at].reading)))
    landed, weight = [landed[at] for at in order], weight[order]
    confidence = 0.995 * weight / weight.sum()  # the rest: something that is not in the list
    near = matches.get(landed[0].place, [])
    doubts = _doubts(landed, told, province, near, dimension, asked=bool(references))
    return Weighed(landed, confidence, matches, doubts)


def own(how: Reading, province: Province | None) -> bool:
    """Whether a reading is in a TM-3 zone that files of the province are made in."""
    if province is None or SUPPORTED[how.srid].k != K_TM3:
        return False
    return SUPPORTED[how.srid].central_meridian_deg in province.meridians_deg


def sound(how: Reading) -> bool:
    """Whether nothing went wrong on the way: a system as it stands, in either order of the axes."""
    return how.shift == "epsg6960" and how.k is None


def _prior(how: Reading, told: Declaration, province: Province | None) -> float:
    if told.said is None:
        return _undeclared(how, province)
    if place(told.said)[0] != place(how)[0]:
        return _ELSEWHERE * _undeclared(how, province)
    if told.said.same_but_for_axes(how):
        return 1.0
    if told.meant is not None and told.meant.same_but_for_axes(how):
        return _SOUND_AGAINST[told.kind]
    return _between(told.said, how)


def _between(said: Reading, how: Reading) -> float:
    """How often numbers declared soundly in one system are of another that lands within a kilometre."""
    a, b = SUPPORTED[said.srid], SUPPORTED[how.srid]
    shifted = (a.datum == b.datum) == (how.shift == "none")
    scaled = (how.k or b.k) != a.k
    return _BOTH if shifted and scaled else _NO_SHIFT if shifted else _WRONG_SCALE


def _undeclared(how: Reading, province: Province | None) -> float:
    system = SUPPORTED[how.srid]
    if system.k != K_TM3:
        return _UNDECLARED.get(how.srid, 1.0)
    return _fault(how) * (1.0 if province is None or own(how, province) else _FOREIGN_MERIDIAN)


def _fault(how: Reading) -> float:
    scaled = how.k == K_UTM
    if how.shift == "none":
        return _BOTH if scaled else _NO_SHIFT
    return _WRONG_SCALE if scaled else 1.0 if how.shift == "epsg6960" else 0.0


def _fit(one: Landing, province: Province | None) -> float:
    """How well a place agrees with the province or extent, and with the width that zones have."""
    wide_deg = 3.6 if SUPPORTED[one.reading.srid].k == K_UTM else 1.75
    far = one.off_meridian_deg > wide_deg and not own(one.reading, province)
    inside = 1.0 if np.isnan(one.inside) else _OUTSIDE + np.clip((one.inside - 0.6) / 0.35, 0, 1) ** 2
    return float(inside) * (0.1 if far else 1.0)


def _compare(
    landed: list[Landing], weight: Floats, references: list[Reference]
) -> dict[tuple[float, bool], list[PlaceMatch]]:
    """Compare the likeliest places with the references near them."""
    if not references:
        return {}
    places: dict[tuple[float, bool], list[int]] = {}
    for at in np.argsort(-weight, kind="stable"):
        places.setdefault(landed[at].place, []).append(int(at))
    found: dict[tuple[float, bool], list[PlaceMatch]] = {}
    for key, members in list(places.items())[:_PLACES_COMPARED]:
        if weight[members].sum() < 1e-3 * weight.sum():
            continue
        told = [reference.match([landed[at].lonlat for at in members]) for reference in references]
        readings = [landed[at].reading for at in members]
        found[key] = [PlaceMatch(match, readings) for match in told if match is not None]
    return found


def decisive(matches: list[PlaceMatch]) -> PlaceMatch | None:
    """The comparison that settles a place; None where none does or two settle it differently."""
    settled = [one for one in matches if one.match.conclusive]
    if not settled:
        return None
    first = max(settled, key=lambda one: one.match.height.max())
    return first if all(one.fits(first.best) for one in settled) else None


def _evidence(one: Landing, matches: list[PlaceMatch]) -> float:
    if not matches:
        return 1.0
    found = decisive(matches)
    most, bonus = _SETTLED, 1.0
    if found is None:  # what does not settle a place still says which reading to name first
        found, most = max(matches, key=lambda match: match.match.height.max()), _HINTED
    best = max(0.0, found.match.height.max())
    if most == _SETTLED:
        bonus = float(np.exp(min(most, best**2 / 2)))
    if found.fits(one.reading):
        return bonus
    height = max(0.0, found.height(one.reading))
    return bonus * float(np.exp(-min(most, (best**2 - height**2) / 2)))


def _doubts(
    landed: list[Landing],
    told: Declaration,
    province: Province | None,
    matches: list[PlaceMatch],
    dimension: int,
    *,
    asked: bool,
) -> list[tuple[str, dict[str, Any]]]:
    best = landed[0]
    found: list[tuple[str, dict[str, Any]]] = []
    if told.kind == "unreadable":
        found.append(("declared_unreadable", {"declared": told.text}))
    elif told.said is not None and _contradicts(best.reading, told):
        found.append(("declared_other", {"declared": told.text}))
    if province is not None and best.inside < 0.9:
        facts = {"share_percent": round(100 * best.inside, 1), "province": province.name}
        found.append(("partly_outside" if best.inside >= 0.5 else "outside_province", facts))
    settled = decisive(matches)
    rivals = [
        one
        for one in landed[1:]
        if one.inside >= 0.5 and sound(one.reading) and own(one.reading, province) and one.place != best.place
    ]
    if rivals and settled is None:
        found.append(("own_meridian_too", {"crs": str(rivals[0].reading), "system": rivals[0].reading.name}))
    if asked and settled is None and (dimension > 0 or told.kind != "sound"):
        found.append(("evidence_unclear", {}))
    return found


def _contradicts(best: Reading, told: Declaration) -> bool:
    """A sound declaration is taken back only by a person; a faulty one, only its meridian."""
    assert told.said is not None
    if place(best)[0] != place(told.said)[0]:
        return True
    return told.kind == "sound" and not told.said.same_but_for_axes(best)
