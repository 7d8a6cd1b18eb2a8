"""Run the converter under limits, with nothing of ours in its environment."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from gis.errors import DidoiError
from layers.coverages import errors
from layers.ingest.errors import FileMissing, FileTooLarge, FileTooSlow, FileUnreadable

CONVERTER = Path(__file__).with_name("converting.py")
MEMORY_MB = 3_000
WRITTEN_BYTES = 4_000_000_000
LIMIT_S = 600
_KNOWN: tuple[type[DidoiError], ...] = (
    errors.RasterNotPlaced,
    errors.RasterTooLarge,
    errors.RasterBandMissing,
    FileTooLarge,
    FileUnreadable,
)


def convert(
    path: Path,
    cog: Path | None = None,
    *,
    band: int = 1,
    nodata: float | None = None,
    srid: int | None = None,
    coded: bool = False,
    limit_s: int = LIMIT_S,
) -> dict[str, Any]:
    """
    Look at a raster, and write it anew where ``cog`` is given.

    Raises
    ------
    FileMissing, FileUnreadable, FileTooLarge, FileTooSlow, RasterNotPlaced, RasterTooLarge, RasterBandMissing
    """
    if not path.is_file():
        raise FileMissing(file=str(path))
    with tempfile.TemporaryDirectory(prefix="didoi-coverage-") as scratch:
        asked = {
            "path": str(path.resolve()),
            "cog": str(cog.resolve()) if cog else None,
            "band": band,
            "nodata": nodata,
            "srid": srid,
            "coded": coded,
            "memory_mb": MEMORY_MB,
            "written_bytes": WRITTEN_BYTES,
            "limit_s": limit_s,
        }
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-B", str(CONVERTER), json.dumps(asked)],
                capture_output=True,
                stdin=subprocess.DEVNULL,
                env=_environment(scratch),
                cwd=scratch,
                timeout=limit_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise FileTooSlow(file=path.name, limit_s=limit_s) from error
    try:
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise FileUnreadable(
            file=path.name, reason=said[-1][:300] if said else str(done.returncode)
        ) from None
    if "error" in told:
        kind = next((kind for kind in _KNOWN if kind.code == told["error"]), None)
        facts = {"file": path.name, **told["facts"]}
        raise kind(**facts) if kind else FileUnreadable(file=path.name, reason=told["error"])
    return told


def _environment(scratch: str) -> dict[str, str]:
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": scratch,
        "TMPDIR": scratch,
        "CPL_TMPDIR": scratch,
        "GDAL_DRIVER_PATH": "disable",
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",  # no side file is looked for
        "GDAL_PAM_ENABLED": "NO",
        "GDAL_HTTP_PROXY": "127.0.0.1:9",  # the discard port: nothing answers
        "GDAL_HTTP_MAX_RETRY": "0",
        "CPL_VSIL_CURL_ALLOWED_FILENAME": "/vsicurl/none",
        "CPL_LOG": "/dev/null",
        "GDAL_CACHEMAX": "256",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
