"""
Runs the rules over a layer and keeps what they find: one row per fault, from the day it was found until it
was gone.

A fault is the same as before when rule, layer and features are the same. One that was accepted stays accepted
while it does not grow; one that comes back after it was accepted is accepted as it comes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely
from shapely.errors import GEOSException
from sqlalchemy import Connection, and_, bindparam, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import distinct_on

from gis.crs import STORAGE_SRID
from layers.catalogue import layer as layer_of
from layers.catalogue import layers
from layers.catalogue.faults import TABLE as FAULTS
from layers.dates import today
from layers.quality.words import sentence
from layers.quality_rules import of_layer, rules
from layers.quality_rules.rule import Found, Rule
from layers.quality_rules.scene import Features, Scene
from layers.records.data_versions import bump
from layers.records.rules import value_of

#: An accepted fault may be measured anew with another digit; it grows from this share on.
GROWS = 0.01


@dataclass(frozen=True)
class Checked:
    """
    What a check did.

    Attributes
    ----------
    checked
        How many features were looked at.
    found, closed
        How many faults are new, and how many are gone.
    counts
        Faults that stand after the check, by rule.
    unanswered
        Rules that could not answer: geometry on which GEOS gave up. What they had found before stands.
    """

    checked: int
    found: int
    closed: int
    counts: Mapping[str, int]
    unanswered: tuple[str, ...] = ()


def check(
    db: Connection, layer_id: str, keys: Sequence[str] | None = None, as_of: date | None = None
) -> Checked:
    """
    Check a layer, or some features of it with their neighbours, as they hold on a date.

    Parameters
    ----------
    keys
        Features that changed or went; None for the whole layer.
    as_of
        Today where it is not said; faults are found and gone on this day.

    Raises
    ------
    LayerUnknown
    """
    layer_of(layer_id)
    on = as_of or today()
    keys = None if keys is None else sorted(set(keys))
    db.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"didoi quality {layer_id}"))))
    tolerances = {r.id: value_of(db, r.tolerance_name) for r in rules().values() if r.tolerance is not None}
    whole = Scene(db, on, tolerances)
    near = whole if keys is None else Scene(db, on, tolerances, (layer_id, keys))
    found: dict[str, dict[str, Any]] = {}
    asked, unanswered = list[str](), list[str]()
    for rule in of_layer(layer_id):
        scene = near if rule.alone else whole
        tolerance = tolerances.get(rule.id, 0.0)
        try:
            answer = rule.find(scene, layer_id, tolerance) if rule.find else None
        except GEOSException:  # one bad geometry never stops a run
            unanswered.append(rule.id)
            continue
        asked.append(rule.id)
        if answer is not None:
            _add(found, rule, layer_id, scene.features(layer_id), answer, tolerance, keys)
    new, gone = _keep(db, layer_id, asked, found, keys, on)
    looked = near.features(layer_id) if asked else ()
    return Checked(
        len(looked) if keys is None else len(keys), new, gone, _standing(db, layer_id), tuple(unanswered)
    )


def checkable() -> list[str]:
    """Layers that some rule looks at, in drawing order."""
    return [layer_id for layer_id in layers() if of_layer(layer_id)]


def _add(
    into: dict[str, dict[str, Any]],
    rule: Rule,
    layer_id: str,
    features: Features,
    found: Found,
    tolerance: float,
    keys: Sequence[str] | None,
) -> None:
    """The faults that a rule found as rows of the table, by key."""
    wanted = None if keys is None else frozenset(keys)
    illustrative = features.texts("illustrative")
    wkb = shapely.to_wkb(shapely.set_srid(_drawable(found.geoms), STORAGE_SRID), hex=True, include_srid=True)
    for at, row in enumerate(found.row.tolist()):
        feature, other = str(features.keys[row]), found.other[at]
        if wanted is not None and feature not in wanted and other not in wanted:
            continue
        measure = float(found.measure[at])
        facts = {name: values[at] for name, values in found.facts.items()}
        facts |= {"key": feature, "other": other, "measure": measure, "tolerance": tolerance}
        told = sentence(rule.message, facts)
        stem = "/".join((rule.id, layer_id, feature, *([other] if other else [])))
        key, again = stem, 1
        while key in into:  # several gaps between one pair, from west to east
            key, again = f"{stem}#{again + 1}", again + 1
        into[key] = {
            "key": key,
            "rule": rule.id,
            "severity": rule.severity,
            "layer": layer_id,
            "feature_key": feature,
            "other_key": other,
            "measure": measure if np.isfinite(measure) else None,
            "unit": rule.unit,
            "message_vi": told.vi,
            "message_en": told.en,
            "repairable": bool(found.repairable[at]),
            "illustrative": bool(illustrative[row]),
            "geom": wkb[at],
        }


def _drawable(geoms: Any) -> Any:
    """Places as a map can draw them: sound, and of one kind each."""
    drawn = np.array(geoms, dtype=object)
    odd = shapely.get_type_id(drawn) == shapely.GeometryType.GEOMETRYCOLLECTION
    odd |= ~shapely.is_missing(drawn) & ~shapely.is_valid(drawn)
    drawn[odd] = shapely.point_on_surface(shapely.make_valid(drawn[odd]))
    drawn[shapely.is_empty(drawn)] = None
    many = shapely.get_type_id(drawn) == shapely.GeometryType.MULTIPOINT
    drawn[many] = shapely.get_geometry(drawn[many], 0)
    return drawn


def _keep(
    db: Connection,
    layer_id: str,
    asked: Sequence[str],
    found: dict[str, dict[str, Any]],
    keys: Sequence[str] | None,
    on: date,
) -> tuple[int, int]:
    """Compare what was found with what stands; how many faults are new and how many gone."""
    of_features = and_(FAULTS.c.layer == layer_id, FAULTS.c.staged_id.is_(None), FAULTS.c.rule.in_(asked))
    if keys is not None:
        of_features &= or_(FAULTS.c.feature_key.in_(keys), FAULTS.c.other_key.in_(keys))
    standing = {
        row.key: row for row in db.execute(select(FAULTS).where(of_features, FAULTS.c.valid_to.is_(None)))
    }
    gone = [row.id for key, row in standing.items() if key not in found]
    grown = [
        row.id
        for key, row in standing.items()
        if key in found and row.state == "accepted" and _grew(found[key]["measure"], row.accepted_measure)
    ]
    same = [row for key, row in standing.items() if key in found and row.id not in set(grown)]
    kept = {row.key for row in same}
    changed = [
        {"of": row.id, **_measured(found[row.key])}
        for row in same
        if (row.measure, row.message_vi, row.message_en, row.repairable)
        != tuple(found[row.key][name] for name in ("measure", "message_vi", "message_en", "repairable"))
    ]
    new = [values for key, values in found.items() if key not in kept]
    _close(db, gone, on, "repaired")
    _close(db, grown, on, None)
    if changed:
        named = {name: bindparam(name) for name in changed[0] if name != "of"}
        db.execute(update(FAULTS).where(FAULTS.c.id == bindparam("of")).values(named), changed)
    if new:
        accepted = _accepted_before(db, layer_id)
        open_ = {"state": "open", "reason": None, "decided_by": None, "decided_at": None}
        open_ |= {"accepted_measure": None, "valid_from": on}
        rows = [values | open_ | _again(values, accepted.get(values["key"])) for values in new]
        db.execute(insert(FAULTS), rows)
    if gone or new or changed:
        bump(db, [FAULTS.name])
    return len(new), len(gone)


def _measured(values: dict[str, Any]) -> dict[str, Any]:
    names = ("measure", "message_vi", "message_en", "repairable", "geom")
    return {name: values[name] for name in names}


def _close(db: Connection, ids: Sequence[int], on: date, state: str | None) -> None:
    """End faults; one that nobody had accepted was repaired by whoever changed the features."""
    if not ids:
        return
    ended: dict[str, Any] = {"valid_to": func.greatest(FAULTS.c.valid_from, on)}
    closing = update(FAULTS).where(FAULTS.c.id.in_(ids))
    db.execute(closing.values(ended))
    if state is not None:
        db.execute(closing.where(FAULTS.c.state == "open").values(state=state))


def _grew(measure: float | None, accepted: float | None) -> bool:
    return measure is not None and accepted is not None and measure > accepted * (1 + GROWS)


def _accepted_before(db: Connection, layer_id: str) -> dict[str, Any]:
    """The last decision about each fault of a layer that was accepted once."""
    latest = (
        select(FAULTS)
        .where(
            FAULTS.c.layer == layer_id,
            FAULTS.c.accepted_measure.is_not(None) | (FAULTS.c.state == "accepted"),
        )
        .ext(distinct_on(FAULTS.c.key))
        .order_by(FAULTS.c.key, FAULTS.c.id.desc())
    )
    return {row.key: row for row in db.execute(latest)}


def _again(values: dict[str, Any], before: Any) -> dict[str, Any]:
    """The decision that goes on for a fault that comes back; nothing where it grew meanwhile."""
    if before is None or before.state != "accepted" or _grew(values["measure"], before.accepted_measure):
        return {}
    names = ("state", "reason", "decided_by", "decided_at", "accepted_measure")
    return {name: getattr(before, name) for name in names}


def _standing(db: Connection, layer_id: str) -> dict[str, int]:
    counted = (
        select(FAULTS.c.rule, func.count())
        .where(FAULTS.c.layer == layer_id, FAULTS.c.valid_to.is_(None))
        .group_by(FAULTS.c.rule)
    )
    counts: dict[str, int] = {row[0]: row[1] for row in db.execute(counted)}
    return {rule_id: counts[rule_id] for rule_id in rules() if rule_id in counts}
