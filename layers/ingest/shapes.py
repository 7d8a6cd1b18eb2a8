"""Geometries of a file: in which system, sound or not, ready for the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from gis import crs, geometry
from gis.arrays import Bools, Floats, Geometries, Ints
from gis.errors import DidoiError
from layers.ingest.arrow import Array, pa
from layers.ingest.errors import CoordinatesMissing
from layers.ingest.guard import Received
from layers.ingest.notes import Facts, Notes
from layers.ingest.parse import parse
from layers.ingest.targets import Field, Target
from layers.layer import Text

#: What happens to whole files and changes no coordinate: told once, not per row.
OF_FILE = ("promoted_to_multi", "z_dropped")


@dataclass(frozen=True)
class Prepared:
    """
    A part of the geometries, checked.

    Attributes
    ----------
    kept
        Shape (k,): which of the rows asked for may be stored.
    ewkb
        Shape (number kept,), binary in the storage system; null where a missing geometry is allowed.
    checked
        Verdict and notes of the k rows.
    """

    kept: Bools
    ewkb: Array
    checked: geometry.Checked


@dataclass(frozen=True)
class Shapes:
    """All geometries of a file, as they came, and how their numbers are read."""

    geoms: Geometries
    reading: crs.Reading
    kind: str
    required: bool

    def prepare(self, rows: Ints) -> Prepared:
        """Transform and check some rows; pure, and most of it outside the interpreter's lock."""
        moved = crs.to_lonlat(self.geoms[rows], self.reading)
        checked = geometry.check(moved, self.kind)
        kept = checked.verdict != geometry.REFUSED
        if not self.required:
            kept |= shapely.is_missing(self.geoms[rows])
        stored = shapely.set_srid(checked.geoms[kept], crs.STORAGE_SRID)
        return Prepared(kept, pa.array(shapely.to_wkb(stored, include_srid=True), pa.binary()), checked)


def shapes(
    received: Received,
    into: Target,
    xy: tuple[str, str] | None,
    declared: str | int | None,
    notes: Notes,
    file: str,
    mapping: Any,
) -> Shapes | None:
    """
    The file's geometries with their system; rows with impossible coordinates are refused here.

    Parameters
    ----------
    xy
        Headings of the coordinates where the file holds no geometry.
    declared
        The reading that the person or mapping says (``EPSG:9210;swapped``); it wins over the file's.

    Returns
    -------
    shapes
        None where the target needs no geometry and the file has none.

    Raises
    ------
    CoordinatesMissing, CrsMissing, CrsUnknown, CoordinatesSwapped, MetresInGeographic, DegreesInProjected,
    OutsideCountry
    """
    if into.geometry is None or (received.wkb is None and xy is None):
        if into.geometry is not None and into.geometry_required:
            raise CoordinatesMissing(file=file, headings=", ".join(received.rows.column_names))
        return None
    reading = crs.reading(declared if declared is not None else received.crs, file=file)
    if declared is not None and received.crs is not None and _told_by(received.crs) != reading:
        notes.of_file("crs_replaced", declared=received.crs, used=str(reading))
    if received.wkb is not None:
        geoms = shapely.from_wkb(received.wkb.to_numpy(zero_copy_only=False), on_invalid="ignore")
    else:
        assert xy is not None
        geoms = points(received, xy, mapping, notes)
    _refuse_faults(geoms, reading, notes, file)
    return Shapes(geoms, reading, into.geometry_kind, into.geometry_required)


def note_geometry(notes: Notes, rows: Ints, prepared: Prepared, required: bool) -> None:
    """Turn the verdicts of some rows into notes."""
    checked = prepared.checked
    n = len(notes.refused)
    for code, given in checked.notes.items():
        if code in OF_FILE:
            continue
        if code == "null_geometry" and not required:
            continue
        refused = given & (checked.verdict == geometry.REFUSED)
        notes.refuse(_spread(rows[refused], n), code)
        mended = given & ~refused
        change = (
            dict(zip(rows.tolist(), checked.area_change_ratio.tolist(), strict=True)) if mended.any() else {}
        )
        notes.note(_spread(rows[mended], n), code, lambda row, change=change: _changed(change[row]))


def _changed(ratio: float) -> Facts:
    return {} if np.isnan(ratio) else {"area_change_percent": round(ratio * 100, 4)}


def points(received: Received, xy: tuple[str, str], mapping: Any, notes: Notes) -> Geometries:
    columns: list[Floats] = []
    for heading in xy:
        told = Field(heading, "number", Text(heading, heading))
        parsed = parse(received.rows[heading], told, mapping)
        for code, bad in parsed.faults.items():
            values = received.rows[heading]
            notes.refuse(
                bad, code, lambda row, h=heading, v=values: {"column": h, "value": str(v[row].as_py())}
            )
        columns.append(parsed.values.fill_null(float("nan")).to_numpy(zero_copy_only=False))
    x, y = columns
    present = np.isfinite(x) & np.isfinite(y)
    geoms: Geometries = np.full(len(x), None, dtype=object)
    geoms[present] = shapely.points(x[present], y[present])
    return geoms


def _told_by(declared: str) -> crs.Reading | None:
    """What the file alone would be read as; None where nobody could."""
    try:
        return crs.reading(declared)
    except crs.CrsUnknown:
        return None


def _refuse_faults(geoms: Geometries, reading: crs.Reading, notes: Notes, file: str) -> None:
    try:  # most files are sound as a whole, and one box is quicker to look at than all rows
        crs.reading_faults(shapely.total_bounds(geoms), reading, file=file)
        return
    except DidoiError:
        codes = crs.reading_faults(geoms, reading, file=file)
    bounds = shapely.bounds(geoms)
    for code in sorted({code for code in codes.tolist() if code}):
        notes.refuse(
            codes == code,
            code,
            lambda row: {"x": float(bounds[row, 0]), "y": float(bounds[row, 1]), "srid": reading.srid},
        )


def _spread(rows: Ints, n: int) -> Bools:
    spread: Bools = np.zeros(n, dtype=bool)
    spread[rows] = True
    return spread
