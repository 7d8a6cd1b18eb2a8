"""What a file holds, as JSON: the words of `layers.ingest.guard.inspect`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import shapely

from layers.ingest import errors, guard
from layers.ingest.guard import Limits

Json = dict[str, Any]


def look(path: Path, limits: Limits | None = None) -> Json:
    """
    Layers, fields and evidence of a file.

    Raises
    ------
    DidoiError
        Those of `guard.read`.
    """
    inspect = getattr(guard, "inspect", None)
    if inspect is not None:
        return inspect(path, limits).to_json()
    try:
        names = [None]
        first = guard.read(path, None, None, limits)
    except errors.LayerChoiceNeeded as error:
        names = error.facts["layers"].split(", ")
        first = None
    layers = []
    for name in names:
        r = first or guard.read(path, name, None, limits)
        kinds, bounds = [], None
        if r.wkb is not None:
            geoms = shapely.from_wkb(r.wkb.to_numpy(zero_copy_only=False), on_invalid="ignore")
            kinds = sorted({g.geom_type for g in geoms if g is not None})
            bounds = [float(v) for v in shapely.total_bounds(geoms)]
        layers.append(
            {
                "name": r.layer_in_file,
                "rows": r.rows.num_rows,
                "geometry_types": kinds,
                "fields": [
                    {
                        "name": n,
                        "type": str(r.rows[n].type),
                        "samples": [str(v) for v in pc.unique(r.rows[n]).to_pylist()[:5]],
                    }
                    for n in r.rows.column_names
                ],
                "crs": r.crs,
                "crs_text": r.crs,
                "encoding": {"declared": None, "used": "UTF-8", "candidates": []},
                "bounds": bounds,
                "table": None,
            }
        )
    return {"kind": path.suffix.lstrip(".").upper(), "layers": layers}
