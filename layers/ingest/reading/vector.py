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
    names = [str(name) for name, _ in pyogrio.list_layers(source.path)]
    if (
        source.kind in ONE_LAYER
        and len(names) == 1
        and (source.kind is not kinds.GEOJSON or names[0] == "inside")
    ):
        return [Layer(source, source.name, names[0])]
    return [Layer(source, name, name) for name in names]


def open_layer(layer: Layer) -> Opened:
    """Open one layer; the rows come as batches whose text is UTF-8 or, where ``raw``, ISO-8859-1."""
    pyogrio, source = _pyogrio(layer.source), layer.source
    told = headers.read(source)
    options = _options(source, raw=told.raw)
    info = pyogrio.read_info(
        source.path, layer=layer.inside, force_feature_count=source.kind in COUNTED, **options
    )
    announced = told.rows if told.rows is not None else int(info["features"])
    crs = info["crs"]
    geometry = _geometry_name(layer, options)

    def batches(raw_text: bool = False) -> Iterator[Any]:
        with pyogrio.raw.open_arrow(
            source.path, layer=layer.inside, use_pyarrow=True, batch_size=BATCH_ROWS, **options
        ) as (_, reader):
            empty = pa.RecordBatch.from_pylist([], schema=reader.schema)
            yield plain(empty, geometry)
            for batch in reader:
                yield plain(_as_raw(batch, geometry) if raw_text else batch, geometry)

    return Opened(
        layer,
        batches,
        geometry=geometry,
        crs=crs,
        crs_text=told.crs_text,
        declared_encoding=told.encoding,
        raw=told.raw,
        announced=announced if announced >= 0 else None,
        trailing_cut=source.kind in (kinds.SHAPEFILE, kinds.TAB),
    )


def _geometry_name(layer: Layer, options: dict[str, Any]) -> str | None:
    pyogrio = _pyogrio(layer.source)
    with pyogrio.raw.open_arrow(
        layer.source.path, layer=layer.inside, use_pyarrow=True, max_features=0, **options
    ) as (meta, reader):
        name = meta["geometry_name"] or "wkb_geometry"
        return name if meta["geometry_type"] is not None and name in reader.schema.names else None


def _options(source: Source, *, raw: bool) -> dict[str, Any]:
    if source.kind is kinds.GML:
        return {"DOWNLOAD_SCHEMA": "NO", "SKIP_RESOLVE_ELEMS": "ALL", "WRITE_GFS": "NO"}
    if raw and source.kind in (kinds.SHAPEFILE, kinds.TAB, kinds.MIF, kinds.DXF):
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
    return said[:300] or type(error).__name__
