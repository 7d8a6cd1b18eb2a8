"""What can be wrong with a whole file; single rows are refused with notes instead (`layers.ingest.notes`)."""

from __future__ import annotations

from gis.errors import BadInput, Conflict, Forbidden, NotFound


class FileMissing(NotFound):
    """There is no such file. Facts: file."""


class FileKindUnknown(BadInput):
    """A kind of file that is not read. Facts: file, allowed."""


class FileUnreadable(BadInput):
    """The file is not what its name says, or it is damaged. Facts: file, reason."""


class FileTruncated(BadInput):
    """Fewer rows can be read than the file announces. Facts: file, announced, read."""


class FileTooLarge(BadInput):
    """Unpacked or read, the file takes more than the limit. Facts: file, limit_mb."""


class FileTooSlow(BadInput):
    """Reading takes longer than the limit. Facts: file, limit_s."""


class FileEmpty(BadInput):
    """The file holds no row. Facts: file, layer_in_file."""


class EncodingUnknown(BadInput):
    """Text that is not in the declared encoding. Facts: file, encoding."""


class LayerChoiceNeeded(BadInput):
    """The file holds several layers and none was named. Facts: file, layers."""


class LayerNotInFile(BadInput):
    """The named layer is not in the file. Facts: file, asked, layers."""


class SheetTooSparse(BadInput):
    """A few cells strewn over a sheet: no table. Facts: sheet, cells, rows, columns."""


class LayerNotImportable(BadInput):
    """The layer is computed, or there is no such table. Facts: layer, importable."""


class ColumnsMissing(BadInput):
    """Required columns have no source. Facts: file, layer, columns, headings."""


class CoordinatesMissing(BadInput):
    """The layer needs a geometry and the file holds none. Facts: file, headings."""


class HeadingUnknown(BadInput):
    """A mapping names a heading that the file does not have. Facts: file, heading, headings."""


class MappingUnknown(NotFound):
    """Neither a file nor a bundled mapping. Facts: mapping, known."""


class MappingInvalid(BadInput):
    """A mapping that cannot be read or says what is not understood. Facts: mapping, reason."""


class RowsContradict(Conflict):
    """The database refuses the rows for a reason that was not foreseen. Facts: file, constraint, reason."""


class ImportForbidden(Forbidden):
    """The actor may not change this layer. Facts: layer."""
