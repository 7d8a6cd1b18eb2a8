"""
Arcs made straight: GDAL does it (4° a step), but only when told so and only row by row.

pyogrio offers no switch, so GDAL's own is thrown: ``OGRSetNonLinearGeometriesEnabledFlag``.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow

from layers.ingest.reading.answer import fail
from layers.ingest.reading.found import plain
from layers.ingest.reading.layers_in import Opened

pa: Any = pyarrow
BATCH_ROWS = 16_384


def straightened(like: Opened) -> Opened:
    """The layer with its curves as lines of many corners; in memory as a whole."""
    import pyogrio
    import pyogrio.raw

    layer, name = like.layer, like.geometry

    if not _switch(Path(pyogrio.__file__).parents[1]):
        fail("curves_unread")

    def batches(_raw: bool) -> Iterator[Any]:
        meta, _, geometry, values = pyogrio.raw.read(
            layer.source.path, layer=layer.inside, datetime_as_string=True
        )
        columns = [pa.array(value, from_pandas=True) for value in values]
        table = pa.table([*columns, pa.array(geometry, pa.binary())], names=[*meta["fields"], name])
        yield plain(pa.RecordBatch.from_pylist([], schema=table.schema), name)
        for batch in table.to_batches(max_chunksize=BATCH_ROWS):
            yield plain(batch, name)

    return replace(like, batches=batches)


def _switch(packages: Path) -> bool:
    for library in sorted((packages / "pyogrio.libs").glob("libgdal*")):
        ctypes.CDLL(str(library)).OGRSetNonLinearGeometriesEnabledFlag(0)
        return True
    return False
