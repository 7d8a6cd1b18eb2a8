"""
Files that nobody should send, made from nothing: every trap, damage and oddity import must survive.

``write`` makes each by its name; ``sound`` makes one sound file of every format, which ``damaged`` cuts
short or changes byte by byte, from a seed, so that any failure can be made again.
"""

from __future__ import annotations

import json
import random
import sqlite3
import struct
import sys
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
import xlsxwriter

#: Where the traps lead: a file whose content must never appear, and a port where nobody may call.
SECRET = "du-lieu-mat-cua-may-chu-8f31"


@dataclass(frozen=True)
class Bait:
    """A file outside of the upload, and an address that listens."""

    file: Path
    url: str


Writer = Callable[[Path, Bait], Path]
CASES: dict[str, Writer] = {}


def case(writer: Writer) -> Writer:
    """Enter a writer under its name."""
    CASES[writer.__name__] = writer
    return writer


def write(name: str, folder: Path, bait: Bait) -> Path:
    """Write one case."""
    return CASES[name](folder, bait)


def zones(n: int = 3) -> gpd.GeoDataFrame:
    """n zones in VN-2000 105°45′."""
    boxes = [shapely.box(600_000 + i * 200, 1_220_000, 600_100 + i * 200, 1_220_100) for i in range(n)]
    return gpd.GeoDataFrame(
        {
            "key": [f"K{i}" for i in range(n)],
            "name": [f"KCN Đồng Nai {i}" for i in range(n)],
            "kind": ["KCN"] * n,
        },
        geometry=boxes,
        crs=9210,
    )


def sound(folder: Path, n: int = 40) -> dict[str, Path]:
    """One sound file of every format."""
    rows, out = zones(n), {}
    wgs = rows.to_crs(4326)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, driver, frame in (
            ("z.gpkg", "GPKG", rows),
            ("z.fgb", "FlatGeobuf", rows),
            ("z.geojson", "GeoJSON", wgs),
            ("z.geojsonl", "GeoJSONSeq", wgs),
            ("z.kml", "LIBKML", wgs),
            ("z.kmz", "LIBKML", wgs),
            ("z.gml", "GML", rows),
            ("z.dxf", "DXF", rows[["geometry"]].assign(Layer="0")),
            ("z.gdb", "OpenFileGDB", rows),
        ):
            pyogrio.write_dataframe(frame, folder / name, driver=driver)
            out[name] = folder / name
        for name, driver, more in (
            ("s/z.shp", "ESRI Shapefile", {}),
            ("t/z.tab", "MapInfo File", {}),
            ("m/z.mif", "MapInfo File", {"FORMAT": "MIF"}),
        ):
            (folder / name).parent.mkdir(exist_ok=True)
            pyogrio.write_dataframe(rows, folder / name, driver=driver, **more)
            out[name] = folder / name
    rows.to_parquet(folder / "z.parquet")
    rows.to_wkt().to_csv(folder / "z.csv", index=False)
    book = xlsxwriter.Workbook(folder / "z.xlsx")
    sheet = book.add_worksheet("Khu")
    sheet.write_row(0, 0, ["Mã", "Tên", "Diện tích (ha)"])
    for i, row in enumerate(rows.itertuples()):
        sheet.write_row(i + 1, 0, [row.key, row.name, 1.5 + i])
    book.close()
    zipped(folder / "s.zip", sorted((folder / "s").iterdir()))
    return out | {name: folder / name for name in ("z.parquet", "z.csv", "z.xlsx", "s.zip")}


def zipped(path: Path, parts: list[Path]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts:
            archive.write(part, part.name)
    return path


def damaged(path: Path, into: Path, seed: int) -> Path:
    """The file (of several, one of its parts) cut short, or with some bytes changed, or a piece doubled."""
    dice = random.Random(seed)
    parts = sorted(path.parent.glob("z.*")) if path.parent.name in ("s", "t", "m") else [path]
    if path.is_dir():
        parts = sorted(path.iterdir())
        into = into / path.name
        into.mkdir()
    hurt = dice.choice(parts)
    for part in parts:
        data = bytearray(part.read_bytes())
        if part == hurt and data:
            _hurt(data, dice)
        (into / part.name).write_bytes(data)
    return into if path.is_dir() else into / path.name


def _hurt(data: bytearray, dice: random.Random) -> None:
    way = dice.choice(["cut", "flip", "flip", "head", "double", "zero"])
    at = dice.randrange(len(data))
    if way == "cut":
        del data[at:]
    elif way == "double":
        data[at:at] = data[at : at + dice.randrange(1, 2000)]
    elif way == "zero":
        data[at : at + 64] = bytes(len(data[at : at + 64]))
    else:
        top = min(len(data), 200) if way == "head" else len(data)
        for _ in range(dice.choice([1, 3, 20])):
            data[dice.randrange(top)] = dice.choice([0, 0xFF, 0x7F, 0x80, dice.randrange(256)])


def _text(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def _feature(geometry: str, key: str = "A") -> str:
    properties = json.dumps({"key": key, "name": "KCN", "kind": "KCN"})
    return f'{{"type":"Feature","properties":{properties},"geometry":{geometry}}}'


def _collection(*features: str) -> str:
    return '{"type":"FeatureCollection","features":[' + ",".join(features) + "]}"


def _polygon(ring: str) -> str:
    return f'{{"type":"Polygon","coordinates":[[{ring}]]}}'


SQUARE = "[106.8,10.9],[106.81,10.9],[106.81,10.91],[106.8,10.9]"


# ---- traps -----------------------------------------------------------------------------------------------


@case
def vrt_in_geojson(folder: Path, bait: Bait) -> Path:
    body = f'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>{bait.file}</SrcDataSource></OGRVRTLayer>'
    return _text(folder / "x.geojson", body + "</OGRVRTDataSource>")


@case
def vrt_in_kml(folder: Path, bait: Bait) -> Path:
    body = f"<kml/><!-- --><OGRVRTDataSource><SrcDataSource>{bait.file}</SrcDataSource></OGRVRTDataSource>"
    return _text(folder / "x.kml", body)


@case
def connection_in_geojson(folder: Path, bait: Bait) -> Path:
    return _text(folder / "x.geojson", f'{{"type":"FeatureCollection","features":[],"links":["{bait.url}"]}}')


def _kml(head: str, inside: str) -> str:
    return (
        f'<?xml version="1.0"?>{head}<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>x</name>'
        f"{inside}</Document></kml>"
    )


_PLACE = "<Placemark><name>{}</name><Point><coordinates>106.8,10.9</coordinates></Point></Placemark>"


@case
def xxe_in_kml(folder: Path, bait: Bait) -> Path:
    head = f'<!DOCTYPE kml [<!ENTITY x SYSTEM "file://{bait.file}">]>'
    return _text(folder / "x.kml", _kml(head, _PLACE.format("&x;")))


@case
def xxe_in_utf16_kml(folder: Path, bait: Bait) -> Path:
    head = f'<!DOCTYPE kml [<!ENTITY x SYSTEM "file://{bait.file}">]>'
    body = _kml(head, _PLACE.format("&x;")).replace('version="1.0"', 'version="1.0" encoding="UTF-16"')
    return _text(folder / "x.kml", body.encode("utf-16"))


@case
def xxe_over_the_network(folder: Path, bait: Bait) -> Path:
    head = f'<!DOCTYPE kml SYSTEM "{bait.url}/x.dtd">'
    return _text(folder / "x.kml", _kml(head, _PLACE.format("a")))


@case
def network_link_in_kml(folder: Path, bait: Bait) -> Path:
    links = "".join(
        f"<NetworkLink><Link><href>{href}</href></Link></NetworkLink>"
        for href in (bait.url, bait.file, "x.kml")
    )
    return _text(folder / "x.kml", _kml("", links + _PLACE.format("a")))


@case
def entity_bomb_in_kml(folder: Path, bait: Bait) -> Path:
    levels = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10))
    head = f'<!DOCTYPE kml [<!ENTITY a0 "ha">{levels}]>'
    return _text(folder / "x.kml", _kml(head, _PLACE.format("&a9;")))


def _gml(head: str, attributes: str, inside: str) -> str:
    return (
        f'<?xml version="1.0"?>{head}<ogr:FeatureCollection xmlns:ogr="http://ogr.maptools.org/" '
        'xmlns:gml="http://www.opengis.net/gml" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" {attributes}>'
        f'<gml:featureMember><ogr:x fid="1"><ogr:name>{inside}</ogr:name><ogr:geometryProperty>'
        '<gml:Point srsName="EPSG:9210"><gml:coordinates>600000,1220000</gml:coordinates></gml:Point>'
        "</ogr:geometryProperty></ogr:x></gml:featureMember></ogr:FeatureCollection>"
    )


@case
def xxe_in_gml(folder: Path, bait: Bait) -> Path:
    return _text(folder / "x.gml", _gml(f'<!DOCTYPE x [<!ENTITY x SYSTEM "{bait.file}">]>', "", "&x;"))


@case
def schema_of_gml_elsewhere(folder: Path, bait: Bait) -> Path:
    at = f'xsi:schemaLocation="http://ogr.maptools.org/ {bait.url}/x.xsd http://x {bait.file}"'
    return _text(folder / "x.gml", _gml("", at, "a"))


@case
def xlink_in_gml(folder: Path, bait: Bait) -> Path:
    body = _gml("", "", f'<ogr:ref xlink:href="{bait.url}/x#a"/><ogr:ref xlink:href="file://{bait.file}#a"/>')
    return _text(folder / "x.gml", body)


@case
def xxe_in_xlsx(folder: Path, bait: Bait) -> Path:
    sheet = (
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY x SYSTEM "file://{bait.file}">]>'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
        '<c r="A1" t="inlineStr"><is><t>&x;</t></is></c></row></sheetData></worksheet>'
    )
    return _xlsx_with(folder, sheet)


@case
def entity_bomb_in_xlsx(folder: Path, bait: Bait) -> Path:
    levels = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10))
    sheet = (
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">{levels}]>'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
        '<c r="A1" t="inlineStr"><is><t>&a9;</t></is></c></row></sheetData></worksheet>'
    )
    return _xlsx_with(folder, sheet)


@case
def far_cell_in_xlsx(folder: Path, bait: Bait) -> Path:
    """Two cells at opposite corners: 17 billion between them."""
    cell = '<row r="{r}"><c r="{c}{r}" t="inlineStr"><is><t>a</t></is></c></row>'
    rows = cell.format(r=1, c="A") + cell.format(r=1_048_576, c="XFD")
    ns = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return _xlsx_with(folder, f'<worksheet xmlns="{ns}"><sheetData>{rows}</sheetData></worksheet>')


def _xlsx_with(folder: Path, sheet: str) -> Path:
    book = xlsxwriter.Workbook(folder / "whole.xlsx")
    book.add_worksheet("Khu").write_row(0, 0, ["a", "b"])
    book.close()
    with zipfile.ZipFile(folder / "whole.xlsx") as whole, zipfile.ZipFile(folder / "x.xlsx", "w") as made:
        for name in whole.namelist():
            made.writestr(name, sheet if name.endswith("sheet1.xml") else whole.read(name))
    return folder / "x.xlsx"


@case
def tab_that_names_another_file(folder: Path, bait: Bait) -> Path:
    head = f'!table\n!version 300\nDefinition Table\n  File "{bait.file}"\n  Type DBF\n  Fields 1\n'
    head += "    a Char(9) ;\n"
    return _text(folder / "x.tab", head)


@case
def tab_view_of_another_file(folder: Path, bait: Bait) -> Path:
    head = (
        '!table\n!version 300\nOpen Table "../../../../etc/passwd" Hide\nCreate View x As Select a From b\n'
    )
    return _text(folder / "x.tab", head)


@case
def csv_that_names_another_file(folder: Path, bait: Bait) -> Path:
    return _text(
        folder / "x.csv", f"wkt,name\nfile://{bait.file},{bait.url}\n/vsicurl/{bait.url},=cmd|'/c x'!A0\n"
    )


@case
def view_in_geopackage(folder: Path, bait: Bait) -> Path:
    """A view that never ends and asks for files."""
    path = folder / "x.gpkg"
    pyogrio.write_dataframe(zones(), path, driver="GPKG")
    with sqlite3.connect(path) as db:
        db.execute(
            "CREATE VIEW endless AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"
            " SELECT x AS fid, 'a' AS name FROM c"
        )
        db.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier)"
            " VALUES ('endless', 'attributes', 'e')"
        )
    db.close()
    return path


# ---- archives --------------------------------------------------------------------------------------------


def _archive(folder: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(folder / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return folder / "x.zip"


@case
def zip_slip(folder: Path, bait: Bait) -> Path:
    return _archive(folder, {"../../../../tmp/didoi-slipped.csv": b"a,b\n1,2\n"})


@case
def zip_with_absolute_path(folder: Path, bait: Bait) -> Path:
    return _archive(folder, {"/tmp/didoi-slipped.csv": b"a,b\n1,2\n", "C:\\x.csv": b"a\n"})


@case
def zip_with_a_link(folder: Path, bait: Bait) -> Path:
    with zipfile.ZipFile(folder / "x.zip", "w") as archive:
        entry = zipfile.ZipInfo("z.csv")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, str(bait.file))
    return folder / "x.zip"


@case
def zip_bomb(folder: Path, bait: Bait) -> Path:
    with (
        zipfile.ZipFile(folder / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("z.csv", "w") as into,
    ):
        for _ in range(200):
            into.write(bytes(1_000_000))
    return folder / "x.zip"


@case
def zip_bomb_whose_header_lies(folder: Path, bait: Bait) -> Path:
    data = bytearray(zip_bomb(folder, bait).read_bytes())
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = data.find(mark)
        data[place + at : place + at + 4] = struct.pack("<I", 100)
    return _text(folder / "x.zip", bytes(data))


@case
def zip_in_a_zip_in_a_zip(folder: Path, bait: Bait) -> Path:
    inner = zip_bomb(folder, bait).read_bytes()
    for _ in range(3):
        inner = _archive(folder, {"x.zip": inner}).read_bytes()
    return folder / "x.zip"


@case
def zip_with_many_members(folder: Path, bait: Bait) -> Path:
    return _archive(folder, {f"{i}.txt": b"" for i in range(25_000)})


@case
def zip_with_a_password(folder: Path, bait: Bait) -> Path:
    data = bytearray(_archive(folder, {"z.csv": b"a\n1\n"}).read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(mark) + at] |= 1
    return _text(folder / "x.zip", bytes(data))


@case
def bomb_in_xlsx(folder: Path, bait: Bait) -> Path:
    ns = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    body = f'<worksheet xmlns="{ns}"><sheetData>' + " " * 150_000_000 + "</sheetData></worksheet>"
    book = xlsxwriter.Workbook(folder / "whole.xlsx")
    book.add_worksheet("Khu")
    book.close()
    with (
        zipfile.ZipFile(folder / "whole.xlsx") as whole,
        zipfile.ZipFile(folder / "x.xlsx", "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for name in whole.namelist():
            made.writestr(name, body if name.endswith("sheet1.xml") else whole.read(name))
    return folder / "x.xlsx"


# ---- structure -------------------------------------------------------------------------------------------


@case
def json_nested_100_000_deep(folder: Path, bait: Bait) -> Path:
    return _text(
        folder / "x.geojson", _collection(_feature('{"type":"Point","coordinates":' + "[" * 100_000))
    )


@case
def json_property_nested_100_000_deep(folder: Path, bait: Bait) -> Path:
    deep = '{"a":' * 100_000 + "1" + "}" * 100_000
    body = f'{{"type":"Feature","properties":{{"a":{deep}}},"geometry":null}}'
    return _text(folder / "x.geojson", _collection(body))


@case
def collections_nested_deep(folder: Path, bait: Bait) -> Path:
    n = 5000
    geometry = '{"type":"GeometryCollection","geometries":[' * n + "]}" * n
    return _text(folder / "x.geojson", _collection(_feature(geometry)))


@case
def wkt_nested_deep(folder: Path, bait: Bait) -> Path:
    n = 100_000
    wkt = "GEOMETRYCOLLECTION(" * n + "POINT(1 1)" + ")" * n
    return _text(folder / "x.csv", f'key,wkt\nA,"{wkt}"\nB,"POINT(106 10)"\n')


@case
def kml_nested_deep(folder: Path, bait: Bait) -> Path:
    return _text(folder / "x.kml", _kml("", "<Folder>" * 100_000 + "</Folder>" * 100_000))


@case
def dxf_blocks_that_hold_each_other(folder: Path, bait: Bait) -> Path:
    blocks = "".join(
        f"0\nBLOCK\n8\n0\n2\nB{i}\n"
        + f"0\nINSERT\n8\n0\n2\nB{(i + 1) % 12}\n10\n0\n20\n0\n" * 10
        + "0\nENDBLK\n"
        for i in range(12)
    )
    head = "0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\nAC1015\n0\nENDSEC\n"
    body = f"{head}0\nSECTION\n2\nBLOCKS\n{blocks}0\nENDSEC\n0\nSECTION\n2\nENTITIES\n"
    body += "0\nINSERT\n8\n0\n2\nB0\n10\n0\n20\n0\n"
    return _text(folder / "x.dxf", body + "0\nENDSEC\n0\nEOF\n")


@case
def dxf_without_end(folder: Path, bait: Bait) -> Path:
    return _text(folder / "x.dxf", "0\nSECTION\n2\nENTITIES\n0\nPOINT\n8\n0\n10\n600000\n20\n1220000\n")


@case
def giant_count_in_dbf(folder: Path, bait: Bait) -> Path:
    return _patched(folder, ".dbf", 4, struct.pack("<I", 0xFFFFFFF0))


@case
def wrong_row_length_in_dbf(folder: Path, bait: Bait) -> Path:
    return _patched(folder, ".dbf", 10, struct.pack("<H", 7))


@case
def zero_row_length_in_dbf(folder: Path, bait: Bait) -> Path:
    return _patched(folder, ".dbf", 10, struct.pack("<H", 0))


@case
def giant_length_in_shp(folder: Path, bait: Bait) -> Path:
    return _patched(folder, ".shp", 24, struct.pack(">I", 0x7FFFFFFF))


@case
def index_that_points_outside(folder: Path, bait: Bait) -> Path:
    return _patched(folder, ".shx", 108, struct.pack(">II", 0x7FFFFFF0, 0x7FFFFFF0))


@case
def giant_count_in_a_shape(folder: Path, bait: Bait) -> Path:
    return _patched(folder, ".shp", 100 + 8 + 4 + 32, struct.pack("<II", 0x7FFFFFFF, 0x7FFFFFFF))


def _patched(folder: Path, part: str, at: int, data: bytes) -> Path:
    pyogrio.write_dataframe(zones(), folder / "x.shp", driver="ESRI Shapefile")
    path = folder / f"x{part}"
    body = bytearray(path.read_bytes())
    body[at : at + len(data)] = data
    path.write_bytes(body)
    return folder / "x.shp"


@case
def giant_count_in_flatgeobuf(folder: Path, bait: Bait) -> Path:
    pyogrio.write_dataframe(zones(), folder / "x.fgb", driver="FlatGeobuf", SPATIAL_INDEX="NO")
    body = bytearray((folder / "x.fgb").read_bytes())
    place = body.find(struct.pack("<Q", 3), 8)
    body[place : place + 8] = struct.pack("<Q", 1 << 60)
    return _text(folder / "x.fgb", bytes(body))


@case
def shapefile_without_dbf(folder: Path, bait: Bait) -> Path:
    pyogrio.write_dataframe(zones(), folder / "x.shp", driver="ESRI Shapefile")
    (folder / "x.dbf").unlink()
    return folder / "x.shp"


@case
def shapefile_whose_part_is_a_link(folder: Path, bait: Bait) -> Path:
    pyogrio.write_dataframe(zones(), folder / "x.shp", driver="ESRI Shapefile")
    (folder / "x.prj").unlink()
    (folder / "x.prj").symlink_to(bait.file)
    return folder / "x.shp"


@case
def link_to_a_file_of_the_server(folder: Path, bait: Bait) -> Path:
    (folder / "x.csv").symlink_to(bait.file)
    return folder / "x.csv"


@case
def folder_with_a_link(folder: Path, bait: Bait) -> Path:
    (folder / "d").mkdir()
    (folder / "d" / "x.csv").symlink_to(bait.file)
    return folder / "d"


@case
def empty_folder(folder: Path, bait: Bait) -> Path:
    (folder / "d.gdb").mkdir()
    return folder / "d.gdb"


@case
def nothing(folder: Path, bait: Bait) -> Path:
    return _text(folder / "x.gpkg", b"")


@case
def columns_5000(folder: Path, bait: Bait) -> Path:
    return _text(
        folder / "x.csv", ",".join(f"c{i}" for i in range(5000)) + "\n" + ",".join(["1"] * 5000) + "\n"
    )


@case
def headings_doubled_and_empty(folder: Path, bait: Bait) -> Path:
    return _text(folder / "x.csv", "a,a,,a,\n1,2,3,4,5\n6,7,8,9,10,11\n")


@case
def quote_that_never_closes(folder: Path, bait: Bait) -> Path:
    return _text(folder / "x.csv", 'key,name\nA,"KCN\nB,KCN B\nC,KCN C\n')


@case
def dgn_v8(folder: Path, bait: Bait) -> Path:
    body = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "Dgn~H".encode("utf-16-le") + bytes(3000)
    return _text(folder / "x.dgn", body)


@case
def geopackage_named_shp(folder: Path, bait: Bait) -> Path:
    pyogrio.write_dataframe(zones(), folder / "x.gpkg", driver="GPKG")
    return (folder / "x.gpkg").rename(folder / "x.shp")


@case
def picture_named_gpkg(folder: Path, bait: Bait) -> Path:
    return _text(folder / "x.gpkg", b"\x89PNG\r\n\x1a\n" + bytes(1000))


@case
def web_page_named_csv(folder: Path, bait: Bait) -> Path:
    return _text(folder / "x.csv", "<!DOCTYPE html><html><body>404</body></html>")


# ---- geometry --------------------------------------------------------------------------------------------


@case
def nan_in_geojson(folder: Path, bait: Bait) -> Path:
    bad = ('{"type":"Point","coordinates":[NaN,10.9]}', '{"type":"Point","coordinates":[Infinity,10.9]}')
    return _text(folder / "x.geojson", _collection(*(_feature(one, str(i)) for i, one in enumerate(bad))))


@case
def number_1e999_in_geojson(folder: Path, bait: Bait) -> Path:
    good, bad = _polygon(SQUARE), '{"type":"Point","coordinates":[1e999,-1e999]}'
    return _text(folder / "x.geojson", _collection(_feature(good), _feature(bad, "B")))


@case
def open_rings_and_bow_ties(folder: Path, bait: Bait) -> Path:
    shapes = (
        _polygon("[106.8,10.9],[106.81,10.9],[106.81,10.91]"),
        _polygon("[106.8,10.9],[106.81,10.91],[106.81,10.9],[106.8,10.91],[106.8,10.9]"),
        _polygon(""),
        _polygon("[106.8,10.9]"),
        '{"type":"Polygon","coordinates":[]}',
        "null",
    )
    return _text(folder / "x.geojson", _collection(*(_feature(one, str(i)) for i, one in enumerate(shapes))))


@case
def mixed_types_and_dimensions(folder: Path, bait: Bait) -> Path:
    shapes = (
        _polygon(SQUARE),
        '{"type":"Point","coordinates":[106.8,10.9,5]}',
        '{"type":"LineString","coordinates":[[106.8,10.9],[106.9,10.9]]}',
        '{"type":"GeometryCollection","geometries":[]}',
    )
    return _text(folder / "x.geojson", _collection(*(_feature(one, str(i)) for i, one in enumerate(shapes))))


def _blob(folder: Path, wkb: list[bytes], srid: int = 9210) -> Path:
    """A GeoPackage that holds these very bytes."""
    path = folder / "x.gpkg"
    path.unlink(missing_ok=True)
    pyogrio.write_dataframe(zones(len(wkb)), path, driver="GPKG")
    with sqlite3.connect(path) as db:
        db.create_function("ST_IsEmpty", 1, lambda _: 0)
        for side in ("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            db.create_function(side, 1, lambda _: 0.0)
        (table,) = db.execute("SELECT table_name FROM gpkg_contents").fetchone()
        for fid, one in enumerate(wkb, 1):
            head = b"GP\x00\x01" + struct.pack("<i", srid)
            db.execute(f'UPDATE "{table}" SET geom = ? WHERE fid = ?', (head + one, fid))
    db.close()
    return path


@case
def curves(folder: Path, bait: Bait) -> Path:
    ring = np.array(
        [600_000.0, 1_220_000, 600_050, 1_220_050, 600_100, 1_220_000, 600_050, 1_219_950, 600_000, 1_220_000]
    )
    circle = struct.pack("<BII", 1, 8, 5) + ring.tobytes()
    return _blob(folder, [struct.pack("<BII", 1, 10, 1) + circle])


@case
def curves_among_others(folder: Path, bait: Bait) -> Path:
    """In a layer that says nothing of its type."""
    curved = curves(folder, bait)
    with sqlite3.connect(curved) as db:
        (blob,) = db.execute("SELECT geom FROM x").fetchone()
    db.close()
    path = _blob(folder, [shapely.to_wkb(geometry) for geometry in zones(2).geometry])
    with sqlite3.connect(path) as db:
        db.create_function("ST_IsEmpty", 1, lambda _: 0)
        for side in ("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            db.create_function(side, 1, lambda _: 0.0)
        db.execute("UPDATE x SET geom = ? WHERE fid = 1", (blob,))
        db.execute("UPDATE gpkg_geometry_columns SET geometry_type_name = 'GEOMETRY'")
    db.close()
    return path


@case
def measures_and_heights(folder: Path, bait: Bait) -> Path:
    ring = shapely.box(600_000, 1_220_000, 600_100, 1_220_100).exterior.coords
    corners = b"".join(struct.pack("<dddd", x, y, 5.0, float(i)) for i, (x, y) in enumerate(ring))
    return _blob(folder, [struct.pack("<BIII", 1, 3003, 1, len(ring)) + corners])


@case
def wkb_that_lies(folder: Path, bait: Bait) -> Path:
    lying = [
        struct.pack("<BII", 1, 3, 0xFFFFFFFF),
        struct.pack("<BIII", 1, 3, 1, 0x7FFFFFFF) + bytes(32),
        struct.pack("<BII", 1, 7, 3) + b"\x01",
        b"\x01",
        struct.pack("<BI", 1, 99) + bytes(40),
        struct.pack("<BI", 7, 1) + bytes(16),
    ]
    return _blob(folder, lying)


@case
def infinite_in_geopackage(folder: Path, bait: Bait) -> Path:
    return _blob(
        folder,
        [struct.pack("<BIdd", 1, 1, *pair) for pair in ((np.nan, 1.0), (np.inf, -np.inf), (1e308, -1e308))],
    )


@case
def unknown_srid(folder: Path, bait: Bait) -> Path:
    return _blob(folder, [shapely.to_wkb(geometry) for geometry in zones().geometry], srid=987_654)


@case
def ring_of_10_million(folder: Path, bait: Bait) -> Path:
    angle = np.linspace(0, 2 * np.pi, 10_000_001)
    corners = np.column_stack([600_000 + 1000 * np.cos(angle), 1_220_000 + 1000 * np.sin(angle)])
    corners[-1] = corners[0]
    huge = struct.pack("<BIII", 1, 3, 1, len(corners)) + corners.tobytes()
    return _blob(folder, [huge, shapely.to_wkb(zones(1).geometry[0])])


@case
def ring_of_10_million_in_geojson(folder: Path, bait: Bait) -> Path:
    with (folder / "x.geojson").open("w") as file:
        file.write(
            '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"key":"A"},"geometry":'
        )
        file.write('{"type":"Polygon","coordinates":[[')
        block = ",".join(f"[106.{i:06d},10.{i:06d}]" for i in range(100_000))
        for _ in range(100):
            file.write(block + ",")
        file.write("[106.000000,10.000000]]]}}]}")
    return folder / "x.geojson"


@case
def metres_as_degrees(folder: Path, bait: Bait) -> Path:
    zones().set_crs(4326, allow_override=True).to_file(folder / "x.gpkg")
    return folder / "x.gpkg"


@case
def wrong_meridian(folder: Path, bait: Bait) -> Path:
    zones().set_crs(9218, allow_override=True).to_file(folder / "x.gpkg")
    return folder / "x.gpkg"


@case
def empty_layer(folder: Path, bait: Bait) -> Path:
    pyogrio.write_dataframe(zones().iloc[:0], folder / "x.gpkg", driver="GPKG", geometry_type="Polygon")
    return folder / "x.gpkg"


# ---- text ------------------------------------------------------------------------------------------------


@case
def utf8_that_is_not(folder: Path, bait: Bait) -> Path:
    pyogrio.write_dataframe(zones(), folder / "x.shp", driver="ESRI Shapefile")
    dbf = folder / "x.dbf"
    dbf.write_bytes(dbf.read_bytes().replace("Đồng".encode(), b"\xa7\xe5ng\xff\xfe\xc3\x28"[:8].ljust(8)))
    return folder / "x.shp"


@case
def charset_that_does_not_exist(folder: Path, bait: Bait) -> Path:
    pyogrio.write_dataframe(zones(), folder / "x.shp", driver="ESRI Shapefile")
    (folder / "x.cpg").write_text("../../etc/passwd\0KLINGON")
    return folder / "x.shp"


@case
def csv_with_zero_bytes(folder: Path, bait: Bait) -> Path:
    return _text(folder / "x.csv", b"key,name\nA,a\0b\n" + bytes(500) + b"\nB,c\n")


@case
def csv_of_one_long_line(folder: Path, bait: Bait) -> Path:
    return _text(folder / "x.csv", b"a" * 100_000_000)


def main() -> None:
    """Write every case into a folder of its own: in a process of its own, since some take much memory."""
    folder, secret, url = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    written: dict[str, str] = {}
    for name in CASES:
        (folder / name).mkdir()
        written[name] = str(write(name, folder / name, Bait(secret, url)))
    print(json.dumps(written))


if __name__ == "__main__":
    main()
