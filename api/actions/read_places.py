"""Places over time: what a text means today or on another date, and a layer by the units of any date."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import Connection

from gis.errors import BadInput
from layers.access import Actor
from layers.by_unit import by_unit
from layers.catalogue import layer as catalogued
from layers.catalogue.admin_units import LEVELS
from layers.filters import Wanted
from layers.layer import Text, about
from layers.places import STATUSES, Became, Gazetteer, Meant, Unit, at_point, gazetteer, narrowed

#: Of a unit that is known, while what it is on the date asked for is not.
_OTHER_DATE = Text(
    "Nhận ra đơn vị, nhưng chưa có dữ liệu về đơn vị của ngày được hỏi",
    "The unit is known, but not what it is on the date asked for",
)


class LevelUnknown(BadInput):
    """No such level of units. Facts: level, allowed."""


class PlaceEmpty(BadInput):
    """Nothing was asked."""


def resolve_place(
    db: Connection,
    text: str,
    to: date,
    on: date | None = None,
    point: tuple[float, float] | None = None,
) -> dict[str, Any]:
    """
    The administrative unit that an address, a name or a code means, as of a date.

    Parameters
    ----------
    on
        The date of the text, where it is known.
    point
        Longitude, latitude; settles a split where it can.

    Raises
    ------
    PlaceEmpty
    """
    if not text.strip():
        raise PlaceEmpty()
    known = gazetteer(db)
    answer = known.resolve(text, to, on)
    contradicted = False
    if point is not None and answer.status in ("split", "several", "found"):
        settled = narrowed(answer, inside := at_point(db, *point, to))
        contradicted = settled is answer and bool(inside)
        answer = settled
    status = next(code for code in STATUSES if code.value == answer.status)
    return {
        "asked": text,
        "to": to,
        "status": answer.status,
        "words": vars(_OTHER_DATE if answer.status == "unknown" and answer.meant else status.title),
        "point_contradicts": contradicted,
        "units": [_meant(known, one) for one in answer.meant],
    }


def count_by_unit(
    db: Connection, actor: Actor, as_of: date, layer_id: str, level: str, units_on: date, wanted: Wanted
) -> dict[str, Any]:
    """
    A layer as of one date, counted by the units of another.

    Raises
    ------
    LevelUnknown, LayerUnknown, ColumnUnknown, ColumnMasked, FilterInvalid
    """
    levels = [code.value for code in LEVELS]
    if level not in levels:
        raise LevelUnknown(level=level[:40], allowed=", ".join(levels))
    layer = catalogued(layer_id)
    found = by_unit(db, layer, actor, as_of, level, units_on, wanted)
    told = about(layer.columns()[layer.measure]) if layer.measure else None
    return {
        "layer": layer_id,
        "as_of": as_of,
        "level": level,
        "units_on": units_on,
        "basis": found.basis,
        "boundaries_of": found.boundaries_of,
        "measure": None
        if told is None
        else {"name": layer.measure, "title": vars(told.title), "unit": told.unit},
        "rows": [asdict(row) for row in found.rows],
        "cannot_be_told": {"count": found.untold_count, "sum": found.untold_sum},
    }


def _meant(known: Gazetteer, one: Meant) -> dict[str, Any]:
    return {
        **_unit(known, one.unit),
        "split": one.split,
        "became": [_became(known, each) for each in one.became],
    }


def _became(known: Gazetteer, each: Became) -> dict[str, Any]:
    return {**_unit(known, each.unit), "kind": each.kind, "share": each.share}


def _unit(known: Gazetteer, unit: Unit) -> dict[str, Any]:
    return {
        "key": unit.key,
        "level": unit.level,
        "code": unit.code,
        "name": unit.name,
        "valid_from": unit.valid_from,
        "valid_to": unit.valid_to,
        "parents": known.parents(unit),
        "illustrative": unit.illustrative,
    }
