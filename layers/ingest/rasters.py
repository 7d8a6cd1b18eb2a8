"""
Rasters in a guided import: what one holds, what must be said of it, and keeping it as a coverage.

A raster has no rows. Its plan says what its cells mean; nothing of it is kept before that is said.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, insert, select

from gis import crs
from layers.access import Actor
from layers.coverages import store
from layers.dates import as_date
from layers.ingest.errors import FileNotRaster, FileUnreadable
from layers.ingest.guard import inspect
from layers.ingest.plan import COVERAGES, File, Json, Plan, PlanInvalid, check_file
from layers.layer import Text
from layers.records.coverages import COVERAGES as TABLE
from layers.records.coverages import KINDS
from layers.records.imports import RUNS

KIND = "GeoTIFF"
TITLE = Text("Ảnh raster", "Raster")
ALL_KNOWN = "none"
"""Said in place of a value of no data: every value is a measurement."""

_TEXTS = ("kind", "title_vi", "title_en", "unit", "source", "licence")
_NAMES = (*_TEXTS, "band", "nodata", "classes", "flooded_from_m")
_LONGEST = 400
_MOST_CLASSES = 256
#: For values that the file gives no colour: apart from each other, and quiet on a map.
_PALETTE = (
    "#A8C286", "#4F7F4A", "#D9C77E", "#B5A183", "#8FB7CC", "#C98F72", "#7E8FA6", "#D8A9B5",
    "#6FA39A", "#9C7BA6", "#E0B85C", "#8A8A80",
)  # fmt: skip


def look(path: Path, band: int = 1) -> Json:
    """
    What a file holds; of a raster also what its cells are, under ``raster``.

    Raises
    ------
    DidoiError
        Those of `layers.ingest.guard.inspect` and `layers.coverages.store.inspect`.
    """
    found = inspect(path).to_json()
    if found["kind"] != KIND:
        return found
    told = store.inspect(_file(path), band)
    wkt = told.pop("crs")
    srid = told.pop("srid")
    named = re.search(r'"([^"]+)"', wkt or "")
    del told["names"]
    colours = {value: "#{:02X}{:02X}{:02X}".format(*rgb) for value, rgb in told.pop("colours").items()}
    placed = {"crs": f"EPSG:{srid}" if srid else None, "crs_text": named[1] if named else None}
    return {**found, "raster": {**told, **placed, "band": band, "colours": colours}}


def propose(file: File, found: Json, province: str | None, said: Plan | None) -> Plan:
    """A plan for a raster: all that the file tells is filled in, and what its cells mean is asked."""
    raster = found["raster"]
    classes = [
        {
            "value": value,
            "title_vi": "",
            "title_en": "",
            "color": raster["colours"].get(str(value)) or _PALETTE[at % len(_PALETTE)],
        }
        for at, value in enumerate(raster["classes"] or [])
    ]
    coverage = dict.fromkeys(_NAMES) | {"band": raster["band"], "unit": raster["unit"], "classes": classes}
    plan = Plan(file, COVERAGES, province=province, coverage=coverage)
    if said is not None:
        given = {name: value for name, value in (said.coverage or {}).items() if value is not None}
        plan = replace(plan, crs=said.crs, valid_from=said.valid_from, coverage=coverage | given)
    return replace(plan, questions=tuple(questions(plan, found)))


def questions(plan: Plan, found: Json) -> list[Json]:
    """
    What must be said of a raster before it can be kept.

    Raises
    ------
    PlanInvalid, CrsUnknown, FileNotRaster
    """
    if found.get("kind") != KIND:
        raise FileNotRaster(file=plan.file.name, kind=found.get("kind") or "–")
    said, raster = _said(plan), found.get("raster") or {}
    asked: list[Json] = []
    if missing := [name for name in ("kind", "title_vi") if not said[name]]:
        asked.append({"code": "coverage_unsaid", "facts": {"missing": ", ".join(missing)}})
    if plan.crs is not None:
        crs.identify(plan.crs, file=plan.file.name)
    elif raster.get("crs") is None:
        asked.append({"code": "raster_crs_missing", "facts": {}})
    if raster.get("suspicious") is not None and said["nodata"] is None:
        asked.append({"code": "nodata_unsure", "facts": {"value": f"{raster['suspicious']:g}"}})
    if said["kind"] == "land_cover":
        named = {float(one["value"]) for one in said["classes"] if one["title_vi"].strip() and one["color"]}
        lacking = [value for value in raster.get("classes") or () if value not in (said["nodata"], *named)]
        if lacking or not raster.get("classes"):
            values = ", ".join(f"{value:g}" for value in lacking) or "–"
            asked.append({"code": "classes_unsaid", "facts": {"values": values}})
    return asked


def preview(db: Connection, plan: Plan, path: Path) -> Json:
    """
    What would be kept, with nothing written.

    Returns
    -------
    told
        Cells, size of a cell in metres, range, share of known cells, the box in degrees, and the number of
        the coverage where this very raster is kept already.

    Raises
    ------
    DidoiError
        Those of `layers.coverages.store.check`.
    """
    request = _request(plan, path)
    seen = store.check(request)
    told = {name: seen.told[name] for name in ("width", "height", "min", "max", "known_share")}
    told |= {"crs": f"EPSG:{seen.srid}", "resolution_m": seen.resolution_m, "box": list(seen.box)}
    return told | {"kept": store.kept(db, request, seen)}


def keep(db: Connection, actor: Actor, plan: Plan, path: Path, folder: Path) -> tuple[int, bool]:
    """
    Keep the raster of a plan, and the plan with it as a run, in the caller's transaction.

    Returns
    -------
    run_id, repeated

    Raises
    ------
    FileMissing, PlanOfOtherFile
    DidoiError
        Those of `layers.coverages.store.add`.
    """
    check_file(plan, path)
    request = _request(plan, path)
    number = store.add(db, actor, request, folder)
    key = f"coverage {number}"
    done = db.execute(select(RUNS.c.id).where(RUNS.c.idempotency_key == key)).scalar()
    if done is not None:
        return done, True
    srid = db.execute(select(TABLE.c.srid).where(TABLE.c.id == number)).scalar_one()
    run = insert(RUNS).values(
        layer_id=COVERAGES,
        file_name=plan.file.name,
        file_sha256=plan.file.sha256,
        idempotency_key=key,
        crs=f"EPSG:{srid}",
        mapping={"coverage": number},
        plan=plan.to_json(),
        actor=actor.name or actor.role.value,
        finished_at=func.now(),
        read_count=1,
        loaded_count=1,
    )
    return db.execute(run.returning(RUNS.c.id)).scalar_one(), False


def kept_by(db: Connection, run: Any) -> Json | None:
    """The coverage that a run kept; None of a run of rows."""
    if run.layer_id != COVERAGES:
        return None
    row = db.execute(select(TABLE).where(TABLE.c.id == run.mapping["coverage"])).one()
    return {"id": row.id, "kind": row.kind, "title": {"vi": row.title_vi, "en": row.title_en}}


def band_of(name: str | None) -> int:
    """The band that was chosen as the layer in the file; the first where none was."""
    return int(name) if name is not None and re.fullmatch(r"[1-9]\d{0,3}", name) else 1


def _file(path: Path) -> Path:
    """
    The raster itself, where the upload has other parts beside it.

    Raises
    ------
    FileUnreadable
    """
    if path.is_dir():
        path = next((one for one in sorted(path.iterdir()) if one.suffix.lower() in (".tif", ".tiff")), path)
    if path.suffix.lower() == ".zip" or path.is_dir():
        raise FileUnreadable(file=path.name, reason="ZIP → .tif")
    return path


def _request(plan: Plan, path: Path) -> store.Request:
    said = _said(plan)
    kind, nodata = said["kind"] or "", said["nodata"]
    return store.Request(
        _file(path),
        kind,
        said["title_vi"] or "",
        said["title_en"] or said["title_vi"] or "",
        plan.crs,
        said["band"] or 1,
        None if nodata == ALL_KNOWN else nodata,
        said["unit"] or None,
        tuple(one for one in said["classes"] if one["value"] != nodata) if kind == "land_cover" else (),
        said["flooded_from_m"] if kind == "flood_depth" else None,
        as_date(plan.valid_from) if plan.valid_from else None,
        said["source"] or None,
        said["licence"] or None,
        all_known=nodata == ALL_KNOWN,
    )


def _said(plan: Plan) -> Json:
    """
    What the plan says of its raster, every name there and of its kind.

    Raises
    ------
    PlanInvalid
    """
    said = dict.fromkeys(_NAMES) | (plan.coverage or {})
    if unknown := sorted(set(said) - set(_NAMES)):
        raise PlanInvalid(reason=f"coverage: {', '.join(unknown)} ∉ {', '.join(_NAMES)}")
    for name in _TEXTS:
        said[name] = _text(said[name], name)
    kinds = [kind.value for kind in KINDS]
    if said["kind"] and said["kind"] not in kinds:
        raise PlanInvalid(reason=f"coverage.kind: {', '.join(kinds)}")
    if said["band"] is not None and (type(said["band"]) is not int or not 1 <= said["band"] <= 9999):
        raise PlanInvalid(reason="coverage.band: 1, 2 …")
    if said["nodata"] != ALL_KNOWN:
        said["nodata"] = _number(said["nodata"], "nodata")
    said["flooded_from_m"] = _number(said["flooded_from_m"], "flooded_from_m")
    classes = said["classes"] or []
    if not isinstance(classes, list) or len(classes) > _MOST_CLASSES:
        raise PlanInvalid(reason=f"coverage.classes: [ … ] ≤ {_MOST_CLASSES}")
    said["classes"] = [_class(one) for one in classes]
    return said


def _class(one: Any) -> Json:
    if not isinstance(one, dict) or _number(one.get("value"), "classes.value") is None:
        raise PlanInvalid(reason="coverage.classes: {value, title_vi, title_en, color}")
    color = _text(one.get("color"), "classes.color")
    if color and not re.fullmatch(r"#[0-9A-Fa-f]{6}", color):
        raise PlanInvalid(reason="coverage.classes.color: #RRGGBB")
    titles = {name: _text(one.get(name), f"classes.{name}") or "" for name in ("title_vi", "title_en")}
    return {"value": float(one["value"]), **titles, "color": color or ""}


def _text(value: Any, name: str) -> str | None:
    if value is not None and (not isinstance(value, str) or len(value) > _LONGEST or "\0" in value):
        raise PlanInvalid(reason=f"coverage.{name}: text ≤ {_LONGEST}")
    return value.strip() if value else value


def _number(value: Any, name: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise PlanInvalid(reason=f"coverage.{name}: number")
    return float(value)
