"""
What became of every row: refused, loaded with notes, or loaded; and what holds for the file as a whole.

Codes have words under ``note.<code>`` in ``api/words``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gis.arrays import Bools

Facts = dict[str, Any]

#: Notes about the whole file stand under this row number; rows are counted from 1.
FILE = 0


class Notes:
    """Notes of one run, rows counted from 0 inside."""

    def __init__(self, n: int) -> None:
        self.refused: Bools = np.zeros(n, dtype=bool)
        self.noted: Bools = np.zeros(n, dtype=bool)
        self.rows: list[tuple[int, str, Facts, bool]] = []
        self.file: list[tuple[str, Facts]] = []

    def of_file(self, code: str, **facts: Any) -> None:
        """Something that holds for the file, or was assumed for all of its rows."""
        self.file.append((code, facts))

    def refuse(self, mask: Bools, code: str, facts: Callable[[int], Facts] | None = None) -> None:
        """Refuse rows; one that was refused before keeps its first reason."""
        self._add(mask & ~self.refused, code, facts, refused=True)
        self.refused |= mask

    def note(self, mask: Bools, code: str, facts: Callable[[int], Facts] | None = None) -> None:
        """Say something about rows that are loaded."""
        self._add(mask, code, facts, refused=False)
        self.noted |= mask

    def _add(self, mask: Bools, code: str, facts: Callable[[int], Facts] | None, *, refused: bool) -> None:
        for row in np.flatnonzero(mask).tolist():
            self.rows.append((row, code, facts(row) if facts else {}, refused))

    def counts(self) -> tuple[int, int, int]:
        """Rows loaded, loaded with notes, refused: they add up to the rows read."""
        noted = int((self.noted & ~self.refused).sum())
        refused = int(self.refused.sum())
        return len(self.refused) - noted - refused, noted, refused
