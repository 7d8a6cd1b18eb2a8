"""The door into storage: frames and arrays, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gis.arrays import Geometries
from gis.crs.faults import detect_faults
from gis.crs.pipelines import transform
from gis.crs.systems import STORAGE_SRID, identify, supported

if TYPE_CHECKING:
    from geopandas import GeoDataFrame, GeoSeries


def to_storage(
    source: GeoDataFrame | GeoSeries | Geometries, srid: int | None = None, *, file: str | None = None
) -> Any:
    """
    Bring geometries into the storage system, checked.

    Parameters
    ----------
    source
        A frame or series of geopandas (its own CRS is used unless `srid` is given), or an array of
        geometries in `srid`.

    Returns
    -------
    stored
        The same kind of thing, in WGS 84 longitude, latitude.

    Raises
    ------
    CrsMissing, CrsUnknown, CoordinatesSwapped, MetresInGeographic, DegreesInProjected, OutsideCountry
        As `detect_faults`.
    """
    if isinstance(source, np.ndarray):
        detect_faults(source, srid, file=file)
        return transform(source, supported(srid, file=file).srid, STORAGE_SRID)
    number = supported(srid, file=file).srid if srid is not None else identify(source.crs, file=file)
    geoms = source.geometry.to_numpy()
    detect_faults(geoms, number, file=file)
    moved = transform(geoms, number, STORAGE_SRID)
    series = source.geometry.set_crs(STORAGE_SRID, allow_override=True)
    series[:] = moved
    return source.set_geometry(series) if hasattr(source, "set_geometry") else series
