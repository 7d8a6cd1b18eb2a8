"""Where the same numbers land under every reading that could be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import shapely

from gis.arrays import Bools, Floats
from gis.crs.provinces import Box, Province
from gis.crs.readings import K_UTM, Reading, to_lonlat_xy
from gis.crs.sampling import Sample
from gis.crs.systems import COUNTRY_BOX, STORAGE_SRID, SUPPORTED, TM3_SRIDS, VN2000_SRID, WEB_MERCATOR_SRID

#: Numbers up to this are degrees: the westernmost easting of the country is far larger.
_DEGREES = 360.0
#: A transverse Mercator system answers far from its meridian with nonsense; 6° is beyond any real use.
_WIDEST_DEG = 6.0
#: Published boundaries are generalised; a point this near to one may be inside.
_EDGE_DEG = 0.01


@dataclass(frozen=True)
class Landing:
    """
    The sample under one reading.

    Attributes
    ----------
    lonlat
        Shape (m, 2).
    inside
        Share of the points inside the province and extent, 0 to 1; NaN where neither is known.
    rows_inside
        Rows with at least half of their points inside.
    box
        West, south, east, north of the points inside the country.
    """

    reading: Reading
    lonlat: Floats
    inside: float
    rows_inside: int
    box: Box

    @property
    def place(self) -> tuple[float, bool]:
        """Readings of one place lie within a few kilometres: they share the meridian (or have none)."""
        return place(self.reading)

    @property
    def off_meridian_deg(self) -> float:
        """How far the middle of the data lies from the central meridian; 0 without one."""
        meridian_deg = SUPPORTED[self.reading.srid].central_meridian_deg
        if meridian_deg is None or self.reading.srid == WEB_MERCATOR_SRID:
            return 0.0
        return abs(float(np.median(self.lonlat[:, 0])) - meridian_deg)


def place(how: Reading) -> tuple[float, bool]:
    """What readings that land within a few kilometres of one another share."""
    meridian_deg = SUPPORTED[how.srid].central_meridian_deg
    return (meridian_deg if meridian_deg is not None else np.inf), how.swapped


def landings(
    taken: Sample, said: Reading | None, province: Province | None, extent: Box | None
) -> list[Landing]:
    """
    Every reading under which the middle of the data lies in the country.

    Parameters
    ----------
    said
        What the declaration says to the letter; tried besides all others, in both orders of the axes.
    """
    if len(taken.xy) == 0:
        return []
    middle = np.median(taken.xy, axis=0, keepdims=True)
    found: list[Landing] = []
    for how in dict.fromkeys(one.canonical() for one in _readings(middle[0], said)):
        if not _in_country(np.column_stack(to_lonlat_xy(middle[:, 0], middle[:, 1], how)), how)[0]:
            continue
        lonlat = np.column_stack(to_lonlat_xy(taken.xy[:, 0], taken.xy[:, 1], how))
        sound = _in_country(lonlat, how)
        if 2 * sound.sum() < len(sound):
            continue
        inside = _inside(lonlat, province, extent)
        share = float(inside.mean()) if inside is not None else np.nan
        rows = 0
        if inside is not None:
            of = np.bincount(taken.row, minlength=taken.rows)
            rows = int((2 * np.bincount(taken.row, inside, minlength=taken.rows) >= of)[of > 0].sum())
        low, high = lonlat[sound].min(axis=0), lonlat[sound].max(axis=0)
        box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
        found.append(Landing(how, lonlat, share, rows, box))
    return found


def _readings(middle: Floats, said: Reading | None) -> Iterator[Reading]:
    degrees = bool((np.abs(middle) <= _DEGREES).all())
    for swapped in (False, True):
        if degrees:
            yield Reading(STORAGE_SRID, swapped)
            yield Reading(VN2000_SRID, swapped)
            continue
        for srid in TM3_SRIDS:
            yield Reading(srid, swapped)
            yield Reading(srid, swapped, "none")
            yield Reading(srid, swapped, k=K_UTM)
            yield Reading(srid, swapped, "none", K_UTM)
        for srid in (3405, 3406, 32648, 32649, WEB_MERCATOR_SRID):
            yield Reading(srid, swapped)
    if said is not None and degrees == SUPPORTED[said.srid].geographic:
        yield said
        yield replace(said, swapped=not said.swapped)


def _in_country(lonlat: Floats, how: Reading) -> Bools:
    west, south, east, north = COUNTRY_BOX
    lon, lat = lonlat.T
    meridian_deg = SUPPORTED[how.srid].central_meridian_deg
    with np.errstate(invalid="ignore"):
        sound = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
        if meridian_deg is not None and how.srid != WEB_MERCATOR_SRID:
            sound &= np.abs(lon - meridian_deg) <= _WIDEST_DEG
    return sound


def _inside(lonlat: Floats, province: Province | None, extent: Box | None) -> Bools | None:
    inside: Bools | None = None
    for box in (extent, province.box if province is not None else None):
        if box is not None:
            within: Bools = np.asarray(((lonlat >= box[:2]) & (lonlat <= box[2:])).all(axis=1))
            inside = within if inside is None else inside & within
    if inside is None or province is None or province.boundary is None or not inside.any():
        return inside
    shapely.prepare(province.boundary)
    near = np.flatnonzero(inside)
    inside[near] = shapely.dwithin(province.boundary, shapely.points(lonlat[near]), _EDGE_DEG)
    return inside
