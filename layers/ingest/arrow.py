"""
Arrow as the type checker may see it: pyarrow ships no types, so its names are given here, once.

``Array`` is a column of n values (whole or in chunks), ``Rows`` a table.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import pyarrow
import pyarrow.compute

pa: Any = pyarrow
pc: Any = pyarrow.compute

Array: TypeAlias = Any
Rows: TypeAlias = Any
ArrowType: TypeAlias = Any
