"""What the free land of one zone depends on: its lots, who holds them, and what was handed over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gis.arrays import Bools, Geometries, Ints, Texts
from gis.errors import BadInput

Days = NDArray[np.datetime64]
Basis = Literal["declared", "parcels", "unknown"]


class DatesReversed(BadInput):
    """A period that ends before it starts. Facts: row, start, to."""


class LotMissing(BadInput):
    """A lease or reservation of a lot that is not in the zone. Facts: row."""


def days(values: Iterable[date | None]) -> Days:
    """Dates as an array of days; None becomes NaT."""
    return np.array(
        [np.datetime64("NaT") if v is None else np.datetime64(v) for v in values], dtype="datetime64[D]"
    )


@dataclass(frozen=True)
class Lots:
    """
    Lots of a zone's detailed plan, n of them; roads and green belts are lots that are not industrial.

    Parameters
    ----------
    code, polygon
        Shape (n,). Valid polygons in longitude, latitude. Where two overlap, the land belongs to the
        one whose code comes first.
    industrial
        Shape (n,).
    serviced_on
        Shape (n,), days; NaT where services are not there or not known: such a lot is not free.
    valid_from, valid_to
        Shape (n,), days: the lot is in the plan from the first up to, not including, the second;
        NaT for ever.
    """

    code: Texts
    polygon: Geometries
    industrial: Bools
    serviced_on: Days
    valid_from: Days
    valid_to: Days

    @classmethod
    def of(
        cls,
        code: Sequence[str],
        polygon: Sequence[Any],
        industrial: Sequence[bool],
        serviced_on: Sequence[date | None],
        valid_from: Sequence[date | None] | None = None,
        valid_to: Sequence[date | None] | None = None,
    ) -> Lots:
        """From plain lists."""
        n = len(code)
        return cls(
            np.array(code, dtype=object),
            geometries(polygon),
            np.array(industrial, dtype=bool),
            days(serviced_on),
            days([None] * n if valid_from is None else valid_from),
            days([None] * n if valid_to is None else valid_to),
        )


@dataclass(frozen=True)
class Occupations:
    """
    Leases and reservations, m of them.

    Parameters
    ----------
    lot
        Shape (m,), row of `Lots`.
    part
        Shape (m,), polygons; None means the whole lot.
    valid_from, valid_to
        Shape (m,), days, half-open; NaT at the end while it lasts. A revoked lease ends on its date
        and its land is free that day.
    leased
        Shape (m,): True for a lease, False for a reservation.
    """

    lot: Ints
    part: Geometries
    valid_from: Days
    valid_to: Days
    leased: Bools

    @classmethod
    def of(
        cls,
        lot: Sequence[int] = (),
        part: Sequence[Any] = (),
        valid_from: Sequence[date] = (),
        valid_to: Sequence[date | None] = (),
        leased: Sequence[bool] = (),
    ) -> Occupations:
        """From plain lists."""
        rows = np.array(lot, dtype=np.int64)
        return cls(rows, geometries(part), days(valid_from), days(valid_to), np.array(leased, dtype=bool))


@dataclass(frozen=True)
class Clearance:
    """
    On what the zone's clearance rests.

    Parameters
    ----------
    basis
        "parcels": each tracked parcel with the day of its handover. "declared": handed over by
        decision. "unknown": nobody has said; cleared and free land are then no data.
    polygon
        Shape (p,): parcels, or the areas of decisions; None means the whole zone.
    cleared_on, cleared_to
        Shape (p,), days of handover, and of its withdrawal where a later record takes it back; NaT
        where not handed over, where not withdrawn.
    """

    basis: Basis
    polygon: Geometries
    cleared_on: Days
    cleared_to: Days

    @classmethod
    def of(
        cls,
        basis: Basis,
        polygon: Sequence[Any] = (),
        cleared_on: Sequence[date | None] = (),
        cleared_to: Sequence[date | None] | None = None,
    ) -> Clearance:
        """From plain lists."""
        until = [None] * len(polygon) if cleared_to is None else cleared_to
        return cls(basis, geometries(polygon), days(cleared_on), days(until))


@dataclass(frozen=True)
class ZoneLand:
    """
    Everything the free land of one zone depends on.

    Raises
    ------
    LotMissing, DatesReversed
    """

    lots: Lots
    occupations: Occupations
    clearance: Clearance

    def __post_init__(self) -> None:
        held = self.occupations
        bad = np.flatnonzero((held.lot < 0) | (held.lot >= len(self.lots.code)))
        if len(bad):
            raise LotMissing(row=int(held.lot[bad[0]]))
        reversed_rows = np.flatnonzero(held.valid_to < held.valid_from)
        if len(reversed_rows):
            row = int(reversed_rows[0])
            raise DatesReversed(row=row, start=held.valid_from[row].item(), to=held.valid_to[row].item())


def geometries(shapes: Sequence[Any]) -> Geometries:
    """Geometries and None as an object array, whatever their number."""
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return array
