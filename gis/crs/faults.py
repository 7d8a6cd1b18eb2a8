"""Coordinates that contradict the system they are said to be in."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from gis.arrays import Floats, Geometries, Texts
from gis.crs.pipelines import transform_xy
from gis.crs.systems import COUNTRY_BOX, STORAGE_SRID, WEB_MERCATOR_SRID, Crs, supported
from gis.errors import BadInput

_NORTHING_M = (700_000.0, 2_700_000.0)  # 7° to 24° N
_EASTING_M = (-900_000.0, 1_900_000.0)


class CoordinatesFault(BadInput):
    """Coordinates that contradict the declared system. Facts: srid, x, y (a sample), count, rows, file."""


class CoordinatesSwapped(CoordinatesFault):
    """Latitude before longitude, or X = north before Y = east as Vietnamese papers write."""


class MetresInGeographic(CoordinatesFault):
    """Projected metres declared as degrees."""


class DegreesInProjected(CoordinatesFault):
    """Degrees declared as projected metres."""


class OutsideCountry(CoordinatesFault):
    """Coordinates outside 102–118° E, 7–24° N: often a wrong zone."""


def detect_faults(
    geoms_or_bounds: Geometries | Floats, srid: int | None, *, file: str | None = None
) -> Texts:
    """
    Check that coordinates can be what their declared system says.

    A fault that more than half of the rows share is a fault of the file and raised; single odd rows
    are returned for the caller to refuse one by one.

    Parameters
    ----------
    geoms_or_bounds
        Shape (n,) geometries, or (n, 4) or (4,) bounds: xmin, ymin, xmax, ymax.

    Returns
    -------
    codes
        Shape (n,), object: "" where sound or missing, else the code of the row's fault.

    Raises
    ------
    CrsMissing, CrsUnknown, CoordinatesSwapped, MetresInGeographic, DegreesInProjected, OutsideCountry
    """
    crs = supported(srid, file=file)
    array = np.asarray(geoms_or_bounds)
    bounds = shapely.bounds(array) if array.dtype == object else np.atleast_2d(array.astype(float))
    bounds = bounds.reshape(-1, 4)
    codes = _fault_codes(bounds, crs)
    present = ~np.isnan(bounds).any(axis=1)
    for fault in (CoordinatesSwapped, MetresInGeographic, DegreesInProjected, OutsideCountry):
        faulty = codes == fault.code
        if 2 * faulty.sum() > present.sum():
            row = int(np.argmax(faulty))
            raise fault(
                srid=crs.srid,
                x=float(bounds[row, 0]),
                y=float(bounds[row, 1]),
                count=int(faulty.sum()),
                rows=len(bounds),
                file=file,
            )
    return codes


def _fault_codes(bounds: Floats, crs: Crs) -> Texts:
    codes = np.full(len(bounds), "", dtype=object)
    present = ~np.isnan(bounds).any(axis=1)
    swapped_order = bounds[:, [1, 0, 3, 2]]
    if crs.geographic:
        sound, swapped = _in_country(bounds), _in_country(swapped_order)
        other = np.where((np.abs(bounds) > 360).any(axis=1), MetresInGeographic.code, OutsideCountry.code)
    else:
        sound, swapped = _lands_in_country(bounds, crs), _lands_in_country(swapped_order, crs)
        other = np.where((np.abs(bounds) <= 180).all(axis=1), DegreesInProjected.code, OutsideCountry.code)
    codes[present] = other[present]
    codes[present & swapped] = CoordinatesSwapped.code
    codes[present & sound] = ""
    return codes


def _in_country(bounds: Floats) -> Any:
    west, south, east, north = COUNTRY_BOX
    with np.errstate(invalid="ignore"):
        return (
            (bounds[:, 0] >= west)
            & (bounds[:, 1] >= south)
            & (bounds[:, 2] <= east)
            & (bounds[:, 3] <= north)
        )


def _lands_in_country(bounds: Floats, crs: Crs) -> Any:
    # Far from its meridian a projection still answers, with nonsense: look at the metres first.
    with np.errstate(invalid="ignore"):
        plausible = (
            (bounds[:, 1] >= _NORTHING_M[0])
            & (bounds[:, 3] <= _NORTHING_M[1])
            & (bounds[:, 0] >= _EASTING_M[0])
            & (bounds[:, 2] <= _EASTING_M[1])
        )
    if crs.srid == WEB_MERCATOR_SRID:
        plausible = np.ones(len(bounds), dtype=bool)
    corners = [transform_xy(bounds[:, i], bounds[:, j], crs.srid, STORAGE_SRID) for i, j in ((0, 1), (2, 3))]
    lonlat = np.column_stack([corners[0][0], corners[0][1], corners[1][0], corners[1][1]])
    return plausible & _in_country(lonlat)
