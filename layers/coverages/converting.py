"""
The subprocess that opens a raster nobody vouches for and writes it anew as a cloud-optimised GeoTIFF.

Run by `layers.coverages.guarded`, never imported; it imports nothing of ours and knows one driver. What
it finds goes to stdout as one line of JSON.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from typing import Any, NoReturn

MOST_CELLS = 2_000_000_000
MOST_CLASSES = 64
SUSPICIOUS = (-9999.0, -32768.0, -32767.0, -3.4028234663852886e38, 65535.0, 255.0)
"""Values that files use for "nothing known" without saying so."""


def main() -> None:
    """Look at the raster, and write the COG where one is asked for."""
    asked = json.loads(sys.argv[1])
    _limit(asked)
    import numpy as np
    import rasterio
    from rasterio.errors import RasterioError

    try:
        with (
            rasterio.Env(GDAL_NUM_THREADS="1", GTIFF_IGNORE_READ_ERRORS="NO"),
            rasterio.open(asked["path"], driver="GTiff", sharing=False) as source,
        ):
            told = _about(source, asked, np)
            if asked["cog"] is not None:
                told |= _write(source, asked, np)
            _say(told)
    except MemoryError:
        _fail("file_too_large", limit_mb=asked["memory_mb"])
    except (RasterioError, ValueError, OSError, RuntimeError, KeyError) as error:
        _fail(
            "file_unreadable",
            # "Read failed. See previous exception for details" keeps them to itself.
            reason=" ".join(str(error.__cause__ or error).split())[:300]
            .replace(asked["path"], "…")
            .rstrip(". "),
        )


def _limit(asked: dict[str, Any]) -> None:
    memory, seconds, written = asked["memory_mb"] * 1_000_000, asked["limit_s"], asked["written_bytes"]
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (written, written))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _about(source: Any, asked: dict[str, Any], np: Any) -> dict[str, Any]:
    if source.width * source.height > MOST_CELLS:
        _fail("raster_too_large", cells=source.width * source.height, allowed=MOST_CELLS)
    shape = source.transform
    if not all(map(np.isfinite, shape)):
        _fail("raster_not_placed")
    if shape.is_identity or shape.b != 0 or shape.d != 0 or shape.a <= 0 or shape.e >= 0:
        _fail("raster_not_placed")
    if not 1 <= asked["band"] <= source.count:
        _fail("raster_band_missing", band=asked["band"], bands=source.count)
    if np.dtype(source.dtypes[asked["band"] - 1]).kind not in "uif":
        _fail("file_unreadable", reason=str(source.dtypes[0]))
    try:
        colours = {str(k): list(v[:3]) for k, v in source.colormap(asked["band"]).items()}
    except ValueError:
        colours = {}
    try:
        names = source.tags(asked["band"])
    except UnicodeError:
        names = {}
    few = _sampled(source, asked, np)
    return {
        "width": source.width,
        "height": source.height,
        "bands": source.count,
        "dtype": str(source.dtypes[asked["band"] - 1]),
        "crs": source.crs.to_wkt() if source.crs else None,
        "bounds": list(source.bounds),
        "cell": [shape.a, -shape.e],
        "nodata": _number(source.nodata),
        "unit": (source.units[asked["band"] - 1] or None),
        "description": source.descriptions[asked["band"] - 1],
        "colours": {k: colours[k] for k in map(str, few["classes"] or []) if k in colours},
        "names": {k: v[:200] for k, v in list(names.items())[:40]},
        **few,
    }


def _sampled(source: Any, asked: dict[str, Any], np: Any) -> dict[str, Any]:
    """Range and distinct values of at most four million cells, evenly taken."""
    step = max(1.0, (source.width * source.height / 4_000_000) ** 0.5)
    size = max(1, int(source.height / step)), max(1, int(source.width / step))
    cells = source.read(asked["band"], out_shape=size, masked=True)
    known = np.asarray(cells.compressed(), dtype=float)
    known = known[np.isfinite(known)]
    if asked["nodata"] is not None:
        known = known[known != asked["nodata"]]
    if known.size == 0:
        return {"min": None, "max": None, "classes": None, "suspicious": None, "known_share": 0.0}
    low, high = float(known.min()), float(known.max())
    distinct = np.unique(known)
    classes = distinct.tolist() if len(distinct) <= MOST_CLASSES and (distinct % 1 == 0).all() else None
    said = source.nodata is not None or asked["nodata"] is not None
    odd = next((v for v in SUSPICIOUS if not said and v in (low, high)), None)
    share = known.size / cells.size
    return {"min": low, "max": high, "classes": classes, "suspicious": odd, "known_share": share}


def _write(source: Any, asked: dict[str, Any], np: Any) -> dict[str, Any]:
    from rio_cogeo.cogeo import cog_translate
    from rio_cogeo.profiles import cog_profiles

    nodata = asked["nodata"] if asked["nodata"] is not None else source.nodata
    dtype = source.dtypes[asked["band"] - 1]
    profile = {**cog_profiles.get("deflate"), "BLOCKXSIZE": 256, "BLOCKYSIZE": 256}
    if asked["srid"] is not None:
        profile["crs"] = f"EPSG:{asked['srid']}"
    cog_translate(
        source,
        asked["cog"],
        profile,
        indexes=[asked["band"]],
        nodata=nodata,
        dtype=str(dtype),
        overview_resampling="nearest" if asked["coded"] else "average",
        in_memory=False,
        quiet=True,
        forward_band_tags=False,
        add_mask=False,
        config={"GDAL_NUM_THREADS": "1"},
    )
    import rasterio

    low, high = np.inf, -np.inf
    with rasterio.open(asked["cog"], driver="GTiff") as made:
        for _, block in made.block_windows(1):
            cells = made.read(1, window=block, masked=True).astype(float).filled(np.nan)
            if np.isfinite(cells).any():
                low, high = min(low, float(np.nanmin(cells))), max(high, float(np.nanmax(cells)))
    return {"min": _number(low), "max": _number(high)}


def _number(value: Any) -> float | None:
    return None if value is None or value != value or value in (float("inf"), -float("inf")) else float(value)


def _say(told: dict[str, Any]) -> None:
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n")
    sys.stdout.buffer.flush()


def _fail(code: str, **facts: object) -> NoReturn:
    _say({"error": code, "facts": facts})
    os._exit(3)


if __name__ == "__main__":
    main()
