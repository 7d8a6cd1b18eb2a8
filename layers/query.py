"""
The one place where permission and time enter a query.

Items, tiles, counts, search, exports and matching all select from :func:`visible`. A column that the actor
may not see is null inside it, so that nobody can filter, sort, search or export by it. Households' data is
null row by row: a land officer reads names where they work, and nulls elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import Column, ColumnElement, Connection, Subquery, case, cast, false, null, select

from gis.errors import BadInput, Forbidden
from gis.text import fold
from layers.access import Actor, Right
from layers.layer import Layer, Rows, about
from layers.records.data_versions import versions
from layers.territory import inside

#: Tables that say where a territory ends.
_TERRITORY = ("admin_units", "admin_lineage")


class ColumnUnknown(BadInput):
    """A layer has no such column."""


class ColumnMasked(Forbidden):
    """The column holds personal data that the actor may not see, and so may not filter or sort by."""


class LayerForbidden(Forbidden):
    """The actor may not see this layer."""


def visible(layer: Layer, actor: Actor, as_of: date) -> Rows:
    """
    Rows of a layer that an actor may see, as they hold on a date.

    Returns a Select with one column per column of the layer (masked ones null, of the same type and name)
    and the technical ones (``id``, ``geom_tile``, ``geom_low``). Use ``.subquery()`` to go on.
    """
    if not actor.may(layer.access.view):
        raise LayerForbidden(layer=layer.id)
    return _masking(layer, actor, layer.at(as_of).subquery(layer.id))


def history(layer: Layer, actor: Actor, as_of: date) -> Rows:
    """
    Every version of a base layer's features that had begun by a date, ended or not, masked like `visible`.

    For what is gone but still asked for: a commune that was merged, the earlier boundaries of a zone. A
    derived layer keeps no versions of its own, so nothing is returned for it.
    """
    if not actor.may(layer.access.view):
        raise LayerForbidden(layer=layer.id)
    begun = layer.table.c.valid_from <= as_of if layer.kind == "base" else false()
    return _masking(layer, actor, select(*layer.table.c).where(begun).subquery(layer.id))


def _masking(layer: Layer, actor: Actor, rows: Subquery) -> Rows:
    hidden = masked(layer, actor)
    here = _masked_elsewhere(layer, actor) and inside(rows.c.get("commune_code"), rows.c.geom, actor)

    def shown(c: ColumnElement[Any]) -> ColumnElement[Any]:
        if c.name in hidden:
            return cast(null(), c.type).label(c.name)
        if here is not False and _is_masked(layer, c.name):
            return case((here, c), else_=cast(null(), c.type)).label(c.name)
        return c

    return select(*(shown(c) for c in rows.c if c.name not in ("search_folded", "import_run_id")))


def masked(layer: Layer, actor: Actor) -> frozenset[str]:
    """Names of the columns that this actor may see in no row."""
    nowhere = _masked_elsewhere(layer, actor) and not actor.territory
    if actor.may(layer.access.unmask) and not nowhere:
        return frozenset()
    return frozenset(name for name in layer.columns() if _is_masked(layer, name))


def masked_of(db: Connection, layer: Layer, actor: Actor, as_of: date, key: str) -> frozenset[str]:
    """Names of the columns of one feature that this actor may not see: fewer at home than elsewhere."""
    hidden = masked(layer, actor)
    if hidden or not _masked_elsewhere(layer, actor):
        return hidden
    rows = visible(layer, actor, as_of).subquery("rows")
    here = select(inside(rows.c.get("commune_code"), rows.c.geom, actor)).where(rows.c.key == key)
    if db.execute(here.limit(1)).scalar():
        return frozenset()
    return frozenset(name for name in layer.columns() if _is_masked(layer, name))


def _masked_elsewhere(layer: Layer, actor: Actor) -> bool:
    """Whether masked columns are seen in the actor's territory alone."""
    return actor.bounded and layer.access.unmask is Right.SEE_HOUSEHOLDS


def _is_masked(layer: Layer, name: str) -> bool:
    col = layer.columns().get(name)
    return col is not None and (told := about(col)) is not None and told.masked


def pick(layer: Layer, actor: Actor, name: str) -> Column[Any]:
    """
    The column by which an actor wants to filter or sort; geometry is filtered by a box alone.

    Raises
    ------
    ColumnUnknown, ColumnMasked
    """
    columns = {n: col for n, col in layer.columns().items() if not isinstance(col.type, Geometry)}
    if name not in columns:
        raise ColumnUnknown(layer=layer.id, column=name, known=", ".join(columns))
    if name in masked(layer, actor):
        raise ColumnMasked(layer=layer.id, column=name)
    return columns[name]


def search_text(layer: Layer, row: Mapping[str, Any]) -> str | None:
    """
    Folded text by which a row is found; whoever writes a row of a base layer stores it in ``search_folded``.

    Masked columns are never part of it. None where the layer has nothing to search by.
    """
    parts: list[str] = []
    for name in layer.search_columns():
        value = row.get(name)
        if value is None:
            continue
        parts.extend(str(v) for v in (value if isinstance(value, list | tuple) else [value]))
    return fold(" | ".join(parts)) or None


def etag(db: Connection, layer: Layer, actor: Actor, as_of: date, *more: object) -> str:
    """Strong ETag: access scope, date, and the version of every table the answer is composed of."""
    known = versions(db)
    tail = "".join(f"-{item}" for item in (*_territory_stamp(known, actor), *more))
    return f'"{actor.scope}-{as_of.isoformat()}-{stamp(known, layer)}{tail}"'


def stamp(known: Mapping[str, int], layer: Layer) -> str:
    """Data version of a layer: that of every table it is composed of."""
    return "-".join(f"{known.get(name, 0)}" for name in (layer.id, *layer.composed_of))


def _territory_stamp(known: Mapping[str, int], actor: Actor) -> list[int]:
    """Where rows are masked by territory, an answer changes with the units, too."""
    return [known.get(name, 0) for name in _TERRITORY] if actor.bounded else []
