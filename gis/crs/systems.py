"""The systems that we read and write, and how a file's own words name one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pyproj import CRS
from pyproj.exceptions import CRSError

from gis.errors import BadInput

STORAGE_SRID = 4326
WEB_MERCATOR_SRID = 3857
VN2000_SRID = 4756

# PROJ reads +towgs84 as "position vector": the three rotations change sign. The widespread string
# with unchanged signs is 0.5 to 0.8 m off.
VN2000_TOWGS84 = "-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278"
SPATIAL_REF_AUTHORITY = "DIDOI"  # any row named 'EPSG' makes PostGIS choose between the two operations again

COUNTRY_BOX = (102.0, 7.0, 118.0, 24.0)  # lon, lat: the mainland, Hoàng Sa and Trường Sa


class CrsMissing(BadInput):
    """A file or call that does not say its coordinate system. Facts: file."""


class CrsUnknown(BadInput):
    """A coordinate system we do not read. Facts: srid, allowed, file."""


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
        Crs(32648, "WGS 84 / UTM zone 48N", "wgs84", "xy", 105.0, 0.9996),
        Crs(32649, "WGS 84 / UTM zone 49N", "wgs84", "xy", 111.0, 0.9996),
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
        raise CrsUnknown(srid=srid, allowed=allowed(), file=file)
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
    raise CrsUnknown(srid=uri, allowed=allowed(), file=None)


def identify(declared: CRS | str | int | None, *, file: str | None = None) -> int:
    """
    The EPSG number of whatever a file declares (WKT, PROJ string, number, pyproj CRS).

    A VN-2000 definition that carries its own datum shift is read by its projection alone: the
    shift is always ours.

    Raises
    ------
    CrsMissing, CrsUnknown
    """
    crs = parse(declared, file=file)
    if crs.is_bound and crs.source_crs is not None:
        crs = crs.source_crs
    if crs.to_authority() == ("OGC", "CRS84"):
        return STORAGE_SRID
    srid = crs.to_epsg()
    if srid is None:
        raise CrsUnknown(srid=crs.name, allowed=allowed(), file=file)
    return supported(srid, file=file).srid


def parse(declared: CRS | str | int | None, *, file: str | None = None) -> CRS:
    """
    What a file declares, as pyproj understands it.

    Raises
    ------
    CrsMissing, CrsUnknown
    """
    if declared is None or declared == "":
        raise CrsMissing(file=file)
    try:
        return CRS.from_user_input(declared)
    except CRSError as error:
        raise CrsUnknown(srid=str(declared)[:80], allowed=allowed(), file=file) from error


def spatial_ref_rows() -> list[tuple[int, str, str, str]]:
    """
    Rows for PostGIS's spatial_ref_sys: srid (also auth_srid), auth_name, srtext, proj4text.

    Only the VN-2000 systems: PostGIS's own rows serve the others.
    """
    rows: list[tuple[int, str, str, str]] = []
    for crs in SUPPORTED.values():
        if crs.datum != "vn2000":
            continue
        shape = "+proj=longlat" if crs.geographic else f"{projection(crs)} +units=m"
        proj4 = f"{shape} +ellps=WGS84 +towgs84={VN2000_TOWGS84} +no_defs"
        # PostGIS reads srtext before proj4text, so both carry the shift.
        rows.append((crs.srid, SPATIAL_REF_AUTHORITY, CRS(f"{proj4} +type=crs").to_wkt("WKT1_GDAL"), proj4))
    return rows


def allowed() -> list[int]:
    """Numbers of the systems that we read."""
    return sorted(SUPPORTED)


def projection(crs: Crs) -> str:
    """The step from geographic radians to the plane of a transverse Mercator system, for PROJ."""
    meridian, k = crs.central_meridian_deg, crs.k
    return f"+proj=tmerc +lat_0=0 +lon_0={meridian:.10g} +k={k:.10g} +x_0=500000 +y_0=0"
