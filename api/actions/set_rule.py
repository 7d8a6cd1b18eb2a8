"""Record another value of a rule, and compute anew what rests on it."""

from __future__ import annotations

from sqlalchemy import Connection

from layers.access import Actor
from layers.quality_rules import rules as quality_rules
from layers.records import rules
from layers.supply import refresh


def set_rule(db: Connection, actor: Actor, name: str, value: float, source: str) -> None:
    """
    Record the value with its source; free plots and supply follow in the same transaction.

    The tolerance of a quality rule changes no figure: it counts from the next check on.

    Raises
    ------
    RuleUnknown, RuleValueInvalid
    """
    rules.record(db, name, value, source, actor.name)
    if name not in {rule.tolerance_name for rule in quality_rules().values()}:
        refresh(db)
