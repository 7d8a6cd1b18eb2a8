"""
The only door between coordinate systems.

Storage and interchange is WGS 84 in longitude, latitude; Vietnamese files come in VN-2000 and must
say in which zone. EPSG lists two operations VN-2000 → WGS 84 and PROJ picks between them point by
point (the line runs along 11.04° N through Bình Dương): a layer transformed with the default tears
by 0.8 m. Everything here goes through one of them, EPSG:6960 (decision 05/2007/QĐ-BTNMT), in
pipelines written out in `gis.crs.pipelines`; `spatial_ref_rows` gives PostGIS the same operation.
"""

from gis.crs.detection import SURE, Candidate, Detection, detect
from gis.crs.faults import (
    CoordinatesFault,
    CoordinatesSwapped,
    DegreesInProjected,
    MetresInGeographic,
    OutsideCountry,
    detect_faults,
)
from gis.crs.pipelines import Shift, transform, transform_xy
from gis.crs.provinces import Province
from gis.crs.readings import Reading, reading, reading_faults, to_lonlat, to_lonlat_xy
from gis.crs.reasons import Reason
from gis.crs.storage import to_storage
from gis.crs.systems import (
    COUNTRY_BOX,
    CRS84,
    CRS84_URI,
    SPATIAL_REF_AUTHORITY,
    STORAGE_SRID,
    SUPPORTED,
    TM3_SRIDS,
    VN2000_SRID,
    VN2000_TOWGS84,
    WEB_MERCATOR_SRID,
    Crs,
    CrsMissing,
    CrsUnknown,
    from_uri,
    identify,
    spatial_ref_rows,
    supported,
)

__all__ = [
    "COUNTRY_BOX",
    "CRS84",
    "CRS84_URI",
    "SPATIAL_REF_AUTHORITY",
    "STORAGE_SRID",
    "SUPPORTED",
    "SURE",
    "TM3_SRIDS",
    "VN2000_SRID",
    "VN2000_TOWGS84",
    "WEB_MERCATOR_SRID",
    "Candidate",
    "CoordinatesFault",
    "CoordinatesSwapped",
    "Crs",
    "CrsMissing",
    "CrsUnknown",
    "DegreesInProjected",
    "Detection",
    "MetresInGeographic",
    "OutsideCountry",
    "Province",
    "Reading",
    "Reason",
    "Shift",
    "detect",
    "detect_faults",
    "from_uri",
    "identify",
    "reading",
    "reading_faults",
    "spatial_ref_rows",
    "supported",
    "to_lonlat",
    "to_lonlat_xy",
    "to_storage",
    "transform",
    "transform_xy",
]
