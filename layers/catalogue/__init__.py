"""
One module per layer, discovered by name: adding a layer is adding one file here.

Each module holds ``LAYER``; its ``id`` equals the name of the module and of the table.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import cast

from gis.errors import NotFound
from layers.layer import Layer


class LayerUnknown(NotFound):
    """No layer has this id."""


@cache
def layers() -> dict[str, Layer]:
    """Every layer by id, in drawing order (bottom first)."""
    found = [cast(Layer, import_module(f"{__name__}.{m.name}").LAYER) for m in iter_modules(__path__)]
    return {layer.id: layer for layer in sorted(found, key=lambda item: (item.order, item.id))}


def layer(layer_id: str) -> Layer:
    """
    The layer with this id.

    Raises
    ------
    LayerUnknown
        With the ids that exist.
    """
    known = layers()
    if layer_id not in known:
        raise LayerUnknown(layer=layer_id, known=", ".join(sorted(known)))
    return known[layer_id]
