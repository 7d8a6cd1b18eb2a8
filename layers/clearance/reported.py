"""
What others said of a zone's clearance, beside the denominators that we know: reported, never mixed in.

A press figure is a share of whatever its author had in mind. Each is shown with the denominator that its
source names, with the one that its own hectares imply, and with the share that its hectares are of ours.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from gis.arrays import or_none
from gis.clearance.figures import implied_by, ratios
from layers.catalogue.zones import TABLE as ZONES
from layers.layer import holds
from layers.records.cases import PROJECTS
from layers.records.observations import OBSERVATIONS

CLEARANCE_QUANTITIES = ("cleared_ha", "cleared_ratio")


def reports(db: Connection, zone_key: str, as_of: date) -> list[dict[str, Any]]:
    """
    Reported clearance of a zone up to a date, the latest last.

    Returns
    -------
    rows
        ``on``, ``quantity``, ``value``, ``denominator`` (as its source names it), ``source``; for hectares
        ``shares``, what they are of each denominator that is known here, and ``ratio`` and ``of`` of the
        first; for a ratio that came with hectares on the same day ``implied_ha``, what it must be a share
        of, and ``implied``, the denominator of ours that this is, if any.
    """
    ours = _known_ha(db, zone_key, as_of)
    told = select(OBSERVATIONS).where(
        OBSERVATIONS.c.zone_key == zone_key,
        OBSERVATIONS.c.quantity.in_(CLEARANCE_QUANTITIES),
        OBSERVATIONS.c.observed_on <= as_of,
    )
    rows = db.execute(told.order_by(OBSERVATIONS.c.observed_on, OBSERVATIONS.c.id)).all()
    land_ha = {row.observed_on: row.value for row in rows if row.quantity == "cleared_ha"}
    return [_told(row, ours, land_ha.get(row.observed_on)) for row in rows]


def _told(row: Any, ours: dict[str, float], land_ha: float | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "on": row.observed_on.isoformat(),
        "quantity": row.quantity,
        "value": row.value,
        "denominator": row.denominator,
        "source": row.source,
        "illustrative": row.illustrative,
    }
    if row.quantity == "cleared_ha":
        shares = [
            {"of": name, "of_ha": ours[name], "ratio": or_none(told.ratio)}
            for name, told in ratios(row.value, ours).items()
        ]
        first = shares[0] if shares else {"of": None, "ratio": None}
        return told | {"ratio": first["ratio"], "of": first["of"], "shares": shares}
    of: dict[str, Any] = {"implied_ha": None, "implied": None}
    if land_ha is not None and row.value > 0:
        implied_ha, same = implied_by(land_ha, row.value, ours)
        of = {"implied_ha": implied_ha, "implied": same[0] if same else None}
    return told | {"ratio": row.value, "of": None} | of


def _known_ha(db: Connection, zone_key: str, as_of: date) -> dict[str, float]:
    """Denominators of a zone without cases, in the order in which they are preferred."""
    planned = select(func.sum(PROJECTS.c.planned_ha)).where(PROJECTS.c.zone_key == zone_key)
    area = func.coalesce(ZONES.c.area_legal_ha, ZONES.c.area_measured_ha)
    zone = select(area).where(ZONES.c.key == zone_key, holds(ZONES, as_of))
    known = {"planned": db.execute(planned).scalar(), "zone": db.execute(zone).scalar()}
    return {name: ha for name, ha in known.items() if ha}
