"""
What is over its limit, as knots of adjoining cases, by the hectares that each solved case unlocks.

A case is overdue when the day is past on which the law wants its stage left, or past the planned hand-over.
Overdue cases that adjoin around one lot are one knot. What a knot unlocks is the growth of the largest plot
around it, of industrial, serviced, unleased land; where there are no such lots yet, its own ground.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import shapely
from geoalchemy2 import Geometry
from sqlalchemy import ARRAY, TEXT, Connection, Row, Subquery, and_, any_, cast, func, or_, select

from gis.clearance.knots import Unlocked, knots, unlocked
from gis.measure import area_ha
from gis.zone_land import geometries
from layers.catalogue.cases import TABLE as CASES
from layers.catalogue.free_plots import TABLE as FREE_PLOTS
from layers.catalogue.lots import TABLE as LOTS
from layers.catalogue.zones import TABLE as ZONES
from layers.clearance.positions import Moment, blocker, positions
from layers.clearance.scope import Scope
from layers.codes.stage_models import stage_models
from layers.layer import holds
from layers.records.cases import BLOCKER_CODES, TAKES
from layers.records.occupations import LEASES, RESERVATIONS
from layers.records.rules import value_of
from layers.records.stages import CLEARED_RANK, RUNS, STAGES


@dataclass(frozen=True)
class Limit:
    """Until when: the days that the law gives a stage and where it says so, or the planned hand-over."""

    days: int | None
    source: str | None
    planned_on: date | None


@dataclass(frozen=True)
class Knot:
    """
    Adjoining overdue cases around one lot, and what settling them unlocks.

    Attributes
    ----------
    case_keys
        In order; the first names the knot.
    user_kinds, sheets, parcels
        Of the cases and of the parcels that they take: how people call the knot.
    worst
        The case that is longest over its limit: its stage, days over and limit are shown.
    ha
        Hectares that hand-over of all of them unlocks.
    plot
        The plot that grows; None where no lot becomes usable yet.
    firms
        Who waits for the lots: key (None where the register does not have them) and name.
    """

    case_keys: tuple[str, ...]
    zone_key: str
    user_kinds: tuple[str, ...]
    sheets: tuple[str, ...]
    parcels: tuple[str, ...]
    commune_code: str
    office: str | None
    blocker: str | None
    worst: Row[Any]
    days_over: int
    limit: Limit
    own_ha: float
    ha: float
    plot: Unlocked | None
    lots: tuple[str, ...]
    firms: tuple[tuple[str | None, str], ...]
    box: tuple[float, float, float, float] | None
    illustrative: bool

    @property
    def cases(self) -> int:
        """How many."""
        return len(self.case_keys)

    @property
    def ha_per_case(self) -> float:
        """What the list is sorted by."""
        return self.ha / len(self.case_keys)

    @property
    def group(self) -> str:
        """Group of the stage of the worst case."""
        return STAGES[self.worst.rank].value


@dataclass
class _Zone:
    """Lots of a zone on a date, with what holds them."""

    lots: list[Any] = field(default_factory=list[Any])
    plots: list[Any] = field(default_factory=list[Any])
    leased: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    waiting: dict[str, dict[str, tuple[str | None, str]]] = field(default_factory=lambda: defaultdict(dict))


def overdue(db: Connection, scope: Scope, moment: Moment) -> list[Knot]:
    """
    Knots of overdue cases, those first that unlock most hectares per case.

    Ties go to more hectares, then to the first case's key, so that two runs agree.
    """
    rows = _overdue_cases(db, scope, moment)
    by_zone: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        by_zone[row.zone_key or ""].append(row)
    if not by_zone:
        return []
    zones = _zones(db, sorted(by_zone), moment.as_of)
    edge_m = value_of(db, "min_shared_edge_m")
    found = [
        knot
        for key, cases in by_zone.items()
        for knot in _knots(key, cases, zones.get(key, _Zone()), moment.as_of, edge_m)
    ]
    return sorted(found, key=lambda knot: (-knot.ha_per_case, -knot.ha, knot.case_keys))


def firms_waiting(db: Connection, rows: Subquery, as_of: date) -> list[str]:
    """Firms with a reservation of a lot on which overdue cases lie: their keys, or else names."""
    name = func.coalesce(RESERVATIONS.c.enterprise_key, RESERVATIONS.c.holder)
    on_lots = (
        select(TAKES.c.case_key, name)
        .distinct()
        .join(LOTS, func.ST_Intersects(TAKES.c.geom, LOTS.c.geom))
        .join(RESERVATIONS, RESERVATIONS.c.lot_key == LOTS.c.key)
        .where(holds(LOTS, as_of), holds(TAKES, as_of), _lasting(RESERVATIONS, as_of))
        .where(~func.ST_Touches(TAKES.c.geom, LOTS.c.geom))
    )
    waiting = [(key, firm) for key, firm in db.execute(on_lots)]
    if not waiting:
        return []
    near = sorted({key for key, _ in waiting})
    late = select(rows.c.key).where(rows.c.due_on < as_of, rows.c.key == any_(cast(near, ARRAY(TEXT))))
    overdue_keys = set(db.execute(late).scalars())
    return sorted({firm for key, firm in waiting if key in overdue_keys})


def blocker_titles(db: Connection) -> dict[str, tuple[str, str]]:
    """Words of the codes of what holds cases up, in Vietnamese and English."""
    codes = select(BLOCKER_CODES.c.code, BLOCKER_CODES.c.title_vi, BLOCKER_CODES.c.title_en)
    return {row.code: (row.title_vi, row.title_en) for row in db.execute(codes)}


def _overdue_cases(db: Connection, scope: Scope, moment: Moment) -> Sequence[Row[Any]]:
    rows = positions(scope, moment)
    # What a knot lies on: map sheet and number from the keys of its parcels (commune-sheet-number).
    parcels = (
        select(func.array_agg(TAKES.c.parcel_key.distinct()))
        .where(TAKES.c.case_key == rows.c.key, holds(TAKES, moment.as_of))
        .scalar_subquery()
    )
    shape = func.ST_AsBinary(CASES.c.geom)
    own = (CASES.c.commune_code, shape.label("shape"), parcels.label("parcels"))
    held = blocker(rows.c.key, moment.as_of, "code").label("blocker")
    office = func.coalesce(blocker(rows.c.key, moment.as_of, "office"), rows.c.office).label("who")
    query = (
        select(rows, *own, held, office)
        .join(CASES, and_(CASES.c.key == rows.c.key, holds(CASES, moment.as_of)))
        .where(rows.c.due_on < moment.as_of, or_(rows.c.counted, rows.c.area_mm2 > 0))
    )
    return db.execute(query.order_by(rows.c.key)).all()


def _zones(db: Connection, keys: Sequence[str], as_of: date) -> dict[str, _Zone]:
    """Industrial lots, usable plots, leases and waiting firms of some zones; a park's include its phases'."""
    family = select(ZONES.c.key, func.coalesce(ZONES.c.parent_key, ZONES.c.key).label("park")).where(
        holds(ZONES, as_of)
    )
    park_of = {row.key: row.park for row in db.execute(family)}
    parks = {park_of.get(key, key) for key in keys}
    members = sorted({key for key, park in park_of.items() if park in parks} | set(keys))
    by_park: defaultdict[str, _Zone] = defaultdict(_Zone)
    lots = select(LOTS.c.key, LOTS.c.zone_key, LOTS.c.number, LOTS.c.serviced_on, _wkb(LOTS.c.geom)).where(
        LOTS.c.zone_key.in_(members), LOTS.c.use == "industrial", holds(LOTS, as_of)
    )
    zone_of: dict[str, _Zone] = {}
    for lot in db.execute(lots.order_by(LOTS.c.key)):
        zone = zone_of[lot.key] = by_park[park_of.get(lot.zone_key, lot.zone_key)]
        zone.lots.append(lot)
    plots = select(FREE_PLOTS.c.zone_key, _wkb(FREE_PLOTS.c.geom)).where(
        FREE_PLOTS.c.zone_key.in_(members), FREE_PLOTS.c.outlook == "known", holds(FREE_PLOTS, as_of)
    )
    for row in db.execute(plots.order_by(FREE_PLOTS.c.zone_key, FREE_PLOTS.c.key)):
        by_park[park_of.get(row.zone_key, row.zone_key)].plots.append(shapely.from_wkb(row.shape))
    for row in db.execute(_holds_of(LEASES, sorted(zone_of), as_of)):
        part = row.part and shapely.from_wkb(row.part)
        zone_of[row.lot_key].leased[row.lot_key].append(part)
    for row in db.execute(_holds_of(RESERVATIONS, sorted(zone_of), as_of)):
        who = row.enterprise_key or row.holder
        zone_of[row.lot_key].waiting[row.lot_key][who] = (row.enterprise_key, row.holder)
    for zone, shape in _cleared_of_reserved(db, zone_of, as_of):
        zone.plots.append(shapely.difference(shape, shapely.union_all(zone.plots)))
    return {key: by_park[park_of.get(key, key)] for key in keys}


def _holds_of(table: Any, lots: Sequence[str], as_of: date) -> Any:
    shape = func.ST_AsBinary(table.c.part).label("part")
    told = select(table.c.lot_key, table.c.holder, table.c.enterprise_key, shape)
    return told.where(table.c.lot_key.in_(lots), _lasting(table, as_of)).order_by(table.c.id)


def _lasting(table: Any, as_of: date) -> Any:
    """Holds that last, or are to begin: a firm waits whether its reservation has begun or not."""
    begun = table.c.from_on <= as_of if table is LEASES else True
    return and_(begun, or_(table.c.to_on.is_(None), table.c.to_on > as_of))


def _cleared_of_reserved(
    db: Connection, zone_of: dict[str, _Zone], as_of: date
) -> Iterable[tuple[_Zone, Any]]:
    """The cleared part of serviced lots that are reserved: no free plot, but usable by who waits."""
    begun = and_(RESERVATIONS.c.from_on <= as_of, _lasting(RESERVATIONS, as_of))
    reserved = select(RESERVATIONS.c.lot_key).where(begun, RESERVATIONS.c.lot_key.in_(sorted(zone_of)))
    run = and_(
        RUNS.c.case_key == TAKES.c.case_key,
        RUNS.c.stage_rank == CLEARED_RANK,
        RUNS.c.from_on <= as_of,
        or_(RUNS.c.to_on.is_(None), RUNS.c.to_on > as_of),
    )
    cut = func.ST_Intersection(LOTS.c.geom, func.ST_Union(TAKES.c.geom), type_=Geometry)
    query = (
        select(LOTS.c.key, func.ST_AsBinary(func.ST_CollectionExtract(cut, 3)).label("shape"))
        .join(TAKES, and_(func.ST_Intersects(TAKES.c.geom, LOTS.c.geom), holds(TAKES, as_of)))
        .join(RUNS, run)
        .where(LOTS.c.key.in_(reserved), holds(LOTS, as_of), LOTS.c.serviced_on <= as_of)
        .group_by(LOTS.c.key, LOTS.c.geom)
    )
    for row in db.execute(query):
        yield zone_of[row.key], shapely.from_wkb(row.shape)


def _wkb(geom: Any) -> Any:
    return func.ST_AsBinary(geom).label("shape")


def _knots(zone_key: str, cases: Sequence[Row[Any]], zone: _Zone, as_of: date, edge_m: float) -> list[Knot]:
    shapes = geometries([None if row.shape is None else shapely.from_wkb(bytes(row.shape)) for row in cases])
    lots = geometries([shapely.from_wkb(lot.shape) for lot in zone.lots])
    lot_of = _lot_of(shapes, lots)
    sheets = [_sheets(row.parcels)[:1] for row in cases]
    about: dict[Any, int] = {}
    around = np.array(
        [
            about.setdefault(lot if lot >= 0 else (row.commune_code, *sheet), len(about))
            for lot, row, sheet in zip(lot_of.tolist(), cases, sheets, strict=True)
        ]
    )
    label = knots(shapes, around)
    members = [np.flatnonzero(label == number).tolist() for number in range(int(label.max()) + 1)]
    usable = [_usable(zone, lots, lot, as_of) for lot in range(len(zone.lots))]
    pieces: list[Any] = []
    touched: list[list[int]] = []
    for rows in members:
        ground = shapely.union_all(shapes[rows])
        near = [lot for lot in sorted(set(lot_of[rows].tolist())) if lot >= 0]
        touched.append(near)
        parts = [shapely.intersection(ground, usable[lot]) for lot in near if usable[lot] is not None]
        pieces.append(shapely.union_all(parts) if parts else None)
    grown = unlocked(pieces, zone.plots, edge_m)
    return [
        _knot(zone_key, [cases[i] for i in rows], shapes[rows], zone, near, plot, as_of)
        for rows, near, plot in zip(members, touched, grown, strict=True)
    ]


def _lot_of(shapes: Any, lots: Any) -> Any:
    """Row of the lot that most of each case lies on; -1 where it lies on none."""
    found = np.full(len(shapes), -1, dtype=np.int64)
    if len(lots) == 0:
        return found
    case, lot = shapely.STRtree(lots).query(shapes, predicate="intersects")
    if len(case) == 0:
        return found
    common = shapely.area(shapely.intersection(shapes[case], lots[lot]))
    order = np.lexsort((-lot, common, case))
    inside = order[common[order] > 0]
    found[case[inside]] = lot[inside]  # of several the last wins: the one with most land in common
    return found


def _usable(zone: _Zone, lots: Any, row: int, as_of: date) -> Any:
    """What of a lot can be built on once it is cleared: serviced and not leased; None where nothing is."""
    lot = zone.lots[row]
    if lot.serviced_on is None or lot.serviced_on > as_of:
        return None
    parts = zone.leased.get(lot.key, [])
    if any(part is None for part in parts):
        return None
    return shapely.difference(lots[row], shapely.union_all(parts)) if parts else lots[row]


def _knot(
    zone_key: str,
    cases: list[Row[Any]],
    shapes: Any,
    zone: _Zone,
    near: list[int],
    plot: Unlocked | None,
    as_of: date,
) -> Knot:
    worst = min(cases, key=lambda row: (row.due_on, row.key))
    parcels = sorted({key for row in cases for key in row.parcels or ()})
    blockers = Counter(row.blocker for row in cases if row.blocker is not None)
    lots = [zone.lots[lot] for lot in near]
    own_ha = float(np.nansum(area_ha(shapes)))
    drawn = shapes[~shapely.is_missing(shapes)]
    firms = {who: firm for lot in lots for who, firm in zone.waiting.get(lot.key, {}).items()}
    box: Any = tuple(shapely.total_bounds(drawn).tolist()) if len(drawn) else None
    grows = plot is not None and plot.gain_ha > 0
    return Knot(
        case_keys=tuple(row.key for row in cases),
        zone_key=zone_key,
        user_kinds=tuple(row.user_kind for row in cases),
        sheets=tuple(_sheets(parcels)),
        parcels=tuple(sorted((key.rsplit("-", 1)[-1] for key in parcels), key=_by_number)),
        commune_code=worst.commune_code,
        office=worst.who,
        blocker=min(blockers, key=lambda code: (-blockers[code], code)) if blockers else None,
        worst=worst,
        days_over=(as_of - worst.due_on).days,
        limit=_limit(worst),
        own_ha=own_ha,
        ha=plot.gain_ha if plot is not None and grows else own_ha,
        plot=plot if grows else None,
        lots=tuple(lot.number for lot in lots),
        firms=tuple(firms[who] for who in sorted(firms)),
        box=box,
        illustrative=any(row.illustrative for row in cases),
    )


def _limit(row: Row[Any]) -> Limit:
    """What makes a case overdue: the law's days where they ended first, else the plan."""
    by_law = row.limit_days is not None and row.since + timedelta(days=row.limit_days) == row.due_on
    if not by_law:
        return Limit(None, None, row.planned_on)
    return Limit(row.limit_days, stage_models()[row.law].stage(row.stage).limit_source, None)


def _by_number(text: str) -> tuple[int, str]:
    """Numbers in their order, whatever else a parcel is called after them."""
    digits = text[: len(text) - len(text.lstrip("0123456789"))]
    return (int(digits) if digits else 0, text)


def _sheets(parcels: Iterable[str] | None) -> list[str]:
    """Map sheets of parcels, from their keys."""
    return sorted({key.split("-")[-2] for key in parcels or () if key.count("-") >= 2}, key=_by_number)
