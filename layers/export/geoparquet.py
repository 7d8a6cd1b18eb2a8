"""GeoParquet 1.1: WKB, the system as PROJJSON, and what is said of the rows under the key ``didoi``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyproj import CRS

from gis.crs import STORAGE_SRID
from layers.export.about import heading
from layers.export.content import Content, arrow_type
from layers.layer import about


def write(content: Content, path: Path) -> None:
    """Write a Parquet file, a group of rows at a time."""
    import pyarrow.parquet as pq

    schema = _schema(content)
    with pq.ParquetWriter(path, schema, compression="zstd") as file:
        for batch in content.batches("wkb"):
            by_column = zip(*batch, strict=True)
            arrays = [pa.array(v, f.type) for v, f in zip(by_column, schema, strict=True)]
            file.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))


def _schema(content: Content) -> Any:
    fields = [
        pa.field(name, arrow_type(col, lists=True), metadata=_field(col))
        for name, col in content.columns.items()
    ]
    srid = content.crs.srid
    system = CRS.from_user_input("OGC:CRS84" if srid == STORAGE_SRID else f"EPSG:{srid}")
    geo = {
        "version": "1.1.0",
        "primary_column": "geom",
        "columns": {
            # No list of kinds means any kind: what the rows hold is known only at their end.
            "geom": {"encoding": "WKB", "geometry_types": [], "crs": json.loads(system.to_json())}
        },
    }
    told = {
        "geo": json.dumps(geo),
        "didoi": json.dumps(content.about, ensure_ascii=False),
    }
    return pa.schema([*fields, pa.field("geom", pa.binary())], metadata=told)


def _field(col: Any) -> dict[str, str]:
    told = about(col)
    said = {"title_vi": heading(col)}
    return said | {"title_en": told.title.en, "unit": told.unit or ""} if told else said
