"""Read GeoParquet (geoparquet.org, 1.0 and 1.1): the primary column as WKB, its system as PROJJSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, cast

import pyarrow

from layers.ingest.reading.answer import fail
from layers.ingest.reading.found import plain
from layers.ingest.reading.layers_in import Layer, Opened

pa: Any = pyarrow
BATCH_ROWS = 16_384


def open_layer(layer: Layer) -> Opened:
    """Open a Parquet file; without the metadata of GeoParquet it is a table without geometry."""
    import pyarrow.parquet

    parquet: Any = pyarrow.parquet
    try:
        file = parquet.ParquetFile(str(layer.source.path), memory_map=False, pre_buffer=False)
    except (pa.ArrowException, OSError) as error:
        fail("file_unreadable", reason=str(error).replace(str(layer.source.path), layer.source.name)[:300])
    geometry, crs, crs_text = _geo(file.schema_arrow)

    def batches(_raw: bool) -> Iterator[Any]:
        yield plain(pa.RecordBatch.from_pylist([], schema=file.schema_arrow), geometry)
        for batch in file.iter_batches(batch_size=BATCH_ROWS, use_threads=False):
            yield plain(batch, geometry)

    return Opened(
        layer,
        batches,
        geometry=geometry,
        crs=crs,
        crs_text=crs_text,
        announced=int(file.metadata.num_rows),
    )


def _geo(schema: Any) -> tuple[str | None, str | None, str | None]:
    """Name of the geometry, its system, and the system as written."""
    said = (schema.metadata or {}).get(b"geo")
    if said is None:
        return None, None, None
    try:
        told: Any = json.loads(said)
        name = str(told["primary_column"])
        column = cast("dict[str, Any]", told["columns"][name])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        fail("file_unreadable", reason=f"geo: {error!r}"[:300])
    if column.get("encoding") != "WKB":
        fail("geometry_encoding_unread", encoding=str(column.get("encoding"))[:40])
    kind = schema.field(name).type if name in schema.names else None
    if kind is None or not (pa.types.is_binary(kind) or pa.types.is_large_binary(kind)):
        fail("file_unreadable", reason=f"geo: {name}: {kind}")
    if "crs" not in column:
        return name, "EPSG:4326", "OGC:CRS84"
    crs = column["crs"]
    if crs is None:
        return name, None, None
    text = json.dumps(crs, ensure_ascii=False)
    identity: Any = crs.get("id") if isinstance(crs, dict) else None
    if isinstance(identity, dict):
        authority, code = identity.get("authority"), identity.get("code")
        return name, "EPSG:4326" if code == "CRS84" else f"{authority}:{code}", text
    return name, text, text
