"""Which coordinate system a file is in: what a person says, else what all the evidence makes sure."""

from __future__ import annotations

import shapely
from sqlalchemy import Connection

from gis import crs
from gis.arrays import Geometries
from gis.errors import BadInput
from layers import codes
from layers.ingest.evidence import locate
from layers.ingest.guard import Received
from layers.ingest.notes import Notes
from layers.ingest.plan import Json, Plan
from layers.ingest.shapes import points

SAMPLE = 1_000
MARGIN_DEG = 0.1

OLD = ":old"
"""Behind the code of a province of before July 2025 whose code means another one since."""


class ProvinceUnknown(BadInput):
    """A code that no province has or had. Facts: province."""


class CrsAgainstProvince(BadInput):
    """A chosen system puts the data outside the named province. Facts: crs, province, inside, rows."""


def coordinate_evidence(db: Connection, received: Received, plan: Plan) -> tuple[str | None, list[Json]]:
    """
    The system to use without asking, and the candidates.

    Returns
    -------
    crs, candidates
        ``crs`` is what a person said, else the best candidate where it is sure, else None.

    Raises
    ------
    CrsMissing, CrsUnknown
        If a person named a system that is none.
    ProvinceUnknown, CrsAgainstProvince
    """
    geoms, where = geometries(received, plan), province(plan.province)
    if plan.crs is not None:
        crs.reading(plan.crs)
    if geoms is None or plan.target is None:
        return plan.crs, []
    if plan.crs is not None and where is not None:
        _check_province(geoms, plan.crs, where)
    declared = received.crs_text or received.crs
    found = locate(db, geoms, plan.target, declared, where)
    sure = str(found.best.reading) if found.sure and found.best is not None else None
    return plan.crs or sure, [one.to_json() for one in found.candidates]


def _check_province(geoms: Geometries, chosen: str, where: crs.Province) -> None:
    """Two things that a person said must fit: most of the data lies in the province, give or take 10 km."""
    sample = geoms[:: max(1, len(geoms) // SAMPLE)]
    placed = crs.to_lonlat(sample[~shapely.is_missing(sample)], crs.reading(chosen))
    centres = shapely.centroid(placed)
    west, south, east, north = where.box
    around = shapely.box(west - MARGIN_DEG, south - MARGIN_DEG, east + MARGIN_DEG, north + MARGIN_DEG)
    inside = int(shapely.covers(around, centres).sum())
    if 2 * inside < len(placed):
        raise CrsAgainstProvince(crs=chosen, province=where.name, inside=inside, rows=len(placed))


def province(code: str | None) -> crs.Province | None:
    """
    The province that a plan names; None where it names none.

    Raises
    ------
    ProvinceUnknown
    """
    if code is None:
        return None
    if code.endswith(OLD):
        plain = code.removesuffix(OLD)
        found = next((one for one in codes.provinces() if one.code == plain and one.era == "old"), None)
    else:
        found = codes.province(code)
    if found is None:
        raise ProvinceUnknown(province=code)
    return found


def geometries(received: Received, plan: Plan) -> Geometries | None:
    """The geometries as received, from the file or from the two named headings; None where there are none."""
    if received.wkb is not None:
        return shapely.from_wkb(received.wkb.to_numpy(zero_copy_only=False), on_invalid="ignore")
    mapping = plan.mapping
    if not mapping.x or not mapping.y:
        return None
    return points(received, (mapping.x, mapping.y), mapping, Notes(received.rows.num_rows))
