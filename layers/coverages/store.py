"""Keeping coverages: a raster comes in, is looked at, written anew and recorded; withdrawn by a date."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from sqlalchemy import Connection, Row, func, insert, or_, select, update

from gis import crs
from gis.measure import GEOD
from layers.access import Actor
from layers.coverages import errors
from layers.coverages.guarded import convert
from layers.dates import today
from layers.records.coverages import COVERAGES, KINDS
from layers.records.data_versions import bump

TABLE = "coverages"
FOLDER = "coverages"
"""Under the settings' home."""
SPARED_S = 86_400.0
_UNITS = {"elevation": "m", "flood_depth": "m"}


@dataclass(frozen=True)
class Request:
    """
    A raster and what is said of it.

    Attributes
    ----------
    crs
        Its system, where it says none or a wrong one.
    band, nodata
        Which band, and the value that means "nothing known" where the file does not say so.
    classes
        Of land cover: ``{"value", "title_vi", "title_en", "color"}`` for each value.
    flooded_from_m
        Of flood depth: from which depth on ground counts as flooded.
    valid_from
        Today where it is not said.
    all_known
        Whether every value is a measurement, also one that files often use for "nothing known".
    """

    path: Path
    kind: str
    title_vi: str
    title_en: str
    crs: str | None = None
    band: int = 1
    nodata: float | None = None
    unit: str | None = None
    classes: tuple[dict[str, Any], ...] = ()
    flooded_from_m: float | None = None
    valid_from: date | None = None
    source: str | None = None
    licence: str | None = None
    illustrative: bool = False
    all_known: bool = False


@dataclass(frozen=True)
class Seen:
    """
    A raster that can be kept as its request says.

    Attributes
    ----------
    told
        What `layers.coverages.guarded.convert` says of it.
    digest
        Of its bytes and of all that changes what is written.
    box
        West, south, east, north in degrees.
    """

    told: dict[str, Any]
    srid: int
    digest: str
    classes: list[dict[str, Any]] | None
    box: tuple[float, float, float, float]
    resolution_m: float


def inspect(path: Path, band: int = 1) -> dict[str, Any]:
    """
    What a raster holds, with nothing written.

    Raises
    ------
    Those of `layers.coverages.guarded.convert`
    """
    told = convert(path, band=band)
    try:
        told["srid"] = crs.identify(told["crs"], file=path.name)
    except (crs.CrsMissing, crs.CrsUnknown):
        told["srid"] = None
    box = None if told["srid"] is None else _box(told["bounds"], told["srid"])
    told["box"] = list(box) if box is not None and np.isfinite(box).all() else None
    told["kinds"] = _likely_kinds(told)
    return told


def check(request: Request) -> Seen:
    """
    Whether a raster can be kept as it is said to be; nothing is written.

    Raises
    ------
    CoverageKindUnknown, RasterEmpty, RasterClassesNeeded, RasterNodataUnsaid, CrsMissing, CrsUnknown,
    OutsideCountry, and those of `layers.coverages.guarded.convert`
    """
    name = request.path.name
    kinds = [kind.value for kind in KINDS]
    if request.kind not in kinds:
        raise errors.CoverageKindUnknown(kind=request.kind[:40], allowed=", ".join(kinds))
    told = convert(request.path, band=request.band, nodata=request.nodata)
    srid = crs.identify(request.crs or told["crs"], file=name)
    crs.detect_faults(np.array(told["bounds"]), srid, file=name)
    if told["min"] is None:
        raise errors.RasterEmpty(file=name)
    if told["suspicious"] is not None and request.nodata is None and not request.all_known:
        raise errors.RasterNodataUnsaid(file=name, value=told["suspicious"])
    classes = _classes(request, told)
    box, wide_m = _box(told["bounds"], srid), _resolution_m(told, srid)
    return Seen(told, srid, _digest(request, srid), classes, box, wide_m)


def kept(db: Connection, request: Request, seen: Seen) -> int | None:
    """The number under which the same cells of the same kind and day are kept; None where they are not."""
    same = select(COVERAGES.c.id).where(COVERAGES.c.sha256 == seen.digest, COVERAGES.c.kind == request.kind)
    # Where no day is said, what still holds is the same; it does not begin anew with each day.
    day = COVERAGES.c.valid_to.is_(None) | (COVERAGES.c.valid_from == today())
    if request.valid_from is not None:
        day = COVERAGES.c.valid_from == request.valid_from
    return db.execute(same.where(day).order_by(COVERAGES.c.id).limit(1)).scalar()


def add(db: Connection, actor: Actor, request: Request, folder: Path) -> int:
    """
    Keep a raster, in the caller's transaction; the same one of the same day is kept once.

    Its file is written first, and is nobody's until the transaction ends well: see `tidy`.

    Returns
    -------
    id

    Raises
    ------
    DidoiError
        Those of `check`.
    """
    seen = check(request)
    db.execute(select(func.pg_advisory_xact_lock(_lock(seen.digest))))
    if (known := kept(db, request, seen)) is not None:
        return known
    told, srid, classes, box = seen.told, seen.srid, seen.classes, seen.box
    made = _written(request, srid, seen.digest, folder, coded=classes is not None)
    row = insert(COVERAGES).values(
        kind=request.kind,
        title_vi=request.title_vi,
        title_en=request.title_en,
        unit=request.unit or _UNITS.get(request.kind) or told["unit"],
        srid=srid,
        sha256=seen.digest,
        west=box[0],
        south=box[1],
        east=box[2],
        north=box[3],
        resolution_m=seen.resolution_m,
        value_min=made["min"],
        value_max=made["max"],
        classes=classes,
        flooded_from_m=request.flooded_from_m if request.kind == "flood_depth" else None,
        valid_from=request.valid_from or today(),
        source=request.source,
        licence=request.licence,
        file_name=request.path.name,
        actor=actor.name or actor.role.value,
        illustrative=request.illustrative,
    )
    number: int = db.execute(row.returning(COVERAGES.c.id)).scalar_one()
    bump(db, [TABLE])
    return number


def tidy(db: Connection, folder: Path, spared_s: float = SPARED_S) -> int:
    """
    Delete files that no coverage has: what a load left that was stopped before its end.

    Parameters
    ----------
    spared_s
        Whole files younger than this stay. Half-written ones stay for a day: a load may be at them.

    Returns
    -------
    count
        How many were deleted.
    """
    gone = 0
    for path in sorted(folder.glob("*.tif")) if folder.is_dir() else ():
        spared = SPARED_S if path.name.startswith(".") else spared_s
        try:
            if time.time() - path.stat().st_mtime < spared:
                continue
            free = db.execute(select(func.pg_try_advisory_xact_lock(_lock(path.stem)))).scalar_one()
            owned = select(COVERAGES.c.id).where(COVERAGES.c.sha256 == path.stem).limit(1)
            if free and db.execute(owned).scalar() is None:
                path.unlink()
                gone += 1
        except FileNotFoundError:
            continue  # its load ended meanwhile
    return gone


def _lock(digest: str) -> Any:
    """Whoever writes or deletes the file of this digest holds this lock until its transaction ends."""
    return func.hashtextextended(f"didoi coverage {digest}", 0)


def withdraw(db: Connection, number: int, on: date) -> None:
    """
    End a coverage on a date; earlier dates still show it.

    Raises
    ------
    CoverageUnknown
    """
    row = one(db, number, on)
    db.execute(update(COVERAGES).where(COVERAGES.c.id == row.id).values(valid_to=on))
    bump(db, [TABLE])


def known(db: Connection, as_of: date) -> list[Row[Any]]:
    """Coverages that hold on a date."""
    holds = (COVERAGES.c.valid_from <= as_of) & or_(
        COVERAGES.c.valid_to.is_(None), COVERAGES.c.valid_to > as_of
    )
    return list(db.execute(select(COVERAGES).where(holds).order_by(COVERAGES.c.kind, COVERAGES.c.id)))


def one(db: Connection, number: int, as_of: date) -> Row[Any]:
    """
    One coverage that holds on a date.

    Raises
    ------
    CoverageUnknown
    """
    found = next((row for row in known(db, as_of) if row.id == number), None)
    if found is None:
        raise errors.CoverageUnknown(id=number)
    return found


def file_of(row: Row[Any], folder: Path) -> Path:
    """
    The cells of a coverage.

    Raises
    ------
    CoverageFileGone
    """
    path = folder / f"{row.sha256}.tif"
    if not path.is_file():
        raise errors.CoverageFileGone(id=row.id)
    return path


def _written(request: Request, srid: int, digest: str, folder: Path, *, coded: bool) -> dict[str, Any]:
    """The COG under its digest: written beside, then named, so that a half-written one is never read."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{digest}.tif"
    beside = folder / f".{uuid4().hex}.tif"
    try:
        made = convert(request.path, beside, band=request.band, nodata=request.nodata, srid=srid, coded=coded)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return made


def _digest(request: Request, srid: int) -> str:
    """Of the bytes and of everything that changes what is written."""
    with request.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    digest.update(f"{srid}|{request.band}|{request.nodata}".encode())
    return digest.hexdigest()


def _classes(request: Request, told: dict[str, Any]) -> list[dict[str, Any]] | None:
    if request.kind != "land_cover":
        return None
    values = told["classes"]
    named = {float(each["value"]): each for each in request.classes}
    if values is None or not set(values) <= set(named):
        missing = [f"{v:g}" for v in values or [] if v not in named]
        raise errors.RasterClassesNeeded(file=request.path.name, values=", ".join(missing) or "–")
    return [
        {
            "value": value,
            "title_vi": str(each["title_vi"]),
            "title_en": str(each.get("title_en") or each["title_vi"]),
            "color": str(each["color"]),
        }
        for value, each in sorted(named.items())
    ]


def _likely_kinds(told: dict[str, Any]) -> list[str]:
    """Kinds that the values allow, the likeliest first; a person chooses."""
    if told["classes"] is not None and len(told["classes"]) <= 32 and told["dtype"] in ("uint8", "int8"):
        return ["land_cover", "other"]
    if told["min"] is not None and told["min"] >= 0 and told["max"] <= 20:
        return ["flood_depth", "elevation", "other"]
    return ["elevation", "other", "flood_depth"]


def _box(bounds: list[float], srid: int) -> tuple[float, float, float, float]:
    """West, south, east, north in degrees of the raster's edge."""
    west, south, east, north = bounds
    x = np.concatenate([np.linspace(west, east, 17)] * 2 + [np.full(17, west), np.full(17, east)])
    y = np.concatenate([np.full(17, south), np.full(17, north)] + [np.linspace(south, north, 17)] * 2)
    lon, lat = crs.transform_xy(x, y, srid, crs.STORAGE_SRID)
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


def _resolution_m(told: dict[str, Any], srid: int) -> float:
    """Width of a cell in the middle, in metres."""
    if not crs.supported(srid).geographic:
        return float(told["cell"][0])
    west, south, east, north = told["bounds"]
    _, _, wide_m = GEOD.inv(west, (south + north) / 2, east, (south + north) / 2)
    return float(wide_m / told["width"])
