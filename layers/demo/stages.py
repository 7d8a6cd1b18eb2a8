"""The clearance history of every parcel: hand-overs in batches, some that hold out, a few corrections."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import shapely

from gis.arrays import Floats
from layers.demo.lots import ANCHOR, order_along
from layers.demo.parcels import AHEAD_DAYS, HANOI, STAGES, Tract
from layers.demo.plane import Columns

FIRST = date(2019, 3, 1)
SOURCE = "minh họa; diễn biến GPMB giả định"
Event = tuple[datetime, str, str, date, str]


def event_table(rng: np.random.Generator, made: list[Tract], keys: list[str]) -> Columns:
    """Events of all parcels in the order of recording; ``keys`` are those of the parcels, in their order."""
    events: list[Event] = []
    start = 0
    for tract in made:
        own = keys[start : start + len(tract.polygons)]
        events += _history(rng, tract, own)
        start += len(own)
    events.sort()  # the id follows the order of recording: a correction is a later event
    return {
        "parcel_key": [e[1] for e in events],
        "stage": [e[2] for e in events],
        "effective_on": [e[3] for e in events],
        "recorded_at": [e[0] for e in events],
        "source": [e[4] for e in events],
    }


def _history(rng: np.random.Generator, tract: Tract, keys: list[str]) -> list[Event]:
    at = shapely.get_coordinates(shapely.point_on_surface(tract.polygons))
    order = order_along(tract.holder, at) + rng.normal(0, 0.05, len(at))
    batches = _batches(rng, tract)
    done = _done(tract)
    # Land is handed over from one end of the zone to the other, in as many steps as there are batches.
    step = np.clip((order / max(done, 1e-6) * len(batches)).astype(int), 0, None)
    stuck = _holdouts(rng, at, order, done)
    events: list[Event] = []
    for i, key in enumerate(keys):
        if step[i] < len(batches) and not stuck[i]:
            events += _cleared(rng, key, batches[step[i] :])
        else:
            reached = int(rng.integers(2, 6)) if stuck[i] else _reached(rng, float(order[i]), done)
            events += _pending(rng, key, batches[-1], reached)
    return events


def _batches(rng: np.random.Generator, tract: Tract) -> list[date]:
    """Between 10 and 25 distinct days of hand-over, by the size of the zone."""
    first = max(FIRST, tract.holder.zone.decided + timedelta(days=400))
    last = ANCHOR - timedelta(days=int(rng.integers(15, 120)))
    first = min(first, last - timedelta(days=500))
    n = int(np.clip(len(tract.polygons) // 110, 10, 20))
    days = np.unique(rng.choice((last - first).days, n * 2, replace=False))
    return [first + timedelta(days=int(d)) for d in np.sort(rng.choice(days, n, replace=False))]


def _done(tract: Tract) -> float:
    """How far along the zone clearance has come."""
    infra = tract.holder.zone.number("infrastructure") or 0.0
    if tract.holder.status == "building":
        return min(infra + 0.28, 0.95)
    if tract.holder.status == "converting":
        return 0.69  # 227.4 of 329 ha in February 2026 (DOMAIN §3.6)
    return min(0.5 * infra + 0.22, 0.6)


def _holdouts(rng: np.random.Generator, at: Floats, order: Floats, done: float) -> Any:
    """Parcels in cleared land that are not handed over: two knots of neighbours, and single ones."""
    stuck = rng.random(len(at)) < 0.008
    cleared = np.flatnonzero(order < done)
    if len(cleared) > 50:
        for centre in rng.choice(cleared, 2, replace=False):
            stuck |= np.hypot(*(at - at[centre]).T) < rng.uniform(50, 110)
    return stuck & (order < done)


def _reached(rng: np.random.Generator, order: float, done: float) -> int:
    """Stages reached by a parcel ahead of the front: fewer, the farther it lies."""
    ahead = (order - done) / max(1 - done, 1e-6)
    return int(np.clip(5 - 5.2 * ahead + rng.normal(0, 0.5), 0, 5))


def _cleared(rng: np.random.Generator, key: str, batches: list[date]) -> list[Event]:
    """Every stage up to the first of the batches; ``batches`` are those from the parcel's own on."""
    on = batches[0]
    noise = rng.integers(-12, 13, len(STAGES))
    dates = [on - timedelta(days=int(a + (n if a else 0))) for a, n in zip(AHEAD_DAYS, noise, strict=True)]
    events = [_event(key, stage, day) for stage, day in zip(STAGES, dates, strict=True)]
    if rng.random() < 0.006:  # recorded too early: set right later, and handed over after all
        events.append(_event(key, "paid", on, late_days=45, source=f"{SOURCE}; đính chính: chưa bàn giao"))
        events += [_event(key, "handed_over", again) for again in batches[1:] if (again - on).days > 60][:1]
    return events


def _pending(rng: np.random.Generator, key: str, last: date, reached: int) -> list[Event]:
    """Stages of a parcel still waiting; the last of them some weeks or months ago."""
    if reached == 0:
        return [_event(key, "not_started", last - timedelta(days=int(rng.integers(0, 300))))]
    ahead = np.array(AHEAD_DAYS[:reached]) - AHEAD_DAYS[reached - 1] + int(rng.integers(10, 260))
    return [_event(key, STAGES[k], last - timedelta(days=int(ahead[k]))) for k in range(reached)]


def _event(key: str, stage: str, day: date, late_days: int = 3, source: str = SOURCE) -> Event:
    recorded = datetime.combine(day + timedelta(days=late_days), time(9), HANOI)
    return (recorded, key, stage, day, source)
