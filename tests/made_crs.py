"""Files as others make them: coordinates brought out of WGS 84 by PROJ's own strings, faults included."""

from __future__ import annotations

from functools import cache

import numpy as np
import shapely
from pyproj import CRS, Transformer

from gis.crs import Reading, supported

RIGHT = "-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278"
#: The widespread string: the same parameters with unchanged rotations.
SIGNS = "-191.90441429,-39.30318279,-111.45032835,-0.00928836,0.01975479,-0.00427372,0.252906278"
NONE = "0,0,0,0,0,0,0"
TOWGS84 = {"epsg6960": RIGHT, "none": NONE, "sign_fault": SIGNS}


def proj_string(how: Reading) -> str:
    """The PROJ string with which somebody could have made numbers of this reading."""
    system = supported(how.srid)
    if system.srid == 3857:
        return "EPSG:3857"
    shape = "+proj=longlat"
    if not system.geographic:
        shape = (
            f"+proj=tmerc +lat_0=0 +lon_0={system.central_meridian_deg} +k={how.k or system.k}"
            " +x_0=500000 +y_0=0 +units=m"
        )
    shift = TOWGS84[how.shift] if system.datum == "vn2000" else NONE
    return f"{shape} +ellps=WGS84 +towgs84={shift} +no_defs +type=crs"


@cache
def _out(text: str) -> Transformer:
    return Transformer.from_crs(CRS("OGC:CRS84"), CRS(text), always_xy=True)


def numbers(geoms: np.ndarray, how: Reading) -> np.ndarray:
    """Geometries in longitude, latitude as the file of that reading holds them."""
    made = _out(proj_string(how))

    def move(xy: np.ndarray) -> np.ndarray:
        x, y = made.transform(xy[:, 0], xy[:, 1])
        return np.column_stack((y, x) if how.swapped else (x, y))

    return shapely.transform(np.asarray(geoms, dtype=object), move)
