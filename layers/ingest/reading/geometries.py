"""Geometries from bytes or text by shapely, of which one curve takes a whole column down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


def read_all(read: Callable[..., Any], values: Sequence[Any]) -> tuple[Any, list[int]]:
    """
    Read a column by ``shapely.from_wkb`` or ``shapely.from_wkt``.

    Returns
    -------
    geoms
        Shape (n,); None where missing, unreadable or a curve.
    curved
        Places of the curves, which shapely does not read, whatever it is told of invalid ones.
    """
    try:
        return read(values, on_invalid="ignore"), []
    except NotImplementedError:
        geoms: Any = np.full(len(values), None, dtype=object)
    curved: list[int] = []
    for i, value in enumerate(values):
        try:
            geoms[i] = read(value, on_invalid="ignore")
        except NotImplementedError:
            curved.append(i)
    return geoms, curved
