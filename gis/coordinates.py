"""
Coordinates as people type them into a search box.

WGS 84 in either order, decimal or degrees-minutes-seconds; VN-2000 TM-3 in either order, with or
without the letters X (north) and Y (east). A TM-3 pair does not say its zone, so it has several answers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gis.crs import COUNTRY_BOX, STORAGE_SRID, SUPPORTED, TM3_SRIDS, transform_xy

# Hồ Chí Minh City with Bình Dương, Đồng Nai, Bình Phước, Bắc Ninh, Kon Tum, Quảng Ngãi.
PREFERRED_SRIDS = (9210, 5899, 9212, 9214, 9216, 5898)
_HALF_ZONE_DEG = 1.5

_NUMBER = r"\d+(?:\.\d+)?"
_ANGLE = re.compile(
    rf"""\s*(?P<deg>-?{_NUMBER})\s*(?:[°ºd]|(?=\s\d))\s*
         (?P<min>{_NUMBER})\s*(?:['′’]|(?=\s|[NSEWBĐ]|$))\s*
         (?:(?P<sec>{_NUMBER})\s*(?:"|″|”|''|(?=\s|[NSEWBĐ,;]|$)))?\s*(?P<side>[NSEWBĐ]?)\s*""",
    re.VERBOSE,
)
_SEPARATOR = re.compile(r"[\s,;]*")
_EAST_LETTERS, _NORTH_LETTERS = "EĐ", "NB"  # Đông, Bắc


@dataclass(frozen=True)
class Candidate:
    """A place a text may mean: WGS 84 longitude, latitude, and the system it was read in."""

    lon: float
    lat: float
    srid: int


def parse_coordinates(text: str, prefer: Sequence[int] = PREFERRED_SRIDS) -> list[Candidate]:
    """
    Places that a typed pair of coordinates may mean.

    Parameters
    ----------
    text
        As typed: ``10.93, 106.71``, ``106,71; 10,93``, ``10°55'48"N 106°42'36"E``,
        ``X=1209123 Y=602345``.
    prefer
        TM-3 zones to answer first; the others follow by number.

    Returns
    -------
    candidates
        Only places inside the country; empty when the text is no pair of coordinates.
    """
    angles = _angles(text.upper())
    if angles is not None:
        return _geographic(*angles)
    pair = _pair(text)
    if pair is None:
        return []
    return _geographic(*pair) if max(map(abs, pair)) <= 180 else _projected(pair, prefer)


def _pair(text: str) -> tuple[float, float] | None:
    bare = re.sub(r"\b(?:VN-?2000|WGS-?84)\b|[XYNEBĐ]\s*[=:]|[=:]|\b[XYNEBĐM]\b|[°º]", " ", text.upper())
    bare = re.sub(r"(?<=\d)\s*[NEBĐ](?=[\s,;]|$)|(?<![\w.])[NEBĐ](?=\s*\d)", " ", bare).strip()
    if re.fullmatch(r"-?\d+,\d+(?:\s*;\s*|\s+|,\s+)-?\d+,\d+", bare):  # decimal commas
        bare = re.sub(r"(?<=\d),(?=\d)", ".", bare)
    parts = [part for part in re.split(r"[\s,;]+", bare) if part]
    if len(parts) != 2 or not all(re.fullmatch(rf"-?{_NUMBER}", part) for part in parts):
        return None
    return float(parts[0]), float(parts[1])


def _angles(text: str) -> tuple[float, float] | None:
    first = _ANGLE.match(text)
    if first is None:
        return None
    second = _ANGLE.fullmatch(text, _end(_SEPARATOR, text, first.end()))
    if second is None:
        return None
    values = _degrees(first), _degrees(second)
    if values[0] is None or values[1] is None:
        return None
    if first["side"] in tuple(_EAST_LETTERS) or second["side"] in tuple(_NORTH_LETTERS):
        return values[1], values[0]
    return values[0], values[1]


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    found = pattern.match(text, start)
    return found.end() if found else start


def _degrees(match: re.Match[str]) -> float | None:
    minutes, seconds = float(match["min"]), float(match["sec"] or 0)
    if minutes >= 60 or seconds >= 60 or "." in match["deg"]:
        return None
    return float(match["deg"]) + minutes / 60 + seconds / 3600


def _geographic(first: float, second: float) -> list[Candidate]:
    # No latitude of the country is a longitude of it, so the order never matters.
    pairs = ((second, first), (first, second))
    return [Candidate(lon, lat, STORAGE_SRID) for lon, lat in pairs if _inside(lon, lat)]


def _projected(pair: tuple[float, float], prefer: Sequence[int]) -> list[Candidate]:
    # Northings of the country exceed 770 km, eastings within a zone stay below 670 km.
    east_m, north_m = sorted(pair)
    srids = [*prefer, *(srid for srid in sorted(TM3_SRIDS) if srid not in prefer)]
    found: list[Candidate] = []
    for srid in srids:
        lon, lat = (
            float(v[0]) for v in transform_xy(np.array([east_m]), np.array([north_m]), srid, STORAGE_SRID)
        )
        meridian = SUPPORTED[srid].central_meridian_deg
        if meridian is not None and abs(lon - meridian) <= _HALF_ZONE_DEG and _inside(lon, lat):
            found.append(Candidate(lon, lat, srid))
    return found


def _inside(lon: float, lat: float) -> bool:
    west, south, east, north = COUNTRY_BOX
    return west <= lon <= east and south <= lat <= north
