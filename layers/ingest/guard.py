"""
Open a file that nobody vouches for: in a subprocess, under limits, with four drivers and no network.

A ``.geojson`` that holds OGR VRT XML makes GDAL read any file of the server; a 2 MB zip can hold 2 GB; a
damaged file can read as no rows at all. Hence the allow-list of drivers (set before GDAL loads), the
limits, and the comparison with the count that the file announces.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Timer
from typing import IO, Any

from gis.errors import DidoiError
from layers.ingest import errors
from layers.ingest.arrow import Array, Rows, pa
from layers.ingest.reader import DRIVERS, READ

READER = Path(__file__).with_name("reader.py")
KINDS = (*READ, ".zip")


@dataclass(frozen=True)
class Limits:
    """What one file may take: memory and unpacked size, and seconds."""

    memory_mb: int = 6_000
    unpacked_bytes: int = 2_000_000_000
    limit_s: int = 120


@dataclass(frozen=True)
class Received:
    """
    A file as it came.

    Attributes
    ----------
    rows
        n rows of attributes under the file's own headings.
    wkb
        Shape (n,), binary; None where the file holds no geometry at all.
    crs
        What the file declares; None where it declares nothing.
    layer_in_file
        The layer that was read.
    """

    rows: Rows
    wkb: Array | None
    crs: str | None
    layer_in_file: str


def read(
    path: Path, layer_in_file: str | None = None, encoding: str | None = None, limits: Limits | None = None
) -> Received:
    """
    Read a GeoPackage, Shapefile (zipped or not), GeoJSON or CSV.

    Raises
    ------
    FileMissing, FileKindUnknown, FileUnreadable, FileTruncated, FileTooLarge, FileTooSlow,
    EncodingUnknown, LayerChoiceNeeded, LayerNotInFile
    """
    limits = limits or Limits()
    if not path.is_file():
        raise errors.FileMissing(file=str(path))
    if path.suffix.lower() not in KINDS:
        raise errors.FileKindUnknown(file=path.name, allowed=", ".join(KINDS))
    with tempfile.TemporaryDirectory(prefix="didoi-import-") as scratch:
        asked = {
            "path": str(path.resolve()),
            "layer": layer_in_file,
            "encoding": encoding,
            "scratch": scratch,
            "memory_mb": limits.memory_mb,
            "unpacked_bytes": limits.unpacked_bytes,
            "limit_s": limits.limit_s,
        }
        head, table = _ask(asked, path.name, limits)
    if head["announced"] != table.num_rows:
        raise errors.FileTruncated(file=path.name, announced=head["announced"], read=table.num_rows)
    wkb = table[head["geometry"]] if head["geometry"] else None
    rows = table.drop_columns([head["geometry"]]) if head["geometry"] else table
    return Received(rows, wkb, head["crs"], head["layer"])


def _ask(asked: dict[str, Any], file: str, limits: Limits) -> tuple[dict[str, Any], Rows]:
    """Run the reader and take its answer; whatever it dies of becomes an error with a name."""
    slow = False
    child = subprocess.Popen(
        [sys.executable, "-I", "-B", str(READER), json.dumps(asked)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        env=_environment(asked["scratch"]),
        cwd=asked["scratch"],
    )
    assert child.stdout is not None
    assert child.stderr is not None

    def stop() -> None:
        nonlocal slow
        slow = True
        child.kill()

    timer = Timer(limits.limit_s, stop)
    timer.start()
    try:
        with child:
            line = child.stdout.readline()
            head: dict[str, Any] = json.loads(line) if line.endswith(b"\n") else {}
            table = _table(child.stdout) if "announced" in head else None
            said = child.stderr.read().decode(errors="replace").strip().splitlines()
    finally:
        timer.cancel()
        child.kill()
    if "error" in head:
        raise _named(head["error"], {"file": file, **head["facts"]})
    if slow or child.returncode == -24:  # SIGXCPU
        raise errors.FileTooSlow(file=file, limit_s=limits.limit_s)
    if table is None or child.returncode != 0:
        raise errors.FileUnreadable(file=file, reason=said[-1][:300] if said else str(child.returncode))
    return head, table


def _table(stream: IO[bytes]) -> Rows | None:
    try:
        with pa.ipc.open_stream(stream) as rows:
            return rows.read_all()
    except (pa.ArrowInvalid, OSError):
        return None


def _named(code: str, facts: dict[str, Any]) -> DidoiError:
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, DidoiError) and kind.code == code:
            return kind(**facts)
    return errors.FileUnreadable(file=facts["file"], reason=code)


def _environment(scratch: str) -> dict[str, str]:
    """Nothing of ours (no address, no secret), and GDAL told what not to do before it loads."""
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": scratch,
        "TMPDIR": scratch,
        "OGR_SKIP": ",".join(_skipped()),
        "GDAL_DRIVER_PATH": "disable",
        "OGR_DRIVER_PATH": "disable",
        "GDAL_HTTP_PROXY": "127.0.0.1:9",  # the discard port: nothing answers
        "GDAL_HTTP_MAX_RETRY": "0",
        "CPL_VSIL_CURL_ALLOWED_FILENAME": "/vsicurl/none",
        "GML_DOWNLOAD_SCHEMA": "NO",
        "GML_SKIP_RESOLVE_ELEMS": "ALL",
        "OGR_GEOJSON_MAX_OBJ_SIZE": "200",
        "CPL_LOG": "/dev/null",
        # Memory is limited by address space, which pools would reserve ahead of need.
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


@cache
def _skipped() -> tuple[str, ...]:
    import pyogrio

    return tuple(sorted(set(pyogrio.list_drivers()) - set(DRIVERS)))
