"""Zipped Shapefiles in UTF-8: one for each kind of geometry, the columns listed beside them."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

from gis.errors import BadInput
from layers.export import ogr
from layers.export.cells import short_names
from layers.export.content import Content
from layers.rows import told_columns

LONGEST_BYTES = 254
KINDS = {"POINT": "Point", "LINESTRING": "MultiLineString", "POLYGON": "MultiPolygon"}
PARTS = {"POINT": "point", "LINESTRING": "line", "POLYGON": "area"}


class KindNotCarried(BadInput):
    """Rows have geometries that a Shapefile cannot hold, as collections."""


def write(content: Content, path: Path) -> None:
    """
    Write a zip of Shapefiles, with ``columns.txt`` and ``metadata.txt``.

    Raises
    ------
    KindNotCarried
    """
    names, cut = short_names(told_columns(content.layer)), Counter[str]()
    found = content.kinds() or [content.geometry_kind.removeprefix("MULTI").replace("GEOMETRY", "POINT")]
    if unknown := [kind for kind in found if kind not in KINDS]:
        raise KindNotCarried(format="shp", kinds=", ".join(unknown))

    def mend(name: str, text: str) -> str:
        encoded = text.encode()
        if len(encoded) <= LONGEST_BYTES:
            return text
        cut[name] += 1
        return encoded[:LONGEST_BYTES].decode(errors="ignore")

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, kind in enumerate(found):
            stem = content.stem if len(found) == 1 else f"{content.stem}_{PARTS[kind]}"
            options: dict[str, Any] = {
                "geometry_type": "MultiPoint" if content.geometry_kind == "MULTIPOINT" else KINDS[kind],
                "encoding": "UTF-8",
            }
            shape = path.with_name(f"{stem}.shp")
            # Rows without geometry go with the first kind, so that they go once.
            ogr.write(
                content,
                shape,
                "ESRI Shapefile",
                kind=kind,
                with_none=place == 0,
                names=names,
                mend=mend,
                **options,
            )
            for part in sorted(path.parent.glob(f"{stem}.*")):
                if part != path:
                    archive.write(part, part.name)
                    part.unlink()
        about = json.dumps(content.about, ensure_ascii=False, indent=1)
        archive.writestr("columns.txt", _listed(content, names, cut))
        archive.writestr("metadata.txt", about)


def _listed(content: Content, names: dict[str, str], cut: Counter[str]) -> str:
    """Short name, name, words, unit, and how many texts were cut, parted by tabs."""
    lines = ["Shapefile\tname\tTên / Title (vi)\tTitle (en)\tunit\tcut > 254 bytes"]
    for told in content.about["columns"]:
        title = told.get("title", {"vi": "", "en": ""})
        cells = (names[told["name"]], told["name"], title["vi"], title["en"], told.get("unit", ""))
        lines.append("\t".join((*cells, str(cut[told["name"]]))))
    return "\ufeff" + "\r\n".join(lines) + "\r\n"
