"""A province as evidence of where data belongs; the list of them stands in `layers.codes`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import shapely

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Province:
    """
    What is known of a province that a file is said to be of.

    Attributes
    ----------
    code, name, era
        Official code, which changed its meaning on 2025-07-01: ``old`` for the 63 provinces before, ``new``
        for the 34 since.
    meridians_deg
        Central meridians that its files may have, its own first: by the old and by the new circular.
    box
        West, south, east, north.
    boundary
        In longitude, latitude, where one is loaded.
    """

    code: str
    name: str
    meridians_deg: tuple[float, ...]
    box: Box
    boundary: shapely.Geometry | None = None
    era: Literal["old", "new"] = "new"
