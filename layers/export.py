"""
Rows of a layer as a file: GeoPackage, GeoJSON or CSV, written while they are read.

What an actor may not see is missing in the file as it is on the screen, because the rows come from
:func:`layers.query.visible`. Every row says whether it is illustrative.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
from sqlalchemy import ARRAY, Boolean, Connection, Date, Float, Integer, Select, func, select

from gis.crs import STORAGE_SRID
from gis.errors import BadInput
from layers.access import Actor
from layers.filters import Wanted
from layers.layer import Layer
from layers.query import masked
from layers.rows import any_illustrative, kept, told_columns

Format = Literal["gpkg", "geojson", "csv"]
FORMATS: tuple[Format, ...] = ("gpkg", "geojson", "csv")
BATCH_ROWS = 5_000
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that spreadsheets run, whoever wrote it; GeoPackage and GeoJSON run nothing."""
BOM = "\ufeff"
"""Without it spreadsheets read Vietnamese as Latin-1."""


class FormatUnknown(BadInput):
    """An export was asked for in a format that is not written."""


def export(
    db: Connection, layer: Layer, actor: Actor, as_of: date, wanted: Wanted, form: str, folder: Path
) -> Path:
    """
    Write the wanted rows into a new file of a folder.

    Returns
    -------
    path
        Its name tells the layer and the date, and ``minh-hoa`` (illustrative) when any row is invented.

    Raises
    ------
    FormatUnknown
    """
    if form not in FORMATS:
        raise FormatUnknown(format=form[:20], allowed=", ".join(FORMATS))
    mark = "_minh-hoa" if any_illustrative(db, layer, actor, as_of, wanted) else ""
    path = folder / f"{layer.id}_{as_of.isoformat()}{mark}.{form}"
    names = [name for name in told_columns(layer) if name not in masked(layer, actor)]
    if form == "csv":
        _write_csv(path, names, _rows(db, _chosen(layer, actor, as_of, wanted, names, flat=True)))
    else:
        chosen = _chosen(layer, actor, as_of, wanted, names, flat=False)
        _write_ogr(path, layer, as_of, names, _rows(db, chosen), form)
    return path


def _chosen(
    layer: Layer, actor: Actor, as_of: date, wanted: Wanted, names: list[str], *, flat: bool
) -> Select[Any]:
    rows, where = kept(layer, actor, as_of, wanted)
    if flat:
        on_it = func.ST_PointOnSurface(rows.c.geom)
        place = [func.ST_X(on_it), func.ST_Y(on_it), func.ST_AsText(rows.c.geom, 9)]
    else:
        place = [func.ST_AsBinary(rows.c.geom)]
    return select(*(rows.c[name] for name in names), *place).where(*where).order_by(rows.c.key)


def _rows(db: Connection, chosen: Select[Any]) -> Iterator[list[Any]]:
    """Batches of rows from a cursor on the server: memory holds one batch."""
    for batch in db.execution_options(yield_per=BATCH_ROWS).execute(chosen).partitions():
        yield [tuple(row) for row in batch]


def _write_csv(path: Path, names: list[str], batches: Iterator[list[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(BOM)
        writer = csv.writer(file)
        writer.writerow([*names, "lon", "lat", "wkt"])
        for batch in batches:
            writer.writerows([[_inert(_cell(value)) for value in row] for row in batch])


def _inert(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula, with the apostrophe that makes it text again."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def _write_ogr(
    path: Path, layer: Layer, as_of: date, names: list[str], batches: Iterator[list[Any]], form: str
) -> None:
    columns = [layer.columns()[name] for name in names]
    joined = [isinstance(col.type, ARRAY) for col in columns]
    schema = pa.schema(
        [
            *(pa.field(name, _arrow(col.type)) for name, col in zip(names, columns, strict=True)),
            pa.field("geom", pa.binary(), metadata={b"ARROW:extension:name": b"geoarrow.wkb"}),
        ]
    )

    def batched() -> Iterator[Any]:
        for batch in batches:
            by_column = list(zip(*batch, strict=True))
            values = [
                [_cell(v) for v in by_column[i]] if joined[i] else by_column[i] for i in range(len(names))
            ]
            arrays = [pa.array(v, f.type) for v, f in zip([*values, by_column[-1]], schema, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    options: dict[str, Any] = (
        {"layer_options": {"COORDINATE_PRECISION": "9"}}
        if form == "geojson"
        else {"layer_metadata": {"as_of": as_of.isoformat(), "title": layer.title.vi}}
    )
    import pyogrio  # here: it loads geopandas, a second at every start of the server

    pyogrio.write_arrow(
        pa.RecordBatchReader.from_batches(schema, batched()),
        path,
        layer=layer.id,
        driver={"gpkg": "GPKG", "geojson": "GeoJSON"}[form],
        geometry_name="geom",
        geometry_type="Unknown",
        crs=f"EPSG:{STORAGE_SRID}",
        **options,
    )


def _arrow(kind: Any) -> Any:
    for sort, arrow in (
        (Boolean, pa.bool_()),
        (Date, pa.date32()),
        (Integer, pa.int64()),
        (Float, pa.float64()),
    ):
        if isinstance(kind, sort):
            return arrow
    return pa.string()
