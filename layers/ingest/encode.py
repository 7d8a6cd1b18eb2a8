"""
Arrow columns as PostgreSQL's binary COPY, without a Python object per row.

A row is its number of fields, then for each field its length and its bytes (length −1 for null). Each of
those pieces is an Arrow column of bytes; joining them row by row leaves one buffer that is the stream.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
import psycopg
from psycopg import sql
from sqlalchemy import Table

from layers.ingest.arrow import Array, pa, pc

HEAD = b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0)
TAIL = struct.pack("!h", -1)
_NULL = pa.scalar(struct.pack("!i", -1), pa.binary())
_DAYS_1970_TO_2000 = 10_957
_TEXT_OID = 25
_BLOCK = 1 << 20


def copy(cursor: psycopg.Cursor[Any], into: Table, columns: dict[str, Array]) -> None:
    """
    Stream columns into a table.

    Parameters
    ----------
    cursor
        Of a connection that nobody else uses meanwhile.
    columns
        Column → shape (n,): string, binary (EWKB for geometries), float64, int32, int64, bool, date32 or
        list of strings.
    """
    if not columns or len(next(iter(columns.values()))) == 0:
        return
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(into.name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with cursor.copy(statement) as stream:
        stream.write(HEAD)
        for block in blocks(list(columns.values())):
            stream.write(block)
        stream.write(TAIL)


def blocks(columns: list[Array]) -> Iterator[memoryview]:
    """The rows as bytes, in blocks."""
    pieces: list[Any] = [pa.scalar(struct.pack("!h", len(columns)), pa.binary())]
    for column in columns:
        pieces.extend(_pieces(column))
    joined = pc.binary_join_element_wise(*pieces, pa.scalar(b"", pa.binary()))
    offsets = np.frombuffer(joined.buffers()[1], np.int32)
    start, stop = int(offsets[joined.offset]), int(offsets[joined.offset + len(joined)])
    data = memoryview(joined.buffers()[2])[start:stop]
    for at in range(0, len(data), _BLOCK):
        yield data[at : at + _BLOCK]


def _pieces(column: Array) -> list[Array]:
    kind = column.type
    if pa.types.is_list(kind):
        column = pa.array([_array(value) for value in column.to_pylist()], pa.binary())
    elif pa.types.is_boolean(kind):
        return [_fixed(column, column.fill_null(False).cast(pa.uint8()), "u1")]
    elif pa.types.is_date32(kind):
        days = column.cast(pa.int32()).fill_null(_DAYS_1970_TO_2000)
        return [_fixed(column, pc.subtract(days, _DAYS_1970_TO_2000), ">i4")]
    elif pa.types.is_integer(kind):
        return [_fixed(column, column.fill_null(0), ">i8" if kind.bit_width == 64 else ">i4")]
    elif pa.types.is_floating(kind):
        return [_fixed(column, column.fill_null(0.0), ">f8")]
    data = column.cast(pa.binary())
    lengths = pc.binary_length(data).fill_null(-1).to_numpy(zero_copy_only=False).astype(">i4")
    return [_bytes(lengths.view("u1").reshape(-1, 4)), data.fill_null(b"")]


def _fixed(column: Array, values: Array, kind: str) -> Array:
    numbers = values.to_numpy(zero_copy_only=False).astype(kind)
    width = numbers.dtype.itemsize
    field = np.empty((len(numbers), 4 + width), np.uint8)
    field[:, :4] = np.frombuffer(struct.pack("!i", width), np.uint8)
    field[:, 4:] = numbers.view("u1").reshape(-1, width)
    made = _bytes(field)
    return pc.if_else(column.is_null(), _NULL, made) if column.null_count else made


def _bytes(rows: np.ndarray[Any, Any]) -> Array:
    """Shape (n, width) bytes as n values of one width."""
    fixed = pa.binary(rows.shape[1])
    whole = pa.py_buffer(np.ascontiguousarray(rows).tobytes())
    return pa.Array.from_buffers(fixed, len(rows), [None, whole]).cast(pa.binary())


def _array(values: list[str] | None) -> bytes | None:
    """An array of text: dimensions, whether nulls occur, type, length, first index, then the elements."""
    if values is None:
        return None
    if not values:
        return struct.pack("!iii", 0, 0, _TEXT_OID)
    parts = [struct.pack("!iiiii", 1, 0, _TEXT_OID, len(values), 1)]
    for value in values:
        encoded = value.encode()
        parts.append(struct.pack("!i", len(encoded)) + encoded)
    return b"".join(parts)
