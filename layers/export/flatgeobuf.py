"""FlatGeobuf, with a spatial index where every row has a place."""

from __future__ import annotations

import json
from pathlib import Path

from layers.export import ogr
from layers.export.content import Content


def write(content: Content, path: Path) -> None:
    """Write a FlatGeobuf; what is said of the rows is its description."""
    indexed = not content.layer.columns()["geom"].nullable
    ogr.write(
        content,
        path,
        "FlatGeobuf",
        layer=content.layer.id,
        geometry_type=ogr.GDAL_KINDS.get(content.geometry_kind, "Unknown"),
        layer_options={
            "SPATIAL_INDEX": "YES" if indexed else "NO",  # the index has no place for a row without one
            "TEMPORARY_DIR": str(path.parent),
            "TITLE": content.about["title"]["vi"],
            "DESCRIPTION": json.dumps(content.about, ensure_ascii=False),
        },
    )
