"""What the benchmarks share: a database of their own, medians, and one table of medians and ratios."""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from sqlalchemy import Engine, create_engine

from layers.db.cluster import cluster
from layers.db.migrate import upgrade


@dataclass(frozen=True)
class Line:
    """
    One line of the table.

    Attributes
    ----------
    name
        What was done.
    seconds
        Of each run, the first of them cold unless it was warmed up.
    per
        How many things one run did, where the time of one is of interest.
    """

    name: str
    seconds: Sequence[float]
    per: int = 1

    @property
    def median_s(self) -> float:
        """Median time of one thing."""
        return statistics.median(self.seconds) / self.per


def timed(run: Callable[[], object], *, times: int = 5, warm: bool = True) -> list[float]:
    """Seconds of each run; one more run goes before them unmeasured, to fill caches and compile."""
    if warm:
        run()
    seconds: list[float] = []
    for _ in range(times):
        begun = perf_counter()
        run()
        seconds.append(perf_counter() - begun)
    return seconds


def table(title: str, lines: Sequence[Line], *, against: str | None = None) -> None:
    """Print medians, the fastest and slowest run, and how many times as long as ``against`` each took."""
    base = next((line.median_s for line in lines if line.name == against), None)
    print(f"\n{title}")
    print(f"  {'':58}{'median':>10}{'min':>10}{'max':>10}{'ratio':>8}")
    for line in lines:
        shown = (line.median_s, min(line.seconds) / line.per, max(line.seconds) / line.per)
        ratio = "" if base is None else f"{line.median_s / base:.2f}"
        print(f"  {line.name:58}" + "".join(f"{_told(s):>10}" for s in shown) + f"{ratio:>8}")


def _told(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


@contextmanager
def database() -> Generator[Engine]:
    """A migrated database on a private cluster in a temporary home; durable, as the product runs it."""
    home = Path(tempfile.gettempdir()) / f"didoi-bench-{os.getpid()}"
    try:
        with cluster(home) as url:
            upgrade(url)
            engine = create_engine(url)
            yield engine
            engine.dispose()
    finally:
        shutil.rmtree(home, ignore_errors=True)
