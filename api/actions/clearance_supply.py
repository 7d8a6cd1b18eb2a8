"""Free plots and the supply of zones as they are known or foreseen, and when they grow by which cases."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any, Literal

from sqlalchemy import Connection, select

from gis.crs import CRS84
from layers.access import Actor
from layers.catalogue import free_plots, zone_supply
from layers.clearance.scope import ScopeUnknown, scope_of
from layers.growth import grows
from layers.rows import as_geojson

Outlook = Literal["known", "p10", "p50", "p90"]
#: How many of the next days on which free land grows are told.
NEXT = 12


def free_plots_at(
    db: Connection, actor: Actor, as_of: date, outlook: Outlook = "p50", zone: str | None = None
) -> dict[str, Any]:
    """Free plots of a date as GeoJSON; for a date to come by the forecast, where there is one."""
    actor.need(free_plots.LAYER.access.view)
    rows = free_plots.at_outlook(as_of, outlook).subquery("plots")
    names = ("key", "zone_key", "lot_numbers", "area_ha", "valid_from", "valid_to", "outlook", "illustrative")
    told = [*(rows.c[name] for name in names), as_geojson(rows.c.geom, CRS84).label("geometry")]
    query = select(*told).order_by(rows.c.zone_key, rows.c.key)
    found = db.execute(query if zone is None else query.where(rows.c.zone_key == zone)).mappings()
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": row["key"],
                "geometry": row["geometry"],
                "properties": {name: row[name] for name in names},
            }
            for row in found
        ],
    }


def supply_of(
    db: Connection, actor: Actor, as_of: date, zone: str, outlook: Outlook = "p50"
) -> dict[str, Any]:
    """
    Figures of a zone's supply on a date, and the next days on which its free land grows.

    Raises
    ------
    ScopeUnknown
    """
    scope = scope_of(db, actor, as_of, zone=zone)
    rows = zone_supply.at_outlook(as_of, outlook).subquery("supply")
    names = [name for name in zone_supply.LAYER.columns() if name in rows.c and name != "geom"]
    found = db.execute(select(*(rows.c[name] for name in names)).where(rows.c.key == scope.key)).mappings()
    row = found.first()
    if row is None:
        raise ScopeUnknown(level="zone", key=zone, as_of=as_of.isoformat())
    return {
        **{str(name): value for name, value in row.items()},
        "as_of": as_of,
        "grows": [asdict(growth) for growth in grows(db, zone, as_of, outlook, limit=NEXT)],
    }
