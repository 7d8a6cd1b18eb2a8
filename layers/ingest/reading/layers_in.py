"""A layer in a file, and a layer that was opened: what every reader answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from layers.ingest.reading.unpack import Source


@dataclass(frozen=True)
class Layer:
    """One layer: its source, the name people choose it by, and its name for the reader (None: the one)."""

    source: Source
    name: str
    inside: str | None


@dataclass(frozen=True)
class Opened:
    """
    A layer whose rows can be read.

    Attributes
    ----------
    batches
        Called for the rows, from the first, as record batches; with True, text that was said to be UTF-8
        comes as ISO-8859-1.
    geometry
        Name of the column of WKB; None where there is none.
    crs, crs_text
        As the reader understands it; and as it is written in the file.
    declared_encoding
        What the file says of its text.
    raw
        Whether text comes as ISO-8859-1 whatever it is.
    announced
        Rows that the file says it has; None where it says nothing.
    trailing_cut
        Whether fields have a width in bytes, at which a letter may have been cut.
    cells
        Whether the rows are cells of a spreadsheet, to be made a table by the parent.
    merged
        Merged ranges of a sheet: first row, first column, last row, last column, inclusive, from 0.
    faults
        Row (from 0), code and facts of what could not be taken whole; filled while the rows are read.
    """

    layer: Layer
    batches: Callable[[bool], Iterator[Any]]
    geometry: str | None = None
    crs: str | None = None
    crs_text: str | None = None
    declared_encoding: str | None = None
    raw: bool = False
    announced: int | None = None
    trailing_cut: bool = False
    cells: bool = False
    merged: list[list[int]] = field(default_factory=list[list[int]])
    faults: list[list[object]] = field(default_factory=list[list[object]])
