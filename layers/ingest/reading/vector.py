"""
Read with GDAL, one driver at a time, batch by batch.

Text that is not declared to be UTF-8 is handed on as ISO-8859-1, which maps every byte to one letter: nothing
is lost, and the parent can find out what it was.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pyarrow

from layers.ingest.reading import headers, kinds
from layers.ingest.reading.answer import fail
from layers.ingest.reading.found import plain
from layers.ingest.reading.layers_in import Layer, Opened
from layers.ingest.reading.unpack import Source

pa: Any = pyarrow
RAW = "ISO-8859-1"
BATCH_ROWS = 16_384
#: Formats whose drivers take the count from a header without reading the rows.
COUNTED = (kinds.GPKG, kinds.FLATGEOBUF, kinds.SHAPEFILE, kinds.GDB, kinds.TAB)
ONE_LAYER = (kinds.SHAPEFILE, kinds.TAB, kinds.MIF, kinds.GEOJSON, kinds.GEOJSON_LINES, kinds.DXF)


def layers_of(source: Source) -> list[Layer]:
    """The layers of one source; those of single-layer formats are named for the file."""
    pyogrio = _pyogrio(source)
    headers.check(source)
    if source.kind in ONE_LAYER:
        return [Layer(source, source.name, None)]
    names = [str(name) for name, _ in pyogrio.list_layers(source.path)]
    if source.kind is kinds.KML:
        # Folders and documents that only hold others are layers too.
        counts = [pyogrio.read_info(source.path, layer=name)["features"] for name in names]
        names = [name for name, count in zip(names, counts, strict=True) if count]
    return [Layer(source, source.name if name == "inside" else name, name) for name in names]


def open_layer(layer: Layer) -> Opened:
    """Open one layer; the rows come as batches whose text is UTF-8 or, where ``raw``, ISO-8859-1."""
    pyogrio, source = _pyogrio(layer.source), layer.source
    told = headers.read(source)
    byte_text = source.kind in (kinds.TAB, kinds.MIF)
    if byte_text:
        headers.neutral(source.path)
    options = _options(source, raw=told.raw)
    announced = told.rows
    if announced is None and source.kind in COUNTED:
        info = pyogrio.read_info(source.path, layer=layer.inside, force_feature_count=True, **options)
        announced = int(info["features"])

    def opened() -> Any:
        return pyogrio.raw.open_arrow(
            source.path, layer=layer.inside, use_pyarrow=True, batch_size=BATCH_ROWS, **options
        )

    # Opening may parse the whole file: it is done once, for the answer below and the first reading.
    first = opened()
    meta, rows = first.__enter__()
    waiting: list[Any] = [(first, rows)]
    name = meta["geometry_name"] or "wkb_geometry"
    geometry = name if meta["geometry_type"] is not None and name in rows.schema.names else None

    def batches(raw_text: bool) -> Iterator[Any]:
        if not waiting:
            again = opened()
            waiting.append((again, again.__enter__()[1]))
        context, reader = waiting.pop()
        try:
            yield plain(pa.RecordBatch.from_pylist([], schema=reader.schema), geometry)
            for batch in reader:
                yield plain(_as_raw(batch, geometry) if raw_text or byte_text else batch, geometry)
        finally:
            context.__exit__(None, None, None)

    return Opened(
        layer,
        batches,
        geometry=geometry,
        crs=meta["crs"],
        crs_text=told.crs_text,
        declared_encoding=told.encoding,
        raw=told.raw,
        announced=announced,
        trailing_cut=source.kind in (kinds.SHAPEFILE, kinds.TAB),
    )


def _options(source: Source, *, raw: bool) -> dict[str, Any]:
    if source.kind is kinds.GML:
        return {"DOWNLOAD_SCHEMA": "NO", "SKIP_RESOLVE_ELEMS": "ALL", "WRITE_GFS": "NO"}
    if raw and source.kind in (kinds.SHAPEFILE, kinds.DXF):
        return {"ENCODING": RAW}
    return {}


def _as_raw(batch: Any, geometry: str | None) -> Any:
    """Text that should have been UTF-8 and is not: each byte as one letter."""
    columns = [
        pa.array([None if v is None else v.decode("latin-1") for v in column.cast(pa.binary()).to_pylist()])
        if name != geometry and pa.types.is_string(column.type)
        else column
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _pyogrio(source: Source) -> Any:
    """Load GDAL; the drivers that may open were named before (``child`` did), and are looked at once more."""
    sys.modules.setdefault("geopandas", None)  # pyright: ignore[reportArgumentType]  # it takes it along, slowly
    import pyogrio

    if source.kind.driver not in pyogrio.list_drivers():
        fail("file_unreadable", reason=f"driver {source.kind.driver}")
    return pyogrio


def reason(error: BaseException, source: Source | None) -> str:
    """What a library says, without the paths of the scratch folder."""
    said = " ".join(str(error).split())
    if source is not None:
        said = said.replace(str(source.path), source.name).replace(str(source.path.parent), "")
    with suppress(re.error):
        said = re.sub(r"/\S*/didoi-import-\w+/\S*", "…", said)
    return said.split("; It might help")[0][:300].rstrip(". ") or type(error).__name__
