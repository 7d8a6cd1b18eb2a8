"""
Where a cluster lies, to the commune: what is filed against what its boundary says on a date.

Papers outlive communes: "xã Đồi 61" is right where its land now belongs to another commune, and says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy import Connection, func, select

from gis.arrays import Geometries
from gis.crs import STORAGE_SRID
from gis.text import fold
from layers.access import Actor
from layers.catalogue import admin_units
from layers.query import history, visible
from layers.records.lineage import LINEAGE

#: A commune with less of a cluster need not be named: borders are drawn no finer.
LEAST_SHARE = 0.05

_COMMUNE_WORD = re.compile(r"(?<!\w)(xa|phuong|thi tran|dac khu|tt\.?|p\.|x\.)\s*(?=\w)")
_KIND_WORD = re.compile(r"^(xa|phuong|thi tran|dac khu)\s+")


@dataclass(frozen=True)
class Commune:
    """
    A commune or ward near the clusters.

    Attributes
    ----------
    now
        Whether it holds on the date; else it is known from earlier papers.
    earlier
        Names of the communes that became this one.
    """

    key: str
    name: str
    kind: str
    now: bool
    geom: Any
    earlier: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Its name with its kind: "xã Thiện Tân"."""
        known = self.kind in ("xã", "phường", "thị trấn", "đặc khu")
        return (
            f"{self.kind} {self.name}"
            if known and not fold(self.name).startswith(fold(self.kind))
            else self.name
        )


@dataclass(frozen=True)
class Location:
    """
    What is filed of a place, and what its boundary says.

    Attributes
    ----------
    filed
        As written; None where nothing is.
    lies_in
        (commune, share of the land), most first; empty where no boundaries are known on the date.
    verdict
        ``agrees``, ``old_name`` (a commune of earlier days), ``partly`` (a commune is not named),
        ``differs`` (another commune is named), ``no_commune`` (only a wider unit is), ``missing``, or
        ``unchecked`` (no boundaries to compare with).
    """

    filed: str | None
    lies_in: tuple[tuple[str, float], ...]
    verdict: str

    @property
    def ok(self) -> bool:
        """Whether the place is told to the commune and not contradicted."""
        return self.verdict in ("agrees", "old_name", "unchecked")


def communes_near(db: Connection, actor: Actor, as_of: date, boxes: Geometries) -> tuple[Commune, ...]:
    """Communes that touch the boxes, of the date and of earlier days, by key."""
    if not boxes.size:
        return ()
    now = _units(db, visible(admin_units.LAYER, actor, as_of).subquery("rows"), boxes)
    ever = _units(db, history(admin_units.LAYER, actor, as_of).subquery("rows"), boxes)
    earlier = _earlier_names(db, actor, as_of, sorted(now))
    found = [Commune(k, name, kind, True, geom, earlier.get(k, ())) for k, (name, kind, geom) in now.items()]
    found += [Commune(k, name, kind, False, geom) for k, (name, kind, geom) in ever.items() if k not in now]
    return tuple(sorted(found, key=lambda commune: commune.key))


def locate(filed: str | None, geom: Any, communes: Sequence[Commune]) -> Location:
    """
    Compare what is filed with the communes under a boundary.

    Parameters
    ----------
    filed
        As written: "Xã Thiện Tân, huyện Vĩnh Cửu".
    geom
        The boundary, longitude, latitude.
    communes
        Those near it, of the date and earlier.
    """
    whole = shapely.area(geom)
    shares = [(c, float(shapely.area(shapely.intersection(c.geom, geom)) / whole)) for c in communes]
    under = sorted(
        ((c, s) for c, s in shares if c.now and s >= LEAST_SHARE), key=lambda one: (-one[1], one[0].key)
    )
    old = [c for c, s in shares if not c.now and s >= LEAST_SHARE]
    lies_in = tuple((commune.title, share) for commune, share in under)
    return Location(filed, lies_in, _verdict(filed, [commune for commune, _ in under], old))


def _verdict(filed: str | None, under: list[Commune], old: list[Commune]) -> str:
    if not filed or not filed.strip():
        return "missing"
    told = fold(filed)
    if not under:
        return "unchecked" if _COMMUNE_WORD.search(told) else "no_commune"
    now = [_names(told, commune.name) for commune in under]
    named = [commune for commune in old if _names(told, commune.name)]
    ever = [here or _formerly(told, commune, named) for here, commune in zip(now, under, strict=True)]
    if all(ever):
        return "agrees" if all(now) else "old_name"
    if any(ever):
        return "partly"
    return "differs" if _COMMUNE_WORD.search(told) else "no_commune"


def _formerly(told: str, commune: Commune, named: list[Commune]) -> bool:
    """Whether a text names what this commune was made of, by the records or by an old boundary."""
    by_record = any(_names(told, name) for name in commune.earlier)
    return by_record or any(shapely.area(shapely.intersection(commune.geom, one.geom)) > 0 for one in named)


def _names(told: str, name: str) -> bool:
    """Whether a folded text names a unit, as whole words, and not as a district or province."""
    bare = re.escape(_KIND_WORD.sub("", fold(name)))
    wider = r"(huyen|quan|tinh|thanh pho|thi xa|tp\.?)\s+"
    places = re.sub(rf"{wider}{bare}(?!\w)", " ", told)
    return re.search(rf"(?<!\w){bare}(?!\w)", places) is not None


def _units(db: Connection, rows: Any, boxes: Geometries) -> dict[str, tuple[str, str, Any]]:
    around = from_shape(shapely.union_all(boxes), srid=STORAGE_SRID)
    chosen = (
        select(rows.c.key, rows.c.name, rows.c.unit_type, func.ST_AsBinary(rows.c.geom).label("wkb"))
        .where(rows.c.level == "commune", func.ST_Intersects(rows.c.geom, around))
        .order_by(rows.c.key, rows.c.valid_from)
    )
    return {
        row.key: (row.name, (row.unit_type or "").strip().lower(), shapely.from_wkb(row.wkb))
        for row in db.execute(chosen)
    }


def _earlier_names(db: Connection, actor: Actor, as_of: date, keys: list[str]) -> dict[str, tuple[str, ...]]:
    """Names of the communes that became each of these, over any number of reforms."""
    came_from: dict[str, set[str]] = {key: {key} for key in keys}
    for _ in range(8):  # reforms since records began; a cycle in the records ends here too
        asked = sorted({old for olds in came_from.values() for old in olds})
        steps = select(LINEAGE.c.old_key, LINEAGE.c.new_key).where(
            LINEAGE.c.new_key.in_(asked), LINEAGE.c.effective_on <= as_of
        )
        grew = False
        for old, new in db.execute(steps):
            for olds in came_from.values():
                if new in olds and old not in olds:
                    olds.add(old)
                    grew = True
        if not grew:
            break
    rows = history(admin_units.LAYER, actor, as_of).subquery("rows")
    everyone = sorted({old for olds in came_from.values() for old in olds})
    names: dict[str, set[str]] = {}
    for key, name in db.execute(select(rows.c.key, rows.c.name).where(rows.c.key.in_(everyone))):
        names.setdefault(key, set()).add(name)
    return {
        key: tuple(sorted({name for old in olds for name in names.get(old, ())}))
        for key, olds in came_from.items()
    }
