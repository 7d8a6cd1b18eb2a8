"""
Read CSV: encoding and separator found out, every cell text, nothing dropped.

A column of WKT or of hexadecimal WKB (PostGIS writes that) is the geometry. A file with titles above its
headings goes to the parent cell by cell, like a sheet.
"""

from __future__ import annotations

import codecs
import csv
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow

from layers.ingest.reading import written
from layers.ingest.reading.answer import fail
from layers.ingest.reading.geometries import read_all
from layers.ingest.reading.layers_in import Layer, Opened

pa: Any = pyarrow
BATCH_ROWS = 16_384
SAMPLE_ROWS = 200
LONGEST_CELL = 64_000_000
#: A file with titles above is a report that a person made; longer ones are exports.
LONGEST_REPORT_BYTES = 20_000_000
GEOMETRY_HEADINGS = {
    "wkt", "_wkt", "geom", "geometry", "the_geom", "wkt_geom", "geom_wkt", "wkb", "wkb_geometry",
    "geometry_wkt", "shape", "hinh_hoc", "hình học",
}  # fmt: skip


def open_layer(layer: Layer) -> Opened:
    """Open a CSV as a table or, where titles stand above the headings, as cells."""
    path = layer.source.path
    encoding, declared = _encoding(path)
    raw = encoding == "latin-1"
    csv.field_size_limit(LONGEST_CELL)
    _check_lines(path)
    separator = _separator(path, encoding)
    try:
        head = list(islice(_rows(path, encoding, separator, strict=False), SAMPLE_ROWS))
    except csv.Error:
        fail("cell_too_long", row=1, limit=LONGEST_CELL)
    if not head:
        fail("file_blank")
    strict = _sound_quotes(path, encoding, separator)
    if _has_titles(head) and path.stat().st_size <= LONGEST_REPORT_BYTES:
        return Opened(
            layer,
            lambda _raw: _cells(path, encoding, separator),
            declared_encoding=declared,
            raw=raw,
            cells=True,
        )
    headings = _headings(head[0])
    at, srid = _geometry(headings, head[1:])
    faults: list[list[object]] = []

    def batches(_raw: bool) -> Iterator[Any]:
        faults.clear()
        rows = _rows(path, encoding, separator, strict=strict)
        next(rows)
        done, first = 0, True
        while (block := list(islice(rows, BATCH_ROWS))) or first:
            yield _batch(block, headings, at, done, faults)
            done, first = done + len(block), False

    return Opened(
        layer,
        batches,
        geometry=headings[at] if at is not None else None,
        crs=f"EPSG:{srid}" if srid else None,
        declared_encoding=declared,
        raw=raw,
        faults=faults,
    )


def _encoding(path: Path) -> tuple[str, str | None]:
    """Codec to read with, and what a byte-order mark declares; ISO-8859-1 where it is not UTF-8."""
    with path.open("rb") as file:
        head = file.read(4)
        if head.startswith((b"\xff\xfe", b"\xfe\xff")):
            return "utf-16", "utf-16"
        if head.startswith(codecs.BOM_UTF8):
            return "utf-8-sig", "utf-8"
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while block := file.read(1 << 22):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "latin-1", None
    return "utf-8", None


def _check_lines(path: Path) -> None:
    """Refuse a line that is longer than any cell may be, before it is taken whole as text."""
    with path.open("rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(LONGEST_CELL + 1), b""), 1):
            if len(line) > LONGEST_CELL:
                fail("cell_too_long", row=number, limit=LONGEST_CELL)


def _rows(path: Path, encoding: str, separator: str, *, strict: bool) -> Iterator[list[str]]:
    """Rows that hold anything."""
    with path.open(encoding=encoding, newline="", errors="strict") as file:
        for row in csv.reader(file, delimiter=separator, strict=strict):
            if any(row):
                yield row


def _separator(path: Path, encoding: str) -> str:
    """The separator by which the first rows have the most columns of one count."""
    with path.open(encoding=encoding, newline="") as file:
        sample = file.read(65_536).splitlines()[:SAMPLE_ROWS]
    best, most = ",", 1.0
    for separator in ",;\t|":
        widths = Counter(len(row) for row in csv.reader(sample, delimiter=separator) if row)
        if not widths:
            continue
        width, times = max(widths.items(), key=lambda item: (item[0] > 1, item[1], item[0]))
        score = (width - 1) * times / sum(widths.values()) + 1
        if width > 1 and score > most:
            best, most = separator, score
    return best


def _sound_quotes(path: Path, encoding: str, separator: str) -> bool:
    """Whether quotes close properly; one that never closes has swallowed the rest of the file."""
    rows = 0
    try:
        for _ in _rows(path, encoding, separator, strict=True):
            rows += 1
    except csv.Error as error:
        if "unexpected end" in str(error):
            fail("quote_open", row=rows + 1)
        if "field larger" in str(error):
            fail("cell_too_long", row=rows + 1, limit=LONGEST_CELL)
        return False
    return True


def _has_titles(rows: list[list[str]]) -> bool:
    """Whether the first row is narrower than the table: a title, not headings."""
    if len(rows) < 3:
        return False
    filled = [sum(1 for cell in row if cell.strip()) for row in rows]
    usual = Counter(filled[1:]).most_common(1)[0][0]
    return usual > 1 and filled[0] <= usual / 2


def _headings(row: list[str]) -> list[str]:
    headings: list[str] = []
    for at, cell in enumerate(row):
        name = cell.strip() or f"column_{at + 1}"
        taken = set(headings)
        headings.append(
            name
            if name not in taken
            else next(f"{name}_{i}" for i in range(2, len(row) + 3) if f"{name}_{i}" not in taken)
        )
    return headings


def _geometry(headings: list[str], rows: list[list[str]]) -> tuple[int | None, int | None]:
    """Place of the column of WKT or WKB and its SRID, by its heading and by what it holds."""
    for at, heading in enumerate(headings):
        if heading.lower() not in GEOMETRY_HEADINGS:
            continue
        values = [row[at] for row in rows if at < len(row) and row[at].strip()]
        sound = [value for value in values if written.WKT.match(value) or written.HEX.match(value)]
        if values and len(sound) * 2 >= len(values):
            return at, _srid(sound[0])
    return None, None


def _srid(value: str) -> int | None:
    import shapely

    told = written.WKT.match(value)
    if told:
        return int(told.group(2)) if told.group(2) else None
    geoms, _ = read_all(shapely.from_wkb, [value.strip()])
    return int(shapely.get_srid(geoms[0])) or None


def _batch(
    rows: list[list[str]], headings: list[str], at: int | None, before: int, faults: list[list[object]]
) -> Any:
    width = len(headings)
    for i, row in enumerate(rows):
        if len(row) > width and any(row[width:]):
            faults.append([before + i, "row_too_long", {"cells": len(row), "headings": width}])
    columns: list[Any] = []
    for column in range(width):
        values = [row[column] if column < len(row) else None for row in rows]
        columns.append(_wkb(values, before, faults) if column == at else pa.array(values, pa.string()))
    return pa.RecordBatch.from_arrays(columns, names=headings)


def _wkb(values: list[str | None], before: int, faults: list[list[object]]) -> Any:
    drawn, found = written.geometries(values)
    faults.extend([before + row, code, facts] for row, code, facts in found)
    return drawn


def _cells(path: Path, encoding: str, separator: str) -> Iterator[Any]:
    from layers.ingest.reading.cells import cell_batches

    def rows() -> Iterator[tuple[int, list[str]]]:
        with path.open(encoding=encoding, newline="") as file:
            yield from enumerate(csv.reader(file, delimiter=separator))

    return cell_batches((at, 0, row) for at, row in rows())
