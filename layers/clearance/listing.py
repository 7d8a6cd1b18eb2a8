"""Pages of the cases of a scope, filtered as the layer is, with what they should have done by when."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Date, Integer, case, cast, func, literal, select

from gis.measure import MM2_PER_HA
from layers.access import Actor
from layers.catalogue.cases import LAYER
from layers.clearance.positions import Moment, positions
from layers.clearance.scope import Scope
from layers.filters import Wanted
from layers.query import pick
from layers.rows import VIETNAMESE, kept, told_columns

#: Columns beside those of the layer.
DUE = ("due_on", "days_over", "share_ha")


def cases(
    db: Connection,
    actor: Actor,
    scope: Scope,
    moment: Moment,
    wanted: Wanted,
    *,
    overdue: bool = False,
    sort: str | None = None,
    limit: int = 100,
    offset: int = 0,
) -> tuple[int, list[dict[str, Any]]]:
    """
    How many cases are wanted, and one page of them.

    Parameters
    ----------
    overdue
        Only those over their limit.
    sort
        A column of the layer or of :data:`DUE`, with ``-`` before it for the greatest first.

    Returns
    -------
    total, rows
        The told columns of the layer, ``due_on``, ``days_over`` (None while there is time), ``share_ha``
        (what of its land lies in the scope) and ``box``.

    Raises
    ------
    ColumnUnknown, ColumnMasked, FilterInvalid, BoxInvalid, and those of `layers.cql.condition`
    """
    rows, where = kept(LAYER, actor, moment.as_of, wanted)
    place = positions(scope, moment)
    over = cast(literal(moment.as_of), Date) - place.c.due_on
    due: dict[str, ColumnElement[Any]] = {
        "due_on": place.c.due_on,
        "days_over": cast(case((over > 0, over)), Integer),
        "share_ha": place.c.area_mm2 / MM2_PER_HA,
    }
    joined = rows.join(place, place.c.key == rows.c.key)
    if overdue:
        where = [*where, place.c.due_on < moment.as_of]
    total = db.execute(select(func.count()).select_from(joined).where(*where)).scalar_one()
    corners = (func.ST_XMin, func.ST_YMin, func.ST_XMax, func.ST_YMax)
    box = func.json_build_array(*(side(rows.c.geom) for side in corners)).label("box")
    names = [name for name in told_columns(LAYER) if name in rows.c]
    told = [*(rows.c[name] for name in names), *(column.label(name) for name, column in due.items()), box]
    query = select(*told).select_from(joined).where(*where)
    page = query.order_by(*_order(actor, rows, due, sort)).limit(limit).offset(offset)
    found = [{str(name): value for name, value in row.items()} for row in db.execute(page).mappings()]
    return total, [row | {"box": None if row["box"][0] is None else row["box"]} for row in found]


def _order(
    actor: Actor, rows: Any, due: dict[str, ColumnElement[Any]], sort: str | None
) -> list[ColumnElement[Any]]:
    if not sort:
        return [rows.c.key]
    name = sort.removeprefix("-")
    by: ColumnElement[Any]
    if name in due:
        by = due[name]
    else:
        picked = pick(LAYER, actor, name)
        by = rows.c[picked.name]
        if picked.type.python_type is str:
            by = by.collate(VIETNAMESE)
    return [(by.desc() if sort.startswith("-") else by.asc()).nulls_last(), rows.c.key]
