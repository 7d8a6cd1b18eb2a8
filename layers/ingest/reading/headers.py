"""
What the files say of themselves outside GDAL: counts, lengths, encodings, systems.

A damaged Shapefile, DXF or FlatGeobuf can read as a short one or as none at all; so what the headers announce
is held against the bytes that are there.
"""

from __future__ import annotations

import re
import shutil
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from xml.parsers import expat

from layers.ingest.reading import kinds
from layers.ingest.reading.answer import fail
from layers.ingest.reading.unpack import Source

LARGEST_SIDECAR_BYTES = 1_000_000
DEEPEST_XML = 200


@dataclass(frozen=True)
class Header:
    """Rows announced (None: not said here), encoding declared, whether text is raw, system as written."""

    rows: int | None = None
    encoding: str | None = None
    raw: bool = False
    crs_text: str | None = None


#: Language driver of a DBF, its byte 29 (dBase's own table).
_LDID = {
    0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x57: "cp1252", 0x4D: "cp936", 0x4F: "cp950", 0x13: "cp932",
    0x7B: "cp932", 0x7A: "cp936", 0x79: "cp949", 0x78: "cp950", 0x7C: "cp874", 0xC8: "cp1250", 0xC9: "cp1251",
}  # fmt: skip
#: MapInfo's charsets that may be met here.
_CHARSETS = {
    "windowsvietnamese": "cp1258", "windowslatin1": "cp1252", "windowslatin2": "cp1250", "utf-8": "utf-8",
    "utf-16": "utf-16", "codepage437": "cp437", "codepage850": "cp850", "iso8859_1": "latin-1",
    "windowscyrillic": "cp1251", "windowssimpchinese": "cp936", "windowstradchinese": "cp950",
    "windowsjapanese": "cp932", "windowskorean": "cp949", "windowsthai": "cp874",
}  # fmt: skip


def check(source: Source) -> None:
    """Refuse what is cut short or holds a trap, before GDAL sees it."""
    if source.kind is kinds.SHAPEFILE:
        _check_shapefile(source.path)
    elif source.kind is kinds.GPKG:
        _check_sqlite(source.path)
    elif source.kind in (kinds.KML, kinds.GML):
        _check_xml(source.path)
    elif source.kind is kinds.DXF:
        _check_dxf(source.path)
    elif source.kind is kinds.TAB:
        _check_tab(source.path)
    elif source.kind is kinds.MIF:
        _check_mif(source.path)


def read(source: Source) -> Header:
    """What the headers say."""
    path = source.path
    if source.kind is kinds.SHAPEFILE:
        return Header(
            _shapes(path), _shapefile_encoding(path), raw=True, crs_text=_text(path.with_suffix(".prj"))
        )
    if source.kind in (kinds.TAB, kinds.MIF):
        head = _head(path)
        named = re.search(r'^\s*(?:!charset\s+|.*\bcharset\s+)"?([\w-]+)', head, re.IGNORECASE | re.MULTILINE)
        declared = _CHARSETS.get(named.group(1).lower()) if named else None
        system = re.search(r"^\s*coordsys\b.*(?:\n\s+.*)*", head, re.IGNORECASE | re.MULTILINE)
        rows = _mid_rows(path) if source.kind is kinds.MIF else None
        return Header(rows, declared, raw=True, crs_text=system.group(0).strip() if system else None)
    if source.kind is kinds.DXF:
        return _dxf(path)
    if source.kind is kinds.GEOJSON_LINES:
        with path.open("rb") as file:
            return Header(sum(1 for line in file if line.strip(b"\x1e \t\r\n")))
    return Header()


def _cut(announced: int, read: int) -> NoReturn:
    fail("file_truncated", announced=announced, read=read)


def _check_shapefile(path: Path) -> None:
    """The three files against each other: lengths in 16-bit words, rows of index and DBF."""
    for part in (".dbf", ".shx"):
        if not path.with_suffix(part).exists():
            fail(
                "file_part_missing",
                part=part,
                found=", ".join(sorted(p.suffix for p in path.parent.iterdir())),
            )
    said, size = _words(path), path.stat().st_size
    if said > size:
        fail("file_cut_short", part=".shp", announced_bytes=said, bytes=size)
    index = path.with_suffix(".shx")
    if _words(index) > index.stat().st_size:
        fail("file_cut_short", part=".shx", announced_bytes=_words(index), bytes=index.stat().st_size)
    rows, head, width = _dbf(path.with_suffix(".dbf"))
    _check_fields(path.with_suffix(".dbf"))
    held = path.with_suffix(".dbf").stat().st_size
    if head + rows * width > held:
        _cut(rows, max(0, (held - head) // max(width, 1)))
    if rows != _shapes(path):
        _cut(_shapes(path), rows)
    _check_index(index, _words(path), _shapes(path))


def _check_index(index: Path, end: int, rows: int) -> None:
    """Every record that the index points to must lie within the .shp."""
    import numpy as np

    with index.open("rb") as file:
        file.seek(100)
        records = np.frombuffer(file.read(rows * 8), ">u4").astype(np.int64).reshape(-1, 2) * 2
    beyond = (records[:, 0] + 8 + records[:, 1] > end) | (records[:, 0] < 100)
    if beyond.any():
        _cut(rows, int((~beyond).sum()))


def _words(path: Path) -> int:
    with path.open("rb") as file:
        head = file.read(100)
    if len(head) < 100:
        fail("file_cut_short", part=path.suffix, announced_bytes=100, bytes=len(head))
    return 2 * struct.unpack(">I", head[24:28])[0]


def _shapes(path: Path) -> int:
    return max(0, (_words(path.with_suffix(".shx")) - 100) // 8)


def _dbf(path: Path) -> tuple[int, int, int]:
    """Rows, bytes of the header and bytes of a row."""
    with path.open("rb") as file:
        head = file.read(32)
    if len(head) < 32:
        fail("file_cut_short", part=path.suffix, announced_bytes=32, bytes=len(head))
    rows, first, width = struct.unpack("<IHH", head[4:12])
    return rows, first, width


def _check_fields(path: Path) -> None:
    """A row of a DBF is as long as its fields and one byte; where not, GDAL drops the fields silently."""
    _, first, width = _dbf(path)
    with path.open("rb") as file:
        head = file.read(first)[32:]
    fields = [head[at : at + 32] for at in range(0, len(head) - 31, 32)]
    fields = fields[: next((i for i, one in enumerate(fields) if one[:1] == b"\r"), len(fields))]
    # A character field keeps the high byte of its length where others keep their decimals.
    long = sum(one[16] + (one[17] << 8 if one[11:12] == b"C" else 0) for one in fields)
    if width not in (long + 1, sum(one[16] for one in fields) + 1):
        fail("file_unreadable", reason=f"DBF: {width} ≠ {long + 1}")


def _shapefile_encoding(path: Path) -> str | None:
    said = _text(path.with_suffix(".cpg"))
    if said:
        return codec(said)
    with path.with_suffix(".dbf").open("rb") as file:
        head = file.read(32)
    return _LDID.get(head[29]) if len(head) == 32 else None


def codec(said: str) -> str:
    """A name of an encoding as Python knows it: ``UTF-8``, ``ANSI 1258``, ``65001``, ``88591``."""
    name = said.strip().strip('"').lower()
    number = re.search(r"(\d{3,5})\s*$", name)
    if name.replace("-", "") == "utf8" or (number and number.group(1) == "65001"):
        return "utf-8"
    if number and number.group(1) in ("88591", "28591"):
        return "latin-1"
    return f"cp{number.group(1)}" if number and not name.startswith("iso") else name[:40]


def _text(path: Path) -> str | None:
    if not path.exists():
        return None
    with path.open("rb") as file:
        data = file.read(LARGEST_SIDECAR_BYTES)
    return data.decode("utf-8-sig", errors="replace").strip() or None


def _head(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(65_536).decode("latin-1")


def _check_sqlite(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(100)
    if len(head) < 100:
        fail("file_cut_short", part=path.suffix, announced_bytes=100, bytes=len(head))
    page = struct.unpack(">H", head[16:18])[0]
    pages, changed, valid_for = (struct.unpack(">I", head[at : at + 4])[0] for at in (28, 24, 92))
    size, said = path.stat().st_size, pages * (65_536 if page == 1 else page)
    if changed == valid_for and said > size:  # else the count is not kept (sqlite.org/fileformat2, 1.3.7)
        fail("file_cut_short", part=path.suffix, announced_bytes=said, bytes=size)


class _Trap(Exception):
    """What XML may not hold here."""


def _check_xml(path: Path) -> None:
    """Well-formed to the end, no entities, no bottomless nesting; nothing is resolved."""
    parser, depth = expat.ParserCreate(), 0

    def start(_name: str, _attributes: Any) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST_XML:
            raise _Trap("xml_too_deep")

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def doctype(*_: Any) -> None:
        raise _Trap("xml_entities")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler, parser.EntityDeclHandler = doctype, doctype
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except _Trap as trap:
        fail(str(trap), limit=DEEPEST_XML)
    except (expat.ExpatError, ValueError, LookupError) as error:
        line = getattr(error, "lineno", 0)
        fail("xml_broken", line=line, reason=str(error)[:200])


def _check_dxf(path: Path) -> None:
    """A drawing ends with EOF; one that was cut reads as a smaller drawing."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 400))
        if not re.search(rb"\b0\s*[\r\n]+\s*EOF\s*\0*\x1a?\s*$", file.read()):
            fail("file_cut_short", part=".dxf", announced_bytes="EOF", bytes=path.stat().st_size)


def _dxf(path: Path) -> Header:
    """From AutoCAD 2007 (AC1021) on text is UTF-8; before, in the code page of the header."""
    head = _head(path)
    version = re.search(r"\$ACADVER\s+1\s+AC(\d+)", head)
    page = re.search(r"\$DWGCODEPAGE\s+3\s+(\S+)", head)
    if version and int(version.group(1)) >= 1021:
        return Header(None, "utf-8", raw=True)
    return Header(None, codec(page.group(1).replace("_", " ")) if page else None, raw=True)


def _check_tab(path: Path) -> None:
    """The rows are a DBF under another name; the .id holds four bytes for each."""
    if path.with_suffix(".dbf").exists():
        return
    rows_in = path.with_suffix(".dat")
    if not rows_in.exists():
        fail("file_part_missing", part=".dat", found=".tab")
    rows, head, width = _dbf(rows_in)
    held = rows_in.stat().st_size
    if head + rows * width > held:
        _cut(rows, max(0, (held - head) // max(width, 1)))
    index = path.with_suffix(".id")
    if index.exists() and index.stat().st_size // 4 != rows:
        _cut(max(rows, index.stat().st_size // 4), min(rows, index.stat().st_size // 4))


def neutral(path: Path) -> None:
    """
    Make a copy of a MapInfo header that says "Neutral": GDAL then leaves the bytes of texts alone.

    What it recodes depends on the build, and Vietnamese is not among what it can.
    """
    with path.open("rb") as file:
        head, rest = file.read(65_536), path.stat().st_size > 65_536
        changed = re.sub(rb'(charset\s+"?)[\w-]+', rb"\1Neutral", head, flags=re.IGNORECASE)
        if changed == head:
            return
        copy = path.with_name("neutral")
        with copy.open("wb") as into:
            into.write(changed)
            if rest:
                shutil.copyfileobj(file, into)
    copy.replace(path)


def _mid_rows(path: Path) -> int | None:
    """Lines of attributes; a text over several lines is quoted."""
    beside = path.with_suffix(".mid")
    if not beside.exists():
        return None
    rows, quotes = 0, 0
    with beside.open("rb") as file:
        for line in file:
            quotes += line.count(b'"')
            rows += quotes % 2 == 0 and bool(line.strip())
    return rows


def _check_mif(path: Path) -> None:
    """Objects come one per line of attributes; without that file there are none."""
    head = _head(path)
    columns = re.search(r"^\s*columns\s+(\d+)", head, re.IGNORECASE | re.MULTILINE)
    if columns is None:
        fail("file_unreadable", reason="no Columns in the MIF header")
    if int(columns.group(1)) and not path.with_suffix(".mid").exists():
        fail("file_part_missing", part=".mid", found=".mif")
