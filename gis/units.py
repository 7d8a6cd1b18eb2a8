"""Value objects for single figures; whole columns are arrays whose name carries the unit."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gis.errors import BadInput


class AreaInvalid(BadInput):
    """An area that is no number, not finite, or below zero."""


@dataclass(frozen=True, order=True, slots=True)
class Hectares:
    """
    One area in hectares; adds and compares only with its kind.

    Raises
    ------
    AreaInvalid
        If it is NaN, infinite or negative: a missing area is None, never a Hectares.
    """

    value_ha: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.value_ha) or self.value_ha < 0:
            raise AreaInvalid(value=self.value_ha)

    def __add__(self, other: Hectares) -> Hectares:
        if not isinstance(other, Hectares):  # pyright: ignore[reportUnnecessaryIsInstance] - metres come from untyped code too
            return NotImplemented
        return Hectares(self.value_ha + other.value_ha)

    def __sub__(self, other: Hectares) -> Hectares:
        if not isinstance(other, Hectares):  # pyright: ignore[reportUnnecessaryIsInstance] - the same
            return NotImplemented
        return Hectares(self.value_ha - other.value_ha)

    def __float__(self) -> float:
        return self.value_ha

    def __str__(self) -> str:
        return f"{self.value_ha:g} ha"
