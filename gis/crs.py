"""
The only door between coordinate systems.

Storage and interchange is WGS 84 in longitude, latitude; Vietnamese files come in VN-2000 and must
say in which zone. EPSG lists two operations VN-2000 → WGS 84 and PROJ picks between them point by
point (the line runs along 11.04° N through Bình Dương): a layer transformed with the default tears
by 0.8 m. Everything here goes through one of them, EPSG:6960 (decision 05/2007/QĐ-BTNMT), in
pipelines written out below; `spatial_ref_rows` gives PostGIS the same operation.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from gis.arrays import Floats, Geometries, Texts
from gis.errors import BadInput

if TYPE_CHECKING:
    from geopandas import GeoDataFrame, GeoSeries

STORAGE_SRID = 4326
WEB_MERCATOR_SRID = 3857
VN2000_SRID = 4756

# EPSG:6960, "coordinate frame" signs.
_HELMERT = (
    "+proj=helmert +x=-191.90441429 +y=-39.30318279 +z=-111.45032835 "
    "+rx=-0.00928836 +ry=0.01975479 +rz=-0.00427372 +s=0.252906278 +convention=coordinate_frame"
)
# PROJ reads +towgs84 as "position vector": the three rotations change sign. The widespread string
# with unchanged signs is 0.5 to 0.8 m off.
VN2000_TOWGS84 = "-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278"
SPATIAL_REF_AUTHORITY = "DIDOI"  # any row named 'EPSG' makes PostGIS choose between the two operations again

COUNTRY_BOX = (102.0, 7.0, 118.0, 24.0)  # lon, lat: the mainland, Hoàng Sa and Trường Sa
_NORTHING_M = (700_000.0, 2_700_000.0)  # 7° to 24° N
_EASTING_M = (-900_000.0, 1_900_000.0)


class CrsMissing(BadInput):
    """A file or call that does not say its coordinate system. Facts: file."""


class CrsUnknown(BadInput):
    """A coordinate system we do not read. Facts: srid, allowed, file."""


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


@dataclass(frozen=True)
class Crs:
    """
    One supported system.

    `axes` is the order of the EPSG authority ("xy": east, north; "yx": latitude, longitude), as
    OGC interfaces must write it; inside the program coordinates are always x, y.
    """

    srid: int
    name: str
    datum: Literal["wgs84", "vn2000"]
    axes: Literal["xy", "yx"]
    central_meridian_deg: float | None = None
    k: float | None = None

    @property
    def uri(self) -> str:
        return f"http://www.opengis.net/def/crs/EPSG/0/{self.srid}"

    @property
    def geographic(self) -> bool:
        return self.k is None


def _tm3(srid: int, meridian_deg: float, name: str) -> Crs:
    return Crs(srid, f"VN-2000 / TM-3 {name}", "vn2000", "xy", meridian_deg, 0.9999)


SUPPORTED: dict[int, Crs] = {
    crs.srid: crs
    for crs in (
        Crs(STORAGE_SRID, "WGS 84", "wgs84", "yx"),
        Crs(WEB_MERCATOR_SRID, "WGS 84 / Pseudo-Mercator", "wgs84", "xy", 0.0, 1.0),
        Crs(VN2000_SRID, "VN-2000", "vn2000", "yx"),
        Crs(3405, "VN-2000 / UTM zone 48N", "vn2000", "xy", 105.0, 0.9996),
        Crs(3406, "VN-2000 / UTM zone 49N", "vn2000", "xy", 111.0, 0.9996),
        _tm3(5896, 102.0, "zone 481"),
        _tm3(5897, 105.0, "zone 482"),
        _tm3(5898, 108.0, "zone 491"),
        _tm3(5899, 107.75, "107-45"),
        _tm3(9205, 103.0, "103-00"),
        _tm3(9206, 104.0, "104-00"),
        _tm3(9207, 104.5, "104-30"),
        _tm3(9208, 104.75, "104-45"),
        _tm3(9209, 105.5, "105-30"),
        _tm3(9210, 105.75, "105-45"),
        _tm3(9211, 106.0, "106-00"),
        _tm3(9212, 106.25, "106-15"),
        _tm3(9213, 106.5, "106-30"),
        _tm3(9214, 107.0, "107-00"),
        _tm3(9215, 107.25, "107-15"),
        _tm3(9216, 107.5, "107-30"),
        _tm3(9217, 108.25, "108-15"),
        _tm3(9218, 108.5, "108-30"),
    )
}
TM3_SRIDS: tuple[int, ...] = tuple(srid for srid, crs in SUPPORTED.items() if crs.k == 0.9999)
# The deprecated twins of the four TM-3 zones, and the two old names of Web Mercator.
_TWINS = {
    6956: 5896,
    6957: 5897,
    6958: 5898,
    6959: 5899,
    900913: WEB_MERCATOR_SRID,
    102100: WEB_MERCATOR_SRID,
}

CRS84_URI = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
CRS84 = Crs(STORAGE_SRID, "WGS 84 longitude-latitude", "wgs84", "xy")  # the storage system, as OGC writes it


def supported(srid: int | None, *, file: str | None = None) -> Crs:
    """
    The system of an EPSG number.

    Raises
    ------
    CrsMissing, CrsUnknown
    """
    if srid is None:
        raise CrsMissing(file=file)
    found = SUPPORTED.get(_TWINS.get(srid, srid))
    if found is None:
        raise CrsUnknown(srid=srid, allowed=_allowed(), file=file)
    return found


def from_uri(uri: str) -> Crs:
    """
    The system an OGC address, a CURIE (``[EPSG:9210]``) or ``EPSG:9210`` names.

    Raises
    ------
    CrsUnknown
    """
    text = uri.strip().strip("[]")
    if text in (CRS84_URI, "OGC:CRS84", "CRS84"):
        return CRS84
    for head in ("http://www.opengis.net/def/crs/EPSG/0/", "urn:ogc:def:crs:EPSG::", "EPSG:"):
        tail = text.removeprefix(head)
        if tail != text and tail.isascii() and tail.isdigit() and int(tail) in SUPPORTED:
            return SUPPORTED[int(tail)]
    raise CrsUnknown(srid=uri, allowed=_allowed(), file=None)


def identify(declared: CRS | str | int | None, *, file: str | None = None) -> int:
    """
    The EPSG number of whatever a file declares (WKT, PROJ string, number, pyproj CRS).

    A VN-2000 definition that carries its own datum shift is read by its projection alone: the
    shift is always ours.

    Raises
    ------
    CrsMissing, CrsUnknown
    """
    if declared is None or declared == "":
        raise CrsMissing(file=file)
    try:
        crs = CRS.from_user_input(declared)
    except CRSError as error:
        raise CrsUnknown(srid=str(declared)[:80], allowed=_allowed(), file=file) from error
    if crs.is_bound and crs.source_crs is not None:
        crs = crs.source_crs
    if crs.to_authority() == ("OGC", "CRS84"):
        return STORAGE_SRID
    srid = crs.to_epsg()
    if srid is None:
        raise CrsUnknown(srid=crs.name, allowed=_allowed(), file=file)
    return supported(srid, file=file).srid


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


def spatial_ref_rows() -> list[tuple[int, str, str, str]]:
    """
    Rows for PostGIS's spatial_ref_sys: srid (also auth_srid), auth_name, srtext, proj4text.

    Only the VN-2000 systems: PostGIS's own rows serve the others.
    """
    rows: list[tuple[int, str, str, str]] = []
    for crs in SUPPORTED.values():
        if crs.datum != "vn2000":
            continue
        shape = "+proj=longlat" if crs.geographic else f"{_projection(crs)} +units=m"
        proj4 = f"{shape} +ellps=WGS84 +towgs84={VN2000_TOWGS84} +no_defs"
        # PostGIS reads srtext before proj4text, so both carry the shift.
        rows.append((crs.srid, SPATIAL_REF_AUTHORITY, CRS(f"{proj4} +type=crs").to_wkt("WKT1_GDAL"), proj4))
    return rows


def _allowed() -> list[int]:
    return sorted(SUPPORTED)


def _projection(crs: Crs) -> str:
    meridian, k = crs.central_meridian_deg, crs.k
    return f"+proj=tmerc +lat_0=0 +lon_0={meridian:.10g} +k={k:.10g} +x_0=500000 +y_0=0"


@functools.cache
def _pipeline(from_srid: int, to_srid: int) -> Transformer:
    source, target = SUPPORTED[from_srid], SUPPORTED[to_srid]
    steps = [_to_radians(source)]
    if source.datum != target.datum:
        turn = _HELMERT if source.datum == "vn2000" else f"+inv {_HELMERT}"
        steps += [
            "+proj=push +v_3",
            "+proj=cart +ellps=WGS84",
            turn,
            "+inv +proj=cart +ellps=WGS84",
            "+proj=pop +v_3",
        ]
    steps.append(_invert(_to_radians(target)))
    return Transformer.from_pipeline("+proj=pipeline " + " ".join(f"+step {step}" for step in steps))


def _to_radians(crs: Crs) -> str:
    if crs.geographic:
        return "+proj=unitconvert +xy_in=deg +xy_out=rad"
    if crs.srid == WEB_MERCATOR_SRID:
        return "+inv +proj=webmerc +ellps=WGS84"
    return f"+inv {_projection(crs)} +ellps=WGS84"


def _invert(step: str) -> str:
    return step.removeprefix("+inv ") if step.startswith("+inv ") else f"+inv {step}"


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
