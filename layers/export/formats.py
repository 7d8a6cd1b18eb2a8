"""The formats: who writes each, and what each can and cannot carry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from layers.export import csv, flatgeobuf, geojson, geoparquet, gpkg, kml, shapefile, xlsx
from layers.export.content import Content
from layers.layer import Text


@dataclass(frozen=True)
class Carries:
    """
    What comes back when a file of the format is imported.

    Attributes
    ----------
    any_crs
        Coordinates in any system; else longitude and latitude alone.
    about
        What is said of the rows goes into the file.
    text_bytes
        Longest text, in bytes of UTF-8; longer ones are cut, and how many is told in the file.
    digits
        Significant digits of a number; 17 is exact.
    geometry_letters
        Longest geometry as text; a longer one is left out, and how many is told in the file.
    control_letters
        Letters below U+0020 other than tab and line feed.
    mixed
        Points, lines and areas in one layer.
    limits
        The same for people, where something does not come back.
    """

    any_crs: bool = True
    about: bool = True
    text_bytes: int | None = None
    digits: int = 17
    geometry_letters: int | None = None
    control_letters: bool = True
    mixed: bool = True
    limits: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Format:
    """One format of files."""

    form: str
    title: Text
    extension: str
    media_type: str
    write: Callable[[Content, Path], None]
    carries: Carries


_LONLAT = Text("Chỉ kinh độ, vĩ độ WGS 84", "Longitude and latitude (WGS 84) alone")
_NO_ABOUT = Text("Không mang thông tin về nguồn và ngày", "Says nothing of source and date")
_CELL = Text(
    "Ranh giới dài quá 32.767 ký tự bị bỏ (có ghi số dòng)",
    "Boundaries beyond 32,767 letters are left out (and counted)",
)
_DBF = Text(
    "Tên cột 10 ký tự (có bảng đối chiếu), chữ dài quá 254 byte bị cắt (có ghi số dòng)",
    "Names of 10 letters (listed), texts beyond 254 bytes are cut (and counted)",
)

CARRIES: Mapping[str, Carries] = {
    "gpkg": Carries(),
    "geojson": Carries(any_crs=False, limits=(_LONLAT,)),
    "parquet": Carries(),
    "fgb": Carries(),
    "shp": Carries(text_bytes=254, digits=15, mixed=False, control_letters=False, limits=(_DBF,)),
    "kml": Carries(any_crs=False, control_letters=False, limits=(_LONLAT,)),
    "xlsx": Carries(
        text_bytes=32_767, digits=16, geometry_letters=32_767, control_letters=False, limits=(_CELL,)
    ),
    "csv": Carries(about=False, control_letters=False, limits=(_NO_ABOUT,)),
}
"""What each format can carry; the tests of export and import read it too."""

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS: Mapping[str, Format] = {
    form: Format(form, Text(title, title), extension, media, write, CARRIES[form])
    for form, title, extension, media, write in (
        ("gpkg", "GeoPackage", "gpkg", "application/geopackage+sqlite3", gpkg.write),
        ("geojson", "GeoJSON", "geojson", "application/geo+json", geojson.write),
        ("parquet", "GeoParquet", "parquet", "application/vnd.apache.parquet", geoparquet.write),
        ("fgb", "FlatGeobuf", "fgb", "application/flatgeobuf", flatgeobuf.write),
        ("shp", "Shapefile (zip)", "zip", "application/zip", shapefile.write),
        ("kml", "KML", "kml", "application/vnd.google-earth.kml+xml", kml.write),
        ("xlsx", "Excel (XLSX)", "xlsx", _XLSX, xlsx.write),
        ("csv", "CSV", "csv", "text/csv; charset=utf-8", csv.write),
    )
}
