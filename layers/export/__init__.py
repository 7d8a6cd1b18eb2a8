"""
Rows of a layer as a file: one module per format, one table of formats, rows streamed from the server.

What an actor may not see is missing in the file as it is on the screen, because the rows come from
:func:`layers.query.visible`. Every row says whether it is illustrative; every format that can says where the
rows come from, for which date, and by which operation their coordinates were made.
"""

from __future__ import annotations

import errno
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pyarrow as pa
from sqlalchemy import Connection

from gis.crs import CRS84, STORAGE_SRID, Crs
from gis.errors import BadInput, Unavailable
from layers.access import Actor
from layers.export.content import Content
from layers.export.formats import FORMATS, Format
from layers.filters import Wanted
from layers.layer import Layer
from layers.rows import any_illustrative

__all__ = ["FORMATS", "CrsNotCarried", "ExportNotWritten", "FormatUnknown", "export", "format_of"]

_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)


class FormatUnknown(BadInput):
    """An export was asked for in a format that is not written."""


class CrsNotCarried(BadInput):
    """A format has one coordinate system by its standard, and another one was asked for."""


class ExportNotWritten(Unavailable):
    """The file could not be written whole: most often the disk is full."""


def format_of(form: str) -> Format:
    """
    A format by its id.

    Raises
    ------
    FormatUnknown
    """
    if form not in FORMATS:
        raise FormatUnknown(format=form[:20], allowed=", ".join(FORMATS))
    return FORMATS[form]


def export(
    db: Connection,
    layer: Layer,
    actor: Actor,
    as_of: date,
    wanted: Wanted,
    form: str,
    folder: Path,
    crs: Crs = CRS84,
) -> Path:
    """
    Write the wanted rows into a new file of a folder.

    Returns
    -------
    path
        Its name tells the layer, the date and a system other than WGS 84, and ``minh-hoa`` (illustrative)
        when any row is invented.

    Raises
    ------
    FormatUnknown, CrsNotCarried, ExportNotWritten
    """
    chosen = format_of(form)
    if crs.srid != STORAGE_SRID and not chosen.carries.any_crs:
        able = ", ".join(name for name, one in FORMATS.items() if one.carries.any_crs)
        raise CrsNotCarried(format=chosen.form, crs=f"EPSG:{crs.srid}", able=able)
    illustrative = any_illustrative(db, layer, actor, as_of, wanted)
    content = Content(db, layer, actor, as_of, wanted, crs, illustrative)
    path = folder / f"{content.stem}.{chosen.extension}"
    with _told(chosen.form):
        chosen.write(content, path)
    return path


@contextmanager
def _told(form: str) -> Generator[None]:
    """What the libraries that write say of a disk that takes no more, in our words."""
    from pyogrio import errors as gdal

    failed = (gdal.DataLayerError, gdal.DataSourceError, gdal.FeatureError, gdal.FieldError)

    try:
        yield
    except (*failed, pa.ArrowException) as error:
        raise ExportNotWritten(format=form, reason=_brief(error)) from error
    except OSError as error:
        if error.errno not in _FULL and not isinstance(error.__cause__ or error.__context__, OSError):
            raise
        raise ExportNotWritten(format=form, reason=_brief(error)) from error


def _brief(error: Exception) -> str:
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(said.split())[:160]
