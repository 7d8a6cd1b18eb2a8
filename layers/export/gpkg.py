"""GeoPackage: what is said of the rows stands in ``gpkg_metadata``."""

from __future__ import annotations

import json
from pathlib import Path

from layers.export import ogr
from layers.export.content import Content


def write(content: Content, path: Path) -> None:
    """Write a GeoPackage of one layer."""
    about = content.about
    ogr.write(
        content,
        path,
        "GPKG",
        layer=content.layer.id,
        geometry_type=ogr.GDAL_KINDS.get(content.geometry_kind, "Unknown"),
        layer_options={
            "IDENTIFIER": about["title"]["vi"],
            "DESCRIPTION": f"{about['title']['vi']} / {about['title']['en']}, {about['as_of']}",
        },
        layer_metadata={
            name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            for name, value in about.items()
        },
    )
