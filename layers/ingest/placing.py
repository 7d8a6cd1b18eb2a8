"""Which coordinate system a file is in: what it says, weighed against where it would lie."""

from __future__ import annotations

import shapely
from sqlalchemy import Connection

from gis import crs
from gis.arrays import Geometries
from gis.errors import DidoiError
from layers.ingest.guard import Received
from layers.ingest.notes import Notes
from layers.ingest.plan import Json, Plan
from layers.ingest.shapes import _points


def coordinate_evidence(_db: Connection, received: Received, plan: Plan) -> tuple[str | None, list[Json]]:
    """
    The system to use without asking, and the candidates.

    Returns
    -------
    crs, candidates
        ``crs`` is what a person said, else the best candidate where it is sure, else None.
    """
    geoms = geometries(received, plan)
    if geoms is None:
        return plan.crs, []
    declared = plan.crs or received.crs
    try:
        srid = crs.identify(declared)
        crs.detect_faults(shapely.total_bounds(geoms), srid)
    except DidoiError:
        return plan.crs, []
    return f"EPSG:{srid}", [
        {
            "crs": f"EPSG:{srid}",
            "name": crs.SUPPORTED[srid].name,
            "confidence": 0.99,
            "reasons": [],
            "moved_m": 0.0,
            "moved_towards": None,
            "box": None,
        }
    ]


def geometries(received: Received, plan: Plan) -> Geometries | None:
    """The geometries as received, from the file or from the two named headings; None where there are none."""
    if received.wkb is not None:
        return shapely.from_wkb(received.wkb.to_numpy(zero_copy_only=False), on_invalid="ignore")
    mapping = plan.mapping
    if not mapping.x or not mapping.y:
        return None
    return _points(received, (mapping.x, mapping.y), mapping, Notes(received.rows.num_rows))
