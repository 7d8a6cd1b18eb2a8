"""
Forecast of 6,000 open cases in 500 draws, and how often the 80 % band held against made-up histories.

    python -m tests.bench.bench_forecast [--seeds 200] [--runs 3]

The histories come from a process that the forecaster does not know (``tests/gis/made_histories.py``); what an
outcome is says ``tests/gis/backtest.py``. There is no peer: lifelines fits curves but draws no ways through
stages.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import replace
from typing import Any

import numpy as np

from gis.clearance.forecast import Cases, Runs, Shares, forecast
from tests.gis.backtest import HORIZONS_MONTHS, backtest
from tests.gis.made_histories import AS_OF, RANKS, made

LIMIT_S = 2.0
ZONES = 60


def province(open_cases: int) -> tuple[Cases, Runs, Shares]:
    """Histories of many seeds side by side in 60 zones, as many as make up the open cases."""
    cases: list[Cases] = []
    runs: list[Runs] = []
    shares: list[Shares] = []
    first = zones = seen = 0
    seed = 0
    while seen < open_cases:
        one = made(seed)
        cases.append(Cases(one.cases.key + 100_000 * seed, one.cases.kind, one.cases.zone + zones))
        runs.append(Runs(one.known.case + first, one.known.stage, one.known.from_day, one.known.recorded_day))
        shares.append(Shares(one.shares.case + first, one.shares.area + zones, one.shares.area_ha))
        first, zones = first + len(one.cases.key), zones + int(one.cases.zone.max()) + 1
        seen, seed = seen + int(one.known_open.sum()), seed + 1
    held, land = _joined(Cases, cases), _joined(Shares, shares)
    return (
        replace(held, zone=held.zone % ZONES),
        _joined(Runs, runs),
        replace(land, area=land.area % ZONES),
    )


def _joined(kind: Any, parts: list[Any]) -> Any:
    names = kind.__dataclass_fields__
    return kind(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def main() -> None:
    """Print medians and coverage."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seeds", type=int, default=200)
    arguments.add_argument("--runs", type=int, default=3)
    given = arguments.parse_args()
    cases, runs, shares = province(6_000)
    took_s: list[float] = []
    for _ in range(given.runs + 1):  # the first compiles
        start = time.perf_counter()
        forecast(cases, runs, shares, RANKS, as_of=AS_OF, draws=500)
        took_s.append(time.perf_counter() - start)
    print(f"{len(cases.key):,} cases, 6,000 open, {len(runs.case):,} stages, 500 draws:")
    print(
        f"  median {statistics.median(took_s[1:]):.2f} s (limit {LIMIT_S} s), "
        f"first with compiling {took_s[0]:.1f} s"
    )
    held = backtest(range(given.seeds))
    for name, one in zip(
        [*(f"ha after {m} months" for m in HORIZONS_MONTHS), "hand-over of a case"], held, strict=True
    ):
        print(f"  {name}: {one.outcomes:,} outcomes, in the band {one.inside:.1%}, "
              f"below it {one.below:.1%}, above it {one.above:.1%}")  # fmt: skip


if __name__ == "__main__":
    main()
