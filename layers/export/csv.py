"""CSV for spreadsheets: a point on each geometry, its WKT, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

from gis.crs import STORAGE_SRID
from layers.export.cells import text
from layers.export.content import Content

BOM = "\ufeff"
"""Without it spreadsheets read Vietnamese as Latin-1."""
_RUN = re.compile(r"'*[=+\-@\t\r]")
"""How a cell begins that spreadsheets run, whoever wrote it, or that looks as if it had been made inert."""


def write(content: Content, path: Path) -> None:
    """Write a table; where the system is not WGS 84 every row names it."""
    stored = content.crs.srid == STORAGE_SRID
    place = ["lon", "lat", "wkt"] if stored else ["x", "y", "wkt", "crs"]
    system = [] if stored else [f"EPSG:{content.crs.srid}"]
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(BOM)
        writer = csv.writer(file)
        writer.writerow([*content.columns, *place])
        for batch in content.batches("flat"):
            writer.writerows([[inert(value) for value in row] + system for row in batch])


def inert(value: Any) -> str | None:
    """
    A value as a cell; a text that a spreadsheet would run has an apostrophe that makes it text again.

    :func:`layers.ingest.parse.unquoted` takes that apostrophe off.
    """
    told = text(value)
    is_text = isinstance(value, str | list)
    return f"'{told}" if is_text and told is not None and _RUN.match(told) else told
