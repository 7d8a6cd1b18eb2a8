"""What a file's own declaration says, taken by its word, faults included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pyproj import CRS

from gis.crs.pipelines import Shift
from gis.crs.readings import K_TM3, K_UTM, Reading, reading
from gis.crs.systems import SUPPORTED, VN2000_TOWGS84, CrsMissing, CrsUnknown, parse

Kind = Literal["none", "unreadable", "sound", "wgs84_datum", "zero_shift", "sign_fault", "scale"]
_RIGHT = np.array([float(value) for value in VN2000_TOWGS84.split(",")])
_SIGN_FAULT = _RIGHT * [1, 1, 1, -1, -1, -1, 1]


@dataclass(frozen=True)
class Declaration:
    """
    A declaration taken by its word.

    Attributes
    ----------
    kind
        ``none`` (nothing said), ``unreadable`` (something we do not read), ``sound``, or the fault that it
        shows: ``wgs84_datum`` (D_WGS_1984 with the projection of a TM-3 zone), ``zero_shift``
        (``+towgs84=0,0,0``), ``sign_fault`` (the rotations of EPSG:6960 with unchanged signs), ``scale``
        (0.9996 on a TM-3 meridian).
    said
        The reading that obeys it to the letter; None where there is none.
    meant
        Where it shows a fault: the sound reading that it should have said.
    text
        How to name it to a person, at most 80 letters.
    """

    kind: Kind
    said: Reading | None
    meant: Reading | None
    text: str


def declaration(declared: CRS | str | int | None) -> Declaration:
    """Read the declaration of a file; never raises."""
    text = str(declared if declared is not None else "").strip()
    try:
        crs = parse(declared)
    except CrsMissing:
        return Declaration("none", None, None, "")
    except CrsUnknown:
        said = _own_text(text)
        return Declaration("sound" if said else "unreadable", said, None, text[:80])
    named = text[:80] if len(text) <= 80 else crs.name[:80]
    kind, said = _literal(crs)
    if said is None:
        return Declaration(kind, None, None, named)
    meant = Reading(said.srid) if kind not in ("sound", "none") else None
    return Declaration(kind, said.canonical(), meant, named)


def _own_text(text: str) -> Reading | None:
    try:
        return reading(text)
    except (CrsMissing, CrsUnknown):
        return None


def _literal(crs: CRS) -> tuple[Kind, Reading | None]:
    base = crs.source_crs if crs.is_bound and crs.source_crs is not None else crs
    shift, kind = _shift(crs)
    try:
        plain = reading(base)
    except CrsUnknown:
        plain = None
    if plain is not None:
        wgs84 = SUPPORTED[plain.srid].datum == "wgs84"
        return ("sound", plain) if wgs84 else (kind, Reading(plain.srid, shift=shift))
    facts = _projection(base)
    if facts is None:
        return "unreadable", None
    meridian_deg, k, datum = facts
    srid = _tm3_at(meridian_deg)
    if srid is None:
        return "unreadable", None
    if datum == "wgs84":
        shift, kind = "none", "wgs84_datum"
    if k == K_TM3:
        return kind, Reading(srid, shift=shift)
    return "scale", Reading(srid, shift=shift, k=k)


def _shift(crs: CRS) -> tuple[Shift, Kind]:
    operation: Any = crs.coordinate_operation if crs.is_bound else None
    if operation is None:
        return "epsg6960", "sound"
    values = np.zeros(7)
    given = [float(value) for value in operation.towgs84]
    values[: len(given)] = given
    if np.allclose(values, 0):
        return "none", "zero_shift"
    if np.allclose(values, _SIGN_FAULT, rtol=1e-3, atol=1e-6):
        return "sign_fault", "sign_fault"
    return "epsg6960", "sound"  # the right one, or one of its own: the shift is always ours


def _projection(crs: CRS) -> tuple[float, float, Literal["wgs84", "vn2000"]] | None:
    """Meridian, scale and datum of a transverse Mercator system with the false origin of Vietnam's."""
    operation: Any = crs.coordinate_operation
    if operation is None or operation.method_name != "Transverse Mercator":
        return None
    facts = {param.name: param.value for param in operation.params}
    k = round(float(facts.get("Scale factor at natural origin", 1.0)), 8)
    origin = [facts.get(name) for name in ("False easting", "False northing", "Latitude of natural origin")]
    if origin != [500_000, 0, 0] or k not in (K_TM3, K_UTM):
        return None
    named = crs.datum.name.upper() if crs.datum is not None else ""
    wgs84 = "WGS" in named or "WORLD GEODETIC" in named
    unknown = "UNKNOWN" in named
    meridian_deg = float(facts.get("Longitude of natural origin", 0.0))
    return meridian_deg, k, "wgs84" if wgs84 and not unknown else "vn2000"


def _tm3_at(meridian_deg: float) -> int | None:
    for srid, system in SUPPORTED.items():
        told = system.central_meridian_deg
        if system.k == K_TM3 and told is not None and abs(told - meridian_deg) < 1e-6:
            return srid
    return None
