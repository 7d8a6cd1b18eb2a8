"""
What is cleared, leased, reserved and free of one lot, for each state it can be in.

Boundaries of parcels, decisions and lots are drawn apart and rarely coincide: strips up to 0.05 m wide
and scraps up to 1 m² are drawing noise, neither uncleared land nor free land.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from gis.arrays import Bools, Geometries
from gis.contiguity import GAP_M, rounded, to_plane
from gis.measure import HA_M2, area_ha
from gis.zone_land import Days

SCRAP_M2 = 1.0
NOISE_M2 = 0.01  # a shape is rewritten only where it really changes

Day = Any  # numpy's stubs give an element of a day array the type of the array
State = bytes


@dataclass(frozen=True)
class FreePart:
    """One polygon of free land; `key` is equal for equal shapes."""

    polygon: Any
    key: bytes


@dataclass(frozen=True)
class Shapes:
    """Polygons of a lot in one state; None where there is no such land. Ready is cleared and serviced."""

    present: Any
    cleared: Any
    ready: Any
    leased: Any
    reserved: Any
    free: tuple[FreePart, ...]


NOTHING = Shapes(None, None, None, None, None, ())


@dataclass(frozen=True)
class LotLand:
    """
    One industrial lot with what clears and what holds it.

    Parameters
    ----------
    code, polygon
        The polygon overlaps no other lot.
    serviced_on, valid_from, valid_to
        Days, NaT as in `gis.land.Lots`.
    pieces, cleared_on, cleared_to
        Shape (p,): land that meets the lot and the days of its handover and withdrawal; None is everything.
    parts, held_from, held_to, leased
        Shape (h,): its leases and reservations.
    """

    code: str
    polygon: Any
    serviced_on: Day
    valid_from: Day
    valid_to: Day
    pieces: Geometries
    cleared_on: Days
    cleared_to: Days
    parts: Geometries
    held_from: Days
    held_to: Days
    leased: Bools

    def states(self, dates: Days) -> list[State]:
        """What is in force on each date, as a key for `shapes`."""
        day = dates[:, None]
        # NaT compares False: an open start is written out, an unknown handover or service never came.
        present = ~(dates < self.valid_from) & ~(dates >= self.valid_to)
        table = np.column_stack(
            [
                present,
                dates >= self.serviced_on,
                (day >= self.cleared_on[None, :]) & ~(day >= self.cleared_to[None, :]),
                ~(day < self.held_from[None, :]) & ~(day >= self.held_to[None, :]),
            ]
        )
        return [row.tobytes() for row in table]

    def shapes(self, state: State) -> Shapes:
        """The land of the lot in a state."""
        present, serviced, *rest = np.frombuffer(state, dtype=bool)
        if not present:
            return NOTHING
        cleared_now = np.array(rest[: len(self.pieces)], dtype=bool)
        held_now = np.array(rest[len(self.pieces) :], dtype=bool)
        cleared = self._cleared(cleared_now)
        leased = self._held(held_now & self.leased)
        reserved = _minus(self._held(held_now & ~self.leased), leased)
        ready = cleared if serviced else None
        free = self._free(_minus(_minus(ready, leased), reserved))
        return Shapes(self.polygon, cleared, ready, leased, reserved, free)

    def _cleared(self, now: Bools) -> Any:
        pieces = self.pieces[now]
        if len(pieces) == 0:
            return None
        if any(piece is None for piece in pieces):
            return self.polygon
        land = pieces[0] if len(pieces) == 1 else rounded(shapely.union_all(pieces), GAP_M / 2, NOISE_M2)
        land = _areal(shapely.intersection(land, self.polygon))
        if land is None or self._m2(self.polygon) - self._m2(land) <= SCRAP_M2:
            return None if land is None else self.polygon
        return land

    def _held(self, now: Bools) -> Any:
        parts = self.parts[now]
        if len(parts) == 0:
            return None
        if any(part is None for part in parts):
            return self.polygon
        return _areal(shapely.intersection(shapely.union_all(parts), self.polygon))

    def _free(self, land: Any) -> tuple[FreePart, ...]:
        if land is None:
            return ()
        if land is not self.polygon:
            land = rounded(land, -GAP_M / 2, NOISE_M2)
        # In normal form, equal shapes have equal vertices, hence the same area to the last digit.
        parts = shapely.normalize(shapely.get_parts(land))
        parts = parts[(shapely.get_dimensions(parts) == 2) & (area_ha(parts) * HA_M2 > SCRAP_M2)]
        return tuple(FreePart(part, shapely.to_wkb(part)) for part in parts)

    def _corner(self) -> tuple[float, float]:
        west, south, _, _ = shapely.bounds(self.polygon)
        return float(west), float(south)

    def _m2(self, land: Any) -> float:
        lon, lat = self._corner()
        plane: Any = to_plane(land, lon, lat)
        return float(plane.area)


def without_overlaps(polygons: Geometries, valid_from: Days, valid_to: Days) -> Geometries:
    """
    Polygons cut so that land which two claim at the same time belongs to the earlier row.

    Parameters
    ----------
    polygons, valid_from, valid_to
        Shape (n,), in order of precedence.

    Returns
    -------
    cut
        Shape (n,); empty where nothing is left.
    """
    cut = polygons.copy()
    late, early = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    before = early < late
    late, early = late[before], early[before]
    apart = (valid_to[late] <= valid_from[early]) | (valid_to[early] <= valid_from[late])
    late, early = late[~apart], early[~apart]
    shared_m2 = area_ha(shapely.intersection(polygons[late], polygons[early])) * HA_M2
    for row, other in zip(late[shared_m2 > NOISE_M2], early[shared_m2 > NOISE_M2], strict=True):
        cut[row] = shapely.difference(cut[row], polygons[other])
    return cut


def _minus(land: Any, taken: Any) -> Any:
    if land is None or taken is None:
        return land
    return None if land is taken else _areal(shapely.difference(land, taken))


def _areal(land: Any) -> Any:
    """The polygons of an overlay's result, which may hold lines and points where shapes only touch."""
    if shapely.get_type_id(land) == shapely.GeometryType.GEOMETRYCOLLECTION:
        parts = shapely.get_parts(land)
        land = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    return None if shapely.is_empty(land) or shapely.get_dimensions(land) < 2 else land
