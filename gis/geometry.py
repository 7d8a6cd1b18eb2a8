"""
Is a geometry what its column asks for? Mended once at the door, trusted afterwards.

`check` answers for a whole column and never stops at one bad row. `overlaps` reports pairs that
share land.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from gis.arrays import Bools, Floats, Geometries, Ints, Verdicts
from gis.errors import BadInput
from gis.measure import HA_M2, area_ha

OK, REPAIRED, REFUSED = 0, 1, 2

_DIMENSION = {"POINT": 0, "LINESTRING": 1, "POLYGON": 2}

# Notes that accompany a repair or refusal, beside the reasons GEOS gives for an invalid polygon.
NOTE_CODES = (
    "null_geometry",
    "empty_geometry",
    "wrong_kind",
    "several_parts",
    "parts_dropped",
    "zero_length",
    "zero_area",
    "invalid_coordinate",
    "self_intersection",
    "ring_self_intersection",
    "hole_lies_outside_shell",
    "holes_are_nested",
    "nested_shells",
    "duplicate_rings",
    "interior_is_disconnected",
    "too_few_points_in_geometry_component",
    "invalid_geometry",
    "repeated_points",
    "z_dropped",
    "promoted_to_multi",
    "line_closed",
)


class KindUnknown(BadInput):
    """A geometry kind no column has. Facts: kind, allowed."""


CANCELLED_SHARE = 0.1
"""
The loops of a boundary that crosses itself count against each other. Up to this share of the mended area,
what was left of them is the area of nothing, and no change is told from it.
"""


@dataclass(frozen=True)
class Checked:
    """
    The answer for a column of n geometries.

    Parameters
    ----------
    geoms
        Shape (n,), ready to be stored; None where refused.
    verdict
        Shape (n,): OK (as it came, at most flattened or made multi), REPAIRED (its coordinates
        changed) or REFUSED.
    area_change_ratio
        Shape (n,), 1: (area after − before) / before of repaired polygons, by absolute plane areas;
        NaN elsewhere, and where the area before was at most `CANCELLED_SHARE` of that after.
    notes
        Code → shape (n,) mask of the rows it was given to.
    """

    geoms: Geometries
    verdict: Verdicts
    area_change_ratio: Floats
    notes: dict[str, Bools] = field(default_factory=dict[str, Bools])

    def codes(self, row: int) -> tuple[str, ...]:
        """The notes of one row, refusals first."""
        return tuple(code for code, mask in self.notes.items() if mask[row])


def check(geoms: Geometries, kind: str) -> Checked:
    """
    Check and mend a column of geometries in any system.

    Parameters
    ----------
    geoms
        Shape (n,); None where missing (refused as null_geometry).
    kind
        POINT, LINESTRING, POLYGON or their MULTI kind. A single one is promoted to multi; a multi of
        one part is made single; a multi of several where one is asked is refused (several_parts).

    Returns
    -------
    checked

    Raises
    ------
    KindUnknown
    """
    kind = kind.upper()
    single = kind.removeprefix("MULTI")
    if single not in _DIMENSION:
        raise KindUnknown(kind=kind, allowed=[*_DIMENSION, *(f"MULTI{name}" for name in _DIMENSION)])
    work = _Work(np.array(np.atleast_1d(geoms), dtype=object), _DIMENSION[single])
    work.refuse(shapely.is_missing(work.geoms), "null_geometry")
    work.refuse(work.alive & shapely.is_empty(work.geoms), "empty_geometry")
    _flatten(work)
    _fill_rings(work)
    _keep_dimension(work)
    _mend(work)
    _drop_repeated_points(work)
    _fit_parts(work, multi=kind.startswith("MULTI"))
    work.geoms[work.verdict == REFUSED] = None
    return Checked(work.geoms, work.verdict, work.area_change_ratio, work.notes)


def overlaps(geoms: Geometries, tolerance_m2: float = 1.0) -> tuple[Ints, Ints, Floats]:
    """
    Pairs of polygons that share land.

    Parameters
    ----------
    geoms
        Shape (n,), valid polygons in longitude, latitude; None and empty overlap nothing.
    tolerance_m2
        Shared slivers up to this area are drawing noise, not overlaps.

    Returns
    -------
    first, second, area_m2
        Shape (k,): row numbers with first < second, in order, and the shared area.
    """
    geoms = np.atleast_1d(np.asarray(geoms, dtype=object))
    first, second = shapely.STRtree(geoms).query(geoms, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    shared_m2 = area_ha(shapely.intersection(geoms[first], geoms[second])) * HA_M2
    real = shared_m2 > tolerance_m2
    first, second, shared_m2 = first[real], second[real], shared_m2[real]
    order = np.lexsort((second, first))
    return first[order], second[order], shared_m2[order]


class _Work:
    """The column while it is being mended."""

    def __init__(self, geoms: Geometries, dimension: int) -> None:
        self.geoms = geoms
        self.dimension = dimension
        self.verdict: Verdicts = np.zeros(len(geoms), dtype=np.int8)
        self.area_change_ratio: Floats = np.full(len(geoms), np.nan)
        self.notes: dict[str, Bools] = {}

    @property
    def alive(self) -> Bools:
        return self.verdict != REFUSED

    def note(self, rows: Bools, code: str) -> None:
        if rows.any():
            self.notes[code] = self.notes.get(code, np.zeros(len(self.geoms), dtype=bool)) | rows

    def repaired(self, rows: Bools, code: str) -> None:
        self.note(rows, code)
        self.verdict[rows] = np.maximum(self.verdict[rows], REPAIRED)

    def refuse(self, rows: Bools, code: str) -> None:
        self.note(rows, code)
        self.verdict[rows] = REFUSED


def _flatten(work: _Work) -> None:
    high = work.alive & shapely.has_z(work.geoms)
    work.geoms[high] = shapely.force_2d(work.geoms[high])
    work.note(high, "z_dropped")
    xy, row = shapely.get_coordinates(work.geoms, return_index=True)
    infinite = np.zeros(len(work.geoms), dtype=bool)
    infinite[row[~np.isfinite(xy).all(axis=1)]] = True
    infinite &= work.alive
    work.refuse(infinite, "invalid_coordinate")
    work.geoms[infinite] = None


def _fill_rings(work: _Work) -> None:
    """
    Closed lines where land is asked for are its outline: drawings (DXF, MIF) know no polygons.

    A line that does not come back to its first point stays a line, and is refused as one.
    """
    if work.dimension != 2:
        return
    lines = (shapely.GeometryType.LINESTRING, shapely.GeometryType.LINEARRING)
    closed = work.alive & np.isin(shapely.get_type_id(work.geoms), lines)
    closed &= shapely.is_closed(work.geoms) & (shapely.get_num_coordinates(work.geoms) >= 4)
    xy, ring = shapely.get_coordinates(work.geoms[closed], return_index=True)
    work.geoms[closed] = shapely.polygons(shapely.linearrings(xy, indices=ring))
    work.repaired(closed, "line_closed")


def _keep_dimension(work: _Work) -> None:
    kinds = shapely.get_type_id(work.geoms)
    collection = work.alive & (kinds == shapely.GeometryType.GEOMETRYCOLLECTION)
    for row in np.flatnonzero(collection):
        before = work.geoms[row]
        after = _of_dimension(before, work.dimension)
        work.geoms[row] = after
        if not shapely.is_empty(after) and len(shapely.get_parts(after)) < len(shapely.get_parts(before)):
            work.repaired(_one(int(row), len(kinds)), "parts_dropped")
    # A ring offered as a line where lines are asked for is a line.
    fits = (shapely.get_dimensions(work.geoms) == work.dimension) & ~shapely.is_empty(work.geoms)
    work.refuse(work.alive & ~fits, "wrong_kind")


def _mend(work: _Work) -> None:
    if work.dimension == 1:
        work.refuse(work.alive & (shapely.length(work.geoms) == 0), "zero_length")
        return
    rows = np.flatnonzero(work.alive & ~shapely.is_valid(work.geoms))
    if work.dimension != 2 or len(rows) == 0:
        work.refuse(work.alive & (work.dimension == 2) & (shapely.area(work.geoms) == 0), "zero_area")
        return
    bad = work.geoms[rows]
    before = shapely.area(bad)
    mended = shapely.make_valid(bad, method="structure", keep_collapsed=False)
    after = np.array([_of_dimension(geom, 2) for geom in mended], dtype=object)
    # GEOS now and then leaves two mended parts with a common edge: joined, they are valid.
    for odd in np.flatnonzero(~shapely.is_valid(after)):
        after[odd] = shapely.union_all(shapely.get_parts(after[odd]))
    gone = ~shapely.is_valid(after) | shapely.is_empty(after) | (shapely.area(after) == 0)
    for row, reason in zip(rows, shapely.is_valid_reason(bad), strict=True):
        work.repaired(_one(int(row), len(work.geoms)), _reason_code(reason))
    work.geoms[rows] = after
    with np.errstate(divide="ignore", invalid="ignore"):
        area = shapely.area(after)
        told = before > CANCELLED_SHARE * area
        work.area_change_ratio[rows] = np.where(told, (area - before) / np.where(told, before, 1.0), np.nan)
    lost = np.zeros(len(work.geoms), dtype=bool)
    lost[rows[gone]] = True
    work.area_change_ratio[lost] = np.nan
    work.refuse(lost | (work.alive & (shapely.area(work.geoms) == 0)), "zero_area")


def _drop_repeated_points(work: _Work) -> None:
    if work.dimension == 0:
        return
    simpler = shapely.remove_repeated_points(work.geoms, 0.0)
    fewer = work.alive & (shapely.get_num_coordinates(simpler) < shapely.get_num_coordinates(work.geoms))
    work.geoms[fewer] = simpler[fewer]
    work.repaired(fewer, "repeated_points")


def _fit_parts(work: _Work, *, multi: bool) -> None:
    kinds = shapely.get_type_id(work.geoms)
    is_multi = kinds >= shapely.GeometryType.MULTIPOINT
    if multi:
        alone = work.alive & ~is_multi
        build = (shapely.multipoints, shapely.multilinestrings, shapely.multipolygons)[work.dimension]
        rows = np.flatnonzero(alone)
        work.geoms[rows] = build(work.geoms[rows], indices=np.arange(len(rows)))
        work.note(alone, "promoted_to_multi")
        return
    several = work.alive & is_multi & (shapely.get_num_geometries(work.geoms) > 1)
    work.refuse(several, "several_parts")
    one = work.alive & is_multi
    work.geoms[one] = shapely.get_geometry(work.geoms[one], 0)


def _of_dimension(geom: shapely.Geometry, dimension: int) -> shapely.Geometry:
    """The parts of one dimension, as one multi geometry (single if alone, empty if none)."""
    parts = shapely.get_parts(geom)
    while (shapely.get_type_id(parts) >= shapely.GeometryType.MULTIPOINT).any():
        parts = shapely.get_parts(parts)
    parts = parts[(shapely.get_dimensions(parts) == dimension) & ~shapely.is_empty(parts)]
    if len(parts) == 1:
        return parts[0]
    build: Any = (shapely.multipoints, shapely.multilinestrings, shapely.multipolygons)[dimension]
    return build(parts)


def _one(row: int, n: int) -> Bools:
    mask = np.zeros(n, dtype=bool)
    mask[row] = True
    return mask


def _reason_code(reason: str) -> str:
    code = re.sub(r"\W+", "_", reason.split("[")[0].strip().lower()).strip("_")
    return code if code in NOTE_CODES else "invalid_geometry"
