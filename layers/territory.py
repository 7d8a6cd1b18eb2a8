"""
Where an actor's territory ends.

A territory is a set of administrative units. It holds the communes below them and, through the lineage, the
earlier communes that became one of them wholly: land keeps the code of the commune that registered it. A
commune that was divided says by its code alone no more where a parcel lies: then the point decides, and
where no boundary is loaded the answer is no.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import (
    ARRAY,
    TEXT,
    ColumnElement,
    Connection,
    and_,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)

from gis.errors import Forbidden
from layers.access import TERRITORIAL, Actor, Right
from layers.catalogue.admin_units import TABLE as UNITS
from layers.layer import Layer, Rows, holds
from layers.records.accounts import TERRITORIES
from layers.records.lineage import LINEAGE


class OutsideTerritory(Forbidden):
    """The act concerns land outside the units that the actor works for. Facts: key."""


def inside(
    commune_code: ColumnElement[Any] | None, geom: ColumnElement[Any], actor: Actor
) -> ColumnElement[bool]:
    """
    Rows that lie in the territory of an actor; never null.

    Parameters
    ----------
    commune_code
        Code of the commune that registered the land; None where the table has no such column.
    geom
        The land, in degrees. A row with neither code nor place lies nowhere.
    """
    if not actor.bounded:
        return true()
    if not actor.territory:
        return false()
    reached = _reached(actor.territory)
    drawn = _drawn(reached)
    by_point = exists(select(1).where(func.ST_Covers(drawn.c.geom, func.ST_PointOnSurface(geom))))
    if commune_code is None:
        return by_point
    codes = _codes(reached)
    whole = commune_code.in_(select(codes.c.code).where(codes.c.whole))
    divided = commune_code.in_(select(codes.c.code).where(~codes.c.whole))
    # A missing code is in no list, and "in no list" must read as no.
    return func.coalesce(or_(whole, and_(divided, by_point)), false())


def may_edit(db: Connection, actor: Actor, layer: Layer, key: str) -> bool:
    """Whether an actor may change a feature: by right, and by place where the right ends somewhere."""
    if not actor.may(layer.access.edit):
        return False
    return not actor.bounded or within(db, actor, layer, key)


def within(db: Connection, actor: Actor, layer: Layer, key: str) -> bool:
    """Whether the latest version of a feature lies in the territory; one that is not stored does not."""
    rows = layer.table
    latest = select(inside(rows.c.get("commune_code"), rows.c.geom, actor)).where(rows.c.key == key)
    return bool(db.execute(latest.order_by(rows.c.valid_from.desc()).limit(1)).scalar())


def need_within(db: Connection, actor: Actor, right: Right, layer: Layer, key: str) -> None:
    """
    Refuse an actor who lacks a right, or holds it elsewhere.

    Raises
    ------
    RightMissing, OutsideTerritory
    """
    actor.need(right)
    if actor.bounded and not within(db, actor, layer, key):
        raise OutsideTerritory(key=key)


def units_of(account_id: ColumnElement[Any], on: date) -> Rows:
    """Keys of the units that an account works for on a date."""
    return select(TERRITORIES.c.unit_key).where(
        TERRITORIES.c.account_id == account_id, holds(TERRITORIES, on)
    )


def has_territory(actor: Actor) -> bool:
    """Whether the role of an actor knows territories at all."""
    return actor.role in TERRITORIAL


# --- units below, and units before -------------------------------------------------------------------


def _steps() -> Any:
    """Steps of the lineage, each with whether all of the old unit went into the new one."""
    other = LINEAGE.alias()
    alone = ~exists(
        select(1).where(
            other.c.old_key == LINEAGE.c.old_key,
            other.c.effective_on == LINEAGE.c.effective_on,
            other.c.new_key != LINEAGE.c.new_key,
        )
    )
    whole = and_(alone, LINEAGE.c.kind != "split", func.coalesce(LINEAGE.c.share, 1) == 1)
    return select(
        LINEAGE.c.old_key, LINEAGE.c.new_key, LINEAGE.c.effective_on, whole.label("whole")
    ).subquery()


def _reached(territory: frozenset[str]) -> Any:
    """
    Units whose land may lie in the territory: ``key``, and whether every way there holds all of it.

    A unit that was divided under its own key counts as divided, whatever it is today: land registered
    before may have gone either way. So does all that went into it before.
    """
    steps = _steps()
    later = _steps()
    divided_later = exists(
        select(1).where(
            later.c.old_key == steps.c.new_key, ~later.c.whole, later.c.effective_on > steps.c.effective_on
        )
    )
    last, above, newer, gone = UNITS.alias(), UNITS.alias(), UNITS.alias(), LINEAGE.alias()
    is_last = ~exists(select(1).where(newer.c.key == last.c.key, newer.c.valid_from > last.c.valid_from))
    # Of a unit that ended, the lineage tells where it went; its last place in the tree does not. Unless
    # what it was part of ended, too, and is the territory itself.
    told = exists(select(1).where(gone.c.old_key == last.c.key))
    stands = exists(select(1).where(above.c.key == last.c.parent_key, above.c.valid_to.is_(None)))
    below = and_(is_last, or_(last.c.valid_to.is_(None), ~told, ~stands))
    edges = union_all(
        select(
            steps.c.new_key.label("above"),
            steps.c.old_key.label("below"),
            and_(steps.c.whole, ~divided_later).label("whole"),
        ),
        select(last.c.parent_key, last.c.key, true()).where(last.c.parent_key.is_not(None), below),
    ).subquery()
    keys = func.unnest(literal(sorted(territory), ARRAY(TEXT)))
    roots = select(keys.label("key"), true().label("whole"))
    reached = roots.cte(recursive=True)
    return reached.union(
        select(edges.c.below, and_(reached.c.whole, edges.c.whole)).where(edges.c.above == reached.c.key)
    )


def _codes(reached: Any) -> Any:
    """Codes of the communes reached, each with whether all of its land lies in the territory."""
    steps = _steps()
    divided = exists(select(1).where(steps.c.old_key == reached.c.key, ~steps.c.whole))
    code = func.substr(reached.c.key, len("commune-") + 1)
    whole = func.bool_or(reached.c.whole & ~divided)
    return (
        select(code.label("code"), whole.label("whole"))
        .where(reached.c.key.like("commune-%"))
        .group_by(reached.c.key)
        .subquery()
    )


def _drawn(reached: Any) -> Any:
    """Boundaries of the units that lie wholly in the territory, each of its latest version."""
    newer = UNITS.alias()
    last = ~exists(select(1).where(newer.c.key == UNITS.c.key, newer.c.valid_from > UNITS.c.valid_from))
    held = select(reached.c.key).where(reached.c.whole)
    return select(UNITS.c.geom).where(UNITS.c.key.in_(held), UNITS.c.geom.is_not(None), last).subquery()
