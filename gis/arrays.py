"""Names for the arrays that go in and out of every function here, and one number of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Verdicts = NDArray[np.int8]
Texts = NDArray[Any]
Geometries = NDArray[np.object_]


def or_none(value: Any) -> float | None:
    """One number of an array; None for NaN."""
    return None if np.isnan(value) else float(value)
