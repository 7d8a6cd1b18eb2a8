"""Names for the arrays that go in and out of every function here."""

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
