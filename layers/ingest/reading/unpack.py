"""
The upload under names of our own: links or unpacked copies in the scratch folder, one folder per main file.

GDAL finds the parts of a Shapefile by their names, writes beside what it opens, and follows what lies there;
here lies only what belongs together. Nothing of an archive keeps its path, and nothing is a link.
"""

from __future__ import annotations

import lzma
import re
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from layers.ingest.reading import kinds
from layers.ingest.reading.answer import fail
from layers.ingest.reading.kinds import Kind, kind_of

SMALL_BYTES = 64_000_000  # a table of blanks shrinks a lot: below this no ratio is suspicious
LARGEST_RATIO = 200
MOST_MEMBERS = 20_000
DAMAGES = (
    zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, zlib.error, lzma.LZMAError,
    struct.error, ValueError, IndexError, KeyError,
)  # fmt: skip
_BESIDE = {suffix for parts in kinds.PARTS.values() for suffix in parts}
#: In an archive or folder these are tables; ``.txt`` and ``.xml`` are there to explain.
_MAIN = {suffix for suffix in kinds.BY_SUFFIX if suffix not in (".txt", ".xml", ".zip")}


@dataclass(frozen=True)
class Source:
    """One main file in the scratch folder: its kind, where it lies, and the name people gave it."""

    kind: Kind
    path: Path
    name: str


@dataclass(frozen=True)
class _Member:
    """A file of the upload: its name inside, and itself (a path or an entry of the archive)."""

    name: PurePosixPath
    itself: Path | zipfile.ZipInfo


class _Into:
    """Brings members into the scratch folder and counts the unpacked bytes: sizes in a header may lie."""

    def __init__(self, scratch: Path, budget: int, archive: zipfile.ZipFile | None) -> None:
        self.scratch, self.left, self.budget, self.archive = scratch, budget, budget, archive
        self.folders = 0

    def folder(self) -> Path:
        self.folders += 1
        made = self.scratch / f"s{self.folders}"
        made.mkdir()
        return made

    def bring(self, member: _Member, target: Path) -> None:
        if isinstance(member.itself, Path):
            target.symlink_to(member.itself.absolute())
            return
        assert self.archive is not None
        if member.itself.flag_bits & 1:
            fail("archive_locked", member=str(member.name))
        with self.archive.open(member.itself) as source, target.open("wb") as sink:
            self._count(source, sink)

    def _count(self, source: IO[bytes], sink: IO[bytes]) -> None:
        while block := source.read(1 << 20):
            self.left -= len(block)
            if self.left < 0:
                fail("file_too_large", limit_mb=self.budget // 1_000_000)
            sink.write(block)


def lying_beside(path: Path) -> list[Path]:
    """Files that may belong to this one: of its name, in any case, and with the ending of a part."""
    if path.is_dir() or path.is_symlink():
        return []
    beside = (p for p in path.parent.iterdir() if p != path and p.stem.lower() == path.stem.lower())
    return sorted(p for p in beside if p.suffix.lower() in _BESIDE)


def sources(path: Path, scratch: Path, unpacked_bytes: int, beside: list[Path]) -> tuple[str, list[Source]]:
    """What the upload is called as a whole, and the main files in it."""
    if path.is_symlink():
        fail("file_is_link")
    if path.is_dir():
        into = _Into(scratch, unpacked_bytes, None)
        return _named(_group(list(_walk(path)), into, path.name))
    if not path.is_file():
        fail("file_kind_unknown", allowed=", ".join(kinds.READ))
    kind = kind_of(path, path.name)
    if kind in (kinds.ZIP, kinds.KMZ):
        return _unzipped(path, kind, scratch, unpacked_bytes)
    if kind in kinds.SHEETS and kind is not kinds.XLS:
        weigh(path, unpacked_bytes)
    into = _Into(scratch, unpacked_bytes, None)
    lying = [_Member(PurePosixPath(path.name), path), *_siblings(beside, kind)]
    return kind.name, [_source(lying[0], kind, lying, into)]


def _named(found: list[Source]) -> tuple[str, list[Source]]:
    return ", ".join(dict.fromkeys(source.kind.name for source in found)), found


def _unzipped(path: Path, kind: Kind, scratch: Path, unpacked_bytes: int) -> tuple[str, list[Source]]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            for inside, office in (("xl/workbook.xml", kinds.XLSX), ("content.xml", kinds.ODS)):
                if inside in names:
                    weigh(path, unpacked_bytes)
                    member = _Member(PurePosixPath(path.name), path)
                    return office.name, [_source(member, office, [member], _Into(scratch, 0, None))]
            if "word/document.xml" in names:
                kinds.convert("doc")
            if "xl/workbook.bin" in names:
                kinds.convert("xlsb")
            members = list(_entries(archive))
            if any(m.name.suffix.lower() == ".kml" for m in members) and (
                kind is kinds.KMZ or _only_kml(members)
            ):
                members = _kml(members)
            return _named(_group(members, _Into(scratch, _budget(path, unpacked_bytes), archive), path.stem))
    except DAMAGES as error:
        fail("file_unreadable", reason=str(error)[:300] or type(error).__name__)


def _budget(path: Path, unpacked_bytes: int) -> int:
    return min(unpacked_bytes, max(LARGEST_RATIO * path.stat().st_size, SMALL_BYTES))


def weigh(path: Path, unpacked_bytes: int) -> None:
    """Unpack an office file into nothing and count: its reader would believe it."""
    budget = left = _budget(path, unpacked_bytes)
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in _entries(archive):
                assert isinstance(entry.itself, zipfile.ZipInfo)
                if entry.itself.flag_bits & 1:
                    fail("archive_locked", member=str(entry.name))
                if entry.name.suffix.lower() not in (".xml", ".rels"):
                    continue
                with archive.open(entry.itself) as source:
                    while block := source.read(1 << 20):
                        left -= len(block)
                        if left < 0:
                            fail("file_too_large", limit_mb=budget // 1_000_000)
    except DAMAGES as error:
        fail("file_unreadable", reason=str(error)[:300] or type(error).__name__)


def _entries(archive: zipfile.ZipFile) -> Iterator[_Member]:
    """Files of an archive; one that points out of it, or is a link, is refused as a whole."""
    entries = archive.infolist()
    if len(entries) > MOST_MEMBERS:
        fail("archive_unsafe", member=f"{len(entries)} > {MOST_MEMBERS}")
    for entry in entries:
        name = _told_name(entry)
        parts = PurePosixPath(name.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts or re.match(r"[A-Za-z]:", name):
            fail("archive_unsafe", member=name[:200])
        if stat.S_ISLNK(entry.external_attr >> 16):
            fail("archive_unsafe", member=name[:200])
        if not entry.is_dir() and not _of_no_interest(parts):
            yield _Member(parts, entry)


def _told_name(entry: zipfile.ZipInfo) -> str:
    """Python reads names without the UTF-8 mark as cp437; most programs write UTF-8 all the same."""
    if entry.flag_bits & 0x800:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return entry.filename


def _of_no_interest(name: PurePosixPath) -> bool:
    return "__MACOSX" in name.parts or name.name.startswith((".", "~$"))


def _walk(folder: Path) -> Iterator[_Member]:
    """Files of a folder; a link is refused: it could lead anywhere."""
    for at, path in enumerate(sorted(folder.rglob("*"))):
        if at > MOST_MEMBERS:
            fail("archive_unsafe", member=f"> {MOST_MEMBERS}")
        if path.is_symlink():
            fail("file_is_link")
        name = PurePosixPath(folder.name) / path.relative_to(folder).as_posix()
        if path.is_file() and not _of_no_interest(name):
            yield _Member(name, path)


def _siblings(beside: list[Path], kind: Kind) -> list[_Member]:
    """The parts of a main file."""
    parts = [p for p in beside if p.suffix.lower() in kinds.PARTS.get(kind, ())]
    if any(p.is_symlink() for p in parts):
        fail("file_is_link")
    return [_Member(PurePosixPath(p.name), p) for p in parts if p.is_file()]


def _only_kml(members: list[_Member]) -> bool:
    return not any(m.name.suffix.lower() in _MAIN - {".kml", ".tif", ".tiff"} for m in members)


def _kml(members: list[_Member]) -> list[_Member]:
    """The documents of a KMZ, the main one first; pictures and models are left."""
    inside = [m for m in members if m.name.suffix.lower() == ".kml"]
    return sorted(inside, key=lambda m: (m.name.name.lower() != "doc.kml", len(m.name.parts)))


def _group(members: list[_Member], into: _Into, whole: str) -> list[Source]:
    """Main files with their parts."""
    found = _geodatabases(members, into, whole)
    rest = [
        m
        for m in members
        if _gdb_of(m.name) is None and m.name.suffix.lower() not in (".gdbtable", ".gdbtablx")
    ]
    mains = [m for m in rest if m.name.suffix.lower() in _MAIN]
    for main in mains:
        found.append(_source(main, None, rest, into))
    if not found:
        _nothing(members)
    names = [source.name for source in found]
    return [
        source
        if names.count(source.name) == 1
        else Source(source.kind, source.path, f"{source.name} ({at + 1})")
        for at, source in enumerate(found)
    ]


def _nothing(members: list[_Member]) -> None:
    suffixes = {m.name.suffix.lower() for m in members}
    if ".zip" in suffixes or ".kmz" in suffixes:
        fail(
            "archive_nested",
            member=next(str(m.name) for m in members if m.name.suffix.lower() in (".zip", ".kmz")),
        )
    for suffix in sorted(suffixes):
        kinds.refuse_suffix(suffix)
    missing = [m.name.name for m in members if m.name.suffix.lower() in _BESIDE]
    if missing:
        fail("file_part_missing", part=".shp / .tab / .mif", found=", ".join(missing[:10]))
    fail("file_kind_unknown", allowed=", ".join(kinds.READ))


def _gdb_of(name: PurePosixPath) -> PurePosixPath | None:
    return next((p for p in name.parents if p.suffix.lower() == ".gdb"), None)


def _geodatabases(members: list[_Member], into: _Into, whole: str) -> list[Source]:
    """File geodatabases are folders; one that was zipped from the inside has lost its folder's name."""
    folders: dict[PurePosixPath, list[_Member]] = {}
    for member in members:
        folder = _gdb_of(member.name)
        if folder is None and member.name.suffix.lower() in (".gdbtable", ".gdbtablx"):
            folder = member.name.parent
        if folder is not None:
            folders.setdefault(folder, []).append(member)
    found: list[Source] = []
    for folder, inside in folders.items():
        target = into.folder() / "inside.gdb"
        target.mkdir()
        for member in inside:
            if re.fullmatch(r"[A-Za-z0-9_.]{1,64}", member.name.name) and not member.name.name.startswith(
                "."
            ):
                into.bring(member, target / member.name.name)
        found.append(Source(kinds.GDB, target, folder.stem or whole))
    return found


def _source(main: _Member, kind: Kind | None, members: list[_Member], into: _Into) -> Source:
    """Bring a main file and its parts under plain names."""
    folder = into.folder()
    suffix = main.name.suffix.lower()
    path = folder / f"inside{kind.suffix if kind else suffix}"
    into.bring(main, path)
    if kind is None:
        kind = kind_of(path, main.name.name)
        if kind in (kinds.ZIP, kinds.KMZ):
            fail("archive_nested", member=str(main.name))
        if kind in kinds.SHEETS and kind is not kinds.XLS:
            weigh(path, into.budget)
        if kind.suffix != path.suffix:
            path = path.rename(folder / f"inside{kind.suffix}")
    stem = str(main.name.with_suffix("")).lower()
    for member in members:
        part = member.name.suffix.lower()
        if part in kinds.PARTS.get(kind, ()) and str(member.name.with_suffix("")).lower() == stem:
            target = folder / f"inside{part}"
            if not target.exists():
                into.bring(member, target)
    if kind is kinds.GPKG:
        _out_of_wal(path)
    return Source(kind, path, main.name.name.removesuffix(main.name.suffix))


def _out_of_wal(path: Path) -> None:
    """A GeoPackage left in write-ahead mode wants to write beside itself: give it a copy that may."""
    with path.open("rb") as file:
        file.seek(18)
        if b"\x02" not in file.read(2) or not path.is_symlink():
            return
    real = path.resolve()
    path.unlink()
    shutil.copyfile(real, path)
