"""
Free plots and land supply of every zone, kept with the dates between which they hold.

The rules are `gis.land`; here is where its inputs come from, and where its answers go. A verb that changes
zones, lots, leases, reservations, parcels, their events or observations calls :func:`refresh` for the zones
it touched, in its own transaction, so that no reader ever sees figures that do not fit the records. A verb
that changes stages of cases names their takes: then only the days and lots that they touch are done.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, delete, func, select

from layers.catalogue.free_plots import TABLE as FREE_PLOTS
from layers.catalogue.parcels import TABLE as PARCELS
from layers.catalogue.zone_supply import TABLE as SUPPLY
from layers.catalogue.zones import TABLE as ZONES
from layers.records.data_versions import bump
from layers.supply import handovers, outlook, window
from layers.supply.rows import Limits, rows_of
from layers.supply.store import Written, store
from layers.supply.units import family, load, lock

__all__ = ["refresh", "refresh_outlook", "zones_of_parcels"]


def refresh(
    db: Connection, zone_keys: Iterable[str] | None = None, *, changed_takes: Iterable[int] | None = None
) -> int:
    """
    Bring free plots and supply in step with the records, for some zones or for all.

    Parameters
    ----------
    zone_keys
        Zones or phases whose records changed; the park that a phase belongs to is computed with it.
        None means every zone. With ``changed_takes``, those of the zones that are known.
    changed_takes
        Ids of takes, where nothing changed but the stages of their cases, or that takes began, ended or are
        gone; boundaries are those of before. What follows is found from the hand-overs that supply rested on
        so far; mostly it is nothing. Forecasts follow later.

    Returns
    -------
    count
        How many zones and phases were computed.
    """
    if changed_takes is None:
        return _anew(db, zone_keys)
    followed = window.follow(db, sorted(set(changed_takes)), sorted(set(zone_keys or ())))
    if followed.out_of_step:  # rows that the records no longer explain: an older version wrote them
        followed.count += _anew(db, followed.out_of_step)
    return followed.count


def refresh_outlook(db: Connection, zone_keys: Iterable[str] | None = None) -> int:
    """
    Write what the forecasts of clearance make of free plots and supply after the day they were made on.

    Beside the future that is known (ends of leases, services), takes of open cases are cleared on the day
    that their case is foreseen to be handed over, at each of three levels of certainty.

    Returns
    -------
    count
        How many zones and phases have a forecast.
    """
    keys = family(db, None if zone_keys is None else sorted(set(zone_keys)))
    lock(db, keys)
    count, written = outlook.write(db, load(db, keys), Limits.now(db))
    _tell(db, written)
    return count


def zones_of_parcels(db: Connection, parcel_keys: Iterable[str]) -> list[str]:
    """Zones that parcels meet, for refreshing after their clearance changed."""
    meets = func.ST_Intersects(ZONES.c.geom, PARCELS.c.geom)
    query = select(ZONES.c.key).join(PARCELS, meets).where(PARCELS.c.key.in_(list(parcel_keys))).distinct()
    return list(db.execute(query).scalars())


def _anew(db: Connection, zone_keys: Iterable[str] | None) -> int:
    keys = family(db, None if zone_keys is None else sorted(set(zone_keys)))
    written = Written()
    if zone_keys is None:  # zones that are gone
        for column in (FREE_PLOTS.c.zone_key, SUPPLY.c.key):
            written.count(column.table.name, db.execute(delete(column.table).where(column.not_in(keys))))
    if keys:
        lock(db, keys)
        handovers.renew(db, keys)
        units = load(db, keys)
        limits = Limits.now(db)
        plots, supply = rows_of(units, limits)
        written += store(db, keys, "known", plots, supply)
        written += outlook.write(db, units, limits)[1]
    _tell(db, written)
    return len(keys)


def _tell(db: Connection, written: Written) -> None:
    if written.tables:
        bump(db, written.tables)
