"""What passes by, counted and sampled: rows, kinds of geometry, bounds, a few values of each field."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pyarrow
import pyarrow.compute
import shapely

from layers.ingest.reading.geometries import read_all

pa: Any = pyarrow
pc: Any = pyarrow.compute

SAMPLES, TEXTS, LONGEST_SAMPLE = 5, 3000, 200
GEOMETRY_TYPES = {
    1: "Point", 2: "LineString", 3: "Polygon", 4: "MultiPoint", 5: "MultiLineString", 6: "MultiPolygon",
    7: "GeometryCollection", 8: "CircularString", 9: "CompoundCurve", 10: "CurvePolygon", 11: "MultiCurve",
    12: "MultiSurface", 13: "Curve", 14: "Surface", 15: "PolyhedralSurface", 16: "TIN", 17: "Triangle",
}  # fmt: skip
#: Bytes of one geometry: two million vertices. No boundary has more; a hostile file may.
LARGEST_GEOMETRY_BYTES = 32_000_000
#: Fields that GDAL gives every KML; empty ones were not drawn by anybody, and a ``Name`` is not the name.
OF_KML = frozenset(
    ("id", "Name", "description", "timestamp", "begin", "end", "altitudeMode", "drawOrder", "icon")
)


class Tally:
    """Counts over batches of one layer."""

    def __init__(self, geometry: str | None) -> None:
        self.geometry = geometry
        self.rows = 0
        self.types: dict[str, int] = {}
        self.has_z = self.has_m = self.curved = False
        self.bounds = [math.inf, math.inf, -math.inf, -math.inf]
        self.fields: dict[str, dict[str, Any]] = {}
        self.filled: set[str] = set()
        self.texts: dict[str, None] = {}
        self.faults: list[list[object]] = []

    def take(self, batch: Any) -> Any:
        """Count a batch; answer it with geometries that are too large taken out."""
        if self.geometry is not None:
            at = batch.schema.get_field_index(self.geometry)
            batch = self._without_curves(self._shrink(batch, at), at)
            self._geometries(batch.column(at))
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            if name != self.geometry:
                self._field(name, column)
        self.rows += batch.num_rows
        return batch

    def empty(self, names: frozenset[str]) -> list[str]:
        """Those of some fields in which no row holds anything."""
        return [name for name in self.fields if name in names and name not in self.filled]

    def to_json(self) -> dict[str, Any]:
        """The part of ``Found.layers[]`` that a scan can tell."""
        return {
            "rows": self.rows,
            "geometry_types": [name for name in self.types if name != "none"],
            "geometry_counts": self.types,
            "has_z": self.has_z,
            "has_m": self.has_m,
            "fields": [
                {"name": name, "type": told["type"], "samples": list(told["samples"].values())}
                for name, told in self.fields.items()
            ],
            "bounds": self.bounds if all(map(math.isfinite, self.bounds)) else None,
            "texts": list(self.texts),
        }

    def _shrink(self, batch: Any, at: int) -> Any:
        lengths = pc.fill_null(pc.binary_length(batch.column(at)), 0)
        large = pc.greater(lengths, LARGEST_GEOMETRY_BYTES)
        if not pc.any(large).as_py():
            return batch
        for i in np.flatnonzero(np.asarray(large)).tolist():
            vertices = lengths[i].as_py() // 16
            self.faults.append([self.rows + i, "geometry_too_large", {"vertices": vertices}])
        kept = pc.if_else(large, pa.scalar(None, batch.column(at).type), batch.column(at))
        return batch.set_column(at, batch.schema.field(at), kept)

    def _without_curves(self, batch: Any, at: int) -> Any:
        """Curves, which nobody could read later on, are taken out and told."""
        wkb = batch.column(at)
        values = wkb.to_numpy(zero_copy_only=False)
        _, curves = read_all(shapely.from_wkb, values)
        if not curves:
            return batch
        self.curved = True
        self.faults.extend([self.rows + i, "geometry_curved", {}] for i in curves)
        values = values.copy()
        values[curves] = None
        return batch.set_column(at, batch.schema.field(at), pa.array(values, wkb.type))

    def _geometries(self, wkb: Any) -> None:
        codes = type_codes(wkb)
        base = np.where(codes == 0, 0, (codes & 0x0FFFFFFF) % 1000)
        thousands = (codes & 0x0FFFFFFF) // 1000
        self.has_z |= bool((np.isin(thousands, (1, 3)) | ((codes & 0x80000000) != 0)).any())
        self.has_m |= bool((np.isin(thousands, (2, 3)) | ((codes & 0x40000000) != 0)).any())
        for code, count in zip(*np.unique(base, return_counts=True), strict=True):
            name = GEOMETRY_TYPES.get(int(code), "none")
            self.types[name] = self.types.get(name, 0) + int(count)
        with np.errstate(invalid="ignore"):
            boxes = shapely.bounds(shapely.from_wkb(wkb.to_numpy(zero_copy_only=False), on_invalid="ignore"))
        boxes = boxes[np.isfinite(boxes).all(axis=1)]
        if len(boxes):
            low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
            self.bounds = [
                *(float(min(a, b)) for a, b in zip(self.bounds[:2], low, strict=True)),
                *(float(max(a, b)) for a, b in zip(self.bounds[2:], high, strict=True)),
            ]

    def _field(self, name: str, column: Any) -> None:
        told = self.fields.setdefault(name, {"type": type_name(column.type), "samples": {}})
        samples: dict[str, Any] = told["samples"]
        if name in OF_KML and name not in self.filled and _holds_any(column):
            self.filled.add(name)
        is_text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
        if is_text:
            self._text(name)
        if len(samples) >= SAMPLES and not (is_text and len(self.texts) < TEXTS):
            return
        head = column.slice(0, 2000).drop_null()
        for value in pc.unique(head).to_pylist():
            if is_text:
                self._text(value)
            if len(samples) < SAMPLES and value != "":
                told_value = _sample(value)
                samples.setdefault(repr(told_value), told_value)

    def _text(self, value: str) -> None:
        if len(self.texts) < TEXTS and not value.isascii():
            self.texts.setdefault(value[:500], None)


def _holds_any(column: Any) -> bool:
    if pa.types.is_string(column.type):
        return bool(pc.any(pc.greater(pc.fill_null(pc.binary_length(column), 0), 0)).as_py())
    return column.null_count < len(column)


def type_codes(wkb: Any) -> Any:
    """Shape (n,): the type word of each WKB, 0 where missing or too short to have one."""
    if isinstance(wkb, pa.ChunkedArray):
        wkb = wkb.combine_chunks()
    wide = pa.types.is_large_binary(wkb.type)
    offsets = np.frombuffer(wkb.buffers()[1], np.int64 if wide else np.int32)[
        wkb.offset : wkb.offset + len(wkb) + 1
    ]
    sound = np.asarray(wkb.is_valid()) & (np.diff(offsets) >= 5)
    codes = np.zeros(len(wkb), np.int64)
    buffer = wkb.buffers()[2]
    if buffer is None or not sound.any():
        return codes
    data, starts = np.frombuffer(buffer, np.uint8), offsets[:-1][sound]
    four = np.stack([data[starts + i] for i in range(1, 5)], axis=1).astype(np.int64)
    little = data[starts] == 1
    weights = np.array([1, 1 << 8, 1 << 16, 1 << 24])
    codes[sound] = np.where(little, four @ weights, four @ weights[::-1])
    return codes


def type_name(kind: Any) -> str:
    """A field's type as it is told to people."""
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind):
        return "integer"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "number"
    if pa.types.is_temporal(kind):
        return "date"
    return "text" if pa.types.is_string(kind) or pa.types.is_large_string(kind) else "other"


def _sample(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, bool | int):
        return value
    return str(value)[:LONGEST_SAMPLE]


def plain(batch: Any, geometry: str | None) -> Any:
    """
    A batch with columns that can be asked for by name and cast: names differ, nested values are JSON.

    Binary columns other than the geometry say how many bytes they hold; nothing here reads pictures.
    """
    names: list[str] = []
    columns: list[Any] = []
    for at, field in enumerate(batch.schema):
        columns.append(batch.column(at) if field.name == geometry else _plain(batch.column(at)))
        names.append(_fresh(field.name or f"column_{at + 1}", names))
    return pa.RecordBatch.from_arrays(columns, names=names)


def _fresh(name: str, taken: list[str]) -> str:
    if name not in taken:
        return name
    return next(f"{name}_{i}" for i in range(2, len(taken) + 3) if f"{name}_{i}" not in taken)


def _plain(column: Any) -> Any:
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        return _plain(column.storage)
    if pa.types.is_dictionary(kind):
        return _plain(column.dictionary_decode())
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return column.cast(pa.string())
    if pa.types.is_nested(kind):
        told = [
            None if v is None else json.dumps(v, ensure_ascii=False, default=str) for v in column.to_pylist()
        ]
        return pa.array(told, pa.string())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        told = [None if v is None else f"{len(v)} bytes" for v in column.to_pylist()]
        return pa.array(told, pa.string())
    if pa.types.is_null(kind):
        return column.cast(pa.string())
    return column
