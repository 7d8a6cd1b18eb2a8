"""
Zones that could take a firm: as arrays for `gis.matching`, and as one spatial query in PostGIS.

Both read the same candidates, through :func:`layers.query.visible`; a test holds their answers together.
A park whose lots are kept by phase is answered by its phases, every other zone by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import (
    TEXT,
    ColumnElement,
    Connection,
    Float,
    Row,
    Subquery,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    true,
)

from gis.gates import FAIL, NO_DATA, PASS
from gis.matching import Zones
from gis.sectors import Crosswalk, SectorRules, accepts, translated
from gis.spatial_sql import distance_mm, lat, lon, order_by_code, point, point_on_surface
from layers.access import Actor
from layers.catalogue import layer
from layers.codes import receiving_statuses
from layers.layer import Rows
from layers.query import visible


@dataclass(frozen=True)
class Need:
    """What a firm asks of a zone: where it stands, its sector, and hectares in one piece."""

    lon: float
    lat: float
    vsic_scheme: str | None
    vsic_code: str | None
    area_needed_ha: float


def candidates(actor: Actor, as_of: date) -> Rows:
    """One row per zone that is answered on a date, with what the gates ask and where the way ends."""
    zones = visible(layer("zones"), actor, as_of).subquery("zone")
    parents = visible(layer("zones"), actor, as_of).subquery("parent")
    supply = visible(layer("zone_supply"), actor, as_of).subquery("supply")
    plots = visible(layer("free_plots"), actor, as_of).subquery("plot")
    lots = visible(layer("lots"), actor, as_of).subquery("lot")
    holders = select(lots.c.zone_key).distinct().cte("holders")
    phases = visible(layer("zones"), actor, as_of).subquery("phase")

    own_lots = exists().where(holders.c.zone_key == zones.c.key)
    phase_lots = exists().where(phases.c.parent_key == zones.c.key, phases.c.key == holders.c.zone_key)
    # An empty list states nothing, as a missing one.
    states_rules = or_(*(func.cardinality(zones.c[name]) > 0 for name in ("permitted_vsic", "refused_vsic")))
    largest = (
        select(plots.c.geom, plots.c.lot_numbers)
        .where(plots.c.zone_key == zones.c.key)
        .order_by(plots.c.area_ha.desc(), order_by_code(plots.c.key))
        .limit(1)
        .lateral("largest")
    )
    target = case(
        (zones.c.entrance.is_not(None), zones.c.entrance),
        (largest.c.geom.is_not(None), point_on_surface(largest.c.geom)),
        else_=point_on_surface(zones.c.geom),
    )
    kind = case(
        (zones.c.entrance.is_not(None), "entrance"),
        (largest.c.geom.is_not(None), "largest_plot"),
        else_="zone",
    )
    inherited = {
        name: case((states_rules, zones.c[name]), else_=parents.c[name]).label(name)
        for name in ("vsic_scheme", "permitted_vsic", "refused_vsic")
    }
    return (
        select(
            zones.c.key,
            zones.c.name,
            zones.c.kind,
            zones.c.status,
            zones.c.illustrative,
            *inherited.values(),
            func.coalesce(supply.c.basis, "unknown").label("basis"),
            supply.c.free_ha,
            supply.c.largest_plot_ha,
            supply.c.largest_plot_lots,
            supply.c.reported_on,
            supply.c.illustrative.label("supply_illustrative"),
            target.label("target"),
            kind.label("target_kind"),
        )
        .select_from(
            zones.outerjoin(parents, parents.c.key == zones.c.parent_key)
            .outerjoin(supply, supply.c.key == zones.c.key)
            .outerjoin(largest, true())
        )
        .where(or_(own_lots, and_(zones.c.parent_key.is_(None), ~phase_lots)))
    )


def load(db: Connection, actor: Actor, as_of: date) -> list[Row[Any]]:
    """Candidates with the coordinates of their targets, by code."""
    found = candidates(actor, as_of).subquery("candidate")
    plain = [c for c in found.c if c.name != "target"]
    query = select(*plain, lon(found.c.target).label("lon"), lat(found.c.target).label("lat"))
    return list(db.execute(query.order_by(order_by_code(found.c.key))))


def zones_for(rows: Sequence[Row[Any]], need: Need, crosswalk: Crosswalk) -> Zones:
    """Candidates as arrays, with what each zone says to the sector of one firm."""
    rules = SectorRules.of(
        [r.vsic_scheme for r in rows], [r.permitted_vsic for r in rows], [r.refused_vsic for r in rows]
    )
    accepted = accepts(rules, need.vsic_scheme, need.vsic_code, crosswalk)
    largest_ha = _floats(r.largest_plot_ha for r in rows)
    free_ha = _floats(r.free_ha for r in rows)
    # No plot is larger than all free land: too little of it fails, whatever the unknown largest plot.
    too_little = np.isnan(largest_ha) & (free_ha < need.area_needed_ha)
    return Zones(
        code=_texts(r.key for r in rows),
        status=_texts(r.status for r in rows),
        receiving=np.array(
            [{True: PASS, False: FAIL, None: NO_DATA}[receiving_statuses().get(r.status)] for r in rows],
            dtype=np.int8,
        ),
        accepts=accepted.verdict,
        sector_rule=accepted.rule,
        largest_plot_ha=np.where(too_little, free_ha, largest_ha),
        basis=_texts(r.basis for r in rows),
        lon=_floats(r.lon for r in rows),
        lat=_floats(r.lat for r in rows),
        target_kind=_texts(r.target_kind for r in rows),
    )


def ranked_in_postgis(actor: Actor, as_of: date, need: Need, crosswalk: Crosswalk) -> Rows:
    """
    The same answer as one query: every candidate with its verdicts, distance and rank (null if not ranked).

    Columns: key, receiving, sector, plot (1, 0, -1), distance_m, rank.
    """
    found = candidates(actor, as_of).subquery("candidate")
    by_status = {yes: [s for s, r in receiving_statuses().items() if r is yes] for yes in (True, False)}
    receiving = case(
        (found.c.status.in_(by_status[True]), PASS),
        (found.c.status.in_(by_status[False]), FAIL),
        else_=NO_DATA,
    )
    largest = case(
        (
            and_(found.c.largest_plot_ha.is_(None), found.c.free_ha < need.area_needed_ha),
            found.c.free_ha,
        ),
        else_=found.c.largest_plot_ha,
    )
    plot = case((largest.is_(None), NO_DATA), (largest >= need.area_needed_ha, PASS), else_=FAIL)
    sector = _sector_verdict(found, _codes_by_scheme(need, crosswalk))
    away = distance_mm(point(need.lon, need.lat), found.c.target)
    answered = select(
        found.c.key,
        receiving.label("receiving"),
        sector.label("sector"),
        plot.label("plot"),
        cast(away, Float).label("distance_m"),
    ).subquery("answered")
    eligible = and_(
        answered.c.receiving == PASS,
        answered.c.sector == PASS,
        answered.c.plot == PASS,
        answered.c.distance_m.is_not(None),
    )
    nearest = (answered.c.distance_m, order_by_code(answered.c.key))
    place = func.row_number().over(partition_by=case((eligible, 1), else_=0), order_by=nearest)
    rank = case((eligible, place), else_=null())
    return select(*answered.c, rank.label("rank")).order_by(rank.nulls_last(), *nearest)


def _codes_by_scheme(need: Need, crosswalk: Crosswalk) -> Mapping[str, tuple[str, ...]]:
    if need.vsic_scheme is None or need.vsic_code is None:
        return {}
    code = need.vsic_code.strip()
    return {
        scheme: translated(code, need.vsic_scheme, scheme, crosswalk) for scheme in ("VSIC2018", "VSIC2025")
    }


def _sector_verdict(zone: Subquery, codes: Mapping[str, tuple[str, ...]]) -> ColumnElement[int]:
    """`gis.sectors.accepts` in SQL: the longest covering rule decides; disagreement is no data."""
    spoken = [
        (zone.c.vsic_scheme == scheme, _agreed([_one_code(zone, code) for code in given]))
        for scheme, given in codes.items()
        if given
    ]
    return case(*spoken, else_=NO_DATA) if spoken else literal(NO_DATA)


def _agreed(verdicts: list[ColumnElement[int]]) -> ColumnElement[int]:
    first, *others = verdicts
    return case((and_(true(), *(other == first for other in others)), first), else_=NO_DATA)


def _one_code(zone: Subquery, code: str) -> ColumnElement[int]:
    permitted, refused = zone.c.permitted_vsic, zone.c.refused_vsic

    def covering(rules: ColumnElement[Any]) -> ColumnElement[int]:
        rule = _each(rules)
        longest = select(func.max(func.length(rule))).where(literal(code).startswith(rule))
        return func.coalesce(longest.scalar_subquery(), 0)

    def any_rule(rules: ColumnElement[Any], test: Callable[[ColumnElement[str]], ColumnElement[bool]]) -> Any:
        rule = _each(rules)
        return select(rule).where(test(rule)).exists()

    def finer(rule: ColumnElement[str]) -> ColumnElement[bool]:
        return and_(rule.startswith(code), func.length(rule) > len(code))

    def unreadable(rule: ColumnElement[str]) -> ColumnElement[bool]:
        return or_(rule.is_(None), rule.op("!~")("^[0-9]{2,5}$"))

    permit, refusal = covering(permitted), covering(refused)
    answer = case(
        (and_(refusal > 0, refusal >= permit), FAIL),
        (permit > 0, PASS),
        (func.cardinality(permitted) > 0, FAIL),
        else_=NO_DATA,
    )
    otherwise = case((answer == PASS, any_rule(refused, finer)), else_=any_rule(permitted, finer))
    odd = or_(any_rule(permitted, unreadable), any_rule(refused, unreadable))
    return case((or_(otherwise, odd), NO_DATA), else_=answer)


def _each(rules: ColumnElement[Any]) -> ColumnElement[str]:
    return func.unnest(rules, type_=TEXT()).column_valued()


def _floats(values: Any) -> Any:
    return np.array([np.nan if v is None else float(v) for v in values], dtype=np.float64)


def _texts(values: Any) -> Any:
    listed = list(values)
    array = np.empty(len(listed), dtype=object)
    array[:] = listed
    return array
