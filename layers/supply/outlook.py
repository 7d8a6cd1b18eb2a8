"""
What forecasts of clearance make of free plots and supply, at three levels of certainty.

A forecast is made on a day. From the day after on, takes of open cases are cleared on the day that their case
is foreseen to be handed over; where that is not foreseen, they are not. Whatever else is known of the future
counts as well: ends of leases, services, lots that leave the plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy import Connection, exists, func, literal, or_, select
from sqlalchemy.types import Date

from layers.catalogue.zone_supply import OUTLOOKS
from layers.catalogue.zones import TABLE as ZONES
from layers.records.cases import TAKES
from layers.records.roadmaps import CASE_FORECASTS, FORECASTS
from layers.records.stages import CLEARED_RANK, RUNS
from layers.supply.rows import Limits, Stored, derived, holders, plot_rows, supply_rows, until
from layers.supply.store import Written, store
from layers.supply.units import Cleared, Unit, among, drawn, wkb

FORESEEN = tuple(code.value for code in OUTLOOKS[1:])


def write(db: Connection, units: Mapping[str, Unit], limits: Limits) -> tuple[int, Written]:
    """Rows of the foreseen outlooks of some zones; those without a forecast have none."""
    made_on = _made_on(db, list(units))
    days = {
        key: max(day for member in _members(unit, units) if (day := made_on.get(member)) is not None)
        for key, unit in units.items()
        if any(member in made_on for member in _members(unit, units))
    }
    written = Written()
    for outlook in FORESEEN:
        more = _foreseen(db, list(units), outlook, min(days.values())) if days else {}
        plots: list[Stored] = []
        supply: list[Stored] = []
        for key, day in days.items():
            mine, figures = _rows(units[key], units, limits, day, more)
            plots += mine
            supply += figures
        written += store(db, list(units), outlook, plots, supply)
    return len(days), written


def _rows(
    unit: Unit,
    units: Mapping[str, Unit],
    limits: Limits,
    made_on: date,
    more: Mapping[str, Sequence[Cleared]],
) -> tuple[list[Stored], list[Stored]]:
    held = holders(unit, units)
    if not held.members:
        return [], []
    since = max(made_on + timedelta(days=1), held.since)
    periods, figures = derived(held, limits, since, more)
    plots = until(plot_rows(unit, periods, held.numbers), unit.until)
    return plots, until(supply_rows(held, figures), unit.until)


def _members(unit: Unit, units: Mapping[str, Unit]) -> list[str]:
    return [unit.key, *(u.key for u in units.values() if u.parent_key == unit.key)]


def _made_on(db: Connection, keys: Sequence[str]) -> dict[str, date]:
    """Days on which forecasts were made, by zone; without those that tell nothing."""
    made = select(FORECASTS.c.zone_key, FORECASTS.c.as_of).where(
        among(FORECASTS.c.zone_key, keys), FORECASTS.c.status == "ready", FORECASTS.c.as_of.is_not(None)
    )
    return {row.zone_key: row.as_of for row in db.execute(made)}


def _foreseen(db: Connection, keys: Sequence[str], outlook: str, made_on: date) -> dict[str, list[Cleared]]:
    """Takes of cases that are still open, by zone, from the day of their hand-over as it is foreseen."""
    day = CASE_FORECASTS.c[f"{outlook}_on"]
    later = ZONES.alias("later")
    is_last = ~exists().where(later.c.key == ZONES.c.key, later.c.valid_from > ZONES.c.valid_from)
    over = exists().where(
        RUNS.c.case_key == TAKES.c.case_key, RUNS.c.stage_rank == CLEARED_RANK, RUNS.c.to_on.is_(None)
    )
    from_on = func.greatest(day, literal(made_on + timedelta(days=1), Date)).label("from_on")
    lasting = or_(TAKES.c.valid_to.is_(None), TAKES.c.valid_to > from_on)
    query = (
        select(
            ZONES.c.key.label("zone_key"),
            TAKES.c.id.label("take_id"),
            from_on,
            TAKES.c.valid_to.label("to_on"),
            wkb(TAKES.c.geom),
        )
        .select_from(TAKES)
        .join(CASE_FORECASTS, CASE_FORECASTS.c.case_key == TAKES.c.case_key)
        .join(ZONES, func.ST_Intersects(ZONES.c.geom, TAKES.c.geom))
        .where(among(ZONES.c.key, keys), is_last, ZONES.c.clearance_basis == "parcels")
        .where(day.is_not(None), lasting, ~over)
        .order_by(TAKES.c.id)
    )
    found: dict[str, list[Cleared]] = {}
    for take in drawn(db, query):
        found.setdefault(take.row.zone_key, []).append(
            Cleared(take.shape, take.row.from_on, take.row.to_on, take.row.take_id)
        )
    return found
