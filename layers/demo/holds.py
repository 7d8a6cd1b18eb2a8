"""Leases and reservations of lots: dated, some of a part, some ended early and let again."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby
from typing import Any

import numpy as np

from layers.demo.lots import ANCHOR, Lot
from layers.demo.names import companies
from layers.demo.outlines import first_part
from layers.demo.plane import Columns, on_earth
from layers.demo.zones import SECTORS

REVOKED = "thu hồi dự án"
MOVED = "di dời theo chuyển đổi công năng"
#: How far along a zone lots lie for which firms wait: clearance has not come there.
WAITS_FROM = 0.4
Hold = dict[str, Any]


def leases(rng: np.random.Generator, made: list[Lot]) -> list[Hold]:
    """Leases of every zone until its occupancy is reached."""
    rows: list[Hold] = []
    for _, group in groupby(made, key=lambda lot: lot.holder.key):
        rows += _let(rng, [lot for lot in group if lot.use == "industrial"])
    return rows


def _let(rng: np.random.Generator, industrial: list[Lot]) -> list[Hold]:
    """Leases of one zone: the lots at its gate first, with gaps; what is not serviced yet is not let."""
    if not industrial:
        return []
    holder = industrial[0].holder
    wanted = _wanted(industrial)
    order = np.array([lot.order for lot in industrial]) + rng.normal(0, 0.16, len(industrial))
    rows: list[Hold] = []
    let = 0.0
    for i in np.argsort(order, kind="stable"):
        lot = industrial[int(i)]
        assert lot.serviced_on is not None
        if let + 0.5 * lot.area > wanted or lot.serviced_on > ANCHOR - timedelta(days=100):
            continue
        first = lot.serviced_on + timedelta(days=60)
        span = max((min(ANCHOR, date(2025, 12, 31)) - first).days, 20)
        start = first + timedelta(days=int(span * rng.beta(1.1, 2.6)))
        rows += _one(rng, lot, start, holder.status)
        let += lot.area
    return rows


def _wanted(industrial: list[Lot]) -> float:
    """Hectares let in a zone; where a zone has several holders, the first phase is let most."""
    holder = industrial[0].holder
    total = sum(lot.area for lot in industrial)
    share = holder.zone.number("occupancy") or 0.0
    if holder.key != holder.zone.key:
        share = {"operating": 0.88, "building": 0.12}.get(holder.status, 0.03)
    if holder.status == "converting":
        share = 0.97
    return total * share


def _one(rng: np.random.Generator, lot: Lot, start: date, status: str) -> list[Hold]:
    """The lease of one lot, or what became of it."""
    end = lot.holder.zone.decided.replace(day=1) + timedelta(days=50 * 365 + 12)
    kind = rng.random()
    subject = "factory" if rng.random() < 0.05 else "land"
    if subject == "factory":
        end = min(end, start + timedelta(days=365 * int(rng.integers(7, 15))))
        end = end if end > ANCHOR else ANCHOR + timedelta(days=900)
    base: Hold = {"lot_key": lot.key, "part": None, "from_on": start, "to_on": end, "reason_ended": None}
    base["subject"] = subject
    if status == "converting":
        out = date(2024, 6, 1) + timedelta(days=int(rng.integers(0, 900)))
        return [base | ({"to_on": out, "reason_ended": MOVED} if out < ANCHOR else {})]
    if kind < 0.035 and start < date(2021, 6, 30):
        out = date(2022, 1, 1) + timedelta(days=int(rng.integers(0, 1150 if status == "full" else 1580)))
        ended = base | {"to_on": out, "reason_ended": REVOKED}
        again = out + timedelta(days=int(rng.integers(150, 420)))
        relet = status == "full" or rng.random() < 0.4
        return [ended, base | {"from_on": again}] if relet and again < ANCHOR else [ended]
    if kind < 0.09 and lot.area > 2.4:
        half = first_part(lot.polygon, rng.uniform(0.4, 0.6))
        return [base | {"part": half}] if status != "full" else [base]
    return [base]


def reservations(rng: np.random.Generator, made: list[Lot], let: list[Hold]) -> list[Hold]:
    """A few serviced lots that stand empty are kept for somebody until a date."""
    held = {row["lot_key"] for row in let}
    rows: list[Hold] = []
    for _, group in groupby(made, key=lambda lot: lot.holder.key):
        empty = [x for x in group if x.use == "industrial" and x.key not in held and x.serviced_on]
        ready = [x for x in empty if x.serviced_on is not None and x.serviced_on < ANCHOR]
        for lot in ready[: max(len(ready) // 9, 1 if len(ready) > 3 else 0)]:
            start = date(2026, 1, 5) + timedelta(days=int(rng.integers(0, 160)))
            until = start + timedelta(days=int(rng.integers(180, 540)))
            rows.append(
                {"lot_key": lot.key, "part": None, "from_on": start, "to_on": until, "reason_ended": None}
            )
    return rows


def awaited(rng: np.random.Generator, made: list[Lot], held: list[Hold], firms: Columns) -> list[Hold]:
    """Lots of zones under clearance that firms which are to move have reserved before the land is cleared."""
    taken = {row["lot_key"] for row in held}
    need = np.array(firms["area_needed_ha"], dtype=float)
    moving = np.isin(firms["disposition"], ("relocate", "encouraged")) & (np.array(firms["valid_to"]) == None)  # noqa: E711
    left = set(np.flatnonzero(moving & (need > 0.4)).tolist())
    rows: list[Hold] = []
    for _, group in groupby(made, key=lambda lot: lot.holder.key):
        lots = [x for x in group if x.use == "industrial" and x.key not in taken]
        if not lots or lots[0].holder.basis != "parcels" or lots[0].holder.status == "converting":
            continue
        ahead = [lot for lot in lots if lot.order > WAITS_FROM]
        for at in rng.permutation(len(ahead))[: int(rng.integers(2, 6))]:
            lot = ahead[int(at)]
            fits = [i for i in sorted(left) if 0.4 * lot.area <= need[i] <= lot.area]
            if not fits:
                continue
            firm = fits[int(rng.integers(len(fits)))]
            left.remove(firm)
            start = date(2025, 3, 3) + timedelta(days=int(rng.integers(0, 420)))
            until = date(2029, 12, 31) + timedelta(days=int(rng.integers(0, 500)))
            rows.append(
                {"lot_key": lot.key, "part": None, "from_on": start, "to_on": until, "reason_ended": None}
                | {"holder": firms["name"][firm], "enterprise_key": firms["key"][firm]}
            )
    return rows


def hold_table(rng: np.random.Generator, rows: list[Hold], made: list[Lot], kind: str) -> Columns:
    """Columns of leases or reservations; whoever is not named is an invented tenant of a fitting sector."""
    zone = {lot.key: lot.holder.zone for lot in made}
    takes = [SECTORS[zone[row["lot_key"]].told["sectors"]][0].split() for row in rows]
    pick = rng.random(len(rows))
    divisions = [codes[int(p * len(codes))] for codes, p in zip(takes, pick, strict=True)]
    names = companies(rng, divisions, list(rng.random(len(rows)) < 0.45))
    mark = "HĐTĐ" if kind == "leases" else "TTGC"
    columns: dict[str, Any] = {
        "lot_key": [row["lot_key"] for row in rows],
        "part": np.array(
            [None if row["part"] is None else on_earth(row["part"]) for row in rows], dtype=object
        ),
        "holder": [row.get("holder", name) for row, name in zip(rows, names, strict=True)],
        "enterprise_key": [row.get("enterprise_key") for row in rows],
        "from_on": [row["from_on"] for row in rows],
        "to_on": [row["to_on"] for row in rows],
        "document": [f"{mark}-MH/{row['from_on'].year}/{i:04d}" for i, row in enumerate(rows, 1)],
        "reason_ended": [row["reason_ended"] for row in rows],
        "source": ["minh họa; bên thuê và thời hạn giả định"] * len(rows),
    }
    return columns | {"subject": [row["subject"] for row in rows]} if kind == "leases" else columns
