"""Geometries that are written out in cells: WKT, EWKT or hexadecimal WKB."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow
import shapely

from layers.ingest.reading.geometries import read_all

pa: Any = pyarrow
DEEPEST = 20  # collections in collections: reading goes down with them
WKT = re.compile(
    r"\s*(SRID=(\d+);)?\s*(MULTI)?(POINT|LINESTRING|POLYGON|GEOMETRYCOLLECTION|CURVE|SURFACE|CIRCULAR|COMPOUND)",
    re.I,
)
HEX = re.compile(r"\s*(00|01)[0-9A-Fa-f]{16,}\s*$")
_SRID = re.compile(r"^\s*SRID=\d+;", re.IGNORECASE)


def geometries(values: Sequence[str | None]) -> tuple[Any, list[tuple[int, str, dict[str, Any]]]]:
    """
    Geometries of a column of text.

    Returns
    -------
    wkb
        Shape (n,), binary; null where there is none or none that can be read.
    faults
        Row, code and facts of what is written and cannot be read; one row never stops the others.
    """
    given = [None if v is None or not v.strip() else _SRID.sub("", v.strip()) for v in values]
    texts = [None if t is not None and t.upper().count("COLLECTION") > DEEPEST else t for t in given]
    geoms: Any = np.full(len(given), None, dtype=object)
    curved: set[int] = set()
    for read, rows in (
        (shapely.from_wkb, [i for i, t in enumerate(texts) if t is not None and HEX.match(t)]),
        (shapely.from_wkt, [i for i, t in enumerate(texts) if t is not None and not HEX.match(t)]),
    ):
        geoms[rows], curves = read_all(read, [texts[i] for i in rows])
        curved.update(rows[i] for i in curves)
    faults: list[tuple[int, str, dict[str, Any]]] = [
        (i, "geometry_curved", {}) if i in curved else (i, "geometry_unreadable", {"value": text[:80]})
        for i, text in enumerate(given)
        if text is not None and geoms[i] is None
    ]
    return pa.array(shapely.to_wkb(geoms), pa.binary()), faults
