"""Counts and hectares per class of the legend and per value of each facet."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection

from layers.access import Actor
from layers.catalogue import layer
from layers.filters import Wanted
from layers.query import masked
from layers.rows import any_illustrative, shares, total


def count_classes(db: Connection, actor: Actor, as_of: date, layer_id: str, wanted: Wanted) -> dict[str, Any]:
    """
    How many of the wanted rows fall in each class and facet value; a missing value is a class of its own.

    ``illustrative`` says whether any of what was counted is invented.

    Raises
    ------
    LayerUnknown, LayerForbidden, ColumnUnknown, ColumnMasked, FilterInvalid, BoxInvalid
    """
    shown = layer(layer_id)
    hidden = masked(shown, actor)
    facets = [name for name in shown.facets if name not in hidden]
    classes = [shown.legend] if shown.legend and shown.legend not in hidden else []
    found = shares(db, shown, actor, as_of, wanted, list(dict.fromkeys([*classes, *facets])))
    whole = total(db, shown, actor, as_of, wanted)
    return {
        "layer": layer_id,
        "as_of": as_of,
        "illustrative": any_illustrative(db, shown, actor, as_of, wanted),
        "total": {"count": whole.count, "sum": whole.sum},
        "classes": [
            {"value": share.value, "count": share.count, "sum": share.sum}
            for name in classes
            for share in found[name]
        ],
        "facets": {
            name: [{"value": share.value, "count": share.count} for share in found[name]] for name in facets
        },
    }
