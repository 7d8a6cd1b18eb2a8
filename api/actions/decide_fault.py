"""See how a fault could be mended, and decide about it."""

from __future__ import annotations

import json
from typing import Any, Literal

import shapely
from sqlalchemy import Connection, func, select

from layers.access import Actor
from layers.catalogue.faults import LAYER
from layers.catalogue.faults import TABLE as FAULTS
from layers.quality import decide
from layers.quality.proposals import propose
from layers.rows import told_columns

Verb = Literal["accept", "repair", "refuse"]
DECIMALS = 9
"""Of degrees: a tenth of a millimetre."""


def propose_repair(db: Connection, actor: Actor, key: str) -> dict[str, Any]:
    """
    The proposed repair of a fault, before and after; nothing is changed.

    Raises
    ------
    LayerForbidden, FaultUnknown, FaultNotRepairable, FeatureChanged
    """
    proposal = propose(db, decide.standing(db, actor, key))
    return {
        "feature": proposal.feature,
        "before": _geojson(proposal.before),
        "after": _geojson(proposal.after),
        "values": dict(proposal.values) or None,
        "area_before_ha": proposal.area_before_ha,
        "area_after_ha": proposal.area_after_ha,
        "explain": {"vi": proposal.explain.vi, "en": proposal.explain.en},
    }


def decide_fault(db: Connection, actor: Actor, key: str, verb: Verb, reason: str = "") -> dict[str, Any]:
    """
    Accept, repair or refuse; the fault as it is afterwards.

    Raises
    ------
    DidoiError
        Those of `layers.quality.decide`.
    """
    fault_id = decide.standing(db, actor, key).id
    if verb == "repair":
        decide.repair(db, actor, key)
    elif verb == "accept":
        decide.accept(db, actor, key, reason)
    else:
        decide.refuse(db, actor, key, reason)
    return _fault(db, fault_id)


def _fault(db: Connection, fault_id: int) -> dict[str, Any]:
    columns = [FAULTS.c[name] for name in told_columns(LAYER) if name in FAULTS.c]
    box = func.Box2D(FAULTS.c.geom)
    sides = [f(box) for f in (func.ST_XMin, func.ST_YMin, func.ST_XMax, func.ST_YMax)]
    row = db.execute(select(*columns, *sides).where(FAULTS.c.id == fault_id)).one()
    told = dict(zip((c.name for c in columns), row, strict=False))
    found = list(row[len(columns) :])
    return told | {"box": None if found[0] is None else found}


def _geojson(geom: Any) -> Any:
    """A geometry as GeoJSON; NaN and infinite corners, which JSON cannot say, make it null."""
    if geom is None:
        return None
    if not all(abs(side) < float("inf") for side in shapely.total_bounds(geom).tolist()):
        return None
    return _rounded(json.loads(shapely.to_geojson(shapely.force_2d(geom))))


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, DECIMALS)
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    return value
