"""
The order of things in the subprocess: fences up, unpack, open, and either look at every layer or read one.

To the answer goes what was found or a code with facts; rows go to a file of their own.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from layers.ingest.reading import kinds, sandbox
from layers.ingest.reading.answer import ROWS, fail, tell
from layers.ingest.reading.curves import straightened
from layers.ingest.reading.found import OF_KML, Tally
from layers.ingest.reading.layers_in import Layer, Opened
from layers.ingest.reading.unpack import Source, lying_beside, sources

MOST_COLUMNS = 1_500


def main() -> None:
    """Do what the parent asks for."""
    asked: dict[str, Any] = json.loads(sys.argv[1])
    path, scratch = Path(asked["path"]), Path(asked["scratch"])
    sandbox.limit(asked["memory_mb"], asked["limit_s"], asked["unpacked_bytes"])
    beside = lying_beside(path)
    fenced = sandbox.close_files(_upload(path, beside), scratch), sandbox.close_network()
    kind, found = sources(path, scratch, asked["unpacked_bytes"], beside)
    # Before GDAL loads: only the drivers of what was found. (putenv, since GDAL reads the C environment.)
    wanted = {source.kind.driver for source in found}
    os.putenv("OGR_SKIP", ",".join(name for name in asked["drivers"] if name not in wanted))
    try:
        if asked["verb"] == "inspect":
            looked = [_look(layer, at, scratch) for at, layer in enumerate(_all_layers(found))]
            tell({"kind": kind, "layers": looked, "fenced": fenced})
        else:
            tell(
                _send(
                    _chosen([layer for source in found for layer in _layers(source)], asked["layer"]), scratch
                )
            )
    except MemoryError:
        fail("file_too_large", limit_mb=asked["memory_mb"])
    except OSError as error:
        if error.errno == 27:  # EFBIG
            fail("file_too_large", limit_mb=asked["unpacked_bytes"] // 1_000_000)
        fail("file_unreadable", reason=_said(error, found))
    except Exception as error:  # whatever a library finds to raise on damaged bytes
        if "too complex/large" in str(error):
            fail("object_too_large", limit_mb=asked["object_mb"])
        if "Nonlinear" in str(error):
            fail("curves_unread")
        fail("file_unreadable", reason=_said(error, found))


def _upload(path: Path, beside: list[Path]) -> list[Path]:
    """What may be opened: the file and what belongs to it, or the folder; nothing that a link leads to."""
    return [one for one in (path, *beside) if not one.is_symlink()]


def _all_layers(found: list[Source]) -> list[Layer]:
    """Layers under different names; a KMZ has documents that only link to others: those are left out."""
    layers = [layer for source in found for layer in _layers(source)]
    if not layers and found and found[0].kind is kinds.KML:
        layers = [Layer(found[0], found[0].name, None)]
    if not layers and any(source.kind is not kinds.GEOTIFF for source in found):
        fail("file_without_layers")
    names = [layer.name for layer in layers]
    return [
        layer if names.count(layer.name) == 1 else replace(layer, name=f"{layer.source.name}/{layer.name}")
        for layer in layers
    ]


def _layers(source: Source) -> list[Layer]:
    if source.kind in kinds.SHEETS:
        from layers.ingest.reading import cells

        return cells.layers_of(source)
    if source.kind.driver:
        from layers.ingest.reading import vector

        return vector.layers_of(source)
    return [] if source.kind is kinds.GEOTIFF else [Layer(source, source.name, source.name)]


def _open(layer: Layer) -> Opened:
    kind = layer.source.kind
    if kind in kinds.SHEETS:
        from layers.ingest.reading import cells

        return cells.open_layer(layer)
    if kind is kinds.CSV:
        from layers.ingest.reading import delimited

        return delimited.open_layer(layer)
    if kind is kinds.PARQUET:
        from layers.ingest.reading import parquet

        return parquet.open_layer(layer)
    from layers.ingest.reading import vector

    return vector.open_layer(layer)


def _chosen(layers: list[Layer], asked: str | None) -> Layer:
    """The named layer, else the only one."""
    known = ", ".join(sorted(layer.name for layer in layers))
    if not layers:
        fail("file_without_layers")
    if asked is None:
        return layers[0] if len(layers) == 1 else fail("layer_choice_needed", layers=known)
    # A sheet may hold several tables: the parent takes "Khu (2)" out of "Khu".
    named = [one for one in layers if one.name == asked]
    named += [one for one in layers if asked.startswith(f"{one.name} (")]
    return named[0] if named else fail("layer_not_in_file", asked=asked, layers=known)


def _look(layer: Layer, at: int, scratch: Path) -> dict[str, Any]:
    """Everything that can be told of a layer, by reading it once; cells go to a file of their own."""
    opened = _open(layer)
    cells = f"cells{at}.arrow" if opened.cells else None
    tally, raw = _tallied(opened, scratch / cells if cells else None)
    told = tally.to_json()
    empty = _empty(layer, tally)
    told["fields"] = [one for one in told["fields"] if one["name"] not in empty]
    return {"name": layer.name, **_about(opened, raw), **told, "cells": cells}


def _send(layer: Layer, scratch: Path) -> dict[str, Any]:
    opened = _open(layer)
    tally, raw = _tallied(opened, scratch / ROWS)
    told = {"layer": layer.name, **_about(opened, raw), "rows": tally.rows, "texts": list(tally.texts)}
    return told | {"faults": [*opened.faults, *tally.faults], "empty": _empty(layer, tally)}


def _empty(layer: Layer, tally: Tally) -> list[str]:
    return tally.empty(OF_KML) if layer.source.kind in (kinds.KML, kinds.KMZ) else []


def _about(opened: Opened, raw: bool) -> dict[str, Any]:
    return {
        "kind": opened.layer.source.kind.name,
        "geometry": opened.geometry,
        "crs": opened.crs,
        "crs_text": opened.crs_text or opened.crs,
        "declared_encoding": opened.declared_encoding,
        "raw": raw,
        "trailing_cut": opened.trailing_cut,
        "cells": opened.cells,
        "merged": opened.merged,
    }


def _tallied(opened: Opened, into: Path | None) -> tuple[Tally, bool]:
    """Read all rows; text that is not the UTF-8 it should be is read once more, byte by byte."""
    try:
        tally = _read(opened, into, raw_text=False)
        if tally.curved and opened.layer.source.kind.driver:
            tally = _read(straightened(opened), into, raw_text=False)
        return tally, opened.raw
    except UnicodeError:
        return _read(opened, into, raw_text=True), True


def _read(opened: Opened, into: Path | None, *, raw_text: bool) -> Tally:
    import pyarrow

    pa: Any = pyarrow
    tally, stream = Tally(opened.geometry), None
    try:
        for batch in opened.batches(raw_text):
            if batch.num_columns > MOST_COLUMNS:
                fail("columns_too_many", columns=batch.num_columns, limit=MOST_COLUMNS)
            try:
                batch.validate(full=True)
            except pa.ArrowInvalid as error:
                raise UnicodeError(str(error)) from error
            kept = tally.take(batch)
            if into is not None:
                stream = stream or pa.ipc.new_stream(str(into), kept.schema)
                stream.write_batch(kept)
    finally:
        if stream is not None:
            stream.close()
    if opened.announced is not None and opened.announced != tally.rows:
        fail("file_truncated", announced=opened.announced, read=tally.rows)
    return tally


def _said(error: BaseException, found: list[Source]) -> str:
    from layers.ingest.reading.vector import reason

    return reason(error, found[0] if found else None)
