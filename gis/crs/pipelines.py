"""From one supported system to another, through EPSG:6960 alone."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import shapely
from pyproj import Transformer

from gis.arrays import Floats, Geometries
from gis.crs.systems import SUPPORTED, WEB_MERCATOR_SRID, Crs, projection, supported

# EPSG:6960, "coordinate frame" signs.
_HELMERT = (
    "+proj=helmert +x=-191.90441429 +y=-39.30318279 +z=-111.45032835 "
    "+rx=-0.00928836 +ry=0.01975479 +rz=-0.00427372 +s=0.252906278 +convention=coordinate_frame"
)
# The widespread +towgs84 with these same signs: PROJ reads them as "position vector" and turns the wrong way.
_HELMERT_SIGN_FAULT = _HELMERT.replace("coordinate_frame", "position_vector")


def transform(geoms: Geometries, from_srid: int, to_srid: int) -> Geometries:
    """
    Move geometries from one supported system to another through EPSG:6960.

    Parameters
    ----------
    geoms
        Shape (n,), x before y. None stays None, empty stays empty.

    Returns
    -------
    moved
        Shape (n,), two-dimensional: heights are not transformed, so they are not kept.

    Raises
    ------
    CrsUnknown
    """
    if supported(from_srid).srid == supported(to_srid).srid:
        return shapely.force_2d(geoms)

    def move(xy: Floats) -> Floats:
        return np.column_stack(transform_xy(xy[:, 0], xy[:, 1], from_srid, to_srid))

    return shapely.transform(geoms, move)


def transform_xy(x: Floats, y: Floats, from_srid: int, to_srid: int) -> tuple[Floats, Floats]:
    """
    Move coordinates, x (east, longitude) before y, from one supported system to another.

    Returns
    -------
    x, y
        Shape (n,); infinite where the projection has no answer, NaN where the input is NaN.
    """
    source, target = supported(from_srid).srid, supported(to_srid).srid
    if source == target:
        return np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    moved: Any = _pipeline(source, target).transform(np.asarray(x, float), np.asarray(y, float))
    return moved[0], moved[1]


Shift = Literal["epsg6960", "none", "sign_fault"]


def place_xy(x: Floats, y: Floats, srid: int, shift: Shift, k: float | None) -> tuple[Floats, Floats]:
    """
    Numbers as a file holds them to WGS 84 longitude, latitude; `gis.crs.Reading` says what the words mean.

    Returns
    -------
    lon, lat
        Shape (n,); infinite where the projection has no answer, NaN where the input is NaN.
    """
    moved: Any = _placing(srid, shift, k).transform(np.asarray(x, float), np.asarray(y, float))
    return moved[0], moved[1]


@functools.cache
def _pipeline(from_srid: int, to_srid: int) -> Transformer:
    source, target = SUPPORTED[from_srid], SUPPORTED[to_srid]
    turns = (
        [] if source.datum == target.datum else [_HELMERT if source.datum == "vn2000" else _invert(_HELMERT)]
    )
    return _joined([_to_radians(source), *_turning(turns), _invert(_to_radians(target))])


@functools.cache
def _placing(srid: int, shift: Shift, k: float | None) -> Transformer:
    system = SUPPORTED[srid]
    turns = {
        ("vn2000", "epsg6960"): [_HELMERT],
        ("vn2000", "none"): [],
        ("vn2000", "sign_fault"): [_HELMERT_SIGN_FAULT],
        ("wgs84", "epsg6960"): [],
        ("wgs84", "none"): [_HELMERT],
        ("wgs84", "sign_fault"): [_invert(_HELMERT_SIGN_FAULT), _HELMERT],
    }[system.datum, shift]
    made = system if k is None else replace(system, k=k)
    return _joined([_to_radians(made), *_turning(turns), "+proj=unitconvert +xy_in=rad +xy_out=deg"])


def _turning(turns: list[str]) -> list[str]:
    if not turns:
        return []
    cart = "+proj=cart +ellps=WGS84"  # VN-2000 has the ellipsoid of WGS 84
    return ["+proj=push +v_3", cart, *turns, _invert(cart), "+proj=pop +v_3"]


def _joined(steps: list[str]) -> Transformer:
    return Transformer.from_pipeline("+proj=pipeline " + " ".join(f"+step {step}" for step in steps))


def _to_radians(crs: Crs) -> str:
    if crs.geographic:
        return "+proj=unitconvert +xy_in=deg +xy_out=rad"
    if crs.srid == WEB_MERCATOR_SRID:
        return "+inv +proj=webmerc +ellps=WGS84"
    return f"+inv {projection(crs)} +ellps=WGS84"


def _invert(step: str) -> str:
    return step.removeprefix("+inv ") if step.startswith("+inv ") else f"+inv {step}"
