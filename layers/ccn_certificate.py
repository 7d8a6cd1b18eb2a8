"""
The certificate of Decree 32/2024/NĐ-CP for the clusters of a development option.

For each cluster (CCN): are name, area, location to the commune, sectors and expected total infrastructure
investment told, and does it lie on another plan or constraint? Asked by the plan of Kon Tum for the decree,
II.3a; what is missing or overlaps goes up for a decision.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy import Connection, Subquery, func, null, or_, select, true

from gis.arrays import Floats, Geometries
from gis.crs import STORAGE_SRID
from gis.errors import NotFound
from gis.measure import area_ha
from gis.overlay import polygons_of, shared
from layers.access import Actor
from layers.catalogue import admin_units, layers, zones
from layers.ccn_location import Commune, Location, communes_near, locate
from layers.layer import Layer, Text
from layers.query import LayerForbidden, visible
from layers.rows import FeatureUnknown

CLUSTER = "CCN"
REMOVED = "removed_from_plan"

#: Shared land up to this is drawing noise: areas in plans are stated to 0.01 ha.
TOLERANCE_M2 = 100.0
#: How far around a cluster the map looks, in parts of its extent.
AROUND = 0.6
ITEMS = ("name", "area_ha", "commune", "sectors", "investment")


class OptionUnknown(NotFound):
    """No cluster is filed under this development option. Facts: option, known."""


@dataclass(frozen=True)
class Item:
    """One thing that the decree wants: what is told, and whether it suffices."""

    value: Any
    ok: bool


@dataclass(frozen=True)
class Overlap:
    """Land that a cluster shares with a feature of another plan or constraint."""

    layer: Layer
    key: str
    label: str
    area_ha: float
    share: float
    illustrative: bool
    land: Any


@dataclass(frozen=True)
class Near:
    """A feature of a restricting layer near a cluster, for its map."""

    layer: Layer
    key: str
    label: str
    legend: str | None
    illustrative: bool
    geom: Any


@dataclass(frozen=True)
class Cluster:
    """
    The certificate of one cluster.

    Attributes
    ----------
    items
        By name, in the order of the decree (`ITEMS`).
    measured_ha
        Ellipsoidal area of the boundary.
    location
        What is filed, what the boundary says, and whether they agree.
    overlaps
        Largest first.
    overlap_ha
        Land under any overlap; land under two counts once.
    slivers
        Overlaps left out for being no larger than the tolerance.
    near, communes
        What the map shows around the cluster.
    """

    key: str
    name: str | None
    option: str | None
    status: str | None
    items: dict[str, Item]
    measured_ha: float
    location: Location
    overlaps: tuple[Overlap, ...]
    overlap_ha: float
    slivers: int
    illustrative: bool
    source: str | None
    geom: Any
    near: tuple[Near, ...] = ()
    communes: tuple[Commune, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """Items that are not told, or not as the decree wants them."""
        return tuple(name for name, item in self.items.items() if not item.ok)

    @property
    def complete(self) -> bool:
        """Whether everything that the decree wants is told."""
        return not self.missing

    @property
    def clear(self) -> bool:
        """Whether it needs no decision: complete, and on no other plan."""
        return self.complete and not self.overlaps


@dataclass(frozen=True)
class Certificate:
    """
    Clusters of an option (or all of them) on a date, by key.

    Attributes
    ----------
    province
        Name and kind of the province that holds most of the clusters; None where no boundary is known.
    checked, unchecked
        Layers that were compared, and those that the reader may not see.
    """

    as_of: date
    option: str | None
    options: tuple[str, ...]
    clusters: tuple[Cluster, ...]
    checked: tuple[Layer, ...]
    unchecked: tuple[Layer, ...]
    province: Text | None = None
    tolerance_m2: float = TOLERANCE_M2

    @property
    def illustrative(self) -> bool:
        """Whether anything in it is invented."""
        return any(c.illustrative or any(o.illustrative for o in c.overlaps) for c in self.clusters)


@dataclass
class _Found:
    """Features near the clusters, as arrays."""

    features: list[Near] = field(default_factory=list[Near])
    own: list[str | None] = field(default_factory=list["str | None"])  # cluster that a feature is part of


def certify(
    db: Connection, actor: Actor, as_of: date, *, option: str | None = None, key: str | None = None
) -> Certificate:
    """
    The certificate on a date.

    Parameters
    ----------
    option
        Only clusters filed under this development option; None for every cluster that was not removed
        from the plan.
    key
        Only this cluster.

    Raises
    ------
    OptionUnknown, FeatureUnknown
    """
    rows = _clusters(db, actor, as_of)
    options = tuple(sorted({row["option_name"] for row in rows if row["option_name"]}))
    if option is not None and option not in options:
        raise OptionUnknown(option=option, known=", ".join(options) or "–")
    rows = [row for row in rows if option is None or row["option_name"] == option]
    rows = [row for row in rows if key is None or row["key"] == key]
    if key is not None and not rows:
        raise FeatureUnknown(layer=zones.LAYER.id, key=key, as_of=as_of)
    geoms = shapely.from_wkb(np.array([row["wkb"] for row in rows], dtype=object))
    boxes = _around(geoms)
    found, checked, unchecked = _restricting(db, actor, as_of, boxes)
    communes = communes_near(db, actor, as_of, boxes)
    clusters = _certified(rows, geoms, boxes, found, communes)
    province = _province(db, actor, as_of, geoms)
    return Certificate(as_of, option, options, clusters, checked, unchecked, province)


def _clusters(db: Connection, actor: Actor, as_of: date) -> list[dict[str, Any]]:
    rows = visible(zones.LAYER, actor, as_of).subquery("rows")
    names = ("key", "name", "option_name", "status", "area_legal_ha", "location", "permitted_vsic")
    names += ("vsic_scheme", "infrastructure_investment_billion_vnd", "illustrative", "source")
    chosen = (
        select(*(rows.c[name] for name in names), func.ST_AsBinary(rows.c.geom).label("wkb"))
        .where(rows.c.kind == CLUSTER, rows.c.parent_key.is_(None))
        .where(or_(rows.c.status.is_(None), rows.c.status != REMOVED))
        .order_by(rows.c.key)
    )
    return [{str(name): value for name, value in row.items()} for row in db.execute(chosen).mappings()]


def _around(geoms: Geometries) -> Geometries:
    """The window of each cluster's map, shape (n,)."""
    bounds = shapely.bounds(geoms).reshape(-1, 4)
    more = AROUND * np.maximum(bounds[:, 2:] - bounds[:, :2], 0.002)
    return shapely.box(*(bounds[:, :2] - more).T, *(bounds[:, 2:] + more).T)


def near(rows: Subquery, boxes: Geometries) -> Any:
    """Condition: the row's geometry touches one of the boxes."""
    return func.ST_Intersects(rows.c.geom, from_shape(shapely.union_all(boxes), srid=STORAGE_SRID))


def _restricting(
    db: Connection, actor: Actor, as_of: date, boxes: Geometries
) -> tuple[_Found, tuple[Layer, ...], tuple[Layer, ...]]:
    """Features of every restricting layer near the clusters, and which layers were looked at."""
    found, checked, unchecked = _Found(), list[Layer](), list[Layer]()
    for layer in layers().values():
        if not layer.restricts:
            continue
        try:
            rows = visible(layer, actor, as_of).subquery("rows")
        except LayerForbidden:
            unchecked.append(layer)
            continue
        checked.append(layer)
        if boxes.size:
            _add(db, layer, rows, boxes, found)
    return found, tuple(checked), tuple(unchecked)


def _add(db: Connection, layer: Layer, rows: Subquery, boxes: Geometries, found: _Found) -> None:
    # Parts lie within their whole, which is compared: a phase would count the same land again.
    whole = rows.c[layer.part_of].is_(None) if layer.part_of else true()
    legend = rows.c[layer.legend] if layer.legend else null()
    chosen = (
        select(rows.c.key, rows.c[layer.label].label("label"), legend.label("legend"), rows.c.illustrative)
        .add_columns(func.ST_AsBinary(rows.c.geom).label("wkb"))
        .where(whole, near(rows, boxes))
        .order_by(rows.c.key)
    )
    for row in db.execute(chosen):
        geom = shapely.from_wkb(row.wkb)
        found.features.append(
            Near(layer, row.key, row.label or row.key, row.legend, bool(row.illustrative), geom)
        )
        found.own.append(row.key if layer.id == zones.LAYER.id else None)


def _certified(
    rows: Sequence[dict[str, Any]],
    geoms: Geometries,
    boxes: Geometries,
    found: _Found,
    communes: Sequence[Commune],
) -> tuple[Cluster, ...]:
    others = np.array([feature.geom for feature in found.features], dtype=object)
    land = shared(geoms, others, TOLERANCE_M2)
    own = np.array([found.own[row] == rows[n]["key"] for n, row in zip(land.first, land.second, strict=True)])
    kept = np.flatnonzero(~own) if own.size else np.zeros(0, dtype=np.int64)
    measured = area_ha(geoms)
    window, inside = shapely.STRtree(others).query(boxes, predicate="intersects") if others.size else ([], [])
    made: list[Cluster] = []
    for n, row in enumerate(rows):
        mine = [int(k) for k in kept if land.first[k] == n]
        told = [
            _overlap(found.features[land.second[k]], land.area_ha[k], land.geoms[k], measured[n])
            for k in mine
        ]
        location = locate(row["location"], geoms[n], communes)
        around = [found.features[i] for w, i in zip(window, inside, strict=True) if w == n]
        made.append(
            Cluster(
                key=row["key"],
                name=row["name"],
                option=row["option_name"],
                status=row["status"],
                items=_items(row, location),
                measured_ha=float(measured[n]),
                location=location,
                overlaps=tuple(sorted(told, key=lambda one: (-one.area_ha, one.layer.id, one.key))),
                overlap_ha=_union_ha([land.geoms[k] for k in mine]),
                slivers=int(land.slivers[n]),
                illustrative=row["illustrative"],
                source=row["source"],
                geom=geoms[n],
                near=tuple(f for f in around if not (f.layer.id == zones.LAYER.id and f.key == row["key"])),
                communes=tuple(c for c in communes if c.now and shapely.intersects(c.geom, boxes[n])),
            )
        )
    return tuple(made)


def _overlap(feature: Near, land_ha: float, land: Any, whole_ha: float) -> Overlap:
    return Overlap(
        layer=feature.layer,
        key=feature.key,
        label=feature.label,
        area_ha=float(land_ha),
        share=float(land_ha / whole_ha),
        illustrative=feature.illustrative,
        land=land,
    )


def _union_ha(pieces: list[Any]) -> float:
    if not pieces:
        return 0.0
    joined: Floats = area_ha(polygons_of(np.array([shapely.union_all(pieces)], dtype=object)))
    return float(joined[0])


def _items(row: dict[str, Any], location: Location) -> dict[str, Item]:
    investment = row["infrastructure_investment_billion_vnd"]
    return {
        "name": Item(row["name"], bool((row["name"] or "").strip())),
        "area_ha": Item(row["area_legal_ha"], row["area_legal_ha"] is not None),
        "commune": Item(location.filed, location.ok),
        "sectors": Item(row["permitted_vsic"], bool(row["permitted_vsic"])),
        "investment": Item(investment, investment is not None and investment > 0),
    }


def _province(db: Connection, actor: Actor, as_of: date, geoms: Geometries) -> Text | None:
    """The province in which most of the clusters lie: the office that certifies is its department."""
    if not geoms.size:
        return None
    points = shapely.multipoints(shapely.point_on_surface(geoms))
    rows = visible(admin_units.LAYER, actor, as_of).subquery("rows")
    inside = func.ST_NumGeometries(
        func.ST_Multi(func.ST_Intersection(rows.c.geom, from_shape(points, srid=STORAGE_SRID)))
    )
    chosen = (
        select(rows.c.name, rows.c.unit_type)
        .where(rows.c.level == "province", rows.c.geom.is_not(None))
        .where(func.ST_Intersects(rows.c.geom, from_shape(points, srid=STORAGE_SRID)))
        .order_by(inside.desc(), rows.c.key)
        .limit(1)
    )
    row = db.execute(chosen).one_or_none()
    return None if row is None else Text(row.name, row.unit_type or "")
