"""GeoJSON (RFC 7946): longitude, latitude; what is said of the rows is a member beside the features."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from layers.export.content import Content


def write(content: Content, path: Path) -> None:
    """Write a feature collection, one feature to a line."""
    names = list(content.columns)
    key = names.index("key")
    with path.open("wb") as file:
        head = {"type": "FeatureCollection", "name": content.layer.id, "metadata": content.about}
        file.write(orjson.dumps(head)[:-1] + b',"features":[')
        comma = b"\n"
        for batch in content.batches("geojson"):
            for row in batch:
                file.write(comma + _feature(names, row, key))
                comma = b",\n"
        file.write(b"\n]}\n")


def _feature(names: list[str], row: tuple[Any, ...], key: int) -> bytes:
    told = {
        "type": "Feature",
        "id": row[key],
        "properties": dict(zip(names, row[:-1], strict=True)),
        "geometry": None if row[-1] is None else orjson.Fragment(row[-1]),
    }
    return orjson.dumps(told)
