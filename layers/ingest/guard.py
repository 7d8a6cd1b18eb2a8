"""
Open a file that nobody vouches for: in a subprocess that can reach nothing but this file.

A ``.geojson`` that holds OGR VRT XML makes GDAL read any file of the server; a 2 MB zip can hold 2 GB; a
damaged file can read as no rows at all. Hence one driver at a time (named before GDAL loads), the fences of
`layers.ingest.reading.sandbox`, and the comparison with the counts and lengths that the file announces. Rows
come back through a file that is mapped into memory, so that even a large one need not be resident.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gis.errors import DidoiError
from layers.ingest import errors
from layers.ingest.arrow import Array, Rows, pa
from layers.ingest.letters import Letters, is_encoding, letters_of, spelled
from layers.ingest.reading import written
from layers.ingest.reading.answer import ANSWER, ROWS
from layers.ingest.sheets import SheetTable, tables

ROOT = Path(__file__).parents[2]
#: The first line of the subprocess: isolated Python has our folder not on its path.
BOOT = "import sys; sys.path.append({root!r}); from layers.ingest.reading.child import main; main()"
#: Bytes that are read within ``limit_s``; a larger file has as many times longer.
AT_ONCE_BYTES = 100_000_000
#: Text of one GeoJSON object: some five million numbers.
OBJECT_MB = 100
LONGEST_ANSWER_BYTES = 64_000_000


@dataclass(frozen=True)
class Limits:
    """What one file may take: resident memory, unpacked size, and seconds (more for more than 100 MB)."""

    memory_mb: int = 800
    unpacked_bytes: int = 2_000_000_000
    limit_s: int = 28

    def seconds(self, size_bytes: int) -> int:
        """Time for a file of this size."""
        return int(self.limit_s * max(1.0, size_bytes / AT_ONCE_BYTES))


@dataclass(frozen=True)
class Received:
    """
    A file as it came.

    Attributes
    ----------
    rows
        n rows of attributes under the file's own headings, text in Unicode.
    wkb
        Shape (n,), binary; None where the file holds no geometry at all.
    crs, crs_text
        What the file declares, as ``EPSG:…`` where that is known; and as it is written there. None where it
        declares nothing.
    layer_in_file
        The layer that was read.
    encoding
        What its text was read as.
    table
        Where in a sheet the rows were found; None elsewhere.
    faults
        Row (from 0), code (words under ``note``) and facts of rows that could not be taken whole: their
        geometry is null, or cells beyond the headings are missing.
    """

    rows: Rows
    wkb: Array | None
    crs: str | None
    layer_in_file: str
    crs_text: str | None = None
    encoding: str = "UTF-8"
    table: SheetTable | None = None
    faults: tuple[tuple[int, str, dict[str, Any]], ...] = ()


@dataclass(frozen=True)
class Found:
    """
    What a file holds.

    Attributes
    ----------
    kind
        ``GeoPackage``, ``Shapefile``, ``XLSX`` …; several kinds in one archive are listed.
    layers
        Each as the doors give it: name, rows, geometry_types and geometry_counts, fields with type and
        samples, crs and crs_text, encoding, bounds, and table for sheets.
    fenced
        Whether the kernel kept files, and network, out of reach.
    """

    kind: str
    layers: tuple[dict[str, Any], ...]
    fenced: tuple[bool, bool] = (False, False)

    def to_json(self) -> dict[str, Any]:
        """As the doors give it."""
        return {"kind": self.kind, "layers": list(self.layers)}


@dataclass
class _Answer:
    """What the subprocess said, and the rows it wrote."""

    head: dict[str, Any]
    table: Rows | None = None


def inspect(path: Path, limits: Limits | None = None) -> Found:
    """
    Say what a file holds, without keeping a row.

    Raises
    ------
    DidoiError
        Those of `read`, but for `LayerChoiceNeeded` and `LayerNotInFile`.
    """
    answer = _ask(path, {"verb": "inspect"}, limits or Limits())
    layers = [one for layer in answer.head["layers"] for one in _described(layer, path.name)]
    return Found(answer.head["kind"], tuple(layers), tuple(answer.head["fenced"]))


def read(
    path: Path, layer_in_file: str | None = None, encoding: str | None = None, limits: Limits | None = None
) -> Received:
    """
    Read one layer of a file or of a folder of loose parts.

    Parameters
    ----------
    layer_in_file
        Name of a layer or sheet; may be left out where there is one.
    encoding
        Of its text: a codec, or one of `gis.legacy_text.ENCODINGS`; found out where nothing is said.

    Raises
    ------
    DidoiError
        Any of `layers.ingest.errors` that names a file.
    """
    if encoding is not None and not is_encoding(encoding):
        raise errors.EncodingUnknown(file=path.name, encoding=encoding)
    answer = _ask(path, {"verb": "read", "layer": layer_in_file}, limits or Limits())
    head, table = answer.head, answer.table
    if table is None or head["rows"] != table.num_rows:
        raise errors.FileTruncated(
            file=path.name, announced=head["rows"], read=table.num_rows if table is not None else 0
        )
    table = table.drop_columns(head["empty"])
    geometry = head["geometry"]
    letters = _letters(head, encoding)
    if not letters.used:
        raise errors.EncodingUnknown(file=path.name, encoding=letters.declared or "UTF-8")
    table = spelled(table, letters, geometry, path.name)
    faults = [(int(row), str(code), facts) for row, code, facts in head["faults"]]
    if head["cells"]:
        sheet = _sheet(tables(head["layer"], table, _merged(head)), layer_in_file, path.name)
        rows, wkb, faults = _apart(sheet.rows)
        return Received(rows, wkb, None, sheet.name, None, letters.used, sheet, faults)
    wkb = table[geometry] if geometry else None
    rows = table.drop_columns([geometry]) if geometry else table
    return Received(
        rows, wkb, head["crs"], head["layer"], head["crs_text"], letters.used, None, tuple(faults)
    )


def _sheet(found: list[SheetTable], asked: str | None, file: str) -> SheetTable:
    """The table that was asked for, of those that stand in one sheet."""
    if not found:
        raise errors.FileEmpty(file=file, layer_in_file=asked or "-")
    known = ", ".join(sheet.name for sheet in found)
    if asked is None:
        if len(found) > 1:
            raise errors.LayerChoiceNeeded(file=file, layers=known)
        return found[0]
    named = [sheet for sheet in found if sheet.name == asked]
    if not named:
        raise errors.LayerNotInFile(file=file, asked=asked, layers=known)
    return named[0]


def _apart(rows: Rows) -> tuple[Rows, Array | None, tuple[tuple[int, str, dict[str, Any]], ...]]:
    """Attributes and geometries of a sheet: a column headed WKT is the geometry, as in a CSV."""
    named = [name for name in rows.column_names if name.strip().upper() == "WKT"]
    if not named or not pa.types.is_string(rows[named[0]].type):
        return rows, None, ()
    wkb, faults = written.geometries(rows[named[0]].to_pylist())
    return rows.drop_columns(named[:1]), wkb, tuple(faults)


def _merged(head: dict[str, Any]) -> list[tuple[int, int, int, int]]:
    return [(a, b, c, d) for a, b, c, d in head["merged"]]


def _letters(head: dict[str, Any], asked: str | None) -> Letters:
    return letters_of(
        head["texts"],
        raw=head["raw"],
        declared=head["declared_encoding"],
        cut=head["trailing_cut"],
        asked=asked,
    )


def _described(layer: dict[str, Any], file: str) -> list[dict[str, Any]]:
    """Layers of ``Found`` from one layer of the subprocess; a sheet may hold several tables."""
    letters = _letters(layer, None)
    if not letters.used:
        best = letters.candidates[0].encoding if letters.candidates else "windows-1252"
        letters = Letters(letters.declared, best, letters.raw, letters.cut, letters.candidates)
    told = {"encoding": letters.to_json(), "kind": layer["kind"]}
    if layer["cells"] is not None:
        cells = spelled(layer["cells"], letters, None, file)
        return [{**_of_sheet(sheet), **told} for sheet in tables(layer["name"], cells, _merged(layer))]
    fields = [
        {
            "name": _shown(one["name"], letters),
            "type": one["type"],
            "samples": [_shown(value, letters) for value in one["samples"]],
        }
        for one in layer["fields"]
    ]
    names = ("rows", "geometry_types", "geometry_counts", "has_z", "has_m", "crs", "crs_text", "bounds")
    kept = {name: layer[name] for name in names}
    return [{"name": layer["name"], **kept, "fields": fields, "table": None, **told}]


def _shown(value: Any, letters: Letters) -> Any:
    if not isinstance(value, str) or value.isascii():
        return value
    try:
        return letters.text([value])[0]
    except (UnicodeError, LookupError, ValueError):
        return value


def _of_sheet(sheet: SheetTable) -> dict[str, Any]:
    fields: list[dict[str, Any]] = []
    for name in sheet.headings:
        values = dict.fromkeys(sheet.rows[name].slice(0, 500).drop_null().to_pylist())
        fields.append({"name": name, "type": "text", "samples": list(values)[:5]})
    return {
        "name": sheet.name,
        "rows": sheet.rows.num_rows,
        "geometry_types": [],
        "geometry_counts": {},
        "has_z": False,
        "has_m": False,
        "crs": None,
        "crs_text": None,
        "bounds": None,
        "fields": fields,
        "table": sheet.to_json(),
    }


def _ask(path: Path, asked: dict[str, Any], limits: Limits) -> _Answer:
    """Run the reader and take its answer; whatever it dies of becomes an error with a name."""
    if not path.exists() and not path.is_symlink():
        raise errors.FileMissing(file=str(path))
    seconds = limits.seconds(path.stat().st_size if path.is_file() else 0)
    with tempfile.TemporaryDirectory(prefix="didoi-import-") as folder:
        scratch = Path(folder).resolve()
        asked |= {
            "path": str(path.absolute()),
            "scratch": str(scratch),
            "memory_mb": limits.memory_mb,
            "unpacked_bytes": limits.unpacked_bytes,
            "limit_s": seconds,
            "object_mb": OBJECT_MB,
            "drivers": _drivers(),
        }
        code = _run(asked, scratch, seconds)
        head = _head(scratch / ANSWER)
        if head is None or "error" in head:
            raise _named(head, path.name, code, _last_line(scratch / "said"), limits, seconds)
        for layer in head.get("layers", []):
            layer["cells"] = _rows(scratch / layer["cells"]) if layer["cells"] else None
        return _Answer(head, _rows(scratch / ROWS) if (scratch / ROWS).exists() else None)


def _run(asked: dict[str, Any], scratch: Path, seconds: int) -> int | None:
    """Exit code of the reader; None where its time ran out."""
    with (scratch / ANSWER).open("wb") as answer, (scratch / "said").open("wb") as said:
        child = subprocess.Popen(
            [sys.executable, "-I", "-B", "-c", BOOT.format(root=str(ROOT)), json.dumps(asked)],
            stdout=answer,
            stderr=said,
            stdin=subprocess.DEVNULL,
            env=_environment(asked["scratch"]),
            cwd=scratch,
        )
        try:
            return child.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            child.kill()
            child.wait()


def _head(path: Path) -> dict[str, Any] | None:
    if path.stat().st_size > LONGEST_ANSWER_BYTES:
        return None
    try:
        told = json.loads(path.read_bytes())
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def _rows(path: Path) -> Rows | None:
    """The rows, mapped: the scratch folder may go, the pages stay as long as the table."""
    try:
        with pa.memory_map(str(path)) as mapped, pa.ipc.open_stream(mapped) as stream:
            return stream.read_all()
    except (pa.ArrowInvalid, OSError):
        return None


def _last_line(path: Path) -> str:
    with path.open("rb") as said:
        said.seek(max(0, path.stat().st_size - 4000))
        lines = said.read().decode(errors="replace").strip().splitlines()
    lines = [line for line in lines if not line.startswith("note:")]
    return lines[-1][:300] if lines else ""


def _named(
    head: dict[str, Any] | None, file: str, code: int | None, said: str, limits: Limits, seconds: int
) -> DidoiError:
    """The error that the reader named, or what its end says."""
    if head is not None and "error" in head:
        facts = {"file": file, **head["facts"]}
        for kind in vars(errors).values():
            if isinstance(kind, type) and issubclass(kind, DidoiError) and kind.code == head["error"]:
                return kind(**facts)
        return errors.FileUnreadable(file=file, reason=str(head["error"]))
    if code is None or code == -24:  # SIGXCPU
        return errors.FileTooSlow(file=file, limit_s=seconds)
    memory = ("bad_alloc", "memory allocation", "MemoryError", "out of memory", "Cannot allocate")
    if any(word in said for word in memory):
        return errors.FileTooLarge(file=file, limit_mb=limits.memory_mb)
    return errors.FileHarmful(file=file, reason=said or (f"signal {-code}" if code < 0 else str(code)))


def _environment(scratch: str) -> dict[str, str]:
    """Nothing of ours (no address, no secret), and GDAL told what not to do before it loads."""
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": scratch,
        "TMPDIR": scratch,
        "GDAL_DRIVER_PATH": "disable",
        "OGR_DRIVER_PATH": "disable",
        "GDAL_HTTP_PROXY": "127.0.0.1:9",  # the discard port: nothing answers
        "GDAL_HTTP_MAX_RETRY": "0",
        "CPL_VSIL_CURL_ALLOWED_FILENAME": "/vsicurl/none",
        "GML_DOWNLOAD_SCHEMA": "NO",
        "GML_SKIP_RESOLVE_ELEMS": "ALL",
        "OGR_GEOJSON_MAX_OBJ_SIZE": str(OBJECT_MB),
        "OGR_ARROW_MEM_LIMIT": "100000000",
        "GDAL_CACHEMAX": "32",
        "GDAL_NUM_THREADS": "1",
        "OGR_SQLITE_CACHE": "16",
        "CPL_LOG": "/dev/null",
        # Memory is limited, and pools would reserve it ahead of need.
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
    }


@cache
def _drivers() -> list[str]:
    """All drivers that GDAL has, so that the reader can name those it must not load."""
    import pyogrio

    return sorted(pyogrio.list_drivers())
