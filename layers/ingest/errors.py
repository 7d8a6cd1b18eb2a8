"""What can be wrong with a whole file; single rows are refused with notes instead (`layers.ingest.notes`)."""

from __future__ import annotations

from gis.errors import BadInput, Conflict, Forbidden, NotFound


class FileMissing(NotFound):
    """There is no such file. Facts: file."""


class FileKindUnknown(BadInput):
    """A kind of file that is not read. Facts: file, allowed."""


class FileUnreadable(BadInput):
    """The file is not what its name says, or it is damaged. Facts: file, reason."""


class FileNotRaster(BadInput):
    """A table of rows where a raster is wanted. Facts: file, kind."""


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


class UnitDiffers(BadInput):
    """A heading states a unit that measures something else. Facts: heading, column, stated, wanted."""


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


class FileBlank(BadInput):
    """The file has no content at all. Facts: file."""


class FileIsLink(BadInput):
    """A link instead of a file: it could lead anywhere on the server. Facts: file."""


class FileNeedsConversion(BadInput):
    """A kind that must be brought to another first. Facts: file, kind, to, tools."""


class FileCutShort(FileUnreadable):
    """Fewer bytes than the header announces. Facts: file, part, announced_bytes, bytes."""


class FilePartMissing(BadInput):
    """A format of several files lacks one. Facts: file, part, found."""


class FileWithoutLayers(BadInput):
    """The file is sound and holds no table. Facts: file."""


class FileHarmful(FileUnreadable):
    """The program that reads such files gave up on this one. Facts: file, reason."""


class ArchiveUnsafe(BadInput):
    """An archive with a path out of it, a link, or too many members. Facts: file, member."""


class ArchiveNested(BadInput):
    """An archive that only holds another. Facts: file, member."""


class ArchiveLocked(BadInput):
    """Encrypted. Facts: file, member."""


class XmlEntities(BadInput):
    """XML with a DOCTYPE: entities could read files or swell. Facts: file."""


class XmlTooDeep(BadInput):
    """XML nested deeper than any real file. Facts: file, limit."""


class XmlBroken(FileUnreadable):
    """XML that is not well-formed, or ends early. Facts: file, line, reason."""


class ColumnsTooMany(BadInput):
    """More columns than any table has. Facts: file, columns, limit."""


class QuoteOpen(FileUnreadable):
    """A quotation mark that never closes has swallowed rows. Facts: file, row."""


class CellTooLong(BadInput):
    """One cell of a CSV is longer than the limit. Facts: file, row, limit."""


class SheetTooLarge(BadInput):
    """A sheet whose used range is far larger than its content. Facts: file, sheet, limit."""


class GeometryEncodingUnread(BadInput):
    """GeoParquet whose geometry is not WKB. Facts: file, encoding."""


class ObjectTooLarge(BadInput):
    """One GeoJSON object is longer than the limit. Facts: file, limit_mb."""


class CurvesUnread(BadInput):
    """Arcs and other curves that cannot be straightened here. Facts: file."""
