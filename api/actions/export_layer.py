"""A layer, filtered, as it holds on a date, as a file."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from sqlalchemy import Connection

from gis.crs import CRS84, Crs
from layers.access import Actor
from layers.catalogue import layer
from layers.export import export
from layers.filters import Wanted


def export_layer(
    db: Connection,
    actor: Actor,
    as_of: date,
    layer_id: str,
    wanted: Wanted,
    form: str,
    folder: Path,
    crs: Crs = CRS84,
) -> Path:
    """
    Write the wanted rows into a folder; the file's name tells the layer, the date, and "minh-hoa".

    Raises
    ------
    LayerUnknown, LayerForbidden, FormatUnknown, CrsNotCarried, KindNotCarried, ExportNotWritten,
    ColumnUnknown, ColumnMasked, FilterInvalid, BoxInvalid, and those of `layers.cql.condition`
    """
    return export(db, layer(layer_id), actor, as_of, wanted, form, folder, crs)
