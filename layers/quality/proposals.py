"""How a fault could be mended, shown before anything is changed; only what is safe is proposed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from shapely.errors import GEOSException
from sqlalchemy import Connection, and_, func, select

from gis.crs import STORAGE_SRID
from gis.errors import Conflict
from gis.measure import area_ha
from gis.quality import repair
from gis.quality.plane import Plane
from layers.catalogue import layer as layer_of
from layers.catalogue.admin_units import TABLE as UNITS
from layers.ingest.targets import target
from layers.layer import Text, holds
from layers.quality.versions import current, is_free
from layers.records.staged import STAGED

_NEAR_DEG = 1e-6


class FaultNotRepairable(Conflict):
    """No repair of this fault is safe: it must be accepted, or the feature imported anew. Facts: key, "
    "rule."""


@dataclass(frozen=True)
class Proposal:
    """
    What would be changed.

    Attributes
    ----------
    feature
        Key of the feature that changes; None for a row that is still staged.
    before, after
        Its geometry in longitude, latitude; ``after`` None where the geometry stays.
    values
        Column to new value; empty where values stay.
    explain
        What the repair does.
    """

    feature: str | None
    before: Any
    after: Any
    explain: Text
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def area_before_ha(self) -> float | None:
        """Hectares now; None for what is missing or has no area."""
        return _hectares(self.before)

    @property
    def area_after_ha(self) -> float | None:
        """Hectares as proposed; None where the geometry stays."""
        return _hectares(self.after)


def propose(db: Connection, fault: Any) -> Proposal:
    """
    The repair of a fault, worked out from the features as they are now.

    Parameters
    ----------
    fault
        A row of `layers.catalogue.faults` with its place as ``wkb``.

    Raises
    ------
    FaultNotRepairable
        If none is safe.
    FeatureChanged
    """
    work = _PROPOSED.get(fault.rule)
    made = None
    if work is not None and fault.repairable:
        try:
            made = work(db, fault)
        except GEOSException:  # no safe repair of what GEOS cannot compute
            made = None
    if made is None:
        raise FaultNotRepairable(key=fault.key, rule=fault.rule)
    return made


def _trim(db: Connection, fault: Any) -> Proposal | None:
    """Cut what two features share from the one that was recorded later."""
    layer = layer_of(fault.layer)
    rows = [current(db, layer, key) for key in (fault.feature_key, fault.other_key)]
    older, newer = sorted(rows, key=lambda row: (row.valid_from, row.recorded_at, row.key))
    before, other = shapely.from_wkb(newer.wkb), shapely.from_wkb(older.wkb)
    after = repair.trimmed(before, other)
    if after is None or not _safe(shapely.intersection(before, other), before):
        return None
    return Proposal(
        newer.key,
        before,
        after,
        Text(
            f"Cắt phần chồng lên {older.key} khỏi {newer.key} (ghi nhận sau).",
            f"Cut what overlaps {older.key} from {newer.key}, which was recorded later.",
        ),
    )


def _fill(db: Connection, fault: Any) -> Proposal | None:
    """Give a gap to the neighbour with the longer border on it."""
    layer, gap = layer_of(fault.layer), shapely.from_wkb(fault.wkb)
    rows = [current(db, layer, key) for key in (fault.feature_key, fault.other_key) if key is not None]
    chosen = max(rows, key=lambda row: (_border(shapely.from_wkb(row.wkb), gap), row.key))
    before, others = shapely.from_wkb(chosen.wkb), _others(db, layer.table, chosen.key, gap)
    if others is not None:
        gap = shapely.difference(gap, others)
    after = repair.filled(before, gap)
    if after is not None and others is not None:
        after = repair.trimmed(after, others)
    if after is None or not _safe(gap, before):
        return None
    return Proposal(
        chosen.key,
        before,
        after,
        Text(
            f"Nối khe hở vào {chosen.key}, hình có cạnh chung dài hơn với khe.",
            f"Add the gap to {chosen.key}, which has the longer border on it.",
        ),
    )


def _commune(db: Connection, fault: Any) -> Proposal | None:
    """File a parcel under the commune in which it lies."""
    layer = layer_of(fault.layer)
    row = current(db, layer, fault.feature_key)
    place = func.ST_PointOnSurface(layer.table.c.geom)
    lies_in = and_(layer.table.c.id == row.id, func.ST_Intersects(UNITS.c.geom, place))
    of_day = select(UNITS.c.code, UNITS.c.name).join(layer.table, lies_in).where(UNITS.c.level == "commune")
    found = db.execute(of_day.where(holds(UNITS, row.valid_from))).first()
    unit = found or db.execute(of_day.where(UNITS.c.key == fault.other_key)).first()
    if unit is None or not is_free(db, layer, f"{unit.code}-{row.sheet_number}-{row.parcel_number}"):
        return None
    return Proposal(
        row.key,
        shapely.from_wkb(row.wkb),
        None,
        Text(
            f"Đổi mã xã {row.commune_code} thành {unit.code} ({unit.name}); các sự kiện GPMB theo thửa sang "
            f"mã mới.",
            f"Change commune {row.commune_code} to {unit.code} ({unit.name}); its clearance events go with "
            f"it.",
        ),
        {"commune_code": unit.code},
    )


def _mend(db: Connection, fault: Any) -> Proposal | None:
    """Mend the geometry of a staged row."""
    staged = db.execute(select(STAGED).where(STAGED.c.id == fault.staged_id)).one_or_none()
    if staged is None or staged.wkb is None:
        return None
    before = shapely.from_wkb(staged.wkb, on_invalid="ignore")
    after = None if before is None else repair.mended(before, target(staged.target).geometry_kind)
    if after is None:
        return None
    return Proposal(
        None,
        before,
        after,
        Text(
            "Sửa hình học theo cấu trúc vòng (make_valid); so sánh diện tích trước khi áp dụng.",
            "Mend the geometry by the structure of its rings (make_valid); compare the areas before "
            "applying.",
        ),
    )


_PROPOSED: Mapping[str, Callable[[Connection, Any], Proposal | None]] = {
    "overlap": _trim,
    "gap": _fill,
    "wrong_commune": _commune,
    "row_geometry": _mend,
}


def _safe(piece: Any, feature: Any) -> bool:
    return bool(repair.safe(np.array([piece], dtype=object), np.array([feature], dtype=object))[0])


def _border(feature: Any, gap: Any) -> float:
    """How much of a gap's rim lies on a feature, in metres."""
    plane = Plane.around(np.array([gap], dtype=object))
    flat, hole = plane.metres(np.array([feature, gap], dtype=object))
    return float(shapely.length(shapely.intersection(shapely.boundary(hole), shapely.buffer(flat, 0.01))))


def _others(db: Connection, table: Any, key: str, gap: Any) -> Any:
    """The land of the other features beside a gap, as one; None where there is none."""
    box = func.ST_MakeEnvelope(
        *(np.array(shapely.bounds(gap)) + np.array([-1, -1, 1, 1]) * _NEAR_DEG).tolist(), STORAGE_SRID
    )
    near = and_(table.c.valid_to.is_(None), table.c.key != key, table.c.geom.op("&&")(box))
    held = [bytes(row[0]) for row in db.execute(select(func.ST_AsBinary(table.c.geom)).where(near))]
    return shapely.union_all(shapely.from_wkb(held)) if held else None


def _hectares(geom: Any) -> float | None:
    if geom is None or shapely.get_dimensions(geom) != 2:
        return None
    with np.errstate(all="ignore"):
        hectares = float(area_ha(np.array([geom], dtype=object))[0])
    return hectares if np.isfinite(hectares) else None
