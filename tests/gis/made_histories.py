"""
Histories of clearance from a process that the forecaster does not know.

Stages last lognormally long; a share of the cases (or of the stays) goes several times slower; nothing moves
around Tết; money stops for a whole zone; zones differ for good; and what happened is recorded late. Every
number of the process is drawn anew for every seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from gis.clearance.forecast import Cases, Runs, Shares

EPOCH = date(2000, 1, 1)
#: First day of Tết by year (calendar of Vietnam).
TET = {
    2012: (1, 23), 2013: (2, 10), 2014: (1, 31), 2015: (2, 19), 2016: (2, 8), 2017: (1, 28), 2018: (2, 16),
    2019: (2, 5), 2020: (1, 25), 2021: (2, 12), 2022: (2, 1), 2023: (1, 22), 2024: (2, 10), 2025: (1, 29),
    2026: (2, 17), 2027: (2, 6), 2028: (1, 26), 2029: (2, 13), 2030: (2, 2), 2031: (1, 23), 2032: (2, 11),
    2033: (1, 31), 2034: (2, 19), 2035: (2, 8),
}  # fmt: skip
FIRST_DAY, AS_OF, LAST_DAY = ((date(y, 1, 1) - EPOCH).days for y in (2012, 2019, 2036))
#: Group of each stage: not started, notified, inventoried, published, approved, enforcement, paid, handed
#: over.
RANKS = np.array([0, 1, 2, 3, 4, 4, 5, 6])
ENFORCEMENT, PAID, HANDED_OVER = 5, 6, 7
WAYS = {"agrees": [0, 1, 2, 3, 4, 6], "enforced": [0, 1, 2, 3, 4, 5, 6], "state": [0, 1, 3, 4]}


@dataclass(frozen=True)
class Made:
    """A history: all of it, and the part of it that was on record on the day of the question."""

    cases: Cases
    shares: Shares
    known: Runs
    handed_over: np.ndarray  # (m,) the true days, also those to come
    known_open: np.ndarray  # (m,) on record, and not handed over by the record


def made(seed: int, as_of: int = AS_OF) -> Made:
    """The history of a seed."""
    random = np.random.default_rng([seed, 4711])
    zones = int(random.integers(12, 21))
    zone = np.repeat(np.arange(zones), random.integers(30, 101, zones))
    count = len(zone)
    kind = random.choice(3, count, p=[0.75, 0.15, 0.1])
    opened = (FIRST_DAY + random.uniform(0, 2300, zones))[zone] + random.uniform(0, 400, count)
    refuses = random.uniform(size=count) < random.uniform(0.03, 0.15)
    working = _working(random, zones)
    stay = _stays(random, zone, kind)
    money = random.uniform() < 0.5  # in half of the provinces only payments wait for money
    way = [
        WAYS["state"] if k == 2 else WAYS["enforced" if r else "agrees"]
        for k, r in zip(kind, refuses, strict=True)
    ]
    rows: list[tuple[int, int, float]] = []
    handed_over = np.empty(count)
    for case in range(count):
        day = opened[case]
        for stage in way[case]:
            rows.append((case, stage, day))
            calendar = working["money" if not money or stage in (4, PAID) else "tet"][zone[case]]
            day = _after(calendar, day, stay[case, stage])
        rows.append((case, HANDED_OVER, day))
        handed_over[case] = np.floor(day)
    known = _recorded(random, rows, as_of)
    area_ha = random.lognormal(-1.2, 0.9, count)
    key = random.permutation(10 * count)[:count]
    seen = np.zeros(count, dtype=np.bool_)
    seen[known.case] = True
    seen[known.case[known.stage == HANDED_OVER]] = False
    return Made(
        Cases(key, kind, zone),
        Shares(np.arange(count), zone, area_ha),
        known,
        handed_over.astype(np.int64),
        seen,
    )


def _stays(random: np.random.Generator, zone: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """Working days of every case in every stage."""
    count, stages = len(zone), len(RANKS)
    median = random.uniform(25, 140, stages)
    sigma = random.uniform(0.35, 0.9, stages)
    pace = (
        random.lognormal(0, 0.2, (3, stages))[kind]
        * random.lognormal(0, random.uniform(0.05, 0.3), zone.max() + 1)[zone, None]
    )
    slow_share, slower = random.uniform(0.1, 0.3), random.uniform(2.5, 5.0)
    whole_case = random.uniform() < 0.5
    slow = random.uniform(size=(count, 1 if whole_case else stages)) < slow_share
    return median * pace * np.where(slow, slower, 1.0) * random.lognormal(0, sigma, (count, stages))


def _working(random: np.random.Generator, zones: int) -> dict[str, np.ndarray]:
    """Working days passed by the end of each day, per zone: with pauses at Tết, and with stops too."""
    days = np.ones((zones, LAST_DAY - FIRST_DAY))
    before, after = random.integers(3, 12), random.integers(7, 18)
    for year, (month, day) in TET.items():
        first = (date(year, month, day) - EPOCH).days - FIRST_DAY
        days[:, max(first - before, 0) : first + after] = 0.0
    tet = np.cumsum(days, axis=1)
    per_year, median = random.uniform(0.1, 0.4), random.uniform(90, 240)
    for zone in range(zones):
        for start in random.uniform(0, days.shape[1], random.poisson(per_year * days.shape[1] / 365)):
            days[zone, int(start) : int(start + random.lognormal(np.log(median), 0.5))] = 0.0
    return {"tet": tet, "money": np.cumsum(days, axis=1)}


def _after(calendar: np.ndarray, day: float, working_days: float) -> float:
    """The day on which so many working days have passed; evenly onward beyond the calendar."""
    at = int(day) - FIRST_DAY
    if at >= len(calendar):
        return day + working_days
    done = calendar[at] + working_days
    if done > calendar[-1]:
        return FIRST_DAY + len(calendar) + done - calendar[-1]
    return max(FIRST_DAY + float(np.searchsorted(calendar, done)), day + 1.0)


def _recorded(random: np.random.Generator, rows: list[tuple[int, int, float]], as_of: int) -> Runs:
    """The rows on record: late by weeks, some in batches of a month, none before an earlier one."""
    case = np.array([row[0] for row in rows])
    stage = np.array([row[1] for row in rows])
    from_day = np.floor([row[2] for row in rows]).astype(np.int64)
    late = random.lognormal(np.log(random.uniform(6, 30)), random.uniform(0.5, 1.1), len(rows))
    recorded = from_day + late
    batch = random.uniform(size=len(rows)) < 0.4
    recorded = np.floor(np.where(batch, np.ceil(recorded / 30) * 30, recorded)).astype(np.int64)
    for row in range(1, len(rows)):
        if case[row] == case[row - 1]:
            recorded[row] = max(recorded[row], recorded[row - 1])
    known = recorded <= as_of
    return Runs(case[known], stage[known], from_day[known], recorded[known])
