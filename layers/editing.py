"""
Edit a feature on its card: attributes, or a boundary that was drawn, with a reason and its history.

An edit rests on the revision that the editor saw. What was there before stays as an earlier version of the
feature, and the change stands in ``edits``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely
from geoalchemy2 import Geometry
from psycopg import errors as postgres
from sqlalchemy import ARRAY, Boolean, Column, Connection, Date, Float
from sqlalchemy.exc import IntegrityError

from gis import geometry as geometries
from gis.errors import BadInput, Forbidden
from gis.text import nfc
from layers import revisions
from layers.access import Actor
from layers.catalogue import layer as layer_of
from layers.layer import Layer, about
from layers.quality import check, checkable
from layers.quality.versions import alone, current, replace
from layers.query import masked
from layers.territory import may_edit

TEXT_LETTERS = 2_000
#: Columns that say which version it is, or how it came to be.
_OWN = ("valid_from", "valid_to", "illustrative", "key")


class LayerNotEditable(BadInput):
    """A layer that is computed from others. Facts: layer."""


class ColumnNotEditable(BadInput):
    """A column that nobody edits: computed, part of the key, or unknown. Facts: layer, column, known."""


class ValueNotOfType(BadInput):
    """A value that the column cannot hold. Facts: column, value, wanted."""


class EditEmpty(BadInput):
    """An edit that changes nothing. Facts: layer, key."""


class EditGeometryRefused(BadInput):
    """A drawn boundary that encloses no land or crosses itself. Facts: key, reason."""


class EditNotStored(BadInput):
    """New values that contradict each other or a rule of the table. Facts: key, rule."""


class EditForbidden(Forbidden):
    """The actor may not edit the feature. Facts: layer, key."""


@dataclass(frozen=True)
class Editable:
    """
    A feature as an editor sees it.

    Its revision, the columns that may be changed with their values, and what was edited before, the latest
    first, without columns that the editor may not see.
    """

    revision: str
    values: Mapping[str, Any]
    edits: list[dict[str, Any]]


def editable(db: Connection, actor: Actor, layer_id: str, key: str) -> Editable:
    """
    What of a feature can be edited, as it stands.

    Raises
    ------
    LayerUnknown, LayerNotEditable, EditForbidden, FeatureChanged
    """
    shown = _of_base(layer_id)
    row = _standing(db, actor, shown, key)
    values = {name: getattr(row, name) for name in _columns(shown, actor)}
    hidden = masked(shown, actor)
    edits = revisions.history(db, layer_id, key)
    for one in edits:
        one["changes"] = {name: both for name, both in one["changes"].items() if name not in hidden}
    return Editable(_revision(row), values, edits)


def edit(
    db: Connection,
    actor: Actor,
    layer_id: str,
    key: str,
    *,
    on: date,
    revision: str | None,
    reason: str,
    changes: Mapping[str, Any] | None = None,
    geom: Mapping[str, Any] | None = None,
) -> str:
    """
    Change a feature from a day on; supply, clearance and faults that rest on it follow.

    Parameters
    ----------
    changes
        Values by column, as JSON says them: dates in ISO form, ratios 0 to 1, null for what is not known.
    geom
        The new boundary as GeoJSON in longitude, latitude.

    Returns
    -------
    key
        Of the feature as it is now: a parcel's key holds its commune.

    Raises
    ------
    LayerUnknown, LayerNotEditable, EditForbidden, FeatureChanged, RevisionMissing, RevisionChanged,
    ReasonMissing, ColumnNotEditable, ValueNotOfType, EditEmpty, EditGeometryRefused, EditNotStored
    """
    told = revisions.reasoned(reason)
    shown = _of_base(layer_id)
    alone(db, layer_id)
    row = _standing(db, actor, shown, key)
    columns = _columns(shown, actor)
    wanted = {name: _value(shown, columns, name, value) for name, value in (changes or {}).items()}
    stored = {name: getattr(row, name) for name in wanted}
    drawn = None if geom is None else _drawn(shown, key, geom)
    revisions.hold(layer_id, key, revision, _revision(row), _plain(wanted), _plain(stored))
    values = {name: value for name, value in wanted.items() if value != stored[name]}
    before = shapely.from_wkb(row.wkb)
    if drawn is not None and shapely.equals_exact(drawn, before, normalize=True):
        drawn = None
    if not values and drawn is None:
        raise EditEmpty(layer=layer_id, key=key)
    try:
        with db.begin_nested():
            now = replace(db, shown, key, on, drawn, values)
    except IntegrityError as error:
        if not isinstance(error.orig, postgres.CheckViolation | postgres.UniqueViolation):
            raise
        raise EditNotStored(key=key, rule=error.orig.diag.constraint_name or "") from error
    before_told, after_told = _plain(stored), _plain(values)
    both = {name: (before_told[name], value) for name, value in after_told.items()}
    if drawn is not None:
        both["geom"] = (_geojson(before), _geojson(drawn))
    revisions.keep(db, actor, layer_id, now, _revision(current(db, shown, now)), both, told)
    if layer_id in checkable():
        check(db, layer_id, [now])
    return now


def _of_base(layer_id: str) -> Layer:
    shown = layer_of(layer_id)
    if shown.kind != "base":
        raise LayerNotEditable(layer=layer_id)
    return shown


def _standing(db: Connection, actor: Actor, shown: Layer, key: str) -> Any:
    row = current(db, shown, key)
    if not may_edit(db, actor, shown, key):
        raise EditForbidden(layer=shown.id, key=key)
    return row


def _revision(row: Any) -> str:
    """A version by its number and the moment it was written: a correction of the same day is another."""
    return f"{row.id}-{round(row.recorded_at.timestamp() * 1e6)}"


def _columns(shown: Layer, actor: Actor) -> dict[str, Column[Any]]:
    hidden = masked(shown, actor)
    return {
        c.name: c
        for c in shown.table.c
        if about(c) is not None
        and c.computed is None
        and c.name not in _OWN
        and c.name not in hidden
        and not isinstance(c.type, Geometry)
    }


def _value(shown: Layer, columns: Mapping[str, Column[Any]], name: str, value: Any) -> Any:
    if name not in columns:
        raise ColumnNotEditable(layer=shown.id, column=name[:80], known=", ".join(columns))
    column = columns[name]
    if value is None:
        if column.nullable:
            return None
        raise ValueNotOfType(column=name, value="", wanted=_wanted(column))
    given: Any = None
    match column.type:
        case ARRAY():
            if isinstance(value, list) and all(isinstance(item, str) for item in value):
                given = [text for item in value if (text := nfc(item).strip())] or None
        case Boolean():
            given = value if isinstance(value, bool) else None
        case Float():
            if isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(value):
                given = float(value)
        case Date():
            given = _date(value)
        case _:
            text = nfc(value).strip() if isinstance(value, str) else ""
            known = [code.value for code in _told_codes(column)]
            fits = 0 < len(text) <= TEXT_LETTERS and "\x00" not in text and (not known or text in known)
            given = text if fits else None
    if given is None:
        raise ValueNotOfType(column=name, value=str(value)[:80], wanted=_wanted(column))
    return given


def _date(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _told_codes(column: Column[Any]) -> tuple[Any, ...]:
    told = about(column)
    return told.codes if told else ()


def _wanted(column: Column[Any]) -> str:
    """What a column takes, as short as an example."""
    codes = [code.value for code in _told_codes(column)]
    if codes:
        return " | ".join(codes)
    match column.type:
        case ARRAY():
            return '["…", "…"]'
        case Boolean():
            return "true | false"
        case Float():
            return "1234.5"
        case Date():
            return "2026-01-31"
        case _:
            return f"1–{TEXT_LETTERS} Unicode"


def _drawn(shown: Layer, key: str, geom: Mapping[str, Any]) -> Any:
    kind = str(getattr(shown.table.c.geom.type, "geometry_type", ""))
    try:
        shape = shapely.from_geojson(json.dumps(geom))
    except (shapely.errors.GEOSException, TypeError, ValueError) as error:
        raise EditGeometryRefused(key=key, reason="invalid_geometry") from error
    checked = geometries.check(np.array([shape], dtype=object), kind)
    outside = not shape.is_empty and not _in_range(shape)
    if checked.verdict[0] != geometries.OK or outside:
        notes = [code for code, rows in checked.notes.items() if rows[0]]
        raise EditGeometryRefused(key=key, reason="outside" if outside else ", ".join(notes))
    return checked.geoms[0]


def _in_range(shape: Any) -> bool:
    west, south, east, north = shapely.bounds(shape)
    return bool(-180 <= west <= east <= 180 and -90 <= south <= north <= 90)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as JSON says them."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def _geojson(geom: Any) -> Any:
    return json.loads(shapely.to_geojson(geom))
