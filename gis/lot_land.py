"""
What is cleared, leased, reserved and free of one lot, for each state it can be in.

Boundaries of parcels, decisions and lots are drawn apart and rarely coincide: strips up to 0.05 m wide
and scraps up to 1 m² are drawing noise, neither uncleared land nor free land.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import shapely

from gis.arrays import Bools, Geometries, Ints
from gis.contiguity import GAP_M, rounded, to_plane
from gis.measure import HA_M2, area_ha
from gis.memo import Memo
from gis.zone_land import Days, geometries

SCRAP_M2 = 1.0
HA_MM2 = 1e10
NOISE_M2 = 0.01  # a shape is rewritten only where it really changes

Digest = bytes


@dataclass(frozen=True)
class FreePart:
    """One polygon of free land; `key` is equal for equal shapes."""

    polygon: Any
    key: Digest
    area_mm2: int


@dataclass(frozen=True)
class LotState:
    """
    The land of a lot in one state.

    Attributes
    ----------
    figures_mm2
        Present, cleared, ready (cleared and serviced), leased, reserved; whole square millimetres.
    free
        Its free land.
    """

    figures_mm2: tuple[int, ...]
    free: tuple[FreePart, ...]


GONE = LotState((0, 0, 0, 0, 0), ())

#: Overlays take a third of a millisecond each, and one edit changes the inputs of one lot: a lot in a state
#: is worked out once for the same boundaries, whoever asks, on whatever date.
_STATES: Memo[tuple[Any, ...], LotState] = Memo(40_000)
_CUT: Memo[Digest, Geometries] = Memo(400)
_COMMON: Memo[tuple[Digest, Digest], bool] = Memo(400_000)


@dataclass(frozen=True)
class Asked:
    """
    One state of a lot: its key for equal questions, and rows of the pieces and parts in force.

    The key is the digest of the lot, whether it is serviced, and the digests of what is in force.
    """

    lot: LotLand
    key: tuple[Any, ...]
    cleared: list[int]
    leased: list[int]
    reserved: list[int]


@dataclass(frozen=True)
class LotLand:
    """
    One industrial lot with what clears and what holds it.

    Parameters
    ----------
    code, polygon
        The polygon overlaps no other lot.
    pieces
        Shape (p,): land that meets the lot; None is everything.
    parts, leased
        Shape (h,): its leases (True) and reservations.
    polygon_key, piece_keys, part_keys
        Digests of the polygon, the pieces and the parts.
    """

    code: str
    polygon: Any
    pieces: Geometries
    parts: Geometries
    leased: Bools
    polygon_key: Digest
    piece_keys: list[Digest]
    part_keys: list[Digest]

    def asked(self, now: Bools) -> Asked | None:
        """
        What is asked of the lot while the given is in force; None where it is not in the plan.

        ``now`` says whether it is in the plan, whether it is serviced, and which of its pieces and of its
        parts are in force. Each shape is named once and in the order of the digests: the same land gives the
        same vertices, whoever asks.
        """
        if not now[0]:
            return None
        pieces, parts = now[2 : 2 + len(self.pieces)], now[2 + len(self.pieces) :]
        cleared = _each_once(self.piece_keys, pieces)
        leased = _each_once(self.part_keys, parts & self.leased)
        reserved = _each_once(self.part_keys, parts & ~self.leased)
        key = (self.polygon_key, bool(now[1]), tuple(cleared), tuple(leased), tuple(reserved))
        return Asked(self, key, *(list(rows.values()) for rows in (cleared, leased, reserved)))

    def shapes(self, asked: Asked) -> tuple[list[Any], Geometries]:
        """Cleared, ready, leased and reserved land, None where there is none; and polygons of free land."""
        cleared = self._cleared(self.pieces[asked.cleared])
        leased = self._held(self.parts[asked.leased])
        reserved = _minus(self._held(self.parts[asked.reserved]), leased)
        ready = cleared if asked.key[1] else None
        free = self._free(_minus(_minus(ready, leased), reserved))
        return [cleared, ready, leased, reserved], free

    def _cleared(self, pieces: Geometries) -> Any:
        if len(pieces) == 0:
            return None
        if any(piece is None for piece in pieces):
            return self.polygon
        land = pieces[0] if len(pieces) == 1 else shapely.union_all(pieces)
        if len(pieces) > 1 and not shapely.covers(land, self.polygon):
            land = rounded(land, GAP_M / 2, NOISE_M2)
        land = _areal(shapely.intersection(land, self.polygon))
        if land is None or self._m2(self.polygon) - self._m2(land) <= SCRAP_M2:
            return None if land is None else self.polygon
        return land

    def _held(self, parts: Geometries) -> Any:
        if len(parts) == 0:
            return None
        if any(part is None for part in parts):
            return self.polygon
        return _areal(shapely.intersection(shapely.union_all(parts), self.polygon))

    def _free(self, land: Any) -> Geometries:
        if land is None:
            return geometries([])
        if land is not self.polygon:
            land = rounded(land, -GAP_M / 2, NOISE_M2)
        # In normal form, equal shapes have equal vertices, hence the same area to the last digit.
        parts = shapely.normalize(shapely.get_parts(land))
        return parts[shapely.get_dimensions(parts) == 2]

    def _corner(self) -> tuple[float, float]:
        west, south, _, _ = shapely.bounds(self.polygon)
        return float(west), float(south)

    def _m2(self, land: Any) -> float:
        lon, lat = self._corner()
        plane: Any = to_plane(land, lon, lat)
        return float(plane.area)


def states(asked: Sequence[Asked | None]) -> list[LotState]:
    """The land of lots in the states that are asked for; those not met before are measured together."""
    known = {one.key: _STATES.get(one.key) for one in asked if one is not None}
    new = {one.key: one for one in asked if one is not None and known[one.key] is None}
    for key, state in zip(new, _measured(list(new.values())), strict=True):
        known[key] = state
        _STATES.put(key, state)
    return [(known[one.key] if one is not None else None) or GONE for one in asked]


def _measured(asked: Sequence[Asked]) -> list[LotState]:
    drawn = [one.lot.shapes(one) for one in asked]
    figures = geometries(
        [shape for one, (land, _) in zip(asked, drawn, strict=True) for shape in (one.lot.polygon, *land)]
    )
    figures_mm2 = whole_mm2(figures).reshape(-1, 5).tolist()
    free = geometries([part for _, parts in drawn for part in parts])
    free_mm2, keys = whole_mm2(free).tolist(), digests(free)
    made: list[LotState] = []
    at = 0
    for figure, (_, parts) in zip(figures_mm2, drawn, strict=True):
        rows = range(at, at + len(parts))
        at += len(parts)
        real = [row for row in rows if free_mm2[row] > SCRAP_M2 * 1e6]
        made.append(
            LotState(tuple(figure), tuple(FreePart(free[row], keys[row], free_mm2[row]) for row in real))
        )
    return made


def whole_mm2(geoms: Geometries) -> Ints:
    """Area of each geometry in whole square millimetres; 0 where it is missing."""
    return np.rint(np.nan_to_num(area_ha(geoms)) * HA_MM2).astype(np.int64)


def digests(geoms: Sequence[Any] | Geometries) -> list[Digest]:
    """A short key of each geometry, equal where all vertices are; empty for None."""
    listed = shapely.to_wkb(geometries(list(geoms)))
    return [b"" if wkb is None else blake2b(wkb, digest_size=16).digest() for wkb in listed]


def clearing(
    lots: Geometries, lot_keys: list[Digest], pieces: Geometries, piece_keys: list[Digest]
) -> tuple[Ints, Ints]:
    """
    Pieces of cleared land that clear something of a lot.

    A piece that only touches the lot clears nothing of it, and must not make its shape look new.

    Parameters
    ----------
    lots, pieces
        Shapes (n,) and (p,); pieces that are None are never paired.
    lot_keys, piece_keys
        Their digests.

    Returns
    -------
    lot, piece
        Shape (k,): row numbers, in order of lot and then piece.
    """
    lot, piece = shapely.STRtree(pieces).query(lots)  # by boxes
    pairs = zip(lot.tolist(), piece.tolist(), strict=True)
    asked = [(lot_keys[a], piece_keys[b]) for a, b in pairs]
    known = [_COMMON.get(pair) for pair in asked]
    new = np.array([row for row, answer in enumerate(known) if answer is None], dtype=np.int64)
    if len(new):
        for row, answer in zip(new.tolist(), _common(lots, lot[new], pieces[piece[new]]), strict=True):
            known[row] = answer
            _COMMON.put(asked[row], answer)
    real = np.array(known, dtype=bool)
    order = np.lexsort((piece[real], lot[real]))
    return lot[real][order], piece[real][order]


def _common(lots: Geometries, lot: Ints, pieces: Geometries) -> list[bool]:
    shapely.prepare(lots)
    inside = shapely.contains_properly(lots[lot], pieces)
    common = np.full(len(pieces), None, dtype=object)
    common[~inside] = shapely.intersection(lots[lot[~inside]], pieces[~inside])
    common_m2 = area_ha(common) * HA_M2
    return (inside | (common_m2 > NOISE_M2)).tolist()


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
    dated = valid_from.tobytes() + valid_to.tobytes()
    asked = blake2b(b"".join([dated, *digests(polygons)]), digest_size=16).digest()
    if (found := _CUT.get(asked)) is None:
        found = _without_overlaps(polygons, valid_from, valid_to)
        _CUT.put(asked, found)
    return found


def _without_overlaps(polygons: Geometries, valid_from: Days, valid_to: Days) -> Geometries:
    cut = polygons.copy()
    late, early = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    before = early < late
    late, early = late[before], early[before]
    order = np.lexsort((early, late))  # the tree's order depends on what else is in it
    late, early = late[order], early[order]
    apart = (valid_to[late] <= valid_from[early]) | (valid_to[early] <= valid_from[late])
    late, early = late[~apart], early[~apart]
    shared_m2 = area_ha(shapely.intersection(polygons[late], polygons[early])) * HA_M2
    for row, other in zip(late[shared_m2 > NOISE_M2], early[shared_m2 > NOISE_M2], strict=True):
        cut[row] = shapely.difference(cut[row], polygons[other])
    return cut


def _each_once(keys: list[Digest], now: Bools) -> dict[Digest, int]:
    """Rows of different shapes that are in force, by digest and in its order."""
    return {keys[row]: row for row in sorted(np.flatnonzero(now).tolist(), key=keys.__getitem__)}


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
