"""
What a file is, by its first bytes; its name is only asked where bytes cannot tell.

A name can lie: a ``.geojson`` that holds OGR VRT would make GDAL read any file of the server. So the content
chooses the one driver that may open it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from layers.ingest.reading.answer import fail


@dataclass(frozen=True)
class Kind:
    """A kind of file: the name people know, GDAL's driver ('' where GDAL does not read it), its ending."""

    name: str
    driver: str
    suffix: str


GPKG = Kind("GeoPackage", "GPKG", ".gpkg")
SHAPEFILE = Kind("Shapefile", "ESRI Shapefile", ".shp")
GEOJSON = Kind("GeoJSON", "GeoJSON", ".geojson")
GEOJSON_LINES = Kind("GeoJSON lines", "GeoJSONSeq", ".geojsonl")
FLATGEOBUF = Kind("FlatGeobuf", "FlatGeobuf", ".fgb")
KML = Kind("KML", "LIBKML", ".kml")
DXF = Kind("DXF", "DXF", ".dxf")
TAB = Kind("MapInfo TAB", "MapInfo File", ".tab")
MIF = Kind("MapInfo MIF", "MapInfo File", ".mif")
GDB = Kind("FileGDB", "OpenFileGDB", ".gdb")
GML = Kind("GML", "GML", ".gml")
PARQUET = Kind("GeoParquet", "", ".parquet")
CSV = Kind("CSV", "", ".csv")
XLSX = Kind("XLSX", "", ".xlsx")
XLS = Kind("XLS", "", ".xls")
ODS = Kind("ODS", "", ".ods")
GEOTIFF = Kind("GeoTIFF", "", ".tif")
KMZ = Kind("KMZ", "", ".kmz")
ZIP = Kind("ZIP", "", ".zip")
SHEETS = (XLSX, XLS, ODS)

#: Ending → kind, for names that people give; the first bytes may say otherwise.
BY_SUFFIX = {
    ".gpkg": GPKG, ".shp": SHAPEFILE, ".geojson": GEOJSON, ".json": GEOJSON, ".geojsonl": GEOJSON_LINES,
    ".geojsons": GEOJSON_LINES, ".ndjson": GEOJSON_LINES, ".jsonl": GEOJSON_LINES,
    ".geojsonseq": GEOJSON_LINES, ".fgb": FLATGEOBUF, ".kml": KML, ".kmz": KMZ, ".dxf": DXF, ".tab": TAB,
    ".mif": MIF, ".gml": GML, ".xml": GML,
    ".parquet": PARQUET, ".geoparquet": PARQUET, ".csv": CSV, ".tsv": CSV, ".txt": CSV, ".xlsx": XLSX,
    ".xlsm": XLSX, ".xls": XLS, ".ods": ODS, ".tif": GEOTIFF, ".tiff": GEOTIFF, ".zip": ZIP,
}  # fmt: skip
READ = (*sorted(BY_SUFFIX), ".gdb")

#: Files that lie beside the main file of a kind and belong to it.
PARTS = {
    SHAPEFILE: (".dbf", ".shx", ".prj", ".cpg"),
    TAB: (".dat", ".map", ".id", ".ind", ".dbf"),
    MIF: (".mid",),
}

#: What people send that holds no table we read: ending or content → its name, and to what it is brought.
_CONVERT = {
    "dgn8": ("DGN v8 (MicroStation)", "DXF, GeoPackage", "MicroStation (Save As DXF), FME"),
    "dgn7": ("DGN v7 (MicroStation)", "DXF, GeoPackage", "MicroStation (Save As DXF), QGIS"),
    "dwg": ("DWG (AutoCAD)", "DXF", "AutoCAD (DXFOUT), ODA File Converter"),
    "binary_dxf": ("DXF (binary)", "DXF (ASCII)", "AutoCAD (DXFOUT, ASCII)"),
    "mdb": ("Access / Personal Geodatabase", "GeoPackage, XLSX", "ArcGIS, Access, QGIS"),
    "sqlite": ("SQLite", "GeoPackage", "QGIS"),
    "archive": ("RAR / 7z / gzip", "ZIP", "7-Zip"),
    "pdf": ("PDF", "XLSX, GeoPackage", "QGIS, Excel"),
    "topojson": ("TopoJSON / Esri JSON", "GeoJSON", "QGIS, mapshaper"),
    "project": ("QGIS / ArcGIS project", "GeoPackage", "QGIS, ArcGIS"),
    "doc": ("Word", "XLSX", "Excel, Word"),
    "xlsb": ("XLSB", "XLSX", "Excel"),
}  # fmt: skip
_CONVERT_SUFFIX = {
    ".dgn": "dgn7", ".dwg": "dwg", ".mdb": "mdb", ".accdb": "mdb", ".rar": "archive", ".7z": "archive",
    ".gz": "archive", ".pdf": "pdf", ".qgs": "project", ".qgz": "project", ".mxd": "project",
    ".aprx": "project", ".wor": "project", ".doc": "doc", ".docx": "doc", ".topojson": "topojson",
    ".xlsb": "xlsb",
}  # fmt: skip
_HEAD_BYTES = 65_536
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def kind_of(path: Path, name: str) -> Kind:
    """The kind of one file (not a folder), by content and then by name; ends with words where none is."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    suffix = Path(name).suffix.lower()
    if not head:
        fail("file_blank")
    kind = _by_signature(head, suffix, path) or _by_text(head, suffix)
    if kind is None:
        if suffix in _CONVERT_SUFFIX:
            convert(_CONVERT_SUFFIX[suffix])
        if suffix in BY_SUFFIX:
            fail("file_unreadable", reason=f"no {BY_SUFFIX[suffix].name}: {head[:16]!r}")
        fail("file_kind_unknown", allowed=", ".join(READ))
    return kind


def convert(what: str) -> NoReturn:
    """End, saying what the file is, to what it must be brought, and with which programs."""
    kind, to, tools = _CONVERT[what]
    fail("file_needs_conversion", kind=kind, to=to, tools=tools)


def _by_signature(head: bytes, suffix: str, path: Path) -> Kind | None:
    """Kinds that begin with bytes of their own."""
    if head.startswith(b"SQLite format 3\0"):
        if head[68:72] in (b"GPKG", b"GP10", b"GP11") or suffix == ".gpkg":
            return GPKG
        convert("sqlite")
    if head.startswith(b"fgb\x03fgb"):
        return FLATGEOBUF
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_kind(head, suffix)
    if head.startswith(b"PAR1"):
        return PARQUET
    if head[:4] in (b"\x00\x00\x27\x0a",):
        return SHAPEFILE
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return GEOTIFF
    if head.startswith(_OLE):
        return _ole_kind(path)
    if re.match(rb"AC10\d\d", head):
        convert("dwg")
    if head.startswith(b"AutoCAD Binary DXF"):
        convert("binary_dxf")
    if head[:2] in (b"\x08\x09", b"\xc8\x09") and head[2:4] in (b"\xfe\x02", b"\xfe\x0a"):
        convert("dgn7")
    if head.startswith((b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")):
        convert("archive")
    if head.startswith(b"%PDF"):
        convert("pdf")
    if head[4:19] in (b"Standard Jet DB", b"Standard ACE DB"):
        convert("mdb")
    return None


def _zip_kind(head: bytes, suffix: str) -> Kind:
    """Office files and KMZ are archives too; which one is told by the name and looked at again on opening."""
    if suffix in (".xlsx", ".xlsm"):
        return XLSX
    if suffix == ".xlsb":
        convert("xlsb")
    if suffix == ".ods" or head[30:80].startswith(b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"):
        return ODS
    return KMZ if suffix == ".kmz" else ZIP


def _ole_kind(path: Path) -> Kind:
    """Microsoft's compound file: old Excel, DGN v8 or Word, by the names in its directory."""
    with path.open("rb") as file:
        start = file.read(8_000_000)
        size = path.stat().st_size
        file.seek(max(0, size - 4_000_000))
        data = start + file.read()
    if "Dgn~".encode("utf-16-le") in data or "Dgn-".encode("utf-16-le") in data:
        convert("dgn8")
    if "Workbook".encode("utf-16-le") in data or "Book".encode("utf-16-le") in data:
        return XLS
    if "WordDocument".encode("utf-16-le") in data:
        convert("doc")
    if "EncryptedPackage".encode("utf-16-le") in data:
        fail("archive_locked", member="EncryptedPackage")
    return XLS


def _by_text(head: bytes, suffix: str) -> Kind | None:
    """Kinds that are text."""
    text = _as_text(head)
    if text is None:
        return None
    begin = text.lstrip("\ufeff\x1e \t\r\n")
    if begin.startswith("<"):
        return _xml_kind(begin, suffix)
    if begin.startswith(("{", "[")):
        return _json_kind(begin, suffix)
    if re.match(r"!table\b", begin, re.IGNORECASE):
        return TAB
    if re.match(r"version\s+\d+", begin, re.IGNORECASE) and suffix in (".mif", ".txt"):
        return MIF
    if re.match(r"(999\s*\r?\n[^\n]*\n\s*)*0\s*\r?\n\s*SECTION", begin):
        return DXF
    return CSV if suffix in (".csv", ".tsv", ".txt") or BY_SUFFIX.get(suffix) is CSV else None


def _as_text(head: bytes) -> str | None:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", errors="replace")
    if head[:1] == b"<" and head[1:2] == b"\0":
        return head.decode("utf-16-le", errors="replace")
    if head[:2] == b"\0<":
        return head.decode("utf-16-be", errors="replace")
    return None if b"\0" in head[:1024] else head.decode("latin-1").removeprefix("ï»¿")


def _xml_kind(text: str, suffix: str) -> Kind | None:
    root = re.search(
        r"<([A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)",
        re.sub(r"<!--.*?(-->|$)|<[?!][^>]*>", "", text, flags=re.DOTALL),
    )
    local = root.group(2) if root else ""
    if local == "kml":
        return KML
    if local.startswith("OGR") and "VRT" in local.upper():
        fail("file_unreadable", reason=f"<{local}>")
    if local == "qgis":
        convert("project")
    if local in ("html", "HTML", "svg", "Workbook", "table"):
        return None
    return (
        GML if suffix in (".gml", ".xml") or "opengis.net/gml" in text else KML if suffix == ".kml" else None
    )


def _json_kind(text: str, suffix: str) -> Kind | None:
    foreign = r'"type"\s*:\s*"Topology"|"(esri|spatialReference|geometryType)'
    if re.search(foreign, text[:4000]) and not re.search(r'"type"\s*:\s*"Feature', text):
        convert("topojson")
    first = text.split("\n", 1)[0].strip()
    lines = re.match(r"\{.*\}\s*$", first) and re.search(r'"type"\s*:\s*"Feature"', first) is not None
    several = lines and "\n" in text.strip()
    return GEOJSON_LINES if several or BY_SUFFIX.get(suffix) is GEOJSON_LINES else GEOJSON


def refuse_suffix(suffix: str) -> None:
    """End with words where files of this ending need conversion."""
    if suffix in _CONVERT_SUFFIX:
        convert(_CONVERT_SUFFIX[suffix])
