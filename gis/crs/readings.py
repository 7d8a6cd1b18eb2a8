"""How the numbers of one file become longitude and latitude, sound or made with a known fault."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
import shapely
from pyproj import CRS

from gis.arrays import Floats, Geometries, Texts
from gis.crs.faults import detect_faults
from gis.crs.pipelines import Shift, place_xy
from gis.crs.systems import STORAGE_SRID, SUPPORTED, CrsUnknown, allowed, identify, supported

#: The scale of 6° zones (UTM) and of 3° zones (TM-3), which are mistaken for one another.
K_UTM, K_TM3 = 0.9996, 0.9999
_SHIFTS: tuple[Shift, ...] = ("none", "sign_fault")
_TEXT = re.compile(r"EPSG:(\d{1,9})((?:;[a-z0-9_=.]+)*)", re.ASCII)
# A system made without the shift is, to the millimetre, its twin on the other datum.
_OTHER_DATUM = {4756: STORAGE_SRID, STORAGE_SRID: 4756, 3405: 32648, 32648: 3405, 3406: 32649, 32649: 3406}
# At 105° (and there alone) both scales have EPSG numbers on VN-2000.
_OTHER_SCALE = {(5897, K_UTM): 3405, (3405, K_TM3): 5897}


@dataclass(frozen=True)
class Reading:
    """
    How numbers as received become WGS 84 longitude, latitude.

    Its text form (``str``, and back by :func:`reading`) is ``EPSG:9210`` and, where they differ from the
    usual, ``;swapped``, ``;shift=none``, ``;shift=sign_fault`` and ``;k=0.9996``, in this order.

    Attributes
    ----------
    srid
        The system whose projection the numbers are in.
    swapped
        True where the first number is the north one: X = north, Y = east, as Vietnamese papers write, or
        latitude before longitude.
    shift
        How the numbers came between VN-2000 and WGS 84 before they were written:

        ``epsg6960``
            Rightly, or never: they are on the datum that the system says.
        ``none``
            They should have been shifted and were not (``+towgs84=0``, D_WGS_1984 taken for VN-2000), so
            they are on the *other* datum: those of a VN-2000 system are WGS 84 projected with its
            parameters and must not be shifted again; those of a WGS 84 system are VN-2000 and still must.
            Read the usual way they lie 225 m off. Where EPSG has a number for just this (4756 and 4326,
            3405 and 32648, 3406 and 32649) the reading takes that number instead.
        ``sign_fault``
            With the parameters of EPSG:6960 but the rotations of the coordinate-frame convention in PROJ's
            position-vector slot. Numbers of a VN-2000 system were made from WGS 84 that way, and the same
            wrong turn brings them back; numbers of a WGS 84 system were made from VN-2000, so the wrong
            turn is undone and the right one made. Read the usual way they lie 0.5 to 0.8 m off.
    k
        The scale with which the numbers were made where it is not the system's own: 0.9996 (UTM) on a
        TM-3 meridian lies 368 m further south in Bình Dương, 0.7 km in Bắc Giang. None: the system's own.

    Raises
    ------
    CrsUnknown
        For a system we do not read, a scale on a system that has none, or one no map is made with.

    References
    ----------
    EPSG:6960 and its coordinate-frame method (EPSG:9607); PROJ, ``+towgs84`` (position vector); issue 5
    of opengeoshub/HCMGIS on the signs.
    """

    srid: int
    swapped: bool = False
    shift: Shift = "epsg6960"
    k: float | None = None

    def __post_init__(self) -> None:
        system = supported(self.srid)
        scaled = system.central_meridian_deg is not None and system.k != 1.0
        if self.k is not None and not (scaled and 0.99 < self.k < 1.01):
            raise CrsUnknown(srid=f"EPSG:{self.srid};k={self.k:.10g}", allowed=allowed(), file=None)

    def __str__(self) -> str:
        return (
            f"EPSG:{self.srid}"
            + (";swapped" if self.swapped else "")
            + (f";shift={self.shift}" if self.shift != "epsg6960" else "")
            + (f";k={self.k:.10g}" if self.k is not None else "")
        )

    @property
    def usual(self) -> bool:
        """Whether the numbers are just what the system says."""
        return self == Reading(self.srid)

    @property
    def name(self) -> str:
        """The system as maps name it: ``VN-2000 TM-3 105°45′``, ``WGS 84 UTM 48N``."""
        system = supported(self.srid)
        if system.k != K_TM3 or system.central_meridian_deg is None:
            return system.name.replace(" / ", " ").replace("UTM zone", "UTM")
        degrees, minutes = divmod(round(system.central_meridian_deg * 60), 60)
        return f"VN-2000 TM-3 {degrees}°{minutes:02d}′"

    def same_but_for_axes(self, other: Reading) -> bool:
        """Whether two readings differ at most in the order of the axes."""
        return (self.srid, self.shift, self.k) == (other.srid, other.shift, other.k)

    def canonical(self) -> Reading:
        """The same reading under the plainest name that it has."""
        made = replace(self, srid=supported(self.srid).srid)
        if made.k is not None and made.k == SUPPORTED[made.srid].k:
            made = replace(made, k=None)
        scaled = _OTHER_SCALE.get((made.srid, made.k)) if made.k is not None else None
        if scaled is not None:
            made = replace(made, srid=scaled, k=None)
        if made.shift == "none" and made.k is None and made.srid in _OTHER_DATUM:
            made = replace(made, srid=_OTHER_DATUM[made.srid], shift="epsg6960")
        return made


def reading(declared: Reading | CRS | str | int | None, *, file: str | None = None) -> Reading:
    """
    The reading that a text names, or that a file's declaration means.

    Parameters
    ----------
    declared
        The text form, or what :func:`gis.crs.identify` takes.

    Raises
    ------
    CrsMissing, CrsUnknown
    """
    if isinstance(declared, Reading):
        return declared.canonical()
    told = _TEXT.fullmatch(declared.strip()) if isinstance(declared, str) else None
    if told is None:
        return Reading(identify(declared, file=file))
    made = Reading(supported(int(told[1]), file=file).srid)
    for part in told[2].split(";")[1:]:
        name, _, value = part.partition("=")
        if part == "swapped":
            made = replace(made, swapped=True)
        elif name == "shift" and value in _SHIFTS:
            made = replace(made, shift=value)
        elif name == "k" and re.fullmatch(r"[01]\.\d{1,8}", value):
            made = replace(made, k=float(value))
        else:
            raise CrsUnknown(srid=declared, allowed=allowed(), file=file)
    return made.canonical()


def to_lonlat(geoms: Geometries, how: Reading) -> Geometries:
    """
    Bring geometries as received into WGS 84 longitude, latitude.

    Parameters
    ----------
    geoms
        Shape (n,), as the file holds them. None stays None, empty stays empty.

    Returns
    -------
    moved
        Shape (n,), two-dimensional: heights are not transformed, so they are not kept.
    """
    if how == Reading(STORAGE_SRID):
        return shapely.force_2d(geoms)

    def move(xy: Floats) -> Floats:
        return np.column_stack(to_lonlat_xy(xy[:, 0], xy[:, 1], how))

    return shapely.transform(geoms, move)


def to_lonlat_xy(first: Floats, second: Floats, how: Reading) -> tuple[Floats, Floats]:
    """Two numbers per point, in the order of the file, as longitude and latitude; shape (n,) each."""
    x, y = (second, first) if how.swapped else (first, second)
    return place_xy(x, y, how.srid, how.shift, how.k)


def reading_faults(geoms_or_bounds: Geometries | Floats, how: Reading, *, file: str | None = None) -> Texts:
    """
    What :func:`gis.crs.detect_faults` finds, once the axes are in the order that the reading says.

    Raises
    ------
    CoordinatesSwapped, MetresInGeographic, DegreesInProjected, OutsideCountry
    """
    array = np.asarray(geoms_or_bounds)
    bounds = shapely.bounds(array) if array.dtype == object else np.atleast_2d(array.astype(float))
    if how.swapped:
        bounds = bounds.reshape(-1, 4)[:, [1, 0, 3, 2]]
    return detect_faults(bounds, how.srid, file=file)
