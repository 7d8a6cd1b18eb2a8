"""A raster through the guided import: the plan says what it means, the store of coverages keeps it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from layers.access import Actor
from layers.coverages import store
from layers.dates import as_date
from layers.ingest.plan import COVERAGES, Plan, PlanInvalid

Json = dict[str, Any]
SAID = (
    "kind",
    "title_vi",
    "title_en",
    "unit",
    "classes",
    "flooded_from_m",
    "band",
    "nodata",
    "source",
    "licence",
)


def is_coverage(plan: Plan) -> bool:
    """Whether a plan is about a raster."""
    return plan.target == COVERAGES


def rehearse(plan: Plan, path: Path) -> Json:
    """
    The preview of a raster: no row, but what the file holds; nothing is written.

    Raises
    ------
    DidoiError
        Those of `layers.coverages.store.inspect`.
    """
    request = _request(plan, path)
    counts = {"loaded": 0, "noted": 0, "refused": 0}
    told = store.inspect(path, request.band)
    return {
        "rows": 0,
        "counts": counts,
        "notes": [],
        "of_file": [],
        "box": None,
        "matches": None,
        "raster": told,
    }


def keep(db: Connection, actor: Actor, plan: Plan, path: Path, folder: Path) -> int:
    """
    Keep the raster, in the caller's transaction.

    Returns
    -------
    id
        Of the coverage; the same as before where the same raster was kept before.
    """
    return store.add(db, actor, _request(plan, path), folder)


def _request(plan: Plan, path: Path) -> store.Request:
    said = {name: value for name, value in (plan.coverage or {}).items() if value is not None}
    if unknown := sorted(set(said) - set(SAID)):
        raise PlanInvalid(reason=f"coverage: {', '.join(unknown)} ∉ {', '.join(SAID)}")
    missing = [name for name in ("kind", "title_vi", "title_en") if not isinstance(said.get(name), str)]
    if missing:
        raise PlanInvalid(reason=f"coverage: {', '.join(missing)}")
    said["classes"] = tuple(said.get("classes", ()))
    day = None if plan.valid_from is None else as_date(plan.valid_from)
    return store.Request(path, crs=plan.crs, valid_from=day, **said)
