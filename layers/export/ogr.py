"""Rows through GDAL, as a stream of Arrow batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlalchemy import ARRAY

from layers.export.cells import list_text
from layers.export.content import Content, arrow_type

GDAL_KINDS = {
    "POINT": "Point",
    "MULTIPOINT": "MultiPoint",
    "LINESTRING": "LineString",
    "MULTILINESTRING": "MultiLineString",
    "POLYGON": "Polygon",
    "MULTIPOLYGON": "MultiPolygon",
}


class RowsLost(OSError):
    """A file holds fewer rows than were written to it: the disk took no more."""


def write(
    content: Content,
    path: Path,
    driver: str,
    *,
    kind: str | None = None,
    with_none: bool = True,
    names: dict[str, str] | None = None,
    mend: Callable[[str, Any], Any] | None = None,
    **options: Any,
) -> None:
    """
    Write rows with a driver of GDAL, and count what the file holds.

    Parameters
    ----------
    kind, with_none
        As :meth:`Content.batches`.
    names
        Column to its name in the file.
    mend
        Makes a text fit, given its column.
    """
    import pyogrio  # here: it loads geopandas, a second at every start of the server

    columns = content.columns
    called = names or {name: name for name in columns}
    schema = pa.schema(
        [
            *(pa.field(called[name], arrow_type(col)) for name, col in columns.items()),
            pa.field("geom", pa.binary(), metadata={b"ARROW:extension:name": b"geoarrow.wkb"}),
        ]
    )
    written = 0

    def batched() -> Iterator[Any]:
        nonlocal written
        for batch in content.batches("wkb", kind, with_none=with_none):
            written += len(batch)
            by_column = [list(values) for values in zip(*batch, strict=True)]
            for i, (name, col) in enumerate(columns.items()):
                if isinstance(col.type, ARRAY):
                    by_column[i] = [list_text(value) for value in by_column[i]]
                if mend is not None:
                    by_column[i] = [mend(name, v) if isinstance(v, str) else v for v in by_column[i]]
            arrays = [pa.array(v, f.type) for v, f in zip(by_column, schema, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    pyogrio.write_arrow(
        pa.RecordBatchReader.from_batches(schema, batched()),
        path,
        driver=driver,
        geometry_name="geom",
        crs=f"EPSG:{content.crs.srid}",
        **options,
    )
    held = pyogrio.read_info(path, force_feature_count=True)["features"]
    if held != written:
        raise RowsLost(28, f"{held} < {written}")  # ENOSPC: GDAL only warns
