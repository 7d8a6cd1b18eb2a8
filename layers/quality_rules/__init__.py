"""
The catalogue of named rules of quality: adding a rule is adding one entry to a group here.

Each module holds ``RULES``, the rules of one group; `layers.quality` runs them and keeps what they find.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import cast

from gis.errors import NotFound
from layers.quality_rules.rule import Rule

#: Modules here that hold no rules.
_FRAME = ("rule", "scene")


class QualityRuleUnknown(NotFound):
    """No rule of quality has this id. Facts: rule, known."""


@cache
def rules() -> dict[str, Rule]:
    """Every rule by id, group by group."""
    groups = [m.name for m in iter_modules(__path__) if m.name not in _FRAME]
    held = [cast(tuple[Rule, ...], import_module(f"{__name__}.{name}").RULES) for name in groups]
    return {rule.id: rule for group in held for rule in group}


def rule(rule_id: str) -> Rule:
    """
    The rule with this id.

    Raises
    ------
    QualityRuleUnknown
        With the ids that exist.
    """
    known = rules()
    if rule_id not in known:
        raise QualityRuleUnknown(rule=rule_id, known=", ".join(known))
    return known[rule_id]


def of_layer(layer_id: str) -> list[Rule]:
    """The rules that look at a layer's features."""
    return [each for each in rules().values() if layer_id in each.layers and each.find is not None]
