"""Rules with a number that an office may change: a change is a new row with its source, the latest counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    TEXT,
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    DateTime,
    Float,
    Identity,
    Table,
    func,
    insert,
    select,
)

from gis.errors import BadInput
from gis.land import MIN_SHARED_EDGE_M, MIN_USABLE_WIDTH_M
from layers.layer import Text, metadata
from layers.quality_rules import rules as quality_rules

TABLE = Table(
    "rules",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("name", TEXT, nullable=False, index=True),
    Column("value", Float, nullable=False),
    Column("source", TEXT, nullable=False),
    Column("recorded_by", TEXT, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("value >= 0", name="value"),
)


class RuleUnknown(BadInput):
    """No rule has this name. Facts: rule, known."""


class RuleValueInvalid(BadInput):
    """A value that the rule cannot take. Facts: rule, value, lowest, highest."""


@dataclass(frozen=True)
class Rule:
    """What a rule is about, its value until somebody records another, and the values it can take."""

    title: Text
    default: float
    lowest: float
    highest: float


RULES: Mapping[str, Rule] = {
    "min_shared_edge_m": Rule(
        Text(
            "Hai lô trống liền khoảnh khi chung cạnh ít nhất (m)",
            "Two free lots are one plot when they share an edge of at least (m)",
        ),
        default=MIN_SHARED_EDGE_M,
        lowest=0.1,
        highest=500.0,
    ),
    "min_usable_width_m": Rule(
        Text(
            "Khoảnh lớn nhất: chỗ hẹp hơn không tính, không nối liền (m; cơ quan tự đặt)",
            "Largest plot: what is narrower neither counts nor joins (m; the office's own setting)",
        ),
        default=MIN_USABLE_WIDTH_M,
        lowest=0.0,
        highest=500.0,
    ),
    "clearance_amber_ratio": Rule(
        Text(
            "Khu màu vàng khi chậm so với lộ trình từ (tỷ lệ diện tích phải thu hồi)",
            "A zone is amber when it is behind its roadmap by (share of the land to be recovered)",
        ),
        default=0.02,
        lowest=0.001,
        highest=1.0,
    ),
    "clearance_red_ratio": Rule(
        Text(
            "Khu màu đỏ khi chậm so với lộ trình từ (tỷ lệ diện tích phải thu hồi)",
            "A zone is red when it is behind its roadmap by (share of the land to be recovered)",
        ),
        default=0.10,
        lowest=0.001,
        highest=1.0,
    ),
    **{
        rule.tolerance_name: Rule(
            Text(
                f"{rule.title.vi}: ngưỡng ({rule.tolerance.unit})",
                f"{rule.title.en}: tolerance ({rule.tolerance.unit})",
            ),
            rule.tolerance.default,
            rule.tolerance.lowest,
            rule.tolerance.highest,
        )
        for rule in quality_rules().values()
        if rule.tolerance is not None
    },
}


def value_of(db: Connection, name: str) -> float:
    """The value of a rule that counts now."""
    return values_of(db, (name,))[name]


def values_of(db: Connection, names: Sequence[str]) -> dict[str, float]:
    """Values of some rules that count now, by name."""
    recorded = select(TABLE.c.name, TABLE.c.value).where(TABLE.c.name.in_(names)).order_by(TABLE.c.id)
    return {name: known(name).default for name in names} | {r.name: r.value for r in db.execute(recorded)}


def record(db: Connection, name: str, value: float, source: str, recorded_by: str) -> None:
    """
    Record another value of a rule. Figures that rest on it are not computed anew here.

    Raises
    ------
    RuleUnknown, RuleValueInvalid
    """
    rule = known(name)
    if not rule.lowest <= value <= rule.highest:
        raise RuleValueInvalid(rule=name, value=value, lowest=rule.lowest, highest=rule.highest)
    db.execute(insert(TABLE).values(name=name, value=value, source=source, recorded_by=recorded_by))


def known(name: str) -> Rule:
    """
    A rule by its name.

    Raises
    ------
    RuleUnknown
    """
    if name not in RULES:
        raise RuleUnknown(rule=name, known=", ".join(RULES))
    return RULES[name]
