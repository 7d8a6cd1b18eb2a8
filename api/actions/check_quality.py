"""Look for faults in a layer, or in every layer that a rule looks at, and tell which rules there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from layers.access import Actor
from layers.catalogue import layer
from layers.catalogue.faults import LAYER
from layers.quality import check, checkable
from layers.quality_rules import rules
from layers.query import LayerForbidden
from layers.records.rules import value_of


@dataclass(frozen=True)
class QualityReport:
    """
    What a check did to one layer.

    Attributes
    ----------
    checked, found, closed
        Features that were looked at, faults that are new, and faults that are gone.
    counts
        Faults that stand, by rule.
    unanswered
        Rules that could not answer.
    """

    layer: str
    checked: int
    found: int
    closed: int
    counts: Mapping[str, int]
    unanswered: tuple[str, ...]


def check_quality(
    db: Connection, actor: Actor, layer_id: str | None = None, keys: Sequence[str] | None = None
) -> list[QualityReport]:
    """
    Check one layer, some features of it, or all layers; as they hold today.

    Raises
    ------
    LayerForbidden, LayerUnknown
    """
    if not actor.may(LAYER.access.edit):
        raise LayerForbidden(layer=LAYER.id)
    asked = checkable() if layer_id is None else [layer(layer_id).id]
    reports: list[QualityReport] = []
    for each in asked:
        done = check(db, each, keys)
        reports.append(
            QualityReport(each, done.checked, done.found, done.closed, done.counts, done.unanswered)
        )
    return reports


def quality_rules(db: Connection) -> list[dict[str, Any]]:
    """Every rule with its words and the tolerance that counts now."""
    return [
        {
            "id": rule.id,
            "title": {"vi": rule.title.vi, "en": rule.title.en},
            "explain": {"vi": rule.explain.vi, "en": rule.explain.en},
            "severity": rule.severity,
            "tolerance": value_of(db, rule.tolerance_name) if rule.tolerance else None,
            "unit": rule.tolerance.unit if rule.tolerance else rule.unit,
            "layers": list(rule.layers),
        }
        for rule in rules().values()
    ]
