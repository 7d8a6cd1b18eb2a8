"""What a rule of quality is: words, severity, tolerance, and a function over whole columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from gis.arrays import Bools, Floats, Geometries, Ints
from layers.layer import Text

if TYPE_CHECKING:
    from layers.quality_rules.scene import Scene

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True)
class Tolerance:
    """Up to where a rule keeps silent, and between which values an office may set it."""

    default: float
    unit: str
    lowest: float
    highest: float


@dataclass(frozen=True)
class Found:
    """
    The faults that one rule finds in one layer, as columns of n faults.

    Attributes
    ----------
    row
        Shape (n,): which of the scene's features of the layer.
    geoms
        Shape (n,): the place of each fault in longitude, latitude; None where it has none.
    measure
        Shape (n,): how large it is, in the rule's unit; NaN where nothing is measured.
    other
        Shape (n,): key of the other feature that takes part; None where there is none.
    repairable
        Shape (n,): whether a repair can be proposed that is safe.
    facts
        Further names in the rule's message, each with n values.
    """

    row: Ints
    geoms: Geometries
    measure: Floats
    other: Sequence[str | None]
    repairable: Bools
    facts: Mapping[str, Sequence[Any]] = field(default_factory=dict[str, Sequence[Any]])

    @staticmethod
    def of(
        row: Ints,
        geoms: Geometries,
        measure: Floats | None = None,
        other: Sequence[str | None] | None = None,
        repairable: Bools | None = None,
        **facts: Sequence[Any],
    ) -> Found:
        """Columns with what was not said filled in."""
        n = len(row)
        return Found(
            np.asarray(row, dtype=np.int64),
            geoms,
            np.full(n, np.nan) if measure is None else measure,
            [None] * n if other is None else other,
            np.zeros(n, dtype=bool) if repairable is None else repairable,
            facts,
        )

    def where(self, mask: Bools) -> Found:
        """Some of the faults."""
        kept = np.flatnonzero(mask).tolist()
        return Found(
            self.row[kept],
            self.geoms[kept],
            self.measure[kept],
            [self.other[at] for at in kept],
            self.repairable[kept],
            {name: [values[at] for at in kept] for name, values in self.facts.items()},
        )


@dataclass(frozen=True)
class Rule:
    """
    One named rule.

    Attributes
    ----------
    id
        Name of the rule; that of its tolerance among the editable rules is ``quality_<id>``.
    title, explain
        Words for people: what is found, and why it matters or what to do about it.
    message
        Sentence of one fault, with ``{key}``, ``{other}``, ``{measure}``, ``{tolerance}`` and its facts.
    severity
        How bad it is: an error makes figures wrong, a warning may, an info is worth knowing.
    layers
        Layers whose features it looks at.
    unit
        Unit of the measure; None where nothing is measured.
    tolerance
        Up to where it keeps silent; None for a rule that knows no more or less.
    find
        Answers for a layer of a scene, given the tolerance that counts; None for faults that others find.
    alone
        Whether a feature's answer depends on nothing but features near it: then changed features can be
        checked with their neighbours alone.
    """

    id: str
    title: Text
    explain: Text
    message: Text
    severity: Severity
    layers: tuple[str, ...]
    unit: str | None = None
    tolerance: Tolerance | None = None
    find: Callable[[Scene, str, float], Found] | None = None
    alone: bool = True

    @property
    def tolerance_name(self) -> str:
        """Name under which the tolerance is recorded."""
        return f"quality_{self.id}"
