"""What becomes of a fault: accepted with a reason, repaired as proposed, or refused while still staged."""

from __future__ import annotations

import json
from typing import Any

import shapely
from sqlalchemy import Connection, LargeBinary, func, insert, select, type_coerce, update

from gis.errors import Conflict, NotFound
from layers.access import Actor
from layers.catalogue import layer as layer_of
from layers.catalogue import layers
from layers.catalogue.faults import LAYER
from layers.catalogue.faults import TABLE as FAULTS
from layers.dates import today
from layers.ingest import staged
from layers.quality.check import check
from layers.quality.proposals import Proposal, propose
from layers.quality.versions import alone, current, replace
from layers.query import LayerForbidden
from layers.records.data_versions import bump
from layers.records.fault_decisions import DECISIONS
from layers.revisions import reasoned


class FaultUnknown(NotFound):
    """No fault that stands has this key. Facts: key."""


class FaultDecided(Conflict):
    """The fault is no longer open. Facts: key, state."""


class FaultNotStaged(Conflict):
    """Only a row that waits in staging can be refused. Facts: key, rule."""


class FaultStaged(Conflict):
    """A row that waits in staging is repaired or refused; there is nothing to accept. Facts: key, rule."""


def standing(db: Connection, actor: Actor, key: str) -> Any:
    """
    A fault that stands, with its place as ``wkb``.

    Raises
    ------
    LayerForbidden, FaultUnknown
    """
    if not actor.may(LAYER.access.view):
        raise LayerForbidden(layer=LAYER.id)
    wkb = type_coerce(func.ST_AsBinary(FAULTS.c.geom), LargeBinary).label("wkb")
    query = select(*FAULTS.c, wkb).where(FAULTS.c.key == key, FAULTS.c.valid_to.is_(None))
    row = db.execute(query).one_or_none()
    if row is None:
        raise FaultUnknown(key=key)
    return row


def accept(db: Connection, actor: Actor, key: str, reason: str) -> None:
    """
    Accept a fault as it is; it is not raised again while it does not grow.

    Raises
    ------
    LayerForbidden, FaultUnknown, FaultStaged, ReasonMissing
    """
    fault = _writable(db, actor, key)
    if fault.staged_id is not None:
        raise FaultStaged(key=key, rule=fault.rule)
    told = {
        "state": "accepted",
        "reason": reasoned(reason),
        "decided_by": actor.name,
        "decided_at": func.now(),
        "accepted_measure": fault.measure,
    }
    db.execute(update(FAULTS).where(FAULTS.c.id == fault.id).values(told))
    _remember(db, actor, fault, "accept", reason)


def repair(db: Connection, actor: Actor, key: str) -> None:
    """
    Do what `propose` shows: a new version of the feature, or the staged row brought into its table.

    Raises
    ------
    LayerForbidden, FaultUnknown, FaultDecided, FaultNotRepairable, FeatureChanged
    DidoiError
        Those of `layers.ingest.staged.repair`.
    """
    fault = _writable(db, actor, key)
    if fault.state != "open":
        raise FaultDecided(key=key, state=fault.state)
    alone(db, fault.layer)
    proposal = propose(db, fault)
    if fault.staged_id is not None:
        wkb = None if proposal.after is None else shapely.to_wkb(proposal.after)
        _remember(db, actor, fault, "repair", proposal.explain.vi, proposal)
        staged.repair(db, actor, fault.staged_id, wkb, dict(proposal.values) or None)
        _end(db, actor, fault, "repaired", proposal.explain.vi)
        return
    assert proposal.feature is not None
    layer = layer_of(fault.layer)
    _remember(db, actor, fault, "repair", proposal.explain.vi, proposal)
    now = replace(db, layer, proposal.feature, today(), proposal.after, dict(proposal.values))
    _end(db, actor, fault, "repaired", proposal.explain.vi)
    touched = {fault.feature_key, fault.other_key, proposal.feature, now} - {None}
    check(db, fault.layer, sorted(touched))


def refuse(db: Connection, actor: Actor, key: str, reason: str) -> None:
    """
    Refuse a row that waits in staging: it never enters its table.

    Raises
    ------
    LayerForbidden, FaultUnknown, FaultNotStaged, ReasonMissing
    DidoiError
        Those of `layers.ingest.staged.refuse`.
    """
    fault = _writable(db, actor, key)
    if fault.staged_id is None:
        raise FaultNotStaged(key=key, rule=fault.rule)
    staged.refuse(db, actor, fault.staged_id, reasoned(reason))
    _remember(db, actor, fault, "refuse", reason)
    _end(db, actor, fault, "refused", reason)


def _writable(db: Connection, actor: Actor, key: str) -> Any:
    if not actor.may(LAYER.access.edit):
        raise LayerForbidden(layer=LAYER.id)
    db.execute(select(FAULTS.c.id).where(FAULTS.c.key == key, FAULTS.c.valid_to.is_(None)).with_for_update())
    return standing(db, actor, key)


def _end(db: Connection, actor: Actor, fault: Any, state: str, reason: str) -> None:
    told = {
        "state": state,
        "reason": reason,
        "decided_by": actor.name,
        "decided_at": func.now(),
        "valid_to": func.greatest(FAULTS.c.valid_from, today()),
    }
    db.execute(update(FAULTS).where(FAULTS.c.id == fault.id).values(told))


def _remember(
    db: Connection, actor: Actor, fault: Any, verb: str, reason: str, proposal: Proposal | None = None
) -> None:
    """Keep the decision, and of a repair what stood before."""
    before: dict[str, Any] = {}
    feature = fault.feature_key
    if proposal is not None and proposal.feature is not None and fault.layer in layers():
        row = current(db, layer_of(fault.layer), proposal.feature)
        feature, before = row.key, {name: getattr(row, name) for name in proposal.values}
        before |= {"version_id": row.id, "valid_from": row.valid_from.isoformat()}
    changed = proposal is not None and proposal.after is not None
    db.execute(
        insert(DECISIONS).values(
            fault_key=fault.key,
            verb=verb,
            actor=actor.name or actor.role.value,
            reason=reason,
            layer=fault.layer,
            feature_key=feature,
            before=json.loads(json.dumps(before, default=str)),
            before_wkb=shapely.to_wkb(proposal.before) if changed and proposal is not None else None,
        )
    )
    bump(db, [FAULTS.name])
