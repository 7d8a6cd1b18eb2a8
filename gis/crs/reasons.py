"""Why a reading is more or less likely, as codes and facts for people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from gis.crs.declarations import Declaration
from gis.crs.landing import Landing, place
from gis.crs.odds import PlaceMatch, decisive, own
from gis.crs.provinces import Province
from gis.crs.sampling import Sample
from gis.crs.systems import SUPPORTED


@dataclass(frozen=True)
class Reason:
    """Why a candidate is more or less likely; the words stand under ``crs_reason.<code>``."""

    code: str
    facts: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Code and facts."""
        return {"code": self.code, "facts": self.facts}


def reasons(
    one: Landing, told: Declaration, province: Province | None, matches: list[PlaceMatch], taken: Sample
) -> Iterator[Reason]:
    """What speaks for and against one landing, the weightiest first."""
    yield from _of_evidence(one, matches)
    yield from _of_declaration(one, told)
    yield from _of_province(one, province, taken)
    yield from _of_numbers(one, taken)


def _of_evidence(one: Landing, matches: list[PlaceMatch]) -> Iterator[Reason]:
    settled = decisive(matches)
    for found in matches:
        median_m = found.median_m(one.reading)
        if np.isnan(median_m) or not found.match.conclusive:
            continue
        side = "fit" if found.fits(one.reading) else "off"
        facts = {"median_m": round(median_m, 1), "points": found.match.points}
        yield Reason(f"{found.match.source}_{side}", facts)
    if settled is None and any(found.match.conclusive for found in matches):
        yield Reason("evidence_split", {})


def _of_declaration(one: Landing, told: Declaration) -> Iterator[Reason]:
    if told.kind == "none":
        yield Reason("not_declared", {})
    if told.said is None:
        return
    how, said = one.reading, told.said
    if said.same_but_for_axes(how):
        yield Reason("declared", {"declared": told.text})
    if told.kind != "sound" and place(how)[0] == place(said)[0]:
        yield Reason(f"declared_{told.kind}", {"declared": told.text})


def _of_province(one: Landing, province: Province | None, taken: Sample) -> Iterator[Reason]:
    if province is None:
        return
    yield Reason("inside", {"inside": one.rows_inside, "total": taken.rows, "province": province.name})
    system = SUPPORTED[one.reading.srid]
    if system.k == 0.9999 and system.central_meridian_deg is not None:
        code = "own_meridian" if own(one.reading, province) else "foreign_meridian"
        yield Reason(code, {"meridian": dms(system.central_meridian_deg), "province": province.name})


def _of_numbers(one: Landing, taken: Sample) -> Iterator[Reason]:
    how = one.reading
    x, y = (float(value) for value in np.median(taken.xy, axis=0))
    places = 4 if SUPPORTED[how.srid].geographic else 0
    facts = {"first": round(x, places), "second": round(y, places)}
    yield Reason("swapped" if how.swapped else "in_order", facts)
    if how.shift == "none":
        yield Reason("no_shift", {})
    if how.shift == "sign_fault":
        yield Reason("sign_fault", {})
    if how.k is not None:
        yield Reason("other_scale", {"k": how.k, "usual": SUPPORTED[how.srid].k})


def dms(degrees: float) -> str:
    """105.75 as 105°45′."""
    whole, minutes = divmod(round(degrees * 60), 60)
    return f"{whole}°{minutes:02d}′"
