"""What a pure function gave for inputs that it has met, within bounds."""

from __future__ import annotations

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Memo(Generic[K, V]):
    """
    Answers by inputs: those of the latest half of ``most`` questions at least, of all of them at most.

    Threads may share it without a lock: each step is one operation on a dictionary, and the worst that two at
    once can do is to work out the same answer twice.
    """

    def __init__(self, most: int) -> None:
        self._half = most // 2
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """The answer that was kept; None where there is none any more."""
        found = self._young.get(key)
        if found is None and (found := self._old.get(key)) is not None:
            self.put(key, found)
        return found

    def put(self, key: K, answer: V) -> None:
        """Keep an answer, which is not None."""
        if len(self._young) >= self._half:
            self._old, self._young = self._young, {}
        self._young[key] = answer
