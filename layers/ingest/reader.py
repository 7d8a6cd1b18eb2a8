"""
The subprocess that opens a file nobody vouches for; run by `layers.ingest.guard`, never imported.

It imports nothing of ours: it runs isolated, in an environment that holds no secret, under limits of
memory, time and written bytes, with only four GDAL drivers. To stdout go one line of JSON (what was found,
or a code and facts) and then the rows as an Arrow stream.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import zipfile
from pathlib import Path
from typing import Any, NoReturn

DRIVERS = ("CSV", "ESRI Shapefile", "GPKG", "GeoJSON")
READ = (".gpkg", ".shp", ".geojson", ".json", ".csv")
SIDECARS = (".dbf", ".shx", ".prj", ".cpg")
SMALL_BYTES = 64_000_000  # a table of blanks shrinks a lot: below this no ratio is suspicious


def main() -> None:
    """Read what the parent asks for."""
    asked = json.loads(sys.argv[1])
    _limit(asked)
    sys.modules["geopandas"] = None  # pyright: ignore[reportArgumentType]  # pyogrio takes it along, slowly
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError

    # OGR_SKIP was set before GDAL loaded; a GDAL that did not heed it must not open anything.
    loaded = set(pyogrio.list_drivers())
    if not loaded <= set(DRIVERS):
        _fail("file_unreadable", reason=f"drivers {sorted(loaded - set(DRIVERS))}")
    path = _unpacked(Path(asked["path"]), asked)
    try:
        _send(path, asked)
    except (DataSourceError, DataLayerError, UnicodeError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).replace(str(path), path.name).split())
        _fail("file_unreadable", reason=reason[:300])
    except MemoryError:
        _fail("file_too_large", limit_mb=asked["memory_mb"])


def _limit(asked: dict[str, Any]) -> None:
    memory, seconds, written = asked["memory_mb"] * 1_000_000, asked["limit_s"], asked["unpacked_bytes"]
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (written, written))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _unpacked(path: Path, asked: dict[str, Any]) -> Path:
    """The file itself, or the one file of a zip, unpacked into the parent's scratch folder."""
    if path.suffix.lower() != ".zip":
        return path
    try:
        with zipfile.ZipFile(path) as archive:
            inside = [m for m in archive.infolist() if not m.is_dir() and "__MACOSX" not in m.filename]
            files = [m for m in inside if Path(m.filename).suffix.lower() in READ]
            if not files:
                _fail("file_kind_unknown", allowed=", ".join(READ))
            chosen = _choice([Path(m.filename).stem for m in files], asked)
            stem = str(Path(files[chosen].filename).with_suffix(""))
            budget = min(asked["unpacked_bytes"], max(200 * path.stat().st_size, SMALL_BYTES))
            for member in inside:
                suffix = Path(member.filename).suffix.lower()
                same = str(Path(member.filename).with_suffix("")) == stem
                if member is files[chosen] or (same and suffix in SIDECARS):
                    target = Path(asked["scratch"]) / f"inside{suffix}"
                    budget -= _unpack(archive, member, target, budget)
            if len(files) > 1:
                asked["layer"] = None  # it named the file inside; GDAL calls that layer "inside"
            asked["inside"] = files[chosen].filename
            return Path(asked["scratch"]) / f"inside{Path(files[chosen].filename).suffix.lower()}"
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        _fail("file_unreadable", reason=str(error)[:300])


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, budget: int) -> int:
    """Unpack one member; sizes in the header may lie, so the bytes are counted."""
    written = 0
    with archive.open(member) as source, target.open("wb") as sink:
        while block := source.read(1 << 20):
            written += len(block)
            if written > budget:
                _fail("file_too_large", limit_mb=budget // 1_000_000)
            sink.write(block)
    return written


def _choice(names: list[str], asked: dict[str, Any]) -> int:
    """Which of several layers: the named one, else the only one."""
    if asked["layer"] is not None and asked["layer"] in names:
        return names.index(asked["layer"])
    if len(names) == 1 and (asked["layer"] is None or asked.get("inside")):
        return 0
    known = ", ".join(sorted(names))
    if asked["layer"] is None:
        return _fail("layer_choice_needed", layers=known)
    return _fail("layer_not_in_file", asked=asked["layer"], layers=known)


def _send(path: Path, asked: dict[str, Any]) -> None:
    import pyarrow
    import pyogrio

    pa: Any = pyarrow
    names = [str(name) for name, _ in pyogrio.list_layers(path)]
    is_csv, is_shape = path.suffix.lower() == ".csv", path.suffix.lower() == ".shp"
    # A single layer of a CSV or Shapefile is named for the file: the name tells nothing more.
    layer = names[0] if len(names) == 1 and (is_csv or is_shape) else names[_choice(names, asked)]
    options: dict[str, Any] = {"HEADERS": "YES", "AUTODETECT_TYPE": "NO"} if is_csv else {}
    if asked["encoding"] is not None and (is_csv or is_shape):
        options["encoding"] = asked["encoding"]
    info = pyogrio.read_info(path, layer=layer, force_feature_count=True)
    meta, table = pyogrio.read_arrow(path, layer=layer, **options)
    table = pa.table(table)
    geometry = meta["geometry_name"] or "wkb_geometry"
    has_geometry = geometry in table.column_names and meta["geometry_type"] is not None
    try:
        table.validate(full=True)
    except pa.ArrowInvalid:
        _fail("encoding_unknown", encoding=asked["encoding"] or "UTF-8")
    head = {
        "layer": asked.get("inside") or layer,
        "crs": meta["crs"],
        "announced": int(info["features"]),
        "geometry": geometry if has_geometry else None,
    }
    out = sys.stdout.buffer
    out.write(json.dumps(head).encode() + b"\n")
    with pa.ipc.new_stream(out, table.schema) as stream:
        stream.write_table(table, max_chunksize=65_536)
    out.flush()


def _fail(code: str, **facts: object) -> NoReturn:
    sys.stdout.buffer.write(json.dumps({"error": code, "facts": facts}).encode() + b"\n")
    sys.stdout.buffer.flush()
    os._exit(3)


if __name__ == "__main__":
    main()
